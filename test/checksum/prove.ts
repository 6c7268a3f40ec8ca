/** `npm run prove:checksum`: a line for each claim about the numbers that CRC-64 is computed with. */
import { readCommand } from '../support/command.js'
import { claimsAbout } from './proof.js'
import { numbers } from './proof-numbers.js'

readCommand('npm run prove:checksum\n  Exit code 1 when a claim does not hold.', {})

const claims = claimsAbout(numbers)
for (const { holds, statement } of claims)
  process.stdout.write(`${holds ? 'proved' : 'WRONG '}  ${statement}\n`)
if (claims.some(({ holds }) => !holds)) process.exitCode = 1
