/** The OSS SDKs for Python, by scripts of ours: oss2 and its successor alibabacloud-oss-v2, each under both signatures. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fixture } from '../../support/paths.js'
import type { Part, PartContext } from '../part.js'
import { findProgram, mustRun } from '../programs.js'
import { startServe } from '../serving.js'
import { runTold } from '../told.js'

interface PythonClient {
  readonly name: string
  /** As pip knows it. */
  readonly package: string
  readonly script: string
}

export const oss2: Part = partOf({ name: 'oss2', package: 'oss2', script: 'oss2_tests.py' })

export const ossV2: Part = partOf({
  name: 'python-v2',
  package: 'alibabacloud-oss-v2',
  script: 'v2_tests.py',
})

function partOf({ name, package: pipName, script }: PythonClient): Part {
  return {
    name,
    async run(context) {
      const python = await pythonWith(context, pipName)
      for (const signature of ['v1', 'v4'] as const) {
        const folder = join(context.folder, `serve-${signature}-${randomBytes(4).toString('hex')}`)
        const server = await startServe({ folder, durability: 'durable' })
        try {
          await runTold(context, {
            program: python,
            script: fixture(`test/interop/python/${script}`),
            signature,
            server,
          })
        } finally {
          await server.stop()
        }
      }
      return `${pipName} ${await versionOf(python, pipName)}, ${(await mustRun(python, ['--version'])).trim()}`
    },
  }
}

/** The version of a package that this Python has. */
export async function versionOf(python: string, pipName: string): Promise<string> {
  return /^Version: (\S+)/m.exec(await mustRun(python, ['-m', 'pip', 'show', pipName]))?.[1] ?? ''
}

/** A Python of the part's own that has the package, in a folder of this name. */
export async function pythonWith(
  { folder, say }: PartContext,
  pipName: string,
  venv = 'venv',
): Promise<string> {
  const hint = 'Python 3 with venv is needed: https://www.python.org'
  const program = await findProgram(['python3', 'python'], ['-m', 'venv', '--help'], hint)
  const python = join(folder, venv, 'bin', 'python')
  if (!existsSync(python)) {
    say(`installing ${pipName} with pip`)
    await mustRun(program, ['-m', 'venv', join(folder, venv)])
  }
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', pipName]
  await mustRun(python, install, { limitMs: 300_000 })
  return python
}
