/** A broken engine, in the words of its lists. */
import type { Broken, Edit } from '../../support/broken.js'

export { edit } from '../../support/broken.js'

export type BrokenEngine = Broken

export const engine = (name: string, ...edits: readonly Edit[]): BrokenEngine => ({ name, edits })
