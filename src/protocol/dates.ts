/** The three ways OSS writes a time, from and to milliseconds since the epoch. Readers give `undefined` for anything else. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Sun, 03 Dec 2023 12:12:12 GMT`: headers. Whole seconds; the rest is cut off. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString()
}

export function parseHttpDate(text: string): number | undefined {
  if (lastHttp?.text !== text) lastHttp = { text, ms: readHttpDate(text) }
  return lastHttp.ms
}

/** The last one read: many answers come in one second. */
let lastHttp: { readonly text: string; readonly ms: number | undefined } | undefined

function readHttpDate(text: string): number | undefined {
  const [, day, month, year, hour, minute, second] =
    /^(?:[A-Z][a-z]{2}, )?([0-9]{1,2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|UTC|\+0000)$/.exec(
      text.trim(),
    ) ?? []
  return timeOf([year, MONTHS.indexOf(month ?? '') + 1, day, hour, minute, second, 0])
}

/** `20231203T121212Z`: signing. Whole seconds. */
export function formatIsoBasic(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (lastBasic?.second !== second) {
    const text = `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    lastBasic = { second, text }
  }
  return lastBasic.text
}

/** The last one told: many requests are signed in one second. */
let lastBasic: { readonly second: number; readonly text: string } | undefined

export function parseIsoBasic(text: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z$/.exec(text.trim()) ?? []
  return timeOf([year, month, day, hour, minute, second, 0])
}

/** `2023-12-03T12:12:12.000Z`: documents. */
export function formatIso(ms: number): string {
  return new Date(ms).toISOString()
}

export function parseIso(text: string): number | undefined {
  const [, year, month, day, hour, minute, second, fraction] =
    /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?Z$/.exec(
      text.trim(),
    ) ?? []
  return timeOf([year, month, day, hour, minute, second, (fraction ?? '').padEnd(3, '0').slice(0, 3)])
}

/** Year, month from 1, day, hour, minute, second, millisecond. Dates that don't exist (31 February) are none. */
function timeOf(fields: readonly (string | number | undefined)[]): number | undefined {
  if (fields.some((field) => field === undefined)) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = fields.map(Number)
  const time = Date.UTC(year, month - 1, day, hour, minute, second, ms)
  const date = new Date(time)
  // Date.UTC carries what is too large over into the next unit, and reads a year below 100 as 19xx.
  const exists =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  return exists ? time : undefined
}
