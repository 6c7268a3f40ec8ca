/** Every fault that the simulated world knows. A run counts each one that strikes; a release run has to meet each often. */

export type Ring = 1 | 2

const both: readonly Ring[] = [1, 2]

/** What may become of one request, whatever it asks. */
export const requestFaults = [
  'request lost',
  'request late',
  'request repeated',
  'answer lost',
  'answer late',
  '500',
  '500 after it was done',
  '503',
  '429',
  '408',
  'token expired',
  'token rejected again',
  'clock refused',
  '200 with an error, nothing done',
  '200 with an error, and done',
  'garbage for an answer',
] as const

export type RequestFault = (typeof requestFaults)[number]

/** What may become of object bytes on their way. */
export const bodyFaults = [
  'reset in a body',
  'early error in a body',
  'trickle',
  'stall',
  'corrupted body',
  'corrupted checksum',
] as const

export type BodyFault = (typeof bodyFaults)[number]

export const listFaults = [
  'ListParts denied',
  'ListParts short',
  'ListParts slow',
  'uploads not listed',
  'HEAD denied',
  'abort denied',
] as const

/** What others do at the service. */
export const othersFaults = [
  'upload aborted by others',
  'upload expired',
  'upload completed by others',
  'key overwritten by others',
  'upload by others',
  'part by others',
  'bucket gone',
] as const

export const crashFaults = [
  'crash before an append',
  'crash in an append',
  'crash after an append',
  'crash before the lock',
  'crash in the lock',
  'crash after the lock',
  'crash before a request',
  'crash in a request',
  'crash after a request',
  'crash before a read',
  'crash around the removal',
  'crash at some moment',
  'life shorter than the re-hash',
] as const

export const storeFaults = [
  'append torn',
  'journal truncated',
  'journal bit flipped',
  'disk full',
  'flush failed',
  'lock held',
  'lock of a dead process',
  'lock stolen',
  'store lost',
] as const

export const sourceFaults = [
  'source rewritten',
  'source rewritten, same mtime',
  'source touched',
  'source grown',
  'source shrunk',
  'source replaced',
  'source gone',
] as const

export const otherFaults = [
  'two processes',
  'three processes',
  'ten processes',
  'clock jumped ahead',
  'clock jumped back',
] as const

/** Only where the service is the memory service, whose parts can rot. */
export const ringOneFaults = ['object assembled wrong'] as const

/** Only where there is a wire. */
export const ringTwoFaults = ['upload gone, as Ceph says it'] as const

/** Only where what is uploaded comes once. */
export const streamFaults = ['input failed', 'input stalled', 'run stopped'] as const

export type Fault =
  | (typeof streamFaults)[number]
  | RequestFault
  | BodyFault
  | (typeof listFaults)[number]
  | (typeof othersFaults)[number]
  | (typeof crashFaults)[number]
  | (typeof storeFaults)[number]
  | (typeof sourceFaults)[number]
  | (typeof otherFaults)[number]
  | (typeof ringOneFaults)[number]
  | (typeof ringTwoFaults)[number]

export const faults: readonly { readonly name: Fault; readonly rings: readonly Ring[] }[] = [
  ...[
    ...requestFaults,
    ...bodyFaults,
    ...listFaults,
    ...othersFaults,
    ...crashFaults,
    ...storeFaults,
    ...sourceFaults,
    ...otherFaults,
  ].map((name) => ({ name, rings: both })),
  ...ringOneFaults.map((name) => ({ name, rings: [1] as const })),
  ...ringTwoFaults.map((name) => ({ name, rings: [2] as const })),
]

const notOfStreams: ReadonlySet<string> = new Set([
  ...sourceFaults,
  // Earlier parts are not looked at, and a file has more helpers than an input.
  'ten processes',
  'life shorter than the re-hash',
])

/** Those of the world in which what is uploaded comes once. */
export const faultsOfStreams: readonly { readonly name: Fault; readonly rings: readonly Ring[] }[] = [
  ...faults.filter(({ name }) => !notOfStreams.has(name)),
  ...streamFaults.map((name) => ({ name, rings: both })),
]
