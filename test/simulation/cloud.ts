/** An object service as the simulated world sees it: what one life may ask through its network, and what only the world knows. */
import type { ObjectService } from '../../src/engine/ports.js'
import type { Trouble } from './trouble.js'
import type { SimulatedLife } from './world.js'

export interface CloudObject {
  readonly size: number
  readonly crc64: string
  /** The multipart upload it came from. */
  readonly uploadId?: string
  /** Did a request of ours store it, or the Complete of an upload that was ours? */
  readonly ours: boolean
  /** When it was stored, in virtual milliseconds. */
  readonly at: number
}

export interface CloudUpload {
  readonly uploadId: string
  /** When it came to be, in virtual milliseconds. */
  readonly at: number
  /** Numbers of the parts it has. */
  readonly parts: ReadonlySet<number>
}

/** When a part took effect at the service. */
export interface Arrival {
  /** `uploadId/partNumber` */
  readonly part: string
  readonly at: number
}

/** What others do, past every network. Each takes effect at once. */
export interface Others {
  storeObject(bytes: Uint8Array): Promise<void>
  initiate(): Promise<string>
  storePart(uploadId: string, partNumber: number, bytes: Uint8Array): Promise<void>
  abort(uploadId: string): Promise<void>
  /** With all the parts it has. */
  complete(uploadId: string): Promise<void>
}

export interface Cloud {
  /** The service as this life sees it. */
  connect(life: SimulatedLife, trouble: Trouble): ObjectService
  readonly others: Others
  /** The object under the key now. */
  object(): CloudObject | undefined
  /** Every object that was ever stored under the key, oldest first. */
  readonly history: readonly CloudObject[]
  /** Unfinished uploads of the key, oldest first. */
  uploads(): readonly CloudUpload[]
  /** Uploads that lives of ours asked for. */
  readonly initiated: ReadonlySet<string>
  /** Uploads whose abort a life of ours asked for. */
  readonly aborted: readonly string[]
  /** Parts of lives of ours. */
  readonly arrivals: readonly Arrival[]
  /** Ids in the last list of unfinished uploads that this life asked for. */
  listedTo(life: SimulatedLife): readonly string[]
  /** While true, every request is answered that there is no such bucket. */
  bucketGone: boolean
}
