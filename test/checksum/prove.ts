/** `npm run prove:checksum`: a line for each claim about the numbers that CRC-64 is computed with. */
import { claimsAbout } from './proof.js'
import { numbers } from './proof-numbers.js'

const claims = claimsAbout(numbers)
for (const { holds, statement } of claims)
  process.stdout.write(`${holds ? 'proved' : 'WRONG '}  ${statement}\n`)
if (claims.some(({ holds }) => !holds)) process.exitCode = 1
