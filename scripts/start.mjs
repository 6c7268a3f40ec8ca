/** `npm start`: the main job on this machine alone, from a fresh clone. Arguments go to `longhaul demo`. */
import { join } from 'node:path'
import { buildOrRefuse } from './build.mjs'
import { setup } from './setup.mjs'
import { root, runNode } from './shared.mjs'

setup()
await buildOrRefuse()
// npm runs us in the project's root; a FILE is named from where the person is.
const cwd = process.env.INIT_CWD ?? process.cwd()
const args = [join(root, 'dist', 'cli', 'start.cjs'), 'demo', ...process.argv.slice(2)]
process.exitCode = await runNode(args, { cwd })
