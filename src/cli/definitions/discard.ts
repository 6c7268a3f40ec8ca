/** The arguments, flags and help of `discard`. */
import { read, withConnection, withOutput, withStore } from '../options.js'
import { parseDuration } from '../sizes.js'
import type { Definition } from './definition.js'

export function defineDiscard({ program, world, ended, examples }: Definition): void {
  const discard = program
    .command('discard')
    .description('abort unfinished uploads at the service and forget them; objects stay')
    .argument('[ids...]', 'as uploads shows them; the first characters are enough')
    .option('--all', 'all of them')
    .option('--yes', 'needed with --all on a terminal, and spares the question of --remote')
    .option(
      '--remote <bucket>',
      'instead: those at the service that no store here knows, of oss://bucket/prefix',
    )
    .option(
      '--older-than <duration>',
      'with --remote: only those that got no part for so long, such as 12h, 7d, 2w; at least 1h',
      read(parseDuration),
    )
    .option('--dry-run', 'with --remote: only list them')
    .option('--steal', 'take over from a holder that is not there any more but can not be proved dead')
  withOutput(withStore(withConnection(discard)))
    .addHelpText(
      'after',
      examples(
        'discard 3f9c21aa',
        'discard --all --yes',
        'discard --remote oss://examplebucket/backups/ --older-than 7d --dry-run',
      ),
    )
    .action(async (ids, flags) =>
      ended(await (await import('../commands/discard.js')).discard(ids, flags, world)),
    )
}
