/**
 * Where a command writes. Results go to stdout, everything about the way there to stderr. A reader that went away ends
 * the output, never the work.
 */
import { textColumns } from './text-width.js'

export interface Screen {
  /** A line of result. */
  out(line: string): void
  /** Bytes of result. Resolves when they are taken, false when nobody reads any more. The bytes are then the caller's again. */
  outBytes(bytes: Uint8Array): Promise<boolean>
  /** A line about the way there; it stands above the lines that move. */
  err(line: string): void
  /** Replaces the lines that move. They have to fit: none wider than the terminal, not more than it has rows. */
  status(lines: readonly string[]): void
  /** Takes those lines away. */
  clearStatus(): void
  /** Can a line move? */
  readonly moving: boolean
  /** Of stderr, in characters. */
  columns(): number
  /** Of stderr. */
  rows(): number
  /** Resolves when everything written has left this process. */
  flush(): Promise<void>
}

/** What is needed of a stream; `process.stdout` is one. */
export interface OutputStream {
  write(content: string | Uint8Array, done?: (error?: Error | null) => void): boolean
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

const usualColumns = 80
const usualRows = 24
const clearToEnd = '\x1b[K'
const clearBelow = '\x1b[J'
/** A terminal may take a name for wider than we do. It then loses its end instead of wrapping, which nothing could undo. */
const noWrap = '\x1b[?7l'
const wrap = '\x1b[?7h'

export function createScreen(
  stdout: OutputStream,
  stderr: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
): Screen {
  const out = surviving(stdout)
  const err = surviving(stderr)
  const moving = stderr.isTTY === true && environment['TERM'] !== 'dumb'
  let shown: readonly string[] = []
  const columns = (): number => atLeastOne(stderr.columns, usualColumns)
  /** From wherever drawing ended to the beginning of what is shown. */
  const backToFirst = (): string => {
    // A terminal that has become narrower since has wrapped what stands there.
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(textColumns(line) / columns())), 0)
    return rows > 1 ? `\r\x1b[${rows - 1}A` : '\r'
  }
  const clearStatus = (): void => {
    if (shown.length === 0) return
    err.write(`${backToFirst()}${clearBelow}`)
    shown = []
  }
  const status = (lines: readonly string[]): void => {
    if (!moving || (lines.length === shown.length && lines.every((line, index) => line === shown[index]))) {
      return
    }
    const text = lines.map((line) => `${line}${clearToEnd}`).join('\r\n')
    err.write(`${noWrap}${shown.length === 0 ? '\r' : backToFirst()}${text}${clearBelow}${wrap}`)
    shown = lines
  }
  /** Other lines stand above those that move, which are drawn again. */
  const above = (write: () => void): void => {
    const lines = shown
    clearStatus()
    write()
    if (lines.length > 0) status(lines)
  }
  return {
    out: (line) => above(() => out.write(`${line}\n`)),
    outBytes: (bytes) => out.writeBytes(bytes),
    err: (line) => above(() => err.write(`${line}\n`)),
    status,
    clearStatus,
    moving,
    columns,
    rows: () => atLeastOne(stderr.rows, usualRows),
    async flush() {
      await Promise.all([out.flush(), err.flush()])
    },
  }
}

/** Some terminals say 0. */
function atLeastOne(told: number | undefined, usual: number): number {
  return told !== undefined && told > 0 ? told : usual
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
