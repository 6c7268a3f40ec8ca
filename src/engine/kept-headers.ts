/** Headers in a checkpoint. A resumed upload has the headers of its Initiate, so a change has to be seen, secrets included. */
import type { KeptHeaders } from './checkpoint.js'
import { UploadError } from './errors.js'
import type { Digester, Headers, ObjectService, Runtime } from './ports.js'

interface Means {
  readonly service: Pick<ObjectService, 'headerKind'>
  readonly digester: Pick<Digester, 'secretDigest'>
  readonly runtime: Pick<Runtime, 'random'>
}

/** What a checkpoint keeps of these headers. */
export function keepHeaders(headers: Headers, { service, digester, runtime }: Means): KeptHeaders {
  const open: [string, string][] = []
  const secret: [string, { salt: string; hash: string }][] = []
  for (const [name, value] of Object.entries(headers)) {
    const kind = service.headerKind(name)
    if (kind === 'object') open.push([name, value])
    if (kind === 'secret') {
      const salt = Math.floor(runtime.random() * 2 ** 52).toString(36)
      secret.push([name, { salt, hash: digester.secretDigest(salt, value) }])
    }
  }
  return { open: Object.fromEntries(open), secret: Object.fromEntries(secret) }
}

/** The name of a header that is not what it was, or `undefined`. */
export function changedHeader(kept: KeptHeaders, headers: Headers, means: Means): string | undefined {
  const { service, digester } = means
  // Maps, since a header may be called what every object has.
  const open = new Map(Object.entries(kept.open))
  const secret = new Map(Object.entries(kept.secret))
  const now = Object.entries(headers).filter(([name]) => service.headerKind(name) !== 'request')
  for (const [name, value] of now) {
    const hidden = secret.get(name)
    const same =
      hidden === undefined
        ? open.get(name) === value
        : digester.secretDigest(hidden.salt, value) === hidden.hash
    if (!same) return name
  }
  const names = new Set(now.map(([name]) => name))
  return [...open.keys(), ...secret.keys()].find((name) => !names.has(name))
}

/** Throws `options-changed`, naming the header. */
export function assertSameHeaders(kept: KeptHeaders, headers: Headers, means: Means): void {
  const name = changedHeader(kept, headers, means)
  if (name === undefined) return
  throw new UploadError(
    'options-changed',
    `The header ${name} is not what it was when this upload began, and can't be changed for it any more. ` +
      'Give the same headers to go on, or restart to begin anew.',
  )
}
