/**
 * Keys from a program: it is run without a shell, prints JSON, and is run again before they end. What it printed never
 * stands in a message, not even where it can't be read.
 */
import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { UploadError } from '../engine/errors.js'
import type { GivenCredentials } from '../services/credentials.js'
import { readCredentialsDocument } from '../services/credentials-document.js'
import { lastingUntilGood } from './credential-source.js'

export interface ProcessCredentialsOptions {
  /** How long it may take, in milliseconds. Default 60000. */
  readonly timeoutMs?: number | undefined
  /** What it finds in its environment. Default: that of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

const usualTimeoutMs = 60_000
/** From the wish to end to the end, in milliseconds. */
const graceMs = 1000
/** Keys are some hundred bytes; a program that prints more prints something else. */
const mostBytes = 64 * 1024

/**
 * Credentials that a program prints, for `credentials` of a bucket. It is run when keys are needed, again before they end
 * (`Expiration`), and again when the service refuses them. What it prints is a JSON object with `AccessKeyId`,
 * `AccessKeySecret` or `SecretAccessKey`, and if need be `SecurityToken` or `SessionToken`, and `Expiration`; the names of the vendor's
 * own tool (`access_key_id`, `sts_token`) do too.
 *
 * @param command the program and its arguments, as words or as one line of words and quotes. No shell sees it: nothing in it
 *   is expanded
 * @throws UploadError `invalid-argument` for a line without a program, or with a quote that does not end
 */
export function processCredentials(
  command: string | readonly string[],
  options: ProcessCredentialsOptions = {},
): () => Promise<GivenCredentials> {
  const [program, ...args] = typeof command === 'string' ? commandWords(command) : command
  if (program === undefined || program === '') {
    throw new UploadError('invalid-argument', 'The credential process is empty: name a program.')
  }
  return lastingUntilGood(async () => {
    const name = basename(program)
    const printed = await run(program, args, options)
    try {
      return readCredentialsDocument(printed)
    } catch (error) {
      throw new Error(`what the credential process ${name} printed can't be used: ${messageOf(error)}`)
    }
  })
}

/**
 * Words as a shell separates them: by blanks, with single and double quotes, and a backslash before what is meant as itself.
 *
 * @throws UploadError `invalid-argument` when a quote does not end
 */
export function commandWords(line: string): readonly string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index)
    const next = line.charAt(index + 1)
    if (character === '\\' && escapes(quote, next)) {
      word = (word ?? '') + next
      index += 1
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (quote === '' && /['"]/.test(character)) {
      quote = character
      word ??= ''
    } else if (character === quote) quote = ''
    else word = (word ?? '') + character
  }
  if (quote !== '') {
    throw new UploadError('invalid-argument', 'The credential process has a quote that does not end.')
  }
  return word === undefined ? words : [...words, word]
}

/** On Windows a backslash outside of quotes is a part of a path. */
function escapes(quote: string, next: string): boolean {
  if (quote === '"') return next === '"' || next === '\\'
  return quote === '' && next !== '' && process.platform !== 'win32'
}

/** What it printed on stdout. Rejects with what it said on stderr, trimmed, when it fails. */
function run(
  program: string,
  args: readonly string[],
  { timeoutMs = usualTimeoutMs, environment = process.env }: ProcessCredentialsOptions,
): Promise<string> {
  const name = basename(program)
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`the credential process ${name} ${what}`))
    const child = spawn(program, [...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment },
      windowsHide: true,
    })
    const printed = { stdout: '', stderr: '' }
    let isEnding: string | undefined
    let killing: NodeJS.Timeout | undefined
    const end = (why: string): void => {
      isEnding ??= why
      child.kill()
      killing ??= setTimeout(() => child.kill('SIGKILL'), graceMs)
      // A program of its own may hold the pipes open for ever.
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const late = setTimeout(() => end(`did not end within ${timeoutMs / 1000} s`), timeoutMs)
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        printed[stream] += text
        if (printed[stream].length > mostBytes) end(`printed more than ${mostBytes / 1024} KiB`)
      })
    }
    child.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      clearTimeout(late)
      fail(code === 'ENOENT' ? 'was not found' : `can't be started: ${message}`)
    })
    child.once('close', (exitCode, signal) => {
      clearTimeout(late)
      clearTimeout(killing)
      if (isEnding !== undefined) return fail(isEnding)
      if (exitCode === 0) return resolve(printed.stdout)
      const ended = exitCode === null ? `was ended by ${signal}` : `ended with ${exitCode}`
      const said = sayable(printed.stderr, printed.stdout)
      fail(said === '' ? ended : `${ended}: ${said}`)
    })
  })
}

const longestSaying = 120

/** The last line of stderr, without anything of what was printed as keys. */
function sayable(stderr: string, stdout: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim())
  const last = lines.findLast((line) => line !== '') ?? ''
  const values = [...stdout.matchAll(/[^\s"':,{}]{8,}/g)].map(([value]) => value)
  const bare = values.reduce((text, value) => text.replaceAll(value, '…'), last)
  const line = bare.replace(/\p{Cc}/gu, ' ')
  return line.length <= longestSaying ? line : `${line.slice(0, longestSaying)}…`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
