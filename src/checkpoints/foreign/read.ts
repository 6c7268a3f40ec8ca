/** Reads checkpoint files of other tools. Whatever lies there: nothing is followed, nothing large is read, nothing is changed. */
import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { UploadError, type UploadErrorCode } from '../../engine/errors.js'
import { ForeignRefusal, type ForeignUpload } from './checkpoint.js'
import { digestOfName, digestsOfName } from './file-names.js'
import { parseForeignUpload } from './parse.js'

/** What ossutil 1 writes of 10,000 parts is 2 MB. */
export const LARGEST_CHECKPOINT = 16 * 1024 * 1024

/** A checkpoint of another tool, and where it is. */
export interface ForeignCheckpoint extends ForeignUpload {
  /** Of the checkpoint file; absolute. */
  readonly path: string
}

export interface ForeignFile {
  readonly checkpoint: ForeignCheckpoint
  /** As it was read, to know it again. */
  readonly text: string
  /** Why it should not be trusted unseen: somebody else wrote it, or could have. */
  readonly doubt?: string
}

/**
 * @throws UploadError `source-missing` when there is no such file or it can't be read, `invalid-argument` when it is a
 *   link, too large, or no checkpoint of an unfinished upload
 */
export async function readForeignFile(given: string): Promise<ForeignFile> {
  const path = resolve(given)
  const { text, doubt } = await readText(path)
  try {
    const checkpoint = { ...parseForeignUpload(text), path }
    return { checkpoint, text, ...(doubt === undefined ? {} : { doubt }) }
  } catch (error) {
    if (!(error instanceof ForeignRefusal)) throw error
    throw new UploadError('invalid-argument', `${path} ${error.message}.`, { cause: error })
  }
}

/** Removes the file if it still says what was read from it. Resolves to whether it did. */
export async function removeForeignFile({
  checkpoint,
  text,
}: Pick<ForeignFile, 'checkpoint' | 'text'>): Promise<boolean> {
  const now = await readText(checkpoint.path).catch(() => undefined)
  if (now?.text !== text) return false
  return unlink(checkpoint.path).then(
    () => true,
    () => false,
  )
}

async function readText(path: string): Promise<{ readonly text: string; readonly doubt?: string }> {
  // Without O_NONBLOCK, opening a FIFO that nobody writes to would never return.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)
  const handle = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ELOOP' || error.code === 'EMLINK') {
      throw refuse('invalid-argument', path, 'is a symbolic link: name the file that it points to')
    }
    const why = error.code === 'ENOENT' ? 'does not exist' : `can't be read: ${error.message}`
    throw new UploadError('source-missing', `${path} ${why}.`, { cause: error })
  })
  try {
    return await readWhole(path, handle)
  } finally {
    await handle.close()
  }
}

async function readWhole(
  path: string,
  handle: FileHandle,
): Promise<{ readonly text: string; readonly doubt?: string }> {
  const stats = await handle.stat()
  if (stats.isDirectory()) {
    throw refuse('source-missing', path, 'is a folder: name a checkpoint in it, or look through it with scan')
  }
  if (!stats.isFile()) throw refuse('source-missing', path, 'is no regular file')
  if (stats.size > LARGEST_CHECKPOINT) {
    throw refuse('invalid-argument', path, `has ${stats.size} bytes, which is too much for a checkpoint`)
  }
  const bytes = new Uint8Array(stats.size)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  const doubt = doubtAbout(stats)
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, filled))
    return { text, ...(doubt === undefined ? {} : { doubt }) }
  } catch {
    throw refuse('invalid-argument', path, 'is no text, so it is no checkpoint')
  }
}

/** Folders for temporary files are everybody's: a checkpoint laid there could send a file to a stranger's bucket. */
function doubtAbout({ uid, mode }: { readonly uid: number; readonly mode: number }): string | undefined {
  // Windows has neither.
  if (process.getuid === undefined) return undefined
  if (uid !== process.getuid()) return 'it belongs to another user'
  return (mode & 0o002) === 0 ? undefined : 'every user of this machine may write to it'
}

/**
 * The file that the checkpoint is of. A relative path is only believed where the name of the checkpoint proves it.
 *
 * @returns `undefined` when it can't be told
 */
export function fileOfCheckpoint(
  { path, file }: ForeignCheckpoint,
  workingFolder: string,
): string | undefined {
  if (file === undefined) return undefined
  if (resolve(file) === file) return file
  const digest = digestsOfName(basename(path))?.file
  // Tools that keep checkpoints in their working folder do so in one of its own.
  const candidates = [workingFolder, dirname(dirname(path))].map((folder) => resolve(folder, file))
  return candidates.find((candidate) => digestOfName(candidate) === digest)
}

/** Does the name of the checkpoint contradict that it is of this bucket? Only some names say anything about it. */
export function isOfOtherBucket({ path, tool, key }: ForeignCheckpoint, bucket: string): boolean {
  const digest = digestsOfName(basename(path))?.target
  return tool === 'go-v1' && digest !== undefined && digest !== digestOfName(`oss://${bucket}/${key}`)
}

function refuse(code: UploadErrorCode, path: string, why: string): UploadError {
  return new UploadError(code, `${path} ${why}.`)
}
