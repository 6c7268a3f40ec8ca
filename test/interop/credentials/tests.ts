/** Each way to keys that the library has and loopback can play, from Longhaul's command line. */
import assert from 'node:assert/strict'
import type { ScriptedTest } from '../scripted.js'
import type { World } from './world.js'

function test(name: string, run: (world: World) => Promise<void>): ScriptedTest<World> {
  return {
    name,
    async run(world) {
      try {
        await run(world)
      } finally {
        await world.close()
      }
    },
  }
}

const profileOf = (profile: object): string =>
  JSON.stringify({ current: 'default', profiles: [{ name: 'default', ...profile }] })

const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z')

export const tests: readonly ScriptedTest<World>[] = [
  test('a credentials URI gives temporary keys', async (world) => {
    const { accessKeyId, accessKeySecret, securityToken } = world.key
    world.answer({
      Code: 'Success',
      AccessKeyId: accessKeyId,
      AccessKeySecret: accessKeySecret,
      SecurityToken: securityToken,
      Expiration: inAnHour(),
    })
    const ended = await world.put({ ALIBABA_CLOUD_CREDENTIALS_URI: world.uri })
    assert.equal(ended.code, 0, ended.output)
    assert.ok(world.asked() > 0)
  }),
  test("a profile of the vendor's command line gives a key", async (world) => {
    const { accessKeyId, accessKeySecret } = world.key
    await world.file(
      '.aliyun/config.json',
      profileOf({ mode: 'AK', access_key_id: accessKeyId, access_key_secret: accessKeySecret }),
    )
    const ended = await world.put()
    assert.equal(ended.code, 0, ended.output)
  }),
  test('a profile with a program gives temporary keys', async (world) => {
    const { accessKeyId, accessKeySecret, securityToken } = world.key
    const keys = {
      mode: 'StsToken',
      access_key_id: accessKeyId,
      access_key_secret: accessKeySecret,
      sts_token: securityToken,
    }
    const program = await world.file('keys.cjs', `console.log(${JSON.stringify(JSON.stringify(keys))})`)
    await world.file(
      '.aliyun/config.json',
      profileOf({ mode: 'External', process_command: `${process.execPath} ${program}` }),
    )
    const ended = await world.put()
    assert.equal(ended.code, 0, ended.output)
  }),
  test("the vendor's variables give a key", async (world) => {
    const { accessKeyId, accessKeySecret } = world.key
    const ended = await world.put({
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    })
    assert.equal(ended.code, 0, ended.output)
  }),
  test('where nothing gives a key, that is said, with exit code 6', async (world) => {
    const ended = await world.put()
    assert.equal(ended.code, 6, ended.output)
    assert.match(ended.output, /@alicloud\/credentials found none: unable to get credentials/)
  }),
  test('what the library repeats of documents that it can not read is not shown', async (world) => {
    const { accessKeySecret } = world.key
    await world.file('.aliyun/config.json', `"access_key_secret": "${accessKeySecret}"`)
    world.answer({ Code: 'Success', AccessKeyId: 'a', AccessKeySecret: accessKeySecret })
    const ended = await world.put({ ALIBABA_CLOUD_CREDENTIALS_URI: world.uri })
    assert.equal(ended.code, 6, ended.output)
    assert.ok(world.asked() > 0)
    assert.ok(!ended.output.includes(accessKeySecret), ended.output)
  }),
]
