/** Others at work beside us: people who edit the file, lifecycle rules, another uploader of the same key. */
import { sourceFaults } from './faults.js'
import type { Run, Setting } from './setting.js'
import { noise } from './simulated-file.js'

/** One tick of 10 ms after another while the run lasts. */
export function scheduleOthers(setting: Setting, run: Run): void {
  const { world, weather } = setting
  const { luck } = world
  const tick = async (): Promise<void> => {
    if (run.ended || setting.calm) return
    if (luck.chance(weather.source)) changeSource(setting)
    if (luck.chance(weather.lifecycle)) await endUpload(setting)
    if (luck.chance(weather.strangers)) await meddle(setting)
    if (luck.chance(weather.strangeParts)) await sendStrangePart(setting)
    if (luck.chance(weather.bucketGone)) removeBucket(setting)
    world.schedule(10, tick)
  }
  world.schedule(luck.below(10), tick)
}

/** What was read beforehand is read too early, now and then. */
export function changeReadAhead({ world, file, weather, calm }: Setting, offset: number): void {
  if (calm || file.gone || weather.source === 0 || !world.luck.chance(0.05)) return
  world.strike('source rewritten')
  world.note('file: rewritten where it was read ahead')
  file.rewrite({ at: offset })
}

export function changeSource({ world, file, scale, stage }: Setting): void {
  const { luck } = world
  const how = luck.pick([...sourceFaults, 'source rewritten', 'source rewritten, same mtime'] as const)
  // What grows, shrinks or vanishes ends nearly every life; the other changes are worth more of them.
  const drastic = how === 'source grown' || how === 'source shrunk' || how === 'source gone'
  const { length } = file.bytes
  // It can't grow beyond what the service takes.
  const full = how === 'source grown' && length > scale.partSize.least * (scale.limits.maxParts - 20)
  if (file.gone || full || (drastic && luck.chance(0.5))) return
  world.strike(how)
  world.count(`source changed: ${stage}`)
  world.note(`file: ${how}`)
  switch (how) {
    case 'source rewritten':
      file.rewrite()
      break
    case 'source rewritten, same mtime':
      file.rewrite({ sameMtime: true })
      break
    case 'source touched':
      file.touch()
      break
    case 'source grown':
      file.resize(length + 1 + luck.below(scale.partSize.most * 2))
      break
    case 'source shrunk':
      file.resize(luck.below(Math.max(1, length)))
      break
    case 'source replaced':
      file.replace()
      break
    case 'source gone':
      file.gone = true
      world.schedule(200 + luck.below(2000), () => {
        file.gone = false
      })
  }
}

/** A lifecycle rule, a person with a console, or another tool takes an upload of ours away. */
async function endUpload({ world, cloud }: Setting): Promise<void> {
  const upload = cloud.uploads().find(({ uploadId }) => cloud.initiated.has(uploadId))
  if (upload === undefined) return
  const how = world.luck.pick([
    'upload aborted by others',
    'upload expired',
    'upload completed by others',
  ] as const)
  if (how === 'upload completed by others' && upload.parts.size === 0) return
  world.strike(how)
  world.note(`${upload.uploadId}: ${how}`)
  if (how === 'upload completed by others') await cloud.others.complete(upload.uploadId)
  else await cloud.others.abort(upload.uploadId)
}

async function meddle({ world, cloud, file, foreign, unlike, scale, request }: Setting): Promise<void> {
  const { luck } = world
  if (luck.chance(0.5)) {
    world.strike('key overwritten by others')
    // Of the very same size, too, since a size alone proves nothing.
    const size = luck.chance(0.5) ? file.bytes.length : luck.below(scale.partSize.most * 4)
    world.note(`others store an object of ${size} bytes`)
    await cloud.others.storeObject(noise(world, size))
    return
  }
  world.strike('upload by others')
  const uploadId = await cloud.others.initiate()
  foreign.add(uploadId)
  world.note(`others initiate ${uploadId}`)
  if (luck.chance(0.3)) return
  // Another machine of ours may be at the same file, or a stranger at another.
  const { partSize = scale.partSize.least } = request
  const alike = luck.chance(0.4)
  if (!alike) unlike.add(uploadId)
  const bytes = alike ? file.bytes.slice(0, partSize) : noise(world, scale.partSize.least)
  if (bytes.length > 0) await cloud.others.storePart(uploadId, 1, bytes)
}

async function sendStrangePart({ world, cloud, scale }: Setting): Promise<void> {
  const upload = cloud.uploads().find(({ uploadId }) => cloud.initiated.has(uploadId))
  if (upload === undefined) return
  world.strike('part by others')
  const partNumber = 1 + world.luck.below(scale.mostParts)
  world.note(`others send part ${partNumber} of ${upload.uploadId}`)
  const { least, most } = scale.partSize
  await cloud.others.storePart(
    upload.uploadId,
    partNumber,
    noise(world, least + world.luck.below(most - least)),
  )
}

function removeBucket({ world, cloud }: Setting): void {
  if (cloud.bucketGone) return
  world.strike('bucket gone')
  cloud.bucketGone = true
  world.schedule(50 + world.luck.below(3000), () => {
    cloud.bucketGone = false
  })
}
