/** The arguments, flags and help of `ls`. */
import { parseCount, read, withConnection, withRetry } from '../options.js'
import type { Definition } from './definition.js'

export function defineLs({ program, world, ended, examples }: Definition): void {
  const ls = program
    .command('ls')
    .description('list buckets, or the objects of a bucket one level deep')
    .argument('[where]', 'oss://bucket or oss://bucket/prefix; without it the buckets of the account')
    .option('-r, --recursive', 'every key that begins with the prefix')
    .option('--limit <count>', 'at most so many lines', read(parseCount))
    .option('--bytes', 'sizes in bytes')
    .option('--json', 'one JSON object per line on stdout, a summary last')
  withRetry(withConnection(ls))
    .addHelpText(
      'after',
      examples('ls', 'ls oss://examplebucket/backups/', 'ls -r --bytes --limit 100 oss://examplebucket'),
    )
    .action(async (url, flags) => ended(await (await import('../commands/ls.js')).ls(url, flags, world)))
}
