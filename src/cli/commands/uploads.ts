/** `longhaul uploads`: what is unfinished, here by the checkpoints or at the service by its own listing. */
import { type PendingRun, type PendingUpload, pendingUploads, remoteUploads } from '../../index.js'
import { oneLine } from '../failure.js'
import { writeJson } from '../json.js'
import { objectUrl, parseObjectUrl } from '../object-url.js'
import { shortIds } from '../pending-choice.js'
import { unfinishedRuns } from '../pending-runs.js'
import { remoteFields, remoteTable } from '../remote-table.js'
import { runCounts, runFields, runSource, runTarget } from '../run-rows.js'
import type { Screen } from '../screen.js'
import { type ConnectionFlags, openBucket, resolveConnection, storeFolder } from '../settings.js'
import { countOf, formatDuration, formatSize } from '../sizes.js'
import { formatTable } from '../table.js'
import { textColumns } from '../text-width.js'
import type { World } from '../world.js'

export interface UploadsFlags extends ConnectionFlags {
  readonly store?: string
  readonly remote?: string
  readonly json?: boolean
}

export async function uploads(flags: UploadsFlags, world: World): Promise<number> {
  const count = flags.remote === undefined ? await listHere(flags, world) : await listRemote(flags, world)
  if (flags.json === true) writeJson(world.screen, 'summary', { exitCode: 0, count })
  return 0
}

async function listHere(flags: UploadsFlags, { screen, environment }: World): Promise<number> {
  const store = storeFolder(flags, environment)
  const pending = await pendingUploads(store)
  const runs = await unfinishedRuns(store)
  if (flags.json === true) {
    for (const upload of pending) writeJson(screen, 'upload', upload)
    for (const run of runs) writeJson(screen, 'run', runFields(run))
  } else if (pending.length + runs.length === 0) screen.out(`No unfinished uploads in ${store}`)
  else for (const line of pendingLines({ pending, runs }, screen, Date.now())) screen.out(line)
  return pending.length + runs.length
}

interface Unfinished {
  readonly pending: readonly PendingUpload[]
  /** Of many files. */
  readonly runs?: readonly PendingRun[]
}

/** A table, but where a terminal is too narrow for it, a few lines for each. */
function pendingLines(
  unfinished: Unfinished,
  screen: Pick<Screen, 'moving' | 'columns'>,
  wallClock: number,
): readonly string[] {
  const table = pendingTable(unfinished, wallClock)
  const fits = table.every((line) => line.startsWith('  last error') || textColumns(line) <= screen.columns())
  return fits || !screen.moving ? table : pendingBlocks(unfinished, wallClock)
}

export function pendingBlocks({ pending, runs = [] }: Unfinished, wallClock: number): readonly string[] {
  const ids = shortIds([...pending, ...runs].map(({ id }) => id))
  const ofRuns = runs.flatMap((run, index) => [
    `${ids[pending.length + index] ?? run.id}  ${runTarget(run)}`,
    `  ${runSource(run)}`,
    `  run, ${runCounts(run)}, ${formatDuration(Math.max(0, wallClock - run.modified))} ago`,
    ...(run.heldBy === undefined ? [] : [`  held by ${oneLine(run.heldBy)}`]),
    ...errorLines(run, wallClock),
  ])
  const ofUploads = pending.flatMap((upload, index) => {
    const age = `${formatDuration(Math.max(0, wallClock - upload.modified))} ago`
    return [
      `${ids[index] ?? upload.id}  ${upload.bucket === '' ? '-' : oneLine(objectUrl(upload))}`,
      ...(upload.source === '' ? [] : [`  ${oneLine(upload.source)}`]),
      `  ${[storedText(upload), age, stateText(upload)].filter((text) => text !== '-').join(', ')}`,
      ...(upload.heldBy === undefined ? [] : [`  held by ${oneLine(upload.heldBy)}`]),
      ...errorLines(upload, wallClock),
    ]
  })
  return [...ofUploads, ...ofRuns]
}

export function pendingTable({ pending, runs = [] }: Unfinished, wallClock: number): readonly string[] {
  const ids = shortIds([...pending, ...runs].map(({ id }) => id))
  const columns = [
    { title: 'ID' },
    { title: 'TARGET' },
    { title: 'SOURCE' },
    { title: 'STORED', align: 'right' as const },
    { title: 'AGE', align: 'right' as const },
    { title: 'STATE' },
    { title: 'HELD BY' },
  ]
  const rows = pending.map((upload, index) => [
    ids[index] ?? upload.id,
    upload.bucket === '' ? '-' : oneLine(objectUrl(upload)),
    upload.source === '' ? '-' : oneLine(upload.source),
    storedText(upload),
    formatDuration(Math.max(0, wallClock - upload.modified)),
    stateText(upload),
    upload.heldBy === undefined ? '-' : oneLine(upload.heldBy),
  ])
  const ofRuns = runs.map((run, index) => [
    ids[pending.length + index] ?? run.id,
    runTarget(run),
    runSource(run),
    runCounts(run),
    formatDuration(Math.max(0, wallClock - run.modified)),
    'run',
    run.heldBy === undefined ? '-' : oneLine(run.heldBy),
  ])
  const [head = '', ...lines] = formatTable(columns, [...rows, ...ofRuns])
  const all = [...pending, ...runs]
  return [head, ...lines.flatMap((line, index) => [line, ...errorLines(all[index], wallClock)])]
}

/** Under its upload or run, since a column of sentences would push all others out of sight. */
function errorLines(
  unfinished: Pick<PendingUpload | PendingRun, 'lastError'> | undefined,
  wallClock: number,
): readonly string[] {
  const lastError: PendingRun['lastError'] = unfinished?.lastError
  if (lastError === undefined) return []
  const { code, message, source, at } = lastError
  const age = at === undefined ? '' : `, ${formatDuration(Math.max(0, wallClock - at))} ago`
  // Many messages name their file themselves.
  const of = source === undefined || message.includes(source) ? '' : `${oneLine(source)}: `
  return [`  last error${age}: ${oneLine(code)}: ${of}${oneLine(message)}`]
}

function stateText({ state, adopted, owedAborts }: PendingUpload): string {
  const owed = owedAborts.length === 0 ? [] : [`${countOf(owedAborts.length, 'abort')} owed`]
  return [state, ...(adopted ? ['adopted'] : []), ...owed].join(', ')
}

function storedText({ bytesStored, size }: PendingUpload): string {
  if (size === undefined) return '-'
  const percent = size === 0 ? 100 : Math.floor((bytesStored / size) * 100)
  return `${formatSize(bytesStored)} of ${formatSize(size)} (${percent}%)`
}

async function listRemote(flags: UploadsFlags, world: World): Promise<number> {
  const { screen, signal, environment } = world
  const { bucket: name, key: prefix } = parseObjectUrl(flags.remote ?? '')
  const bucket = openBucket(await resolveConnection(flags, world), name)
  const { uploads, now } = await remoteUploads(bucket, {
    prefix,
    store: storeFolder(flags, environment),
    signal,
  })
  const count = uploads.length
  if (flags.json === true) {
    for (const upload of uploads) writeJson(screen, 'remote-upload', remoteFields(upload))
  } else if (count === 0) screen.out(`No unfinished uploads at ${bucket.endpoint} in oss://${name}/${prefix}`)
  else {
    for (const line of remoteTable(uploads, now)) screen.out(line)
    screen.out(`${countOf(count, 'unfinished upload')} at ${bucket.endpoint}`)
  }
  return count
}
