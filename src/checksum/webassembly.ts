/**
 * The little of WebAssembly that is used here, declared since the compiler's only declarations of it come with the whole
 * DOM, and just enough of its binary format to write functions as trees of instructions. Each helper is named after the
 * instruction it writes, as in the text format.
 */

export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

/** What a platform offers as `WebAssembly`. */
export interface WasmPlatform {
  validate(bytes: Uint8Array): boolean
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> }
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => WasmMemory
}

export const WASM_PAGE_SIZE = 65_536

export type Code = readonly number[]

export interface WasmFunction {
  readonly name: string
  /** Its parameters are 32-bit integers, numbered from 0; its local variables are 64-bit ones and come after them. */
  readonly parameters: number
  readonly locals: number
  readonly body: Code
}

const I32 = 0x7f
const I64 = 0x7e
const FUNCTION_TYPE = 0x60
const END = 0x0b

/** A module that imports its memory as `host.memory` and exports the functions. None of them returns anything. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array {
  const types = functions.map(({ parameters }) => [
    FUNCTION_TYPE,
    ...list(Array.from({ length: parameters }, () => [I32])),
    ...list([]),
  ])
  const memory = [...name('host'), ...name('memory'), 0x02, 0x00, 0x01]
  const exported = functions.map((one, index) => [...name(one.name), 0x00, ...unsigned(index)])
  const bodies = functions.map(({ locals, body }) => {
    const declared = list(locals === 0 ? [] : [[...unsigned(locals), I64]])
    return sized([...declared, ...body, END])
  })
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [memory]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(7, exported),
    ...section(10, bodies),
  ])
}

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]

/** Does the body at least once, and again for as long as the condition holds after it. */
export const repeatWhile = (condition: Code, ...body: readonly Code[]): Code => [
  ...[0x03, 0x40],
  ...body.flat(),
  ...condition,
  ...[0x0d, 0x00],
  END,
]

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  add: binary(0x6a),
  and: binary(0x71),
  shl: binary(0x74),
  lessUnsigned: binary(0x49),
  /** The low half of a 64-bit integer. */
  wrap: (value: Code): Code => [...value, 0xa7],
}

/** Words that go through memory without regard for alignment: all that a loop of XORs needs. */
export interface Words {
  readonly size: number
  load(address: Code, offset: number): Code
  store(address: Code, offset: number, value: Code): Code
  xor(a: Code, b: Code): Code
}

/** For 64-bit integers alone. */
interface Integers extends Words {
  const(value: number): Code
  shiftRight(value: Code, bits: Code): Code
}

export const i64: Integers = {
  size: 8,
  load: (address, offset) => [...address, 0x29, 0x00, ...unsigned(offset)],
  store: (address, offset, value) => [...address, ...value, 0x37, 0x00, ...unsigned(offset)],
  xor: binary(0x85),
  const: (value) => [0x42, ...signed(value)],
  shiftRight: binary(0x88),
}

/** Not on every platform. */
export const v128: Words = {
  size: 16,
  load: (address, offset) => [...address, 0xfd, 0x00, 0x00, ...unsigned(offset)],
  store: (address, offset, value) => [...address, ...value, 0xfd, 0x0b, 0x00, ...unsigned(offset)],
  xor: binary(0xfd, 0x51),
}

function binary(...instruction: readonly number[]): (a: Code, b: Code) => Code {
  return (a, b) => [...a, ...b, ...instruction]
}

function section(id: number, entries: readonly Code[]): Code {
  return [id, ...sized(list(entries))]
}

function list(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()]
}

function sized(code: Code): Code {
  return [...unsigned(code.length), ...code]
}

function name(text: string): Code {
  return list(Array.from(text, (character) => [character.charCodeAt(0)]))
}

/** LEB128: seven bits a byte, lowest first, the eighth bit saying that more follow. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

/** The same; the sign is the highest bit of the last byte's seven. */
function signed(value: number): Code {
  const isLast = value >= -0x40 && value < 0x40
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
}
