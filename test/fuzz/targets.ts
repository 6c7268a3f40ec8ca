import { adapterTarget } from './adapter.js'
import { answerTargets } from './answers.js'
import { foreignTargets } from './foreign.js'
import { journalTargets } from './journals.js'
import { requestDocumentTargets } from './request-documents.js'
import { requestTarget } from './requests.js'
import type { Target } from './target.js'
import { uploadTarget } from './uploads.js'

export const targets: readonly Target[] = [
  ...answerTargets,
  ...journalTargets,
  ...foreignTargets,
  adapterTarget,
  uploadTarget,
  requestTarget,
  ...requestDocumentTargets,
]
