/** The handle under every order of wishes: at most one run at a time, and `done` settles once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UploadError } from './errors.js'
import { createUpload, type Upload } from './handle.js'
import type { CancelSignal } from './ports.js'
import { createStateKeeper } from './state.js'
import type { UploadResult } from './upload.js'

const result: UploadResult = {
  bucket: 'b',
  key: 'k',
  size: 1,
  etag: 'E',
  crc64: '1',
  integrity: 'crc64',
  resumed: false,
  parts: { kept: 0, sent: 1 },
  bytes: { kept: 0, sent: 1 },
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs that end when the test says so, or a little after they are cancelled, as real ones do. */
function stage(options: { readonly signal?: AbortSignal; readonly discard?: () => Promise<void> } = {}) {
  let running = 0
  let most = 0
  let runs = 0
  let discards = 0
  let finish: (error?: Error) => void = () => {}
  const run = (signal: CancelSignal): Promise<UploadResult> => {
    runs += 1
    running += 1
    most = Math.max(most, running)
    const done = new Promise<UploadResult>((resolve, reject) => {
      finish = (error) => (error === undefined ? resolve(result) : reject(error))
      const stop = async (): Promise<void> => {
        await tick()
        reject(new UploadError('cancelled', 'stopped', { cause: signal.reason }))
      }
      if (signal.aborted) void stop()
      else signal.addEventListener('abort', () => void stop())
    })
    return done.finally(() => {
      running -= 1
    })
  }
  const keeper = createStateKeeper({ wallClock: () => 0 })
  const upload: Upload = createUpload({
    keeper,
    run,
    discard: async () => {
      discards += 1
      await options.discard?.()
    },
    signal: options.signal,
  })
  return {
    upload,
    finish: (error?: Error) => finish(error),
    running: () => running,
    most: () => most,
    runs: () => runs,
    discards: () => discards,
    /** What `done` is now. */
    async done(): Promise<string> {
      await tick()
      await tick()
      const open = tick().then(() => 'open')
      const settled = upload.done.then(
        () => 'stored',
        (error: unknown) => (error instanceof UploadError ? error.code : String(error)),
      )
      return Promise.race([settled, open])
    },
  }
}

test('it runs at once, and is done when the run is', async () => {
  const { upload, finish, runs } = stage()
  assert.equal(runs(), 1)
  finish()
  assert.equal(await upload.done, result)
})

test('a failure of the run is the failure of the upload', async () => {
  const { upload, finish } = stage()
  const error = new UploadError('denied', 'no')
  finish(error)
  await assert.rejects(upload.done, error)
})

test('a pause stops the run and leaves done open; resuming runs again', async () => {
  const { upload, finish, running, runs, done } = stage()
  await upload.pause()
  assert.equal(running(), 0, 'the run still goes on')
  assert.equal(await done(), 'open')
  upload.resume()
  await tick()
  assert.equal(runs(), 2)
  finish()
  assert.equal(await upload.done, result)
})

test('resuming what is not paused, or resuming twice, changes nothing', async () => {
  const { upload, runs, most, finish } = stage()
  upload.resume()
  await upload.pause()
  upload.resume()
  upload.resume()
  await tick()
  assert.equal(runs(), 2)
  assert.equal(most(), 1)
  finish()
  await upload.done
  upload.resume()
  await tick()
  assert.equal(runs(), 2)
})

test('resuming while the pause still stops its run waits for that', async () => {
  const { upload, runs, most, finish } = stage()
  const paused = upload.pause()
  upload.resume()
  await paused
  await tick()
  assert.equal(runs(), 2)
  assert.equal(most(), 1)
  finish()
  await upload.done
})

test('pausing and resuming twice in one breath is one run more, not two', async () => {
  const { upload, runs, most, finish, done } = stage()
  const pauses = [upload.pause()]
  upload.resume()
  pauses.push(upload.pause())
  upload.resume()
  await Promise.all(pauses)
  await tick()
  assert.equal(most(), 1, 'two runs at once: the second finds the target locked')
  assert.equal(runs(), 2)
  finish()
  assert.equal(await done(), 'stored')
})

test('every pause resolves only when nothing runs any more', async () => {
  const { upload, running } = stage()
  const first = upload.pause()
  const second = upload.pause()
  await second
  assert.equal(running(), 0)
  await first
})

test('a run that was done before the pause could stop it is done', async () => {
  const { upload, finish, done } = stage()
  const paused = upload.pause()
  finish()
  await paused
  assert.equal(await done(), 'stored')
})

test('a run that fails otherwise while it is paused has failed', async () => {
  const { upload, finish, done } = stage()
  const paused = upload.pause()
  finish(new UploadError('denied', 'no'))
  await paused
  assert.equal(await done(), 'denied')
})

test('discarding stops the run, then gives up the upload; done is cancelled', async () => {
  let stillRunning = -1
  const world = stage({
    discard: async () => {
      stillRunning = world.running()
    },
  })
  await world.upload.discard()
  assert.equal(stillRunning, 0, 'given up while the run was still going')
  assert.equal(await world.done(), 'cancelled')
  assert.equal(world.discards(), 1)
})

