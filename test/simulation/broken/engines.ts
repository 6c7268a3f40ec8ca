/**
 * Engines that are broken on purpose, each by a few lines: the simulation has to see every one of them. A text to find
 * stands exactly once in its file; a test keeps that true.
 */

export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface BrokenEngine {
  readonly name: string
  readonly edits: readonly Edit[]
}

const engine = (name: string, ...edits: readonly Edit[]): BrokenEngine => ({ name, edits })

const edit = (file: string, find: string, replace: string): Edit => ({
  file: `src/${file}.ts`,
  find,
  replace,
})

const beforeCheck = "  const recorded = history.verified ?? history.stored\n  return {\n    kind: 'check',"

const keepAs = (proof: string): string =>
  `${beforeCheck.split('\n')[0]}\n  ${proof}\n  return {\n    kind: 'check',`

const oneIdentity = `for (const [number, { stored, verified }] of upload.parts) {
          const { identity } = record
          upload.parts.set(number, {
            ...(stored === undefined ? {} : { stored: { ...stored, identity } }),
            ...(verified === undefined ? {} : { verified: { ...verified, identity } }),
          })
        }`

/** The first eighteen are those the project has always asked for; the others were added since. */
export const brokenEngines: readonly BrokenEngine[] = [
  engine(
    'skips the re-hash of what is on record',
    edit(
      'engine/reconcile',
      beforeCheck,
      keepAs(
        "if (recorded !== undefined) return { kind: 'keep', partNumber, proof: { ...recorded, size, etag: listed.etag, identity: input.identity } }",
      ),
    ),
  ),
  engine(
    'trusts ListParts',
    edit(
      'engine/reconcile',
      beforeCheck,
      keepAs(
        "if (listed.crc64 !== undefined) return { kind: 'keep', partNumber, proof: { partNumber, size, etag: listed.etag, crc64: listed.crc64, identity: input.identity } }",
      ),
    ),
  ),
  engine(
    'has one current identity instead of one per line',
    edit(
      'engine/checkpoint',
      '        upload.parts.set(record.partNumber, { stored: record })\n',
      `        upload.parts.set(record.partNumber, { stored: record })\n        ${oneIdentity}\n`,
    ),
    edit('engine/checkpoint', 'verified: record })\n', `verified: record })\n        ${oneIdentity}\n`),
  ),
  engine(
    'does not look at the object after an odd Complete',
    edit(
      'engine/commit',
      'const settlement = await settle(life, expected)',
      "const settlement: any = { kind: 'absent' }",
    ),
  ),
  engine(
    'takes FileAlreadyExists for its own object',
    edit(
      'engine/commit',
      '  const settlement = await settle(life, expected)',
      "  if (error.meaning === 'object-exists') return { kind: 'stored', opened, crc64: expected.crc64, receipt: { etag: '' }, uploadMayRemain: true }\n  const settlement = await settle(life, expected)",
    ),
  ),
  engine(
    'takes FileAlreadyExists for a failure',
    edit(
      'engine/commit',
      '  const settlement = await settle(life, expected)',
      "  if (error.meaning === 'object-exists') throw uploadErrorFrom('conflict', 'It exists.', error)\n  const settlement = await settle(life, expected)",
    ),
  ),
  engine(
    'appends after a torn tail without cutting it',
    edit('checkpoints/journal-file', 'if (wholeBytes < bytes.length) await handle.truncate(wholeBytes)', ''),
  ),
  engine(
    'ends the fold at a bad line',
    edit(
      'checkpoints/lines',
      '      damaged.push(new TextDecoder().decode(raw))\n',
      '      damaged.push(new TextDecoder().decode(raw))\n      break\n',
    ),
  ),
  engine(
    'completes before the re-hash has ended',
    edit(
      'engine/transfer',
      "else if (fate.kind === 'check') toCheck.push(fate.claim)",
      `else if (fate.kind === 'check') {
      const { claim } = fate
      toCheck.push(claim)
      const { etag } = claim.listed
      const crc64 = claim.recorded?.crc64 ?? claim.listed.crc64 ?? '0'
      const identity = await life.ports.source.identity()
      proofs.set(claim.partNumber, { partNumber: claim.partNumber, size: claim.size, etag, crc64, identity })
    }`,
    ),
    edit('engine/transfer', '} else if (openChecks > 0) {', '} else if (openChecks > 1e9) {'),
    edit(
      'engine/transfer',
      '    ...Array.from({ length: Math.min(numCheckers, toCheck.length) }, checker),\n',
      '',
    ),
  ),
  engine(
    'asks for Initiate again without looking for the first',
    edit('engine/begin', 'if (lost && since !== undefined) {', 'if (lost && since === null) {'),
  ),
  engine(
    'adopts any upload of the key',
    edit(
      'engine/recovery',
      'if (candidate === undefined || found.length > 1) return undefined',
      'if (candidate === undefined) return undefined',
    ),
    edit('engine/recovery', 'return page.parts.length === 0 ? candidate : undefined', 'return candidate'),
  ),
  engine(
    'keeps only the contiguous prefix',
    edit(
      'engine/reconcile',
      '    fates.push(fateOf(partNumber, input))',
      "    const hole = fates.some((fate) => fate.kind === 'send')\n    fates.push(hole ? { kind: 'send', partNumber } : fateOf(partNumber, input))",
    ),
  ),
  engine(
    'begins anew without settling when the upload is gone',
    edit(
      'engine/settle-gone',
      "  const seen = await lookAtObject(life)\n  if (seen.kind === 'unknown') {",
      "  if (completing !== null) return gone('')\n  const seen = await lookAtObject(life)\n  if (seen.kind === 'unknown') {",
    ),
  ),
  engine(
    'drops the checkpoint on any error',
    edit(
      'engine/upload',
      '      return await liveOn(life)\n    } finally {',
      '      return await liveOn(life)\n    } catch (error) {\n      await log.remove()\n      throw error\n    } finally {',
    ),
  ),
  engine(
    'reuses a block before the sink is done with it',
    edit(
      'sources/pump',
      '  try {\n    await sink(loan.bytes)\n  } finally {\n    loan.giveBack()\n  }',
      '  const sunk = sink(loan.bytes)\n  loan.giveBack()\n  await sunk',
    ),
  ),
  engine(
    'does not check the lock again before Complete',
    edit(
      'engine/commit',
      "  await assertHeld(life, uploadId)\n  await recordOrWarn(life, {\n    kind: 'completing',",
      "  await recordOrWarn(life, {\n    kind: 'completing',",
    ),
    edit('engine/commit', '    await assertHeld(life)\n    try {', '    try {'),
  ),
  engine(
    'counts an expired token as denied',
    edit('engine/retry', "  'credentials-rejected',\n  'clock-skew',\n])", "  'clock-skew',\n])"),
  ),
  engine(
    'counts unproved parts as progress',
    edit(
      'engine/transfer',
      "else if (fate.kind === 'check') toCheck.push(fate.claim)",
      "else if (fate.kind === 'check') {\n      toCheck.push(fate.claim)\n      life.progress.kept(fate.partNumber, fate.claim.size)\n    }",
    ),
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
      '  if (crc64 === ours.crc64) return { ...receipt, crc64 }',
      '  if (crc64 !== undefined) return { ...receipt, crc64 }',
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
    'does not write down the upload id',
    edit(
      'engine/begin',
      '  try {\n    await recordOrFail(life, opened)\n',
      '  try {\n    if (opened.size < 0) await recordOrFail(life, opened)\n',
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
      'engine/upload',
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
      'engine/upload',
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
      "        await recordOrStop(life, { kind: 'stored', uploadId: ref.uploadId, ...mark(adopted), ...proof })\n",
      '',
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
