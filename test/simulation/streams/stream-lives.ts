/** Lives that upload what comes once: they may be stopped or die at any moment, and their input may fail. */
import { createScope } from '../../../src/engine/cancel.js'
import { UploadError } from '../../../src/engine/errors.js'
import type { UploadEvent } from '../../../src/engine/events.js'
import { runStreamUpload } from '../../../src/engine/stream-upload.js'
import { createStreamSource } from '../../../src/sources/stream.js'
import { crc64, crc64ToDecimal } from '../checksums.js'
import { createCrashes } from '../crashes.js'
import { broken } from '../invariants.js'
import { drawTrouble, hear, type Manner, portsOf } from '../lives.js'
import { scheduleOthers } from '../others.js'
import { createSimulatedDigester } from '../ports.js'
import { key, type Run } from '../setting.js'
import { noise } from '../simulated-file.js'
import type { SimulatedLife } from '../world.js'
import { createInput, type InputManner, type SimulatedInput } from './simulated-input.js'
import { checkStreamFailure, checkStreamSuccess } from './stream-invariants.js'
import { watchStream } from './stream-laws.js'
import type { StreamSetting } from './stream-setting.js'

export const noProgressForMs = 120_000

export interface StreamRun extends Run {
  readonly life: SimulatedLife
  readonly input: SimulatedInput
  /** Of the whole input, whether or not it comes to its end. */
  readonly crc64: string
  readonly startedAt: number
  /** When it was told to stop. */
  stoppedAt: number | undefined
  /** Uploads that it began, or found to be its own. */
  readonly opened: Set<string>
  /** Those among them whose abort is owed, or left to others, in its own words. */
  readonly owed: Set<string>
  /** When the last piece of its input was whole. */
  pieceAt: number
  /** It asked for something that makes an object. */
  asked: boolean
  error?: UploadError
}

export function startStreamLife(setting: StreamSetting, { restart, steal }: Manner): StreamRun {
  const { world, weather, streams, tally, request } = setting
  const { luck } = world
  tally.lives += 1
  if (restart) tally.consents += 1
  const life: SimulatedLife = { name: `life ${tally.lives}`, alive: true }
  const bytes = drawBytes(setting)
  const input = createInput(world, life, { bytes, manner: drawManner(setting, bytes.length) })
  const stop = createScope()
  const run: StreamRun = {
    ended: false,
    life,
    input,
    crc64: crc64ToDecimal(crc64(bytes)),
    startedAt: world.now(),
    stoppedAt: undefined,
    opened: new Set(),
    owed: new Set(),
    pieceAt: world.now(),
    asked: false,
  }
  setting.runs.push(run)
  const stopNow = (): void => {
    if (run.ended || run.stoppedAt !== undefined) return
    run.stoppedAt = world.now()
    world.strike('run stopped')
    world.note(`${life.name} is told to stop`)
    stop.cancel(new Error('stopped'))
  }
  const isStopped = !setting.calm && luck.chance(streams.stops)
  /** Half of them at one of its calls, since all that matters happens in few moments. */
  let callsLeft = isStopped && luck.chance(0.5) ? luck.below(60) : Number.POSITIVE_INFINITY
  if (isStopped && callsLeft === Number.POSITIVE_INFINITY) world.schedule(luck.below(700), stopNow)
  const crashes = createCrashes({
    world,
    life,
    chance() {
      callsLeft -= 1
      if (callsLeft < 0) stopNow()
      return setting.calm || run.ended ? 0 : weather.crash
    },
    onDeath() {
      run.ended = true
      tally.crashes += 1
    },
  })
  const laws = watchStream(setting, run)
  const source = createStreamSource(input.stream, {
    name: 'the stream',
    folder: undefined,
    pool() {
      throw new Error('All is small enough for memory.')
    },
  })
  const { service, checkpoints, runtime } = portsOf(setting, life, { crashes, trouble: drawTrouble(setting) })
  if (weather.killWithinMs !== undefined && !setting.calm) {
    world.schedule(luck.below(weather.killWithinMs), () => {
      if (!run.ended) crashes.die('crash at some moment')
    })
  }
  world.note(`${life.name} begins with ${bytes.length} bytes${restart ? ', with consent' : ''}`)
  if (isCrowded(weather)) scheduleOthers(setting, run)
  runStreamUpload(
    {
      service: laws.service(service),
      source: laws.source(source),
      checkpoints,
      digester: createSimulatedDigester(world, life, () => {}),
      runtime,
    },
    {
      key,
      headers: request.headers,
      multipartThreshold: request.multipartThreshold,
      partSize: request.partSize,
      numThreads: setting.mostThreads,
      restart,
      steal,
      noProgressForMs: setting.calm ? Number.POSITIVE_INFINITY : noProgressForMs,
      signal: stop.signal,
      progressCallback: laws.progress,
      onEvent(event) {
        laws.onEvent(event)
        hear(setting, life, event)
        note(run, event)
      },
    },
  )
    .finally(() => source.close())
    .then(
      (result) => {
        if (!life.alive) return
        run.ended = true
        run.result = result
        tally.successes += 1
        world.note(`${life.name} succeeds`)
        try {
          checkStreamSuccess(setting, run, result)
          laws.onSuccess()
        } catch (error) {
          broken(setting, error)
        }
      },
      (error: unknown) => {
        if (life.alive) endWith(setting, run, error)
      },
    )
  return run
}

