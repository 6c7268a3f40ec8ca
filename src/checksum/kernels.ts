/**
 * Which kernel takes which bytes: one for all, made when it is first needed, and one for each memory that somebody has
 * asked for. Where the platform has no WebAssembly, or forbids it, there is none.
 */
import { compileKernel, Kernel, type KernelModule } from './kernel.js'
import type { WasmPlatform } from './webassembly.js'

/** `undefined` until it is known; `null` where there is none. */
let compiled: KernelModule | null | undefined
let common: Kernel | null | undefined
/** By the buffer of its memory. */
const owners = new WeakMap<ArrayBufferLike, Kernel>()

/** The kernel to take these bytes with: without a copy, if they lie in memory from `allocateInPlace`. */
export function kernelFor(bytes: Uint8Array): Kernel | undefined {
  const owner = owners.get(bytes.buffer)
  if (owner !== undefined) return owner
  if (common === undefined) common = makeKernel(0) ?? null
  return common ?? undefined
}

/**
 * Memory whose bytes `crc64` and `Crc64` take in place, which for a large block is about twice as fast. It begins at a
 * page, is zero, and never moves. `undefined` where the platform has none to give; ordinary memory does then.
 */
export function allocateInPlace(size: number): Uint8Array | undefined {
  const kernel = makeKernel(size)
  if (kernel !== undefined) owners.set(kernel.room.buffer, kernel)
  return kernel?.room
}

/** Compiles, or gives the reason as `undefined`: no WebAssembly, or a policy against it. */
export function compileIfAllowed(platform: WasmPlatform | undefined): KernelModule | undefined {
  if (platform === undefined) return undefined
  return unless(['CompileError', 'EvalError'], () => compileKernel(platform))
}

function makeKernel(roomSize: number): Kernel | undefined {
  if (compiled === undefined) {
    compiled = compileIfAllowed((globalThis as { WebAssembly?: WasmPlatform }).WebAssembly) ?? null
  }
  const module = compiled
  if (module === null) return undefined
  // Each memory reserves gigabytes of address space, which a process may be denied.
  return unless(['RangeError'], () => new Kernel(module, roomSize))
}

/** By name, since a sandbox has error classes of its own. */
function unless<T>(errorNames: readonly string[], work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (errorNames.includes((error as Error).name)) return undefined
    throw error
  }
}
