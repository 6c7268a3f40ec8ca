/**
 * A disk that knows, of every file and every folder, what was synced. A power cut keeps that, and of the rest any part in
 * any order: of names each on its own, of bytes each sector on its own. What a failed sync had to write is lost for good,
 * and later syncs say nothing of it, as Linux has it.
 */
import { basename, dirname } from 'node:path'
import type { Disk } from '../../src/server/storage/disk-port.js'
import { DurabilityError } from '../../src/server/storage/ledger.js'
import type { Luck } from '../simulation/world.js'
import type { Life } from './life.js'

const SECTOR = 512
const PLENTY = 2 ** 40

interface Write {
  readonly offset: number
  readonly bytes: Uint8Array
}

interface FileNode {
  readonly kind: 'file'
  bytes: Uint8Array
  synced: Uint8Array
  unsynced: Write[]
}

interface NameChange {
  readonly name: string
  readonly node: Node | undefined
}

interface FolderNode {
  readonly kind: 'folder'
  entries: Map<string, Node>
  synced: Map<string, Node>
  unsynced: NameChange[]
}

type Node = FileNode | FolderNode

/** Chances, by the call, of what can go wrong with a disk that is not crashing. */
export interface DiskTrouble {
  readonly syncFails: number
  readonly full: number
  /** It says that it synced these, and did not. */
  readonly forgets?: 'files' | 'folders' | undefined
}

export const NO_TROUBLE: DiskTrouble = { syncFails: 0, full: 0 }

export interface SimulatedDisk {
  /** As one life reaches it. */
  port(life: Life, luck: Luck, trouble?: DiskTrouble): Disk
  /** Everything that was not synced is at luck's mercy. */
  cutPower(luck: Luck): void
  /** Paths and sizes of the files below a folder, as they are seen now. */
  files(folder: string): ReadonlyMap<string, number>
}

export function createSimulatedDisk(): SimulatedDisk {
  const root = newFolder()

  function find(path: string): Node {
    let node: Node = root
    for (const name of path.split('/').filter((part) => part !== '')) {
      const inner: Node | undefined = node.kind === 'folder' ? node.entries.get(name) : undefined
      if (inner === undefined) throw failure('ENOENT', path)
      node = inner
    }
    return node
  }

  function folderAt(path: string): FolderNode {
    const node = find(path)
    if (node.kind !== 'folder') throw failure('ENOTDIR', path)
    return node
  }

  function fileAt(path: string): FileNode {
    const node = find(path)
    if (node.kind !== 'file') throw failure('EISDIR', path)
    return node
  }

  function enter(path: string, node: Node): void {
    const folder = folderAt(dirname(path))
    if (folder.entries.has(basename(path))) throw failure('EEXIST', path)
    change(folder, basename(path), node)
  }

  return {
    port: (life, luck, trouble = NO_TROUBLE) =>
      createPort({ life, luck, trouble, find, folderAt, fileAt, enter }),
    cutPower: (luck) => cutPower(root, luck),
    files(folder) {
      const found = new Map<string, number>()
      const visit = (path: string, node: Node): void => {
        if (node.kind === 'file') found.set(path, node.bytes.length)
        else for (const [name, inner] of node.entries) visit(`${path}/${name}`, inner)
      }
      visit(folder, find(folder))
      return found
    },
  }
}

interface PortParts {
  readonly life: Life
  readonly luck: Luck
  readonly trouble: DiskTrouble
  find(path: string): Node
  folderAt(path: string): FolderNode
  fileAt(path: string): FileNode
  enter(path: string, node: Node): void
}

