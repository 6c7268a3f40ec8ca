/** Every operation that is done, by its name; the rows that `routes.ts` reads say how each is asked for. */
import { appendOperations } from './append-operation.js'
import { bucketOperations } from './bucket-operations.js'
import { bucketSettingsOperations } from './bucket-settings-operations.js'
import { bucketUseOperations } from './bucket-use-operations.js'
import type { Operate } from './context.js'
import { copyOperations } from './copy-operation.js'
import { corsOperations } from './cors-operations.js'
import { deleteMultipleOperations } from './delete-multiple-operation.js'
import { lifecycleOperations } from './lifecycle-operations.js'
import { listingOperations } from './listing-operations.js'
import { multipartOperations } from './multipart-operations.js'
import { objectOperations } from './object-operations.js'
import { objectSettingsOperations } from './object-settings-operations.js'
import { partCopyOperations } from './part-copy-operation.js'
import { policyOperations } from './policy-operations.js'
import { postObjectOperations } from './post-object-operation.js'
import { restoreOperations } from './restore-operations.js'
import type { OperationName } from './routes.js'
import { symlinkOperations } from './symlink-operations.js'

export const OPERATIONS: Readonly<Record<OperationName, Operate>> = {
  ...bucketOperations,
  ...bucketSettingsOperations,
  ...bucketUseOperations,
  ...policyOperations,
  ...corsOperations,
  ...lifecycleOperations,
  ...listingOperations,
  ...objectOperations,
  ...objectSettingsOperations,
  ...copyOperations,
  ...appendOperations,
  ...symlinkOperations,
  ...deleteMultipleOperations,
  ...restoreOperations,
  ...multipartOperations,
  ...partCopyOperations,
  ...postObjectOperations,
}
