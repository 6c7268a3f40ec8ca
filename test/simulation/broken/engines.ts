/**
 * Engines that are broken on purpose, each by a few lines: the simulation has to see every one of them. A text to find
 * stands exactly once in its file; a test keeps that true.
 */

import { type BrokenEngine, edit, engine } from './edit.js'
import { moreEngines } from './more-engines.js'

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
    edit('engine/transfer', 'if (openChecks === 0) return', 'if (openChecks < 1e9) return'),
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
  ...moreEngines,
]
