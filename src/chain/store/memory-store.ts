import { TosError } from '../../errors/index.ts'
import type { BlockStore } from './block-store.ts'
import { faultOf } from './log-scan.ts'

/** A store that forgets everything with the process: for tests and throw-away nodes. */
export function createMemoryStore (): BlockStore {
  const blocks: Uint8Array[] = []
  let closed = false
  const open = (): void => { if (closed) throw new TosError('STORE_CLOSED', 'the block store is closed') }
  return {
    async load (visit) {
      for (const [i, block] of blocks.entries()) visit(block, i + 1)
      return undefined
    },
    get count () { return blocks.length },
    get writable () { return !closed },
    async append (block) {
      open()
      blocks.push(block)
    },
    async read (number) {
      open()
      const block = blocks[number - 1]
      if (block === undefined) throw new TosError('BLOCK_NOT_FOUND', `the store holds no block ${number}`)
      return block
    },
    async scan (visit) {
      open()
      for (const [i, block] of blocks.entries()) {
        try {
          await visit(block, i + 1)
        } catch (error) {
          return { count: i, fault: faultOf(i + 1, error) }
        }
      }
      return { count: blocks.length, fault: undefined }
    },
    async rewrite (replace) {
      open()
      for (const [i, block] of blocks.entries()) blocks[i] = replace(block, i + 1) ?? block
    },
    async bytes () { return 0 },
    async recover () { open() },
    async close () { closed = true }
  }
}
