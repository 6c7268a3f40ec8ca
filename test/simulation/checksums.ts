/** The checksums that simulation counts with. */
export { combineCrc64 } from '../../src/checksum/combine.js'
export { crc64, crc64FromDecimal, crc64ToDecimal } from '../../src/checksum/crc64.js'
