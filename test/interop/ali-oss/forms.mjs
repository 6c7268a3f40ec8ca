/** HTML forms whose policies ali-oss signs, sent as a browser sends them. */
import assert from 'node:assert/strict'
import { endpoint, signature, variable } from './world.mjs'

/** The fields by which ali-oss proves who made the form. */
function fieldsOf(client, policy) {
  if (signature === 'v1') {
    const { OSSAccessKeyId, Signature, policy: text } = client.calculatePostSignature(policy)
    return { OSSAccessKeyId, Signature, policy: text }
  }
  const date = new Date()
  const stamp = `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const { accessKeyId, region } = client.options
  const credential = `${accessKeyId}/${stamp.slice(0, 8)}/${region.replace(/^oss-/, '')}/oss/aliyun_v4_request`
  const conditions = [
    ...policy.conditions,
    { 'x-oss-credential': credential },
    { 'x-oss-date': stamp },
    { 'x-oss-signature-version': 'OSS4-HMAC-SHA256' },
  ]
  const whole = { ...policy, conditions }
  return {
    policy: Buffer.from(JSON.stringify(whole)).toString('base64'),
    'x-oss-credential': credential,
    'x-oss-date': stamp,
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-signature': client.signPostObjectPolicyV4(whole, date),
  }
}

function post(bucket, fields, content) {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', new Blob([content], { type: 'text/x-a' }), 'local name.txt')
  return fetch(`${endpoint}/${bucket}/`, { method: 'POST', body: form })
}

export const forms = {
  async 'form: posted under a policy, which is kept'(world) {
    const { client, name } = world
    const policy = {
      expiration: new Date(Date.now() + 60_000).toISOString(),
      conditions: [{ bucket: name }, ['starts-with', '$key', 'dir/'], ['content-length-range', 1, 10]],
    }
    const fields = {
      ...fieldsOf(client, policy),
      key: `dir/${variable('filename')}`,
      success_action_status: '201',
    }
    const answer = await post(name, fields, 'hello')
    const text = await answer.text()
    assert.equal(answer.status, 201, text)
    assert.match(text, /<Key>dir\/local name\.txt<\/Key>/)
    assert.equal(String(await world.bytes('dir/local name.txt')), 'hello')
    const large = await post(name, fields, 'more than ten bytes')
    assert.deepEqual([large.status, /<Code>(\w+)</.exec(await large.text())?.[1]], [400, 'EntityTooLarge'])
    const elsewhere = await post(name, { ...fields, key: 'other' }, 'hello')
    assert.equal(elsewhere.status, 403)
  },

  async 'form: one that was not signed so is refused'({ client, name }) {
    const policy = { expiration: new Date(Date.now() - 1000).toISOString(), conditions: [{ bucket: name }] }
    const expired = await post(name, { ...fieldsOf(client, policy), key: 'k' }, 'x')
    assert.equal(expired.status, 403)
    assert.equal((await post(name, { key: 'k' }, 'x')).status, 403)
  },
}
