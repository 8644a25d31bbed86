import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  blockHeader, createReferenceLedger, createTransactionSigner, decodeTransaction, genesisOf, merkleRoot, merkleSiblings, targetOf, transactionId, verifyMerkleProof
} from '../../src/chain/index.ts'
import { signedBytes, transactionDomain } from '../../src/chain/block/transaction.ts'
import { decode, encode, fromHex, toHex } from '../../src/wire/index.ts'

interface TransactionVector {
  sender: string, nonce: string, fee: string, priority: number, privacy_level: number, energy_used: string, body: string
  signed_bytes: string, signature: string, bytes: string, id: string
}
interface Vectors {
  genesis: Record<string, { header: string, hash: string }>
  network: string
  transactions: TransactionVector[]
  block: {
    height: string, timestamp: string, parents: string[], tx_root: string, difficulty: string, nonce: string, ai_mined: boolean, miner: string
    header: string, hash: string, target: string
  }
  block_with_previous_nonce_is_invalid: string
  merkle: Array<{ leaves: number, root: string }>
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/ledger.json', import.meta.url), 'utf8')) as Vectors
const SECRET = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')

for (const [network, { header, hash }] of Object.entries(vectors.genesis)) {
  test(`genesis of ${network} is the golden one`, () => {
    const genesis = genesisOf(network)
    assert.equal(toHex(genesis.header), header)
    assert.equal(toHex(genesis.hash), hash)
  })
}

for (const [i, vector] of vectors.transactions.entries()) {
  test(`transaction ${i} is signed, encoded and named as in the vectors`, async () => {
    const signer = createTransactionSigner(SECRET, vectors.network)
    const content = {
      nonce: BigInt(vector.nonce), fee: BigInt(vector.fee), priority: vector.priority, privacyLevel: vector.privacy_level, energyUsed: BigInt(vector.energy_used), body: fromHex(vector.body)
    }
    const data = signer.sign(content)
    assert.equal(toHex(data), vector.bytes)
    assert.equal(toHex(await signer.signAsync(content)), vector.bytes)
    assert.equal(toHex(transactionId(data)), vector.id)
    assert.equal(toHex(signedBytes(transactionDomain(vectors.network), data)), vector.signed_bytes)
    assert.equal(toHex(decodeTransaction(data).signature), vector.signature)
    assert.equal(toHex(decodeTransaction(data).sender), vector.sender)
    const ledger = await createReferenceLedger({ network: vectors.network })
    assert.equal(toHex(ledger.checkTransaction(data).id), vector.id)
    await ledger.close()
  })
}

test('the block of the vectors holds through the ledger, the one with the previous nonce does not', async () => {
  const { block } = vectors
  const bytes = fromHex(block.header)
  const header = decode(blockHeader, bytes)
  assert.deepEqual({ height: header.height, timestamp: header.timestamp, nonce: header.nonce, difficulty: header.difficulty, aiMined: header.aiMined }, {
    height: BigInt(block.height), timestamp: BigInt(block.timestamp), nonce: BigInt(block.nonce), difficulty: BigInt(block.difficulty), aiMined: block.ai_mined
  })
  assert.equal(toHex(encode(blockHeader, header)), block.header)
  assert.equal(BigInt(`0x${toHex(targetOf(header.difficulty))}`), BigInt(block.target))

  const ledger = await createReferenceLedger({ network: vectors.network })
  const before = encode(blockHeader, { ...header, nonce: header.nonce - 1n })
  assert.throws(() => ledger.checkHeader(before), { code: 'INVALID_BLOCK', details: { rule: 'proof-of-work' } })
  const transactions = vectors.transactions.map(({ bytes: data }) => fromHex(data))
  const data = { hash: fromHex(block.hash), height: header.height, parents: header.parents, header: bytes, transactions }
  await assert.rejects(ledger.add({ ...data, header: before, hash: fromHex(vectors.block_with_previous_nonce_is_invalid) }), { code: 'INVALID_BLOCK' })
  assert.deepEqual(await ledger.add(data), { status: 'accepted', tipChanged: true, reorganised: 0 })
  assert.equal(toHex(ledger.tip().hash), block.hash)
  assert.equal(ledger.tip().cumulativeDifficulty, 1001n)
  for (const [i, { id, sender }] of vectors.transactions.entries()) {
    const found = await ledger.transaction(fromHex(id))
    assert.equal(found?.proof.index, i)
    assert.ok(verifyMerkleProof({ id: fromHex(id), ...found.proof, root: fromHex(block.tx_root), count: 3 }))
    assert.equal(ledger.nextNonce(fromHex(sender)), 3n)
  }
  await ledger.close()
})

for (const { leaves, root } of vectors.merkle) {
  test(`Merkle root of ${leaves} leaves is the golden one`, () => {
    assert.equal(toHex(merkleRoot(leavesOf(leaves))), root)
  })
}

test('every Merkle proof verifies, and no changed one does', () => {
  for (let count = 1; count <= 33; count++) {
    const ids = leavesOf(count)
    const root = merkleRoot(ids)
    for (let index = 0; index < count; index++) {
      const proof = { id: ids[index] as Uint8Array, index, siblings: merkleSiblings(ids, index), root }
      assert.ok(verifyMerkleProof(proof), `${index} of ${count}`)
      assert.ok(verifyMerkleProof({ ...proof, count }), `${index} of ${count}, count known`)
      assert.ok(!verifyMerkleProof({ ...proof, id: flip(proof.id, index) }), 'another leaf')
      assert.ok(!verifyMerkleProof({ ...proof, root: flip(root, index) }), 'another root')
      assert.ok(!verifyMerkleProof({ ...proof, siblings: [...proof.siblings, root] }), 'one sibling more')
      for (const level of proof.siblings.keys()) {
        assert.ok(!verifyMerkleProof({ ...proof, siblings: proof.siblings.with(level, flip(proof.siblings[level] as Uint8Array, level)) }), `sibling ${level} changed`)
        assert.ok(!verifyMerkleProof({ ...proof, siblings: proof.siblings.toSpliced(level, 1) }), `sibling ${level} left out`)
      }
      for (let other = 0; other <= count; other++) {
        if (other !== index) assert.ok(!verifyMerkleProof({ ...proof, index: other, count }), `${index} of ${count} passes for ${other}`)
      }
    }
  }
})

test('a Merkle proof of nonsense is false and throws nothing', () => {
  const root = Buffer.alloc(32)
  for (const index of [-1, 0.5, Number.NaN, 2 ** 32, 2 ** 31]) assert.equal(verifyMerkleProof({ id: root, index, siblings: [], root }), false)
  assert.equal(verifyMerkleProof({ id: root, index: 0, siblings: Array.from({ length: 15 }, () => root), root }), false)
  assert.equal(verifyMerkleProof({ id: root.subarray(1), index: 0, siblings: [], root }), false)
  assert.equal(verifyMerkleProof({ id: root, index: 0, siblings: [root.subarray(1)], root }), false)
})

function leavesOf (count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, k) => Buffer.alloc(32, k + 1))
}

function flip (bytes: Uint8Array, at: number): Uint8Array {
  const out = Buffer.from(bytes)
  out[at % 32] = (out[at % 32] as number) ^ 1
  return out
}
