/** What is read off the output of Go's test runner. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readGoOutput } from './judge.js'

const failed = `=== RUN   TestPut
    client_integration_test.go:40:
        	Error Trace:	/tmp/sdk/oss/client_integration_test.go:40
        	            				/tmp/sdk/oss/client_integration_put_test.go:12
        	            				/usr/local/go/src/runtime/panic.go:860
        	Error:      	Expected nil, but got:
        	            	something
        	Test:       	TestPut
    client_integration_put_test.go:15:
        	Error Trace:	/tmp/sdk/oss/client_integration_put_test.go:15
        	Error:      	Should be true
        	Test:       	TestPut
--- FAIL: TestPut (0.10s)
FAIL
`

test('the places and words of failed assertions are found; in a helper, the line that called it', () => {
  assert.deepEqual(readGoOutput('TestPut', failed, 1), {
    passed: false,
    brokeOff: undefined,
    failures: [
      { file: 'client_integration_put_test.go', line: 12, said: 'Expected nil, but got: something' },
      { file: 'client_integration_put_test.go', line: 15, said: 'Should be true' },
    ],
  })
})

test('a test has passed only if it says so itself and the process ended well', () => {
  const passed = '=== RUN   TestPut\n--- PASS: TestPut (0.10s)\nPASS\n'
  assert.equal(readGoOutput('TestPut', passed, 0).passed, true)
  assert.equal(readGoOutput('TestPut', passed, 1).passed, false)
  assert.equal(readGoOutput('TestPu', passed, 0).passed, false)
  assert.equal(readGoOutput('TestPut', 'testing: warning: no tests to run\nPASS\n', 0).passed, false)
})

test('a panic and the time limit break a test off', () => {
  assert.equal(readGoOutput('TestPut', `${failed}panic: nil pointer\n`, 2).brokeOff, 'by a panic')
  assert.equal(readGoOutput('TestPut', '=== RUN   TestPut\n', undefined).brokeOff, 'at the time limit')
})
