/** How long the command line takes from the start of its process to its first request, beside a Node that does nothing. */
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { endsWithUs } from '../../test/support/command.js'
import { markdownTable, right } from '../../test/support/figures.js'
import { fixture } from '../../test/support/paths.js'
import { median } from '../rounds.js'
import type { Measure } from './measure.js'

const mostMs = 150

export const start: Measure = {
  name: 'start',
  contestants: [],
  async run({ folder, rounds, say }) {
    const store = mkdtempSync(join(folder, 'start-'))
    const file = join(store, 'small.bin')
    writeFileSync(file, 'small')
    const nothing: number[] = []
    const first: number[] = []
    for (let run = 0; run <= rounds * 3; run += 1) {
      const nothingMs = await msOfNothing()
      const firstMs = await msToFirstRequest(file, join(store, 'uploads'))
      if (run === 0) continue
      nothing.push(nothingMs)
      first.push(firstMs)
    }
    const more = median(first.map((ms, run) => ms - (nothing[run] ?? 0)))
    say(`first request after ${median(first).toFixed(0)} ms, node -e 0 ${median(nothing).toFixed(0)} ms`)
    const rows = [
      ['`node -e 0`, start to end', median(nothing).toFixed(0)],
      ['`longhaul put` of a small file, start to first request', median(first).toFixed(0)],
      ['the second more than the first', more.toFixed(0)],
    ]
    return {
      title: 'Process start',
      table: markdownTable([{ title: 'what' }, right('ms')], rows),
      how: `medians of ${first.length} runs of each, in turn`,
      verdicts: [
        {
          what: 'process start to the first request, more than `node -e 0`',
          bound: `at most ${mostMs} ms`,
          measured: `${more.toFixed(0)} ms`,
          holds: more <= mostMs,
          collapsed: more > 10 * mostMs,
        },
      ],
    }
  },
}

function msOfNothing(): Promise<number> {
  const beginMs = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })
    child.on('error', reject)
    child.on('close', () => resolve(performance.now() - beginMs))
  })
}

/** The first bytes that reach the server end the measure, and the process. */
async function msToFirstRequest(file: string, store: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const args = [fixture('dist/cli/start.cjs'), 'put', file, 'oss://bench/small.bin', '--store', store]
  const env = {
    ...process.env,
    OSS_ENDPOINT: `http://127.0.0.1:${port}`,
    OSS_ACCESS_KEY_ID: 'bench',
    OSS_ACCESS_KEY_SECRET: 'bench',
  }
  const beginMs = performance.now()
  const child = endsWithUs(spawn(process.execPath, args, { stdio: 'ignore', env }))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  try {
    return await new Promise<number>((resolve, reject) => {
      server.on('connection', (socket) => {
        socket.on('error', () => {})
        socket.once('data', () => resolve(performance.now() - beginMs))
      })
      child.once('error', reject)
      ended.then(() => reject(new Error('put ended without a request')))
    })
  } finally {
    child.kill('SIGKILL')
    await ended
    server.close()
  }
}
