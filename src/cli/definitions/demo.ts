/** The arguments, flags and help of `demo`. */
import { readSize } from '../options.js'
import type { Definition } from './definition.js'

export function defineDemo({ program, world, ended, examples }: Definition): void {
  program
    .command('demo')
    .description('the main job on this machine alone: serve, upload, kill half-way, go on, verify')
    .argument('[file]', 'the file to upload (default: one is made)')
    .option('--size <size>', 'bytes of the file that is made (default: 256MiB)', readSize)
    .option('--keep', 'keep the folder with the data, for a look')
    .addHelpText('after', examples('demo', 'demo --size 64MiB', 'demo disk.img'))
    .action(async (file, flags) =>
      ended(await (await import('../commands/demo.js')).demo(file, flags, world)),
    )
}
