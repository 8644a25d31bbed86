import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts
const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` }

/** A folder that looks like the checkout to the commands, so that what they write goes away again. */
const away = mkdtempSync(join(tmpdir(), 'tos-readme-'))
symlinkSync(join(root, 'scripts'), join(away, 'scripts'))
const running: ChildProcess[] = []
after(async () => {
  await Promise.all(running.map(async child => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }))
  rmSync(away, { recursive: true, force: true })
})

function blocks (language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text as string)
}

/** Runs a command as a user's shell would and returns what it printed. */
async function run (command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('sh', ['-c', command], { cwd: away, env, timeout: 60_000, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command}\n${stderr}`, { cause: error }))
    })
  })
}

/** Starts a node as the README says and waits until it is ready. */
async function startNode (command: string): Promise<void> {
  const child = spawn('sh', ['-c', `exec ${command}`], { cwd: away, env, stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let text = ''
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (/is running|is ready/.test(text)) resolve()
    })
  }
  child.once('exit', code => { reject(new Error(`${command} ended with ${code}: ${text}`)) })
  await promise
}

test('every command of the README runs as printed', { timeout: 120_000 }, async () => {
  const definition = blocks('ts').find(text => text.startsWith('// hello.ts'))
  assert.ok(definition !== undefined)
  writeFileSync(join(away, 'hello.ts'), definition)
  assert.match(readme, /^npm ci && npm start/m)
  await startNode(scripts['start'] as string)
  const commands = blocks('sh').flatMap(text => text.trim().split('\n'))
  assert.ok(commands.length >= 10)
  const answers = new Map<string, string>()
  for (const command of commands) {
    if (/ start /.test(command)) await startNode(command)
    else answers.set(command, await run(command))
  }
  const answer = (part: string): string => [...answers].find(([command]) => command.includes(part))?.[1] ?? ''
  assert.match(answer('request hello'), /hello alice/)
  assert.match(answer('status'), /devnet/)
  assert.match(answer('chain import'), /20/)
  assert.match(answer('share ls'), /SHARE .*\n.* 80 +local/)
  assert.match(await run('node scripts/tosd.mjs --help'), /Usage: tosd/)
})

test('the example of the API runs and says hello', { timeout: 60_000 }, async () => {
  const example = blocks('ts')[0] as string
  writeFileSync(join(away, 'example.ts'), example)
  assert.equal(example.trim().split('\n').length, 12, 'it is called "the API in 12 lines"')
  const output = await run(`node --import ${join(root, 'test/support/self.ts')} example.ts`)
  assert.match(output, /text: 'hello alice'/)
})

test('the three lines that seal anyone’s libp2p node do', { timeout: 60_000 }, async () => {
  const lines = blocks('ts').find(text => text.startsWith('const sessions'))
  assert.ok(lines !== undefined)
  const at = (name: string): string => JSON.stringify(import.meta.resolve(name))
  writeFileSync(join(away, 'seal.ts'), `
    import { createLibp2p } from ${at('libp2p')}
    import { tcp } from ${at('@libp2p/tcp')}
    import { noise } from ${at('@chainsafe/libp2p-noise')}
    import { yamux } from ${at('@chainsafe/libp2p-yamux')}
    import { createKernel, createSessions } from 'tos-p2p'
    import { hello } from './hello.ts'
    const network = 'devnet', genesis = new Uint8Array(32)
    const options = { addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }
    async function start () {
      ${lines}
      return node
    }
    const [a, b] = [await start(), await start()]
    const connection = await a.dial(b.getMultiaddrs())
    console.log(await a.services.hello.request(b.peerId, { name: 'alice' }), a.services.session.of(connection).suite)
    await Promise.all([a.stop(), b.stop()])`)
  assert.match(await run(`node --import ${join(root, 'test/support/self.ts')} seal.ts`), /hello alice.*X25519MLKEM768/s)
})

test('the guard protects a plain libp2p node: who floods it is banned, who does not is not', { timeout: 60_000 }, async () => {
  const lines = blocks('ts').find(text => text.startsWith('const guard'))
  assert.ok(lines !== undefined && lines.trim().split('\n').length <= 12)
  const at = (name: string): string => JSON.stringify(import.meta.resolve(name))
  writeFileSync(join(away, 'guard.ts'), `
    import { createLibp2p } from ${at('libp2p')}
    import { tcp } from ${at('@libp2p/tcp')}
    import { noise } from ${at('@chainsafe/libp2p-noise')}
    import { yamux } from ${at('@chainsafe/libp2p-yamux')}
    import { createGuard, rateLimiter, reputation } from 'tos-p2p'
    const options = { addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] }
    ${lines}
    const [flooder, honest] = [await createLibp2p({ ...options }), await createLibp2p({ ...options })]
    const say = async (peer, bytes) => {
      const stream = await peer.dialProtocol(node.peerId, '/app/1')
      stream.send(new Uint8Array(bytes))
      await stream.close()
    }
    for (const peer of [flooder, honest]) await peer.dial(node.getMultiaddrs())
    await say(honest, 100)
    // while the machine stalls nobody is charged, so a slow one takes another round
    while (guard.isBanned(flooder.peerId.toString()) === undefined) {
      await Promise.allSettled(Array.from({ length: 30 }, () => say(flooder, 32_768)))
    }
    while (node.getConnections(flooder.peerId).length > 0) await new Promise(setImmediate)
    console.log('banned', guard.isBanned(flooder.peerId.toString()).reason, '; honest', guard.score(honest.peerId.toString()), node.getConnections(honest.peerId).length)
    await Promise.all([node, flooder, honest].map(each => each.stop()))`)
  assert.match(await run(`node --import ${join(root, 'test/support/self.ts')} guard.ts`), /banned (?:message_rate|bandwidth)_exceeded ; honest 500 1/)
})

test('the bench suites and scripts the README names exist', () => {
  for (const [, script] of readme.matchAll(/`npm run (\w+)/g)) assert.ok(scripts[script as string] !== undefined, `npm run ${script}`)
})
