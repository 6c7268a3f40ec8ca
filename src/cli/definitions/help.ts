/** The arguments of `help`: a command, or a code that something failed with. */
import type { Definition } from './definition.js'

export function defineHelp({ program, world, ended, examples }: Definition): void {
  program
    .command('help')
    .description('what a command does, or what an error code, an exit code or an EC of OSS means')
    .argument('[topic...]', 'a command, or a code such as NoSuchUpload, interrupted, 5 or 0002-00000040')
    .addHelpText('after', examples('help put', 'help NoSuchUpload', 'help 5'))
    .action(async (topic: readonly string[]) =>
      ended(await (await import('../commands/help.js')).help(topic, program, world)),
    )
}