test('discarding while paused gives up too', async () => {
  const { upload, discards, runs, done } = stage()
  await upload.pause()
  await upload.discard()
  upload.resume()
  assert.equal(await done(), 'cancelled')
  assert.equal(discards(), 1)
  assert.equal(runs(), 1, 'it went on after it was discarded')
})

test('a discard between a pause and its resume wins', async () => {
  const { upload, runs, done, discards } = stage()
  const paused = upload.pause()
  upload.resume()
  const discarded = upload.discard()
  await Promise.all([paused, discarded])
  assert.equal(await done(), 'cancelled')
  assert.equal(runs(), 1)
  assert.equal(discards(), 1)
})

test('discarding twice at once gives up once, and both wait for it', async () => {
  let ended = false
  const { upload, discards } = stage({
    discard: async () => {
      await tick()
      await tick()
      ended = true
    },
  })
  const first = upload.discard()
  await upload.discard()
  assert.equal(ended, true, 'the second discard said done before it was')
  await first
  assert.equal(discards(), 1)
})

test('a discard that failed can be repeated', async () => {
  let failures = 1
  const { upload, discards } = stage({
    discard: async () => {
      if (failures-- > 0) throw new UploadError('interrupted', 'discard again')
    },
  })
  await assert.rejects(upload.discard(), { code: 'interrupted' })
  await upload.discard()
  assert.equal(discards(), 2)
})

test('discarding after a failure still gives up what is at the service', async () => {
  const { upload, finish, discards, done } = stage()
  finish(new UploadError('interrupted', 'no network'))
  assert.equal(await done(), 'interrupted')
  await upload.discard()
  assert.equal(discards(), 1)
  assert.equal(await done(), 'interrupted', 'done settled twice')
})

test('the signal stops a running upload', async () => {
  const controller = new AbortController()
  const { upload } = stage({ signal: controller.signal })
  const reason = new Error('shutdown')
  controller.abort(reason)
  await assert.rejects(upload.done, { code: 'cancelled', cause: reason })
})

test('the signal ends a paused upload, which can not be resumed then', async () => {
  const controller = new AbortController()
  const { upload, runs } = stage({ signal: controller.signal })
  await upload.pause()
  const reason = new Error('shutdown')
  controller.abort(reason)
  await assert.rejects(upload.done, { code: 'cancelled', cause: reason })
  upload.resume()
  await tick()
  assert.equal(runs(), 1)
})

test('the signal while a pause is stopping its run ends the upload', async () => {
  const controller = new AbortController()
  const { upload, done } = stage({ signal: controller.signal })
  const paused = upload.pause()
  controller.abort(new Error('shutdown'))
  await paused
  assert.equal(await done(), 'cancelled')
})

test('a signal that had aborted before ends it', async () => {
  const { upload } = stage({ signal: AbortSignal.abort(new Error('before')) })
  await assert.rejects(upload.done, { code: 'cancelled' })
})

test('in any order of wishes there is never a second run beside the first, and the end is the last wish', async () => {
  const wish = fc.constantFrom('pause', 'resume', 'tick')
  await fc.assert(
    fc.asyncProperty(fc.array(wish, { maxLength: 12 }), async (wishes) => {
      const { upload, most, finish, running } = stage()
      const pauses: Promise<void>[] = []
      let paused = false
      for (const each of wishes) {
        if (each === 'tick') await tick()
        if (each === 'pause') pauses.push(upload.pause())
        if (each === 'resume') upload.resume()
        if (each !== 'tick') paused = each === 'pause'
      }
      await Promise.all(pauses)
      await tick()
      assert.ok(most() <= 1, `${most()} runs at once`)
      assert.equal(running(), paused ? 0 : 1)
      if (paused) await upload.discard()
      else finish()
      await upload.done.catch(() => {})
    }),
    { numRuns: 150 },
  )
})

test('its state tells what it is doing, whatever was wished', async () => {
  const { upload, finish } = stage()
  const kind = (): string => upload.state().kind
  assert.equal(kind(), 'running')
  const pausing = upload.pause()
  assert.equal(kind(), 'running', 'what is in flight has not stopped yet')
  await pausing
  assert.equal(kind(), 'paused')
  upload.resume()
  await tick()
  assert.equal(kind(), 'running')
  finish()
  await upload.done
  assert.equal(kind(), 'ended')
})

test('its state tells a discard that is under way, and one that failed', async () => {
  let fail: (error: Error) => void = () => {}
  const { upload } = stage({
    discard: () =>
      new Promise((_, reject) => {
        fail = reject
      }),
  })
  const discarding = upload.discard()
  await tick()
  await tick()
  assert.equal(upload.state().kind, 'discarding')
  fail(new Error('the service is away'))
  await assert.rejects(discarding)
  assert.equal(upload.state().kind, 'ended')
})
