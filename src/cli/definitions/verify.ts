/** The arguments, flags and help of `verify`. */
import { withReadingKey } from '../object-options.js'
import { withConnection, withOutput } from '../options.js'
import type { Definition } from './definition.js'

export function defineVerify({ program, world, ended, examples }: Definition): void {
  const verify = program
    .command('verify')
    .description('compare a file with an object by size and CRC-64; nothing is downloaded')
    .argument('<file>', 'the local file')
    .argument('<object>', 'oss://bucket/key')
  withReadingKey(withOutput(withConnection(verify)))
    .addHelpText('after', examples('verify backup.tar oss://examplebucket/backups/backup.tar'))
    .action(async (file, url, flags) =>
      ended(await (await import('../commands/verify.js')).verify(file, url, flags, world)),
    )
}
