/** Broken engines that were thought of since: what somebody could get wrong without a test that notices. */
import { type BrokenEngine, edit, engine } from './edit.js'

export const moreEngines: readonly BrokenEngine[] = [
  engine(
    'holds its place while it waits for another',
    edit('engine/gate', '    this.leave()\n    try {', '    try {'),
  ),
  engine(
    'does not compare Last-Modified with Initiate',
    edit(
      'engine/settle',
      "if (notBefore !== undefined && info.lastModified < wholeSeconds(notBefore)) return { kind: 'absent' }",
      '',
    ),
  ),
  engine(
    'settles by the size alone',
    edit('engine/settle', "if (info.crc64 !== expected.crc64) return { kind: 'not-ours', info }", ''),
  ),
  engine(
    'does not compare the CRC-64 of the whole',
    edit(
      'engine/commit',
      '  if (receipt.crc64 === expected.crc64) return receipt',
      '  if (receipt.crc64 !== undefined) return receipt',
    ),
  ),
  engine(
    'adopts the first of several candidates',
    edit(
      'engine/recovery',
      'if (candidate === undefined || found.length > 1) return undefined',
      'if (candidate === undefined) return undefined',
    ),
  ),
  engine(
    'does not compare what the service stored with what was sent',
    edit(
      'engine/transfer',
      '        assertSameBytes(service.integrity, { receipt, computed, size: end - start })\n',
      '',
    ),
  ),
  engine(
    'looks at the file after it has read ahead',
    edit('engine/transfer', 'const before = begun?.before ?? (await look())', 'const before = await look()'),
  ),
  engine(
    'sends a block that was read ahead of another part',
    edit(
      'engine/ahead',
      'return { partNumber: early.partNumber, early }',
      'return { partNumber: [early.partNumber, ...toSend].at(-1) as number, early }',
    ),
  ),
  engine(
    'does not write down the upload id',
    edit(
      'engine/begin',
      '    await recordOrFail(life, opened)\n',
      '    if (opened.size < 0) await recordOrFail(life, opened)\n',
    ),
  ),
  engine(
    'does not look at the file again before Complete',
    edit(
      'engine/commit',
      'const moved = [...proofs.values()].filter((proof) => !sameIdentity(proof.identity, identity))',
      'const moved: PartProof[] = []',
    ),
  ),
  engine(
    'forgets aborts that it owes',
    edit(
      'engine/tidy',
      '  else past.pendingAborts.add(uploadId)',
      '  else past.pendingAborts.delete(uploadId)',
    ),
    edit(
      'engine/upload',
      '  const owed = [...past.pendingAborts]\n',
      '  const owed: string[] = []\n  past.pendingAborts.clear()\n',
    ),
  ),
  engine(
    'takes parts it may not list for missing ones',
    edit(
      'engine/reconcile',
      'input.listed === undefined ? recalled(history) : input.listed.get(partNumber)',
      'input.listed === undefined ? undefined : input.listed.get(partNumber)',
    ),
  ),
  engine(
    'adopts an upload without holding a part of it against the file',
    edit('engine/adopt', 'if (await anyProved(life, parts, partSize)) return', 'if (partSize > 0) return'),
  ),
  engine(
    'aborts what it only adopted',
    edit(
      'engine/tidy',
      '  if (past.adopted.has(uploadId) && !past.pendingAborts.has(uploadId)) return leaveAlone(life, uploadId)\n',
      '',
    ),
  ),
  engine(
    'compares the file without its ctime',
    edit('engine/checkpoint', ' && a.ctimeNs === b.ctimeNs\n', '\n'),
  ),
  engine(
    'reads only the first page of ListParts',
    edit('engine/parts', 'page.nextMarker !== undefined && page.nextMarker > from', 'page.nextMarker === -1'),
  ),
  engine(
    'tells that all is done before the object exists',
    edit('engine/progress', 'storedSum + sendingSum, totalBytes - 1)', 'storedSum + sendingSum, totalBytes)'),
  ),
  engine(
    'forgets what it gives up',
    edit(
      'engine/upload',
      '  for (const uploadId of ids) await abandon(life, past, uploadId)\n}',
      '  past.leftovers.clear()\n}',
    ),
  ),
  engine(
    'believes its record of a part although the service has another',
    edit(
      'engine/reconcile',
      'return listed.crc64 === undefined ? listed.etag === proof.etag : listed.crc64 === proof.crc64',
      'return listed.partNumber === proof.partNumber',
    ),
  ),
  engine(
    'takes any object of the same size for its own when the upload is gone',
    edit('engine/settle-gone', '  if (crc64 !== info.crc64) return undefined\n', ''),
  ),
  engine(
    'does not write down what it has stored',
    edit(
      'engine/transfer',
      '    const line = recordOrStop(life, { kind, uploadId: ref.uploadId, ...mark(adopted), ...proof })\n',
      '    const line = Promise.resolve()\n',
    ),
  ),
  engine(
    'aborts what others began',
    edit(
      'engine/recovery',
      '    const uploadIds = found.map(({ uploadId }) => uploadId)\n    const message = `Unfinished',
      '    const uploadIds = found.map(({ uploadId }) => uploadId)\n    for (const { key, uploadId } of found) await life.ports.service.abortMultipartUpload({ key, uploadId }, { headers: {}, signal: life.signal })\n    const message = `Unfinished',
    ),
  ),
]
