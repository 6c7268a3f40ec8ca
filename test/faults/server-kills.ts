/**
 * The real `serve` process under several clients at once, killed by SIGKILL at moments drawn from the seed, also while it
 * starts. After each death it is started on the same folder and asked for everything: what was acknowledged is there, byte
 * for byte, nothing half done is seen, unfinished uploads and their parts are still there and go on.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createContents } from '../durability/contents.js'
import { createRegisters } from '../durability/registers.js'
import { endOf, type ServeProcess, spawnServe, startServe } from '../durability/serve-process.js'
import { auditWire } from '../durability/wire-audit.js'
import { createWireClient, type WireClient } from '../durability/wire-client.js'
import {
  BUCKET,
  completion,
  KEYS,
  OTHER_BUCKET,
  WIRE_ROWS,
  type WireAttempt,
  type WireRow,
  type WireScene,
  type WireUpload,
  wireRegister,
} from '../durability/wire-rows.js'
import { createLuck, type Luck } from '../simulation/world.js'
import { markdownTable, measuredOn } from '../support/figures.js'
import { BrokenPromise, type Campaign, inLanes } from './campaign.js'

const KILLS = 500
/** Of one data folder. */
const KILLS_EACH = 20
const CLIENTS = 6
/** A life under load: at least and at most. */
const LOAD_MS = [30, 900] as const
/** One death in so many comes while the server starts. */
const IN_START = 6

interface Tally {
  kills: number
  inStart: number
  folders: number
  cutOff: number
  partsAfterDeath: number
  readonly acknowledged: Map<string, number>
}

export const serverKills: Campaign = {
  name: 'server-kills',
  page: 'durability',
  async run({ seed, share, only, signal, say }) {
    const wanted = Math.max(1, Math.round(KILLS * share))
    const cases =
      only === undefined
        ? Array.from({ length: Math.ceil(wanted / KILLS_EACH) }, (_, index) => index + 1)
        : [only]
    const tally: Tally = {
      kills: 0,
      inStart: 0,
      folders: 0,
      cutOff: 0,
      partsAfterDeath: 0,
      acknowledged: new Map(),
    }
    await inLanes(
      cases,
      async (number) => {
        const kills = Math.min(KILLS_EACH, wanted - (number - 1) * KILLS_EACH)
        const story: string[] = []
        const tell = (line: string): void => {
          story.push(line)
          if (only !== undefined) say(line)
        }
        try {
          await playFolder(createLuck(seed + number * 7919), Math.max(1, kills), tally, tell)
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : String(cause)
          throw new BrokenPromise(number, `folder ${number}: ${why}\n  ${story.join('\n  ')}`, { cause })
        }
        say(`folder ${number}: ${story.length} kills; ${tally.kills} in all`)
      },
      signal,
    )
    return figures(tally)
  },
}

