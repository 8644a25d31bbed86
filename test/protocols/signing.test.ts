import { test } from 'node:test'
import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fc from '../support/fast-check.ts'
import { CONSENSUS_VOTE, domainPrefix, shareSigningBytes, voteId, voteSigningBytes } from '../../protocols/index.ts'
import type { Vote } from '../../protocols/index.ts'
import { fromHex, fromJson, toHex } from '../../src/wire/index.ts'
import { miningShares, votes } from '../support/arbitraries.ts'

interface Vectors { frames: Array<{ type: string, fields: unknown }>, vote: { network: string, secret_key_rfc8032_test1: string, id: string, signed_bytes: string, signature: string } }
const vectors = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8')) as Vectors
const golden = fromJson(CONSENSUS_VOTE.schema, vectors.frames.find(({ type }) => type === 'CONSENSUS_VOTE')?.fields)
const { network, id, signed_bytes: signedBytes, signature, secret_key_rfc8032_test1: secret } = vectors.vote
const key = createPrivateKey({ key: Buffer.concat([fromHex('302e020100300506032b657004220420'), fromHex(secret)]), format: 'der', type: 'pkcs8' })

test('the golden vote: id, signed bytes and signature', () => {
  assert.equal(toHex(voteId(golden)), id)
  assert.equal(toHex(voteSigningBytes(golden, network)), signedBytes)
  assert.equal(toHex(golden.signature), signature)
  assert.equal(sign(null, voteSigningBytes(golden, network), key).toString('hex'), signature)
  assert.ok(verify(null, voteSigningBytes(golden, network), createPublicKey(key), golden.signature))
})

test('the vote id covers block, voter, type and time, and leaves out signature and parents', () => {
  fc.assert(fc.property(votes, vote => {
    const base = toHex(voteId(vote))
    const other = (change: Partial<Vote>): string => toHex(voteId({ ...vote, ...change }))
    const changed = (bytes: Uint8Array): Uint8Array => bytes.map(byte => byte ^ 1)
    assert.equal(other({ signature: changed(vote.signature), parentVotes: [] }), base)
    for (const change of [{ blockHash: changed(vote.blockHash) }, { voterId: changed(vote.voterId) }, { voteType: (vote.voteType + 1) % 3 }, { timestamp: vote.timestamp ^ 1n }]) assert.notEqual(other(change), base)
  }))
})

test('signed bytes cover everything but the signature, and the network', () => {
  fc.assert(fc.property(votes, miningShares, (vote, share) => {
    const blank = new Uint8Array(64)
    assert.deepEqual(voteSigningBytes({ ...vote, signature: blank } as Vote, 'devnet'), voteSigningBytes(vote, 'devnet'))
    assert.deepEqual(shareSigningBytes({ ...share, signature: blank } as typeof share, 'devnet'), shareSigningBytes(share, 'devnet'))
    assert.notDeepEqual(voteSigningBytes(vote, 'testnet'), voteSigningBytes(vote, 'devnet'))
    assert.notDeepEqual(shareSigningBytes(share, 'testnet'), shareSigningBytes(share, 'devnet'))
    assert.notDeepEqual(voteSigningBytes({ ...vote, parentVotes: [...vote.parentVotes, blank.subarray(32)] }, 'devnet'), voteSigningBytes(vote, 'devnet'))
    assert.notDeepEqual(shareSigningBytes({ ...share, qualityScore: (share.qualityScore + 1) % 101 }, 'devnet'), shareSigningBytes(share, 'devnet'))
  }))
})

test('the domain prefix cannot be shifted: label, zero, length, name', () => {
  assert.equal(domainPrefix('TOS-VOTE-V1', 'devnet').toString(), 'TOS-VOTE-V1\u0000\u0006devnet')
  assert.notDeepEqual(domainPrefix('A', 'bc'), domainPrefix('Ab', 'c'))
})
