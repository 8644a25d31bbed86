import { after, before, test } from 'node:test'
import type { TestContext } from 'node:test'
import { cell, isHere, skipCell } from '../harness/cell.ts'
import type { PeerConfig } from '../harness/peer-config.ts'
import { startPeer } from '../harness/peer-process.ts'
import type { PeerProcess } from '../harness/peer-process.ts'
import { recorder } from '../harness/report.ts'
import { find, OWN_PEERS } from '../harness/toolchain.ts'
import type { PeerKind } from '../harness/toolchain.ts'
import { createInternet, OPEN_ADDRESS, RELAY_ADDRESS } from './internet.ts'
import type { Internet } from './internet.ts'
import { removeNamespaces } from './namespaces.ts'
import { punches } from './punch.ts'
import type { Cast } from './punch.ts'
import { WAYS } from './ways.ts'
import type { Transport, Way } from './ways.ts'

// `npm run test:holepunch`; its name keeps it out of `npm test`, because it needs root and changes the machine's networks while it runs

/** Where each transport listens on an address. */
const LISTEN: Readonly<Record<Transport, (address: string) => string>> = {
  tcp: address => `/ip4/${address}/tcp/4001`,
  quic: address => `/ip4/${address}/udp/4001/quic-v1`
}

const ready = !('missing' in find('namespaces'))
let internet: Internet

before(() => {
  if (!ready) return
  removeNamespaces()
  process.once('exit', removeNamespaces)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(1) })
  internet = createInternet()
})
after(() => { if (ready) removeNamespaces() })

for (const way of WAYS) {
  const { peer, dialler, listener, relay, transport, place, known } = way
  const from = place === 'two homes' ? '' : `, ${place}`
  const name = { peer, scenario: `10 holepunch ${transport}${from}`, direction: `${dialler} → ${listener} over ${relay}` }
  void test(`${name.scenario} · ${name.direction}`, async context => {
    for (const what of ['namespaces', ...new Set([dialler, listener, relay])] as const) if (!await isHere(context, what, [name])) return
    if (known === undefined) await cell(context, name, async () => { await punches(await start(context, way)) })
    else await skipCell(context, name, known)
  })
}

/** Starts the three peers, each in its network; they end with the test. */
async function start (context: TestContext, { relay, listener, dialler, transport, place }: Way): Promise<Cast> {
  const run = async (kind: PeerKind, at: keyof Internet, config: Partial<PeerConfig>, announced?: string): Promise<PeerProcess> => {
    const listen = [LISTEN[transport](at === 'relay' ? RELAY_ADDRESS : '0.0.0.0')]
    const peer = await startPeer(kind, { listen, transports: [transport], security: ['noise'], ...config, ...announce(kind, transport, announced) }, internet[at].prefix)
    context.after(() => peer.stop())
    recorder.peer(kind, peer.versions)
    return peer
  }
  return {
    relay: await run(relay, 'relay', { relay: { server: true, client: false } }, RELAY_ADDRESS),
    listener: await run(listener, 'homeB', punching(listener)),
    dialler: place === 'two homes' ? await run(dialler, 'homeA', punching(dialler)) : await run(dialler, 'open', punching(dialler), OPEN_ADDRESS)
  }
}

const punching = (kind: PeerKind): Partial<PeerConfig> => kind === 'rust'
  ? { relay: { server: false, client: true, dcutr: true } }
  : { relay: { server: false, client: true }, holePunching: true }

/** js-libp2p tells nobody of a public address that it was not told of itself; the others tell of all they listen on. */
function announce (kind: PeerKind, transport: Transport, address: string | undefined): { readonly announce?: readonly string[] } {
  return address === undefined || !(OWN_PEERS as readonly PeerKind[]).includes(kind) ? {} : { announce: [LISTEN[transport](address)] }
}
