/** Plays every transcript of `transcripts/`: command, output and exit code of the built command line. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fixture } from '../support/paths.js'
import { assertJsonLines } from './json-lines.js'
import { canDropPrivileges, openStage } from './stage.js'
import { assertOutput, linesMatch, parseTranscript, wordsOf } from './transcript.js'

const folder = 'test/cli/transcripts'
const names = readdirSync(fixture(folder)).filter((name) => name.endsWith('.txt'))

test('there are transcripts', () => {
  assert.ok(names.length > 5)
})

/** Each has a stage of its own; most of their time is the start of processes. */
test('the transcripts', { concurrency: 2 }, async (all) => {
  await Promise.all(names.map((name) => all.test(`transcript ${name}`, (context) => play(name, context))))
})

async function play(name: string, context: TestContext): Promise<void> {
  const text = readFileSync(fixture(`${folder}/${name}`), 'utf8')
  if (text.includes('\n$ unprivileged ') && !(await canDropPrivileges())) {
    context.skip('this machine can not run the command line as a user without rights')
    return
  }
  const stage = await openStage()
  try {
    for (const step of parseTranscript(stage.fill(text))) {
      const output = await stage.run(step.command)
      if (output === undefined) continue
      assertOutput(`${name}:${step.lineNumber}`, step, output)
      if (isJson(step.command)) assertJsonLines(output.stdout, output.exitCode)
    }
  } finally {
    await stage.close()
  }
}

function isJson(command: string): boolean {
  return / --json(\s|$)/.test(command.split(' -- ')[0] ?? '')
}

test('a transcript can fail: lines, patterns and gaps are compared', () => {
  assert.ok(linesMatch(['a', '...', 'b{{[0-9]+}}.'], ['a', 'x', 'y', 'b12.']))
  assert.ok(linesMatch(['...'], []))
  assert.ok(!linesMatch(['a'], []))
  assert.ok(!linesMatch([], ['a']))
  assert.ok(!linesMatch(['a.c'], ['abc']))
  assert.ok(!linesMatch(['a', '...', 'c'], ['a', 'b']))
  assert.ok(!linesMatch(['b{{[0-9]+}}'], ['b12x']))
  assert.ok(linesMatch(['{{[0-9]{2}}}'], ['12']))
  assert.deepEqual(wordsOf(`put --header 'a: b' "c d"e`), ['put', '--header', 'a: b', 'c de'])
})
