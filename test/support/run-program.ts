/** Runs a program as a user would who has installed the package: by its own name, in a folder of its own. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './paths.js'

/** Resolves to what it printed; fails when it does not end with 0. @param folder empty */
export async function runProgram(folder: string, code: string): Promise<string> {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(projectRoot, join(folder, 'node_modules', 'longhaul'), 'junction')
  writeFileSync(join(folder, 'program.mjs'), code)
  const child = spawn(process.execPath, ['program.mjs'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
  }
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  assert.equal(exitCode, 0, text)
  return text
}
