/** Whose certificates are believed. Read once per route: reading all those of Node anew took each connection 35 ms. */
import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'

export interface Trust {
  /** Certificates in PEM that are trusted besides the ones Node brings. */
  readonly ca?: string | readonly string[]
  /** Believe any certificate. Default false. */
  readonly insecure?: boolean
}

/** Newer Nodes tell what they trust by themselves, `NODE_EXTRA_CA_CERTS` included. */
const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => readonly string[] }

/** Options for `tls.connect` and `https.Agent`. */
export function tlsOptions({ ca, insecure }: Trust): tls.ConnectionOptions {
  return {
    ...(ca === undefined
      ? {}
      : { secureContext: tls.createSecureContext({ ca: [...ownCertificates(), ...[ca].flat()] }) }),
    ...(insecure === true ? { rejectUnauthorized: false } : {}),
  }
}

/** To name certificates replaces all of Node's, those that the environment added too. */
function ownCertificates(): readonly string[] {
  if (getCACertificates !== undefined) return getCACertificates('default')
  const extra = process.env['NODE_EXTRA_CA_CERTS']
  return [...tls.rootCertificates, ...(extra ? readable(extra) : [])]
}

/** Node itself only warns of a file that can't be read. */
function readable(path: string): readonly string[] {
  try {
    return [readFileSync(path, 'utf8')]
  } catch {
    return []
  }
}
