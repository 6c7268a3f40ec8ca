/** Access keys of the simulated service: temporary ones, which end by themselves or are taken back. */
import type { ServerCredentials } from '../../src/server/exchange.js'
import type { GivenCredentials } from '../../src/services/credentials.js'
import type { Luck } from './world.js'

export interface Keys {
  /** What the server believes. */
  readonly believed: ServerCredentials[]
  /** For those who never have trouble with keys. */
  readonly lasting: ServerCredentials
  /** The function that a life is given; while it is stuck it knows no others than last time. */
  issuer(): { ask(): GivenCredentials; stuck: boolean }
  /** The service believes this key id no more. */
  takeBack(accessKeyId: string): void
}

/** How long keys are good, in milliseconds: some end amid a life, some are as good as for ever. */
const spans = [800, 5_000, 60_000, 3_600_000, 3_600_000] as const

export function createKeys(luck: Luck, clock: () => number): Keys {
  const lasting = { accessKeyId: 'KEY', accessKeySecret: 'secret' }
  const believed: ServerCredentials[] = [lasting]

  const issue = (): GivenCredentials & { readonly expiration: number } => {
    const number = believed.length
    const keys = {
      accessKeyId: `STS.${number}`,
      accessKeySecret: `secret${luck.below(2 ** 32).toString(36)}`,
      securityToken: `token${number}`,
      expiration: clock() + luck.pick(spans),
    }
    believed.push(keys)
    return keys
  }
  return {
    believed,
    lasting,
    issuer() {
      let last: GivenCredentials | undefined
      const issuer = {
        stuck: false,
        ask() {
          if (!issuer.stuck || last === undefined) last = issue()
          issuer.stuck = false
          return last
        },
      }
      return issuer
    },
    takeBack(accessKeyId) {
      const index = believed.findIndex((keys) => keys.accessKeyId === accessKeyId)
      const keys = believed[index]
      if (keys !== undefined && keys !== lasting) believed[index] = { ...keys, expiration: clock() }
    },
  }
}
