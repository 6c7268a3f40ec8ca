/** The clients. A new one is a folder here and a line in this list. */
import { aliOss } from './ali-oss/ali-oss.js'
import { chromium } from './chromium/chromium.js'
import { credentials } from './credentials/credentials.js'
import { curl } from './curl/curl.js'
import { go } from './go/go.js'
import { ossutil } from './ossutil/ossutil.js'
import type { Part } from './part.js'
import { oss2, ossV2 } from './python/python.js'
import { takeover } from './takeover/takeover.js'

export const parts: readonly Part[] = [
  go,
  ossutil,
  oss2,
  ossV2,
  aliOss,
  curl,
  chromium,
  takeover,
  credentials,
]
