import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PREFIX_QUOTAS, createConnectionLimits, parseIp, parseRange } from '../../src/peers/net/index.ts'
import type { ConnectionLimits, IpAddress } from '../../src/peers/net/index.ts'

const ip = (text: string): IpAddress => parseIp(text) ?? assert.fail(`${text} is no address`)
const admitted = (limits: ConnectionLimits, texts: readonly string[]): number => texts.filter(text => limits.admit(ip(text)) === undefined).length
const hosts = (count: number, text: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => text(i))

/** Small deterministic generator (mulberry32). */
function seeded (seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = state + 0x6d2b79f5 | 0
    let t = Math.imul(state ^ state >>> 15, 1 | state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) % below
  }
}

/** A written address and what it truly is, as bits: the truth is known before the text is written, so nothing under test is asked. */
interface Written { readonly text: string, readonly bits: string }

const bitsOf = (numbers: readonly number[], width: number): string => numbers.map(value => value.toString(2).padStart(width, '0')).join('')
const hex = (a: number, b: number): string => (a << 8 | b).toString(16)

/** Few networks with few hosts, so that every quota fills: IPv4 written in all its forms, and IPv6 from one /48. */
function writeAddress (next: (below: number) => number): Written {
  const [a, b, c, d] = [203, 10 + next(4), next(12), next(24)] as const
  const inner = [a, b, c, d].join('.')
  const v6 = [0x2a00, 0x1450, next(3), next(4) << 8 | next(6), 0, 0, 0, next(5)]
  switch (next(7)) {
    case 0: return { text: inner, bits: bitsOf([a, b, c, d], 8) }
    case 1: return { text: `::ffff:${inner}`, bits: bitsOf([a, b, c, d], 8) }
    case 2: return { text: `0:0:0:0:0:FFFF:${hex(a, b)}:${hex(c, d)}`, bits: bitsOf([a, b, c, d], 8) }
    case 3: return { text: `2002:${hex(a, b)}:${hex(c, d)}:${next(65536).toString(16)}::${next(65536).toString(16)}`, bits: bitsOf([a, b, c, d], 8) }
    case 4: return { text: `2001:0:${next(65536).toString(16)}:1:8000:${next(65536).toString(16)}:${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`, bits: bitsOf([a, b, c, d], 8) }
    case 5: return { text: `64:ff9b::${inner}`, bits: bitsOf([a, b, c, d], 8) }
    default: return { text: v6.map(value => value.toString(16)).join(':'), bits: bitsOf(v6, 16) }
  }
}

