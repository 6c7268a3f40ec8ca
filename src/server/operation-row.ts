/** What one row of the tables of operations says. */
export interface OperationRow {
  /** As OSS names it. */
  readonly name: string
  readonly method: string
  readonly on: 'service' | 'bucket' | 'object'
  /** All of these parameters have to be there: `acl`, or `comp=add` where the value decides. Default none. */
  readonly needs?: readonly string[]
  /** This header has to be there. */
  readonly header?: string
  /** These sub-resources may be there beside them. Any other is refused, since it changes what is asked. */
  readonly allows?: readonly string[]
  /** Headers that ask the operation for something this server does not do: refused. Others it does not know do no harm. */
  readonly refuses?: RegExp
  /** It is in the handler's map of operations. Without it the answer is NotImplemented. */
  readonly done?: true
}

/** What says who signed, or how fast it may go, but not what is asked, and so is allowed everywhere. */
export const SIGNING_PARAMETERS: ReadonlySet<string> = new Set([
  'security-token',
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-expires',
  'x-oss-signature',
  'x-oss-additional-headers',
  'x-oss-access-key-id',
  'x-oss-security-token',
  'x-oss-traffic-limit',
])

export const RESPONSE_OVERRIDES = [
  'response-content-type',
  'response-content-language',
  'response-expires',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
] as const
