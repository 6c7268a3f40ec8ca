/**
 * `npm run check:service`: does a real bucket keep what this library builds on? Runs the
 * object service contract and one upload that is killed and resumed, all below a prefix of its own by chance, and clears
 * away everything it made, also when something fails. Prints a table; ends with 0 when all went well, else 1, 2 for wrong
 * arguments.
 */
import { randomBytes } from 'node:crypto'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Bucket, UploadError, useBucket } from '../../src/index.js'
import { readCommand } from '../support/command.js'
import { killAndResume } from './kill-and-resume.js'
import { bucketAt, keysOfEnvironment, type Place } from './oss-world.js'

const USAGE = `npm run check:service -- --endpoint URL --bucket NAME [--region REGION] [--signature-version v1|v4]
  Keys: OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and, with temporary keys, OSS_SESSION_TOKEN.
  The keys must be allowed to put, get and delete objects, to list objects and uploads, and to abort uploads.`

const CONTRACT = fileURLToPath(new URL('./contract.js', import.meta.url))
const CONTRACT_NAME = 'contract: '
/** A check that takes longer hangs. */
const CHECK_LIMIT_MS = 300_000

interface Row {
  readonly operation: string
  readonly result: 'passed' | 'FAILED' | 'not run'
  readonly note: string
}

function readArguments(): Place {
  const { values } = readCommand(USAGE, {
    options: {
      endpoint: { type: 'string' },
      bucket: { type: 'string' },
      region: { type: 'string' },
      'signature-version': { type: 'string', default: 'v4' },
    },
  })
  const { endpoint, bucket, region, 'signature-version': signatureVersion } = values
  if (endpoint === undefined || bucket === undefined)
    throw new TypeError('--endpoint and --bucket are needed.')
  if (signatureVersion !== 'v1' && signatureVersion !== 'v4') {
    throw new TypeError(`--signature-version is v1 or v4, not ${signatureVersion}.`)
  }
  const prefix = `longhaul-check-${randomBytes(6).toString('hex')}/`
  return { endpoint, bucket, region, signatureVersion, prefix }
}

/** One row for each check of the contract. */
function runContract(place: Place, signal: AbortSignal): Promise<Row[]> {
  process.env['LONGHAUL_CHECK_PLACE'] = JSON.stringify(place)
  const rows: Row[] = []
  return new Promise((resolve, reject) => {
    const add = (name: string, row: Omit<Row, 'operation'>): void => {
      if (name.startsWith(CONTRACT_NAME)) rows.push({ operation: name.slice(CONTRACT_NAME.length), ...row })
    }
    const events = run({ files: [CONTRACT], concurrency: 1, timeout: CHECK_LIMIT_MS, signal })
    events.on('test:pass', ({ name, details }) =>
      add(name, { result: 'passed', note: `${Math.round(details.duration_ms)} ms` }),
    )
    events.on('test:fail', ({ name, details }) =>
      add(name, { result: 'FAILED', note: lineOf(details.error.cause ?? details.error) }),
    )
    events.on('error', reject)
    events.on('end', () => {
      resolve(rows.length > 0 ? rows : [{ operation: 'the contract', result: 'not run', note: 'see above' }])
    })
    events.resume()
  })
}

async function runKillAndResume(place: Place): Promise<Row> {
  const operation = 'an upload is killed and resumed'
  try {
    return { operation, result: 'passed', note: await killAndResume(place) }
  } catch (error) {
    return { operation, result: 'FAILED', note: lineOf(error) }
  }
}

/** Everything below the prefix, whoever made it: no one else knows that prefix. */
async function clearAway(bucket: Bucket, prefix: string): Promise<Row> {
  const operation = 'everything is cleared away'
  const signal = new AbortController().signal
  try {
    const counts = await useBucket(bucket, async (client) => {
      let uploads = 0
      for (;;) {
        const page = await client.listMultipartUploads({ signal, prefix })
        for (const upload of page.uploads) await client.abortMultipartUpload(upload, { signal })
        uploads += page.uploads.length
        if (page.uploads.length === 0 || page.nextPage === undefined) break
      }
      let objects = 0
      for (;;) {
        const page = await client.listObjects({ signal, prefix })
        for (const { key } of page.objects) await client.deleteObject(key, { signal })
        objects += page.objects.length
        if (page.objects.length === 0 || page.nextPage === undefined) break
      }
      return { uploads, objects }
    })
    return {
      operation,
      result: 'passed',
      note: `${counts.objects} objects, ${counts.uploads} uploads were left`,
    }
  } catch (error) {
    return { operation, result: 'FAILED', note: `look below ${prefix}: ${lineOf(error)}` }
  }
}

function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/\s+/g, ' ').trim().slice(0, 200)
}

function print(rows: readonly Row[]): void {
  const head = { operation: 'operation', result: 'result', note: 'note' }
  const widthOf = (column: 'operation' | 'result'): number =>
    Math.max(...[head, ...rows].map((row) => row[column].length))
  for (const { operation, result, note } of [head, ...rows]) {
    const cells = [operation.padEnd(widthOf('operation')), result.padEnd(widthOf('result')), note]
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
}

async function check(place: Place, bucket: Bucket): Promise<number> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  const rows: Row[] = []
  process.stderr.write(`longhaul: checking ${place.bucket} at ${place.endpoint}, below ${place.prefix}\n`)
  try {
    rows.push(...(await runContract(place, stop.signal)))
    if (!stop.signal.aborted) rows.push(await runKillAndResume(place))
  } catch (error) {
    rows.push({ operation: 'the contract', result: 'not run', note: lineOf(error) })
  } finally {
    rows.push(await clearAway(bucket, place.prefix))
  }
  print(rows)
  const passed = rows.filter(({ result }) => result === 'passed').length
  process.stdout.write(`${passed} passed, ${rows.length - passed} failed\n`)
  return passed === rows.length && !stop.signal.aborted ? 0 : 1
}

async function main(): Promise<number> {
  try {
    const place = readArguments()
    const bucket = bucketAt(place, keysOfEnvironment())
    return await check(place, bucket)
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof UploadError)) throw error
    process.stderr.write(`longhaul: ${error.message}\n${USAGE}\n`)
    return 2
  }
}

process.exitCode = await main()
