/**
 * Runs npm as if a person had typed it. When a script of ours is itself run by npm, the outer npm has left its own
 * settings in the environment (dry-run, omit, the folder it works on), and an inner npm would obey them.
 */
import { spawnSync } from 'node:child_process'
import { root } from './shared.mjs'

/** What the outer command was asked to do. Settings of the machine (registry, proxy, cache) stay. */
const ASKED_OF_OUTER = new Set(
  [
    ...['global', 'location', 'local_prefix', 'prefix', 'workspace', 'workspaces', 'include_workspace_root'],
    ...[
      'dry_run',
      'omit',
      'include',
      'only',
      'also',
      'production',
      'save',
      'package_lock',
      'package_lock_only',
    ],
    ...[
      'ignore_scripts',
      'json',
      'long',
      'parseable',
      'loglevel',
      'silent',
      'quiet',
      'progress',
      'yes',
      'call',
    ],
    ...[
      'install_strategy',
      'install_links',
      'legacy_peer_deps',
      'force',
      'pack_destination',
      'tag',
      'if_present',
    ],
  ].map((name) => `npm_config_${name}`),
)

/** The environment without what belongs to an outer npm run. */
export function environmentForNpm(environment = process.env) {
  const kept = {}
  for (const [name, value] of Object.entries(environment)) {
    const lower = name.toLowerCase().replaceAll('-', '_')
    const fromOuter =
      ASKED_OF_OUTER.has(lower) || /^npm_(package|lifecycle)_/.test(lower) || lower === 'npm_command'
    // NODE_ENV=production would leave out the tools that build; NODE_OPTIONS may name hooks of a test run.
    if (!fromOuter && name !== 'NODE_ENV' && name !== 'NODE_OPTIONS' && name !== 'INIT_CWD')
      kept[name] = value
  }
  return kept
}

/**
 * Runs npm to its end and gives back what it wrote. Uses the npm that runs us, if one does, else the one on the PATH.
 * `cwd`: default the project's root. `timeoutMs`: default ten minutes.
 */
export function runNpm(args, { cwd = root, timeoutMs = 600_000, environment = {} } = {}) {
  const outer = process.env.npm_execpath
  const known = outer !== undefined && /npm-cli\.c?js$/.test(outer)
  const [command, ...first] = known ? [process.execPath, outer] : ['npm']
  const ended = spawnSync(command, [...first, ...args], {
    cwd,
    env: { ...environmentForNpm(), ...environment },
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    // On Windows npm is a batch file, which only a shell can start.
    shell: !known && process.platform === 'win32',
  })
  const failed = ended.error === undefined ? '' : `${ended.error.message}\n`
  return { exitCode: ended.status ?? 1, stdout: ended.stdout ?? '', stderr: `${ended.stderr ?? ''}${failed}` }
}
