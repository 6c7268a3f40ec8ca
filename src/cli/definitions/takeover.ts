/** The arguments, flags and help of `takeover`. */
import { withObjectHeaders } from '../object-options.js'
import { withConnection, withOutput, withStore, withTransfer } from '../options.js'
import type { Definition } from './definition.js'

const more = `
CHECKPOINT is what oss2 (~/.py-oss-upload), the OSS SDKs v2 for Go and Python and ossutil 2 (*.ucp), ossutil 1
(.ossutil_checkpoint) or a program with ali-oss (its saved JSON) left of an upload that it did not finish. The parts at
the service are compared with the file, and those that are missing or differ are sent.

Stop the other tool first: nothing tells whether it is running. The upload stays what it was begun as: with its headers,
and never aborted unless discard names it. Of the flags for headers --acl, --callback, --forbid-overwrite and the customer
key have an effect, since they belong to the last request or to all; the others are compared with what the object has.

The checkpoint stays without --remove. The tool that wrote it would, run again, send the whole file anew or fail with
NoSuchUpload.`

export function defineTakeover({ program, world, ended, examples }: Definition): void {
  const takeover = program
    .command('takeover')
    .description('go on with an unfinished upload of oss2, ossutil, an OSS SDK or ali-oss')
    .usage('[options] CHECKPOINT [FILE] [oss://bucket/key]  |  --scan [FOLDER] [--all]')
    .argument('[paths...]', 'the checkpoint; and the file and the bucket, where it does not tell them')
    .option('--scan [folder]', 'list what is unfinished, in the folder or where those tools keep checkpoints')
    .option('--all', 'with --scan: go on with all that are still at the service')
    .option('--bucket <name>', 'with --scan: the bucket of checkpoints that do not tell theirs')
    .option('--remove', "remove the tool's checkpoint when the object is there")
  withOutput(withObjectHeaders(withTransfer(withStore(withConnection(takeover)))))
    .addHelpText('after', more)
    .addHelpText(
      'after',
      examples(
        'takeover --scan',
        'takeover ~/.py-oss-upload/d36fc07f5d963b319b1b48e20a9b8ae9--6d46ae4b95da73851a93fc79b04bcbe5',
        'takeover --remove checkpoint.json /data/backup.tar oss://examplebucket',
        'takeover --scan --all --remove -j 8',
      ),
    )
    .action(async (paths, flags) =>
      ended(await (await import('../commands/takeover.js')).takeover(paths, flags, world)),
    )
}
