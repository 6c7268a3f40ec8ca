import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changeIni, parseIni } from './ini.js'

const text = `# mine
[default]
region = cn-hangzhou
access-key-secret = a=b #c ; d

; for the other account
[backup]
region=cn-beijing
`

test('sections, comments, and values with any character in them', () => {
  assert.deepEqual(
    parseIni(`\ufeff${text.replaceAll('\n', '\r\n')}[default]\nendpoint = e`, { strict: true }),
    [
      {
        name: 'default',
        entries: [
          { key: 'region', value: 'cn-hangzhou', lineNumber: 3 },
          { key: 'access-key-secret', value: 'a=b #c ; d', lineNumber: 4 },
          { key: 'endpoint', value: 'e', lineNumber: 10 },
        ],
      },
      { name: 'backup', entries: [{ key: 'region', value: 'cn-beijing', lineNumber: 8 }] },
    ],
  )
})

test('a line that means nothing is named, unless the file is of another tool', () => {
  assert.throws(() => parseIni('[a]\nregion', { strict: true }), /line 2 is no setting/)
  assert.throws(() => parseIni('region = a', { strict: true }), /line 1 stands before/)
  assert.deepEqual(parseIni('x = y\n[a]\nregion\n= z', { strict: false }), [{ name: 'a', entries: [] }])
})

test('a change touches one line, and comments stay', () => {
  const change = (key: string, value: string | undefined, section = 'default') =>
    changeIni(text, { section, key, value })
  assert.equal(change('region', 'cn-beijing'), text.replace('cn-hangzhou', 'cn-beijing'))
  assert.equal(change('endpoint', 'e'), text.replace('; d\n', '; d\nendpoint = e\n'))
  assert.equal(change('endpoint', 'e', 'backup'), `${text}endpoint = e\n`)
  assert.equal(change('endpoint', 'e', 'new'), `${text}\n[new]\nendpoint = e\n`)
  assert.equal(change('region', undefined), text.replace('region = cn-hangzhou\n', ''))
  assert.equal(change('endpoint', undefined), text)
  assert.equal(changeIni('', { section: 'default', key: 'a', value: 'b' }), '[default]\na = b\n')
  assert.equal(changeIni('[a]\nb = 1\nb = 2', { section: 'a', key: 'b', value: '3' }), '[a]\nb = 3\n')
})
