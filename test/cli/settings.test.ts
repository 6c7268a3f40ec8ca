/** Where settings come from and in which order, played in this process on files of its own. */
import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CommandError, UsageError } from '../../src/cli/failure.js'
import { changeProfile, readProfiles } from '../../src/cli/profile-file.js'
import { type ConnectionFlags, resolveSettings } from '../../src/cli/setting-levels.js'
import { connectionOf, openBucket, resolveConnection } from '../../src/cli/settings.js'
import { temporaryFolder } from '../library/world.js'
import { worldOf } from './in-process.js'

interface Files {
  readonly config?: string
  readonly ossutil?: string
}

async function home(t: TestContext, { config, ossutil }: Files) {
  const folder = await temporaryFolder(t)
  const own = join(folder, 'longhaul')
  await mkdir(own)
  if (config !== undefined) await writeFile(join(own, 'config'), config, { mode: 0o600 })
  if (ossutil !== undefined) await writeFile(join(folder, '.ossutilconfig'), ossutil, { mode: 0o600 })
  const environment = (more: Record<string, string> = {}) => ({ HOME: folder, LONGHAUL_HOME: own, ...more })
  const resolved = async (flags: ConnectionFlags = {}, more: Record<string, string> = {}) => {
    const { texts, keys, notes } = await resolveSettings(flags, environment(more))
    const key = keys?.kind === 'fixed' ? `${keys.accessKeyId} ${keys.accessKeySecret}` : keys?.kind
    return {
      endpoint: texts.endpoint?.value,
      region: texts.region?.value,
      key,
      from: keys?.from,
      texts,
      notes,
    }
  }
  return { folder, own, environment, resolved }
}

const config = `
[default]
endpoint = http://profile.example
region = r-profile
access-key-id = id-profile
access-key-secret = s-profile
[other]
region = cn-beijing
access-key-id = id-other
access-key-secret = s-other
`
const keysAround = { OSS_ACCESS_KEY_ID: 'id-env', OSS_ACCESS_KEY_SECRET: 's-env' }

test('flags go before the environment, the environment before the profile that is usual', async (t) => {
  const { resolved } = await home(t, { config })
  const plain = await resolved()
  assert.equal(plain.key, 'id-profile s-profile')
  assert.equal(plain.endpoint, 'http://profile.example')
  const environment = { OSS_ENDPOINT: 'http://env.example', OSS_REGION: 'r-env', ...keysAround }
  const over = await resolved({}, environment)
  assert.deepEqual([over.endpoint, over.region, over.key], ['http://env.example', 'r-env', 'id-env s-env'])
  const flags = await resolved({ endpoint: 'http://flag.example', credentialProcess: 'keys' }, environment)
  assert.deepEqual([flags.endpoint, flags.region, flags.key], ['http://flag.example', 'r-env', 'process'])
  assert.equal(flags.from, '--credential-process')
})

test('a profile that a flag names goes before the environment, one that the environment names after its keys', async (t) => {
  const { resolved } = await home(t, { config })
  const named = await resolved({ profile: 'other' }, keysAround)
  assert.deepEqual([named.key, named.endpoint], ['id-other s-other', 'https://oss-cn-beijing.aliyuncs.com'])
  const around = await resolved({}, { ...keysAround, LONGHAUL_PROFILE: 'other' })
  assert.deepEqual([around.key, around.region], ['id-env s-env', 'cn-beijing'])
  assert.equal((await resolved({}, { LONGHAUL_PROFILE: 'other' })).key, 'id-other s-other')
  await assert.rejects(
    resolved({ profile: 'othre' }),
    /There is no profile "othre" in .*There are: default, other\./,
  )
})

test('half a key is an error, and is never made whole from elsewhere', async (t) => {
  const { resolved } = await home(t, { config: '[default]\naccess-key-id = a\n' })
  await assert.rejects(resolved(), /profile default of .* has no access-key-secret/)
  const other = await home(t, { config })
  await assert.rejects(other.resolved({}, { OSS_ACCESS_KEY_ID: 'a' }), /Set OSS_ACCESS_KEY_SECRET/)
  await assert.rejects(other.resolved({}, { OSS_ACCESS_KEY_SECRET: 'a' }), /Set OSS_ACCESS_KEY_ID /)
  const two = await home(t, { config: '[default]\ncredentials = cloud\ncredential-process = x\n' })
  await assert.rejects(two.resolved(), /in several ways/)
})

test('a region from further down does not contradict an endpoint that tells its own', async (t) => {
  const { resolved } = await home(t, { config })
  const cloud = await resolved({}, { OSS_ENDPOINT: 'https://oss-cn-hangzhou.aliyuncs.com' })
  assert.equal(cloud.region, undefined)
  const own = await resolved({}, { OSS_ENDPOINT: 'http://10.0.0.1:9000' })
  assert.equal(own.region, 'r-profile')
  const accelerate = await resolved({}, { OSS_ENDPOINT: 'https://oss-accelerate.aliyuncs.com' })
  assert.equal(accelerate.region, 'r-profile')
})

