import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_CODES, TosError } from '../../src/errors/index.ts'
import type { TosErrorCode } from '../../src/errors/index.ts'
import { RULES, excuseOf, reasonOf, reasonOfIncident } from '../../src/peers/reputation/index.ts'
import { isOwnFault } from '../../src/protocol/incidents.ts'

const codes = Object.keys(ERROR_CODES) as TosErrorCode[]

test('every code of the catalogue is either charged or excused: whoever adds one must decide', () => {
  for (const code of codes) {
    const charged = reasonOf(code) !== undefined
    assert.equal(charged, excuseOf(code) === undefined, `${code}: name it once, in CHARGED or EXCUSED of incident-reasons.ts`)
  }
})

test('own faults and what a peer says of us are never charged, nor is an incident without a peer', () => {
  for (const code of codes) {
    const own = isOwnFault(new TosError(code, ''))
    if (own) assert.equal(reasonOf(code), undefined, code)
    const incident = { code, peer: 'a', protocol: '/x', error: new TosError(code, ''), remote: false }
    assert.equal(reasonOfIncident(incident), reasonOf(code), code)
    assert.equal(reasonOfIncident({ ...incident, remote: true }), undefined, code)
    assert.equal(reasonOfIncident({ ...incident, peer: undefined }), undefined, code)
  }
})

test('what a stranger or the path can cause is transport: it cannot ban', () => {
  for (const code of ['STREAM_CLOSED', 'SLOW_STREAM', 'HANDSHAKE_TIMEOUT', 'REMOTE_ERROR'] as const) {
    assert.equal(RULES[reasonOf(code) ?? 'invalid_block'].kind, 'transport', code)
  }
})

test('the table holds the numbers of the specification, in whole thousandths', () => {
  const deltas = Object.fromEntries(Object.entries(RULES).map(([reason, { delta }]) => [reason, delta]))
  assert.deepEqual(deltas, {
    valid_block: 50, valid_transaction: 20, helpful_peer_info: 10, fast_response: 10,
    message_rate_exceeded: -100, bandwidth_exceeded: -150, invalid_message: -200, consensus_violation: -300,
    invalid_block: -200, invalid_transaction: -100, slow_response: -10, connection_drop: -50, transport_error: -1
  })
})
