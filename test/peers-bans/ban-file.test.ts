import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TosError } from '../../src/errors/index.ts'
import { createBanList } from '../../src/peers/bans/index.ts'
import type { BanList } from '../../src/peers/bans/index.ts'
import { parseIp } from '../../src/peers/net/index.ts'
import type { IpAddress } from '../../src/peers/net/index.ts'

const T0 = 1_740_000_000_000
const MINUTE = 60_000
const PEERS = ['12D3KooWPA6ax6t3jqTyGq73Zm1RmwppYqxaXzrtarfcTWGp5Wzx', 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'] as const
const ip = parseIp('198.51.100.7') as IpAddress

/** A disk of one file. */
interface Disk { bytes: Uint8Array | undefined, saves: number, broken: boolean, readonly errors: TosError[], open (now: number): BanList }

function createDisk (bytes?: Uint8Array): Disk {
  const disk: Disk = {
    bytes, saves: 0, broken: false, errors: [],
    open: now => createBanList({
      now,
      store: {
        load: () => disk.bytes,
        save (bytes) {
          if (disk.broken) throw new Error('no space')
          disk.saves++
          disk.bytes = bytes
        }
      },
      onError: error => { disk.errors.push(error) }
    })
  }
  return disk
}

test('bans of all kinds survive a restart: their ends, their doubling and what was counted behind an address', () => {
  const disk = createDisk()
  const list = disk.open(T0)
  list.add('203.0.113.0/24', { reason: 'abuse\nreports' }, T0)
  list.add(PEERS[1], { for: MINUTE }, T0)
  list.punish(PEERS[0], 'invalid_block', T0, ip)
  list.flush(T0)
  const again = disk.open(T0 + 1000)
  assert.deepEqual(again.ls(T0 + 1000), list.ls(T0 + 1000))
  assert.deepEqual(again.ls(T0).map(({ reason }) => reason), ['abuse reports', '', 'invalid_block'])
  for (let i = 0; i < 5; i++) again.punish(`p${i}`, 'x', T0 + 2000, ip)
  assert.equal(again.isBanned('new', ip, T0 + 2000)?.by, 'address')
  const later = T0 + 60 * MINUTE
  assert.equal((disk.open(later).punish(PEERS[0], 'x', later).until ?? 0) - later, 30 * MINUTE)
  assert.deepEqual(disk.open(T0 + 2 * 86_400_000).dump(), { peers: 0, addresses: 0, operator: 2, counted: 0, unsaved: false }, 'what is past memory is not taken')
  assert.deepEqual(disk.errors, [])
})

test('an order of the operator is on disk when the call returns; a flood of offenders costs one write a second', () => {
  const disk = createDisk()
  const list = disk.open(T0)
  list.add(PEERS[0], {}, T0)
  assert.equal(createDisk(disk.bytes).open(T0).ls(T0).length, 1)
  disk.saves = 0
  for (let i = 0; i < 3000; i++) list.punish(`p${i}`, 'x', T0 + 1000 + i)
  assert.equal(disk.saves, 3)
  assert.equal(list.dump().unsaved, true)
  list.flush(T0 + 4000)
  assert.deepEqual([disk.saves, list.dump().unsaved], [4, false])
  list.flush(T0 + 9000)
  assert.equal(disk.saves, 4)
})

test('a damaged file is told with a code, makes an empty list and is not overwritten unasked', () => {
  const disk = createDisk()
  const list = disk.open(T0)
  list.add(PEERS[0], {}, T0)
  list.punish(PEERS[1], 'x', T0, ip)
  list.flush(T0)
  const text = new TextDecoder().decode(disk.bytes)
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
  const cases = [
    new Uint8Array(0), Uint8Array.of(0xff, 0xfe), new Uint8Array(5_000_000).fill(0x20), encode('null'), encode('[]'), encode('{}'),
    ...[1, 2, 3].map(quarter => encode(text.slice(0, text.length * quarter / 4))),
    encode(text.replace('"version":1', '"version":2')), encode(text.replace('"since"', '"sinc"')), encode(text.replace(PEERS[0], 'x')), encode(text.replace(PEERS[0], '0.0.0.0/0')),
    encode(text.replace(/"until":\d+/, '"until":-1')), encode(text.replace(/"times":1/, '"times":70000'))
  ]
  for (const [i, bytes] of cases.entries()) {
    const damaged = createDisk(bytes)
    const list = damaged.open(T0)
    assert.deepEqual([damaged.errors.map(({ code }) => code), list.ls(T0), damaged.saves], [['PEER_FILE_INVALID'], [], 0], `case ${i}`)
    assert.deepEqual(list.dump(), { peers: 0, addresses: 0, operator: 0, counted: 0, unsaved: false })
    list.add(PEERS[0], {}, T0)
    assert.equal(createDisk(damaged.bytes).open(T0).ls(T0).length, 1)
  }
})

test('a disk that refuses is told, the ban holds all the same, and the next flush writes it', () => {
  const disk = createDisk()
  const list = disk.open(T0)
  disk.broken = true
  assert.throws(() => list.add(PEERS[0], {}, T0), (error: unknown) => error instanceof TosError && error.code === 'STORE_READ_ONLY')
  list.punish('p', 'x', T0 + 1000)
  assert.deepEqual(disk.errors.map(({ code }) => code), ['STORE_READ_ONLY'])
  assert.notEqual(list.isBanned(PEERS[0], undefined, T0), undefined)
  disk.broken = false
  list.flush(T0 + 2000)
  assert.deepEqual([disk.saves, list.dump().unsaved], [1, false])
})

test('a file that cannot be read is told, and a ban by score in a file ends within a day', () => {
  const errors: string[] = []
  createBanList({ now: T0, store: { load: () => { throw new Error('EACCES') }, save: () => {} }, onError: ({ code }) => { errors.push(code) } })
  assert.deepEqual(errors, ['FILE_UNREADABLE'])
  const saved = { version: 1, peers: [{ target: PEERS[0], reason: 'x', since: 4_000_000_000, until: 4_100_000_000, times: 3, address: null }], addresses: [], operator: [] }
  const disk = createDisk(new TextEncoder().encode(JSON.stringify(saved)))
  assert.equal(disk.open(T0).isBanned(PEERS[0], undefined, T0)?.until, T0 + 86_400_000)
})
