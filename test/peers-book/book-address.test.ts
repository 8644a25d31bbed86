import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressGroup, sourceGroup } from '../../src/peers/book/index.ts'
import { bookAddress } from '../../src/peers/book/book-address.ts'

describe('addresses of the book', () => {
  const spellings: [given: string, kept: string | undefined, group?: string][] = [
    ['/ip4/11.2.3.4/tcp/2080', '/ip4/11.2.3.4/tcp/2080', '11.2.0.0/16'],
    ['/ip4/11.2.3.4/tcp/2080/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5', '/ip4/11.2.3.4/tcp/2080', '11.2.0.0/16'],
    ['/ip4/11.2.3.4/udp/2080/quic-v1', '/ip4/11.2.3.4/udp/2080/quic-v1', '11.2.0.0/16'],
    ['/ip6/2A00:0:0:0::1/tcp/1', '/ip6/2a00::1/tcp/1', '2a00::/32'],
    ['/ip6/::ffff:11.2.3.4/tcp/2080', '/ip4/11.2.3.4/tcp/2080', '11.2.0.0/16'],
    ['/dns4/Node.Example.ORG/tcp/443/wss', '/dns4/node.example.org/tcp/443/wss', 'name:example.org'],
    ['/dns/a/tcp/1', '/dns/a/tcp/1', 'name:a'],
    ['/ip4/11.2.3.4/tcp/0', undefined],
    ['/ip4/11.2.3.4/tcp/65536', undefined],
    ['/ip4/11.2.3.4/tcp/02080', undefined],
    ['/ip4/11.2.3.04/tcp/2080', undefined],
    ['/ip6/11.2.3.4/tcp/2080', undefined],
    ['/ip4/11.2.3.4', undefined],
    ['/ip4/11.2.3.4/tcp/1/p2p/QmRelay/p2p-circuit', undefined],
    ['/dnsaddr/example.org', undefined],
    ['/dns4/11.2.3.4/tcp/1', undefined],
    [`/dns4/${'a.'.repeat(127)}com/tcp/1`, undefined],
    ['/dns4/a\nb.org/tcp/1', undefined],
    ['/dns4//tcp/1', undefined],
    ['/unix/tmp/tcp/1', undefined],
    ['', undefined]
  ]
  for (const [given, kept, group] of spellings) {
    it(`${JSON.stringify(given.slice(0, 50))} is kept as ${kept ?? 'nothing'}`, () => {
      assert.equal(bookAddress(given)?.text, kept)
      assert.equal(addressGroup(given), group)
    })
  }

  it('the canonical spelling is its own canonical spelling', () => {
    for (const [, kept] of spellings) if (kept !== undefined) assert.equal(bookAddress(kept)?.text, kept)
  })

  const reach: [address: string, isPublic: boolean][] = [
    ['/ip4/11.2.3.4/tcp/1', true], ['/ip4/10.0.0.1/tcp/1', false], ['/ip4/127.0.0.1/tcp/1', false], ['/ip4/224.0.0.1/tcp/1', false],
    ['/ip6/2a00::1/tcp/1', true], ['/ip6/::1/tcp/1', false], ['/ip6/fe80::1/tcp/1', false], ['/ip6/::ffff:192.168.0.1/tcp/1', false],
    ['/dns4/example.org/tcp/1', true], ['/dns4/localhost/tcp/1', false], ['/dns4/printer.local/tcp/1', false]
  ]
  for (const [address, isPublic] of reach) {
    it(`${address} is ${isPublic ? '' : 'not '}public`, () => assert.equal(bookAddress(address)?.isPublic, isPublic))
  }

  it('a source counts by its network group; a name of ours by itself, cleaned and bounded', () => {
    assert.equal(sourceGroup('11.2.3.4'), '11.2.0.0/16')
    assert.equal(sourceGroup('/ip4/11.2.200.1/tcp/9'), '11.2.0.0/16')
    assert.equal(sourceGroup('2a00:1::5'), '2a00:1::/32')
    assert.equal(sourceGroup('dns:seed.example'), 'dns:seed.example')
    assert.equal(sourceGroup(`a\nb${'c'.repeat(100)}`), `a?b${'c'.repeat(61)}`)
  })
})