function createPort({ life, luck, trouble, find, folderAt, fileAt, enter }: PortParts): Disk {
  const short = (path: string): string => path.split('/').slice(-2).join('/').slice(0, 20)
  const mayBeFull = (path: string): void => {
    if (luck.chance(trouble.full)) throw failure('ENOSPC', path)
  }

  /** What stood there when the sync was asked for is synced; what came since need not be. */
  function sync(node: Node, path: string, makeError: (cause: Error) => Error): Promise<void> {
    const count = node.unsynced.length
    return life.step(`sync ${short(path)}`, () => {
      const fails = luck.chance(trouble.syncFails)
      if (node.kind === 'file') {
        if (trouble.forgets === 'files') return
        const writes = node.unsynced.splice(0, count)
        if (!fails) for (const write of writes) node.synced = withWrite(node.synced, write)
      } else {
        if (trouble.forgets === 'folders') return
        const changes = node.unsynced.splice(0, count)
        if (!fails) for (const { name, node: entry } of changes) apply(node.synced, name, entry)
      }
      if (fails) throw makeError(failure('EIO', path))
    })
  }

  const handle = (node: FileNode, path: string) => ({
    write: (chunks: readonly Uint8Array[]) =>
      life.step(`write ${short(path)}`, () => {
        const bytes = concat(chunks)
        if (luck.chance(trouble.full)) {
          append(node, bytes.subarray(0, luck.below(bytes.length + 1)))
          throw failure('ENOSPC', path)
        }
        // Fewer than were given, as a write may.
        const taken = luck.chance(0.1) ? bytes.subarray(0, 1 + luck.below(bytes.length)) : bytes
        append(node, taken)
        return taken.length
      }),
    read: (into: Uint8Array, offset: number) =>
      life.step(`read ${short(path)}`, () => {
        const found = node.bytes.subarray(offset, offset + into.length)
        into.set(found)
        return found.length
      }),
    datasync: () => sync(node, path, (cause) => cause),
    close: async () => {},
  })

  return {
    makeFolder: (path) => life.step(`mkdir ${short(path)}`, () => enter(path, newFolder())),
    exists: (path) =>
      life.step(`stat ${short(path)}`, () => {
        try {
          return find(path) !== undefined
        } catch {
          return false
        }
      }),
    names: (path) => life.step(`list ${short(path)}`, () => [...folderAt(path).entries.keys()]),
    create: (path) =>
      life.step(`create ${short(path)}`, () => {
        mayBeFull(path)
        const node: FileNode = {
          kind: 'file',
          bytes: new Uint8Array(),
          synced: new Uint8Array(),
          unsynced: [],
        }
        enter(path, node)
        return handle(node, path)
      }),
    open: (path) => life.step(`open ${short(path)}`, () => handle(fileAt(path), path)),
    remove: (path) =>
      life.step(`remove ${short(path)}`, () => {
        fileAt(path)
        change(folderAt(dirname(path)), basename(path), undefined)
      }),
    freeBytes: async () => (luck.chance(trouble.full) ? luck.below(24 * 1024 * 1024) : PLENTY),
    syncFolder: async (path) =>
      sync(
        folderAt(path),
        path,
        (cause) => new DurabilityError(`syncing the folder ${path} failed`, { cause }),
      ),
  }
}

function newFolder(): FolderNode {
  return { kind: 'folder', entries: new Map(), synced: new Map(), unsynced: [] }
}

function change(folder: FolderNode, name: string, node: Node | undefined): void {
  apply(folder.entries, name, node)
  folder.unsynced.push({ name, node })
}

function apply(entries: Map<string, Node>, name: string, node: Node | undefined): void {
  if (node === undefined) entries.delete(name)
  else entries.set(name, node)
}

function append(node: FileNode, bytes: Uint8Array): void {
  const write = { offset: node.bytes.length, bytes: bytes.slice() }
  node.bytes = withWrite(node.bytes, write)
  node.unsynced.push(write)
}

function withWrite(to: Uint8Array, { offset, bytes }: Write): Uint8Array {
  const whole = new Uint8Array(Math.max(to.length, offset + bytes.length))
  whole.set(to)
  whole.set(bytes, offset)
  return whole
}

function cutPower(node: Node, luck: Luck): void {
  if (node.kind === 'file') {
    node.bytes = survivorOf(node, luck)
    node.synced = node.bytes
    node.unsynced = []
    return
  }
  const entries = new Map(node.synced)
  for (const name of new Set(node.unsynced.map((each) => each.name))) {
    const changes = node.unsynced.filter((each) => each.name === name)
    // Of one name's changes those up to some moment; other names have moments of their own.
    for (const { node: entry } of changes.slice(0, luck.below(changes.length + 1)))
      apply(entries, name, entry)
  }
  node.entries = entries
  node.synced = new Map(entries)
  node.unsynced = []
  for (const inner of entries.values()) cutPower(inner, luck)
}

function survivorOf({ synced, unsynced }: FileNode, luck: Luck): Uint8Array {
  const way = luck.below(4)
  if (way === 0 || unsynced.length === 0) return synced
  let bytes = synced
  for (const write of unsynced) {
    for (const piece of sectorsOf(write)) {
      if (way === 1 || luck.chance(0.5)) bytes = withWrite(bytes, piece)
      // The size got there and the bytes did not.
      else if (way === 2) bytes = withWrite(bytes, { ...piece, bytes: new Uint8Array(piece.bytes.length) })
    }
  }
  return bytes
}

function sectorsOf({ offset, bytes }: Write): Write[] {
  const pieces: Write[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + SECTOR - ((offset + start) % SECTOR))
    pieces.push({ offset: offset + start, bytes: bytes.subarray(start, end) })
    start = end
  }
  return pieces
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0))
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
