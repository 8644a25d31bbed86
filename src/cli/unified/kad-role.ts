import { hash } from 'node:crypto'
import { toTosError } from '../../errors/index.ts'
import type { TosNode, TosNodeOptions } from '../../node/index.ts'
import type { Board } from './board.ts'
import { ownAddress } from './own-address.ts'
import type { KadTask } from './read-env.ts'
import { stopping } from './transport-role.ts'

const ADDRESS = 'bootstrap_addr'
const DONE = 'provider_done'
/** Both tests of upstream accept any greeting. */
const VALUE = 'hello from tosd'
const GREETING = /hello from/
/** SHA-256 as a multihash: its code and its length, then the hash. */
const SHA256 = Buffer.of(0x12, 0x20)

type ContentKey = Parameters<TosNode['services']['dht']['provide']>[0]

/** Options of the node that plays the role: the public DHT's protocol, and records below `/example/` from anybody. */
export function kadOptions ({ role, listen }: KadTask): TosNodeOptions {
  return {
    listen: [listen],
    preset: role === 'querier' ? 'light' : 'full',
    kadProtocol: '/ipfs/kad/1.0.0',
    dhtRecords: { validators: { example: () => {} }, selectors: { example: () => 0 } }
  }
}

/** Leaves the address of the first node of the DHT and returns when told to stop. */
export async function bootstrapRole (node: TosNode, board: Board, stopped: AbortSignal): Promise<void> {
  await board.set(ADDRESS, ownAddress(node))
  await stopping(stopped)
}

/** Announces a provider and stores a value, says so, and returns when told to stop. */
export async function providerRole (node: TosNode, board: Board, testKey: string, signal: AbortSignal, stopped: AbortSignal): Promise<void> {
  await join(node, board, signal)
  for (const key of contentKeys(testKey)) for await (const _ of node.services.dht.provide(key, { signal }));
  for await (const _ of node.services.dht.put(recordKey(testKey), Buffer.from(VALUE), { signal }));
  await board.set(DONE, 'done')
  await stopping(stopped)
}

/** Finds the provider and reads the value; the verdict as YAML. */
export async function querierRole (node: TosNode, board: Board, testKey: string, signal: AbortSignal): Promise<{ passed: boolean, yaml: string }> {
  try {
    await board.wait(DONE, signal)
    await join(node, board, signal)
    const problem = await hasProvider(node, testKey, signal) ? await wrongValue(node, testKey, signal) : 'no provider found'
    return problem === undefined ? { passed: true, yaml: 'status: pass\n' } : failed(problem)
  } catch (error) {
    return failed(toTosError(error).message)
  }
}

async function join (node: TosNode, board: Board, signal: AbortSignal): Promise<void> {
  const { multiaddr } = await import('@multiformats/multiaddr')
  const { remotePeer } = await node.dial(multiaddr(await board.wait(ADDRESS, signal)), { signal })
  // the table takes a peer only after identify said that it serves the DHT
  while (!(await node.peerStore.get(remotePeer)).protocols.includes('/ipfs/kad/1.0.0')) await new Promise<void>(resolve => { node.addEventListener('peer:identify', () => { resolve() }, { once: true, signal }) })
  await node.services.dht.refreshRoutingTable()
}

async function hasProvider (node: TosNode, testKey: string, signal: AbortSignal): Promise<boolean> {
  for (const key of contentKeys(testKey)) {
    for await (const event of node.services.dht.findProviders(key, { signal })) if (event.name === 'PROVIDER' && event.providers.length > 0) return true
  }
  return false
}

async function wrongValue (node: TosNode, testKey: string, signal: AbortSignal): Promise<string | undefined> {
  let value: Uint8Array | undefined
  for await (const event of node.services.dht.get(recordKey(testKey), { signal })) if (event.name === 'VALUE') value = event.value
  const text = Buffer.from(value ?? []).toString('utf8')
  return GREETING.test(text) ? undefined : `expected a value that says "hello from", got ${JSON.stringify(text.slice(0, 80))}`
}

const recordKey = (testKey: string): Uint8Array => Buffer.from(`/example/data/${testKey}`)

/** The text itself and its multihash: the library's servers take the second only. Of a CID it reads nothing but these bytes. */
function contentKeys (testKey: string): ContentKey[] {
  const text = Buffer.from(`interop-test-key-${testKey}`)
  return [text, Buffer.concat([SHA256, hash('sha256', text, 'buffer')])].map(bytes => ({ multihash: { bytes } }) as unknown as ContentKey)
}

function failed (error: string): { passed: false, yaml: string } {
  return { passed: false, yaml: `error: ${JSON.stringify(error)}\nstatus: fail\n` }
}
