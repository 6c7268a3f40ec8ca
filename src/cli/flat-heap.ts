/**
 * Keeps the part of V8's heap where objects are young as small as it is when a program begins. V8 doubles it each time that
 * as much as it holds has outlived a collection, which in a long upload comes to 48 MiB whatever is alive. Measured with
 * 2 GiB, 8 parts of 1 MiB in flight: 84 MiB at most and not 116, for the same processor time.
 */
import { setFlagsFromString } from 'node:v8'

/** For the whole process, so it is for whoever owns that to ask for it: the command does, the library does not. */
export function keepHeapFlat(): void {
  // V8 looks at it whenever it could grow. Given at the start of the process it would be raised to 2.
  setFlagsFromString('--semi-space-growth-factor=1')
}
