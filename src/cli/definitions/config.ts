/** The arguments, flags and help of `config` and what is under it. */
import type { Command } from 'commander'
import { withConnection } from '../options.js'
import { settingNames, settings } from '../profile-settings.js'
import type { Definition } from './definition.js'

const names = settingNames.map((name) => `  ${name.padEnd(18)}  ${settings[name].what}`)

/** A flag before or after the inner word is the same: commander gives those that both know to the outer one. */
export function defineConfig({ program, world, ended, examples }: Definition): void {
  const load = () => import('../commands/config.js')
  const config = program
    .command('config')
    .description('keep where to send and with which key in profiles; without a word after it, asks')
  withProfile(config)
    .addHelpText('after', ['', 'Settings of a profile:', ...names].join('\n'))
    .addHelpText(
      'after',
      examples(
        'config',
        'config set region cn-hangzhou',
        'config set access-key-secret --profile backup',
        'config show --profile backup',
      ),
    )
    .action(async (flags) => ended(await (await load()).configInteractively(flags, world)))
  withJson(withProfile(config.command('set')))
    .description('write a setting; a secret is asked for, or read from standard input')
    .argument('<name>', 'of the setting')
    .argument('[value]', 'without it: asked for, or read from standard input')
    .option('--from-file <file>', 'read the value from a file')
    .action(async (name, value, _, command) =>
      ended(await (await load()).configSet(name, value, command.optsWithGlobals(), world)),
    )
  withJson(withProfile(config.command('unset')))
    .description('take a setting away')
    .argument('<name>', 'of the setting')
    .action(async (name, _, command) =>
      ended(await (await load()).configUnset(name, command.optsWithGlobals(), world)),
    )
  withJson(withProfile(config.command('get')))
    .description('print a setting; of a secret only how long it is')
    .argument('<name>', 'of the setting')
    .action(async (name, _, command) =>
      ended(await (await load()).configGet(name, command.optsWithGlobals(), world)),
    )
  withJson(config.command('list'))
    .description('print all profiles, those of ossutil too')
    .action(async (flags) => ended(await (await load()).configList(flags, world)))
  withJson(withConnection(config.command('show')))
    .description('print what a command with the same flags would use, and where each value comes from')
    .action(async (_, command) => ended(await (await load()).configShow(command.optsWithGlobals(), world)))
}

function withProfile(command: Command): Command {
  return command.option('--profile <profile>', 'which profile (LONGHAUL_PROFILE; default: default)')
}

function withJson(command: Command): Command {
  return command.option('--json', 'one JSON object per line on stdout, a summary last')
}
