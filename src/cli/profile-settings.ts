/** What a profile can say, one table. `--insecure` is not among it: that has to be asked for each time. */

export interface SettingFacts {
  /** What it is, for the help and for questions. */
  readonly what: string
  /** Never shown, never taken from a command line. */
  readonly isSecret?: boolean
}

export const settings = {
  endpoint: { what: 'where the service is, such as https://oss-cn-hangzhou.aliyuncs.com' },
  region: { what: 'such as cn-hangzhou; the endpoint follows from it' },
  'access-key-id': { what: 'the access key id' },
  'access-key-secret': { what: 'its secret', isSecret: true },
  'security-token': { what: 'the token of temporary keys', isSecret: true },
  'credential-process': { what: 'a program that prints keys as JSON' },
  'credentials-file': { what: 'a JSON file with keys that something else keeps fresh' },
  credentials: { what: "cloud: the cloud's own way, such as the role of the instance" },
  'signature-version': { what: 'v4 or v1' },
  proxy: { what: 'the proxy to go through, such as http://proxy.example:3128', isSecret: false },
  'ca-file': { what: 'certificates in PEM to believe beside the usual ones' },
} as const satisfies Readonly<Record<string, SettingFacts>>

export type SettingName = keyof typeof settings

export const settingNames = Object.keys(settings) as readonly SettingName[]

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name)
}

export function isSecret(name: SettingName): boolean {
  const facts: SettingFacts = settings[name]
  return facts.isSecret === true
}

/** As it may be shown: a secret by its length alone, a proxy without its password. */
export function shownValue(name: SettingName, value: string): string {
  if (isSecret(name)) return `(hidden, ${value.length} characters)`
  return name === 'proxy' ? withoutPassword(value) : value
}

export function withoutPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/@]*@/i, '$1...@')
}

/** @throws RangeError when the value can't be one */
export function checkSetting(name: SettingName, value: string): void {
  if (value === '') throw new RangeError(`${name} needs a value`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\x00-\x1f\x7f]/.test(value) || value !== value.trim()) {
    throw new RangeError(`the value of ${name} has white space around it or control characters in it`)
  }
  if (name === 'signature-version' && !['v1', 'v4'].includes(value)) {
    throw new RangeError('signature-version is v4 or v1')
  }
  if (name === 'credentials' && value !== 'cloud') throw new RangeError('credentials can be cloud alone')
}
