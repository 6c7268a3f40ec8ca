/** Whether a demo went as promised, from what both sides said of it. Pure: the sentences a person reads, and what is wrong. */
import { countOf } from './sizes.js'

export interface DemoEvidence {
  readonly partCount: number
  readonly size: number
  /** Part numbers that the first run said were acknowledged before it was killed. */
  readonly acknowledged: ReadonlySet<number>
  /** How often the server answered each part with success, over both runs. */
  readonly receivedTimes: ReadonlyMap<number, number>
  readonly summary: {
    readonly exitCode: unknown
    readonly resumed: unknown
    readonly partsKept: unknown
    readonly partsSent: unknown
    readonly bytesKept: unknown
    readonly bytesSent: unknown
    readonly crc64: unknown
  }
  readonly verified: {
    readonly equal: boolean
    readonly crc64: { readonly file: string; readonly object: string | undefined }
  }
}

/** Every promise that was broken, as a sentence; none when all held. */
export function brokenPromises(evidence: DemoEvidence): readonly string[] {
  const { partCount, size, acknowledged, summary, verified } = evidence
  const { exitCode, resumed, partsKept, partsSent, bytesKept, bytesSent, crc64 } = summary
  const twice = sentTwice(evidence)
  const claims: readonly (readonly [holds: boolean, broken: string])[] = [
    [exitCode === 0, `the second run ended with exit code ${String(exitCode)}`],
    [resumed === true, 'the second run did not go on with the first one'],
    [
      Number(partsKept) >= acknowledged.size,
      `${countOf(acknowledged.size, 'part')} were acknowledged, and only ${String(partsKept)} kept`,
    ],
    [Number(partsKept) + Number(partsSent) === partCount, 'the parts kept and sent are not all the parts'],
    [Number(bytesKept) + Number(bytesSent) === size, 'the bytes kept and sent are not all the bytes'],
    [twice.length === 0, `acknowledged parts were sent again: ${twice.join(', ')}`],
    [verified.equal, 'the object is not the file'],
    [
      crc64 === verified.crc64.file,
      `the upload says CRC-64 ${String(crc64)}, the file has ${verified.crc64.file}`,
    ],
  ]
  return claims.filter(([holds]) => !holds).map(([, broken]) => broken)
}

/** By the server's own count. */
function sentTwice({ acknowledged, receivedTimes }: DemoEvidence): readonly number[] {
  return [...acknowledged].filter((partNumber) => receivedTimes.get(partNumber) !== 1).sort((a, b) => a - b)
}
