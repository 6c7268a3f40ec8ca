/**
 * Policies of buckets, as far as they say nothing here: this server knows one account, and nobody else signs. A policy that
 * names other accounts, as most do, changes nothing for anybody who can ask, and is kept and told. One that names everybody,
 * or denies the owner something, would have to be followed, and is refused.
 */
import {
  deleteBucketPolicy,
  getBucketPolicy,
  getBucketPolicyStatus,
  putBucketPolicy,
} from '../protocol/operations/bucket-policy.js'
import { requireBucket } from './bucket-operations.js'
import { type Operate, OWNER, Refusal } from './context.js'
import { receiveDocument } from './receive.js'

export const policyOperations = {
  PutBucketPolicy: async (exchange) => {
    const body = await receiveDocument(exchange)
    const input = putBucketPolicy.decodeRequest({ ...exchange.request, body })
    await requireBucket(exchange, input.bucket)
    checkPolicy(input.policy)
    await exchange.storage.updateBucket(input.bucket, (bucket) => ({ ...bucket, policy: input.policy }))
    return putBucketPolicy.encodeAnswer({}, input)
  },

  GetBucketPolicy: async (exchange) => {
    const input = getBucketPolicy.decodeRequest(exchange.request)
    const { policy } = await requireBucket(exchange, input.bucket)
    if (policy === undefined) throw new Refusal({ code: 'NoSuchBucketPolicy' })
    return getBucketPolicy.encodeAnswer({ policy }, input)
  },

  DeleteBucketPolicy: async (exchange) => {
    const input = deleteBucketPolicy.decodeRequest(exchange.request)
    await exchange.storage.updateBucket(input.bucket, ({ policy: _, ...bucket }) => bucket)
    return deleteBucketPolicy.encodeAnswer({}, input)
  },

  GetBucketPolicyStatus: async (exchange) => {
    const input = getBucketPolicyStatus.decodeRequest(exchange.request)
    const { policy } = await requireBucket(exchange, input.bucket)
    if (policy === undefined) throw new Refusal({ code: 'NoSuchBucketPolicy' })
    // One that lets everybody in is not taken.
    return getBucketPolicyStatus.encodeAnswer({ isPublic: false }, input)
  },
} satisfies Record<string, Operate>

/** @throws Refusal InvalidPolicyDocument, or NotImplemented where it would have to be followed */
function checkPolicy(text: string): void {
  const policy = objectIn(parsed(text))
  if (policy['Version'] !== '1') throw invalid('The Version of a policy is "1".')
  const statements = policy['Statement']
  if (!Array.isArray(statements) || statements.length === 0) throw invalid('A policy has statements.')
  for (const statement of statements.map(objectIn)) checkStatement(statement)
}

function checkStatement(statement: Readonly<Record<string, unknown>>): void {
  const { Effect: effect, Action: action, Resource: resource, Principal: principal = [] } = statement
  if (effect !== 'Allow' && effect !== 'Deny') throw invalid('The Effect of a statement is Allow or Deny.')
  for (const [name, words] of Object.entries({ Action: action, Resource: resource })) {
    if (`Not${name}` in statement) throw beyond(`Not${name}`)
    if (wordsIn(words).length === 0) throw invalid(`A statement has an ${name}.`)
  }
  if ('NotPrincipal' in statement) throw beyond('NotPrincipal')
  const named = wordsIn(principal)
  if (named.some((each) => each.includes('*'))) throw beyond('Principal')
  // Nobody named may mean everybody. To let in whom nobody names changes nothing here, to deny would.
  const concernsOwner = named.includes(OWNER.id) || named.every((each) => each === '')
  if (effect === 'Deny' && concernsOwner) throw beyond('Principal')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('The policy is not JSON.')
  }
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw invalid('An object is expected.')
}

/** One, or a list of them. */
function wordsIn(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return list.map((each) => {
    if (typeof each === 'string') return each
    throw invalid('A string is expected.')
  })
}

function invalid(message: string): Refusal {
  return new Refusal({ code: 'InvalidPolicyDocument', message })
}

function beyond(what: string): Refusal {
  return new Refusal({
    code: 'NotImplemented',
    message: 'This server keeps only policies that concern other accounts than its own.',
    fields: { ArgumentName: what },
  })
}
