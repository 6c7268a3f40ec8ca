/** The flags that several commands share, and how their values are read. A wrong value ends in one line and exit code 2. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration, parseRate, parseSize } from './sizes.js'

export function withConnection(command: Command): Command {
  return command
    .option('--endpoint <url>', 'where the service is (OSS_ENDPOINT; by default that of OSS_REGION)')
    .option('--region <region>', 'such as cn-hangzhou (OSS_REGION; by default that of the endpoint)')
    .option('--local', 'the longhaul server of this machine, with its keys')
    .addOption(
      new Option('--signature-version <version>', 'how requests are signed (default: v4)').choices([
        'v4',
        'v1',
      ]),
    )
    .option('--profile <profile>', 'settings of this profile (LONGHAUL_PROFILE; see longhaul config)')
    .option('--credential-process <command>', 'a program that prints keys as JSON; run without a shell')
    .option('--credentials-file <file>', 'a JSON file with keys, read again before they end')
    .option('--ca-file <file>', 'certificates in PEM to believe beside the usual ones')
    .option('--insecure', 'believe any certificate, and say so each time')
}

export function withStore(command: Command): Command {
  return command.option(
    '--store <folder>',
    'where checkpoints are kept (LONGHAUL_STORE; default: ~/.longhaul/uploads)',
  )
}

export function withOutput(command: Command): Command {
  return command
    .option('--json', 'one JSON object per line on stdout, a summary last')
    .option('--quiet', 'nothing but errors')
    .option('--no-progress', 'no progress line')
}

/** For commands that only ask: nobody waits long at a terminal. */
export function withRetry(command: Command): Command {
  return command.option(
    '--retry-for <duration>',
    'how long to try a request that gets no answer: 15m, forever (default: 20s)',
    read(parseDuration),
  )
}

export function withTransfer(command: Command): Command {
  return command
    .option(
      '-j, --num-threads <count>',
      'parts in flight at once, 1 to 100; auto finds by measuring (default: auto)',
      read(parseThreads),
    )
    .option('--header <line>', "'Name: value' of the object, such as 'x-oss-storage-class: IA'", collect)
    .option('--limit-rate <rate>', 'send at most so much, such as 60MiB/s', read(parseRate))
    .option(
      '--limit-rate-file <file>',
      'a file with the rate, or unlimited; read again when it changes, so that the rate can be changed meanwhile',
    )
    .option(
      '--retry-for <duration>',
      'how long to try without any progress: 15m, 2h, forever (default: 15m)',
      read(parseDuration),
    )
    .addOption(
      new Option(
        '--verify <mode>',
        'which parts of an earlier run are read again: all, those from before a change of the file, or all in every run and at the end (default: always)',
      ).choices(['always', 'changed', 'paranoid']),
    )
    .option('--steal', 'take over from a holder that is not there any more but can not be proved dead')
    .option(
      '--log <file>',
      'append everything that happens to a file, in plain lines with their time; also with --quiet',
    )
}

/** Flags that may have a value, but only by `=`: what follows them otherwise is a file. */
const valueByEqualsOnly = ['--adopt']

/** Arguments in which such a flag takes nothing from what follows it. */
export function valuesOfTheirOwn(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  return args.map((arg, index) =>
    valueByEqualsOnly.includes(arg) && (end === -1 || index < end) ? `${arg}=` : arg,
  )
}

/** What cannot be read becomes commander's own error for the option. */
export function read<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text)
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
    }
  }
}

export const readSize = read(parseSize)

export function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value]
}

/** @throws RangeError */
export function parseThreads(text: string): number | 'auto' {
  if (text === 'auto') return 'auto'
  const count = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(count) || count < 1) {
    throw new RangeError('It is neither a whole number from 1 on nor auto.')
  }
  return count
}

/** @throws RangeError */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^[0-9]+$/.test(text) || port > 65_535) throw new RangeError('It is no port from 0 to 65535.')
  return port
}

/** @throws RangeError */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(count) || count < 1) {
    throw new RangeError('It is no whole number from 1 on.')
  }
  return count
}
