/** Holds what a command prints with `--json` against the published schema. Here a field that it does not tell of is wrong, too. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { fixture } from '../support/paths.js'

export interface LineSchema {
  readonly description: string
  readonly properties: Readonly<Record<string, { readonly description?: string; readonly type?: string }>>
  readonly required: readonly string[]
}

export interface LinesSchema {
  readonly $defs: Readonly<Record<string, LineSchema>>
}

export function readSchema(): LinesSchema {
  return JSON.parse(readFileSync(fixture('docs/json-lines.schema.json'), 'utf8')) as LinesSchema
}

const validators = new Map<string, ValidateFunction>()

function validatorOf(type: string): ValidateFunction | undefined {
  const known = validators.get(type)
  const line = readSchema().$defs[type]
  if (known !== undefined || line === undefined) return known
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false })
  const validate = ajv.compile({ ...line, additionalProperties: false })
  validators.set(type, validate)
  return validate
}

/** @throws AssertionError that names the line and what is wrong with it */
export function assertJsonLine(text: string): void {
  const line: unknown = JSON.parse(text)
  const type = typeof line === 'object' && line !== null && 'type' in line ? String(line.type) : '-'
  const validate = validatorOf(type)
  assert.ok(validate, `docs/json-lines.schema.json has no type ${type}: ${text}`)
  const problems = validate(line)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      )
  assert.deepEqual(problems, [], `against docs/json-lines.schema.json: ${text}`)
}

/** All that a command with `--json` printed; what was killed has no last word. */
export function assertJsonLines(stdout: string, exitCode: number | string): void {
  const lines = stdout.split('\n').filter((line) => line !== '')
  for (const line of lines) assertJsonLine(line)
  if (typeof exitCode !== 'number') return
  assert.equal(lines.filter((line) => line.startsWith('{"type":"summary"')).length, 1, stdout)
  assert.equal((JSON.parse(lines.at(-1) ?? '{}') as { exitCode?: number }).exitCode, exitCode, stdout)
}
