import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenError } from '../../src/node/listen-error.ts'

const system = (code: string, text: string): Error => Object.assign(new Error(`listen ${code}: ${text} 127.0.0.1:2080`), { code, syscall: 'listen' })
const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })
const stack = '\n      at Server.setupListenHandle (node:net:1:1)\n      at node:net:2:2'

test('the refused address and why stand in one line, wherever the system\'s words are', () => {
  const rows: Array<[error: Error, message: string]> = [
    [system('EADDRINUSE', 'address already in use'), '127.0.0.1:2080: the address is in use'],
    [new Error('start failed', { cause: new AggregateError([new Error('other'), system('EACCES', 'permission denied')]) }), '127.0.0.1:2080: the address needs more rights than this process has'],
    [named('UnsupportedListenAddressesError', `Some failed:\n\n  /ip4/1.2.3.4/tcp/9: Error: listen EADDRNOTAVAIL: address not available 1.2.3.4:9${stack}`), '1.2.3.4:9: the address is not an address of this machine'],
    [named('UnsupportedListenAddressesError', `Some failed:\n\n  /ip6/::1/tcp/9: Error: listen EADDRINUSE: address already in use ::1:9${stack}`), '::1:9: the address is in use'],
    [named('UnsupportedListenAddressesError', `Some failed:\n\n  /ip4/1.2.3.4/udp/9/quic-v1: UnsupportedListenAddressError: No transport${stack}`), '/ip4/1.2.3.4/udp/9/quic-v1: no transport for it'],
    [named('NoValidAddressesError', 'nothing to listen on\nmore'), '/a, /b']
  ]
  for (const [error, message] of rows) {
    const failure = listenError(error, ['/a', '/b'])
    assert.deepEqual([failure?.code, failure?.message], ['LISTEN_FAILED', `could not listen on ${message}`])
    assert.doesNotMatch(JSON.stringify(failure), /setupListenHandle|\\n/)
  }
})

test('an error that only speaks of listening is none of a listener', () => {
  for (const error of [new Error('listener of events failed'), new TypeError('listen'), Object.assign(new Error('open EACCES: permission denied'), { code: 'EACCES', syscall: 'open' }), 'listen EADDRINUSE: x 1:1', undefined]) {
    assert.equal(listenError(error, []), undefined)
  }
})
