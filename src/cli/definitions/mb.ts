/** The arguments, flags and help of `mb`. */
import { Option } from 'commander'
import { withConnection, withRetry } from '../options.js'
import type { Definition } from './definition.js'

export function defineMb({ program, world, ended, examples }: Definition): void {
  const mb = program
    .command('mb')
    .description('make a bucket; one of yours that is there already is left as it is')
    .argument('<bucket>', 'oss://bucket')
    .addOption(
      new Option('--acl <acl>', 'who may read and write (default: private)').choices([
        'private',
        'public-read',
        'public-read-write',
      ]),
    )
    .option('--storage-class <class>', 'such as IA or Archive (default: Standard)')
    .option('--json', 'one JSON object per line on stdout, a summary last')
    .option('--quiet', 'nothing but errors')
  withRetry(withConnection(mb))
    .addHelpText('after', examples('mb oss://examplebucket', 'mb --local --acl public-read oss://photos'))
    .action(async (url, flags) => ended(await (await import('../commands/mb.js')).mb(url, flags, world)))
}
