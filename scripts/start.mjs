/** `npm start`: the main job on this machine alone, from a fresh clone. Arguments go to `longhaul demo`. */
import { join } from 'node:path'
import { buildOrRefuse } from './build.mjs'
import { setup } from './setup.mjs'
import { root, runNode } from './shared.mjs'

setup()
await buildOrRefuse()
process.exitCode = await runNode([join(root, 'dist', 'cli', 'main.js'), 'demo', ...process.argv.slice(2)])
