/**
 * Brings Chromium: Debian's own, driven by playwright-core from npm, which downloads no browser of its own. What is used of
 * it is declared here, since it stands in the part's folder and not among the packages of this project.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Missing } from '../part.js'
import { findProgram, mustRun, runProgram } from '../programs.js'

const DRIVER = 'playwright-core'
const DRIVER_VERSION = '1.65.1'
const CANDIDATES = ['chromium', 'chromium-browser', 'google-chrome']
const HINT = 'Chromium is needed: apt-get install chromium'
const INSTALL_MS = 600_000
const START_MS = 120_000
/** For one step of the browser, on a machine that has much else to do. */
export const STEP_MS = 60_000

export interface Download {
  suggestedFilename(): string
  /** Waits for its end. */
  path(): Promise<string>
}

export interface PageResponse {
  status(): number
  text(): Promise<string>
  allHeaders(): Promise<Record<string, string>>
  request(): { method(): string }
}

export interface Page {
  goto(url: string): Promise<PageResponse | null>
  url(): string
  evaluate<A, R>(script: (arg: A) => R | Promise<R>, arg: A): Promise<R>
  setInputFiles(
    selector: string,
    file: { readonly name: string; readonly mimeType: string; readonly buffer: Buffer },
  ): Promise<void>
  click(selector: string): Promise<void>
  waitForURL(url: (url: URL) => boolean): Promise<void>
  waitForResponse(wanted: (response: PageResponse) => boolean): Promise<PageResponse>
  waitForEvent(event: 'download'): Promise<Download>
}

/** A profile of its own: cache, cookies and permissions of no other. */
export interface Profile {
  newPage(): Promise<Page>
  setDefaultTimeout(ms: number): void
  close(): Promise<void>
}

export interface Browser {
  newContext(): Promise<Profile>
  version(): string
  close(): Promise<void>
}

interface Driver {
  readonly chromium: {
    launch(options: {
      readonly executablePath: string
      readonly args: readonly string[]
      readonly env: Readonly<Record<string, string | undefined>>
      readonly timeout: number
    }): Promise<Browser>
  }
}

/** @throws Missing when there is no Chromium and this user can't install one */
export async function launchBrowser(folder: string): Promise<Browser> {
  const executablePath = await findChromium()
  const { chromium } = await installDriver(folder)
  return chromium.launch({
    executablePath,
    // Chromium's own sandbox refuses to run as root; what is loaded here is our own.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    env: { ...process.env, HOME: folder },
    timeout: START_MS,
  })
}

async function findChromium(): Promise<string> {
  const find = () => findProgram(CANDIDATES.flatMap(inPath), ['--version'], HINT)
  const apt = process.getuid?.() === 0 && inPath('apt-get').length > 0
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof Missing) || !apt) throw error
  }
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, limitMs: INSTALL_MS }
  await runProgram('apt-get', ['update'], options)
  const installed = await runProgram(
    'apt-get',
    ['install', '-y', '--no-install-recommends', 'chromium'],
    options,
  )
  if (installed.code !== 0) throw new Missing(`${HINT} failed: ${installed.output.trim().slice(-500)}`)
  return find()
}

/** The driver wants a path, not a name. */
function inPath(program: string): readonly string[] {
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, program)).filter((path) => existsSync(path))
}

async function installDriver(folder: string): Promise<Driver> {
  const entry = join(folder, 'node_modules', DRIVER, 'index.mjs')
  if (!existsSync(entry)) {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${DRIVER}@${DRIVER_VERSION}`]
    await mustRun('npm', args, { cwd: folder, limitMs: INSTALL_MS })
  }
  return (await import(pathToFileURL(entry).href)) as Driver
}
