/** The object service contract against the bucket that LONGHAUL_CHECK_PLACE names. Run by the check of a real service. */
import { objectServiceContract } from '../../src/testing/object-service.js'
import { bucketAt, keysOfEnvironment, openOssWorld, type Place } from './oss-world.js'

const place = JSON.parse(process.env['LONGHAUL_CHECK_PLACE'] ?? '{}') as Place
let checks = 0

objectServiceContract('contract', async () => {
  checks += 1
  return openOssWorld(bucketAt(place, keysOfEnvironment()), `${place.prefix}${checks}/`)
})
