/** What every script here needs: where the project is, how to say a line, how to run a program and take its end for ours. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Was this module given to Node, rather than imported? Pass `import.meta.url`. */
export function isProgram(moduleUrl) {
  const given = process.argv[1]
  return given !== undefined && realpathSync(given) === fileURLToPath(moduleUrl)
}

/** One line about what a script does, on stderr: stdout belongs to the program that is run. */
export function say(line) {
  process.stderr.write(`longhaul: ${line}\n`)
}

/** Ends with a line that says what to do. */
export function refuse(line, exitCode = 1) {
  say(line)
  process.exit(exitCode)
}

/** The script of a tool that is a dependency; it is run by this very Node, so no shell and no PATH is involved. */
export const tools = {
  tsc: join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
  biome: join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
}

/**
 * Runs Node on a script with our terminal. Resolves to the exit code, 128 + number when a signal ended it.
 * SIGTERM and SIGHUP are passed on. So is SIGINT, except at a terminal, which gives it to the program itself: twice would
 * read as "I mean it".
 */
export function runNode(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', ...options })
    const pass = (signal) => {
      if (signal !== 'SIGINT' || process.stdin.isTTY !== true) child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, pass)
    const stopPassing = () => {
      for (const signal of signals) process.off(signal, pass)
    }
    child.on('error', (error) => {
      stopPassing()
      reject(error)
    })
    child.on('exit', (code, signal) => {
      stopPassing()
      resolve(code ?? 128 + constants.signals[signal])
    })
  })
}

/** Every file below the folders, as paths from the root with forward slashes, sorted. A folder that is missing is empty. */
export function filesBelow(...folders) {
  const found = []
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) visit(path)
      else found.push(relative(root, path).split(sep).join('/'))
    }
  }
  for (const folder of folders) {
    try {
      visit(join(root, folder))
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
    }
  }
  return found.sort()
}

/** One digest over names and contents of files given from the root; a missing file counts as such. */
export function digestOf(paths, salt = '') {
  const hash = createHash('sha256').update(`${salt}\0`)
  for (const path of paths) {
    const bytes = readOrUndefined(path)
    hash.update(`${path}\0${bytes === undefined ? 'missing' : bytes.length}\0`)
    if (bytes !== undefined) hash.update(bytes)
  }
  return hash.digest('hex')
}

/** A file's bytes by its path from the root. */
export function readOrUndefined(path) {
  try {
    return readFileSync(join(root, path))
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Does the process still run? One of another user does, too. */
export function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const TURN = 'build-turn'
const TURN_WAIT_MS = 600_000
const LOOK_AGAIN_MS = 200

/**
 * Waits until no other script installs or builds here, then takes the turn. Returns what gives it back; the end of this
 * process gives it back too. Without waiting for anything asynchronous, so that it also works before and around npm.
 */
export function takeTurn() {
  const path = join(root, TURN)
  const untilMs = performance.now() + TURN_WAIT_MS
  let told = false
  while (!claimed(path)) {
    const holder = Number(readOrUndefined(TURN))
    if (holder > 0 && !isRunning(holder)) clearDead(path)
    else if (performance.now() > untilMs)
      refuse(`process ${holder} has been building for long. Remove ${path}.`)
    else {
      if (!told) say(`waiting for process ${holder}, which installs or builds here`)
      told = true
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS)
    }
  }
  const giveBack = () => rmSync(path, { force: true })
  process.once('exit', giveBack)
  return () => {
    process.off('exit', giveBack)
    giveBack()
  }
}

/** Of two that find the same dead holder, the later one must not take away what the earlier one has claimed since. */
function clearDead(path) {
  const aside = `${path}-${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (isRunning(Number(readFileSync(aside)))) renameSync(aside, path)
  else rmSync(aside, { force: true })
}

function claimed(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}
