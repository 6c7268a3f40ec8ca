/**
 * `npm test`: everything that needs no more than npm. Format and lint, the build, then every test file; arguments choose
 * some of them. Rings that need another language or a browser have scripts of their own.
 */
import { buildOrRefuse } from './build.mjs'
import { setup } from './setup.mjs'
import { filesBelow, refuse, runNode, say, tools } from './shared.mjs'

/** Folders of rings that npm alone can't run. */
const NEED_MORE_THAN_NPM = ['test/interop/python/', 'test/interop/go/', 'test/interop/ceph/', 'test/browser/']
/** A file that takes longer hangs. */
const FILE_TIMEOUT_MS = 600_000

const USAGE = `npm test [-- [--only] WORD... [--test-OPTION=VALUE...]]
  WORD                  run only test files whose path contains one of the words, and skip the lint
  --test-OPTION=VALUE   goes to Node's test runner, such as --test-name-pattern=resume`

/** Words and runner options apart; `--only` before a word is allowed for reading's sake. */
function readArguments(args) {
  if (args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`)
    process.exit(0)
  }
  const options = args.filter((arg) => arg.startsWith('--test-'))
  const words = args.filter((arg) => arg !== '--only' && !arg.startsWith('--test-'))
  const unknown = words.find((word) => word.startsWith('-'))
  if (unknown !== undefined) refuse(`no such option: ${unknown}\n${USAGE}`, 2)
  return { words, options }
}

function chooseFiles(words) {
  return filesBelow('build')
    .filter((path) => path.endsWith('.test.js'))
    .filter((path) => !NEED_MORE_THAN_NPM.some((folder) => path.startsWith(`build/${folder}`)))
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
}

const startedMs = performance.now()
const { words, options } = readArguments(process.argv.slice(2))
setup()
if (words.length === 0) {
  say('checking format and lint')
  const exitCode = await runNode([tools.biome, 'ci', '--error-on-warnings', '.'])
  if (exitCode !== 0) refuse('format or lint differ, see above. `npm run format` repairs most of it.')
}
await buildOrRefuse({ tests: true })

const files = chooseFiles(words)
if (files.length === 0) refuse(`no test file has ${words.join(' or ')} in its path`, 2)
say(`running ${files.length} test files on Node ${process.versions.node}`)
const exitCode = await runNode([
  '--test',
  '--test-concurrency=2',
  '--test-reporter=spec',
  `--test-timeout=${FILE_TIMEOUT_MS}`,
  ...options,
  ...files,
])
const seconds = Math.round((performance.now() - startedMs) / 1000)
say(`${files.length} test files, ${seconds} s: ${exitCode === 0 ? 'all passed' : 'FAILED, see above'}`)
process.exitCode = exitCode
