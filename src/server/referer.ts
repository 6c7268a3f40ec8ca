/**
 * Hotlink protection: which pages may show a bucket's objects. Looked at only where nobody signed in a header, since whoever
 * can do that is no page that shows what belongs to another.
 */
import { fromWire } from '../protocol/encode.js'
import type { BucketReferer } from '../protocol/operations/bucket-referer.js'
import { Refusal } from './context.js'

/** @throws Refusal AccessDenied, with the EC of its reason */
export function checkReferer(rules: BucketReferer, header: string | undefined): void {
  const referer = fromWire(header ?? '').trim()
  if (referer === '') {
    // Without a list nothing would be let in.
    if (rules.allowEmpty || rules.referers.length === 0) return
    throw denied('0003-00000501')
  }
  const seen = truncated(referer, rules)
  if (rules.blacklist.some((each) => begins(seen, each))) throw denied('0003-00000502')
  if (rules.referers.length > 0 && !rules.referers.some((each) => begins(seen, each))) {
    throw denied('0003-00000503')
  }
}

function truncated(referer: string, { truncateQuery, truncatePath }: BucketReferer): string {
  if (truncatePath) return /^(?:[^/?#]*:\/\/)?[^/?#]*/.exec(referer)?.[0] ?? referer
  return truncateQuery ? (referer.split('?', 1)[0] ?? '') : referer
}

/**
 * Does this begin as the pattern says, in which `*` is any number of characters and `?` is one? In at most so many steps as
 * one length times the other: a pattern comes from outside, and as a regular expression could take for ever.
 */
export function begins(text: string, pattern: string): boolean {
  // What may follow is one more star.
  const wanted = [...pattern.toLowerCase(), '*']
  const seen = [...text.toLowerCase()]
  let at = 0
  let next = 0
  let star: { readonly after: number; from: number } | undefined
  while (at < seen.length) {
    if (wanted[next] === '*') {
      star = { after: next + 1, from: at }
      next = star.after
    } else if (next < wanted.length && (wanted[next] === '?' || wanted[next] === seen[at])) {
      at += 1
      next += 1
    } else if (star === undefined) {
      return false
    } else {
      star.from += 1
      at = star.from
      next = star.after
    }
  }
  return wanted.slice(next).every((each) => each === '*')
}

function denied(ec: string): Refusal {
  return new Refusal({ code: 'AccessDenied', message: 'You are denied by bucket referer policy.', ec })
}
