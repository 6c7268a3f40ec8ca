/** Mutants that nothing notices because nobody can: each with the reason. `npm run mutation` keeps this list true. */
import type { Explanation } from './report.js'

export const explanations: readonly Explanation[] = []
