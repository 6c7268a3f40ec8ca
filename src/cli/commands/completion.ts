/** `longhaul completion`: a script for a shell, made from the program itself. */
import type { Command } from 'commander'
import { bashCompletion } from '../completion/bash.js'
import { fishCompletion } from '../completion/fish.js'
import { zshCompletion } from '../completion/zsh.js'
import { success } from '../exit-codes.js'
import { factsOf } from '../program-facts.js'
import type { World } from '../world.js'

export function completion(shell: string, program: Command, { screen }: World): number {
  const facts = factsOf(program)
  const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }
  screen.out(scripts[shell as keyof typeof scripts](facts).trimEnd())
  return success
}
