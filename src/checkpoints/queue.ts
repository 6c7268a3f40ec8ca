/** Turns at one file: work on it is never done twice at once. */

/** Runs tasks one after the other, each whatever became of the one before. */
export function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task, task)
    last = result
    return result
  }
}
