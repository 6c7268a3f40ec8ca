/** The packed tarball in an empty project, as a user gets it by `npm install`. Made once per test file, in a temp folder. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fixture, projectRoot } from '../support/paths.js'

export interface Manifest {
  readonly version: string
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}

export const manifest: Manifest = JSON.parse(readFileSync(fixture('package.json'), 'utf8'))

/** A way into the package: what a user imports, and the source it stands for. */
export interface Door {
  readonly name: string
  /** From the project's root. */
  readonly source: string
}

export const doors: readonly Door[] = Object.entries(manifest.exports).flatMap(([path, door]) =>
  typeof door === 'string'
    ? []
    : [
        {
          name: `longhaul${path.slice(1)}`,
          source: door.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'),
        },
      ],
)

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** scripts/npm.mjs, which is no TypeScript. */
interface NpmScript {
  runNpm(args: readonly string[], options?: { cwd?: string; timeoutMs?: number }): Ended
  environmentForNpm(): Record<string, string>
}

export class InstalledPackage {
  /** The empty project, with `longhaul` and what it depends on in node_modules. */
  readonly folder: string
  readonly #environment: Readonly<Record<string, string>>

  private constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.folder = folder
    this.#environment = environment
  }

  /** Builds dist/ if need be, packs, installs. Takes from npm's cache what is there, the rest from the registry. */
  static async make(): Promise<InstalledPackage> {
    const npm: NpmScript = await import(pathToFileURL(fixture('scripts/npm.mjs')).href)
    const environment = npm.environmentForNpm()
    // The test runner marks its children, and a marked Node would write its output in the runner's own form.
    delete environment['NODE_TEST_CONTEXT']
    succeed('build', run(process.execPath, [fixture('scripts/build.mjs')], projectRoot, environment))

    const temp = mkdtempSync(join(tmpdir(), 'longhaul-pack-'))
    try {
      const folder = join(temp, 'consumer')
      mkdirSync(folder)
      succeed('npm pack', npm.runNpm(['pack', '--ignore-scripts', '--pack-destination', temp]))
      const tarball = readdirSync(temp).find((name) => name.endsWith('.tgz'))
      assert.ok(tarball !== undefined, 'npm pack left a tarball')
      writeFileSync(
        join(folder, 'package.json'),
        JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
      )
      const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', join(temp, tarball)]
      succeed('npm install', npm.runNpm(install, { cwd: folder, timeoutMs: 180_000 }))
      return new InstalledPackage(folder, environment)
    } catch (error) {
      rmSync(temp, { recursive: true, force: true })
      throw error
    }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** Runs Node inside the project. */
  node(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Ended {
    return run(process.execPath, args, this.folder, { ...this.#environment, ...environment })
  }

  /** Runs the installed command as a shell would find it. */
  command(args: readonly string[]): Ended {
    const name = process.platform === 'win32' ? 'longhaul.cmd' : 'longhaul'
    return run(join(this.folder, 'node_modules', '.bin', name), args, this.folder, this.#environment)
  }

  remove(): void {
    rmSync(join(this.folder, '..'), { recursive: true, force: true })
  }
}

export function succeed(what: string, ended: Ended): void {
  assert.equal(ended.exitCode, 0, `${what} failed:\n${ended.stdout}${ended.stderr}`)
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Ended {
  const shell = command.endsWith('.cmd')
  const ended = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 180_000, shell })
  const problem = ended.error === undefined ? '' : ended.error.message
  return {
    exitCode: ended.status ?? 1,
    stdout: ended.stdout ?? '',
    stderr: `${ended.stderr ?? ''}${problem}`,
  }
}
