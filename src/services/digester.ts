/** The engine's `Digester` on this thread. MD5 comes from Node, whose own code is several times faster than any script. */
import { createHash } from 'node:crypto'
import { combineAllCrc64Decimal } from '../checksum/combine.js'
import { Crc64, crc64ToDecimal } from '../checksum/crc64.js'
import { hmacSha256, toHex } from '../checksum/digest.js'
import type { Digester } from '../engine/ports.js'

export function createDigester(): Digester {
  return {
    async digest(slice, want, signal) {
      const crc = new Crc64()
      const md5 = want.md5 ? createHash('md5') : undefined
      let size = 0
      await slice.pump(async (block) => {
        crc.update(block)
        md5?.update(block)
        size += block.length
      }, signal)
      return {
        size,
        crc64: crc64ToDecimal(crc.value()),
        ...(md5 ? { md5: md5.digest('hex') } : {}),
      }
    },
    combineCrc64: combineAllCrc64Decimal,
    secretDigest(salt, secret) {
      const encoder = new TextEncoder()
      return toHex(hmacSha256(encoder.encode(salt), encoder.encode(secret)))
    },
  }
}
