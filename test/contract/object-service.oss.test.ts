/** The contract of object services, kept by the OSS adapter over real sockets against the embedded server. */
import { Bucket } from '../../src/index.js'
import { createServer } from '../../src/server/index.js'
import { objectServiceContract } from '../../src/testing/object-service.js'
import { openOssWorld } from '../service/oss-world.js'

for (const signatureVersion of ['v1', 'v4'] as const) {
  objectServiceContract(`OSS, signed with ${signatureVersion}`, async () => {
    const server = await createServer({ buckets: ['examplebucket'] })
    const { endpoint, accessKeyId, accessKeySecret } = server
    const bucket = new Bucket({
      endpoint,
      name: 'examplebucket',
      signatureVersion,
      credentials: { accessKeyId, accessKeySecret },
    })
    const world = openOssWorld(bucket, 'contract/')
    return {
      ...world,
      async close() {
        await world.close()
        await server.close()
      },
    }
  })
}
