/** The operations on the service, and those on a bucket that are about what is in it or who may see it. */
import type { OperationRow } from './operation-row.js'

export const BUCKET_ROWS = [
  { name: 'ListBuckets', method: 'GET', on: 'service', allows: ['regionList', 'tagging'], done: true },

  { name: 'PutBucket', method: 'PUT', on: 'bucket', done: true },
  { name: 'DeleteBucket', method: 'DELETE', on: 'bucket', done: true },
  { name: 'GetBucketInfo', method: 'GET', on: 'bucket', needs: ['bucketInfo'], done: true },
  { name: 'GetBucketLocation', method: 'GET', on: 'bucket', needs: ['location'], done: true },
  { name: 'GetBucketStat', method: 'GET', on: 'bucket', needs: ['stat'], done: true },
  { name: 'ListObjects', method: 'GET', on: 'bucket', done: true },
  {
    name: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    needs: ['list-type'],
    allows: ['continuation-token'],
    done: true,
  },
  { name: 'ListObjectVersions', method: 'GET', on: 'bucket', needs: ['versions'], done: true },
  { name: 'DeleteMultipleObjects', method: 'POST', on: 'bucket', needs: ['delete'], done: true },
  { name: 'PostObject', method: 'POST', on: 'bucket', done: true },
  { name: 'OptionObject', method: 'OPTIONS', on: 'bucket', done: true },
  { name: 'ListLiveChannel', method: 'GET', on: 'bucket', needs: ['live'], done: true },

  { name: 'PutBucketAcl', method: 'PUT', on: 'bucket', needs: ['acl'], done: true },
  { name: 'GetBucketAcl', method: 'GET', on: 'bucket', needs: ['acl'], done: true },
  { name: 'PutBucketCors', method: 'PUT', on: 'bucket', needs: ['cors'], done: true },
  { name: 'GetBucketCors', method: 'GET', on: 'bucket', needs: ['cors'], done: true },
  { name: 'DeleteBucketCors', method: 'DELETE', on: 'bucket', needs: ['cors'], done: true },
  { name: 'PutBucketLifecycle', method: 'PUT', on: 'bucket', needs: ['lifecycle'], done: true },
  { name: 'GetBucketLifecycle', method: 'GET', on: 'bucket', needs: ['lifecycle'], done: true },
  { name: 'DeleteBucketLifecycle', method: 'DELETE', on: 'bucket', needs: ['lifecycle'], done: true },
  { name: 'PutBucketVersioning', method: 'PUT', on: 'bucket', needs: ['versioning'] },
  { name: 'GetBucketVersioning', method: 'GET', on: 'bucket', needs: ['versioning'], done: true },
  { name: 'PutBucketTags', method: 'PUT', on: 'bucket', needs: ['tagging'], done: true },
  { name: 'GetBucketTags', method: 'GET', on: 'bucket', needs: ['tagging'], done: true },
  { name: 'DeleteBucketTags', method: 'DELETE', on: 'bucket', needs: ['tagging'], done: true },
] as const satisfies readonly OperationRow[]
