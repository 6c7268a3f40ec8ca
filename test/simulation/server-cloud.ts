/** Ring 2: the real adapter for OSS, wired to the real server's handler. What is between them is simulated, and nothing else. */
import type { CancelSignal, ObjectService } from '../../src/engine/ports.js'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
  uploadPart,
} from '../../src/protocol/operations/multipart.js'
import { putObject } from '../../src/protocol/operations/objects.js'
import { createHandler } from '../../src/server/handler.js'
import { createCredentials } from '../../src/services/credentials.js'
import { createOssService } from '../../src/services/oss/oss.js'
import { type OssOptions, Requests } from '../../src/services/oss/requests.js'
import type { Cloud, Others } from './cloud.js'
import { askedOf, createFarEnd, type FarEnd } from './far-end.js'
import type { CloudOptions } from './memory-cloud.js'
import { createKeys, type Keys } from './simulated-keys.js'
import { createSimulatedTransport } from './simulated-transport.js'
import type { Trouble } from './trouble.js'
import { type WatchedStorage, watchStorage } from './watched-storage.js'
import { responseOf } from './wire-forgeries.js'
import { createLuck, type Luck, type SimulatedLife, type World } from './world.js'

const bucket = 'examplebucket'
const baseNames = ['oss.test']

/** How this seed's clients reach the service and sign. */
function drawDialect(
  luck: Luck,
): Pick<OssOptions, 'endpoint' | 'region' | 'signatureVersion' | 'addressing'> {
  return {
    endpoint: luck.pick(['http://127.0.0.1:9500', 'https://oss.test']),
    region: 'cn-hangzhou',
    signatureVersion: luck.pick(['v1', 'v4']),
  }
}

export async function createServerCloud(
  world: World,
  { key, clock, limits, pageSize }: Omit<CloudOptions, 'rotAtService'>,
): Promise<Cloud> {
  // Ids, keys and wordings draw from a luck of their own: a change here leaves the rest of a seed's run alone.
  const luck = createLuck(world.luck.below(2 ** 32))
  const dialect = drawDialect(luck)
  const mayAskFirst = luck.chance(0.9)
  const storage = watchStorage(world, { pageSize, bucketGone: () => cloud.bucketGone })
  const keys = createKeys(luck, clock)
  const farEndOf = (
    storageOf: WatchedStorage['forUs'],
    { ceph, strict }: { ceph: boolean; strict: boolean },
  ): FarEnd =>
    createFarEnd({
      world,
      luck,
      baseNames,
      clock,
      ceph,
      strict,
      handler: createHandler({
        storage: storageOf,
        credentials: keys.believed,
        clock: { now: clock, sleep: (ms) => new Promise((resolve) => world.schedule(ms, resolve)) },
        random: () => luck.next(),
        baseNames,
        minPartSize: limits.minPartSize,
      }),
    })
  const farEnd = farEndOf(storage.forUs, { ceph: luck.chance(0.4), strict: true })
  const listed = new Map<SimulatedLife, readonly string[]>()
  await storage.forOthers.putBucket({
    name: bucket,
    created: clock(),
    acl: 'private',
    storageClass: 'Standard',
  })

  function connect(life: SimulatedLife, trouble: Trouble): ObjectService {
    const issuer = keys.issuer()
    const lifeClock = createClock({ world, luck, life, clock, kind: trouble.chance === 0 })
    const service = createOssService({
      ...dialect,
      bucket,
      clock: lifeClock,
      credentials: createCredentials(() => issuer.ask(), lifeClock),
      transport: createSimulatedTransport({
        world,
        luck,
        farEnd,
        keys,
        life,
        trouble,
        issuer,
        mayAskFirst,
        onUploads(uploads, firstPage) {
          const before = firstPage ? [] : (listed.get(life) ?? [])
          const ids = uploads.filter((upload) => upload.key === key).map(({ uploadId }) => uploadId)
          listed.set(life, [...before, ...ids])
        },
      }),
    })
    // OSS's own limits would make every file of this small world one request.
    return Object.assign(service, { limits })
  }

  const cloud: Cloud = {
    connect,
    others: createOthers(farEndOf(storage.forOthers, { ceph: false, strict: false }), {
      ...dialect,
      key,
      keys,
      clock,
    }),
    object: () => storage.history.at(-1),
    history: storage.history,
    uploads: storage.uploads,
    initiated: storage.initiated,
    aborted: storage.aborted,
    arrivals: storage.arrivals,
    listedTo: (life) => listed.get(life) ?? [],
    bucketGone: false,
  }
  return cloud
}

/** A machine's clocks. Its wall clock may be wrong by more than the service allows, or be set while the life lasts. */
function createClock(options: {
  readonly world: World
  readonly luck: Luck
  readonly life: SimulatedLife
  readonly clock: () => number
  readonly kind: boolean
}): OssOptions['clock'] {
  const { world, luck, life, clock, kind } = options
  const offset = luck.below(1_000_000)
  const farOff = (): number => (20 + luck.below(40)) * 60_000 * (luck.chance(0.5) ? 1 : -1)
  let offMs = luck.chance(0.15) ? farOff() : luck.chance(0.3) ? luck.below(600_000) - 300_000 : 0
  if (!kind && luck.chance(0.1)) {
    world.schedule(
      luck.below(1500),
      () => {
        const nextMs = farOff()
        world.strike(nextMs > offMs ? 'clock jumped ahead' : 'clock jumped back')
        offMs = nextMs
      },
      life,
    )
  }
  return { monotonic: () => world.now() + offset, wallClock: () => clock() + offMs }
}

interface Lender extends Pick<OssOptions, 'endpoint' | 'region' | 'signatureVersion' | 'addressing'> {
  readonly key: string
  readonly keys: Keys
  readonly clock: () => number
}

function createOthers(farEnd: FarEnd, { key, keys, clock, ...dialect }: Lender): Others {
  const requests = new Requests({
    ...dialect,
    bucket,
    credentials: { current: async () => keys.lasting, replace: async () => false },
    clock: { monotonic: clock, wallClock: clock },
    async transport(request) {
      const { body } = request
      const blocks: Uint8Array[] = []
      if (body instanceof Uint8Array) blocks.push(body)
      else
        await body?.pump(async (block) => {
          blocks.push(block)
        })
      return responseOf(await farEnd.answer(askedOf(request, baseNames), request, Buffer.concat(blocks)))
    },
  })
  const named = { bucket, key, headers: {} }
  const options = { signal: neverAborted }
  const body = (bytes: Uint8Array) => ({
    size: bytes.length,
    pump: (sink: (block: Uint8Array) => Promise<void>) => sink(bytes),
  })
  return {
    async storeObject(bytes) {
      await requests.call(putObject, named, { ...options, body: body(bytes) })
    },
    async initiate() {
      const { output } = await requests.call(
        initiateMultipartUpload,
        { ...named, sequential: false },
        options,
      )
      return output.uploadId
    },
    async storePart(uploadId, partNumber, bytes) {
      await requests.call(uploadPart, { ...named, uploadId, partNumber }, { ...options, body: body(bytes) })
    },
    async abort(uploadId) {
      await requests.call(abortMultipartUpload, { bucket, key, uploadId }, options)
    },
    async complete(uploadId) {
      const completion = { kind: 'all' } as const
      // It may be refused, such as for a part of others after our last one, which is small.
      await requests
        .call(completeMultipartUpload, { ...named, uploadId, completion }, options)
        .catch(() => {})
    },
  }
}

const neverAborted: CancelSignal = {
  aborted: false,
  reason: undefined,
  addEventListener() {},
  removeEventListener() {},
}
