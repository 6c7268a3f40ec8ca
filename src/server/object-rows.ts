/** All operations on an object that OSS documents, but for those of multipart upload. */
import { type OperationRow, RESPONSE_OVERRIDES } from './operation-row.js'

const VERSION = ['versionId']

export const OBJECT_ROWS = [
  {
    name: 'PutObject',
    method: 'PUT',
    on: 'object',
    // What the SDKs let be signed into any URL means something on reading alone.
    allows: ['callback', 'callback-var', ...RESPONSE_OVERRIDES],
    refuses:
      /^(x-oss-(server-side-encryption-customer|object-worm|persistent)|if-(none-)?match$|if-(un)?modified-since$)/,
    done: true,
  },
  {
    name: 'CopyObject',
    method: 'PUT',
    on: 'object',
    header: 'x-oss-copy-source',
    refuses: /^x-oss-(callback|server-side-encryption-customer|object-worm)/,
    done: true,
  },
  {
    name: 'GetObject',
    method: 'GET',
    on: 'object',
    allows: ['versionId', ...RESPONSE_OVERRIDES],
    refuses: /^x-oss-(server-side-encryption-customer|process)/,
    done: true,
  },
  {
    name: 'HeadObject',
    method: 'HEAD',
    on: 'object',
    allows: ['versionId', ...RESPONSE_OVERRIDES],
    done: true,
  },
  { name: 'GetObjectMeta', method: 'HEAD', on: 'object', needs: ['objectMeta'], allows: VERSION, done: true },
  { name: 'DeleteObject', method: 'DELETE', on: 'object', allows: VERSION, done: true },
  {
    name: 'AppendObject',
    method: 'POST',
    on: 'object',
    needs: ['append'],
    allows: ['position'],
    refuses: /^x-oss-(server-side-encryption-customer|object-worm)/,
    done: true,
  },
  {
    name: 'SealAppendObject',
    method: 'POST',
    on: 'object',
    needs: ['seal'],
    allows: ['position'],
    done: true,
  },
  { name: 'PutObjectAcl', method: 'PUT', on: 'object', needs: ['acl'], allows: VERSION, done: true },
  { name: 'GetObjectAcl', method: 'GET', on: 'object', needs: ['acl'], allows: VERSION, done: true },
  { name: 'PutObjectTagging', method: 'PUT', on: 'object', needs: ['tagging'], allows: VERSION, done: true },
  { name: 'GetObjectTagging', method: 'GET', on: 'object', needs: ['tagging'], allows: VERSION, done: true },
  {
    name: 'DeleteObjectTagging',
    method: 'DELETE',
    on: 'object',
    needs: ['tagging'],
    allows: VERSION,
    done: true,
  },
  { name: 'PutSymlink', method: 'PUT', on: 'object', needs: ['symlink'], done: true },
  { name: 'GetSymlink', method: 'GET', on: 'object', needs: ['symlink'], allows: VERSION, done: true },
  { name: 'OptionObject', method: 'OPTIONS', on: 'object', done: true },

  { name: 'RestoreObject', method: 'POST', on: 'object', needs: ['restore'], allows: VERSION, done: true },
  {
    name: 'CleanRestoredObject',
    method: 'POST',
    on: 'object',
    needs: ['cleanRestoredObject'],
    allows: VERSION,
    done: true,
  },
  { name: 'PutObjectRetention', method: 'PUT', on: 'object', needs: ['retention'] },
  { name: 'GetObjectRetention', method: 'GET', on: 'object', needs: ['retention'] },
  { name: 'PutObjectLegalHold', method: 'PUT', on: 'object', needs: ['legalHold'] },
  { name: 'GetObjectLegalHold', method: 'GET', on: 'object', needs: ['legalHold'] },

  { name: 'CreateSelectObjectMeta', method: 'POST', on: 'object', needs: ['x-oss-process=csv/meta'] },
  { name: 'CreateSelectObjectMeta', method: 'POST', on: 'object', needs: ['x-oss-process=json/meta'] },
  { name: 'SelectObject', method: 'POST', on: 'object', needs: ['x-oss-process=csv/select'] },
  { name: 'SelectObject', method: 'POST', on: 'object', needs: ['x-oss-process=json/select'] },
  { name: 'ProcessObject', method: 'POST', on: 'object', needs: ['x-oss-process'] },
  { name: 'AsyncProcessObject', method: 'POST', on: 'object', needs: ['x-oss-async-process'] },

  { name: 'CreateDirectory', method: 'POST', on: 'object', needs: ['dir'] },
  { name: 'Rename', method: 'POST', on: 'object', needs: ['rename'] },
  { name: 'DeleteDirectory', method: 'POST', on: 'object', needs: ['dirDelete'] },

  { name: 'PutLiveChannel', method: 'PUT', on: 'object', needs: ['live'] },
  { name: 'PutLiveChannelStatus', method: 'PUT', on: 'object', needs: ['live', 'status'] },
  { name: 'GetLiveChannelInfo', method: 'GET', on: 'object', needs: ['live'] },
  { name: 'GetLiveChannelStat', method: 'GET', on: 'object', needs: ['live', 'comp=stat'] },
  { name: 'GetLiveChannelHistory', method: 'GET', on: 'object', needs: ['live', 'comp=history'] },
  { name: 'DeleteLiveChannel', method: 'DELETE', on: 'object', needs: ['live'] },
  { name: 'PostVodPlaylist', method: 'POST', on: 'object', needs: ['vod'] },
  { name: 'GetVodPlaylist', method: 'GET', on: 'object', needs: ['vod'] },
] as const satisfies readonly OperationRow[]
