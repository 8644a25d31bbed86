import { TosError } from '../errors/index.ts'

/** Rules about what the hash does not cover: any server can break them for a good block, so the block itself stays unjudged. */
const SPOILABLE: ReadonlySet<unknown> = new Set(['block-hash', 'block-height', 'block-parents', 'size', 'tx-root', 'unrequested'])

/**
 * True when an `INVALID_BLOCK` shows that the bytes are not those of the block, so that only their sender is to blame. A transaction
 * that does not parse is met before the root that would have told it from the block's own.
 */
export function isSpoilt ({ code, details }: TosError): boolean {
  return code === 'INVALID_BLOCK' && (SPOILABLE.has(details?.['rule']) || (details?.['rule'] === 'transaction' && details['transactionRule'] === 'form'))
}

/** A block ahead of this node's clock: it may be the clock that is wrong, and then every peer would be charged. */
export function isAhead (error: unknown): boolean {
  return error instanceof TosError && error.details?.['rule'] === 'timestamp-ahead'
}
