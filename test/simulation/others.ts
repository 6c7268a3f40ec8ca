/** Others at work beside us: people who edit the file, lifecycle rules, another uploader of the same key. */
import { key, type Run, type Setting } from './setting.js'

export function scheduleOthers(setting: Setting, run: Run): void {
  const { world, weather, memory, file } = setting
  const tick = (): void => {
    if (run.ended || setting.calm) return
    const { luck } = world
    if (luck.chance(weather.mutate * 10)) {
      const how = luck.pick(['rewrite', 'touch', 'resize', 'replace', 'rewrite'] as const)
      world.count(`fault: source ${how}`)
      world.note(`file: ${how}`)
      if (how === 'resize') file.resize(luck.below(200))
      else file[how]()
    }
    if (luck.chance(weather.abortByOthers * 10)) {
      const [id] = [...memory.uploads.keys()].filter((uploadId) => setting.initiated.has(uploadId))
      if (id !== undefined) {
        world.count('fault: aborted by others')
        world.note(`others abort ${id}`)
        memory.uploads.delete(id)
      }
    }
    if (luck.chance(weather.strangers * 10)) {
      if (luck.chance(0.5)) {
        world.count('fault: object by others')
        world.note('others store an object')
        memory.storeObject(
          key,
          Uint8Array.from({ length: luck.below(200) }, () => luck.below(256)),
          {},
        )
      } else {
        world.count('fault: upload by others')
        const upload = memory.initiate(key, {})
        setting.foreign.add(upload.uploadId)
        world.note(`others initiate ${upload.uploadId}`)
        if (luck.chance(0.8)) memory.storePart(upload, 1, Uint8Array.of(9, 9, 9))
      }
    }
    if (luck.chance(weather.strangeParts * 10)) {
      const [upload] = [...memory.uploads.values()].filter(({ uploadId }) => setting.initiated.has(uploadId))
      if (upload !== undefined) {
        world.count('fault: part by others')
        const partNumber = 1 + luck.below(14)
        world.note(`others send part ${partNumber} of ${upload.uploadId}`)
        const length = 1 + luck.below(48)
        memory.storePart(
          upload,
          partNumber,
          Uint8Array.from({ length }, () => luck.below(256)),
        )
      }
    }
    world.schedule(10, tick)
  }
  world.schedule(world.luck.below(10), tick)
}
