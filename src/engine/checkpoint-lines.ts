/** What a line of a checkpoint must have for its kind: nothing else of it is believed. */
import type { CheckpointLine } from './ports.js'

/** False for kinds we do not know, too. */
export function hasWhatItMust(line: CheckpointLine): boolean {
  const { kind } = line
  // The kind comes from a file: it must not be able to name what every object has.
  if (typeof kind !== 'string' || !Object.hasOwn(decoders, kind)) return false
  return decoders[kind]?.(line) === true
}

type Check = (line: CheckpointLine) => boolean

const text = (value: unknown): value is string => typeof value === 'string' && value !== ''
const count = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const largestCrc64 = 2n ** 64n - 1n
/** As it is always written: another way to write the same number would count as another checksum. */
const decimal = (value: unknown): value is string =>
  typeof value === 'string' && /^(0|[1-9]\d{0,19})$/.test(value) && BigInt(value) <= largestCrc64
const record = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isIdentity(value: unknown): boolean {
  if (!record(value)) return false
  return count(value['size']) && ['mtimeNs', 'ctimeNs', 'device', 'inode'].every((name) => text(value[name]))
}

function isKeptHeaders(value: unknown): boolean {
  if (!record(value) || !record(value['open']) || !record(value['secret'])) return false
  return (
    Object.values(value['open']).every((header) => typeof header === 'string') &&
    Object.values(value['secret']).every((kept) => record(kept) && text(kept['salt']) && text(kept['hash']))
  )
}

const hasId: Check = (line) => text(line['uploadId'])

const isMark = (value: unknown): boolean => value === undefined || typeof value === 'boolean'

const isPart: Check = (line) =>
  hasId(line) &&
  isMark(line['adopted']) &&
  count(line['partNumber']) &&
  Number(line['partNumber']) >= 1 &&
  count(line['size']) &&
  text(line['etag']) &&
  decimal(line['crc64']) &&
  (line['identity'] === null || isIdentity(line['identity']))

const decoders: Readonly<Record<string, Check>> = {
  intent: (line) =>
    (line['operation'] === 'initiate' || line['operation'] === 'put') &&
    (line['serviceTime'] === undefined || count(line['serviceTime'])) &&
    isKeptHeaders(line['headers']) &&
    typeof line['source'] === 'string',
  refused: (line) => line['operation'] === 'initiate',
  opened: (line) =>
    hasId(line) &&
    count(line['partSize']) &&
    Number(line['partSize']) >= 1 &&
    count(line['size']) &&
    isKeptHeaders(line['headers']) &&
    count(line['initiated']) &&
    isMark(line['adopted']) &&
    typeof line['source'] === 'string',
  stored: isPart,
  verified: isPart,
  completing: (line) =>
    hasId(line) && count(line['size']) && decimal(line['crc64']) && isIdentity(line['identity']),
  committed: hasId,
  seen: hasId,
  aborting: hasId,
  closed: (line) => hasId(line) && ['aborted', 'gone', 'left'].some((how) => line['how'] === how),
}
