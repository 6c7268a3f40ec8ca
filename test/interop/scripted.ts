/** Scripts of ours that drive a client: one function per test, each with a bucket of its own on a server they share. */
import { isChosen, type PartContext } from './part.js'

export interface ScriptedTest<World> {
  /** What the client does, in the words of its users. */
  readonly name: string
  /** Throws when the client or the server does otherwise. */
  run(world: World): Promise<void>
}

/** Runs the tests one after the other; each gets a world made for it. */
export async function runScripted<World>(
  context: PartContext,
  tests: readonly ScriptedTest<World>[],
  { way, createWorld }: { readonly way: string; readonly createWorld: (name: string) => Promise<World> },
): Promise<void> {
  for (const test of tests) {
    if (!isChosen(context, test.name)) continue
    context.signal.throwIfAborted()
    try {
      await test.run(await createWorld(test.name))
      context.note({ test: test.name, way, outcome: 'pass' })
    } catch (error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      context.note({ test: test.name, way, outcome: 'failed', detail })
    }
  }
}