describe('connection limits', () => {
  it('holds every quota over 10^5 random addresses in all forms, and refuses nothing it need not', () => {
    const next = seeded(7)
    const limits = createConnectionLimits()
    const open: Written[] = []
    const truth = new Map<string, number>()
    const count = (key: string, by: number): void => { truth.set(key, (truth.get(key) ?? 0) + by) }
    const levels = (bits: string): [string, number][] => bits.length === 32 ? [[bits, 3], [bits.slice(0, 24), 16]] : [[bits.slice(0, 64), 3], [bits.slice(0, 56), 8]]
    const seen = { admitted: 0, refused: 0 }
    for (let i = 0; i < 100_000; i++) {
      const written = writeAddress(next)
      const fits = levels(written.bits).every(([key, limit]) => (truth.get(key) ?? 0) < limit)
      const refusal = limits.admit(ip(written.text))
      if ((refusal === undefined) !== fits) assert.fail(`${written.text}: ${JSON.stringify(refusal)}`)
      seen[fits ? 'admitted' : 'refused']++
      if (fits) {
        open.push(written)
        for (const [key] of levels(written.bits)) count(key, 1)
      }
      // connections end at about the rate they come, so that the tables are nearly full all the time
      if (open.length > 0 && next(3) === 0) {
        const [gone] = open.splice(next(open.length), 1) as [Written]
        assert.ok(limits.release(ip(gone.text)))
        for (const [key] of levels(gone.bits)) count(key, -1)
      }
    }
    assert.ok(seen.admitted > 20_000 && seen.refused > 20_000, JSON.stringify(seen))
    for (const { text } of open) assert.ok(limits.release(ip(text)))
    assert.equal(limits.size, 0)
  })

  it('names the narrowest quota that is full', () => {
    const limits = createConnectionLimits()
    assert.equal(admitted(limits, hosts(4, () => '198.51.100.7')), 3)
    assert.deepEqual(limits.admit(ip('::ffff:198.51.100.7')), { code: 'CONNECTION_LIMIT', prefix: '198.51.100.7/32', limit: 3 })
    assert.equal(admitted(limits, hosts(20, i => `198.51.100.${100 + i}`)), 13)
    assert.deepEqual(limits.admit(ip('198.51.100.50')), { code: 'CONNECTION_LIMIT', prefix: '198.51.100.0/24', limit: 16 })
    assert.equal(admitted(limits, hosts(10, i => `2a00:1:2:3::${i}`)), 3)
    assert.deepEqual(limits.admit(ip('2a00:1:2:3::ffff')), { code: 'CONNECTION_LIMIT', prefix: '2a00:1:2:3::/64', limit: 3 })
    assert.equal(admitted(limits, hosts(10, i => `2a00:1:2:${10 + i}::1`)), 5)
    assert.deepEqual(limits.admit(ip('2a00:1:2:50::1')), { code: 'CONNECTION_LIMIT', prefix: '2a00:1:2::/56', limit: 8 })
    assert.equal(limits.admit(ip('2a00:1:2:100::1')), undefined)
  })

  it('counts nothing for a refused connection, and gives back only what it counted', () => {
    const limits = createConnectionLimits()
    assert.equal(limits.release(ip('198.51.100.7')), false)
    assert.equal(admitted(limits, hosts(50, () => '198.51.100.7')), 3)
    assert.equal(admitted(limits, hosts(13, i => `198.51.100.${100 + i}`)), 13)
    assert.equal(limits.release(ip('198.51.100.8')), false)
    for (let i = 0; i < 3; i++) assert.ok(limits.release(ip('198.51.100.7')))
    assert.equal(limits.release(ip('198.51.100.7')), false)
    assert.equal(limits.size, 15)
  })

  it('allows 8 per address in the tos-spec profile, by /64 for IPv6', () => {
    const limits = createConnectionLimits({ quotas: PREFIX_QUOTAS['tos-spec'] })
    assert.equal(admitted(limits, hosts(20, () => '198.51.100.7')), 8)
    assert.equal(admitted(limits, hosts(20, i => `2a00:1:2:3::${i}`)), 8)
    assert.equal(admitted(limits, hosts(20, i => `198.51.100.${100 + i}`)), 20)
  })

  it('exempts loopback and private ranges only where told to', () => {
    const local = ['127.0.0.1', '10.0.0.1', '192.168.0.1', '::1', 'fd00::1', 'fe80::1', '::ffff:127.0.0.1']
    const exempt = createConnectionLimits({ exemptLocal: true })
    for (const text of local) {
      assert.equal(admitted(createConnectionLimits(), hosts(10, () => text)), 3, text)
      assert.equal(admitted(exempt, hosts(10, () => text)), 10, text)
      assert.equal(exempt.release(ip(text)), false)
    }
    assert.equal(exempt.size, 0)
    assert.equal(admitted(exempt, hosts(10, () => '198.51.100.7')), 3)
  })

  it('lifts the quotas for whitelisted ranges, and for no others', () => {
    const limits = createConnectionLimits({ whitelist: [parseRange('198.51.100.0/28'), parseRange('2a00:1:2::/48')] })
    assert.equal(admitted(limits, hosts(40, () => '198.51.100.15')), 40)
    assert.equal(admitted(limits, hosts(40, () => '::ffff:198.51.100.1')), 40)
    assert.equal(admitted(limits, hosts(40, () => '2a00:1:2:ffff::1')), 40)
    assert.equal(admitted(limits, hosts(40, () => '198.51.100.16')), 3)
    assert.equal(admitted(limits, hosts(40, () => '2a00:1:3::1')), 3)
  })

  it('bounds its tables by a cap per IP version', () => {
    const limits = createConnectionLimits({ most: 100 })
    assert.equal(admitted(limits, hosts(1000, i => `198.${i >> 8}.${i & 255}.1`)), 100)
    assert.deepEqual(limits.admit(ip('1.2.3.4')), { code: 'CONNECTION_LIMIT', prefix: '0.0.0.0/0', limit: 100 })
    assert.equal(admitted(limits, hosts(1000, i => `2a00:${i.toString(16)}::1`)), 100)
    assert.ok(limits.size <= 402)
  })

  it('refuses quotas that make no sense', () => {
    for (const quota of [{ version: 4, bits: 33, limit: 1 }, { version: 6, bits: 64, limit: 0 }, { version: 4, bits: 24, limit: Number.NaN }] as const) {
      assert.throws(() => createConnectionLimits({ quotas: [quota] }), { code: 'INVALID_VALUE' })
    }
  })
})
