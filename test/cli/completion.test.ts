/** The completion scripts in the shells they are for: real bash, and zsh and fish where they are installed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryFolder } from '../library/world.js'
import { runInProcess } from './in-process.js'

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0'], { timeout: 20_000 }).status === 0
}

const skip = (shell: string): string | false => (has(shell) ? false : `this machine has no ${shell}`)

/** A folder with the script, some files and a folder of its own. */
async function scene(t: TestContext, shell: string): Promise<string> {
  const folder = await temporaryFolder(t)
  const { out } = await runInProcess(['completion', shell], {})
  writeFileSync(join(folder, '.completion'), `${out.join('\n')}\n`)
  for (const name of ['backup.tar', 'back up.iso']) writeFileSync(join(folder, name), '')
  mkdirSync(join(folder, 'backups'))
  return folder
}

function run(shell: string, args: readonly string[], folder: string, input = ''): string {
  const ended = spawnSync(shell, args, {
    cwd: folder,
    input,
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb' },
  })
  assert.equal(ended.status, 0, `${shell}: ${ended.stderr}`)
  assert.equal(ended.stderr, '', shell)
  return ended.stdout
}

/** What was typed, as the words of the shell, and all that it may become. */
const cases: readonly (readonly [words: readonly string[], becomes: readonly string[]])[] = [
  [['di'], ['discard']],
  [['comp'], ['completion']],
  [['cp'], ['cp']],
  [
    ['put', '--sto'],
    ['--store', '--storage-class'],
  ],
  [['cp', '--storage-class', 'A'], ['Archive']],
  [
    ['put', '--verify', ''],
    ['always', 'changed', 'paranoid'],
  ],
  [
    ['put', 'back'],
    ['backup.tar', 'back up.iso', 'backups'],
  ],
  [['put', '--json', 'backup.'], ['backup.tar']],
  [['put', '--store', 'back'], ['backups']],
  [
    ['put', '--limit-rate-file', 'back'],
    ['backup.tar', 'back up.iso', 'backups'],
  ],
  [['put', '--meta', 'back'], []],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['serve', '--durability', 'd'], ['durable']],
  [['-'], ['--version', '--help']],
]

test('bash completes commands, flags, choices, files and folders', { skip: skip('bash') }, async (t) => {
  const folder = await scene(t, 'bash')
  const withEquals: typeof cases = [
    [['put', '--storage-class', '=', 'C'], ['ColdArchive']],
    [
      ['put', '--verify', '='],
      ['always', 'changed', 'paranoid'],
    ],
    [['put', '--', '--sto'], []],
  ]
  for (const [words, becomes] of [...cases, ...withEquals]) {
    const quoted = ['longhaul', ...words].map((word) => `'${word}'`).join(' ')
    const script = `source ./.completion; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _longhaul; printf '%s\\n' "\${COMPREPLY[@]}"`
    const said = run('bash', ['--norc', '-c', script], folder)
    const got = said.split('\n').filter((line) => line !== '')
    assert.deepEqual(got.sort(), [...becomes].sort(), words.join(' '))
  }
  assert.match(
    run('bash', ['--norc', '-c', 'source ./.completion; complete -p longhaul'], folder),
    /-F _longhaul longhaul/,
  )
})

test('fish completes the same', { skip: skip('fish') }, async (t) => {
  const folder = await scene(t, 'fish')
  const asked = cases.filter(([words]) => words.at(-1) !== '-')
  const script = asked.map(([words]) => `complete -C 'longhaul ${words.join(' ')}'; echo ----`).join('\n')
  const said = run('fish', ['--no-config', '-c', `source ./.completion\n${script}`], folder)
  const answers = said.split('----\n').map((answer) => answer.split('\n').filter((line) => line !== ''))
  for (const [index, [words, becomes]] of asked.entries()) {
    const got = (answers[index] ?? []).map((line) =>
      (line.split('\t')[0] ?? '').replace(/\/$/, '').replaceAll('\\', ''),
    )
    assert.deepEqual(got.sort(), [...becomes].sort(), words.join(' '))
  }
})

/** A terminal within zsh, in which a line is typed and completed as far as only one way is left. */
const typed: readonly (readonly [line: string, becomes: string])[] = [
  ['longhaul disc', 'longhaul discard '],
  ['longhaul put --storage-class Col', 'longhaul put --storage-class ColdArchive '],
  ['longhaul put --storage-class=Deep', 'longhaul put --storage-class=DeepColdArchive '],
  ['longhaul put --multipart-t', 'longhaul put --multipart-threshold='],
  ['longhaul put backup.', 'longhaul put backup.tar '],
  ['longhaul put --store backup', 'longhaul put --store backups/'],
  ['longhaul completion fi', 'longhaul completion fish '],
  ['longhaul cp --no-guess', 'longhaul cp --no-guess-content-type '],
]

test('zsh completes the same in a terminal of its own', { skip: skip('zsh') }, async (t) => {
  const folder = await scene(t, 'zsh')
  const script = `
zmodload zsh/zpty || exit 1
zpty inner "zsh -f -i"
zpty -w inner 'PS1=; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source ./.completion; show() { print -rn -- "<$BUFFER>"; zle -I; BUFFER= }; zle -N show; bindkey "^X" show; LISTMAX=10000; print re""ady'
zpty -r inner said '*ready*'
for line in ${typed.map(([line]) => `'${line}'`).join(' ')}; do
  zpty -w -n inner "$line"$'\\t\\C-X'
  zpty -r inner said '*<*>*'
  print -r -- "\${\${said##*<}%%>*}|"
done
zpty -d inner
`
  const said = run('zsh', ['-f', '-c', script], folder)
  assert.deepEqual(
    said.split('|\n').slice(0, -1),
    typed.map(([, becomes]) => becomes),
  )
})
