import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createAdminClient, serveAdmin, socketFolder } from '../../src/monitor/index.ts'
import { claimSocketFolder, whatIsWrong } from '../../src/monitor/socket-folder.ts'
import { createFakeApi } from './fake-api.ts'

const uid = process.getuid?.() ?? 0
const dir = mkdtempSync(join(tmpdir(), 'tos-folder-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const place = (name: string): { readonly folder: string, readonly socket: string } => {
  const shared = join(dir, name)
  mkdirSync(shared)
  const folder = join(shared, `tosd-${uid}`)
  return { folder, socket: join(folder, 'a.sock') }
}

test('the runtime folder of the user goes first, then one of ours below the shared one', () => {
  assert.equal(socketFolder({ XDG_RUNTIME_DIR: '/run/user/7', TMPDIR: '/t' }), '/run/user/7')
  for (const unusable of ['', 'relative']) assert.equal(socketFolder({ XDG_RUNTIME_DIR: unusable, TMPDIR: '/t' }), `/t/tosd-${uid}`)
})

test('the folder is made for its user alone and used again', async () => {
  const { folder, socket } = place('fresh')
  for (let i = 0; i < 2; i++) {
    const server = await serveAdmin(createFakeApi().api, socket)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.equal((await createAdminClient(socket).id()).peerId, 'peer')
    await server.close()
  }
})

test('a folder that another may have laid there is refused from both sides', async () => {
  const open = place('open')
  mkdirSync(open.folder)
  chmodSync(open.folder, 0o777)
  const link = place('link')
  symlinkSync(dir, link.folder)
  const file = place('file')
  writeFileSync(file.folder, '')
  for (const { socket } of [open, link, file]) {
    await assert.rejects(serveAdmin(createFakeApi().api, socket), { code: 'LISTEN_FAILED' }, socket)
    await assert.rejects(createAdminClient(socket).id(), { code: 'DAEMON_UNREACHABLE', message: /others may enter|is not a folder/ }, socket)
  }
  const theirs = join(dir, `tosd-${uid + 1}`)
  mkdirSync(theirs, { mode: 0o700 })
  assert.throws(() => claimSocketFolder(join(theirs, 'a.sock'), uid + 1), { code: 'LISTEN_FAILED', message: `${theirs} belongs to another user` })
  assert.equal(whatIsWrong(join(dir, 'anywhere', 'a.sock')), undefined)
})
