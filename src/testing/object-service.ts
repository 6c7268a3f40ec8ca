/**
 * What every object service owes the engine. It runs against anything that can be reached: each check has keys of its own
 * below the world's prefix, and clears away what it stored.
 */
import { test } from 'node:test'
import { type Check, openDesk, type ServiceWorld } from './object-service-desk.js'
import { objectChecks } from './object-service-objects.js'
import { stopChecks } from './object-service-stops.js'
import { uploadChecks } from './object-service-uploads.js'

export type { ServiceWorld } from './object-service-desk.js'

/** `make` opens a world for each check. */
export function objectServiceContract(name: string, make: () => Promise<ServiceWorld>): void {
  const check: Check = (title, body) => {
    test(`${name}: ${title}`, async () => {
      const desk = await openDesk(await make())
      try {
        await body(desk)
      } finally {
        await desk.close()
      }
    })
  }
  objectChecks(check)
  uploadChecks(check)
  stopChecks(check)
}
