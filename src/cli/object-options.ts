/** The flags that say what an object is to be: its headers, under names that a person types. */
import { type Command, Option } from 'commander'
import { collect, read } from './options.js'

export function withObjectHeaders(command: Command): Command {
  withCustomerKey(
    command
      .option('--meta <key=value>', 'user metadata, several times for several', collect)
      .addOption(
        new Option('--storage-class <class>', 'what storing costs (default: that of the bucket)').choices([
          'Standard',
          'IA',
          'Archive',
          'ColdArchive',
          'DeepColdArchive',
        ]),
      )
      .addOption(
        new Option('--acl <acl>', 'who may read and write the object (default: as the bucket says)').choices([
          'default',
          'private',
          'public-read',
          'public-read-write',
        ]),
      )
      .option('--tagging <key=value>', 'a tag, up to ten times', collect)
      .option('--content-type <type>', 'such as text/csv (default: by the extension)')
      .option('--no-guess-content-type', 'leave the content type to the service: application/octet-stream')
      .option('--content-encoding <encoding>', 'what was done to the bytes, such as gzip')
      .option('--content-disposition <value>', 'such as \'attachment; filename="a.txt"\'')
      .option('--cache-control <value>', 'such as no-cache or max-age=3600')
      .option(
        '--expires <date>',
        'until when a cache may keep it, such as 2031-02-28T05:38:42Z',
        read(parseDate),
      )
      .addOption(
        new Option('--sse <method>', 'how the service encrypts it (default: as the bucket says)').choices([
          'AES256',
          'KMS',
          'SM4',
        ]),
      )
      .option('--sse-kms-key-id <id>', 'with --sse KMS: the key')
      .addOption(
        new Option('--sse-data-encryption <method>', 'with --sse KMS: the algorithm').choices(['SM4']),
      ),
  )
  return command
    .option('--callback <json>', 'whom the service tells when the object is there: JSON, or a file with it')
    .option('--callback-var <name=value>', 'a variable of the callback, several times for several', collect)
    .option('--forbid-overwrite', 'an object that is there already stays as it is; exit code 9')
}

/** @param what the service does with the key, or has done */
export function withCustomerKey(command: Command, what = 'the service encrypts with and forgets'): Command {
  return command
    .option(
      '--sse-customer-key-file <file>',
      `a file with the key of 32 bytes, raw or in base64, that ${what}`,
    )
    .option('--sse-customer-key-env <name>', 'the same from a variable of the environment, in base64')
}

/** For commands that read an object. */
export function withReadingKey(command: Command): Command {
  return withCustomerKey(command, 'the object was encrypted with')
}

/**
 * A date as the header wants it.
 *
 * @throws RangeError
 */
export function parseDate(text: string): string {
  const date = new Date(text)
  // Without a zone the same words would mean another moment on another machine.
  const hasZone = /(Z|GMT|[+-]\d\d:?\d\d)$/i.test(text.trim())
  if (Number.isNaN(date.getTime()) || !hasZone) {
    throw new RangeError("It is no date such as 2031-02-28T05:38:42Z or 'Fri, 28 Feb 2031 05:38:42 GMT'.")
  }
  return date.toUTCString()
}
