/**
 * What clients do to a storage, one row per operation. A row that changes something says which registers it writes, and
 * with what; that is all there is to do for a new operation to be played through every crash.
 */
import { objectRows } from './object-rows.js'
import type { Row } from './scene.js'
import { uploadRows } from './upload-rows.js'

export const ROWS: readonly Row[] = [...objectRows, ...uploadRows]
