/**
 * Where a command writes. Results go to stdout, everything about the way there to stderr. A reader that went away ends
 * the output, never the work.
 */
export interface Screen {
  /** A line of result. */
  out(line: string): void
  /** Bytes of result. Resolves when they are taken, false when nobody reads any more. The bytes are then the caller's again. */
  outBytes(bytes: Uint8Array): Promise<boolean>
  /** A line about the way there; it stands above the progress line. */
  err(line: string): void
  /** Replaces the one line that moves. */
  status(line: string): void
  /** Takes that line away. */
  clearStatus(): void
  /** Can a line move? */
  readonly moving: boolean
  /** Of stderr, in characters. */
  columns(): number
  /** Resolves when everything written has left this process. */
  flush(): Promise<void>
}

/** What is needed of a stream; `process.stdout` is one. */
export interface OutputStream {
  write(content: string | Uint8Array, done?: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

const usualColumns = 80
const clearToEnd = '\x1b[K'

export function createScreen(
  stdout: OutputStream,
  stderr: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
): Screen {
  const out = surviving(stdout)
  const err = surviving(stderr)
  const moving = stderr.isTTY === true && environment['TERM'] !== 'dumb'
  let shown = ''
  const clearStatus = (): void => {
    if (shown === '') return
    err.write(`\r${clearToEnd}`)
    shown = ''
  }
  /** Other lines stand above the moving one, which is drawn again. */
  const above = (write: () => void): void => {
    const line = shown
    clearStatus()
    write()
    if (line !== '') status(line)
  }
  const status = (line: string): void => {
    if (!moving || line === shown) return
    shown = line
    err.write(`\r${line}${clearToEnd}`)
  }
  return {
    out: (line) => above(() => out.write(`${line}\n`)),
    outBytes: (bytes) => out.writeBytes(bytes),
    err: (line) => above(() => err.write(`${line}\n`)),
    status,
    clearStatus,
    moving,
    columns: () => (stderr.columns !== undefined && stderr.columns > 0 ? stderr.columns : usualColumns),
    async flush() {
      await Promise.all([out.flush(), err.flush()])
    },
  }
}

interface Surviving {
  write(text: string): void
  writeBytes(bytes: Uint8Array): Promise<boolean>
  flush(): Promise<void>
}

function surviving(stream: OutputStream): Surviving {
  let open = true
  stream.on('error', () => {
    open = false
  })
  return {
    write(text) {
      if (open) stream.write(text)
    },
    writeBytes: (bytes) =>
      new Promise((resolve) => {
        if (open) stream.write(bytes, (error) => resolve(!error))
        else resolve(false)
      }),
    flush: () =>
      new Promise((resolve) => {
        if (open) stream.write('', () => resolve())
        else resolve()
      }),
  }
}
