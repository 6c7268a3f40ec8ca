/** What the README shows is run as it stands there, by the package's own name, but for endpoints, keys and paths. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fixture } from '../support/paths.js'
import { runProgram } from '../support/run-program.js'
import { bytesFrom, createWorld, MiB, temporaryFolder, type World } from './world.js'

const readme = readFileSync(fixture('README.md'), 'utf8')
const snippets = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)
const isBuilt = existsSync(fixture('dist/index.js'))

/** The one snippet that has these words. */
function snippet(words: string): string {
  const [only, ...others] = snippets.filter((code) => code.includes(words))
  assert.ok(only !== undefined && others.length === 0, `one snippet has ${words}`)
  return only
}

function replaced(code: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `the snippet has ${from}`)
    return text.replaceAll(from, to)
  }, code)
}

async function worldWithFile(t: TestContext): Promise<{ world: World; bytes: Buffer; filename: string }> {
  const world = await createWorld(t)
  const bytes = bytesFrom(7, 11 * MiB + 1)
  return { world, bytes, filename: await world.file(bytes) }
}

test('every snippet is run here', () => {
  assert.equal(snippets.length, 3)
})

test('the program of the README uploads', { skip: !isBuilt }, async (t) => {
  const { world, bytes, filename } = await worldWithFile(t)
  const { endpoint, accessKeyId, accessKeySecret } = world.server
  const code = replaced(snippet('progressCallback: (consumedBytes'), {
    'https://oss-cn-hangzhou.aliyuncs.com': endpoint,
    'the key id': accessKeyId,
    'the secret': accessKeySecret,
    '/data/local.dat': filename,
  })
  const lines = (await runProgram(await temporaryFolder(t), code)).trim().split('\n')
  assert.match(lines.at(-1) ?? '', /^CRC-64 \d+; 0 bytes were there already$/)
  assert.equal(lines.at(-2), `${bytes.length} of ${bytes.length}`)
  assert.deepEqual(await world.objectBytes('exampledir/object.dat'), bytes)
})

test('the call beside that of Python uploads, with its part size and its storage class', {
  skip: !isBuilt,
}, async (t) => {
  const { world, bytes, filename } = await worldWithFile(t)
  const { endpoint, accessKeyId, accessKeySecret } = world.server
  const code = replaced(snippet("'x-oss-storage-class': 'IA'"), {
    '/data/local.dat': filename,
    '/data/uploads': world.store,
  })
  const settings = { endpoint, accessKeyId, accessKeySecret }
  const given = `const { ${Object.keys(settings).join(', ')} } = ${JSON.stringify(settings)}\n`
  await runProgram(await temporaryFolder(t), given + code)
  assert.deepEqual(await world.objectBytes('exampledir/object.dat'), bytes)
  assert.equal(world.asked('UploadPart').length, 12)
  assert.deepEqual(readdirSync(world.store), [])
})

test('the server of the README starts, tells where it is, and ends', { skip: !isBuilt }, async (t) => {
  const told = 'console.log([server.endpoint, server.accessKeyId, server.accessKeySecret].join(" "))\n'
  const code = replaced(snippet('createServer'), { 'await server.close()': `${told}await server.close()` })
  assert.match(await runProgram(await temporaryFolder(t), code), /^http:\/\/127\.0\.0\.1:\d+ \S+ \S+\n$/)
})

test('the commands of the README are those that a transcript plays', () => {
  const transcript = readFileSync(fixture('test/cli/transcripts/readme.txt'), 'utf8')
  const shown = [...readme.matchAll(/^npx (longhaul .*?) +#/gm)].map(([, command = '']) => command)
  assert.equal(shown.length, 2)
  // The port that is usual may be taken where tests run.
  for (const command of shown) {
    assert.ok(transcript.replaceAll(' --port 0', '').includes(`${command}\n`), command)
  }
  assert.ok(readme.includes('npx longhaul --help') && transcript.includes('$ longhaul --help\n'))
})
