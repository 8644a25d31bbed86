import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { createTosNode } from '../../../src/node/index.ts'
import { saveIdentity } from '../../../src/node/identity.ts'
import { runControl } from '../harness/control.ts'
import type { ControlPeer } from '../harness/control/control-peer.ts'
import type { PeerConfig } from '../harness/peer-config.ts'
import { versionsOf } from '../harness/versions.ts'
import { interopTopic } from './interop-topic.ts'
import { nodeOptions } from './node-options.ts'
import { tosCommands } from './tos-commands.ts'
import { topicControl } from './topic-control.ts'

/** Our node, as an operator would run it, behind the control protocol. */
async function start (config: PeerConfig): Promise<ControlPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'tos-interop-'))
  process.once('exit', () => { rmSync(folder, { recursive: true, force: true }) })
  const dataDir = join(folder, 'data')
  const keyFile = join(folder, 'network.key')
  const { seed, psk } = config
  const options = nodeOptions(config, keyFile)
  if (psk !== undefined) writeFileSync(keyFile, `/key/swarm/psk/1.0.0/\n/base16/\n${psk}\n`, { mode: 0o600 })
  if (seed !== undefined) {
    mkdirSync(dataDir, { mode: 0o700 })
    await saveIdentity(join(dataDir, 'node.key'), await generateKeyPairFromSeed('Ed25519', Buffer.from(seed, 'hex')))
  }
  const frames = new Set<(frame: Uint8Array) => void>()
  const topic = interopTopic(options.network ?? 'devnet', frame => { for (const take of frames) take(frame) })
  const node = await createTosNode({ ...options, dataDir, protocols: { interop: topic } })
  const { identify, ping, dht, pubsub } = node.services
  return {
    node, identify, ping, dht,
    gossip: topicControl(pubsub, frames),
    versions: versionsOf('libp2p', '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@chainsafe/libp2p-gossipsub', '@libp2p/kad-dht'),
    commands: tosCommands(node)
  }
}

await runControl(start)
