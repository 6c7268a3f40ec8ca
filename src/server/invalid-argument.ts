/** The commonest complaint of all. */
import { Refusal } from './context.js'

export function invalidArgument(name: string, value: string, message: string, ec?: string): Refusal {
  return new Refusal({
    code: 'InvalidArgument',
    message,
    fields: { ArgumentName: name, ArgumentValue: value },
    ...(ec === undefined ? {} : { ec }),
  })
}
