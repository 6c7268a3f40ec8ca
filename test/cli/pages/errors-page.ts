/** docs/errors.md: the tables of `longhaul help CODE`, in Markdown. */
import { exitCodeOfError } from '../../../src/cli/exit-codes.js'
import { errorNumbers, numberAreas } from '../../../src/cli/explanations/error-numbers.js'
import { exitCodes, ownCodes } from '../../../src/cli/explanations/own-codes.js'
import { serviceCodes } from '../../../src/cli/explanations/service-codes.js'
import { UploadError, type UploadErrorCode } from '../../../src/index.js'
import { markdownTable } from '../../support/figures.js'

const told = [{ title: 'meaning' }, { title: 'what to do' }]

export function errorsPage(): string {
  return `# Errors

What \`longhaul help CODE\` tells, on one page; made from the same table by \`npm run docs:cli\`, and a test holds it to that.

An upload that fails rejects with an \`UploadError\`; on the command line the same is one line, with \`--json\` an \`error\` line, and an exit
code. The message says what happened and what to do; \`code\` is for programs. \`status\`, \`ec\` and \`requestId\` are there where the service
answered: quote the request id when you ask the service's support.

## Codes of Longhaul

*Retryable*: the same call again, later, has a chance without any change. Whatever the code: what the service acknowledged is kept,
unless the upload was discarded.

${markdownTable(
  [{ title: 'code' }, { title: 'exit' }, { title: 'retryable' }, ...told],
  (Object.keys(ownCodes) as UploadErrorCode[]).map((code) => [
    `\`${code}\``,
    code === 'cancelled' ? '129, 130, 143' : String(exitCodeOfError(code, undefined)),
    new UploadError(code, '').retryable ? 'yes' : 'no',
    ownCodes[code].meaning,
    ownCodes[code].advice,
  ]),
)}

## Exit codes

${markdownTable(
  [{ title: 'exit' }, ...told],
  Object.entries(exitCodes).map(([code, { meaning, advice }]) => [code, meaning, advice]),
)}

## Codes of OSS

What the service says, and what an upload ends with when that stops it. Most of those that end as \`interrupted\` are tried again without a word.

${markdownTable(
  [{ title: 'code' }, { title: 'ends as' }, ...told],
  Object.entries(serviceCodes).map(([code, { endsAs, meaning, advice }]) => [
    `\`${code}\``,
    `\`${endsAs}\``,
    meaning,
    advice,
  ]),
)}

## Error numbers of OSS (EC)

Of numbers that are not in this table the first four digits tell what they are about:
${Object.entries(numberAreas)
  .map(([digits, area]) => `${digits} ${area}`)
  .join('; ')}.

${markdownTable(
  [{ title: 'EC' }, ...told],
  Object.entries(errorNumbers).map(([ec, { meaning, advice }]) => [`\`${ec}\``, meaning, advice]),
)}
`
}
