/** What a callback may ask for, what each mistake in it is called, and what its body becomes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toBase64 } from '../checksum/digest.js'
import {
  type Callback,
  decodeCallback,
  encodeCallback,
  FORM_BODY,
  fillCallbackBody,
  JSON_BODY,
} from './callback.js'
import { ProtocolError } from './errors.js'

/** Variables of OSS, written `<name>` here, since the linter takes their own form for a mistake. */
const withVariables = (body: string) => body.replace(/<([^>]*)>/g, (_, name: string) => `\${${name}}`)

const encoded = (value: unknown) => toBase64(new TextEncoder().encode(JSON.stringify(value)))
const url = 'http://127.0.0.1:8080/done'

function refusalOf(run: () => unknown): ProtocolError {
  try {
    run()
  } catch (error) {
    if (error instanceof ProtocolError) return error
    throw error
  }
  throw new Error('it was let pass')
}

test('what was written is read', () => {
  const callback: Callback = {
    urls: ['http://127.0.0.1:8080/a?b=c', 'https://localhost/中'],
    host: 'app.example.com:80',
    body: withVariables('a=<object>&b=<x:var>&c=中'),
    bodyType: JSON_BODY,
    variables: { 'x:var': 'a "b" 中', 'x:empty': '' },
  }
  const { callback: header, variables } = encodeCallback(callback)
  assert.deepEqual(decodeCallback(header, variables), callback)
})

test('a scheme is added, the form is the default, and no URL is no callback', () => {
  const read = decodeCallback(
    encoded({ callbackUrl: '127.0.0.1:1/a;localhost', callbackBody: 'b' }),
    undefined,
  )
  assert.deepEqual(read, {
    urls: ['http://127.0.0.1:1/a', 'http://localhost'],
    body: 'b',
    bodyType: FORM_BODY,
    variables: {},
  })
  assert.equal(decodeCallback(encoded({ callbackUrl: '', callbackBody: 'b' }), undefined), undefined)
  assert.equal(decodeCallback(encoded({}), undefined), undefined)
})

test('every mistake is an invalid argument, with the EC it is known by', () => {
  const good = { callbackUrl: url, callbackBody: 'a=b' }
  const cases: readonly (readonly [unknown, string, string?])[] = [
    ['a text', 'callback', '0007-00000003'],
    [[good], 'callback', '0007-00000003'],
    [{ ...good, callbackUrl: 'www.example.com:test' }, 'callbackUrl', '0007-00000004'],
    [{ ...good, callbackUrl: 'ftp://127.0.0.1/' }, 'callbackUrl', '0007-00000004'],
    [{ ...good, callbackUrl: 7 }, 'callbackUrl', '0007-00000004'],
    [{ ...good, callbackUrl: Array(6).fill(url).join(';') }, 'callbackUrl', '0007-00000004'],
    [{ ...good, callbackBody: '' }, 'callbackBody', '0007-00000011'],
    [{ callbackUrl: url }, 'callbackBody', '0007-00000011'],
    [{ ...good, callbackBody: [1] }, 'callbackBody'],
    [{ ...good, callbackBody: 'a=$x:var}' }, 'ReplaceKeyPrefix', '0007-00000105'],
    [{ ...good, callbackBody: 'a=${x:var' }, 'ReplaceKeyPrefix', '0007-00000105'],
    [{ ...good, callbackBodyType: 'text/plain' }, 'callbackBodyType', '0007-00000012'],
    [{ ...good, callbackBodyType: 123 }, 'callbackBodyType', '0007-00000012'],
    [{ ...good, callbackHost: 'a\r\nb: c' }, 'callbackHost'],
    [{ ...good, callbackSNI: 123 }, 'callbackSNI'],
    [{ ...good, additionalHeaders: { 'x-oss-a': 'b' } }, 'additionalHeaders', '0007-00000026'],
  ]
  const check = (error: ProtocolError, name: string, ec: string | undefined) => {
    assert.deepEqual([error.code, error.fields['ArgumentName'], error.ec], ['InvalidArgument', name, ec])
  }
  for (const [document, name, ec] of cases) {
    check(
      refusalOf(() => decodeCallback(encoded(document), undefined)),
      name,
      ec,
    )
  }
  check(
    refusalOf(() => decodeCallback('x123-*&', undefined)),
    'callback',
    '0007-00000002',
  )
  const variables = (text: string) => refusalOf(() => decodeCallback(encoded(good), text))
  check(variables('x123-*&'), 'callback-var', '0007-00000102')
  check(variables(toBase64(new TextEncoder().encode('{"x:a":"b"'))), 'callback-var', '0007-00000103')
  for (const wrong of [{ 'x:': 'b' }, { 'x:A': 'b' }, { 'x:a': 1 }, { a: 1 }]) {
    check(variables(encoded(wrong)), 'callback-var', '0007-00000103')
  }
  const other = { 'x:a': 'b', callbackUrl: 'http://a.com', A: '' }
  assert.deepEqual(decodeCallback(encoded(good), encoded(other))?.variables, { 'x:a': 'b' })
  const long = 'v'.repeat(6000)
  assert.match(
    refusalOf(() => decodeCallback(encoded({ ...good, callbackBody: long }), undefined)).message,
    /exceed max/,
  )
  assert.match(variables(encoded({ 'x:a': long })).message, /exceed max/)
})

const callback = (body: string, bodyType: Callback['bodyType'], variables = {}): Callback => ({
  urls: [url],
  body,
  bodyType,
  variables,
})

test('variables of a form are percent-encoded, of JSON written as values, and unknown ones empty', () => {
  const values = { object: 'a/b c&"中', size: 5 }
  const body = withVariables('o=<object>&s=<size>&v=<x:v>&i=<imageInfo.height>&n=<x:none>&p=<toString>')
  assert.equal(
    fillCallbackBody(callback(body, FORM_BODY, { 'x:v': 'é=' }), values),
    'o=a%2Fb%20c%26%22%E4%B8%AD&s=5&v=%C3%A9%3D&i=&n=&p=',
  )
  const json = withVariables('{"o":<object>,"s":<size>,"v":<x:v>,"i":<imageInfo.height>}')
  assert.equal(
    fillCallbackBody(callback(json, JSON_BODY, { 'x:v': '"' }), values),
    '{"o":"a/b c&\\"中","s":5,"v":"\\"","i":""}',
  )
})

test('no value breaks out of its place', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (object, variable) => {
      const variables = { 'x:v': variable }
      const form = fillCallbackBody(callback(withVariables('a=<object>&b=<x:v>&c=1'), FORM_BODY, variables), {
        object,
      })
      assert.deepEqual(
        [...new URLSearchParams(form)],
        [
          ['a', object],
          ['b', variable],
          ['c', '1'],
        ],
      )
      const json = fillCallbackBody(
        callback(withVariables('{"a":<object>,"b":<x:v>}'), JSON_BODY, variables),
        { object },
      )
      assert.deepEqual(JSON.parse(json), { a: object, b: variable })
    }),
  )
})
