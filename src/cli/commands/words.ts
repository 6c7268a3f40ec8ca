/** `longhaul words`: what completion can't know when its script is made. A word per line, and after a tab what it stands for. */
import { pendingUploads } from '../../index.js'
import { success } from '../exit-codes.js'
import { oneLine } from '../failure.js'
import type { Environment } from '../home.js'
import { objectUrl } from '../object-url.js'
import { shortIds } from '../pending-choice.js'
import { unfinishedRuns } from '../pending-runs.js'
import { allProfiles } from '../profile-ossutil.js'
import { runTarget } from '../run-rows.js'
import { storeFolder } from '../settings.js'
import type { World } from '../world.js'

interface Word {
  readonly word: string
  readonly meaning: string
}

export async function words(list: 'uploads' | 'profiles', { screen, environment }: World): Promise<number> {
  const found = list === 'uploads' ? await uploadWords(environment) : await profileWords(environment)
  for (const { word, meaning } of found) screen.out(`${word}\t${meaning}`)
  return success
}

async function uploadWords(environment: Environment): Promise<readonly Word[]> {
  const store = storeFolder({}, environment)
  const uploads = await pendingUploads(store)
  const runs = await unfinishedRuns(store)
  const meanings = [...uploads.map((upload) => oneLine(objectUrl(upload))), ...runs.map(runTarget)]
  const ids = shortIds([...uploads, ...runs].map(({ id }) => id))
  return ids.map((word, index) => ({ word, meaning: meanings[index] ?? '' }))
}

async function profileWords(environment: Environment): Promise<readonly Word[]> {
  const profiles = await allProfiles(environment)
  return profiles.map(({ name, path }) => ({ word: oneLine(name), meaning: `of ${oneLine(path)}` }))
}
