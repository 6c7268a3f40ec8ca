/** Times as programs in Go write them: `2012-02-24 06:07:48.123456789 +0000 UTC`, or RFC 3339 where it is JSON. */

const form = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,9})? ?(Z|[+-]\d\d:?\d\d)(?: \S{1,40})?$/

/** Milliseconds since the epoch, rounded down; `undefined` for anything else. */
export function parseGoTime(text: string): number | undefined {
  const [, date, time, fraction = '', zone = ''] = form.exec(text) ?? []
  if (date === undefined) return undefined
  const offset = zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const ms = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${offset}`)
  return Number.isNaN(ms) ? undefined : ms
}
