/** Fields of a document that somebody else wrote: each is what it has to be, or the refusal says which one is not. */
import { ForeignRefusal } from './checkpoint.js'

export type Fields = ReadonlyMap<string, unknown>

/** Own names only, so that no field comes from what every object has. */
export function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return new Map(Object.entries(value))
}

export function objectField(fields: Fields, name: string): Fields {
  const value = fieldsOf(fields.get(name))
  if (value === undefined) throw wrong(fields, name, 'an object')
  return value
}

/** Not empty, and nothing that could not be part of a name. */
export function wordField(fields: Fields, name: string): string {
  const value = fields.get(name)
  if (typeof value !== 'string' || value === '') throw wrong(fields, name, 'a text')
  if (value.includes('\0')) throw new ForeignRefusal(`has a zero byte in its ${name}`)
  return value
}

/** A whole number of bytes, from 1 on. */
export function bytesField(fields: Fields, name: string): number {
  const value = fields.get(name)
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw wrong(fields, name, 'a whole number of bytes')
  }
  return value
}

/** Seconds since the epoch with a fraction, as Python tells them; in milliseconds. */
export function secondsField(fields: Fields, name: string): number {
  const value = fields.get(name)
  const ms = typeof value === 'number' ? Math.floor(value * 1000) : Number.NaN
  if (!Number.isSafeInteger(ms)) throw wrong(fields, name, 'a time in seconds')
  return ms
}

export function wrong(fields: Fields, name: string, wanted: string): ForeignRefusal {
  return new ForeignRefusal(fields.has(name) ? `has a ${name} that is not ${wanted}` : `has no ${name}`)
}
