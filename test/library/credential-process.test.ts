/** Keys from programs and files, as uploads use them: run without a shell, renewed in time, and never repeated in a message. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileCredentials, processCredentials, UploadError } from '../../src/index.js'
import { commandWords } from '../../src/node/credential-process.js'
import { createCredentials } from '../../src/services/credentials.js'
import { bytesFrom, createWorld, KiB, temporaryFolder } from './world.js'

const minute = 60_000
const { signal } = new AbortController()

/** A program in Node's own words. */
function program(script: string, ...args: string[]): readonly string[] {
  return [process.execPath, '-e', script, ...args]
}

function deniedWith(words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof Error && 'code' in error, String(error))
    assert.equal(error.code, 'denied')
    assert.match(error.message, words)
    assert.doesNotMatch(`${error.stack}${error.cause}`, /hidden/)
    return true
  }
}

test('an upload signs with what a program prints', async (t) => {
  const world = await createWorld(t)
  const { accessKeyId, accessKeySecret } = world.server
  const printed = JSON.stringify({ AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret })
  const command = program('console.log(process.argv[1])', printed)
  const bucket = world.bucketWith({ credentials: processCredentials(command) })
  await world.upload('a', await world.file(bytesFrom(1, 300 * KiB)), { bucket })
  assert.deepEqual(await world.objectBytes('a'), bytesFrom(1, 300 * KiB))
})

test('it is run again five minutes before its keys end, once for many requests; a failure then costs nothing', async (t) => {
  const folder = await temporaryFolder(t)
  const state = join(folder, 'now')
  const runs = join(folder, 'runs')
  const clock = { now: Date.UTC(2030, 0, 1), wallClock: () => clock.now }
  const script = `
    const fs = require('node:fs')
    const [state, runs] = process.argv.slice(1)
    fs.appendFileSync(runs, 'x')
    const count = fs.readFileSync(runs, 'utf8').length
    if (count === 3) process.exit(1)
    const expiration = new Date(Number(fs.readFileSync(state, 'utf8')) + 3600000).toISOString()
    console.log(JSON.stringify({ AccessKeyId: 'id' + count, AccessKeySecret: 'hidden', Expiration: expiration }))`
  const provider = createCredentials(processCredentials(program(script, state, runs)), clock)
  const at = async (minutes: number) => {
    clock.now = Date.UTC(2030, 0, 1) + minutes * minute
    await writeFile(state, String(clock.now))
    const all = await Promise.all(Array.from({ length: 8 }, () => provider.current(signal)))
    assert.equal(new Set(all).size, 1)
    return all[0]?.accessKeyId
  }
  assert.equal(await at(0), 'id1')
  assert.equal(await at(54), 'id1')
  assert.equal(await at(55), 'id2')
  // The third run fails while the second one's keys are still good; the fourth follows.
  assert.equal(await at(111), 'id2')
  assert.equal(await at(112), 'id4')
  assert.equal((await readFile(runs, 'utf8')).length, 4)
})

test('why a program gave no keys is said in its own last words, never with what it printed', async () => {
  const ask = (command: readonly string[], timeoutMs?: number) => processCredentials(command, { timeoutMs })()
  const rows: readonly (readonly [readonly string[], RegExp, number?])[] = [
    [['/no/such/program'], /credential process program was not found/],
    [program('console.error("first\\nnot signed in\\n"); process.exit(3)'), /ended with 3: not signed in$/],
    [program('process.kill(process.pid, "SIGKILL")'), /ended by SIGKILL/],
    [program('console.log("hidden")'), /printed can't be used: it is no JSON object/],
    [program('console.log(JSON.stringify({ AccessKeyId: "hidden" }))'), /it has no AccessKeySecret/],
    [
      program(
        'console.log(JSON.stringify({ AccessKeySecret: "hidden-secret" })); console.error("got hidden-secret"); process.exit(1)',
      ),
      /ended with 1: got …$/,
    ],
    [program('console.log("x".repeat(100000))'), /printed more than 64 KiB/],
    [program('setTimeout(() => {}, 60000)'), /did not end within 0\.3 s/, 300],
  ]
  for (const [command, words, timeoutMs] of rows) {
    await assert.rejects(ask(command, timeoutMs), deniedWith(words))
  }
})

test('an upload whose program fails ends at once, as denied', async (t) => {
  const world = await createWorld(t)
  const bucket = world.bucketWith({ credentials: processCredentials(program('process.exit(1)')) })
  const uploading = world.upload('a', await world.file(bytesFrom(1, KiB)), { bucket })
  await assert.rejects(uploading, (error) => error instanceof UploadError && error.code === 'denied')
})

test('no shell sees the line: its words are the arguments, as they stand', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'args.cjs')
  const secret = 'console.log(JSON.stringify({ AccessKeyId: process.argv[2], AccessKeySecret: "s" }))'
  await writeFile(path, secret)
  const line = `${process.execPath} "${path}" '$(touch${folder}/made);\`id\`|&>$HOME'`
  const keys = await processCredentials(line)()
  assert.equal(keys.accessKeyId, `$(touch${folder}/made);\`id\`|&>$HOME`)
})

test('a line is separated into words by blanks and quotes', () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    ['  a  b\tc ', ['a', 'b', 'c']],
    [`'a b' "c d"e`, ['a b', 'c de']],
    [`a "" ''`, ['a', '', '']],
    ['"a \\" \\\\ \\n"', ['a " \\ \\n']],
    ...(process.platform === 'win32' ? [] : [['a\\ b \\"c', ['a b', '"c']] as const]),
  ]
  for (const [line, words] of rows) assert.deepEqual(commandWords(line), words, line)
  for (const line of [`a 'b`, `a "b`]) assert.throws(() => commandWords(line), UploadError)
  assert.throws(() => processCredentials('  '), UploadError)
})

test('keys in a file are read again when the service refuses them', async (t) => {
  const world = await createWorld(t)
  const path = join(world.folder, 'keys.json')
  const { accessKeyId, accessKeySecret } = world.server
  await writeFile(path, JSON.stringify({ AccessKeyId: 'old', AccessKeySecret: 'old' }))
  const credentials = fileCredentials(path)
  let reads = 0
  const bucket = world.bucketWith({
    async credentials() {
      const keys = await credentials()
      reads += 1
      await writeFile(path, JSON.stringify({ AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret }))
      return keys
    },
  })
  await world.upload('a', await world.file(bytesFrom(2, KiB)), { bucket })
  assert.equal(reads, 2)
  const keys = await credentials()
  assert.ok(Number(keys.expiration) > Date.now(), 'it is read again after a while')
})

test('a file without keys says what it lacks, and not what it has', async (t) => {
  const folder = await temporaryFolder(t)
  await assert.rejects(fileCredentials(join(folder, 'absent'))(), deniedWith(/there is no such file/))
  await writeFile(join(folder, 'keys'), 'hidden')
  await assert.rejects(fileCredentials(join(folder, 'keys'))(), deniedWith(/it is no JSON object/))
  await assert.rejects(fileCredentials(folder)(), deniedWith(/the credentials file .* (?:EISDIR|can't be)/))
})
