/** A bucket's CORS rules at work: the first that fits a request says what the browser is told. */
import type { CorsConfiguration, CorsRule } from '../protocol/operations/cors.js'

export interface CorsAsk {
  readonly origin: string
  readonly method: string
  /** Those that the browser wants to send beside the usual ones, in any case. */
  readonly headers: readonly string[]
}

export function matchingRule(cors: CorsConfiguration, ask: CorsAsk): CorsRule | undefined {
  return cors.rules.find(
    (rule) =>
      rule.allowedMethods.includes(ask.method) &&
      rule.allowedOrigins.some((pattern) => fits(pattern, ask.origin)) &&
      ask.headers.every((header) => rule.allowedHeaders.some((pattern) => fits(pattern, header, 'any-case'))),
  )
}

/** What an answer to a request from that origin says beside its own headers. */
export function corsHeadersOf(
  cors: CorsConfiguration,
  { origin, method }: { readonly origin: string | undefined; readonly method: string },
): Record<string, string> {
  const vary: Record<string, string> = cors.responseVary === true ? { vary: 'Origin' } : {}
  if (!origin) return vary
  const rule = matchingRule(cors, { origin, method, headers: [] })
  if (rule === undefined) return vary
  return { ...allowed(rule, origin), 'access-control-allow-methods': rule.allowedMethods.join(', '), ...vary }
}

/** The answer to a browser that asks first. */
export function preflightHeadersOf(rule: CorsRule, ask: CorsAsk): Record<string, string> {
  return {
    ...allowed(rule, ask.origin),
    'access-control-allow-methods': ask.method,
    ...(ask.headers.length === 0 ? {} : { 'access-control-allow-headers': ask.headers.join(', ') }),
  }
}

function allowed(rule: CorsRule, origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': rule.allowedOrigins.includes('*') ? '*' : origin,
    ...(rule.exposeHeaders.length === 0
      ? {}
      : { 'access-control-expose-headers': rule.exposeHeaders.join(', ') }),
    ...(rule.maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  }
}

/** At most one `*`, which stands for anything, also for nothing. */
function fits(pattern: string, text: string, letters: 'exact' | 'any-case' = 'exact'): boolean {
  if (letters === 'any-case') return fits(pattern.toLowerCase(), text.toLowerCase())
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === text
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after)
}
