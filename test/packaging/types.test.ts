/** The types as a user's compiler sees them: under each module resolution we promise, with our declarations checked too. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fixture } from '../support/paths.js'
import { doors, InstalledPackage, succeed } from './installed.js'

let installed: InstalledPackage

before(async () => {
  installed = await InstalledPackage.make()
  installed.write('consumer.ts', consumerByDoors())
  installed.write(
    'doors.ts',
    doors.map(({ name }, index) => `export * as door${index} from '${name}'\n`).join(''),
  )
  installed.write(
    'required.cts',
    doors.map(({ name }, index) => `import door${index} = require('${name}')\nvoid door${index}\n`).join(''),
  )
  installed.write('wrong.ts', "import { resumableUpload } from 'longhaul'\nresumableUpload(1)\n")
})
after(() => installed?.remove())

/** test/types/consumer.ts with the sources it imports replaced by the doors they stand behind. */
function consumerByDoors(): string {
  const text = doors.reduce(
    (changed, door) => changed.replaceAll(`'../../${door.source.replace(/\.ts$/, '.js')}'`, `'${door.name}'`),
    readFileSync(fixture('test/types/consumer.ts'), 'utf8'),
  )
  assert.ok(!text.includes('../../src'), 'the consumer imports only doors')
  return text
}

function compile(files: readonly string[], options: Readonly<Record<string, unknown>>) {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    typeRoots: [fixture('node_modules/@types')],
    ...options,
  }
  installed.write('tsconfig.json', JSON.stringify({ compilerOptions, files }))
  const tsc = fixture('node_modules/typescript/bin/tsc')
  return installed.node([tsc, '-p', join(installed.folder, 'tsconfig.json')])
}

test('under node16', () => {
  succeed('tsc', compile(['consumer.ts', 'doors.ts'], { module: 'node16', moduleResolution: 'node16' }))
})

test('under bundler, with the types of a browser beside those of Node', () => {
  const options = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom', 'dom.iterable'] }
  succeed('tsc', compile(['consumer.ts', 'doors.ts'], options))
})

test('under nodenext, from a CommonJS file that requires', () => {
  succeed('tsc', compile(['required.cts'], { module: 'nodenext', moduleResolution: 'nodenext' }))
})

test('a wrong call is noticed', () => {
  const ended = compile(['wrong.ts'], { module: 'node16', moduleResolution: 'node16' })
  assert.notEqual(ended.exitCode, 0)
  assert.match(ended.stdout, /wrong\.ts/)
})
