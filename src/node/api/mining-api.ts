import { AI_MINING_SHARE } from '../../../protocols/index.ts'
import type { MiningShare } from '../../../protocols/index.ts'
import { MIN_SHARE_DIFFICULTY, createShareSigner, solveShare } from '../../chain/index.ts'
import type { HeldShare } from '../../chain/index.ts'
import { TosError } from '../../errors/index.ts'
import type { CallOptions, NodeApi, ShareParams, ShareView } from '../../monitor/index.ts'
import { decode, fromHex, toHex } from '../../wire/index.ts'
import type { TosNode } from '../tos-node.ts'
import { loadIdentity } from '../identity.ts'
import { configuredPassphrase } from '../passphrase.ts'
import { parseTarget } from './target.ts'
import { u64 } from './u64.ts'

/** A node that talks to peers searches for seconds at most; beyond that the miner brings what it found. */
const MAX_SEARCH = 1n << 22n
const NO_BLOCK = '0'.repeat(64)

/** The part of the admin API that miners use. */
export function createMiningApi (node: TosNode): Pick<NodeApi, 'blockTemplate' | 'blockSubmit' | 'shareSubmit' | 'shareLs' | 'shareMiners'> {
  const { shares, templates } = node.tos
  return {
    async blockTemplate ({ miner, aiMined }) {
      const { id, header, nonceOffset, target, height, difficulty, transactions } = templates.issue({ miner: miner === undefined ? undefined : fromHex(miner, 32), aiMined })
      return { template: id, header: toHex(header), nonceOffset, target: toHex(target), height: Number(height), difficulty: String(difficulty), transactions }
    },

    async blockSubmit ({ template, nonce }) {
      const { block, status } = await templates.submit(template, u64('nonce', nonce))
      return { hash: toHex(block.hash), height: Number(block.height), status }
    },

    async shareSubmit (params, options = {}) {
      const share = params.raw === undefined ? await signed(node, params, options) : decode(AI_MINING_SHARE.schema, fromHex(params.raw))
      const { pool } = params
      const sent = await shares.submit(share, pool === undefined ? undefined : share => sendTo(node, pool, share, options))
      return { ...sent, miner: toHex(share.minerId), nonce: String(share.nonce) }
    },

    shareLs: async ({ miner, max }) => shares.list({ miner, max }).map(shareView),

    async shareMiners () {
      const now = Date.now()
      return shares.miners().map(({ miner, shares, work, quality, lastAt }) => ({ miner, shares, work: String(work), quality, lastAgoMs: Math.max(0, now - lastAt) }))
    }
  }
}

async function signed (node: TosNode, params: ShareParams, { signal }: CallOptions): Promise<MiningShare> {
  const { config, privateKey } = node.tos
  const { task = NO_BLOCK, block = NO_BLOCK, difficulty = String(MIN_SHARE_DIFFICULTY), nonce, answer, quality = 100, energyUsed = '0', stakeAmount = '0', proof = '', keyFile } = params
  if ((nonce === undefined) !== (answer === undefined)) throw new TosError('USAGE', 'nonce and answer are given together, or neither')
  const key = keyFile === undefined ? privateKey : await loadIdentity(keyFile, () => configuredPassphrase(config))
  const signer = createShareSigner(key.raw.subarray(0, 32), config.network)
  const content = {
    taskId: fromHex(task, 32), blockHash: fromHex(block, 32), difficulty: u64('difficulty', difficulty), qualityScore: quality, energyUsed: u64('energyUsed', energyUsed),
    stakeAmount: u64('stakeAmount', stakeAmount), proof: fromHex(proof), timestamp: BigInt(Math.floor(Date.now() / 1000))
  }
  if (nonce !== undefined && answer !== undefined) return signer.sign({ ...content, nonce: u64('nonce', nonce), answerHash: fromHex(answer, 32) })
  if (content.difficulty > MAX_SEARCH) throw new TosError('USAGE', `the node searches up to a difficulty of ${MAX_SEARCH}`, { hint: 'find nonce and answer elsewhere and give both' })
  // a fixed start would find the same share again; each moment has another
  const start = process.hrtime.bigint()
  return signer.sign({ ...content, ...await solveShare({ ...content, minerId: signer.minerId, nonce: start }, signal === undefined ? {} : { signal }) })
}

async function sendTo (node: TosNode, pool: string, share: MiningShare, { signal }: CallOptions): Promise<void> {
  const sender = await node.services.mining.open(parseTarget(pool), signal === undefined ? {} : { signal })
  sender.send(AI_MINING_SHARE, share)
  await sender.close()
}

function shareView ({ id, share, origin, at }: HeldShare): ShareView {
  const block = toHex(share.blockHash)
  return {
    id, miner: toHex(share.minerId), task: toHex(share.taskId), ...(block === NO_BLOCK ? {} : { block }), nonce: String(share.nonce), answer: toHex(share.answerHash),
    difficulty: String(share.difficulty), quality: share.qualityScore, energyUsed: String(share.energyUsed), stakeAmount: String(share.stakeAmount), proofBytes: share.proof.length,
    timestamp: Number(share.timestamp) * 1000, at, origin
  }
}
