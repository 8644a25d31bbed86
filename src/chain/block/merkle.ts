import { BLOCK_LIMITS } from '../../../protocols/index.ts'
import { allocate } from '../../wire/bytes.ts'
import { HASH_BYTES, sameBytes, sha3 } from './hash.ts'

const NODE_BYTES = 1 + 2 * HASH_BYTES
/** Levels of the tallest tree a block can have. */
export const MAX_SIBLINGS = Math.ceil(Math.log2(BLOCK_LIMITS.transactions))

/** `H(0x00 ‖ tx id)`. */
function leafHash (id: Uint8Array): Uint8Array {
  const bytes = allocate(1 + HASH_BYTES)
  bytes[0] = 0
  bytes.set(id, 1)
  return sha3(bytes)
}

/** `H(0x01 ‖ left ‖ right)`: the other prefix, so that no node passes for a leaf. */
function nodeHash (left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = allocate(NODE_BYTES)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + HASH_BYTES)
  return sha3(bytes)
}

function parentLevel (level: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = []
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Uint8Array
    const right = level[i + 1]
    // an odd node moves up as it is: pairing it with itself would give two lists one root
    parents.push(right === undefined ? left : nodeHash(left, right))
  }
  return parents
}

/** Root over transaction ids in block order (WIRE.md §5, the shape of RFC 6962); 32 zero bytes when there are none. */
export function merkleRoot (ids: readonly Uint8Array[]): Uint8Array {
  if (ids.length === 0) return new Uint8Array(HASH_BYTES)
  let level = ids.map(leafHash)
  while (level.length > 1) level = parentLevel(level)
  return level[0] as Uint8Array
}

/** Siblings of leaf `index` from the leaf upwards; a level where the node has none adds nothing. */
export function merkleSiblings (ids: readonly Uint8Array[], index: number): Uint8Array[] {
  if (!(index >= 0 && index < ids.length)) throw new RangeError(`no leaf ${index} among ${ids.length}`)
  const siblings: Uint8Array[] = []
  let level = ids.map(leafHash)
  for (let at = index; level.length > 1; at >>>= 1) {
    const sibling = level[at ^ 1]
    if (sibling !== undefined) siblings.push(sibling)
    level = parentLevel(level)
  }
  return siblings
}

/** What `verifyMerkleProof` takes: `id` is the leaf's transaction id. */
export interface MerkleProof {
  readonly id: Uint8Array
  readonly index: number
  readonly siblings: readonly Uint8Array[]
  readonly root: Uint8Array
  /** Number of leaves, when known: without it the proof shows that the transaction is in the block, not at which index. */
  readonly count?: number
}

/** True when `id` is a leaf of the tree with this root. Never throws, whatever the proof holds. */
export function verifyMerkleProof ({ id, index, siblings, root, count }: MerkleProof): boolean {
  if (id.length !== HASH_BYTES || siblings.length > MAX_SIBLINGS || siblings.some(sibling => sibling.length !== HASH_BYTES)) return false
  if (index >>> 0 !== index || (count !== undefined && !(index < count && siblings.length === siblingCount(index, count)))) return false
  let node = leafHash(id)
  let used = 0
  let at = index
  for (; at !== 0 || used < siblings.length; at >>>= 1) {
    const left = (at & 1) === 1
    // The left siblings still needed are the one-bits of `at`. With no more than those remaining, this node had no right one.
    if (!left && siblings.length - used <= popCount(at)) continue
    const sibling = siblings[used++]
    if (sibling === undefined) return false
    node = left ? nodeHash(sibling, node) : nodeHash(node, sibling)
  }
  return sameBytes(node, root)
}

function siblingCount (index: number, count: number): number {
  let siblings = 0
  for (let at = index, width = count; width > 1; at >>>= 1, width = (width + 1) >>> 1) if ((at ^ 1) < width) siblings++
  return siblings
}

function popCount (value: number): number {
  let ones = 0
  for (let rest = value; rest !== 0; rest = (rest & (rest - 1)) >>> 0) ones++
  return ones
}
