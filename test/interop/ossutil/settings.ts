/** ossutil's commands for what an object or a bucket has beside its bytes. */
import assert from 'node:assert/strict'
import type { ScriptedTest } from '../scripted.js'
import type { World } from './world.js'

const CORS = `<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration><CORSRule><AllowedOrigin>http://a.example</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
<AllowedHeader>x-oss-meta-a</AllowedHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>`

const LIFECYCLE = `<?xml version="1.0" encoding="UTF-8"?>
<LifecycleConfiguration><Rule><ID>old</ID><Prefix>log/</Prefix><Status>Enabled</Status>
<Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>`

export const settings: readonly ScriptedTest<World>[] = [
  {
    name: 'set-acl of a bucket and of an object, and who may read it then',
    async run({ ossutil, url, file, server, bucket }) {
      await ossutil('mb', url())
      await file('a', 'hello')
      await ossutil('cp', 'a', url('a'))
      const anonymous = async (): Promise<number> => {
        const answer = await fetch(`${server.endpoint}/${bucket}/a`)
        await answer.body?.cancel()
        return answer.status
      }
      assert.equal(await anonymous(), 403)
      await ossutil('set-acl', url('a'), 'public-read')
      assert.match(await ossutil('stat', url('a')), /^ACL\s*: public-read$/m)
      assert.equal(await anonymous(), 200)
      await ossutil('set-acl', url('a'), 'private')
      await ossutil('set-acl', url(), 'public-read', '-b')
      assert.match(await ossutil('stat', url()), /^ACL\s*: public-read$/m)
      assert.equal(await anonymous(), 403, "the object's own ACL counts before the bucket's")
    },
  },
  {
    name: 'set-meta replaces and updates metadata in place',
    async run({ ossutil, url, file }) {
      await ossutil('mb', url())
      await file('a', 'hello')
      await ossutil('cp', 'a', url('a'), '--meta', 'x-oss-meta-a:b')
      await ossutil('set-meta', url('a'), 'x-oss-meta-c:d', '--update', '-f')
      const updated = await ossutil('stat', url('a'))
      assert.match(updated, /^X-Oss-Meta-A\s*: b$/m)
      assert.match(updated, /^X-Oss-Meta-C\s*: d$/m)
      await ossutil('set-meta', url('a'), 'x-oss-meta-e:f', '-f')
      const replaced = await ossutil('stat', url('a'))
      assert.match(replaced, /^X-Oss-Meta-E\s*: f$/m)
      assert.doesNotMatch(replaced, /^X-Oss-Meta-A/m)
      assert.match(await ossutil('cat', url('a')), /^hello\n/)
    },
  },
  {
    name: 'create-symlink and read-symlink',
    async run({ ossutil, url, file }) {
      await ossutil('mb', url())
      await file('a', 'hello')
      await ossutil('cp', 'a', url('dir/a 中'))
      await ossutil('create-symlink', url('link'), url('dir/a 中'))
      assert.match(await ossutil('read-symlink', url('link')), /^X-Oss-Symlink-Target\s*: dir\/a 中$/m)
      assert.match(await ossutil('cat', url('link')), /^hello\n/)
    },
  },
  {
    name: 'object-tagging and bucket-tagging: put, get, delete',
    async run({ ossutil, url, file }) {
      await ossutil('mb', url())
      await file('a', 'hello')
      await ossutil('cp', 'a', url('a'))
      await ossutil('object-tagging', '--method', 'put', url('a'), 'k#v', 'k2#v 2')
      const tags = await ossutil('object-tagging', '--method', 'get', url('a'))
      assert.match(tags, /"k"\s+"v"/)
      assert.match(tags, /"k2"\s+"v 2"/)
      await ossutil('object-tagging', '--method', 'delete', url('a'))
      assert.doesNotMatch(await ossutil('object-tagging', '--method', 'get', url('a')), /"k"/)
      await ossutil('bucket-tagging', '--method', 'put', url(), 'k#v')
      assert.match(await ossutil('bucket-tagging', '--method', 'get', url()), /"k"\s+"v"/)
      await ossutil('bucket-tagging', '--method', 'delete', url())
    },
  },
  {
    name: 'cors put, get, preflight and delete',
    async run({ ossutil, url, file, attempt }) {
      await ossutil('mb', url())
      await file('cors.xml', CORS)
      await ossutil('cors', '--method', 'put', url(), 'cors.xml')
      assert.match(await ossutil('cors', '--method', 'get', url()), /<AllowedOrigin>http:\/\/a\.example</)
      const preflight = ['cors-options', '--acr-method', 'PUT', url('k'), '--origin']
      assert.match(
        await ossutil(...preflight, 'http://a.example'),
        /Access-Control-Allow-Origin: http:\/\/a\.example/i,
      )
      assert.match((await attempt([...preflight, 'http://b.example'])).output, /AccessForbidden/)
      await ossutil('cors', '--method', 'delete', url())
      assert.match((await attempt(['cors', '--method', 'get', url()])).output, /NoSuchCORSConfiguration/)
    },
  },
  {
    name: 'lifecycle put, get and delete',
    async run({ ossutil, url, file, attempt }) {
      await ossutil('mb', url())
      await file('rules.xml', LIFECYCLE)
      await ossutil('lifecycle', '--method', 'put', url(), 'rules.xml')
      assert.match(await ossutil('lifecycle', '--method', 'get', url()), /<ID>old<.*<Days>30</s)
      await ossutil('lifecycle', '--method', 'delete', url())
      assert.match((await attempt(['lifecycle', '--method', 'get', url()])).output, /NoSuchLifecycle/)
    },
  },
  {
    name: 'bucket-policy of another account put, get and delete',
    async run({ ossutil, url, file, attempt }) {
      await ossutil('mb', url())
      await file('policy.json', policyOf('20214760404935xxxx'))
      await ossutil('bucket-policy', '--method', 'put', url(), 'policy.json')
      assert.match(await ossutil('bucket-policy', '--method', 'get', url()), /20214760404935xxxx/)
      await ossutil('bucket-policy', '--method', 'delete', url())
      assert.match((await attempt(['bucket-policy', '--method', 'get', url()])).output, /NoSuchBucketPolicy/)
    },
  },
  {
    name: 'what the server does not have: nothing is set, and setting it is refused',
    async run({ ossutil, url, file, attempt }) {
      await ossutil('mb', url())
      assert.match((await attempt(['bucket-policy', '--method', 'get', url()])).output, /NoSuchBucketPolicy/)
      await file('policy.json', policyOf('*'))
      for (const args of [
        ['bucket-policy', '--method', 'put', url(), 'policy.json'],
        ['bucket-versioning', '--method', 'put', url(), 'enabled'],
      ]) {
        const { code, output } = await attempt(args)
        assert.notEqual(code, 0, args.join(' '))
        assert.match(output, /StatusCode=501, ErrorCode=NotImplemented/)
      }
    },
  },
]

/** Lets somebody read. */
function policyOf(principal: string): string {
  const [effect, action, resource] = ['Allow', ['oss:GetObject'], ['acs:oss:*:*:*']]
  const statement = { Effect: effect, Action: action, Resource: resource, Principal: [principal] }
  return JSON.stringify({ Version: '1', Statement: [statement] })
}
