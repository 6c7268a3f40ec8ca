/** How an engine is broken: some texts of its sources, each of which stands there once, are replaced. */

export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface BrokenEngine {
  readonly name: string
  readonly edits: readonly Edit[]
}

export const engine = (name: string, ...edits: readonly Edit[]): BrokenEngine => ({ name, edits })

export const edit = (file: string, find: string, replace: string): Edit => ({
  file: `src/${file}.ts`,
  find,
  replace,
})
