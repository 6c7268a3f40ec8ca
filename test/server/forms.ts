/** Forms as a browser sends them, signed as an application's server signs them. */
import { formatIsoBasic } from '../../src/protocol/dates.js'
import { type FormField, type FormFile, writeForm } from '../../src/protocol/form-data.js'
import { encodePostPolicy } from '../../src/protocol/post-policy.js'
import { signatureV1 } from '../../src/protocol/v1.js'
import { ALGORITHM_V4, signatureV4, signingKeyV4 } from '../../src/protocol/v4.js'
import type { ServerCredentials } from '../../src/server/exchange.js'
import { type Ask, bytesOf, CREDENTIALS, REGION, START, wire } from './world.js'

export const BOUNDARY = '----WebKitFormBoundaryW0DET1iaBMeAOBg3'

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of OSS
export const FILENAME = '${filename}'

export interface FormAsk {
  readonly bucket?: string
  /** In order. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly file?: FormFile
  readonly content?: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
}

/** Text, as a browser sends it, and the request that it goes with. */
export function formAsk({ bucket = 'examplebucket', fields, file, content, headers }: FormAsk): Ask {
  const given = fields.map(([name, value]): FormField => ({ name, value: wire(value) }))
  const { head, tail } = writeForm(given, file ?? { filename: 'a.txt' }, BOUNDARY)
  return {
    method: 'POST',
    bucket,
    signed: 'not',
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
    body: new Uint8Array(Buffer.concat([head, bytesOf(content ?? 'content'), tail])),
  }
}

export interface Signing {
  readonly conditions?: readonly unknown[]
  readonly expiration?: string
  readonly credentials?: ServerCredentials
  readonly region?: string
  /** Milliseconds since the epoch. */
  readonly time?: number
}

const TOMORROW = new Date(START + 86_400_000).toISOString()
const ANY_SIZE = ['content-length-range', 0, 1_048_576_000]

type Pairs = (readonly [string, string])[]

/** The fields of a signature, to be put before the others. */
export function signedV1({
  conditions = [ANY_SIZE],
  expiration = TOMORROW,
  credentials,
}: Signing = {}): Pairs {
  const { accessKeyId, accessKeySecret, securityToken } = credentials ?? CREDENTIALS
  const policy = encodePostPolicy({ expiration, conditions })
  return [
    ['OSSAccessKeyId', accessKeyId],
    ['policy', policy],
    ['Signature', signatureV1(accessKeySecret, policy)],
    ...(securityToken === undefined ? [] : [['x-oss-security-token', securityToken] as const]),
  ]
}

export function signedV4(signing: Signing = {}): Pairs {
  const { conditions = [ANY_SIZE], expiration = TOMORROW, region = REGION, time = START } = signing
  const { accessKeyId, accessKeySecret, securityToken } = signing.credentials ?? CREDENTIALS
  const date = formatIsoBasic(time)
  const scope = { date: date.slice(0, 8), region, product: 'oss' }
  const named: Pairs = [
    ['x-oss-signature-version', ALGORITHM_V4],
    ['x-oss-credential', `${accessKeyId}/${scope.date}/${region}/oss/aliyun_v4_request`],
    ['x-oss-date', date],
    ...(securityToken === undefined ? [] : [['x-oss-security-token', securityToken] as const]),
  ]
  const policy = encodePostPolicy({
    expiration,
    conditions: [...named.map(([name, value]) => ({ [name]: value })), ...conditions],
  })
  const signature = signatureV4(signingKeyV4(accessKeySecret, scope), policy)
  return [...named, ['policy', policy], ['x-oss-signature', signature]]
}
