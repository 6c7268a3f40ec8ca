/** Mutants that nothing notices because nobody can: each with the reason. `npm run mutation` keeps this list true. */
import type { Explanation } from './report.js'

const inOrder = 'The order in which parts are read again shows in nothing but the way of a disk’s arm.'
const noProof = 'What is no proof has no size, so it is passed over like none.'
const unread =
  'The receipt of an upload whose callback failed is shown to nobody: the failure is what is told.'

export const explanations: readonly Explanation[] = [
  {
    file: 'src/engine/checkpoint.ts',
    change:
      'return { opened, parts, committed, ...(completing === undefined ? {} : { completing }) } | completing === undefined -> false',
    why: 'Readers ask whether completing is undefined, and it is, whether the name is there or not.',
  },
  {
    file: 'src/engine/reconcile.ts',
    change: `if (verify === 'paranoid') return [] | [] -> ["Stryker was here"]`,
    why: noProof,
  },
  {
    file: 'src/engine/reconcile.ts',
    change: `if (verify === 'always') return verified === undefined ? [] : [verified] | [] -> ["Stryker was here"]`,
    why: noProof,
  },
  {
    file: 'src/engine/commit.ts',
    change:
      'fates = [...proofs.values()] | [...proofs.values()] .sort((a, b) => a.partNumber - b.partNumber) -> [...proofs.values()]',
    why: inOrder,
  },
  {
    file: 'src/engine/commit.ts',
    change:
      '.sort((a, b) => a.partNumber - b.partNumber) | (a, b) => a.partNumber - b.partNumber -> () => undefined',
    why: inOrder,
  },
  {
    file: 'src/engine/commit.ts',
    change:
      '.sort((a, b) => a.partNumber - b.partNumber) | a.partNumber - b.partNumber -> a.partNumber + b.partNumber',
    why: inOrder,
  },
  {
    file: 'src/engine/commit.ts',
    change: `return { kind: 'keep', partNumber: proof.partNumber, proof } | 'keep' -> ""`,
    why: 'A fate is sent, checked, or else kept: there are three kinds, which the compiler counts.',
  },
  {
    file: 'src/engine/commit.ts',
    change: `return { kind: 'gone', message: 'The multipart upload does not exist any more at the service.' } | 'gone' -> ""`,
    why: 'An end is stored, missed a part, or else gone: there are three kinds, which the compiler counts.',
  },
  {
    file: 'src/engine/commit.ts',
    change: `const receipt = await confirmed(life, { etag: '' }, ours) | { etag: '' } -> {}`,
    why: unread,
  },
  {
    file: 'src/engine/commit.ts',
    change: `const receipt = await confirmed(life, { etag: '' }, ours) | '' -> "Stryker was here!"`,
    why: unread,
  },
]
