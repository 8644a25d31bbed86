import { join } from 'node:path'
import { test } from 'node:test'
import { startCodec } from './codec/codec-process.ts'
import { askOurs, askTheirs, PLAIN_PROTOCOLS } from './codec/plain-exchange.ts'
import { cell, isHere, withPeers } from './harness/cell.ts'
import { INTEROP } from './harness/paths.ts'
import { dial } from './harness/steps.ts'
import { pythonFor } from './py/python.ts'

const config = { listen: ['/ip4/127.0.0.1/tcp/0'], transports: ['tcp'], security: ['noise'] } as const
const scenario = (name: string): string => `11 plain ${name}: bytes of Python's struct`
const [theirs, ours] = ['py → tosd', 'tosd → py']

void test('plain protocols, every byte of the other side made and read by Python', async context => {
  const names = PLAIN_PROTOCOLS.flatMap(({ name }) => [theirs, ours].map(direction => ({ peer: 'py', scenario: scenario(name), direction })))
  if (!await isHere(context, 'py', names)) return
  const found = pythonFor(join(INTEROP, 'py', 'codec.py'))
  if ('missing' in found) throw new Error(`${found.missing}; ${found.hint}`)
  const codec = await startCodec(found.command, found.args)
  context.after(() => codec.stop())
  const pair = await withPeers(context, { foreign: ['py', config], tosd: ['tosd', config] })
  await dial(pair.foreign, pair.tosd)
  for (const protocol of PLAIN_PROTOCOLS) {
    await cell(context, { peer: 'py', scenario: scenario(protocol.name), direction: theirs }, () => askOurs(codec, pair, protocol))
    await cell(context, { peer: 'py', scenario: scenario(protocol.name), direction: ours }, () => askTheirs(codec, pair, protocol))
  }
})
