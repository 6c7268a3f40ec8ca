/** Reads what a Go test printed: whether it passed, and if not, which assertions failed. */
import { basename } from 'node:path'

export interface GoEnd {
  readonly passed: boolean
  /** It ended in the middle. */
  readonly brokeOff: 'by a panic' | 'at the time limit' | undefined
  /** Where assertions failed, each place once: file and line in the test itself. */
  readonly failures: readonly GoFailure[]
}

export interface GoFailure {
  readonly file: string
  readonly line: number
  /** What the assertion said, on one line. */
  readonly said: string
}

const FAILURE = /Error Trace:\s+(\S+?):(\d+)\n([\s\S]*?)\n\s+Test:/g

export function readGoOutput(test: string, output: string, code: number | undefined): GoEnd {
  const failures = new Map<string, GoFailure>()
  for (const [, path = '', line = '', rest = ''] of output.matchAll(FAILURE)) {
    const place = innermostTestLine(path, line, rest)
    const said = (/Error:\s+([\s\S]*)/.exec(rest)?.[1] ?? '').replace(/\s+/g, ' ').trim()
    failures.set(`${place.file}:${place.line}`, { ...place, said })
  }
  return {
    passed: code === 0 && new RegExp(`^--- PASS: ${test} `, 'm').test(output),
    brokeOff: code === undefined ? 'at the time limit' : /^panic: /m.test(output) ? 'by a panic' : undefined,
    failures: [...failures.values()],
  }
}

/** Helpers of the suite assert too: then the line of the test is further down the trace. */
function innermostTestLine(path: string, line: string, rest: string): { file: string; line: number } {
  const trace = [
    `${path}:${line}`,
    ...rest.split('\n').flatMap((text) => /^\s+(\S+_test\.go:\d+)$/.exec(text)?.[1] ?? []),
  ]
  const own = trace.find((place) => !place.includes('client_integration_test.go')) ?? trace[0] ?? ''
  const [, file = '', number = '0'] = /^(.*):(\d+)$/.exec(own) ?? []
  return { file: basename(file), line: Number(number) }
}
