/** What a benchmark's child process is asked for, and the loop in it that answers. One process per contender, kept warm. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endsWithUs } from '../test/support/command.js'

export interface PartsTask {
  readonly partSize: number
  readonly parts: number
  readonly parallel: number
}

export interface Worker {
  /** Resolves to seconds. */
  run(task: PartsTask): Promise<number>
  end(): void
}

export function startWorker(name: string, args: readonly string[]): Worker {
  const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url))
  const child = endsWithUs(fork(path, args))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended`)))
  // It ends when it is told to, too, and then nobody waits for it.
  ended.catch(() => {})
  return {
    async run(task) {
      child.send(task)
      const [answer] = await Promise.race([once(child, 'message'), ended])
      if (typeof answer !== 'number') throw new Error(`${name}: ${answer}`)
      return answer
    },
    end: () => child.disconnect(),
  }
}

/** In the child. */
export function answerTasks(work: (task: PartsTask) => Promise<void>): void {
  process.on('message', (task: PartsTask) => {
    const startedMs = performance.now()
    work(task).then(
      () => process.send?.((performance.now() - startedMs) / 1000),
      (error: Error) => process.send?.(error.stack),
    )
  })
}

/** Calls `work` for 1 to `count`, at most so many at once. */
export async function inParallel(
  count: number,
  parallel: number,
  work: (number: number) => Promise<void>,
): Promise<void> {
  let next = 1
  const lane = async (): Promise<void> => {
    while (next <= count) {
      const number = next
      next += 1
      await work(number)
    }
  }
  await Promise.all(Array.from({ length: parallel }, lane))
}
