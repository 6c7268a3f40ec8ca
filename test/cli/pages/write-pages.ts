/** `npm run docs:cli`: writes docs/cli.md, docs/errors.md and the manual docs/longhaul.1 from the program itself. */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { readCommand } from '../../support/command.js'
import { fixture } from '../../support/paths.js'
import { cliPage } from './cli-page.js'
import { errorsPage } from './errors-page.js'
import { manPage } from './man-page.js'

export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/cli.md': cliPage,
  'docs/errors.md': errorsPage,
  'docs/longhaul.1': manPage,
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  readCommand(
    'npm run docs:cli\n  writes docs/cli.md, docs/errors.md and docs/longhaul.1 from the program itself',
    {},
  )
  for (const [path, make] of Object.entries(PAGES)) writeFileSync(fixture(path), make())
}
