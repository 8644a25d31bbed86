// A chain nobody runs, in the smallest form smoldot takes: it starts from a checkpoint, not from a genesis that would need a runtime.
// SCALE: integers little-endian, a list is its length (compact) and its items, an option is 0 or 1 and the value.

const SLOTS_PER_EPOCH = 10
const FINALIZED = { number: 5, slot: 15 }
/** Kinds of digest items in a header, and the consensus engine they belong to. */
const [SEAL, PRE_RUNTIME, BABE] = [Buffer.of(5), Buffer.of(6), Buffer.from('BABE')]
const NONE = Buffer.of(0)
const EMPTY = Buffer.of(0)

const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer)
const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
const bytes32 = (fill: number): Buffer => Buffer.alloc(32, fill)
/** A compact number of one or two bytes. */
const compact = (value: number): Buffer => value < 64 ? Buffer.of(value << 2) : Buffer.of(((value << 2) & 0xff) | 1, value >> 6)
const hex = (...parts: readonly Uint8Array[]): string => `0x${Buffer.concat(parts).toString('hex')}`
/** One authority: key and weight. */
const authority = (fill: number): Buffer => Buffer.concat([compact(1), bytes32(fill), u64(1)])

/** Epoch `index` since block `index`: slots, authorities, randomness, one slot in four may be claimed, secondary slots allowed. */
const epoch = (index: number): Buffer => Buffer.concat([
  bytes32(index), u32(index), Buffer.of(1),
  u64(index), u64(index * SLOTS_PER_EPOCH), u64(SLOTS_PER_EPOCH), authority(9), bytes32(3), u64(1), u64(4), Buffer.of(1)
])

const header = [
  bytes32(1), compact(FINALIZED.number), bytes32(2), bytes32(3),
  compact(2), PRE_RUNTIME, BABE, compact(13), Buffer.of(2), u32(0), u64(FINALIZED.slot), SEAL, BABE, compact(64), Buffer.alloc(64)
]

/** Chain specification (JSON) whose only boot node is at `address`. */
export function checkpointSpec (address: string): string {
  return JSON.stringify({
    name: 'interop', id: 'interop', chainType: 'Local', protocolId: 'interop', telemetryEndpoints: null, bootNodes: [address],
    genesis: { stateRootHash: hex(bytes32(0x11)) },
    lightSyncState: {
      babeEpochChanges: hex(EMPTY, NONE, compact(2), epoch(1), epoch(2)),
      babeFinalizedBlockWeight: 0,
      finalizedBlockHeader: hex(...header),
      grandpaAuthoritySet: hex(authority(7), u64(0), EMPTY, NONE, EMPTY, EMPTY)
    }
  })
}
