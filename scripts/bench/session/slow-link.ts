import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A link to a port of this machine on which every byte takes `delayMs` in either direction. Setting up the TCP connection itself is not delayed. */
export interface SlowLink {
  readonly port: number
  close (): Promise<void>
}

/** Opens a link to `target` on a port of its own. */
export async function openSlowLink (target: number, delayMs: number): Promise<SlowLink> {
  const sockets = new Set<Socket>()
  const server = createServer(near => {
    const far = connect(target, '127.0.0.1')
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      // timers of equal length fire in the order they were set, so bytes keep theirs
      from.on('data', data => { setTimeout(() => { if (!to.destroyed) to.write(data) }, delayMs) })
      from.on('close', () => { sockets.delete(from); setTimeout(() => { to.destroy() }, delayMs) })
      // a reset of one side is passed on by its close
      from.on('error', () => { from.destroy() })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close () {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    }
  }
}
