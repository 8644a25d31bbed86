import type { AddressInfo, Socket } from 'node:net'
import { createTCPServer, createUDPServer, Packet } from 'dns2'
import type { DnsHandler } from 'dns2'

/** How a name is answered; a function answers by itself and may stay silent. */
export type Zone = Readonly<Record<string, readonly (readonly string[])[] | DnsHandler>>

/** A DNS server on loopback, UDP and TCP on one port. */
export interface TestDnsServer extends AsyncDisposable {
  /** For `Resolver.setServers`. */
  readonly address: string
  /** Questions that came, by transport; UDP answers above 512 bytes are cut by the server, which makes clients come back over TCP. */
  readonly questions: { udp: number, tcp: number }
}

/** Serves TXT records of `zone`; other names do not exist. */
export async function startDnsServer (zone: Zone): Promise<TestDnsServer> {
  const questions = { udp: 0, tcp: 0 }
  const handle: DnsHandler = (request, send, client) => {
    questions['remoteAddress' in client ? 'tcp' : 'udp']++
    const name = request.questions[0]?.name.toLowerCase() ?? ''
    const answer = zone[name]
    if (typeof answer === 'function') {
      answer(request, send, client)
      return
    }
    const response = Packet.createResponseFromRequest(request)
    if (answer === undefined) response.header.rcode = Packet.RCODE.NXDOMAIN
    for (const data of answer ?? []) response.answers.push(txt(name, data))
    send(response)
  }
  const tcp = createTCPServer(handle)
  const open = new Set<Socket>()
  tcp.on('connection', (socket: Socket) => { open.add(socket) })
  await new Promise<void>(resolve => { tcp.listen(0, '127.0.0.1', () => { resolve() }) })
  const { port } = tcp.address() as AddressInfo
  // hardly anything on loopback takes UDP ports of the range TCP chooses from
  const udp = createUDPServer(handle)
  await udp.listen(port, '127.0.0.1')
  return {
    address: `127.0.0.1:${port}`,
    questions,
    async [Symbol.asyncDispose] () {
      for (const socket of open) socket.destroy()
      await Promise.all([tcp, udp].map(server => new Promise<void>(resolve => { server.close(() => { resolve() }) })))
    }
  }
}

/** A TXT record of `name`. */
export function txt (name: string, strings: readonly string[]): InstanceType<typeof Packet.Resource> {
  return { name, type: Packet.TYPE.TXT, class: Packet.CLASS.IN, ttl: 60, data: [...strings] } as unknown as InstanceType<typeof Packet.Resource>
}
