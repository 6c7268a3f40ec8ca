/** Dates for messages. The engine has no platform to ask, so it counts the days itself. */

const dayMs = 86_400_000

/** `2026-02-28T23:59:59Z` of milliseconds since the epoch, from the year 1970 to 9999. */
export function utcText(ms: number): string {
  const day = Math.floor(ms / dayMs)
  const { year, month, date } = civil(day)
  const seconds = Math.floor((ms - day * dayMs) / 1000)
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return `${[year, month, date].map(two).join('-')}T${time.map(two).join(':')}Z`
}

/** The calendar repeats every 400 years; a year that begins in March has its leap day at the end. */
function civil(day: number): { readonly year: number; readonly month: number; readonly date: number } {
  const fromMarch = day + 719_468
  const era = Math.floor(fromMarch / 146_097)
  const dayOfEra = fromMarch - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    date: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
