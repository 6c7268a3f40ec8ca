/** `words` is for the scripts of `completion` alone, so no help lists it. */
import { Argument } from 'commander'
import type { Definition } from './definition.js'

export function defineWords({ program, world, ended }: Definition): void {
  program
    .command('words', { hidden: true })
    .description(
      'what a shell completes that only this machine knows: a word per line, a tab, what it stands for',
    )
    .addArgument(new Argument('<list>', 'of what').choices(['uploads', 'profiles']))
    .action(async (list: 'uploads' | 'profiles') =>
      ended(await (await import('../commands/words.js')).words(list, world)),
    )
}
