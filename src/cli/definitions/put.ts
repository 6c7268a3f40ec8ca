/** The arguments, flags and help of `put`. */
import { withObjectHeaders } from '../object-options.js'
import { readSize, withConnection, withOutput, withStore, withTransfer } from '../options.js'
import type { Definition } from './definition.js'

export function definePut({ program, world, ended, examples }: Definition): void {
  const put = program
    .command('put')
    .alias('cp')
    .description('upload a file; goes on by itself where an earlier run stopped')
    .usage('[options] FILE oss://bucket/key')
    .argument('<paths...>', 'the file, and where it goes; a key that ends in / gets the name of the file')
  withTransfer(withStore(withConnection(put)))
    .option('--part-size <size>', 'bytes per part, 100KiB to 5GiB (default: calculated)', readSize)
    .option('--multipart-threshold <size>', 'smaller files go in one request (default: 10MiB)', readSize)
    .option('--dry-run', 'say exactly what would be sent; nothing is sent and nothing written')
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
  withOutput(withObjectHeaders(put))
    .addHelpText(
      'after',
      examples(
        'put backup.tar oss://examplebucket/backups/',
        'put --local -j 8 --part-size 16MiB disk.img oss://examplebucket/disk.img',
        'put --dry-run backup.tar oss://examplebucket/backups/',
        'put --adopt backup.tar oss://examplebucket/backups/',
        'put --storage-class IA --meta host=web1 --retry-for forever log.gz oss://examplebucket/log.gz',
      ),
    )
    .addHelpText('after', standardInput)
    .action(async (paths, flags) =>
      ended(await (await import('../commands/put.js')).put(paths, flags, world)),
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
