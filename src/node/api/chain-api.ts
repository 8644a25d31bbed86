import { existsSync } from 'node:fs'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { createTransactionSigner, decodeTransaction, exportChain, importChain, transactionId } from '../../chain/index.ts'
import type { BlockHeader, Ledger, LedgerUpkeep } from '../../chain/index.ts'
import type { BlockData } from '../../../protocols/index.ts'
import { TosError } from '../../errors/index.ts'
import type { BlockView, NodeApi, SendParams, TipView, TransactionView } from '../../monitor/index.ts'
import { fromHex, toHex } from '../../wire/index.ts'
import { loadIdentity } from '../identity.ts'
import { configuredPassphrase } from '../passphrase.ts'
import { isPublicNetwork } from '../transport/index.ts'
import type { TosNode } from '../tos-node.ts'
import { progressStream } from './progress-stream.ts'
import { u64 } from './u64.ts'
import { verifyStream } from './verify-stream.ts'

/** The part of the admin API that speaks of blocks and transactions. */
export function createChainApi (node: TosNode): Pick<NodeApi, 'blockGet' | 'blockTips' | 'blockMine' | 'txSend' | 'txGet' | 'chainImport' | 'chainExport' | 'chainVerify' | 'chainStats'> {
  const { ledger, mempool } = node.tos
  const height = (): number => Number(ledger.tip().height)
  const upkeep = (): LedgerUpkeep => {
    if (ledger.upkeep === undefined) throw new TosError('UNAVAILABLE', 'this ledger keeps its blocks elsewhere', { hint: 'ask the program that keeps the chain' })
    return ledger.upkeep
  }
  return {
    async blockGet ({ hash, height, full = false }) {
      const wanted = hash === undefined ? ledger.atHeights(BigInt(height ?? 0), 1)[0] : fromHex(hash, 32)
      const block = wanted === undefined ? undefined : await ledger.block(wanted)
      const header = wanted === undefined ? undefined : ledger.header(wanted)
      if (block === undefined || header === undefined) throw new TosError('BLOCK_NOT_FOUND', `no block ${hash ?? `at height ${height}`}`)
      return blockView(block, header, full)
    },

    blockTips: async () => ledger.tips().map(tipView),

    async * blockMine ({ count = 1 }, options = {}) {
      if (isPublicNetwork(node.tos.config.network)) throw new TosError('USAGE', 'blocks of a public network cannot be mined on demand', { hint: 'start the node with --mine' })
      for (let i = 0; i < count; i++) {
        await node.tos.miner.mineOne(options.signal)
        yield tipView(ledger.tip())
      }
    },

    async txSend (params) {
      const { config, privateKey } = node.tos
      const key = params.keyFile === undefined ? privateKey : await loadIdentity(params.keyFile, () => configuredPassphrase(config))
      // nothing may wait between the choice of the nonce and the pool
      const data = params.raw === undefined ? signed(node, key, params) : fromHex(params.raw)
      const { sender, nonce } = ledger.checkTransaction(data)
      const id = await node.tos.submit(data)
      return { id: toHex(id), sender: toHex(sender), nonce: String(nonce) }
    },

    async txGet ({ id }) {
      const key = fromHex(id, 32)
      // the chain first: the pool drops what a block took only when it is looked through again
      const found = await ledger.transaction(key)
      const pooled = mempool.get(key)
      if (found === undefined && pooled !== undefined) return transactionView(pooled.data)
      if (found === undefined) throw new TosError('TX_NOT_FOUND', `no transaction ${id}`)
      const { blockHash, blockHeight, index } = found.proof
      return { ...transactionView(found.data), block: { hash: toHex(blockHash), height: Number(blockHeight), index } }
    },

    chainImport: ({ path }, options = {}) => progressStream(height, async report => {
      node.tos.imports.running++
      try {
        return await importChain(ledger, path, { ...options, onProgress: report })
      } finally {
        node.tos.imports.running--
      }
    }),

    chainExport: ({ path }, options = {}) => {
      if (existsSync(path)) throw new TosError('FILE_UNREADABLE', `${path} exists`, { hint: 'choose a new file name; nothing is overwritten' })
      return progressStream(height, report => exportChain(ledger, path, { ...options, onProgress: report }))
    },

    chainVerify: ({ signatures = false }, options = {}) => verifyStream(async onProgress => upkeep().verify({ ...options, signatures, onProgress })),

    chainStats: async () => upkeep().stats()
  }
}

function signed (node: TosNode, key: Ed25519PrivateKey, { body = '', fee = '0', priority = 0, privacyLevel = 0, energyUsed = '0', nonce }: SendParams): Uint8Array {
  const { config } = node.tos
  const signer = createTransactionSigner(key.raw.subarray(0, 32), config.network)
  const sender = key.publicKey.raw
  return signer.sign({
    nonce: nonce === undefined ? node.tos.nextNonce(sender) : u64('nonce', nonce), fee: u64('fee', fee), priority, privacyLevel, energyUsed: u64('energyUsed', energyUsed), body: fromHex(body)
  })
}

function blockView ({ hash, header: bytes, transactions }: BlockData, header: BlockHeader, full: boolean): BlockView {
  return {
    hash: toHex(hash),
    height: Number(header.height),
    timestamp: Number(header.timestamp),
    parents: header.parents.map(toHex),
    txRoot: toHex(header.txRoot),
    difficulty: String(header.difficulty),
    nonce: String(header.nonce),
    aiMined: header.aiMined,
    miner: toHex(header.miner),
    transactions: transactions.map(data => toHex(transactionId(data))),
    bytes: bytes.length + transactions.reduce((sum, data) => sum + data.length, 0),
    ...(full ? { raw: { header: toHex(bytes), transactions: transactions.map(toHex) } } : {})
  }
}

/** A tip as the admin API shows it. */
export function tipView ({ hash, height, cumulativeDifficulty }: ReturnType<Ledger['tip']>): TipView {
  return { hash: toHex(hash), height: Number(height), cumulativeDifficulty: String(cumulativeDifficulty) }
}

function transactionView (data: Uint8Array): TransactionView {
  const { sender, nonce, fee, priority, privacyLevel, energyUsed, body } = decodeTransaction(data)
  return {
    id: toHex(transactionId(data)), sender: toHex(sender), nonce: String(nonce), fee: String(fee), priority, privacyLevel, energyUsed: String(energyUsed),
    body: toHex(body), raw: toHex(data)
  }
}

