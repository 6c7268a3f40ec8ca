#!/usr/bin/env node
/**
 * Where the command begins. Node does file work, the database's included, on 4 threads, too few for a server that waits
 * for many syncs at once. How many there are is read when the first of them is needed, and loading an ES module needs
 * one: so this is CommonJS. On Windows the setting has to be there before the process, and 4 remain.
 */
process.env['UV_THREADPOOL_SIZE'] ??= '16'
// From Node 22 on, compiled code is kept between runs, in Node's own folder for that. Older ones compile each time.
const { enableCompileCache }: { enableCompileCache?: () => unknown } = require('node:module')
enableCompileCache?.()
import('./main.js')
