/** The arguments, flags and help of `put`. */
import { withManyFiles } from '../many-options.js'
import { withObjectHeaders } from '../object-options.js'
import { readSize, withConnection, withOutput, withStore, withTransfer } from '../options.js'
import type { NameRule } from '../selection.js'
import type { Definition } from './definition.js'

const places = `
Where files go:
  FILE oss://bucket/key         that object
  FILE... oss://bucket/dir/     dir/FILE for each
  -r DIR oss://bucket/dir/      dir/DIR/... for all that is in it
  -r DIR/ oss://bucket/dir/     dir/... without the folder's own name; so too for . and ..
  '*.log' oss://bucket/dir/     what the pattern finds, each with its path below the first *; ** crosses folders
  --files-from LIST [DIR] oss://bucket/dir/
                                dir/NAME for each name in the list, which counts from DIR, or from here
A run of many files that ended early or in part goes on with the same command, or by longhaul resume.`

export function definePut({ program, world, ended, examples }: Definition): void {
  const rules: NameRule[] = []
  const put = program
    .command('put')
    .alias('cp')
    .description('upload files; goes on by itself where an earlier run stopped')
    .usage('[options] SOURCE... oss://bucket/key')
    .argument(
      '<paths...>',
      'files, folders or patterns, and where they go; a key that ends in / gets the name of the file',
    )
  withTransfer(withStore(withConnection(put)))
    .option('--part-size <size>', 'bytes per part, 100KiB to 5GiB (default: calculated)', readSize)
    .option('--multipart-threshold <size>', 'smaller files go in one request (default: 10MiB)', readSize)
    .option(
      '--dry-run',
      'say exactly what would be sent, or with --quiet only what would be refused; nothing is sent and nothing written',
    )
    .option('--restart', 'abandon what an earlier run left and begin anew')
    .option(
      '--adopt [id]',
      'where the store names no upload, go on with the one at the service that fits the file, or with --adopt=ID',
      (id) => id || true,
    )
    .option(
      '--expected-size <size>',
      'with - as FILE: what standard input may have at most; needed beyond 33 TiB',
      readSize,
    )
    .option(
      '--spool <folder>',
      'with - as FILE: where parts over 16MiB are kept until they are sent, or memory (default: the store)',
    )
  withOutput(withManyFiles(withObjectHeaders(put), rules))
    .addHelpText('after', places)
    .addHelpText(
      'after',
      examples(
        'put backup.tar oss://examplebucket/backups/',
        'put --local -j 8 --part-size 16MiB disk.img oss://examplebucket/disk.img',
        'put --dry-run backup.tar oss://examplebucket/backups/',
        'put --adopt backup.tar oss://examplebucket/backups/',
        'put -r photos oss://examplebucket/2026/',
        "put -r --exclude node_modules/ --exclude '*.tmp' --only-changed site/ oss://examplebucket/site/",
        "put --newer-than 1d 'logs/**/*.gz' oss://examplebucket/logs/",
        'put --storage-class IA --meta host=web1 --retry-for forever log.gz oss://examplebucket/log.gz',
      ),
    )
    .addHelpText('after', standardInput)
    .action(async (paths, flags) =>
      ended(await (await import('../commands/put.js')).put(paths, withRules(flags, rules), world)),
    )
}

const standardInput = `
Standard input: - as FILE uploads what another program writes, such as
  pg_dump db | longhaul put - oss://examplebucket/backups/db.sql
Its size need not be known: parts begin with 8 MiB, or --part-size, and grow to a five-hundredth of what came before. One
part more than --num-threads is kept until it is sent, in memory up to 16 MiB, larger ones in a file without a name in the
store's folder. It can't be read twice, so it is not resumable: whatever ends it early, Ctrl-C too, aborts the upload, and
where that can't be done it is remembered for discard. Empty input becomes an empty object. Nobody can see here that the
other program failed: let the shell tell, by set -o pipefail.`

function withRules<Flags extends object>(
  flags: Flags,
  rules: readonly NameRule[],
): Flags & { readonly rules?: readonly NameRule[] } {
  return rules.length === 0 ? flags : { ...flags, rules }
}
