/** Brings the SDK's module, with the integration tests that its makers wrote, and compiles these. Nothing of it is kept. */
import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, mustRun } from '../programs.js'

const COMPILE_MS = 1_200_000

/** A Go whose caches are in a folder of ours, and whose modules can be removed again. */
export interface GoTools {
  readonly program: string
  /** Such as `go1.26.8`. */
  readonly version: string
  readonly env: Readonly<Record<string, string>>
}

/** @throws Missing when there is no Go */
export async function findGo(folder: string): Promise<GoTools> {
  const hint = 'Go 1.18 or newer is needed: https://go.dev/doc/install'
  const program = await findProgram(['go', '/usr/local/go/bin/go'], ['version'], hint)
  const env = {
    GOPATH: join(folder, 'path'),
    GOMODCACHE: join(folder, 'modules'),
    GOCACHE: join(folder, 'cache'),
    GOFLAGS: '-modcacherw -buildvcs=false',
    GOWORK: 'off',
  }
  const version = (await mustRun(program, ['env', 'GOVERSION'], { env })).trim()
  return { program, version, env }
}

/** Downloads a module in one version. Resolves to a copy of its tree, which may be written to. */
export async function copyModule(
  go: GoTools,
  { module, version, folder }: { readonly module: string; readonly version: string; readonly folder: string },
): Promise<string> {
  const asked = ['mod', 'download', '-json', `${module}@${version}`]
  await mkdir(folder, { recursive: true })
  const told = await mustRun(go.program, asked, { cwd: folder, env: go.env, limitMs: COMPILE_MS })
  const { Dir } = JSON.parse(told) as { Dir: string }
  const copy = join(folder, 'source')
  await cp(Dir, copy, { recursive: true, force: true })
  return copy
}

export interface Suite {
  /** The compiled tests. */
  readonly program: string
  /** They read and write files there. */
  readonly cwd: string
  /** Of the tests that talk to a service, in the order they are written. */
  readonly names: readonly string[]
  /** What stands in a line of a test file: what an assertion asked. */
  lineOf(file: string, line: number): string | undefined
}

export async function compileSuite(go: GoTools, source: string): Promise<Suite> {
  const cwd = join(source, 'oss')
  const program = join(source, 'suite')
  await mustRun(go.program, ['test', '-c', '-tags', 'integration', '-o', program, './oss'], {
    cwd: source,
    env: go.env,
    limitMs: COMPILE_MS,
  })
  const files = new Map<string, readonly string[]>()
  for (const name of (await readdir(cwd)).sort()) {
    if (!/^client_integration.*_test\.go$/.test(name)) continue
    files.set(name, (await readFile(join(cwd, name), 'utf8')).split('\n'))
  }
  const names = [...files.values()].flat().flatMap((line) => /^func (Test\w+)\(/.exec(line)?.[1] ?? [])
  return { program, cwd, names, lineOf: (file, line) => files.get(file)?.[line - 1]?.trim() }
}
