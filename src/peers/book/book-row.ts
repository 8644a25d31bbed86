import { TosError } from '../../errors/index.ts'
import type { ByteReader, ByteWriter } from '../../wire/index.ts'
import { HOST_KINDS, isNameAddress, ofIp, ofName, TRANSPORTS } from './book-address.ts'
import type { BookAddress } from './book-address.ts'
import type { Entry, Place } from './entry.ts'
import { RAW_KEY_LENGTH } from './peer-key.ts'
import type { PeerKey } from './peer-key.ts'
import { BUCKET_SIZE, NEW_BUCKETS, TRIED_BUCKETS } from './placement.ts'

/** Bits of the flags byte; all others are zero. */
const TRIED = 1
const RAW_PEER = 2
const TEXT_PEER = 4

/** A peer to connect to before all others at the next start. */
export interface Anchor {
  readonly address: BookAddress
  readonly peer: PeerKey
}

/** Appends an entry; `numbers` says which number each source has. `row-size.ts` knows the sizes. */
export function writeRow (writer: ByteWriter, entry: Entry, numbers: ReadonlyMap<string, number>): void {
  putU8(writer, (entry.tried ? TRIED : 0) | peerFlag(entry.peer))
  writeAddress(writer, entry.address)
  writePeer(writer, entry.peer)
  const at = writer.reserve(23)
  const { view } = writer
  view.setBigUint64(at, entry.services, true)
  view.setUint8(at + 8, entry.nodeType)
  view.setUint32(at + 9, seconds(entry.lastSeen), true)
  view.setUint32(at + 13, seconds(entry.lastTried), true)
  view.setUint32(at + 17, seconds(entry.lastGood), true)
  view.setUint8(at + 21, Math.min(entry.failures, 255))
  view.setUint8(at + 22, entry.places.length)
  for (const { slot, source } of entry.places) {
    const number = numbers.get(source) as number
    const place = writer.reserve(5)
    writer.view.setUint16(place, slot, true)
    writer.view.setUint16(place + 2, number & 0xffff, true)
    writer.view.setUint8(place + 4, number >> 16)
  }
}

/** Takes an entry. Throws INVALID_VALUE or TRUNCATED. */
export function readRow (reader: ByteReader, sources: readonly string[]): Entry {
  const flags = reader.takeU8()
  const tried = (flags & TRIED) !== 0
  const address = readAddress(reader)
  const peer = readPeer(reader, flags & ~TRIED)
  const services = reader.takeU64()
  const nodeType = reader.takeU8()
  const lastSeen = reader.takeU32() * 1000
  const lastTried = reader.takeU32() * 1000
  const lastGood = reader.takeU32() * 1000
  const failures = reader.takeU8()
  const count = reader.takeU8()
  check(count > 0 && count <= (tried ? 1 : 8), 'places')
  check(!tried || peer !== undefined, 'tried without a peer')
  // most have one place: pushed to an empty list it would reserve room for seventeen
  const places = [readPlace(reader, tried, sources)]
  while (places.length < count) places.push(readPlace(reader, tried, sources))
  return { address, peer, services, nodeType, lastSeen, lastTried, lastGood, failures, counted: -Infinity, tried, places }
}

function readPlace (reader: ByteReader, tried: boolean, sources: readonly string[]): Place {
  const slot = reader.takeU16()
  const source = sources[reader.takeU16() | reader.takeU8() << 16]
  check(slot < (tried ? TRIED_BUCKETS : NEW_BUCKETS) * BUCKET_SIZE, 'slot')
  return { slot, source: known(source, 'source') }
}

export function writeAnchor (writer: ByteWriter, { address, peer }: Anchor): void {
  putU8(writer, peerFlag(peer))
  writeAddress(writer, address)
  writePeer(writer, peer)
}

/** Takes an anchor. Throws INVALID_VALUE or TRUNCATED. */
export function readAnchor (reader: ByteReader): Anchor {
  const flags = reader.takeU8()
  return { address: readAddress(reader), peer: known(readPeer(reader, flags), 'peer of an anchor') }
}

function writeAddress (writer: ByteWriter, address: BookAddress): void {
  const { kind, host, port, transport } = address
  const at = writer.reserve(4)
  writer.view.setUint8(at, HOST_KINDS.indexOf(kind))
  writer.view.setUint8(at + 1, TRANSPORTS.indexOf(transport))
  writer.view.setUint16(at + 2, port, true)
  if (isNameAddress(address)) putText(writer, host)
  else writer.putBytes(Buffer.from(host, 'latin1'))
}

function readAddress (reader: ByteReader): BookAddress {
  const kind = known(HOST_KINDS[reader.takeU8()], 'kind of host')
  const transport = known(TRANSPORTS[reader.takeU8()], 'transport')
  const port = reader.takeU16()
  check(port > 0, 'port')
  if (kind === 'ip4') return ofIp({ version: 4, bytes: reader.takeBytes(4) }, port, transport)
  if (kind === 'ip6') return ofIp({ version: 6, bytes: reader.takeBytes(16) }, port, transport)
  return known(ofName(kind, takeText(reader), port, transport), 'name')
}

function peerFlag (peer: PeerKey | undefined): number {
  return peer === undefined ? 0 : peer.length === RAW_KEY_LENGTH ? RAW_PEER : TEXT_PEER
}

function writePeer (writer: ByteWriter, peer: PeerKey | undefined): void {
  if (peer === undefined) return
  if (peer.length === RAW_KEY_LENGTH) writer.putBytes(Buffer.from(peer, 'latin1'))
  else putText(writer, peer)
}

function readPeer (reader: ByteReader, flag: number): PeerKey | undefined {
  check(flag === 0 || flag === RAW_PEER || flag === TEXT_PEER, 'flags')
  if (flag === 0) return undefined
  const peer = flag === RAW_PEER ? takeChars(reader, RAW_KEY_LENGTH) : takeText(reader)
  check(flag === RAW_PEER || peer.length > RAW_KEY_LENGTH, 'peer')
  return peer
}

function putU8 (writer: ByteWriter, value: number): void {
  const at = writer.reserve(1)
  writer.view.setUint8(at, value)
}

function putText (writer: ByteWriter, text: string): void {
  putU8(writer, text.length)
  writer.putBytes(Buffer.from(text, 'latin1'))
}

function takeText (reader: ByteReader): string {
  return takeChars(reader, reader.takeU8())
}

/** Bytes as characters 0 to 255. */
function takeChars (reader: ByteReader, count: number): string {
  const at = reader.take(count)
  const { buffer, byteOffset } = reader.bytes
  return Buffer.from(buffer, byteOffset + at, count).toString('latin1')
}

/** Seconds of a time in ms, as the file can hold them (until the year 2106). */
function seconds (ms: number): number {
  return Math.min(Math.max(Math.floor(ms / 1000), 0), 0xffffffff)
}

function known<T> (value: T | undefined, what: string): T {
  if (value === undefined) throw new TosError('INVALID_VALUE', `unknown ${what}`)
  return value
}

function check (holds: boolean, what: string): void {
  if (!holds) throw new TosError('INVALID_VALUE', `impossible ${what}`)
}
