/**
 * What the service refuses although it could be understood. A server of one's own is better off lenient: clients reach it by
 * an IP address, say. Who wants to find out here what would fail there asks for it to be strict.
 */
import type { WireHeaders } from '../protocol/message.js'
import type { Address, HostMeaning } from './addressing.js'
import { Refusal } from './context.js'

const METADATA_NAME = /^x-oss-meta-[a-z0-9-]+$/

export function checkStrictly(request: {
  readonly meaning: HostMeaning
  readonly address: Address
  readonly headers: WireHeaders
  readonly region: string
}): void {
  const { meaning, address, headers, region } = request
  if (address.bucket !== undefined && meaning.kind !== 'bucket') {
    throw new Refusal({ code: 'SecondLevelDomainForbidden', fields: { BucketName: address.bucket } })
  }
  if (meaning.kind === 'bucket' && meaning.region !== undefined && meaning.region !== region) {
    throw new Refusal({
      code: 'AccessDenied',
      message:
        'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      ec: '0003-00001403',
      fields: { Bucket: meaning.bucket, Endpoint: `oss-${region}.aliyuncs.com` },
    })
  }
  // What stands before the service drops or refuses names with other characters, an underscore above all.
  const name = Object.keys(headers).find(
    (each) => each.startsWith('x-oss-meta-') && !METADATA_NAME.test(each),
  )
  if (name !== undefined) {
    throw new Refusal({
      code: 'InvalidArgument',
      message: 'The name of user metadata may hold letters, digits and hyphens only.',
      ec: '0011-00000004',
      fields: { ArgumentName: name, ArgumentValue: headers[name] ?? '' },
    })
  }
}
