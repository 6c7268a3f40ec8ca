/** Looks through sources for two that would become one object, before anything is sent. */
import { throwIfCancelled } from '../engine/cancel.js'
import { UploadError } from '../engine/errors.js'
import type { CancelSignal } from '../engine/ports.js'
import { createKeyTable } from './key-table.js'
import type { ManySource, TextDigest } from './ports.js'

export type Sources = Iterable<ManySource> | AsyncIterable<ManySource>

/** How many sources there are. One file named twice for one key is no conflict. */
export async function assertDistinctKeys(
  sources: () => Sources,
  { digest, signal }: { readonly digest: TextDigest; readonly signal: CancelSignal },
): Promise<number> {
  const keys = createKeyTable(digest)
  let count = 0
  for await (const { filename, key, error } of sources()) {
    throwIfCancelled(signal)
    count += 1
    if (error !== undefined) continue
    const isNew = keys.take(key)
    if (!isNew && !keys.isDone(key, filename)) throw twoOfOne(key, filename, await firstOf(sources(), key))
    if (isNew) keys.done(key, filename)
  }
  return count
}

async function firstOf(sources: Sources, key: string): Promise<string | undefined> {
  for await (const source of sources) if (source.key === key) return source.filename
  return undefined
}

function twoOfOne(key: string, filename: string, first = 'another source'): UploadError {
  return new UploadError(
    'invalid-argument',
    `${first} and ${filename} would both become the object ${key}. Nothing was sent. Put them to different places.`,
  )
}
