/** The arguments, flags and help of `resume`. */
import { withCustomerKey } from '../object-options.js'
import { withConnection, withOutput, withStore, withTransfer } from '../options.js'
import type { Definition } from './definition.js'

export function defineResume({ program, world, ended, examples }: Definition): void {
  const resume = program
    .command('resume')
    .description('go on with unfinished uploads')
    .argument('[ids...]', 'as uploads shows them; the first characters are enough')
    .option('--all', 'all of them, one after another')
  withOutput(withCustomerKey(withTransfer(withStore(withConnection(resume)))))
    .addHelpText('after', examples('resume 3f9c21aa', 'resume --all --retry-for forever'))
    .action(async (ids, flags) =>
      ended(await (await import('../commands/resume.js')).resume(ids, flags, world)),
    )
}
