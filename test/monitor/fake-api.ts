import { TosError } from '../../src/errors/index.ts'
import { createNodeEvents } from '../../src/monitor/index.ts'
import type { AdminApi, NodeEventHub, StatusView } from '../../src/monitor/index.ts'

const status: StatusView = {
  ready: true, reasons: [], peerId: 'peer', nodeId: 'aa', network: 'devnet', preset: 'full', uptimeMs: 1, peers: { connected: 0, inbound: 0, outbound: 0 },
  chain: { hash: 'cc', height: 3, cumulativeDifficulty: '7' }, sync: { state: 'idle' }, mempool: 0, mining: false, memory: { rssBytes: 1, heapBytes: 1 }
}

/** An API that answers from memory and writes down what it was asked. */
export function createFakeApi (): { api: AdminApi, asked: unknown[], events: NodeEventHub, cancelled: Promise<void> } {
  const asked: unknown[] = []
  const events = createNodeEvents(() => 5)
  const cancel = Promise.withResolvers<void>()
  const api: AdminApi = {
    id: async () => ({ peerId: 'peer', nodeId: 'aa', addrs: [], network: 'devnet', genesis: 'bb', userAgent: 'ua', protocols: [] }),
    status: async () => status,
    doctor: async () => ({ outcome: 'FAIL', daemon: true, checks: [{ check: 'disk', outcome: 'FAIL', message: '0.0 GiB free', hint: 'free some' }, { check: 'dns', outcome: 'PASS', message: 'fine' }] }),
    async show (params) {
      asked.push(params)
      return { big: 2n ** 63n }
    },
    config: async () => ({ options: {} }),
    peersLs: async () => [
      { peerId: 'p1', addr: '/a', direction: 'inbound', connectedMs: 5000, rttMs: 2 }, { peerId: 'p2', addr: '/c', direction: 'inbound', connectedMs: 1 },
      { peerId: 'p1', addr: '/b', direction: 'outbound', connectedMs: 10, rttMs: 1.5, userAgent: 'a\u001b[2J' }
    ],
    peersExplain: async () => ({ peer: 'p1' }) as never,
    bansAdd: async () => ({}) as never,
    discover: async () => ({ at: 0, candidates: [], sources: [], queue: [] }),
    bansLs: async () => [],
    bansRm: async () => [],
    bansClear: async () => [],
    peersConnect: async ({ address }) => { throw new TosError('PEER_UNREACHABLE', `cannot reach ${address}`, { cause: new Error('refused'), details: { tried: 2 } }) },
    peersDisconnect: async () => ({ closed: 1 }),
    async * ping (params, { signal } = {}) {
      asked.push(params)
      for (let seq = 0; seq < (params.count ?? 3); seq++) yield { peer: params.peer, seq, rttMs: 1 }
      if (params.count === undefined) {
        signal?.addEventListener('abort', () => cancel.resolve())
        await cancel.promise
      }
    },
    async blockGet (params) {
      asked.push(params)
      throw new TosError('BLOCK_NOT_FOUND', 'no such block')
    },
    blockTips: async () => [],
    async * blockMine () { yield { hash: '00', height: 1, cumulativeDifficulty: '1' } },
    async blockTemplate (params) {
      asked.push(params)
      return { template: 'ab'.repeat(32), header: '00', nonceOffset: 0, target: 'ff', height: 4, difficulty: '9', transactions: 2 }
    },
    async blockSubmit (params) {
      asked.push(params)
      throw new TosError('STALE_TEMPLATE', 'the tip moved')
    },
    async shareSubmit (params) {
      asked.push(params)
      return { id: 'ab'.repeat(32), miner: 'aa', nonce: '7', status: 'accepted', peers: 2 }
    },
    async shareLs (params) {
      asked.push(params)
      return [{ id: 'ab'.repeat(32), miner: 'cd'.repeat(32), task: '00', nonce: '1', answer: '00', difficulty: '1024', quality: 80, energyUsed: '0', stakeAmount: '0', proofBytes: 0, timestamp: 0, at: 0, origin: 'topic' }]
    },
    shareMiners: async () => [{ miner: 'cd'.repeat(32), shares: 3, work: '3072', quality: 80.25, lastAgoMs: 2000 }],
    async txSend (params) {
      asked.push(params)
      return { id: 'dd', sender: 'aa', nonce: '0' }
    },
    txGet: async () => { throw new Error('a bug') },
    txProof: async () => { throw new TosError('PROOF_FORGED', 'no proof holds') },
    async * chainImport () {
      yield { blocks: 1, transactions: 2, height: 1, elapsedMs: 1 }
      throw new TosError('CHAIN_FILE_INVALID', 'torn')
    },
    async * chainExport () {},
    async * chainVerify () {},
    chainStats: async () => ({ blocks: 0, height: 0, tips: 1, transactions: 0, accounts: 0, merged: 0, aside: 0, prunedBelow: 0, bytes: 0, writable: true }),
    async * request ({ body }) { yield body },
    events: (_, options) => events.stream(options),
    stop: async () => ({ stopping: true, pid: process.pid, withinMs: 1 })
  }
  return { api, asked, events, cancelled: cancel.promise }
}
