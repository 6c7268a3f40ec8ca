/** What `serve` remembers in its data folder from one start to the next: the port and the key, for this user alone. */
import { join } from 'node:path'
import { readPrivateFile, writePrivateFile } from './private-file.js'

export interface Remembered {
  readonly port?: number
  readonly credentials?: { readonly accessKeyId: string; readonly accessKeySecret: string }
}

export function rememberedFile(dataFolder: string): string {
  return join(dataFolder, 'serve.json')
}

export async function readRemembered(dataFolder: string): Promise<Remembered> {
  const fields = (await readPrivateFile(rememberedFile(dataFolder))) ?? {}
  const { port, accessKeyId, accessKeySecret } = fields
  return {
    ...(typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65_535 ? { port } : {}),
    ...(typeof accessKeyId === 'string' && typeof accessKeySecret === 'string'
      ? { credentials: { accessKeyId, accessKeySecret } }
      : {}),
  }
}

export async function remember(
  dataFolder: string,
  server: { readonly port: number; readonly accessKeyId: string; readonly accessKeySecret: string },
): Promise<void> {
  const { port, accessKeyId, accessKeySecret } = server
  await writePrivateFile(rememberedFile(dataFolder), { port, accessKeyId, accessKeySecret })
}
