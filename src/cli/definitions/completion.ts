/** The argument of `completion`. */
import { Argument } from 'commander'
import type { Definition } from './definition.js'

export function defineCompletion({ program, world, ended, examples }: Definition): void {
  program
    .command('completion')
    .description('print what makes a shell complete commands, flags and their values')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', examples('completion bash', 'completion zsh', 'completion fish'))
    .action(async (shell: string) =>
      ended((await import('../commands/completion.js')).completion(shell, program, world)),
    )
}