test('without any key the command says every way to give one, and never turns to this machine', async (t) => {
  const { environment } = await home(t, {})
  const place = worldOf([], environment())
  await assert.rejects(resolveConnection({}, place), (error) => {
    assert.ok(error instanceof UsageError)
    assert.match(
      error.message,
      /longhaul config.*OSS_ACCESS_KEY_ID.*--profile.*--credential-process.*--local/,
    )
    return true
  })
  await assert.rejects(resolveConnection({ local: true, profile: 'a' }, place), /either --local or --profile/)
  const connection = await resolveConnection({}, worldOf([], environment(keysAround)))
  assert.throws(() => openBucket(connection, 'examplebucket'), /No endpoint/)
})

test("ossutil's file is read where longhaul has no such profile: both of its versions", async (t) => {
  const first = await home(t, {
    ossutil:
      '[Default]\nproxyHost=http://p.example:3128\n[Credentials]\nlanguage=EN\nhost=oss-cn-hangzhou.aliyuncs.com\naccess_id=id-1\naccess-key=s=1\n[Bucket-Endpoint]\nb=e\n',
  })
  const one = await first.resolved()
  assert.deepEqual([one.endpoint, one.key], ['oss-cn-hangzhou.aliyuncs.com', 'id-1 s=1'])
  assert.match(one.from ?? '', /^profile default of .*\.ossutilconfig$/)
  assert.match(one.notes.join(), /proxyHost of .* is not followed: set HTTPS_PROXY/)
  const second = await home(t, {
    config: '[mine]\nregion = a\n',
    ossutil: `[default]
access-key-id = id-2
access_key_secret = s-2
region = cn-hangzhou
[profile dev]
source-profile = default
stsToken = t
mode = StsToken
sign-version = V1
[profile role]
mode = EcsRamRole
accessKeyId = unused
skip-verify-cert = true
region = cn-beijing
`,
  })
  assert.equal((await second.resolved()).key, 'id-2 s-2')
  const dev = await second.resolved({ profile: 'dev' })
  assert.deepEqual(
    [dev.key, dev.region, dev.texts['signature-version']?.value],
    ['id-2 s-2', 'cn-hangzhou', 'v1'],
  )
  const role = await second.resolved({ profile: 'role' })
  assert.deepEqual([role.key, role.region], [undefined, 'cn-beijing'])
  assert.match(role.notes.join('\n'), /mode "EcsRamRole".*credentials = cloud.*\n.*--insecure/)
})

test('files that others may read: our own is refused, that of ossutil is warned of', {
  skip: process.getuid === undefined,
}, async (t) => {
  const { own, folder, resolved } = await home(t, { config, ossutil: '[profile x]\nregion=a\n' })
  await chmod(join(folder, '.ossutilconfig'), 0o644)
  assert.match((await resolved({ profile: 'x' })).notes.join(), /others may read it: chmod 600/)
  await chmod(join(own, 'config'), 0o640)
  await assert.rejects(
    resolved(),
    (error) => error instanceof CommandError && /chmod 600/.test(error.message),
  )
  const linked = await home(t, {})
  await chmod(join(own, 'config'), 0o600)
  await symlink(join(own, 'config'), join(linked.own, 'config'))
  await assert.rejects(linked.resolved(), /is a symbolic link, so it is not used/)
  await assert.rejects(
    changeProfile(linked.environment(), 'default', new Map([['region', 'a']])),
    /symbolic link/,
  )
})

test('what a profile can not say is refused with its line', async (t) => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['[default]\nacces-key-id = a', /config: line 2: there is no setting acces-key-id; there are endpoint/],
    ['[default]\ninsecure = true', /line 2: insecure is no setting: give --insecure/],
    ['[default]\nsignature-version = 4', /line 2: signature-version is v4 or v1/],
    ['[default]\ncredentials = yes', /line 2: credentials can be cloud alone/],
    ['region = a', /line 1 stands before the first/],
  ]
  for (const [text, words] of rows) {
    const { resolved } = await home(t, { config: text })
    await assert.rejects(
      resolved(),
      (error) => error instanceof UsageError && words.test(error.message),
      text,
    )
  }
})

test('a profile is written for this user alone, at once and whole', async (t) => {
  const { own, environment } = await home(t, {})
  const path = await changeProfile(
    environment(),
    'new',
    new Map([
      ['region', 'a'],
      ['access-key-secret', 'x = #y'],
    ]),
  )
  assert.equal(path, join(own, 'config'))
  assert.equal(await readFile(path, 'utf8'), '[new]\nregion = a\naccess-key-secret = x = #y\n')
  if (process.getuid !== undefined) assert.equal((await stat(path)).mode & 0o777, 0o600)
  const [profile] = await readProfiles(environment())
  assert.equal(profile?.values.get('access-key-secret'), 'x = #y')
  await assert.rejects(changeProfile(environment(), 'a b', new Map()), UsageError)
})

test('proxies: the environment before the usual profile, a named profile before the environment', async (t) => {
  const { environment } = await home(t, {
    config: '[default]\nproxy = http://me:hidden@p.example\n[other]\nproxy = http://o.example\n',
  })
  const proxyOf = async (flags: ConnectionFlags, more: Record<string, string>) => {
    const around = environment({ ...keysAround, ...more })
    return (await connectionOf(await resolveSettings(flags, around), flags, worldOf([], around))).proxy
  }
  assert.equal(await proxyOf({}, {}), 'http://me:hidden@p.example')
  assert.equal(await proxyOf({}, { HTTPS_PROXY: 'http://e.example' }), 'environment')
  assert.equal(await proxyOf({ profile: 'other' }, { HTTPS_PROXY: 'http://e.example' }), 'http://o.example')
})
