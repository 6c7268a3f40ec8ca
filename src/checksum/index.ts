/**
 * `longhaul/checksum`: the CRC-64 that OSS proves objects with (CRC-64/XZ, `x-oss-hash-crc64ecma`). Values are bigints,
 * since they exceed 2^53; `crc64ToDecimal` and `crc64FromDecimal` are OSS's way to write them.
 *
 * ```ts
 * import { combineCrc64, crc64 } from 'longhaul/checksum'
 *
 * const bytes = new TextEncoder().encode('123456789')
 * const whole = crc64(bytes)                          // 11051210869376104954n
 * const first = crc64(bytes.subarray(0, 4))
 * const second = crc64(bytes.subarray(4))
 * combineCrc64(first, second, 5) === whole            // true
 * ```
 */
export { combineCrc64, combineCrc64Decimal } from './combine.js'
export { Crc64, crc64, crc64FromDecimal, crc64ToDecimal } from './crc64.js'
