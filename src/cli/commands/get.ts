/** `longhaul get`: one object becomes one file, in its place only when it is whole and proved by CRC-64. */
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type ByteSink, type Downloaded, downloadObject, readObject } from '../../index.js'
import { type CustomerKeyFlags, readCustomerKey } from '../customer-key.js'
import { CommandError, printable, UsageError } from '../failure.js'
import { writeJson } from '../json.js'
import { objectUrl, parseWholeObjectUrl } from '../object-url.js'
import { type ConnectionFlags, openBucket, resolveConnection } from '../settings.js'
import { formatDuration, formatSize } from '../sizes.js'
import { type OutputFlags, progressFor } from '../upload-job.js'
import type { World } from '../world.js'

export interface GetFlags extends ConnectionFlags, OutputFlags, CustomerKeyFlags {
  readonly force?: boolean
}

export async function get(
  url: string,
  file: string | undefined,
  flags: GetFlags,
  world: World,
): Promise<number> {
  const target = parseWholeObjectUrl(url)
  const { key } = target
  if (file === '-' && flags.json === true) {
    throw new UsageError('--json and - both need standard output: give a file name.')
  }
  const bucket = openBucket(await resolveConnection(flags, world), target.bucket)
  const headers = await readCustomerKey(flags, world.environment)
  const path = file === '-' ? '-' : await pathFor(key, file)
  const startedMs = performance.now()
  const display = progressFor(flags, world)
  const options = {
    signal: world.signal,
    headers,
    progressCallback: (done: number, total: number) => display.bytes(done, total),
  }
  let downloaded: Downloaded
  try {
    downloaded =
      path === '-'
        ? await readObject(bucket, key, standardOutput(world), options)
        : await downloadObject(bucket, key, path, { ...options, overwrite: flags.force === true })
  } catch (error) {
    throw isConflict(error) ? new CommandError('conflict', `${path} exists. --force replaces it.`) : error
  } finally {
    display.close()
  }
  const durationMs = Math.round(performance.now() - startedMs)
  const { size, crc64, etag } = downloaded
  if (flags.json === true) {
    const fields = { ...target, file: path, size, etag, crc64, durationMs }
    writeJson(world.screen, 'result', fields)
    writeJson(world.screen, 'summary', { exitCode: 0, ...fields })
  } else if (path !== '-' && flags.quiet !== true) {
    world.screen.out(
      printable(
        `Downloaded ${objectUrl(target)} to ${path}: ${formatSize(size)} in ${formatDuration(durationMs)}, CRC-64 ${crc64}`,
      ),
    )
  }
  return 0
}

/** The key's last piece, here or in the folder named. */
async function pathFor(key: string, file: string | undefined): Promise<string> {
  const folder = file === undefined ? '.' : file
  const isFolder = await stat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (!isFolder && file !== undefined && !file.endsWith('/')) return file
  const name = basename(key.replaceAll('\\', '/'))
  if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
    throw new UsageError(`The key ${JSON.stringify(key)} gives no file name: name the file.`)
  }
  return file === undefined ? name : join(file, name)
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'conflict'
}

/** The object's bytes go where text goes otherwise. A reader that has gone ends the download. */
function standardOutput({ screen }: World): ByteSink {
  return {
    async write(bytes) {
      if (await screen.outBytes(bytes)) return
      throw new CommandError('cancelled', 'Whoever read standard output has gone; the rest was not fetched.')
    },
  }
}
