/** Tests in the client's own language: a script tells of each as one line of JSON, `{"test": name, "detail": null or text}`. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { PartContext } from './part.js'
import type { Serving } from './serving.js'

const limitMs = 900_000

export interface ToldTests {
  readonly program: string
  /** The script. It finds the server in the environment. */
  readonly script: string
  readonly signature: 'v1' | 'v4'
  readonly server: Serving
}

/** A script that ends early has failed, whatever it told before. */
export async function runTold(context: PartContext, run: ToldTests): Promise<void> {
  const { program, script, signature, server } = run
  const way = signature.toUpperCase()
  const child = spawn(program, [script], {
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      HOME: context.folder,
      OSS_ENDPOINT: server.endpoint,
      OSS_REGION: server.region,
      OSS_ACCESS_KEY_ID: server.accessKeyId,
      OSS_ACCESS_KEY_SECRET: server.accessKeySecret,
      OSS_SIGNATURE_VERSION: signature,
      ...(context.only === undefined ? {} : { INTEROP_ONLY: context.only.source }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    signal: context.signal,
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { test, detail } = JSON.parse(line) as { test: string; detail: string | null }
    if (detail === null) context.note({ test, way, outcome: 'pass' })
    else context.note({ test, way, outcome: 'failed', detail })
  })
  const code = await ended
  if (code === 0) return
  context.note({ test: script, way, outcome: 'failed', detail: `it ended with ${code ?? 'a signal'}` })
}
