/** The arguments, flags and help of `uploads`. */
import { withConnection, withStore } from '../options.js'
import type { Definition } from './definition.js'

export function defineUploads({ program, world, ended, examples }: Definition): void {
  const uploads = program
    .command('uploads')
    .description('list unfinished uploads')
    .option(
      '--remote <bucket>',
      "those at the service, of oss://bucket or oss://bucket/prefix, and whose they are: ours, owed (an abort of it is pending here), possible orphan, others'",
    )
    .option('--json', 'one JSON object per line on stdout, a summary last')
  withStore(withConnection(uploads))
    .addHelpText('after', examples('uploads', 'uploads --remote oss://examplebucket/backups/'))
    .action(async (flags) => ended(await (await import('../commands/uploads.js')).uploads(flags, world)))
}