async function playFolder(
  luck: Luck,
  kills: number,
  tally: Tally,
  tell: (line: string) => void,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'longhaul-server-kills-'))
  const options = { dataDir: join(root, 'data'), home: join(root, 'home') }
  const scene: WireScene = { luck, contents: createContents(), registers: createRegisters(), tags: new Map() }
  /** Those that were cut off on their way to being made: nobody knows their ids. */
  let initiates = 0
  /** What the present server said on stderr. */
  let complaints = (): string => ''
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      if (luck.below(IN_START) === 0) await killInStart(kill)
      else await killUnderLoad(kill)
      tally.kills += 1
    }
    await finish(await startServe(options))
    tally.folders += 1
  } finally {
    await rm(root, { recursive: true, force: true })
  }

  async function killInStart(kill: number): Promise<void> {
    const child = spawnServe(options)
    const ended = endOf(child)
    const afterMs = 5 + luck.below(600)
    await sleep(afterMs)
    child.kill('SIGKILL')
    await ended
    tally.inStart += 1
    tell(`kill ${kill}: ${afterMs} ms after the start began`)
  }

  async function killUnderLoad(kill: number): Promise<void> {
    const server = await startServe(options)
    complaints = server.complaints
    const client = createWireClient(server.port)
    const stop = new AbortController()
    try {
      const uploads = await settle(client)
      const afterMs = LOAD_MS[0] + luck.below(LOAD_MS[1] - LOAD_MS[0])
      const load = Promise.all(
        Array.from({ length: CLIENTS }, (_, index) =>
          work(
            client,
            uploads.filter((_upload, at) => at % CLIENTS === index),
            stop.signal,
          ),
        ),
      )
      await Promise.race([sleep(afterMs), load])
      stop.abort()
      server.kill('SIGKILL')
      const { signal } = await server.ended
      await load
      if (signal !== 'SIGKILL') throw new Error(`the server ended by itself: ${server.complaints()}`)
      tell(`kill ${kill}: after ${afterMs} ms of load`)
    } finally {
      stop.abort()
      server.kill('SIGKILL')
      await server.ended
      client.close()
    }
  }

  /** Compares what is there with what was acknowledged. */
  async function settle(client: WireClient): Promise<WireUpload[]> {
    const { registers: found, uploads } = await auditWire(client, scene)
    const isThere = new Set(uploads.map(({ uploadId }) => uploadId))
    const known = new Map(found)
    for (const { uploadId, parts } of uploads) {
      if (scene.registers.candidates(wireRegister.upload(uploadId)).includes('there')) continue
      // An Initiate whose answer never came. It can have no part, and there can't be more of them than were cut off.
      if (parts.size > 0) throw new Error(`upload ${uploadId}, which nobody was told of, has parts`)
      initiates -= 1
      if (initiates < 0) throw new Error(`upload ${uploadId} was begun by nobody`)
      scene.registers.acknowledge(
        scene.registers.begin('found', [{ register: wireRegister.upload(uploadId), value: 'there' }]),
      )
    }
    const wrong = scene.registers.settle(known, (register) => {
      const upload = /^part (\w+)\//.exec(register)?.[1]
      return upload !== undefined && !isThere.has(upload)
    })
    if (wrong !== undefined) throw new Error(wrong)
    initiates = 0
    for (const { parts } of uploads) tally.partsAfterDeath += parts.size
    return [...uploads]
  }

  async function work(client: WireClient, own: WireUpload[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const row = pickRow(luck)
      const attempt = row.plan(scene, own)
      if (attempt !== undefined && !(await tryOne(client, row, attempt, own))) return
      if (luck.chance(0.15)) await client.ask({ method: 'GET', bucket: BUCKET }).catch(() => undefined)
    }
  }

  /** False when the server does not answer any more. */
  async function tryOne(
    client: WireClient,
    { name }: WireRow,
    attempt: WireAttempt,
    own: WireUpload[],
  ): Promise<boolean> {
    const change = scene.registers.begin(name, attempt.touches)
    if (name === 'InitiateMultipartUpload') initiates += 1
    const known = own.length
    const answer = await client.ask(attempt.ask).catch(() => undefined)
    if (answer === undefined) {
      tally.cutOff += 1
      return false
    }
    if (answer.status >= 500) {
      // It says why, and that may come after its answer.
      await sleep(200)
      throw new Error(
        `${name}: ${answer.status} ${answer.text}; the server said: ${complaints() || 'nothing'}`,
      )
    }
    if (answer.status >= 300) {
      scene.registers.refuse(change)
      return true
    }
    attempt.onDone?.(answer)
    scene.registers.acknowledge(change)
    if (name === 'InitiateMultipartUpload') {
      initiates -= 1
      const { uploadId = '' } = own[known] ?? {}
      scene.registers.acknowledge(
        scene.registers.begin(name, [{ register: wireRegister.upload(uploadId), value: 'there' }]),
      )
    }
    tally.acknowledged.set(name, (tally.acknowledged.get(name) ?? 0) + 1)
    return true
  }

  /** Every upload is finished with what it has, all is looked at once more and deleted; then no byte may be left. */
  async function finish(server: ServeProcess): Promise<void> {
    complaints = server.complaints
    const client = createWireClient(server.port)
    try {
      const uploads = await settle(client)
      for (const upload of [...uploads]) {
        if (upload.parts.size > 0) {
          await tryOne(
            client,
            { name: 'CompleteMultipartUpload', weight: 1, plan: () => undefined },
            completion(scene, uploads, upload),
            uploads,
          )
        } else {
          const { key, uploadId } = upload
          await client.ask({ method: 'DELETE', bucket: BUCKET, key, query: { uploadId } })
          scene.registers.acknowledge(
            scene.registers.begin('abort', [{ register: wireRegister.upload(uploadId), value: undefined }]),
          )
        }
      }
      const left = await settle(client)
      if (left.length > 0) throw new Error(`upload ${left[0]?.uploadId} could not be finished`)
      for (const key of KEYS) await client.ask({ method: 'DELETE', bucket: BUCKET, key })
      await client.ask({ method: 'DELETE', bucket: OTHER_BUCKET })
      const gone = await client.ask({ method: 'DELETE', bucket: BUCKET })
      if (gone.status !== 204) throw new Error(`the bucket can't be deleted: ${gone.text}`)
    } finally {
      client.close()
      server.kill('SIGTERM')
    }
    const { code } = await server.ended
    if (code !== 0) throw new Error(`the server ended with ${code}: ${server.complaints()}`)
    const names = await readdir(join(options.dataDir, 'contents'), { recursive: true })
    const contents = names.filter((name) => name.length > 2)
    if (contents.length > 0) throw new Error(`left over at the end: ${contents.join(', ')}`)
  }
}

function pickRow(luck: Luck): WireRow {
  let left = luck.below(WIRE_ROWS.reduce((total, { weight }) => total + weight, 0))
  for (const row of WIRE_ROWS) {
    left -= row.weight
    if (left < 0) return row
  }
  throw new RangeError('There is no row.')
}

/** A campaign that comes this far has seen none of the things that its last lines count. */
function figures({ kills, inStart, folders, cutOff, partsAfterDeath, acknowledged }: Tally): string {
  const rows: [string, number][] = [
    [`killed by SIGKILL, with ${CLIENTS} clients at work`, kills - inStart],
    ['killed while it started', inStart],
    ['in all', kills],
    ['data folders', folders],
    ['requests that were cut off', cutOff],
    ['parts of unfinished uploads found again after a death', partsAfterDeath],
    ...[...acknowledged].map(([name, count]): [string, number] => [`${name} acknowledged`, count]),
    ['**acknowledged changes lost**', 0],
    ['**things half done that were seen**', 0],
    ['files left behind', 0],
  ]
  return `${markdownTable([{ title: 'the server' }, { title: 'times', align: 'right' }], rows)}\n\n${measuredOn()}`
}
