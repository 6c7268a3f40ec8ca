/** The arguments, flags and help of `get`. */
import { withReadingKey } from '../object-options.js'
import { withConnection, withOutput } from '../options.js'
import type { Definition } from './definition.js'

export function defineGet({ program, world, ended, examples }: Definition): void {
  const get = program
    .command('get')
    .description('download an object, proved by CRC-64')
    .argument('<object>', 'oss://bucket/key')
    .argument('[file]', 'where to; a folder, a file, or - for standard output (default: the name in the key)')
  withReadingKey(withOutput(withConnection(get)))
    .option('--force', 'replace a file that is there')
    .addHelpText(
      'after',
      examples(
        'get oss://examplebucket/backups/backup.tar',
        'get --local oss://examplebucket/disk.img - | sha256sum',
      ),
    )
    .action(async (url, file, flags) =>
      ended(await (await import('../commands/get.js')).get(url, file, flags, world)),
    )
}
