/** Reads Prometheus's text format as strictly as it is written down; what is not right in it is an assertion. */
import assert from 'node:assert/strict'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? ([0-9.e+-]+|NaN|[+-]Inf)$`)

export function readExposition(text: string): Exposition {
  assert.ok(text.endsWith('\n'), 'the last line ends')
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line)
    if (help !== null) {
      assert.ok(!types.has(help[1] ?? ''), `HELP before TYPE, once: ${line}`)
      continue
    }
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line)
    if (type !== null) {
      current = type[1] ?? ''
      assert.ok(!types.has(current), `one group of lines per metric: ${line}`)
      types.set(current, type[2] ?? '')
      continue
    }
    const [, name = '', labelText = '', valueText = ''] = SAMPLE.exec(line) ?? []
    assert.notEqual(name, '', `a sample: ${JSON.stringify(line)}`)
    const own = types.get(current) === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name
    assert.equal(own, current, `below its TYPE: ${line}`)
    const labels = labelsOf(labelText)
    const series = `${name}${JSON.stringify(Object.entries(labels).sort())}`
    assert.ok(!seen.has(series), `once: ${line}`)
    seen.add(series)
    const value = Number(valueText.replace('Inf', 'Infinity'))
    assert.ok(!Number.isNaN(value) || valueText === 'NaN', `a number: ${line}`)
    samples.push({ name, labels, value })
  }
  for (const [name, type] of types) if (type === 'histogram') checkHistogram(name, samples)
  return { types, samples }
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, name = '', value = '']) => [
      name,
      value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
    ],
  )
  const labels: Record<string, string> = Object.fromEntries(pairs)
  assert.equal(Object.keys(labels).length, pairs.length, `no label twice: ${text}`)
  return labels
}

/** Buckets add up, the last is infinite and has them all. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, { le: number; value: number }[]>()
  const keyOf = (labels: Readonly<Record<string, string>>): string =>
    JSON.stringify(Object.entries(labels).filter(([label]) => label !== 'le'))
  for (const sample of samples.filter((each) => each.name === `${name}_bucket`)) {
    const le = Number((sample.labels['le'] ?? '').replace('Inf', 'Infinity'))
    assert.ok(!Number.isNaN(le), `${name} has le`)
    groups.set(keyOf(sample.labels), [
      ...(groups.get(keyOf(sample.labels)) ?? []),
      { le, value: sample.value },
    ])
  }
  const of = (ending: string) => samples.filter((each) => each.name === `${name}_${ending}`)
  assert.deepEqual(
    of('count')
      .map(({ labels }) => keyOf(labels))
      .sort(),
    [...groups.keys()].sort(),
  )
  assert.deepEqual(
    of('sum')
      .map(({ labels }) => keyOf(labels))
      .sort(),
    [...groups.keys()].sort(),
  )
  for (const { labels, value } of of('count')) {
    const buckets = groups.get(keyOf(labels)) ?? []
    for (const [index, bucket] of buckets.entries()) {
      const before = buckets[index - 1]
      assert.ok(before === undefined || (before.le < bucket.le && before.value <= bucket.value), name)
    }
    assert.deepEqual(buckets.at(-1), { le: Number.POSITIVE_INFINITY, value }, `${name} ends in +Inf`)
  }
}
