/**
 * A deadline that looks at the sockets before it strikes. After a time in which this process did not run (it was stopped,
 * or busy), timers fire before the event loop reads what has arrived meanwhile: what is there must win.
 */

/** Calls `act` after `ms` and one more look at the sockets, unless the function it gives back is called before. */
export function afterPolling(ms: number, act: () => void): () => void {
  let look: NodeJS.Immediate | undefined
  const timer = setTimeout(
    () => {
      look = setImmediate(act)
    },
    Math.max(ms, 0),
  )
  return () => {
    clearTimeout(timer)
    clearImmediate(look)
  }
}
