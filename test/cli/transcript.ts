/**
 * Reads transcripts: commands as one types them, what they print, how they end. A line of output is compared as it stands,
 * but for `{{pattern}}`; a line `...` stands for any number of lines. `! ` begins a line of stderr.
 */
import assert from 'node:assert/strict'

export interface Step {
  /** Where it stands in the file, counting from 1. */
  readonly lineNumber: number
  /** What follows `$ `. */
  readonly command: string
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** Absent: not a command of longhaul. */
  readonly exitCode?: number | string
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | string
}

export function parseTranscript(text: string): readonly Step[] {
  const steps: {
    lineNumber: number
    command: string
    stdout: string[]
    stderr: string[]
    exitCode?: number | string
  }[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const current = steps.at(-1)
    if (line.startsWith('#') || line === '') continue
    if (line.startsWith('$ ')) {
      steps.push({ lineNumber: index + 1, command: line.slice(2), stdout: [], stderr: [] })
    } else if (current === undefined) {
      throw new Error(`line ${index + 1} stands before the first command`)
    } else if (line.startsWith('exit: ')) current.exitCode = exitOf(line.slice('exit: '.length))
    else if (line.startsWith('! ')) current.stderr.push(line.slice(2))
    else current.stdout.push(line.replace(/^\|$/, ''))
  }
  return steps
}

/** A number, or the signal that no process can answer to. */
function exitOf(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text
}

/** Words of a command line, with single and double quotes. */
export function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  )
}

/** @throws AssertionError that shows both */
export function assertOutput(where: string, expected: Step, actual: Output): void {
  const told = `${where}: $ ${expected.command}\n--- stdout\n${actual.stdout}--- stderr\n${actual.stderr}--- exit: ${actual.exitCode}`
  assert.ok(linesMatch(expected.stdout, linesOf(actual.stdout)), `stdout differs. ${told}`)
  assert.ok(linesMatch(expected.stderr, linesOf(actual.stderr)), `stderr differs. ${told}`)
  assert.equal(actual.exitCode, expected.exitCode, `the exit code differs. ${told}`)
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

export function linesMatch(patterns: readonly string[], lines: readonly string[]): boolean {
  const [pattern, ...laterPatterns] = patterns
  if (pattern === undefined) return lines.length === 0
  if (pattern === '...') {
    return (
      lines.some((_, index) => linesMatch(laterPatterns, lines.slice(index))) || linesMatch(laterPatterns, [])
    )
  }
  const [line, ...laterLines] = lines
  return line !== undefined && lineMatches(pattern, line) && linesMatch(laterPatterns, laterLines)
}

function lineMatches(pattern: string, line: string): boolean {
  const source = pattern
    .split(/(\{\{.*?\}\}(?!\}))/)
    .map((piece) =>
      piece.startsWith('{{') ? `(?:${piece.slice(2, -2)})` : piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('')
  return new RegExp(`^${source}$`).test(line)
}
