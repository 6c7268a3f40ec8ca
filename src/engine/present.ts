/** Whether the file that was opened is still the file that its name means, and of the size that this run began with. */
import { sameFile } from './checkpoint.js'
import { UploadError } from './errors.js'
import type { Life } from './life.js'
import type { SourceIdentity } from './ports.js'

/** The file's state now; throws when it has another size, another file stands in its place, or none. */
export async function presentSource(life: Life): Promise<SourceIdentity> {
  const { source } = life.ports
  const opened = await source.identity()
  const named = await source.identityByName()
  if (named === undefined) {
    throw new UploadError(
      'source-missing',
      `${source.name} was removed while it was uploaded. What was sent is kept.`,
    )
  }
  if (opened.size !== life.size || named.size !== life.size) {
    throw new UploadError(
      'source-changed',
      `${source.name} had ${life.size} bytes when this run began and now has ${named.size}. ` +
        'What was sent is kept: run it again.',
    )
  }
  if (!sameFile(opened, named)) {
    throw new UploadError(
      'source-changed',
      `${source.name} was replaced by another file while it was uploaded. What was sent is kept: run it again.`,
    )
  }
  // The later look: what it shows may not have been there at the earlier one.
  return named
}
