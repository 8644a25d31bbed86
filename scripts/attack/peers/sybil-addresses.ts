import { createConnectionLimits, parseIp } from '../../../src/peers/net/index.ts'
import type { IpAddress } from '../../../src/peers/net/index.ts'
import { seeded } from '../../../test/peers-book/book-fixture.ts'
import { limitRow } from '../../bench/harness.ts'
import type { Row } from '../../bench/harness.ts'
import type { Scale } from './scale.ts'

const ADDRESSES = { quick: 20_000, short: 100_000, long: 1_000_000 } as const
const HONEST_EVERY = 100
const LINES = { 'IPv4 address': 3, 'IPv4 /24': 16, 'IPv6 /64': 3, 'IPv6 /56': 8 } as const
type Level = keyof typeof LINES

/** An address as it is written, and the prefixes it truly belongs to. */
interface Written { readonly text: string, readonly prefixes: ReadonlyArray<readonly [Level, string]> }

/** Sybil by address: two networks of an attacker, written in every form there is, while honest peers come from networks of their own. */
export function sybilAddresses (scale: Scale): Row[] {
  const count = ADDRESSES[scale]
  const random = seeded(17)
  const below = (n: number): number => Math.floor(random() * n)
  const limits = createConnectionLimits()
  const open: Written[] = []
  const held = new Map<string, number>()
  const most: Record<Level, number> = { 'IPv4 address': 0, 'IPv4 /24': 0, 'IPv6 /64': 0, 'IPv6 /56': 0 }
  let honestRefused = 0
  let needlessly = 0
  for (let i = 0; i < count; i++) {
    if (i % HONEST_EVERY === 0 && !visit(`20.${i >> 16 & 255}.${i >> 8 & 255}.${i & 255}`)) honestRefused++
    const written = writeAddress(below)
    const fits = written.prefixes.every(([level, prefix]) => (held.get(prefix) ?? 0) < LINES[level])
    if (limits.admit(ip(written.text)) === undefined) {
      open.push(written)
      for (const [level, prefix] of written.prefixes) {
        const now = (held.get(prefix) ?? 0) + 1
        held.set(prefix, now)
        most[level] = Math.max(most[level], now)
      }
    } else if (fits) needlessly++
    // they leave about as often as they come in, so that the limits are always nearly reached
    if (open.length > 0 && below(3) === 0) leave(open.splice(below(open.length), 1)[0] as Written)
  }
  for (const written of open) leave(written)
  const what = `Sybil by address, ${count.toLocaleString('en-US')} addresses in all forms`
  return [
    ...Object.entries(LINES).map(([level, line]) => limitRow(`${what}: most at once of one ${level}`, most[level as Level], 'connections', line)),
    limitRow(`${what}: refused without need`, needlessly + honestRefused, 'connections', 0),
    limitRow(`${what}: prefixes still counted when all have left`, limits.size, 'prefixes', 0)
  ]

  function visit (text: string): boolean {
    return limits.admit(ip(text)) === undefined && limits.release(ip(text))
  }
  function leave ({ text, prefixes }: Written): void {
    limits.release(ip(text))
    for (const [, prefix] of prefixes) held.set(prefix, (held.get(prefix) ?? 0) - 1)
  }
}

/** What it truly is comes first and the text after it, so that nothing under test is asked. */
function writeAddress (below: (n: number) => number): Written {
  const [a, b, c, d] = [203, 10, below(12), below(24)] as const
  const v4 = { prefixes: [['IPv4 address', `${c}.${d}`], ['IPv4 /24', `${c}`]] } as const
  const plain = `${a}.${b}.${c}.${d}`
  const hex = (high: number, low: number): string => (high << 8 | low).toString(16)
  const [block, sub] = [below(3), below(6)] as const
  switch (below(7)) {
    case 0: return { ...v4, text: plain }
    case 1: return { ...v4, text: `::ffff:${plain}` }
    case 2: return { ...v4, text: `0:0:0:0:0:FFFF:${hex(a, b)}:${hex(c, d)}` }
    // 6to4, Teredo with the client inverted, NAT64
    case 3: return { ...v4, text: `2002:${hex(a, b)}:${hex(c, d)}::${below(65_536).toString(16)}` }
    case 4: return { ...v4, text: `2001:0:${below(65_536).toString(16)}:1:8000:1:${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}` }
    case 5: return { ...v4, text: `64:ff9b::${plain}` }
    default: return { text: `2a00:1450:0:${hex(block, sub)}::${below(65_536).toString(16)}`, prefixes: [['IPv6 /64', `${block}:${sub}`], ['IPv6 /56', `:${block}`]] }
  }
}

function ip (text: string): IpAddress {
  return parseIp(text) as IpAddress
}
