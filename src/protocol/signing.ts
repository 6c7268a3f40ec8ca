/**
 * `longhaul/signing`: the signatures of OSS, versions 1 and 4, for the Authorization header and for URLs. Pure and
 * synchronous: no clock, no environment, no platform. Sign when you send, not earlier.
 *
 * ```ts
 * import { presignV4 } from 'longhaul/signing'
 *
 * const { query } = presignV4({
 *   method: 'GET',
 *   bucket: 'examplebucket',
 *   key: 'exampledir/object.dat',
 *   credentials: { accessKeyId: 'id', accessKeySecret: 'secret' },
 *   region: 'cn-hangzhou',
 *   date: new Date(),
 *   expiresSeconds: 3600,
 * })
 * const url = `https://examplebucket.oss-cn-hangzhou.aliyuncs.com/exampledir/object.dat?${new URLSearchParams(query)}`
 * ```
 */
export type { Query } from './message.js'
export type { Credentials, SignableRequest } from './request.js'
export { type PresignV1Request, presignV1, type SignV1Request, signV1 } from './v1.js'
export { type PresignV4Request, presignV4, type SignV4Request, signV4 } from './v4.js'
