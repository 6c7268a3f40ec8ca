/** URLs signed by `longhaul/signing`, and error documents taken apart: for clients that only fetch. */
import { presignV1, presignV4, type Query } from '../../src/protocol/signing.js'
import type { Serving } from './serving.js'

export interface Signed {
  readonly key?: string
  readonly query?: Query
  /** Signed along: they have to be sent as they are here. */
  readonly headers?: Readonly<Record<string, string>>
  /** From now; negative: already over. Default 60. */
  readonly seconds?: number
  /** V4 alone. */
  readonly additionalHeaders?: readonly string[]
}

export interface Signer {
  readonly server: Pick<Serving, 'endpoint' | 'region' | 'accessKeyId' | 'accessKeySecret'>
  readonly signature: 'v1' | 'v4'
  readonly bucket: string
}

export function signedUrl({ server, signature, bucket }: Signer, method: string, signed: Signed): string {
  const { key, query = {}, headers = {}, seconds = 60, additionalHeaders } = signed
  const { accessKeyId, accessKeySecret } = server
  const request = { method, bucket, key, query, headers, credentials: { accessKeyId, accessKeySecret } }
  const now = Date.now()
  const added =
    signature === 'v1'
      ? presignV1({ ...request, expires: Math.floor(now / 1000) + seconds }).query
      : presignV4({
          ...request,
          region: server.region,
          // A URL has to be good for a second at least: one that is over was signed earlier.
          date: new Date(seconds > 0 ? now : now + (seconds - 1) * 1000),
          expiresSeconds: Math.max(seconds, 1),
          additionalHeaders,
        }).query
  const parameters = Object.entries({ ...query, ...added }).map(([name, value]) =>
    value === undefined || value === '' ? encode(name) : `${encode(name)}=${encode(value)}`,
  )
  const keyPath = (key ?? '').split('/').map(encode).join('/')
  return `${server.endpoint}/${bucket}/${keyPath}?${parameters.join('&')}`
}

/** Dots too: curl, as browsers do, takes `..` in a path for a way up. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** What stands in the first element of that name. */
export function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
}

/** Status, code and EC of an error answer. */
export function errorOf({
  status,
  text,
}: {
  readonly status: number
  readonly text: string
}): readonly [number, string | undefined, string | undefined] {
  return [status, element(text, 'Code'), element(text, 'EC')]
}
