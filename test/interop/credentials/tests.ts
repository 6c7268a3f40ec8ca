/** Each way to keys that the library has and loopback can play, from Longhaul's command line. */
import assert from 'node:assert/strict'
import type { ScriptedTest } from '../scripted.js'
import { roleName } from './cloud.js'
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
  test('the role of an instance gives temporary keys, whether it is named or asked for', async (world) => {
    const { cloud, environment } = await world.inCloud()
    const asked = { ...environment, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'false' }
    const roles = '100.100.100.200/latest/meta-data/ram/security-credentials/'
    for (const named of [{}, { ALIBABA_CLOUD_ECS_METADATA: roleName }]) {
      const before = cloud.requests.length
      const ended = await world.put({ ...asked, ...named })
      assert.equal(ended.code, 0, ended.output)
      const heard = cloud.requests.slice(before)
      assert.ok(heard.includes(`GET ${roles}${roleName}`), heard.join(', '))
      assert.equal(heard.includes(`GET ${roles}`), 'ALIBABA_CLOUD_ECS_METADATA' in named === false)
    }
  }),
  test('the token of an OIDC provider gives temporary keys', async (world) => {
    const { cloud, environment } = await world.inCloud()
    const token = await world.file('oidc-token', 'header.claims.signature')
    const ended = await world.put({
      ...environment,
      ALIBABA_CLOUD_ROLE_ARN: 'acs:ram::1234567890:role/interop',
      ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1234567890:oidc-provider/interop',
      ALIBABA_CLOUD_OIDC_TOKEN_FILE: token,
      ALIBABA_CLOUD_STS_REGION: 'cn-hangzhou',
    })
    assert.equal(ended.code, 0, ended.output)
    assert.ok(cloud.requests.includes('POST sts.cn-hangzhou.aliyuncs.com/'), cloud.requests.join(', '))
    assert.equal(cloud.form().get('OIDCToken'), 'header.claims.signature')
    assert.equal(cloud.form().get('RoleArn'), 'acs:ram::1234567890:role/interop')
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
