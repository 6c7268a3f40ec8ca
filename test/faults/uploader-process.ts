/** Starts an uploading process, hears what it tells, and waits for its end, which may be a kill. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { UploaderMessage, UploadJob } from './uploader.js'

const PROGRAM = fileURLToPath(new URL('./uploader.js', import.meta.url))
/** Whatever happens, a child lives no longer than this. */
const LONGEST_LIFE_MS = 120_000

export interface Ended {
  /** Its last word; absent when it was killed before. */
  readonly end: Extract<UploaderMessage, { type: 'result' | 'error' }> | undefined
  readonly killed: boolean
  readonly told: readonly UploaderMessage[]
}

export interface Running {
  /** SIGKILL, at once. */
  kill(): void
  readonly ended: Promise<Ended>
}

export interface UploaderOptions {
  /** Beside this process's own. */
  readonly environment: Readonly<Record<string, string>>
  readonly onMessage?: (message: UploaderMessage) => void
  /** In whose name it runs. Default: this process's. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

export function startUploader(job: UploadJob, { environment, onMessage, user }: UploaderOptions): Running {
  const child = fork(PROGRAM, [JSON.stringify(job)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    ...user,
  })
  const told: UploaderMessage[] = []
  const limit = setTimeout(() => child.kill('SIGKILL'), LONGEST_LIFE_MS)
  child.on('message', (message: UploaderMessage) => {
    told.push(message)
    onMessage?.(message)
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(limit)
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the uploader ended with ${code ?? signal}`))
      const last = told.at(-1)
      const end = last?.type === 'result' || last?.type === 'error' ? last : undefined
      resolve({ end, killed: signal !== null, told })
    })
  })
  return { kill: () => void child.kill('SIGKILL'), ended }
}

/** Lets it run to its end. */
export function runUploader(job: UploadJob, options: UploaderOptions): Promise<Ended> {
  return startUploader(job, options).ended
}
