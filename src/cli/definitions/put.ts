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
    .option('--restart', 'abandon what an earlier run left and begin anew')
    .option(
      '--adopt [id]',
      'where the store names no upload, go on with the one at the service that fits the file, or with --adopt=ID',
      (id) => id || true,
    )
  withOutput(withObjectHeaders(put))
    .addHelpText(
      'after',
      examples(
        'put backup.tar oss://examplebucket/backups/',
        'put --local -j 8 --part-size 16MiB disk.img oss://examplebucket/disk.img',
        'put --adopt backup.tar oss://examplebucket/backups/',
        'put --storage-class IA --meta host=web1 --retry-for forever log.gz oss://examplebucket/log.gz',
      ),
    )
    .action(async (paths, flags) =>
      ended(await (await import('../commands/put.js')).put(paths, flags, world)),
    )
}
