/** The arguments, flags and help of `serve`. */
import { Option } from 'commander'
import { collect, parsePort, read } from '../options.js'
import type { Definition } from './definition.js'

export function defineServe({ program, world, ended, examples }: Definition): void {
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
    .action(async (flags) => ended(await (await import('../commands/serve.js')).serve(flags, world)))
}
