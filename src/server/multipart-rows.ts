/** All operations of multipart upload. */
import type { OperationRow } from './operation-row.js'

/**
 * OSS's SDK for Go sends the parameters of the whole upload with each of its requests, `sequential` among them, which says
 * something at Initiate alone.
 */
const PART = /^x-oss-server-side-encryption-customer/

export const MULTIPART_ROWS = [
  {
    name: 'InitiateMultipartUpload',
    method: 'POST',
    on: 'object',
    needs: ['uploads'],
    allows: ['sequential'],
    refuses: /^x-oss-(server-side-encryption-customer|object-worm)/,
    done: true,
  },
  {
    name: 'UploadPart',
    method: 'PUT',
    on: 'object',
    needs: ['uploadId'],
    allows: ['partNumber', 'sequential'],
    refuses: PART,
    done: true,
  },
  { name: 'UploadPart', method: 'PUT', on: 'object', needs: ['partNumber'], refuses: PART, done: true },
  {
    name: 'UploadPartCopy',
    method: 'PUT',
    on: 'object',
    needs: ['uploadId'],
    header: 'x-oss-copy-source',
    allows: ['partNumber'],
    refuses: PART,
    done: true,
  },
  {
    name: 'UploadPartCopy',
    method: 'PUT',
    on: 'object',
    needs: ['partNumber'],
    header: 'x-oss-copy-source',
    refuses: PART,
    done: true,
  },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    on: 'object',
    needs: ['uploadId'],
    allows: ['callback', 'callback-var', 'sequential'],
    done: true,
  },
  {
    name: 'AbortMultipartUpload',
    method: 'DELETE',
    on: 'object',
    needs: ['uploadId'],
    allows: ['sequential'],
    done: true,
  },
  { name: 'ListParts', method: 'GET', on: 'object', needs: ['uploadId'], done: true },
  { name: 'ListMultipartUploads', method: 'GET', on: 'bucket', needs: ['uploads'], done: true },
] as const satisfies readonly OperationRow[]
