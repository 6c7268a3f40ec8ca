/** The commands and programs that the pages on keys and on the doctor show are run as they stand there. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createServer } from '../../src/server/index.js'
import { temporaryFolder } from '../library/world.js'
import { fixture } from '../support/paths.js'
import { runProgram } from '../support/run-program.js'
import { openStage } from './stage.js'

const blocks = (page: string, language: string): readonly string[] =>
  [...readFileSync(fixture(page), 'utf8').matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
    ([, text = '']) => text,
  )
const isBuilt = existsSync(fixture('dist/index.js'))

for (const page of ['docs/credentials.md', 'docs/doctor.md']) {
  test(`the commands of ${page} do what they say`, async () => {
    const commands = blocks(page, 'sh').flatMap((block) => block.trim().split('\n'))
    assert.ok(commands.length > 2)
    const stage = await openStage()
    try {
      await stage.run('text secret.txt hidden')
      await stage.run(
        stage.fill(`text keys.json '{"AccessKeyId":"\${KEY_ID}","AccessKeySecret":"\${SECRET}"}'`),
      )
      await stage.run('mode keys.json 600')
      for (const command of commands) {
        const output = await stage.run(command)
        assert.equal(output?.exitCode, 0, `${command}\n${output?.stdout}${output?.stderr}`)
        assert.equal(output?.stderr, '', command)
      }
    } finally {
      await stage.close()
    }
  })
}

test('the program of docs/credentials.md opens a bucket', { skip: !isBuilt }, async (t) => {
  const [code = '', ...others] = blocks('docs/credentials.md', 'ts')
  assert.deepEqual(others, [])
  const told = await runProgram(
    await temporaryFolder(t),
    `${code}console.log(bucket.region, typeof fileCredentials, typeof cloudCredentials)\n`,
  )
  assert.equal(told, 'cn-hangzhou function function\n')
})

test('the program of docs/doctor.md tells what it finds', { skip: !isBuilt }, async (t) => {
  const server = await createServer({ buckets: ['examplebucket'] })
  t.after(() => server.close())
  const [code = '', ...others] = blocks('docs/doctor.md', 'ts')
  assert.deepEqual(others, [])
  const environment = {
    OSS_ENDPOINT: server.endpoint,
    OSS_ACCESS_KEY_ID: server.accessKeyId,
    OSS_ACCESS_KEY_SECRET: server.accessKeySecret,
  }
  const given = `Object.assign(process.env, ${JSON.stringify(environment)})\n`
  const told = await runProgram(await temporaryFolder(t), code.replace('\n\n', `\n\n${given}`))
  assert.match(told, /^ok connection .*\n(?:ok .*\n)+ok remove an object allowed; nothing was left\n$/)
})
