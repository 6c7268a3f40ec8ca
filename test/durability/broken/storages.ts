/**
 * Storages that are broken on purpose, each by a few lines: the crash model has to see every one of them. Two more meet too
 * rarely: one that forgets a folder sync that failed for a request given up, which `failing-disk.test.ts` sees, and one that
 * hands out spares while their folder is being synced, met once in 4,161 seeds, which `spares.test.ts` sees.
 */
import { type Broken, type Edit, edit } from '../../support/broken.js'

const storage = (name: string, ...edits: readonly Edit[]): Broken => ({ name, edits })

const at = (file: string, find: string, replace: string): Edit =>
  edit(`server/storage/${file}`, find, replace)

export const brokenStorages: readonly Broken[] = [
  storage(
    'acknowledges before the content is synced',
    at(
      'disk-contents',
      'await file.datasync().catch(',
      'void file.datasync().catch(() => undefined)\n        await Promise.resolve().catch(',
    ),
  ),
  storage(
    'never syncs the folder of a content',
    at(
      'disk-contents',
      'const entered = opened.then(() => (durable ? syncFan(fanOf(id)) : undefined))',
      'const entered = Promise.resolve()',
    ),
  ),
  storage('does not wait for the folder of a content', at('disk-contents', '        await entered\n', '')),
  storage('hands out spares whose folder was not synced', at('spares', '      await sync(spares)\n', '')),
  storage(
    'syncs the folder of spares before they are made',
    at(
      'spares',
      '    const made = await Promise.allSettled(Array.from({ length: count }, make))\n',
      '    const making = Promise.allSettled(Array.from({ length: count }, make))\n    await sync(ready)\n    const made = await making\n',
    ),
    at('spares', '      await sync(spares)\n', ''),
  ),
  storage(
    'hands out a spare twice',
    at(
      'spares',
      '      const spare = ready.shift()\n',
      '      const spare = ready[0]\n      if (count !== 2) ready.shift()\n      else count += 1\n',
    ),
  ),
  storage(
    'takes what lies there at the start for spares',
    at(
      'disk-contents',
      '  function taken(): NamedFile | undefined {\n',
      '  const lying = (await Promise.all(fans.map((fan) => disk.names(join(folder, fan))))).flat()\n  function taken(): NamedFile | undefined {\n    const id = lying.pop()\n    if (id !== undefined) return { id, opened: disk.open(pathOf(id)), entered: Promise.resolve() }\n',
    ),
  ),
  storage(
    'leaves spares behind when it closes',
    at('spares', '      await Promise.all(ready.splice(0).map(remove))\n', ''),
  ),
  storage(
    'writes into a block that is on its way to the disk',
    at(
      'content-writer',
      '      await writeAll(file, firstBytes(full, bytes))\n      for (const block of full) blocks.give(block)\n',
      '      for (const block of full) blocks.give(block)\n      await writeAll(file, firstBytes(full, bytes))\n',
    ),
  ),
  storage(
    'lets a folder sync that had begun count for a later name',
    at(
      'disk-contents',
      '    const waiting = next.get(name)\n',
      '    return current\n    const waiting = next.get(name)\n',
    ),
  ),
  storage(
    'commits metadata before the content is sealed',
    at('core', 'await guarded(opened.seal())', 'void guarded(opened.seal()).catch(() => undefined)'),
  ),
  storage('commits without a sync', at('disk-ledger', '{ sync: durable }', '{ sync: false }')),
  storage(
    'does not sync the folder of new log files',
    at('disk-ledger', '      if (durable) await syncNewFiles()\n', ''),
  ),
  storage(
    'answers before the commit is done',
    at(
      'disk-ledger',
      '        await write(group.flatMap((commit) => commit.changes))\n',
      '        void write(group.flatMap((commit) => commit.changes)).catch(() => undefined)\n',
    ),
  ),
  storage(
    'goes on committing behind a commit that failed',
    at('disk-ledger', '      failure = { error }\n', ''),
    at(
      'core',
      'if (error instanceof NoRoomError) throw notTaken(error)\n      throw fail(error)\n',
      'throw notTaken(error)\n',
    ),
  ),
  storage(
    'goes on after a content sync that failed',
    at('core', 'if (error instanceof DurabilityError) throw fail(error)\n', ''),
    at('core', '    if (broken !== undefined) throw fail(broken)\n', ''),
    at('disk-contents', '        if (failure !== undefined) throw failure\n', ''),
    at('disk-contents', 'noted(new DurabilityError(', 'void (new DurabilityError('),
  ),
  storage(
    'removes contents before the commit that lets go of them',
    at(
      'references',
      '          await commit([...first, ...changes])\n',
      '          for (const id of gone) readers.drop(id)\n          await commit([...first, ...changes])\n',
    ),
  ),
  storage(
    'forgets to count a copy',
    at(
      'references',
      '    changes.push(after < before ? { ...count, makesRoom: true } : count)\n',
      '    if (after === 0) changes.push(count)\n',
    ),
  ),
  storage(
    'writes down the count of a copy in a commit of its own',
    at(
      'references',
      '          await commit([...first, ...changes])\n',
      '          if (first.length === 0) await ledger.commit(changes)\n          await commit(first.length === 0 ? [] : [...first, ...changes])\n',
    ),
  ),
  storage(
    'forgets to let go of a replaced object',
    at('objects', '        dropped: [...retired.dropped, ...dropped],\n', '        dropped,\n'),
  ),
  storage(
    'completes in two commits',
    at(
      'uploads',
      '          const changes = await forget(ref, parts)\n',
      '          await commit(await forget(ref, parts))\n          const changes: never[] = []\n',
    ),
  ),
  storage(
    'is done with a leftover before what it names has gone',
    at(
      'leftovers',
      '      await commit([done], { dropped: ids })\n',
      '      await commit([done])\n      await commit([], { dropped: ids })\n',
    ),
  ),
  storage(
    'forgets what an earlier life left over',
    at('core', '  leftovers.sweep()\n\n  return {', '  return {'),
  ),
  storage(
    'does not remove what nobody refers to at the start',
    at('disk', '    await removeUnreferenced(ledger, contents)\n', ''),
  ),
  storage(
    'removes too much at the start',
    at(
      'disk',
      '      if (referenced?.key === key) continue\n',
      '      if (referenced?.key === key && removed === 0) continue\n',
    ),
  ),
  storage(
    'does not sync the folders that it makes',
    at('disk', '  if (durable) await disk.syncFolder(parent)\n', ''),
    at('disk', '  await disk.syncFolder(path)\n', ''),
    at('disk', '  await disk.syncFolder(dirname(path)).catch(', '  await Promise.resolve().catch('),
  ),
  storage(
    'trusts the folders that an earlier start made',
    at('disk', '  await disk.syncFolder(path)\n', ''),
    at('disk', '  await disk.syncFolder(dirname(path)).catch(', '  await Promise.resolve().catch('),
  ),
  storage(
    'does not sync the fan of folders',
    at('disk-contents', '  if (durable) await disk.syncFolder(folder)\n', ''),
  ),
]
