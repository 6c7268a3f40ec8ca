/** ETags; the two multipart ones are published samples of the service's own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { multipartEtag, quoteEtag, unquoteEtag } from './etag.js'

test('the ETag of an object of two parts', () => {
  assert.equal(
    multipartEtag(['4DE8075FB607DF4D13FBC480EA488EFA', 'AF947EC157726CEA88ED83B3C989063B']),
    '1C787C506EABFB9B45EAAA8DB039F4B2-2',
  )
})

test('the ETag of an object of three parts, told in lower case', () => {
  assert.equal(
    multipartEtag([
      '3349dc700140d7f86a078484278075a9',
      '8efda8be206636a695359836fe0a0e0a',
      '8c315065167132444177411fda149b92',
    ]),
    'B864DB6A936D376F9F8D3ED3BBE540DD-3',
  )
})

test('quotes come and go', () => {
  assert.equal(quoteEtag('A-1'), '"A-1"')
  for (const etag of ['"A-1"', 'A-1', ' "A-1" ']) assert.equal(unquoteEtag(etag), 'A-1')
  assert.equal(unquoteEtag('""'), '')
})
