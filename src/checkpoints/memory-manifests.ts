/** Manifests in memory: what a manifest store is, in the fewest words. Nothing waits for the platform. */
import { UploadError } from '../engine/errors.js'
import type { CheckpointLine } from '../engine/ports.js'
import type { ManifestStore, ManifestTarget } from '../many/ports.js'

interface Entry {
  readonly target: ManifestTarget
  /** As JSON, so that nobody can change what was written. */
  lines: string[]
  holder?: symbol
}

export function memoryManifests(): ManifestStore {
  const entries = new Map<string, Entry>()
  return {
    async acquire({ service, bucket, name }, { steal = false } = {}) {
      const id = JSON.stringify([service, bucket, name])
      const entry = entries.get(id) ?? { target: { service, bucket, name }, lines: [] }
      entries.set(id, entry)
      if (entry.holder !== undefined && !steal) {
        throw new UploadError('locked', `The manifest of this run to ${bucket} is held by another call.`)
      }
      const me = Symbol(name)
      entry.holder = me
      const assertHeld = (): void => {
        if (entry.holder !== me) throw new UploadError('locked', 'The hold on the manifest is lost.')
      }
      return {
        async replay(each) {
          for (const line of entry.lines) each(parse(line))
          return { damaged: 0 }
        },
        async append(line) {
          assertHeld()
          entry.lines.push(JSON.stringify(line))
        },
        async sync() {},
        async compact(keep) {
          assertHeld()
          entry.lines = entry.lines.filter((line) => keep(parse(line)))
        },
        async remove() {
          assertHeld()
          entry.lines = []
        },
        async release() {
          if (entry.holder !== me) return
          delete entry.holder
          if (entry.lines.length === 0) entries.delete(id)
        },
      }
    },
    async list() {
      return [...entries].map(([id, { target, holder }]) => ({
        id,
        target,
        modified: 0,
        ...(holder === undefined ? {} : { heldBy: 'another call of this process' }),
      }))
    },
    async read(id, each) {
      for (const line of entries.get(id)?.lines ?? []) each(parse(line))
    },
  }
}

function parse(json: string): CheckpointLine {
  return JSON.parse(json) as CheckpointLine
}
