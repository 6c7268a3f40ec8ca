import { adapterTarget } from './adapter.js'
import { answerTargets } from './answers.js'
import { journalTargets } from './journals.js'
import { requestDocumentTargets } from './request-documents.js'
import { requestTarget } from './requests.js'
import type { Target } from './target.js'
import { uploadTarget } from './uploads.js'

export const targets: readonly Target[] = [
  ...answerTargets,
  ...journalTargets,
  adapterTarget,
  uploadTarget,
  requestTarget,
  ...requestDocumentTargets,
]
