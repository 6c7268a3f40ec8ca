/** How `--local` finds the `serve` of this machine: a file of this user alone, believed only while that server answers. */
import { rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { UsageError } from './failure.js'
import { type Environment, runFilePath } from './home.js'
import { readPrivateFile, writePrivateFile } from './private-file.js'

export interface RunningServer {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly pid: number
}

/** The server that is running here. @throws UsageError saying how to start one */
export async function findRunningServer(environment: Environment, program: string): Promise<RunningServer> {
  const path = runFilePath(environment)
  const server = serverIn(await readPrivateFile(path))
  const advice = `Start one with: ${program} serve`
  if (server === undefined) {
    throw new UsageError(`No longhaul server is running here (looked in ${path}). ${advice}`)
  }
  if (!(await isAlive(server))) {
    throw new UsageError(`The longhaul server at ${server.endpoint} is not running any more. ${advice}`)
  }
  return server
}

/** Another server that is alive keeps its file. Returns whether this one is in it now. */
export async function announceServer(environment: Environment, server: RunningServer): Promise<boolean> {
  const path = runFilePath(environment)
  const other = serverIn(await readPrivateFile(path).catch(() => undefined))
  if (other !== undefined && other.pid !== server.pid && (await isAlive(other))) return false
  await writePrivateFile(path, server)
  return true
}

/** Removes the file unless another server has put itself there. */
export async function withdrawServer(environment: Environment, pid: number): Promise<void> {
  const path = runFilePath(environment)
  const server = serverIn(await readPrivateFile(path).catch(() => undefined))
  if (server?.pid === pid) await rm(path, { force: true })
}

function serverIn(fields: Record<string, unknown> | undefined): RunningServer | undefined {
  if (fields === undefined) return undefined
  const { endpoint, region, accessKeyId, accessKeySecret, pid } = fields
  const texts = [endpoint, region, accessKeyId, accessKeySecret]
  if (!texts.every((text) => typeof text === 'string' && text !== '') || !Number.isSafeInteger(pid)) {
    return undefined
  }
  return {
    endpoint: String(endpoint),
    region: String(region),
    accessKeyId: String(accessKeyId),
    accessKeySecret: String(accessKeySecret),
    pid: Number(pid),
  }
}

const answerWithinMs = 2_000

/** A process id may have been given to another program since; that its port takes connections as well settles it. */
async function isAlive({ endpoint, pid }: RunningServer): Promise<boolean> {
  if (!processExists(pid) || !URL.canParse(endpoint)) return false
  const { hostname, port } = new URL(endpoint)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) })
    const settle = (alive: boolean): void => {
      socket.destroy()
      resolve(alive)
    }
    socket.setTimeout(answerWithinMs, () => settle(false))
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It exists, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
