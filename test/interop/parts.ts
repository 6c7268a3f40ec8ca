/** The clients. A new one is a folder here and a line in this list. */
import { go } from './go/go.js'
import type { Part } from './part.js'

export const parts: readonly Part[] = [go]