/** Others are looked at every 10 ms, which over the pauses of a producer is most of the work. */
function isCrowded({ lifecycle, strangers, strangeParts, bucketGone }: StreamSetting['weather']): boolean {
  return lifecycle + strangers + strangeParts + bucketGone > 0
}

function endWith(setting: StreamSetting, run: StreamRun, error: unknown): void {
  run.ended = true
  run.code = error instanceof UploadError ? error.code : 'not an UploadError'
  run.message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (error instanceof UploadError) run.error = error
  setting.world.count(`end: ${run.code}`)
  setting.world.note(`${run.life.name} fails: ${run.code}: ${run.message.split('\n')[0]}`)
  try {
    checkStreamFailure(setting, run)
  } catch (breach) {
    broken(setting, breach)
  }
}

function note(run: StreamRun, event: UploadEvent): void {
  if (event.type === 'opened') run.opened.add(event.uploadId)
  if (event.type === 'abort-pending') run.owed.add(event.uploadId)
  if (event.type === 'orphans-suspected') for (const id of event.uploadIds) run.owed.add(id)
}

function drawBytes(setting: StreamSetting): Uint8Array {
  const { world, streams, scale, request, lastBytes } = setting
  const { luck } = world
  if (lastBytes !== undefined && luck.chance(0.4)) return lastBytes
  const few = scale.limits.maxParts < 20
  const large = few && !setting.calm && luck.chance(streams.tooLarge)
  const least = request.partSize ?? 1
  const size = luck.chance(0.05)
    ? 0
    : luck.chance(0.1)
      ? least * luck.below(scale.mostParts)
      : luck.below(large ? 40 * setting.sizes : few ? Math.ceil(setting.sizes / 2) : setting.sizes)
  const bytes = noise(world, size)
  if (!large) setting.lastBytes = bytes
  return bytes
}

function drawManner(setting: StreamSetting, size: number): InputManner {
  const { world, streams, calm, scale } = setting
  const { luck } = world
  return {
    failsAt: !calm && luck.chance(streams.inputFails) ? luck.below(size + 1) : undefined,
    mostAtOnce: luck.chance(0.2) ? 1 + luck.below(4) : luck.below(6 * scale.partSize.most) + 1,
    mostPauseMs: luck.pick([1, 5, 20, 100]),
    stalls: calm ? 0 : streams.inputStalls,
  }
}
