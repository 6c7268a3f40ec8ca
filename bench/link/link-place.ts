/** A long link on this machine: two network namespaces, and between them our own packets' way. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { access, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findGo } from '../../test/interop/go/module.js'
import { Missing } from '../../test/interop/part.js'
import { findProgram, mustRun } from '../../test/interop/programs.js'
import { endsWithUs, tidyAtEnd } from '../../test/support/command.js'
import { fixture } from '../../test/support/paths.js'

export interface LinkKind {
  readonly name: string
  readonly megabitsPerSecond: number
  readonly roundTripMs: number
  /** Share of the packets towards the server that are lost. */
  readonly loss: number
  /** How long a packet may queue before the link drops what comes. */
  readonly queueMs: number
}

export interface LinkPlace {
  /** How the kernel's TCP on both sides avoids congestion. */
  readonly congestion: string
  /** The address of the far side, as the near side sees it. */
  readonly farHost: string
  /** The words to put before a command, so that it runs on that side. */
  readonly near: readonly string[]
  readonly far: readonly string[]
  remove(): Promise<void>
}

const nearHost = '10.77.0.1'
const farHost = '10.77.0.2'

/** @throws Missing when this machine lacks what it takes */
export async function buildPacketLink(folder: string): Promise<string> {
  if (process.getuid?.() !== 0) throw new Missing('only root may make network namespaces')
  await access('/dev/net/tun').catch(() => {
    throw new Missing('there is no /dev/net/tun')
  })
  await findProgram(['ip'], ['-V'], 'ip (iproute2) is needed')
  const own = join(folder, 'packet-link')
  await mkdir(own, { recursive: true })
  const go = await findGo(own)
  const program = join(own, 'packet-link')
  await copyFile(fixture('bench/link/packet-link/main.go'), join(own, 'main.go'))
  await mustRun(go.program, ['build', '-o', program, 'main.go'], { cwd: own, env: go.env, limitMs: 600_000 })
  return program
}

/** @throws Missing when the system refuses */
export async function openLink(program: string, kind: LinkKind): Promise<LinkPlace> {
  const mark = process.pid.toString(36)
  const spaces = { near: `longhaul-${mark}-near`, far: `longhaul-${mark}-far` }
  const devices = { near: `lh${mark}n`, far: `lh${mark}f` }
  const ip = (...args: readonly string[]): Promise<string> => mustRun('ip', args)
  // Of what it says, nothing matters: a space may not have been made yet.
  const removeSpaces = tidyAtEnd(() => {
    for (const space of Object.values(spaces))
      spawnSync('ip', ['netns', 'delete', space], { stdio: 'ignore' })
  })
  let child: ChildProcess | undefined
  const remove = async (): Promise<void> => {
    if (child !== undefined && child.exitCode === null) {
      const gone = once(child, 'exit')
      child.stdin?.end()
      await gone
    }
    removeSpaces()
  }
  try {
    for (const space of Object.values(spaces)) await ip('netns', 'add', space)
    const { megabitsPerSecond, roundTripMs, loss, queueMs } = kind
    const numbers = [megabitsPerSecond * 1e6, roundTripMs, loss, queueMs].map(String)
    child = endsWithUs(
      spawn(program, [devices.near, devices.far, ...numbers], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the packet link ended')))
    ended.catch(() => {})
    await Promise.race([once(child.stdout ?? child, 'data'), ended])
    for (const [side, host] of [
      ['near', nearHost],
      ['far', farHost],
    ] as const) {
      await ip('link', 'set', devices[side], 'netns', spaces[side])
      await ip('-n', spaces[side], 'address', 'add', `${host}/30`, 'dev', devices[side])
      await ip('-n', spaces[side], 'link', 'set', devices[side], 'up', 'mtu', '1500', 'txqueuelen', '1000')
      await ip('-n', spaces[side], 'link', 'set', 'lo', 'up')
    }
    const within = (space: string): readonly string[] => ['ip', 'netns', 'exec', space]
    const congestion = await useCubic([within(spaces.near), within(spaces.far)])
    return { congestion, farHost, near: within(spaces.near), far: within(spaces.far), remove }
  } catch (error) {
    await remove()
    throw new Missing(error instanceof Error ? error.message : String(error))
  }
}

/** What nearly all machines do; where the kernel lacks it, its own choice stays. */
async function useCubic(sides: readonly (readonly string[])[]): Promise<string> {
  const file = '/proc/sys/net/ipv4/tcp_congestion_control'
  let used = ''
  for (const [program = '', ...args] of sides) {
    await mustRun(program, [...args, 'sh', '-c', `echo cubic > ${file}`]).catch(() => {})
    used = (await mustRun(program, [...args, 'cat', file])).trim()
  }
  return used
}
