/** The completion scripts in the shells they are for: real bash, and zsh and fish where they are installed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryFolder } from '../library/world.js'
import { runInProcess } from './in-process.js'
import { mainScript } from './stage.js'

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0'], { timeout: 20_000 }).status === 0
}

const skip = (shell: string): string | false => (has(shell) ? false : `this machine has no ${shell}`)

/** A folder with the script, some files and a folder of its own. */
async function scene(t: TestContext, shell: string) {
  const folder = await temporaryFolder(t)
  const { out } = await runInProcess(['completion', shell], {})
  writeFileSync(join(folder, '.completion'), `${out.join('\n')}\n`)
  for (const name of ['backup.tar', 'back up.iso']) writeFileSync(join(folder, name), '')
  mkdirSync(join(folder, 'backups'))
  // What they ask the program that they complete for: one unfinished upload and two profiles.
  mkdirSync(join(folder, 'bin'))
  writeFileSync(
    join(folder, 'bin/longhaul'),
    `#!/bin/sh\nexec '${process.execPath}' '${mainScript}' "$@"\n`,
    {
      mode: 0o755,
    },
  )
  writeFileSync(join(folder, 'bin/hacked'), '#!/bin/sh\n: > hacked\n', { mode: 0o755 })
  const environment = environmentOf(folder)
  await runInProcess(['put', join(folder, 'absent'), join(folder, 'gone'), 'oss://examplebucket/many/'], {
    ...environment,
    OSS_ENDPOINT: 'http://127.0.0.1:1',
    OSS_ACCESS_KEY_ID: 'id',
    OSS_ACCESS_KEY_SECRET: 'secret',
  })
  for (const profile of ['beijing', oddProfile]) {
    await runInProcess(['config', 'set', 'region', 'cn-beijing', '--profile', profile], environment)
  }
  const { out: known } = await runInProcess(['words', 'uploads'], environment)
  const [id = '', meaning] = (known[0] ?? '').split('\t')
  assert.match(id, /^[0-9a-f]{8}$/)
  assert.equal(meaning, 'oss://examplebucket/many/')
  return { folder, id }
}

function environmentOf(folder: string) {
  return { HOME: folder, LONGHAUL_HOME: join(folder, 'home'), LONGHAUL_STORE: join(folder, 'store') }
}

function run(shell: string, args: readonly string[], folder: string, input = ''): string {
  const ended = spawnSync(shell, args, {
    cwd: folder,
    input,
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      ...environmentOf(folder),
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      TERM: 'dumb',
    },
  })
  assert.equal(ended.status, 0, `${shell}: ${ended.stderr}`)
  assert.equal(ended.stderr, '', shell)
  return ended.stdout
}

/** A shell that takes it for more than a word makes a file. */
const oddProfile = 'od$(hacked)d'
const quotedProfile = 'od\\$\\(hacked\\)d'

/** What only this machine knows. */
function knownCases(id: string): typeof cases {
  return [
    [['resume', ''], [id]],
    [['discard', '--steal', id.slice(0, 3)], [id]],
    [['discard', 'zz'], []],
    [['put', '--profile', 'bei'], ['beijing']],
    [
      ['config', 'get', '--profile', ''],
      ['beijing', oddProfile],
    ],
  ]
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
  const { folder, id } = await scene(t, 'bash')
  const withEquals: typeof cases = [
    [['put', '--storage-class', '=', 'C'], ['ColdArchive']],
    [
      ['put', '--verify', '='],
      ['always', 'changed', 'paranoid'],
    ],
    [['put', '--', '--sto'], []],
  ]
  for (const [words, becomes] of [...cases, ...withEquals, ...knownCases(id)]) {
    const quoted = ['longhaul', ...words].map((word) => `'${word}'`).join(' ')
    const script = `source ./.completion; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _longhaul; printf '%s\\n' "\${COMPREPLY[@]}"`
    const said = run('bash', ['--norc', '-c', script], folder)
    // Quoted for the line that is typed, where it needs to be.
    const got = said.split('\n').filter((line) => line !== '')
    const bare = got.map((word) => word.replaceAll('\\', ''))
    assert.deepEqual(bare.sort(), [...becomes].sort(), words.join(' '))
    assert.ok(!existsSync(join(folder, 'hacked')), words.join(' '))
  }
  assert.match(
    run('bash', ['--norc', '-c', 'source ./.completion; complete -p longhaul'], folder),
    /-F _longhaul longhaul/,
  )
})

test('fish completes the same', { skip: skip('fish') }, async (t) => {
  const { folder, id } = await scene(t, 'fish')
  const asked = [...cases, ...knownCases(id)].filter(([words]) => words.at(-1) !== '-')
  const script = asked.map(([words]) => `complete -C 'longhaul ${words.join(' ')}'; echo ----`).join('\n')
  const said = run('fish', ['--no-config', '-c', `source ./.completion\n${script}`], folder)
  const answers = said.split('----\n').map((answer) => answer.split('\n').filter((line) => line !== ''))
  for (const [index, [words, becomes]] of asked.entries()) {
    const got = (answers[index] ?? []).map((line) =>
      (line.split('\t')[0] ?? '').replace(/\/$/, '').replaceAll('\\', ''),
    )
    assert.deepEqual(got.sort(), [...becomes].sort(), words.join(' '))
  }
  assert.ok(!existsSync(join(folder, 'hacked')))
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
  const { folder, id } = await scene(t, 'zsh')
  const lines = [
    ...typed,
    [`longhaul resume ${id.slice(0, 4)}`, `longhaul resume ${id} `],
    ['longhaul put --profile=bei', 'longhaul put --profile=beijing '],
    ['longhaul config get --profile od', `longhaul config get --profile ${quotedProfile} `],
  ] as const
  const script = `
zmodload zsh/zpty || exit 1
zpty inner "zsh -f -i"
zpty -w inner 'PS1=; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source ./.completion; show() { print -rn -- "<$BUFFER>"; zle -I; BUFFER= }; zle -N show; bindkey "^X" show; LISTMAX=10000; print re""ady'
zpty -r inner said '*ready*'
for line in ${lines.map(([line]) => `'${line}'`).join(' ')}; do
  zpty -w -n inner "$line"$'\\t\\C-X'
  zpty -r inner said '*<*>*'
  print -r -- "\${\${said##*<}%%>*}|"
done
zpty -d inner
`
  const said = run('zsh', ['-f', '-c', script], folder)
  assert.deepEqual(
    said.split('|\n').slice(0, -1),
    lines.map(([, becomes]) => becomes),
  )
  assert.ok(!existsSync(join(folder, 'hacked')))
})
