import { Packet } from 'dns2'
import { systemClock } from '../../../src/chain/clock.ts'
import { createDnsSeeds, DNS_ANSWER_LIMITS, readAnswer } from '../../../src/discovery/index.ts'
import type { DnsSeedAnswer } from '../../../src/discovery/index.ts'
import { createMessageSigner } from '../../../src/secure/signer/index.ts'
import { planDials, TOPOLOGY_LIMITS } from '../../../src/peers/topology/index.ts'
import type { DialCandidate } from '../../../src/peers/topology/index.ts'
import { toHex } from '../../../src/wire/index.ts'
import { startDnsServer, txt } from '../../../test/support/dns-server.ts'
import type { Zone } from '../../../test/support/dns-server.ts'
import { alarm, seeded, state } from '../../../test/peers-topology/support.ts'
import { limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'

const RECORDS = 10_000
/** Deadline of one name, and what a busy machine may add. */
const DEADLINE_MS = 5200
const SHARE = 25
const GOOD = '8.8.8.8:2080'

/** DNS poisoning: a real server that lies in every way; what of it is believed, how long it takes, and how far a believed lie gets. */
export async function dnsPoison (): Promise<Row[]> {
  const key = createMessageSigner({ privateKey: new Uint8Array(32).fill(1), network: 'mainnet' })
  await using server = await startDnsServer(zone())
  let slowestMs = 0
  // each name by itself: one that never answers must not hide how long the others take
  const ask = async (name: string): Promise<DnsSeedAnswer> => {
    const start = performance.now()
    const [answer] = await createDnsSeeds({ names: [name], network: 'mainnet', publicOnly: true, servers: [server.address], clock: systemClock }).lookup()
    slowestMs = Math.max(slowestMs, performance.now() - start)
    return answer as DnsSeedAnswer
  }
  const hints = async (name: string): Promise<number> => (await ask(name)).hints.length
  const [many, wide, loop, home, noise, unsigned, silent, good] = await Promise.all([
    hints('many.test'), hints('wide.test'), hints('loop.test'), hints('home.test'), hints('noise.test'), hints(`${toHex(key.publicKey)}@good.test`), ask('silent.test'), hints('good.test')
  ])
  const thousands = readAnswer(Array.from({ length: RECORDS }, (_, i) => [publicRecord(i)]), { publicOnly: true, publicKey: undefined, verify: () => false as never, now: Date.now() })
  return [
    limitRow('DNS, as many records as an answer holds: hints taken', many, 'hints', DNS_ANSWER_LIMITS.records),
    limitRow(`DNS, ${RECORDS.toLocaleString('en-US')} records past the resolver: hints taken`, thousands.hints.length, 'hints', DNS_ANSWER_LIMITS.records),
    limitRow('DNS, one record of 64 KiB: hints taken', wide, 'hints', 0),
    limitRow('DNS, a loop of CNAMEs: hints taken', loop, 'hints', 0),
    limitRow('DNS, private, loopback and multicast addresses: hints taken', home, 'hints', 0),
    limitRow('DNS, noise: hints taken', noise, 'hints', 0),
    limitRow('DNS, unsigned records of a name with a key: hints taken', unsigned, 'hints', 0),
    limitRow('DNS, a server that is silent: failures without TIMEOUT', silent.error?.code === 'TIMEOUT' ? 0 : 1, 'of 1', 0),
    limitRow('DNS, an honest name beside all these: hints missing', 1 - good, 'of 1', 0),
    limitRow('DNS, all these: longest until an answer or a failure', slowestMs, 'ms', DEADLINE_MS),
    limitRow('DNS, a believed lie of 64 peers: first outbound slots it fills', firstSlots() * 100, '%', SHARE)
  ]
}

function zone (): Zone {
  return {
    'good.test': [[GOOD]],
    // the server library repeats the name in each record: a thousand fit the 64 KiB of an answer
    'many.test': Array.from({ length: 1000 }, (_, i) => [publicRecord(i)]),
    'wide.test': [Array.from({ length: 250 }, () => 'x'.repeat(255))],
    'home.test': [['10.0.0.1:2080'], ['127.0.0.1:2080'], ['192.168.1.1:2080'], ['[fe80::1]:2080'], ['[fc00::1]:2080'], ['[::ffff:10.0.0.1]:2080'], ['224.0.0.1:2080'], ['0.0.0.0:2080'], ['dnsaddr=/ip4/10.0.0.1/tcp/2080']],
    'noise.test': [['8.8.8.8'], ['8.8.8.8:0'], ['8.8.8.8:65536'], [':2080'], ['2606:4700::1:2080'], ['\u0000\u00ff'], ['dnsaddr=/dnsaddr/loop.test'], ['dnsaddr=/ip4/8.8.8.8/tcp/2080/p2p/nobody'], ['sig=x;8.8.8.8:2080'], ['']],
    'silent.test': () => {},
    'loop.test': (request, send) => {
      const response = Packet.createResponseFromRequest(request)
      for (const [from, to] of [['loop.test', 'pool.test'], ['pool.test', 'loop.test']] as const) response.answers.push({ ...txt(from, []), type: Packet.TYPE.CNAME, domain: to } as never)
      void send(response)
    }
  }
}

function publicRecord (i: number): string {
  return `8.${i >> 16 & 127}.${i >> 8 & 255}.${i & 255}:2080`
}

/** Share of the first outbound slots that the 64 peers of one lying name get beside three honest sources, all of networks of their own. */
function firstSlots (): number {
  const told = (seed: string, count: number, source: 'dns' | 'exchange' | 'dht'): DialCandidate[] => Array.from({ length: count }, (_, i) => ({
    peer: `${seed} ${i}`, addresses: [`/dns4/${seed}-${i}/tcp/2080`], group: `${seed} ${i}`, origins: [{ source, seed }], tried: false, failures: 0, notBefore: 0, prior: seed === 'liar' ? 100 : 50
  }))
  const candidates = [...told('liar', 64, 'dns'), ...told('honest', 8, 'dns'), ...told('friend', 8, 'exchange'), ...told('walk', 8, 'dht')]
  const { dials } = planDials(candidates, state(alarm), { random: seeded(1), dials: { emergencyParallel: TOPOLOGY_LIMITS.minOutbound } })
  return dials.filter(({ origin }) => origin.seed === 'liar').length / TOPOLOGY_LIMITS.minOutbound
}
