/** What ossutil's users do, day by day. */
import assert from 'node:assert/strict'
import type { ScriptedTest } from '../scripted.js'
import { interruption } from './interruption.js'
import { settings } from './settings.js'
import type { World } from './world.js'

const PART = 100 * 1024
const BIG = ['--bigfile-threshold', String(2 * PART), '--part-size', String(PART)]

const objects: readonly ScriptedTest<World>[] = [
  {
    name: 'mb, ls, stat and rm of a bucket',
    async run({ ossutil, url, attempt, bucket }) {
      await ossutil('mb', url())
      assert.match(await ossutil('ls'), new RegExp(`oss://${bucket}$`, 'm'))
      const stat = await ossutil('stat', url())
      assert.match(stat, /^ACL\s*: private/m)
      assert.match(stat, /^StorageClass\s*: Standard/m)
      await ossutil('rm', url(), '-b', '-f')
      assert.doesNotMatch(await ossutil('ls'), new RegExp(`oss://${bucket}$`, 'm'))
      assert.match((await attempt(['stat', url()])).output, /NoSuchBucket/)
    },
  },
  {
    name: 'cp up with metadata, stat, cat, cp down and rm of a file',
    async run({ ossutil, url, file, read, attempt }) {
      await ossutil('mb', url())
      const bytes = await file('a.txt', 'hello')
      const key = 'dir/a b+c&=%2F 中文 😀'
      await ossutil('cp', 'a.txt', url(key), '--meta', 'x-oss-meta-a:b#Cache-Control:no-cache')
      const stat = await ossutil('stat', url(key))
      for (const line of [
        /^X-Oss-Meta-A\s*: b$/m,
        /^Cache-Control\s*: no-cache$/m,
        /^Content-Length\s*: 5$/m,
        /^Etag\s*: 5D41402ABC4B2A76B9719D911017C592$/m,
        /^X-Oss-Object-Type\s*: Normal$/m,
        /^ACL\s*: default$/m,
      ]) {
        assert.match(stat, line)
      }
      assert.match(await ossutil('cat', url(key)), /^hello\n/)
      await ossutil('cp', url(key), 'back')
      assert.deepEqual(await read('back'), bytes)
      await ossutil('rm', url(key))
      assert.match((await attempt(['stat', url(key)])).output, /StatusCode=404, ErrorCode=NoSuchKey/)
    },
  },
  {
    name: 'cp -r, ls with directories and pages, du, sync --delete and rm -r of a tree',
    async run({ ossutil, url, file, read }) {
      await ossutil('mb', url())
      const names = ['tree/a', 'tree/b/c d', 'tree/b/e/中']
      for (const name of names) await file(name, 1000)
      await ossutil('cp', '-r', 'tree', url('t/'), '-f')
      const listed = await ossutil('ls', url('t/'), '-s')
      for (const key of ['t/a', 't/b/', 't/b/c d', 't/b/e/中'])
        assert.ok(listed.includes(`${url(key)}\n`), key)
      assert.match(await ossutil('ls', url('t/'), '-d'), /\/t\/a\n.*\/t\/b\/\n/s)
      assert.match(await ossutil('ls', url('t/'), '-s', '--limited-num', '2'), /Object Number is: 2/)
      assert.match(await ossutil('du', url('t/')), /total du size\(byte\):3000\b/)
      await ossutil('cp', '-r', url('t/'), 'down', '-f')
      for (const name of names) {
        assert.deepEqual(await read(name.replace('tree', 'down')), await read(name))
      }
      await file('other/a', 10)
      await ossutil('sync', 'other', url('t/'), '--delete', '-f')
      assert.match(await ossutil('ls', url('t/'), '-s'), /\/t\/a\nObject Number is: 1/)
      await ossutil('rm', '-r', url(), '-f')
      assert.match(await ossutil('ls', url(), '-s'), /Object Number is: 0/)
    },
  },
  {
    name: 'cp of a large file up, down and across, by parts',
    async run({ ossutil, url, file, read }) {
      await ossutil('mb', url())
      const bytes = await file('big', 12 * PART + 7)
      await ossutil('cp', 'big', url('big'), ...BIG, '-f')
      assert.match(await ossutil('stat', url('big')), /^X-Oss-Object-Type\s*: Multipart$/m)
      await ossutil('cp', url('big'), url('copy'), ...BIG, '-f')
      assert.match(await ossutil('stat', url('copy')), /^X-Oss-Object-Type\s*: Multipart$/m)
      for (const key of ['big', 'copy']) {
        await ossutil('cp', url(key), `back-${key}`, ...BIG, '-f')
        assert.deepEqual(await read(`back-${key}`), bytes)
      }
    },
  },
  {
    name: 'cp and cp -r between keys',
    async run({ ossutil, url, file }) {
      await ossutil('mb', url())
      await file('a', 'hello')
      await ossutil('cp', 'a', url('x/a b+'), '--meta', 'x-oss-meta-a:b')
      // It asks for metadata to be replaced, whether or not it has any to put in the place.
      await ossutil('cp', url('x/a b+'), url('y/中'), '--meta', 'x-oss-meta-c:d')
      const copied = await ossutil('stat', url('y/中'))
      assert.match(copied, /^X-Oss-Meta-C\s*: d$/m)
      assert.doesNotMatch(copied, /^X-Oss-Meta-A/m)
      await ossutil('cp', '-r', url('x/'), url('z/'), '-f')
      assert.match(await ossutil('cat', url('z/a b+')), /^hello\n/)
    },
  },
  {
    name: 'appendfromfile goes on where the object ends',
    async run({ ossutil, url, file, attempt }) {
      await ossutil('mb', url())
      await file('a', 'hello ')
      await file('b', 'world')
      await ossutil('appendfromfile', 'a', url('log'))
      await ossutil('appendfromfile', 'b', url('log'))
      assert.match(await ossutil('cat', url('log')), /^hello world\n/)
      assert.match(await ossutil('stat', url('log')), /^X-Oss-Object-Type\s*: Appendable$/m)
      await ossutil('cp', 'a', url('plain'))
      assert.match((await attempt(['appendfromfile', 'b', url('plain')])).output, /ot appendable/)
    },
  },
  {
    name: 'sign makes a URL that anybody can get',
    async run({ ossutil, url, file }) {
      await ossutil('mb', url())
      await file('a', 'hello')
      await ossutil('cp', 'a', url('dir/a b+中'))
      const [signed = ''] = (await ossutil('sign', url('dir/a b+中'), '--timeout', '60')).split('\n')
      const answer = await fetch(signed)
      assert.deepEqual([answer.status, await answer.text()], [200, 'hello'])
      const other = await fetch(signed.replace('dir', 'dis'))
      assert.equal(other.status, 403)
      await other.body?.cancel()
    },
  },
]

export const tests: readonly ScriptedTest<World>[] = [...objects, ...interruption, ...settings]
