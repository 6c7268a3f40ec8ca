/** Scopes: ended by their parent or by themselves, once, with the first reason. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createScope, throwIfCancelled } from './cancel.js'

test('a scope is open until it is cancelled, and keeps the first reason', () => {
  const scope = createScope()
  assert.equal(scope.signal.aborted, false)
  throwIfCancelled(scope.signal)
  const first = new Error('first')
  scope.cancel(first)
  scope.cancel(new Error('second'))
  assert.equal(scope.signal.aborted, true)
  assert.equal(scope.signal.reason, first)
  assert.throws(() => throwIfCancelled(scope.signal), first)
})

test('listeners hear it once; those who left do not', () => {
  const scope = createScope()
  const heard: string[] = []
  const leaves = (): void => void heard.push('left')
  scope.signal.addEventListener('abort', () => void heard.push('stayed'))
  scope.signal.addEventListener('abort', leaves)
  scope.signal.removeEventListener('abort', leaves)
  scope.cancel('now')
  scope.cancel('again')
  assert.deepEqual(heard, ['stayed'])
})

test('a scope ends with its parent, for the parent’s reason', () => {
  const parent = new AbortController()
  const scope = createScope(parent.signal)
  const reason = new Error('shutdown')
  parent.abort(reason)
  assert.equal(scope.signal.aborted, true)
  assert.equal(scope.signal.reason, reason)
})

test('a scope of a parent that has ended has ended', () => {
  const reason = new Error('too late')
  const scope = createScope(AbortSignal.abort(reason))
  assert.equal(scope.signal.reason, reason)
  assert.equal(scope.signal.aborted, true)
})

test('a scope that ends by itself leaves its parent open', () => {
  const parent = new AbortController()
  const scope = createScope(parent.signal)
  scope.cancel(new Error('own'))
  assert.equal(parent.signal.aborted, false)
  parent.abort(new Error('parent'))
  assert.equal((scope.signal.reason as Error).message, 'own')
})

test('a closed scope does not listen to its parent any more', () => {
  const parent = createScope()
  const scope = createScope(parent.signal)
  scope.close()
  parent.cancel('over')
  assert.equal(scope.signal.aborted, false)
  scope.cancel('by hand')
  assert.equal(scope.signal.reason, 'by hand')
})

test('scopes within scopes end together', () => {
  const outer = createScope()
  const inner = createScope(createScope(outer.signal).signal)
  outer.cancel('all')
  assert.equal(inner.signal.reason, 'all')
})

test('a reason may be anything, even nothing', () => {
  const scope = createScope()
  scope.cancel(undefined)
  assert.equal(scope.signal.aborted, true)
  assert.equal(scope.signal.reason, undefined)
})
