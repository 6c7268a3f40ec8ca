/**
 * Locks by name, first come first served. `shared` holders run together, an `exclusive` one alone. Take several only in
 * one fixed order (bucket, upload, part, object, contents), else two of them may wait for one another for ever.
 */

export interface Locks {
  shared<T>(name: string, work: () => Promise<T>): Promise<T>
  exclusive<T>(name: string, work: () => Promise<T>): Promise<T>
  /** All of these, each once; taken in one order whoever asks. */
  exclusiveAll<T>(names: Iterable<string>, work: () => Promise<T>): Promise<T>
}

interface Waiter {
  readonly exclusive: boolean
  readonly wake: () => void
}

interface Lock {
  holders: number
  exclusive: boolean
  readonly waiters: Waiter[]
}

export function createLocks(): Locks {
  const locks = new Map<string, Lock>()

  function admit(lock: Lock): void {
    for (;;) {
      const next = lock.waiters[0]
      if (next === undefined) return
      if (lock.holders > 0 && (lock.exclusive || next.exclusive)) return
      lock.waiters.shift()
      lock.holders += 1
      lock.exclusive = next.exclusive
      next.wake()
    }
  }

  /** Resolves with what gives the lock back. */
  async function acquire(name: string, exclusive: boolean): Promise<() => void> {
    const lock = locks.get(name) ?? { holders: 0, exclusive: false, waiters: [] }
    locks.set(name, lock)
    await new Promise<void>((wake) => {
      lock.waiters.push({ exclusive, wake })
      admit(lock)
    })
    return () => {
      lock.holders -= 1
      admit(lock)
      if (lock.holders === 0 && lock.waiters.length === 0) locks.delete(name)
    }
  }

  async function hold<T>(name: string, exclusive: boolean, work: () => Promise<T>): Promise<T> {
    const release = await acquire(name, exclusive)
    try {
      return await work()
    } finally {
      release()
    }
  }

  return {
    shared: (name, work) => hold(name, false, work),
    exclusive: (name, work) => hold(name, true, work),
    async exclusiveAll(names, work) {
      const releases: (() => void)[] = []
      try {
        for (const name of [...new Set(names)].sort()) releases.push(await acquire(name, true))
        return await work()
      } finally {
        for (const release of releases) release()
      }
    },
  }
}
