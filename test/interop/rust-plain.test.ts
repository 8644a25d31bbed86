import { test } from 'node:test'
import { startCodec } from './codec/codec-process.ts'
import { askOurs, askTheirs, PLAIN_PROTOCOLS } from './codec/plain-exchange.ts'
import { rustCodec } from './rust/codec-command.ts'
import { cell, isHere, withPeers } from './harness/cell.ts'
import { dial } from './harness/steps.ts'

const config = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] } as const
const scenario = (name: string): string => `11 plain ${name}: bytes of serde and bincode`
const [theirs, ours] = ['rust → tosd', 'tosd → rust']

void test('plain protocols, every byte of the other side made and read by rust', async context => {
  const names = PLAIN_PROTOCOLS.flatMap(({ name }) => [theirs, ours].map(direction => ({ peer: 'rust', scenario: scenario(name), direction })))
  if (!await isHere(context, 'rust', names)) return
  const found = rustCodec()
  if ('missing' in found) throw new Error(`${found.missing}; ${found.hint}`)
  const codec = await startCodec(found.command, found.args)
  context.after(() => codec.stop())
  const pair = await withPeers(context, { foreign: ['rust', config], tosd: ['tosd', config] })
  await dial(pair.foreign, pair.tosd)
  for (const protocol of PLAIN_PROTOCOLS) {
    await cell(context, { peer: 'rust', scenario: scenario(protocol.name), direction: theirs }, () => askOurs(codec, pair, protocol))
    await cell(context, { peer: 'rust', scenario: scenario(protocol.name), direction: ours }, () => askTheirs(codec, pair, protocol))
  }
})
