/** A web site that is not the server's: the pages whose scripts use it. One port, so two origins: by address and by name. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fixture } from '../../support/paths.js'

export interface Site {
  readonly origin: string
  /** The same pages, to a browser those of somebody else. */
  readonly otherOrigin: string
  readonly port: number
  /** Paths asked for so far. */
  readonly visits: readonly string[]
  close(): Promise<void>
}

const HTML = `<!doctype html><meta charset="utf-8"><title>uploads</title><link rel="icon" href="data:,">
<script src="/page.js"></script><script src="/ali-oss.js"></script><div id="place"></div>`

const FILES: Readonly<Record<string, string>> = {
  '/page.js': 'test/interop/chromium/page.js',
  '/ali-oss.js': 'node_modules/ali-oss/dist/aliyun-oss-sdk.min.js',
}

export async function openSite(): Promise<Site> {
  const visits: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    visits.push(path)
    const file = FILES[path]
    const type = file === undefined ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8'
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' })
    response.end(file === undefined ? HTML : readFileSync(fixture(file)))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    otherOrigin: `http://localhost:${port}`,
    port,
    visits,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
