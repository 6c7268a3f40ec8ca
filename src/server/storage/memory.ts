/** Storage in memory, for tests and simulation: nothing here waits for the platform, so the same seed gives the same run. */
import type { Contents, Cursor, Ledger } from './ledger.js'
import type { Storage } from './storage.js'
import { createStore } from './store.js'

const READ_SIZE = 256 * 1024

export function createMemoryStorage(): Storage {
  return createStore({ ledger: createMemoryLedger(), contents: createMemoryContents() })
}

export function createMemoryLedger(): Ledger {
  const values = new Map<string, string>()
  const ordered: string[] = []

  /** Index of the first key not below this one. */
  function position(key: string): number {
    let low = 0
    let high = ordered.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ordered[middle] ?? '') < key) low = middle + 1
      else high = middle
    }
    return low
  }

  function scan(from: string, to: string): Cursor {
    let start = from
    return {
      async next() {
        const key = ordered[position(start)]
        if (key === undefined || key >= to) return undefined
        start = `${key}\0`
        return { key, value: values.get(key) ?? '' }
      },
      seek(key) {
        if (key > start) start = key
      },
      async close() {},
    }
  }

  return {
    get: async (key) => values.get(key),
    getMany: async (keys) => keys.map((key) => values.get(key)),
    scan,
    async values(from, to) {
      return ordered.slice(position(from), position(to)).map((key) => values.get(key) ?? '')
    },
    async commit(changes) {
      for (const change of changes) {
        const known = values.has(change.key)
        if (change.type === 'put') {
          if (!known) ordered.splice(position(change.key), 0, change.key)
          values.set(change.key, change.value)
        } else if (known) {
          ordered.splice(position(change.key), 1)
          values.delete(change.key)
        }
      }
    },
    async close() {},
  }
}

export function createMemoryContents(): Contents {
  const stored = new Map<string, Uint8Array>()
  let created = 0

  return {
    failure: () => undefined,
    async create() {
      created += 1
      const id = created.toString(16).padStart(32, '0')
      let chunks: Uint8Array[] = []
      let size = 0
      return {
        id,
        async write(chunk) {
          // Copied, so that a caller in the same process may lend its blocks instead of giving them away.
          chunks.push(chunk.slice())
          size += chunk.length
        },
        async seal() {
          const whole = new Uint8Array(size)
          let offset = 0
          for (const chunk of chunks) {
            whole.set(chunk, offset)
            offset += chunk.length
          }
          chunks = []
          stored.set(id, whole)
        },
        async discard() {
          chunks = []
          stored.delete(id)
        },
        async abandon() {
          chunks = []
        },
      }
    },
    async *read(id, start, end) {
      const whole = stored.get(id)
      if (whole === undefined || whole.length < end) throw new Error(`content ${id} is missing or short`)
      // Copies, so that no reader can change what is stored; in blocks, so that a slow one holds little.
      for (let offset = start; offset < end; offset += READ_SIZE) {
        yield whole.slice(offset, Math.min(offset + READ_SIZE, end))
      }
    },
    async remove(id) {
      stored.delete(id)
    },
    async *ids() {
      yield* [...stored.keys()].sort()
    },
    async close() {},
  }
}
