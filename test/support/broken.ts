/** How sources are broken on purpose: some texts, each of which stands there once, are replaced. */
import { readFileSync } from 'node:fs'
import { fixture } from './paths.js'

export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface Broken {
  readonly name: string
  readonly edits: readonly Edit[]
}

/** `file` without `src/` and `.ts`. */
export const edit = (file: string, find: string, replace: string): Edit => ({
  file: `src/${file}.ts`,
  find,
  replace,
})

/** Edits that change nothing, or do not stand in exactly one place of the sources. */
export function wrongEdits(broken: readonly Broken[]): readonly string[] {
  return broken.flatMap(({ name, edits }) =>
    edits
      .filter(({ file, find, replace }) => {
        const places = readFileSync(fixture(file), 'utf8').split(find).length - 1
        return places !== 1 || find === replace
      })
      .map(({ file, find }) => `${name}: ${file}: ${find}`),
  )
}
