/** The arguments, flags and help of `doctor`. */
import { withConnection, withStore } from '../options.js'
import type { Definition } from './definition.js'

export function defineDoctor({ program, world, ended, examples }: Definition): void {
  const doctor = program
    .command('doctor')
    .description(
      'find out what is in the way of uploads: settings, network, clock, keys, each permission, the store',
    )
    .argument(
      '[where]',
      'oss://bucket or oss://bucket/prefix: permissions are tried below it, and nothing is left there',
    )
  withStore(withConnection(doctor))
    .option('--no-measure', 'do not measure the line, which sends up to 64 MiB for up to 5 s')
    .option('--json', 'one JSON object per line on stdout, a summary last')
    .addHelpText(
      'after',
      examples('doctor oss://examplebucket/backups/', 'doctor --no-measure oss://examplebucket'),
    )
    .action(async (where, flags) =>
      ended(await (await import('../commands/doctor.js')).doctor(where, flags, world)),
    )
}
