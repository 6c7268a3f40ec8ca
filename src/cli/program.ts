/** Every command with its arguments, flags and help. What a command does is loaded only when it runs. */
import { Command, Option } from 'commander'
import {
  collect,
  parseCount,
  parsePort,
  read,
  readSize,
  withConnection,
  withOutput,
  withRetry,
  withStore,
  withTransfer,
} from './options.js'
import { parseDuration } from './sizes.js'
import type { World } from './world.js'

const exitCodes = `
Exit codes: 0 done, 2 wrong usage, 3 some of many failed, 4 the file is missing or changed, 5 interrupted (run the
same again), 6 denied, 7 not found, 8 checksums differ, 9 held or in conflict, 10 the store can't be used, 11 the
callback failed, 129, 130 or 143 stopped by a signal, 1 anything else.`

/** @param ended told the exit code of the command that ran */
export function createProgram(world: World, ended: (exitCode: number) => void): Command {
  const { screen } = world
  const program = new Command('longhaul')
    .description('Resumable upload to Alibaba Cloud OSS and servers that speak like it.')
    .option('-V, --version', 'the version of longhaul')
    .helpOption('-h, --help', 'this text')
    .helpCommand('help [command]', 'the same as --help of the command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => screen.out(text.trimEnd()),
      writeErr: (text) => screen.err(text.trimEnd()),
      // Errors are said once, by whoever runs the program.
      outputError: () => {},
    })
    .addHelpText('after', exitCodes)
  const examples = (...lines: readonly string[]): string =>
    ['', 'Examples:', ...lines.map((line) => `  ${world.program} ${line}`)].join('\n')

  const put = program
    .command('put')
    .alias('cp')
    .description('upload a file; goes on by itself where an earlier run stopped')
    .usage('[options] FILE oss://bucket/key')
    .argument('<paths...>', 'the file, and where it goes; a key that ends in / gets the name of the file')
  withTransfer(withStore(withConnection(put)))
    .option('--part-size <size>', 'bytes per part, 100KiB to 5GiB (default: calculated)', readSize)
    .option('--multipart-threshold <size>', 'smaller files go in one request (default: 10MiB)', readSize)
    .option('--meta <pair>', 'key=value of user metadata', collect)
    .option('--restart', 'abandon what an earlier run left and begin anew')
    .option(
      '--adopt [id]',
      'where the store names no upload, go on with the one at the service that fits the file, or with --adopt=ID',
      (id) => id || true,
    )
  withOutput(put)
    .addHelpText(
      'after',
      examples(
        'put backup.tar oss://examplebucket/backups/',
        'put --local -j 8 --part-size 16MiB disk.img oss://examplebucket/disk.img',
        'put --adopt backup.tar oss://examplebucket/backups/',
        "put --header 'x-oss-storage-class: IA' --meta host=web1 --retry-for forever log.gz oss://examplebucket/log.gz",
      ),
    )
    .action(async (paths, flags) => ended(await (await import('./commands/put.js')).put(paths, flags, world)))

  const get = program
    .command('get')
    .description('download an object, proved by CRC-64')
    .argument('<object>', 'oss://bucket/key')
    .argument('[file]', 'where to; a folder, a file, or - for standard output (default: the name in the key)')
  withOutput(withConnection(get))
    .option('--force', 'replace a file that is there')
    .addHelpText(
      'after',
      examples(
        'get oss://examplebucket/backups/backup.tar',
        'get --local oss://examplebucket/disk.img - | sha256sum',
      ),
    )
    .action(async (url, file, flags) =>
      ended(await (await import('./commands/get.js')).get(url, file, flags, world)),
    )

  const uploads = program
    .command('uploads')
    .description('list unfinished uploads')
    .option(
      '--remote <bucket>',
      "those at the service, of oss://bucket or oss://bucket/prefix, and whose they are: ours, owed (an abort of it is pending here), possible orphan, others'",
    )
    .option('--json', 'one JSON object per line on stdout, a summary last')
  withStore(withConnection(uploads))
    .addHelpText('after', examples('uploads', 'uploads --remote oss://examplebucket/backups/'))
    .action(async (flags) => ended(await (await import('./commands/uploads.js')).uploads(flags, world)))

  const resume = program
    .command('resume')
    .description('go on with unfinished uploads')
    .argument('[id]', 'as uploads shows it; the first characters are enough')
    .option('--all', 'all of them, one after another')
  withOutput(withTransfer(withStore(withConnection(resume))))
    .addHelpText('after', examples('resume 3f9c21aa', 'resume --all --retry-for forever'))
    .action(async (id, flags) => ended(await (await import('./commands/resume.js')).resume(id, flags, world)))

  const discard = program
    .command('discard')
    .description('abort unfinished uploads at the service and forget them; objects stay')
    .argument('[id]', 'as uploads shows it; the first characters are enough')
    .option('--all', 'all of them')
    .option('--yes', 'do not ask before aborting several')
    .option(
      '--remote <bucket>',
      'instead: those at the service that no store here knows, of oss://bucket/prefix',
    )
    .option(
      '--older-than <duration>',
      'with --remote: only those that got no part for so long, such as 12h, 7d, 2w; at least 1h',
      read(parseDuration),
    )
    .option('--dry-run', 'with --remote: only list them')
    .option('--steal', 'take over from a holder that is not there any more but can not be proved dead')
  withOutput(withStore(withConnection(discard)))
    .addHelpText(
      'after',
      examples(
        'discard 3f9c21aa',
        'discard --all --yes',
        'discard --remote oss://examplebucket/backups/ --older-than 7d --dry-run',
      ),
    )
    .action(async (id, flags) =>
      ended(await (await import('./commands/discard.js')).discard(id, flags, world)),
    )

  const verify = program
    .command('verify')
    .description('compare a file with an object by size and CRC-64; nothing is downloaded')
    .argument('<file>', 'the local file')
    .argument('<object>', 'oss://bucket/key')
  withOutput(withConnection(verify))
    .addHelpText('after', examples('verify backup.tar oss://examplebucket/backups/backup.tar'))
    .action(async (file, url, flags) =>
      ended(await (await import('./commands/verify.js')).verify(file, url, flags, world)),
    )

  const ls = program
    .command('ls')
    .description('list buckets, or the objects of a bucket one level deep')
    .argument('[where]', 'oss://bucket or oss://bucket/prefix; without it the buckets of the account')
    .option('-r, --recursive', 'every key that begins with the prefix')
    .option('--limit <count>', 'at most so many lines', read(parseCount))
    .option('--bytes', 'sizes in bytes')
    .option('--json', 'one JSON object per line on stdout, a summary last')
  withRetry(withConnection(ls))
    .addHelpText(
      'after',
      examples('ls', 'ls oss://examplebucket/backups/', 'ls -r --bytes --limit 100 oss://examplebucket'),
    )
    .action(async (url, flags) => ended(await (await import('./commands/ls.js')).ls(url, flags, world)))

  const stat = program
    .command('stat')
    .description('what the service tells of an object, its CRC-64 and metadata included, or of a bucket')
    .argument('<object>', 'oss://bucket/key, or oss://bucket')
    .option('--json', 'one JSON object per line on stdout, a summary last')
  withRetry(withConnection(stat))
    .addHelpText(
      'after',
      examples('stat oss://examplebucket/backups/backup.tar', 'stat --local oss://examplebucket'),
    )
    .action(async (url, flags) => ended(await (await import('./commands/stat.js')).stat(url, flags, world)))

  const rm = program
    .command('rm')
    .description('remove objects; unfinished uploads stay, see discard')
    .argument('<objects...>', 'oss://bucket/key, several; with -r one oss://bucket/prefix')
    .option('-r, --recursive', 'every object whose key begins with the prefix; asks first')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only tell what would be removed')
    .option('--json', 'one JSON object per line on stdout, a summary last')
    .option('--quiet', 'nothing but errors')
  withRetry(withConnection(rm))
    .addHelpText(
      'after',
      examples(
        'rm oss://examplebucket/backups/old.tar',
        'rm -r --dry-run oss://examplebucket/backups/2023-',
        'rm -r --yes oss://examplebucket/tmp/',
      ),
    )
    .action(async (urls, flags) => ended(await (await import('./commands/rm.js')).rm(urls, flags, world)))

  const mb = program
    .command('mb')
    .description('make a bucket; one of yours that is there already is left as it is')
    .argument('<bucket>', 'oss://bucket')
    .addOption(
      new Option('--acl <acl>', 'who may read and write (default: private)').choices([
        'private',
        'public-read',
        'public-read-write',
      ]),
    )
    .option('--storage-class <class>', 'such as IA or Archive (default: Standard)')
    .option('--json', 'one JSON object per line on stdout, a summary last')
    .option('--quiet', 'nothing but errors')
  withRetry(withConnection(mb))
    .addHelpText('after', examples('mb oss://examplebucket', 'mb --local --acl public-read oss://photos'))
    .action(async (url, flags) => ended(await (await import('./commands/mb.js')).mb(url, flags, world)))

  program
    .command('serve')
    .description('run an OSS-compatible server on this machine; its data is durable in a folder')
    .option(
      '--port <port>',
      '0: any free one (default: the last one of the data folder, else 9500)',
      read(parsePort),
    )
    .option('--host <address>', 'the address to listen on (default: 127.0.0.1, this machine alone)')
    .option('--data <folder>', 'where the data is kept (default: ~/.longhaul/data)')
    .option('--region <region>', 'the region that requests are signed for (default: cn-hangzhou)')
    .option('--access-key-id <id>', 'the key (default: the last one of the data folder, else a new one)')
    .option('--access-key-secret <secret>', 'its secret')
    .option('--bucket <names...>', 'buckets to have from the start (default: examplebucket)')
    .option('--domain <host=bucket>', 'a host name that means one bucket, several times for several', collect)
    .option('--strict', 'refuse also what only the service refuses, such as the bucket in the path')
    .addOption(
      new Option('--durability <mode>', 'what an acknowledgement means: on disk, written, or nothing')
        .choices(['durable', 'fast', 'memory'])
        .default('durable'),
    )
    .option(
      '--allow-callbacks-to <hosts...>',
      'where callbacks may be sent to beside this machine; * is everywhere',
    )
    .option('--json', 'one JSON object per line on stdout, listening first')
    .option('--quiet', 'no line per request')
    .addOption(
      new Option(
        '--log <form>',
        'a line per request on stderr, for people or as JSON, or none (default: text; with --json JSON on stdout)',
      ).choices(['text', 'json', 'off']),
    )
    .option('--metrics', 'serve /_longhaul/metrics, unsigned, for Prometheus')
    .option(
      '--control',
      'serve /_longhaul/faults and /_longhaul/requests, unsigned, for programs of this machine',
    )
    .addHelpText(
      'after',
      examples(
        'serve',
        'serve --port 0 --data /var/lib/oss --bucket photos logs',
        'serve --durability memory --json',
      ),
    )
    .action(async (flags) => ended(await (await import('./commands/serve.js')).serve(flags, world)))

  program
    .command('demo')
    .description('the main job on this machine alone: serve, upload, kill half-way, go on, verify')
    .argument('[file]', 'the file to upload (default: one is made)')
    .option('--size <size>', 'bytes of the file that is made (default: 256MiB)', readSize)
    .option('--keep', 'keep the folder with the data, for a look')
    .addHelpText('after', examples('demo', 'demo --size 64MiB', 'demo disk.img'))
    .action(async (file, flags) => ended(await (await import('./commands/demo.js')).demo(file, flags, world)))

  return program
}
