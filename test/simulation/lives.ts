/** Lives: runs of the engine that may die at any moment, and the ports they are given. */
import { createScope } from '../../src/engine/cancel.js'
import { UploadError } from '../../src/engine/errors.js'
import type { UploadEvent } from '../../src/engine/events.js'
import type { Ports, UploadRequest } from '../../src/engine/life.js'
import { runUpload } from '../../src/engine/upload.js'
import { type Crashes, createCrashes } from './crashes.js'
import { broken, checkAdoption, checkFailure, checkHeld, checkInitiate, checkSuccess } from './invariants.js'
import { changeReadAhead, scheduleOthers } from './others.js'
import { createRuntime, createSimulatedDigester } from './ports.js'
import { watchReading } from './reading-laws.js'
import { epoch, key, type Run, type Setting } from './setting.js'
import { openStore } from './simulated-disk.js'
import { openFile, type Reading } from './simulated-file.js'
import { noTrouble, type Trouble } from './trouble.js'
import { watchService } from './watched-service.js'
import type { SimulatedLife } from './world.js'

export interface Manner {
  readonly restart: boolean
  readonly steal: boolean
}

export function startLife(setting: Setting, { restart, steal }: Manner): Run {
  const { world, file, weather, tally } = setting
  tally.lives += 1
  if (restart) tally.consents += 1
  const life: SimulatedLife = { name: `life ${tally.lives}`, alive: true }
  const run: Run = { ended: false }
  const startedAt = world.now()
  const crashes = createCrashes({
    world,
    life,
    chance: () => (setting.calm || run.ended ? 0 : weather.crash),
    onDeath() {
      run.ended = true
      tally.crashes += 1
      laws?.onDeath()
    },
  })
  let reading: Reading
  try {
    reading = openFile(world, life, {
      file,
      blockSize: setting.scale.blockSize,
      onReadAhead: (offset) => changeReadAhead(setting, offset),
    })
  } catch (error) {
    endWith(setting, run, error)
    return run
  }
  const laws = watchReading(setting, reading)
  const ports: Ports = {
    ...portsOf(setting, life, { crashes, trouble: drawTrouble(setting) }),
    source: reading.source,
    digester: createSimulatedDigester(world, life, laws.onDigest),
  }
  const request: UploadRequest = {
    key,
    ...setting.request,
    // Whoever wants to begin anew has nothing to adopt.
    adopt: setting.request.adopt === true && !restart,
    restart,
    steal,
    noProgressForMs: setting.calm ? Number.POSITIVE_INFINITY : 120_000,
    signal: createScope().signal,
    progressCallback: laws.progress,
    onEvent(event) {
      laws.onEvent(event)
      hear(setting, life, event)
    },
  }
  if (weather.killWithinMs !== undefined && !setting.calm) {
    world.schedule(world.luck.below(weather.killWithinMs), () => {
      if (!run.ended) crashes.die('crash at some moment')
    })
  }
  setting.stage = 'beginning'
  world.note(`${life.name} begins${restart ? ' with consent' : ''}${steal ? ' by force' : ''}`)
  scheduleOthers(setting, run)
  runUpload(ports, request).then(
    (result) => {
      if (!life.alive) return
      run.ended = true
      run.result = result
      tally.successes += 1
      world.note(`${life.name} succeeds`)
      try {
        checkSuccess(setting, { result, startedAt })
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

function endWith(setting: Setting, run: Run, error: unknown): void {
  run.ended = true
  run.code = error instanceof UploadError ? error.code : 'not an UploadError'
  run.message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  setting.world.count(`end: ${run.code}`)
  setting.world.note(`a life fails: ${run.code}: ${run.message.split('\n')[0]}`)
  checkFailure(setting, run.code, run.message)
}

/** The service, the checkpoints and the time of one life. */
export function portsOf(
  setting: Setting,
  life: SimulatedLife,
  { crashes, trouble }: { readonly crashes: Crashes; readonly trouble: Trouble },
): Pick<Ports, 'service' | 'checkpoints' | 'runtime'> {
  const { world, cloud, disk, weather, calm } = setting
  const startedAt = world.now()
  return {
    service: watchService(cloud.connect(life, trouble), {
      crashes,
      onStored: (part) => setting.told.push({ part, life }),
      onInitiate: () => checkInitiate(setting, { startedAt }),
      onGrave: (operation, ref) => checkHeld(setting, life, { operation, ref }),
    }),
    checkpoints: openStore(world, life, disk, { full: calm ? 0 : weather.full, crashes }),
    runtime: createRuntime(world, life, { epoch, clockJumps: weather.clockJumps }),
  }
}

export function drawTrouble({ world, weather, calm }: Setting): Trouble {
  if (calm) return noTrouble
  const { listParts, listUploads, head, abort } = weather.denied
  const here = (denied: boolean): boolean => denied && world.luck.chance(0.8)
  return {
    chance: weather.network,
    mayNotListParts: here(listParts),
    mayNotListUploads: here(listUploads),
    mayNotHead: here(head),
    mayNotAbort: here(abort),
  }
}

export function hear(setting: Setting, life: SimulatedLife, event: UploadEvent): void {
  setting.world.count(`event: ${event.type}`)
  if (event.type === 'window') setting.world.count(`window: ${event.reason}`)
  if (event.type === 'opened' || event.type === 'resumed') setting.stage = 'sending'
  if (event.type === 'completing') setting.stage = 'completing'
  if (event.type === 'orphans-suspected') {
    for (const id of event.uploadIds) setting.reported.add(id)
    if (event.uploadIds.length === 0) setting.reported.add('unlisted')
  }
  if (event.type === 'adopted' && setting.unlike.has(event.uploadId)) {
    broken(setting, new Error(`adopted ${event.uploadId}, whose parts are of another file`))
  }
  if (event.type === 'recovered') checkAdoption(setting, life, event.uploadId)
}
