/** The way to a service as a caller describes it: through which proxy, and whose certificates are believed. */
import { UploadError } from '../engine/errors.js'
import type { NodeTransportOptions } from '../transport/node.js'
import { alwaysProxy, type ProxyChoice, proxyFromEnvironment } from '../transport/proxy.js'

export interface NetworkOptions {
  /**
   * The proxy for all requests, such as `http://user:password@proxy.example:3128`; or `'environment'`: the one that
   * `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` name, but for what `NO_PROXY` names and this machine itself. https goes through it
   * by CONNECT, so that it sees nothing but the host. Default: none.
   */
  readonly proxy?: string | undefined
  /** Certificates in PEM that are believed besides those of Node and of `NODE_EXTRA_CA_CERTS`. Default: none. */
  readonly ca?: string | readonly string[] | undefined
  /** Believe any certificate: whoever is on the way can then read and change what is sent. Default false. */
  readonly insecure?: boolean | undefined
}

export type Network = Pick<NodeTransportOptions, 'proxyFor' | 'ca' | 'insecure'>

/** @throws UploadError `invalid-argument` for a proxy that is none, or a text without a certificate */
export function networkOf(
  { endpoint, proxy, ca, insecure }: NetworkOptions & { readonly endpoint: string },
  environment: NodeJS.ProcessEnv = process.env,
): Network {
  for (const text of ca === undefined ? [] : [ca].flat()) {
    if (!/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(text)) {
      throw new UploadError('invalid-argument', 'ca: the text holds no certificate in PEM.')
    }
  }
  const proxyFor = proxyChoice(proxy, environment)
  // What is wrong with it is better said now than by every request.
  if (URL.canParse(endpoint)) proxyFor?.(endpoint)
  return {
    ...(proxyFor === undefined ? {} : { proxyFor }),
    ...(ca === undefined ? {} : { ca }),
    ...(insecure === true ? { insecure } : {}),
  }
}

function proxyChoice(proxy: string | undefined, environment: NodeJS.ProcessEnv): ProxyChoice | undefined {
  if (proxy === undefined) return undefined
  return proxy === 'environment' ? proxyFromEnvironment(environment) : alwaysProxy(proxy)
}
