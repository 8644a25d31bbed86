import { bytes, refine, string, struct, u64, u8, vec } from '../wire/index.ts'
import type { Infer } from '../wire/index.ts'

const userAgent = refine(string(256), text => /[\p{Cc}]/u.test(text) ? 'user_agent holds control characters' : undefined)

/** What each side says of itself inside the handshake, under its signature (WIRE.md §6). Service bits and height are claims, not proofs. */
export const helloSchema = struct({
  /** Hash of the chain's first block. */
  genesis: bytes(32),
  /** 0 full, 1 light, 2 mining, 3 validator, 255 unknown. */
  nodeType: u8,
  /** Bit field of `SERVICE`. */
  services: u64,
  height: u64,
  /** Hashes of the newest blocks, at most 32. */
  tips: vec(bytes(32), { max: 32 }),
  userAgent
})

export type Hello = Infer<typeof helloSchema>
