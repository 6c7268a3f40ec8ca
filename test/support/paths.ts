/** Where the project is, wherever the compiled test runs from. Fixtures are read from here; they are not compiled along. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json, found upwards from this file. */
export const projectRoot: string = findUpwards(dirname(fileURLToPath(import.meta.url)))

/** A path inside the project, such as `fixture('test/vectors/signing.json')`. */
export function fixture(path: string): string {
  return join(projectRoot, path)
}

function findUpwards(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('No package.json above the tests: run them from within the project.')
  return findUpwards(parent)
}
