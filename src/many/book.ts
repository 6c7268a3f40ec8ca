/**
 * What a run knows of itself and of those it goes on with, and writes down as it comes. A manifest that can't be written
 * costs a warning, as the objects are there all the same; only whoever has lost the hold on it must stop.
 */
import { UploadError } from '../engine/errors.js'
import type { Digester, Headers, ObjectService, Runtime, SourceIdentity } from '../engine/ports.js'
import {
  createManifestFold,
  createSieve,
  encodeManifest,
  fingerprintOf,
  type ManifestRecord,
  type ManifestState,
} from './manifest.js'
import type { ManifestLog, TextDigest } from './ports.js'

export interface Book {
  /** Present when an earlier run goes on. */
  readonly resumed?: { readonly begunAt: number; readonly done: number; readonly failed: number }
  /** False when another source of this run has the key. */
  take(key: string): boolean
  /** Did this file, in this state and with these headers, become its object, in an earlier run or in this one? */
  isDone(key: string, identity: SourceIdentity, headers: Headers): boolean
  done(what: { key: string; identity: SourceIdentity; headers: Headers; crc64: string }): Promise<void>
  /** It was passed over: named once more, it is done for this run. Nothing is written. */
  passedOver(what: { key: string; identity: SourceIdentity; headers: Headers }): void
  failed(what: { key: string; source: string; error: UploadError }): Promise<void>
  /** Tidies up: what is left says what a later run has to do. */
  close(end: RunEnd): Promise<void>
}

/**
 * `whole`: every source came. `keep`: what is done is to be known when nothing is left to do, too. `stoppedBy`: the failure
 * that ended the run early.
 */
export interface RunEnd {
  readonly stoppedBy?: UploadError | undefined
  readonly whole: boolean
  readonly failed: number
  readonly keep: boolean
}

interface BookPorts {
  readonly service: Pick<ObjectService, 'headerKind'>
  readonly digester: Pick<Digester, 'secretDigest'>
  readonly runtime: Pick<Runtime, 'wallClock' | 'random'>
  readonly textDigest: TextDigest
  readonly manifest?: ManifestLog | undefined
}

/** Lines beyond one for each key that was met, from which on a kept manifest is written anew. */
const mostStaleLines = 1000

export async function openBook(
  ports: BookPorts,
  request: {
    readonly definition?: unknown
    readonly restart: boolean
    readonly warn: (message: string) => void
  },
): Promise<Book> {
  const { runtime, manifest, textDigest } = ports
  const fold = createManifestFold(textDigest)
  if (manifest !== undefined) {
    if (request.restart) await manifest.remove()
    const { damaged } = await manifest.replay((line) => fold.add(line))
    if (damaged > 0) request.warn(`${damaged} damaged lines of the manifest were passed over.`)
  }
  const past = fold.state()
  const { keys } = past
  const salt = past.salt ?? saltFrom(runtime)
  const marks = createMarks(ports, salt)
  let lines = past.lines
  /** Keys that this run met. */
  let met = 0
  let silent = manifest === undefined

  const record = async (what: ManifestRecord): Promise<void> => {
    if (silent || manifest === undefined) return
    try {
      await manifest.append(encodeManifest(what))
      lines += 1
    } catch (error) {
      if (!(error instanceof UploadError) || error.code === 'locked') throw error
      silent = true
      request.warn(`${error.message} The run goes on; a later one may send again what this one sends.`)
    }
  }
  const { definition } = request
  const at = runtime.wallClock()
  await record({ kind: 'begun', at, salt, ...(definition === undefined ? {} : { definition }) })

  const tidy = async (log: ManifestLog, { whole, failed, keep, stoppedBy }: RunEnd): Promise<void> => {
    if (!whole) {
      // Whoever has lost the manifest may not write to it.
      if (stoppedBy !== undefined && stoppedBy.code !== 'locked') {
        await record({ kind: 'stopped', at: runtime.wallClock(), ...told(stoppedBy) })
      }
      return log.sync()
    }
    if (failed === 0 && !keep) return log.remove()
    await record({ kind: 'ended', at: runtime.wallClock() })
    // What failed is in its lines alone, and what was not met has no file any more.
    const stale = lines - met
    if (failed === 0 && stale > Math.max(mostStaleLines, met)) {
      await log.compact(createSieve(fold.state(), keys.isSeen, textDigest))
    }
    await log.sync()
  }
  return {
    ...resumedFrom(past),
    take(key) {
      const isNew = keys.take(key)
      if (isNew) met += 1
      return isNew
    },
    isDone: (key, identity, headers) => keys.isDone(key, fingerprintOf(identity, marks(headers))),
    async done({ key, identity, headers, crc64 }) {
      const mark = marks(headers)
      await record({ kind: 'done', key, identity, headers: mark, crc64 })
      keys.done(key, fingerprintOf(identity, mark))
    },
    passedOver: ({ key, identity, headers }) => keys.done(key, fingerprintOf(identity, marks(headers))),
    async failed({ key, source, error }) {
      await record({ kind: 'failed', key, source, ...told(error), at: runtime.wallClock() })
      keys.failed(key)
    },
    async close(end) {
      if (silent || manifest === undefined) return
      try {
        await tidy(manifest, end)
      } catch (error) {
        if (!(error instanceof UploadError)) throw error
        request.warn(error.message)
      }
    },
  }
}

function told({ code, message }: UploadError): Pick<UploadError, 'code' | 'message'> {
  return { code, message }
}

function resumedFrom({ begunAt, keys }: ManifestState): Pick<Book, 'resumed'> {
  if (begunAt === undefined) return {}
  return { resumed: { begunAt, done: keys.count('done'), failed: keys.count('failed') } }
}

/** Digests of headers that are stored, so that an object is not taken for done under others. Most files share theirs. */
function createMarks(
  { service, digester }: Pick<BookPorts, 'service' | 'digester'>,
  salt: string,
): (headers: Headers) => string {
  let last: { readonly text: string; readonly mark: string } | undefined
  return (headers) => {
    const stored = Object.entries(headers).filter(([name]) => service.headerKind(name) !== 'request')
    const text = JSON.stringify(stored.sort(([a], [b]) => (a < b ? -1 : 1)))
    if (last?.text !== text) last = { text, mark: digester.secretDigest(salt, text).slice(0, 16) }
    return last.mark
  }
}

/** 128 bits: enough that nobody prepares digests for it. */
function saltFrom({ random }: Pick<Runtime, 'random'>): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
}
