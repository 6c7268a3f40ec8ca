/** JSON documents, made wrong in meaning rather than in form: a value replaced, taken away, or put under an odd name. */
import type { Mutation } from './mutate.js'
import { objectNames, oddTexts, pick } from './mutate.js'

const deep: unknown = JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`)

const oddValues: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  -1,
  1,
  0.5,
  10_001,
  2 ** 53,
  1e308,
  -1e-9,
  [],
  {},
  [[]],
  { toString: 1, valueOf: 1 },
  { length: 3 },
  JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  deep,
  ...oddTexts,
  ...[
    'intent',
    'refused',
    'opened',
    'stored',
    'verified',
    'completing',
    'committed',
    'seen',
    'aborting',
    'closed',
  ],
]

/** Objects keep their names as `[name, value]`, so that `__proto__` is a name like any other. */
export function mutatedJson(value: unknown, changes: readonly Mutation[]): unknown {
  return changes.reduce(mutatedOnce, value)
}

function mutatedOnce(value: unknown, [kind, at, odd]: Mutation): unknown {
  if (typeof value !== 'object' || value === null) return pick(oddValues, odd)
  const entries = Object.entries(value)
  const isEnd = entries.length === 0 || kind % 8 === 7
  if (isEnd) return Array.isArray(value) ? [...value, pick(oddValues, odd)] : withOddName(entries, odd)
  const index = at % entries.length
  const [name, inner] = entries[index] ?? ['', undefined]
  const replaced =
    typeof inner === 'object' && inner !== null && kind % 2 === 1
      ? mutatedOnce(inner, [kind >> 1, at >> 2, odd])
      : pick(oddValues, odd)
  const changed = kind % 8 === 6 ? [] : [[name, replaced] as const]
  const all = [...entries.slice(0, index), ...changed, ...entries.slice(index + 1)]
  return Array.isArray(value) ? all.map(([, item]) => item) : Object.fromEntries(all)
}

function withOddName(entries: readonly (readonly [string, unknown])[], odd: number): unknown {
  return Object.fromEntries([...entries, [pick(objectNames, odd), pick(oddValues, odd >> 3)]])
}
