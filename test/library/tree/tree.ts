/** A tree of small files with long names on the disk, and what a process holds in memory that uploads it. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Server } from '../../../src/server/index.js'
import type { TreeReport, TreeTask } from './uploader.js'

const uploader = fileURLToPath(new URL('./uploader.js', import.meta.url))
const perFolder = 250
/** So long that to hold them is seen. */
const longName = 'x'.repeat(200)

/**
 * What each of 20,000 files may leave in memory: the digests of its key while their table doubles, and as much again for what
 * the engine of JavaScript does beside, such as compiling. The path and the key of one alone take several times as much.
 */
export const mostBytesPerFile = 200

/** Files of one byte, some hundred in a folder. */
export function plantTree(folder: string, files: number): void {
  for (let index = 0; index < files; index += 1) {
    const below = join(folder, `folder-${Math.floor(index / perFolder)}-${longName}`)
    if (index % perFolder === 0) mkdirSync(below, { recursive: true })
    writeFileSync(join(below, `${index}-${longName}`), 'x')
  }
}

export async function uploadTree(
  server: Server,
  tree: Pick<TreeTask, 'folder' | 'store' | 'files' | 'hoards'>,
): Promise<TreeReport> {
  const { endpoint, accessKeyId, accessKeySecret } = server
  const task: TreeTask = { ...tree, endpoint, accessKeyId, accessKeySecret }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', uploader, JSON.stringify(task)],
    { timeout: 500_000, killSignal: 'SIGKILL' },
  )
  return JSON.parse(stdout) as TreeReport
}
