import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'

/** What to do where there is none. */
export const REDIS_HINT = 'apt-get install -y redis-server'

export const hasRedis = (): boolean => spawnSync('redis-server', ['--version']).status === 0

/** A Redis server of our own on loopback that keeps nothing. */
export async function startRedis (): Promise<{ readonly address: string, stop (): Promise<void> }> {
  const port = await freePort()
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--dir', tmpdir()], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  while (!text.includes('Ready to accept connections')) text += String((await once(child.stdout, 'data'))[0])
  child.stdout.resume()
  return {
    address: `127.0.0.1:${port}`,
    async stop () {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
}

// redis takes port 0 for "do not listen"
async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
