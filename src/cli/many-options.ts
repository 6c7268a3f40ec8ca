/** The flags of `put` that choose among many files. */
import { type Command, Option } from 'commander'
import { parseMoment } from './moment.js'
import { parseCount, read, readSize } from './options.js'
import type { NameRule } from './selection.js'

/** @param rules gets the names' rules in the order in which they stand on the command line, which commander does not tell */
export function withManyFiles(command: Command, rules: NameRule[]): Command {
  const rule = (kind: NameRule['kind']) => (pattern: string) => {
    rules.push({ kind, pattern })
    return pattern
  }
  const readMoment = read((text) => parseMoment(text, Date.now()))
  return command
    .option('-r, --recursive', 'folders with all that is in them')
    .option(
      '--include <pattern>',
      "take what fits, such as '*.jpg' or 'a/**'; of include and exclude the first that fits decides, and with an include nothing else is taken",
      rule('include'),
    )
    .option('--exclude <pattern>', "leave out what fits, such as '*.tmp' or 'node_modules/'", rule('exclude'))
    .option('--min-size <size>', 'leave out smaller files', readSize)
    .option('--max-size <size>', 'leave out larger files', readSize)
    .option(
      '--newer-than <time>',
      'only files changed since 7d ago, 2026-11-01 or 2026-11-01T08:00:00Z',
      readMoment,
    )
    .option('--older-than <time>', 'only files changed before that', readMoment)
    .option(
      '--files-from <list>',
      'the names of the files, a line each, or - for stdin; keys are these names below the destination',
    )
    .option('--from0', 'names in --files-from end with a NUL, as find -print0 writes them')
    .addOption(
      new Option(
        '--symlinks <mode>',
        'in folders, take links to files as files, follow those to folders too, or skip all (default: files)',
      ).choices(['files', 'follow', 'skip']),
    )
    .option('--only-changed', 'remember what was uploaded, and send what changed since the last such run')
    .option('--skip-same', 'leave alone objects that have the content and the headers already')
    .option('--skip-existing', 'leave alone keys that have an object, whatever is in it')
    .option(
      '--max-failures <count>',
      'stop once so many files have failed (default: go on)',
      read(parseCount),
    )
}
