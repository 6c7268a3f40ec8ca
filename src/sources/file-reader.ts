/**
 * Reads from an open file, by callbacks: Node's promises for it took as long as reading 512 KiB from the page cache does.
 * Such reads are not counted by a `FileHandle`, so they are counted here: a descriptor that is closed under a read may
 * already be another file's.
 */
import { read } from 'node:fs'
import type { FileCalls } from '../files/calls.js'

/** A file that is open: a `FileHandle` is one. */
export interface OpenFile {
  readonly fd: number
  close(): Promise<void>
}

export interface FileReader {
  /** Fills `bytes` with what is at `position`, and tells how many: fewer than all only where the file ends. */
  fill(bytes: Uint8Array, position: number): Promise<number>
  /** The same for what nothing is read beside, and so may hold this thread up for the moment that memory takes. */
  fillSoon(bytes: Uint8Array, position: number, calls: FileCalls): Promise<number>
  /** Closes the file once no read is under way; none may begin from now on. More than one call does no harm. */
  close(): Promise<void>
}

export function createFileReader(handle: OpenFile): FileReader {
  let pending = 0
  let closing: Promise<void> | undefined
  let whenIdle: (() => void) | undefined
  const close = async (): Promise<void> => {
    if (pending > 0) {
      await new Promise<void>((resolve) => {
        whenIdle = resolve
      })
    }
    await handle.close()
  }
  const ended = (): void => {
    pending -= 1
    if (pending === 0) whenIdle?.()
  }
  return {
    fill: (bytes, position) =>
      new Promise((resolve, reject) => {
        let filled = 0
        const more = (): void => {
          if (closing !== undefined) {
            reject(closed())
            return
          }
          read(handle.fd, bytes, filled, bytes.length - filled, position + filled, take)
          pending += 1
        }
        const take = (error: Error | null, count: number): void => {
          ended()
          if (error !== null) {
            reject(error)
            return
          }
          filled += count
          if (count === 0 || filled === bytes.length) resolve(filled)
          else more()
        }
        more()
      }),
    async fillSoon(bytes, position, calls) {
      let filled = 0
      while (filled < bytes.length) {
        if (closing !== undefined) throw closed()
        const rest = filled === 0 ? bytes : bytes.subarray(filled)
        pending += 1
        let count: number
        try {
          count = await calls.read(handle.fd, rest, position + filled)
        } finally {
          ended()
        }
        if (count === 0) break
        filled += count
      }
      return filled
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

function closed(): Error {
  return Object.assign(new Error('The file is closed'), { code: 'EBADF' })
}
