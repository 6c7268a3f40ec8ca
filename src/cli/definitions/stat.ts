/** The arguments, flags and help of `stat`. */
import { withReadingKey } from '../object-options.js'
import { withConnection, withRetry } from '../options.js'
import type { Definition } from './definition.js'

export function defineStat({ program, world, ended, examples }: Definition): void {
  const stat = program
    .command('stat')
    .description('what the service tells of an object, its CRC-64 and metadata included, or of a bucket')
    .argument('<object>', 'oss://bucket/key, or oss://bucket')
    .option('--json', 'one JSON object per line on stdout, a summary last')
  withReadingKey(withRetry(withConnection(stat)))
    .addHelpText(
      'after',
      examples('stat oss://examplebucket/backups/backup.tar', 'stat --local oss://examplebucket'),
    )
    .action(async (url, flags) => ended(await (await import('../commands/stat.js')).stat(url, flags, world)))
}
