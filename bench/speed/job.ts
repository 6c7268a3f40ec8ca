/** What a contestant is asked, as JSON in its last argument, and what it tells, as JSON in its last line. */

export interface Place {
  readonly endpoint: string
  readonly bucket: string
  /** For whatever the client keeps beside the upload. */
  readonly store: string
}

/** One file, in parts. */
export interface OneFile extends Place {
  readonly kind: 'one'
  readonly key: string
  readonly file: string
  readonly partSize: number
  /** `auto`: ours alone knows what that means. */
  readonly parallel: number | 'auto'
  /** Threads beside the loop, for ours. Absent: what ours does by itself. */
  readonly workers?: number | 'auto'
}

/** All files of a folder, each by one call; the keys are the names of the files. */
export interface ManyFiles extends Place {
  readonly kind: 'many'
  readonly folder: string
  readonly parallel: number
}

export type Job = OneFile | ManyFiles

export interface Told {
  /** From the call to its end, without the start of the program. */
  readonly seconds: number
  /** User and system, of the whole process up to here. */
  readonly cpuSeconds: number
  /** The most memory the process ever had, in MiB. */
  readonly peakMiB?: number
}
