/**
 * Brings node_modules to what package-lock.json says, and does nothing, offline too, when it is there already.
 * It may run on any Node, so that an old one gets a sentence and not a stack trace.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runNpm } from './npm.mjs'
import { digestOf, isProgram, readOrUndefined, refuse, root, say, takeTurn } from './shared.mjs'

const STAMP = 'node_modules/.longhaul-setup'
/** What npm itself notes when it has finished an installation. */
const INSTALLED_LOCK = 'node_modules/.package-lock.json'
const OLDEST_NODE = [20, 19]

/** Installs if need be. Ends the process with a sentence when that can't be done. */
export function setup() {
  refuseOldNode()
  if (readOrUndefined(STAMP)?.toString() === stampNow()) return
  const giveBack = takeTurn()
  installUnlessThere()
  giveBack()
}

function installUnlessThere() {
  if (!matchesLock()) {
    say('installing the dependencies of package-lock.json (npm ci)')
    const ended = runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'])
    if (ended.exitCode !== 0) {
      process.stderr.write(`${ended.stdout}${ended.stderr}`)
      refuse('npm ci failed, its words are above. Once it succeeds by hand, run this again.')
    }
  }
  // npm's own word is taken after `npm ci`: a platform where matchesLock() errs would install forever otherwise.
  mkdirSync(dirname(join(root, STAMP)), { recursive: true })
  writeFileSync(join(root, STAMP), stampNow())
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  refuse(
    `Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}. See https://nodejs.org`,
  )
}

/** Changes whenever what is wanted or what is installed changes: `npm prune` leaves the stamp in place, but not this. */
function stampNow() {
  return digestOf(
    ['package.json', 'package-lock.json', INSTALLED_LOCK],
    `${process.platform} ${process.arch}`,
  )
}

/** Is all of the lock installed, in its versions, and nothing else? Then somebody ran `npm ci` and we need not. */
function matchesLock() {
  const wanted = packagesIn('package-lock.json')
  const installed = packagesIn(INSTALLED_LOCK)
  if (wanted === undefined || installed === undefined) return false
  const manifest = JSON.parse(readOrUndefined('package.json').toString())
  if (!sameRanges(manifest, wanted[''] ?? {})) return false
  const strangers = Object.keys(installed).filter((path) => wanted[path] === undefined)
  if (strangers.length > 0) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = installed[path]
    // What is optional is left out on platforms it is not made for.
    if (found === undefined) return entry.optional === true || entry.devOptional === true
    const here = readOrUndefined(`${path}/package.json`)
    return here !== undefined && found.version === entry.version && found.integrity === entry.integrity
  })
}

function packagesIn(lockPath) {
  const bytes = readOrUndefined(lockPath)
  return bytes === undefined ? undefined : JSON.parse(bytes.toString()).packages
}

function sameRanges(manifest, locked) {
  return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].every((kind) => {
    const ranges = (from) => JSON.stringify(Object.entries(from[kind] ?? {}).sort())
    return ranges(manifest) === ranges(locked)
  })
}

if (isProgram(import.meta.url)) setup()
