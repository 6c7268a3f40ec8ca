/**
 * The vendor's credentials library, installed beside the packed Longhaul as its users do. It is asked on loopback and in files
 * alone: where an address is fixed in it, a stand-in is put in its way.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InstalledPackage } from '../../packaging/installed.js'
import { fixture } from '../../support/paths.js'
import type { Part } from '../part.js'
import { mustRun } from '../programs.js'
import { runScripted } from '../scripted.js'
import { tests } from './tests.js'
import { createWorld } from './world.js'

const LIBRARY = '@alicloud/credentials'
const VERSION = '2.4.7'

interface NpmScript {
  runNpm(
    args: readonly string[],
    options: { cwd: string; timeoutMs: number },
  ): { exitCode: number; stderr: string }
}

export const credentials: Part = {
  name: 'credentials',
  async run(context) {
    const installed = await InstalledPackage.make()
    try {
      const npm: NpmScript = await import(pathToFileURL(fixture('scripts/npm.mjs')).href)
      const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', `${LIBRARY}@${VERSION}`]
      const ended = npm.runNpm(install, { cwd: installed.folder, timeoutMs: 180_000 })
      if (ended.exitCode !== 0) throw new Error(`npm install ${LIBRARY} failed: ${ended.stderr}`)
      const program = join(installed.folder, 'node_modules', 'longhaul', 'dist', 'cli', 'start.cjs')
      await mustRun(process.execPath, [program, '--version'])
      await runScripted(context, tests, {
        way: 'command line',
        createWorld: (name) => createWorld({ program, folder: context.folder, name }),
      })
      const manifest = join(installed.folder, 'node_modules', LIBRARY, 'package.json')
      const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'))
      return `${LIBRARY} ${version}`
    } finally {
      installed.remove()
    }
  },
}
