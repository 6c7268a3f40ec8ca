/**
 * Reads from an open file, by callbacks: Node's promises for it took as long as reading 512 KiB from the page cache does.
 * Such reads are not counted by the `FileHandle`, so they are counted here: a descriptor that is closed under a read may
 * already be another file's.
 */
import { read } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'

export interface FileReader {
  /** Fills `bytes` with what is at `position`, and tells how many: fewer than all only where the file ends. */
  fill(bytes: Uint8Array, position: number): Promise<number>
  /** Closes the file once no read is under way; none may begin from now on. More than one call does no harm. */
  close(): Promise<void>
}

export function createFileReader(handle: FileHandle): FileReader {
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
  return {
    fill: (bytes, position) =>
      new Promise((resolve, reject) => {
        let filled = 0
        const more = (): void => {
          if (closing !== undefined) {
            reject(Object.assign(new Error('The file is closed'), { code: 'EBADF' }))
            return
          }
          read(handle.fd, bytes, filled, bytes.length - filled, position + filled, take)
          pending += 1
        }
        const take = (error: Error | null, count: number): void => {
          pending -= 1
          if (pending === 0) whenIdle?.()
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
    close() {
      closing ??= close()
      return closing
    },
  }
}
