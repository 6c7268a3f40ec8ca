/** What is recorded: the moments that a person at a terminal should recognise. */
import type { Session } from './record.js'

const MiB = 1024 * 1024
const slow = '-j 2 --part-size 1MiB --multipart-threshold 1MiB --limit-rate 4MiB/s'

/** The service is busy, for a while, whatever part comes. */
const busy = {
  effect: 'error',
  code: 'ServiceUnavailable',
  status: 503,
  operation: 'UploadPart',
  skip: 4,
  times: 8,
} as const

export const sessions: readonly Session[] = [
  {
    name: 'first-upload',
    title: 'A first upload.',
    columns: 100,
    files: { 'backup.tar': 16 * MiB },
    steps: [
      { type: `longhaul put ${slow} backup.tar oss://examplebucket/backups/` },
      { type: 'longhaul verify backup.tar oss://examplebucket/backups/backup.tar' },
    ],
  },
  {
    name: 'interrupted',
    title: 'Ctrl-C in the middle, a look at what is unfinished, and the same command once more.',
    columns: 100,
    files: { 'backup.tar': 16 * MiB },
    steps: [
      { type: `longhaul put ${slow} backup.tar oss://examplebucket/backups/`, pressAt: 3 },
      { type: 'longhaul uploads' },
      { type: `longhaul put ${slow} backup.tar oss://examplebucket/backups/` },
      { type: 'longhaul uploads' },
    ],
  },
  {
    name: 'forty-columns',
    title:
      'A terminal of 40 columns, while the service is busy for a while, and then gone for longer than we may wait.',
    columns: 40,
    files: { 'backup.tar': 12 * MiB },
    steps: [
      { type: `longhaul put ${slow} backup.tar oss://examplebucket/backups/`, faults: [busy] },
      {
        type: `longhaul put --retry-for 2s ${slow} backup.tar oss://examplebucket/again/`,
        faults: [{ ...busy, times: null }],
      },
    ],
  },
  {
    name: 'folder-with-failures',
    title: 'A folder of which one file is refused; the same command sends that one alone.',
    columns: 100,
    files: { 'photos/a.jpg': 3 * MiB, 'photos/b.jpg': 2 * MiB, 'photos/2026/c.raw': 12 * MiB },
    steps: [
      {
        type: `longhaul put -r ${slow} photos oss://examplebucket/backups/`,
        faults: [
          { key: 'backups/photos/b.jpg', effect: 'error', code: 'AccessDenied', status: 403, times: null },
        ],
      },
      { type: `longhaul put -r ${slow} photos oss://examplebucket/backups/` },
    ],
  },
  {
    name: 'dry-run',
    title: 'What would be sent, before and after an interruption.',
    columns: 100,
    files: { 'backup.tar': 16 * MiB },
    steps: [
      {
        type: `longhaul put --dry-run ${slow} --storage-class IA backup.tar oss://examplebucket/backups/`,
      },
      { type: `longhaul put ${slow} --storage-class IA backup.tar oss://examplebucket/backups/`, pressAt: 3 },
      {
        type: 'longhaul put --dry-run --storage-class IA backup.tar oss://examplebucket/backups/',
      },
    ],
  },
]
