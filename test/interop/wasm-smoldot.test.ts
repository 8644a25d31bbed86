import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { cell, skipCell } from './harness/cell.ts'
import type { CellName } from './harness/cell.ts'
import { eventually } from './harness/eventually.ts'
import type { PeerConfig } from './harness/peer-config.ts'
import { recorder } from './harness/report.ts'
import { versionsOf } from './harness/versions.ts'
import { startOwnNode } from './tosd/own-node.ts'

const config: PeerConfig = { listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'], transports: ['tcp', 'ws'], security: ['noise'] }
const TRANSPORTS = [{ scenario: '1 tcp/noise/yamux, ping', ws: false }, { scenario: '3 ws', ws: true }] as const
const IDENTIFY_ROUNDS = 10
const name = (scenario: string, direction = 'smoldot → tosd'): CellName => ({ peer: 'smoldot', scenario, direction })

for (const { scenario, ws } of TRANSPORTS) {
  void test(`${scenario} · smoldot, a stack of its own, and our node`, async context => {
    recorder.peer('smoldot', versionsOf('smoldot'))
    await skipCell(context, name(scenario, 'tosd → smoldot'), { reason: 'it only opens connections: its platform interface has no way to accept one', upstream: 'https://docs.rs/smoldot-light/latest/smoldot_light/platform/trait.PlatformRef.html' })
    const node = await startOwnNode(context, config)
    const us = node.peerId.toString()
    const address = node.getMultiaddrs().map(String).find(text => text.includes('/ws') === ws)
    const thread = new Worker(new URL('wasm/smoldot.ts', import.meta.url), { workerData: { address } })
    context.after(() => thread.terminate())
    const log: string[] = []
    thread.on('message', (line: string) => { log.push(line) })
    /** The line in which it says so of its connection with us. */
    const told = async (event: string): Promise<string> => {
      const find = (): string | undefined => log.find(line => line.startsWith(`${event};`) && line.includes(us))
      await eventually(() => {
        assert.ok(find(), `no ${event} in:\n${log.join('\n')}`)
        return Promise.resolve()
      })
      return find() as string
    }

    await cell(context, name(scenario), async () => {
      await told('handshake-finished')
      const [connection] = node.getConnections()
      assert.ok(connection)
      assert.match(`${connection.encryption} ${connection.multiplexer}`, /noise .*yamux/)
      assert.match(connection.remoteAddr.toString(), ws ? /\/ws/ : /\/tcp\/\d+/)
      assert.ok(await node.services.ping.ping(connection.remotePeer) >= 0)
      await told('identify-request-received')
    })
    await cell(context, name(`${scenario}: a protocol we lack`), async () => {
      assert.match(await told('gossip-open-error'), /ProtocolNotAvailable/)
      assert.equal(node.getConnections().length, 1, 'the agreed refusal costs no connection')
      assert.ok(await node.services.ping.ping(node.getPeers()[0] as NonNullable<ReturnType<typeof node.getPeers>[0]>) >= 0)
    })
    await cell(context, name(`${scenario}: identify`), async () => {
      const [connection] = node.getConnections()
      assert.ok(connection)
      // agreement, answer, end and a reset behind it come in one write, which is often, not always, one read here
      for (let round = 0; round < IDENTIFY_ROUNDS; round++) {
        const { agentVersion, protocols } = await node.services.identify.identify(connection)
        assert.match(agentVersion ?? '', /^smoldot/)
        assert.ok(protocols.includes('/ipfs/ping/1.0.0'), protocols.join(' '))
      }
    })
  })
}
