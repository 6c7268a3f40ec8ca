/** The arguments, flags and help of `rm`. */
import { withConnection, withRetry } from '../options.js'
import type { Definition } from './definition.js'

export function defineRm({ program, world, ended, examples }: Definition): void {
  const rm = program
    .command('rm')
    .description('remove objects; unfinished uploads stay, see discard')
    .argument('<objects...>', 'oss://bucket/key, several; with -r one oss://bucket/prefix')
    .option('-r, --recursive', 'every object whose key begins with the prefix; asks first')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only tell what would be removed')
    .option('--json', 'one JSON object per line on stdout, a summary last')
    .option('--quiet', 'nothing but errors')
  withRetry(withConnection(rm))
    .addHelpText(
      'after',
      examples(
        'rm oss://examplebucket/backups/old.tar',
        'rm -r --dry-run oss://examplebucket/backups/2023-',
        'rm -r --yes oss://examplebucket/tmp/',
      ),
    )
    .action(async (urls, flags) => ended(await (await import('../commands/rm.js')).rm(urls, flags, world)))
}
