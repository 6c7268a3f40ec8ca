/** Broken engines of inputs that come once; the world of streams has to see every one of them. */
import { type BrokenEngine, edit, engine } from './edit.js'

export const brokenStreams: readonly BrokenEngine[] = [
  engine(
    'completes although the input failed',
    edit(
      'sources/stream',
      '      if (signal.aborted || cause instanceof UploadError) throw cause\n',
      '      if (signal.aborted || cause instanceof UploadError) throw cause\n      if (cause !== undefined) return undefined\n',
    ),
  ),
  engine(
    'completes when it is told to stop',
    edit(
      'sources/stream',
      '      if (signal.aborted || cause instanceof UploadError) throw cause\n',
      '      if (signal.aborted) return undefined\n      if (cause instanceof UploadError) throw cause\n',
    ),
    edit(
      'engine/stream-upload',
      '      throwIfCancelled(scope.signal)\n      const task: Promise<void>',
      '      const task: Promise<void>',
    ),
    edit(
      'engine/stream-upload',
      '  const identity = await life.ports.source.identity()\n  throwIfCancelled(life.signal)\n',
      '  const identity = await life.ports.source.identity()\n',
    ),
  ),
  engine(
    'does not hold what is sent against what came',
    edit('engine/stream-upload', '      assertAsItCame(piece, proof.crc64)\n', ''),
    edit(
      'sources/spool',
      '          if (block.loans === 0 && block.leaving) stock.giveBack(block)\n',
      '          if (block.loans === 0) stock.giveBack(block)\n',
    ),
  ),
  engine(
    'leaves its upload when it is stopped',
    edit(
      'engine/stream-upload',
      '    await giveUp(life, past, uploadId)\n',
      '    if (!life.signal.aborted) await giveUp(life, past, uploadId)\n',
    ),
  ),
  engine(
    'leaves its upload when the input fails',
    edit(
      'engine/stream-upload',
      '    await giveUp(life, past, uploadId)\n',
      "    if (!(error instanceof UploadError && error.code === 'source-missing')) await giveUp(life, past, uploadId)\n",
    ),
  ),
  engine(
    'gives the memory of a part away before it is sent',
    edit(
      'engine/stream-upload',
      '      const proof = await sendPart(life, { ref }, part, scope)\n',
      '      await life.ports.source.drop(piece)\n      const proof = await sendPart(life, { ref }, part, scope)\n',
    ),
    edit(
      'sources/spool',
      '      for (const block of blocks.splice(0)) {',
      '      for (const block of blocks) {',
    ),
    edit(
      'sources/stream',
      '      pieces.delete(start)\n      await kept?.free()\n',
      '      await kept?.free()\n',
    ),
  ),
  engine(
    'sends the bytes of another part when it sends one again',
    edit(
      'engine/stream-upload',
      '      const proof = await sendPart(life, { ref }, part, scope)\n',
      `      const { source } = life.ports
      let tries = 0
      const slice = (start: number, end: number) => {
        tries += 1
        return tries > 1 && end - start === first.size && start > 0 ? source.slice(0, first.size) : source.slice(start, end)
      }
      const wrong = { ...life, ports: { ...life.ports, source: { ...source, slice } } }
      const proof = await sendPart(wrong, { ref }, part, scope)
`,
    ),
    edit('engine/stream-upload', '      assertAsItCame(piece, proof.crc64)\n', ''),
    edit('engine/stream-upload', '      await life.ports.source.drop(piece)\n', ''),
  ),
  engine(
    'keeps pieces that are sent',
    edit('engine/stream-upload', '      await life.ports.source.drop(piece)\n', ''),
  ),
  engine(
    'reads on without waiting for what is under way',
    edit(
      'engine/stream-upload',
      '      while (running.size >= life.numThreads) await Promise.race(running)\n',
      '',
    ),
  ),
  engine(
    'does not write down that its abort is owed',
    edit(
      'engine/begin',
      "      await recordOrFail(life, { kind: 'aborting', uploadId: opened.uploadId })\n",
      '',
    ),
    edit(
      'engine/begin',
      '    await recordOrFail(life, opened)\n',
      '    if (once === undefined) await recordOrFail(life, opened)\n',
    ),
  ),
  engine(
    'forgets the checkpoint although the abort failed',
    edit(
      'engine/stream-upload',
      '    if (!(await abortOwn(last, uploadId))) return\n',
      '    await abortOwn(last, uploadId)\n',
    ),
  ),
  engine(
    'aborts under the signal that stopped it',
    edit('engine/stream-upload', '    signal: scope.signal,\n', '    signal: life.signal,\n'),
  ),
  engine(
    'does not say that its object may be there',
    edit(
      'engine/stream-words',
      'const open = end.mayBeStored() && ',
      'const open = !end.mayBeStored() && end.mayBeStored() && ',
    ),
  ),
  engine(
    'holds the time that a producer takes against the service',
    edit(
      'engine/stream-upload',
      '  // A producer may take its time: that is no silence of the service.\n  life.liveness.moved()\n',
      '',
    ),
  ),
  engine(
    'counts what was only read as done',
    edit(
      'engine/stream-progress',
      'call(Math.min(provedBytes + sendingBytes, readBytes - 1))',
      'call(Math.max(0, readBytes - 1))',
    ),
  ),
  engine(
    'sends on although another process holds the key',
    edit('engine/stream-upload', '      await assertHeld(life, ref.uploadId)\n', ''),
    edit('engine/commit', '  await assertHeld(life, uploadId)\n  await recordOrWarn', '  await recordOrWarn'),
    edit('engine/commit', '    await assertHeld(life)\n    try {', '    try {'),
  ),
]
