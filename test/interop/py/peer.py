"""py-libp2p behind the control protocol of ../README.md: its one argument is the configuration, as JSON."""

from contextlib import AsyncExitStack
import json
import os
import sys

from libp2p.abc import INotifee
from libp2p.host.ping import PingService
from libp2p.identity.identify.identify import ID as IDENTIFY, parse_identify_response
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.tools.anyio_service import background_trio_service
from libp2p.utils.varint import read_length_prefixed_protobuf
from multiaddr import Multiaddr
import trio

from config import Unsupported, make_host, versions
from gossip import Gossip
from kad import Kad
from streams import Streams

DIAL_S = 20
ASK_S = 10
IDENTIFY_TRIES = 3
EXIT_UNSUPPORTED = 3


def emit(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def log(*words):
    print(*words, file=sys.stderr, flush=True)


class Connected(INotifee):
    """Calls back for each new connection."""

    def __init__(self, call):
        self.call = call

    async def connected(self, network, conn):
        await self.call(conn)

    async def disconnected(self, network, conn):
        pass

    async def opened_stream(self, network, stream):
        pass

    async def closed_stream(self, network, stream):
        pass

    async def listen(self, network, multiaddr):
        pass

    async def listen_close(self, network, multiaddr):
        pass


class Connections:
    """dial, hangup, ping, identify, connection, connections, addrs."""

    def __init__(self, host, streams):
        self.host, self.streams = host, streams
        self.commands = {
            "dial": self.dial, "hangup": self.hangup, "ping": self.ping, "identify": self.identify,
            "connection": self.connection, "connections": self.connections, "addrs": self.addrs,
        }

    def to(self, args):
        found = self.host.get_network().get_connections(ID.from_string(args["peer"]))
        if not found:
            raise RuntimeError(f"not connected to {args['peer']}")
        return found[0]

    async def dial(self, args):
        info = info_from_p2p_addr(Multiaddr(args["addr"]))
        with trio.fail_after(args.get("timeoutMs", DIAL_S * 1000) / 1000):
            await self.host.connect(info)
        return {"peerId": str(info.peer_id)}

    async def hangup(self, args):
        await self.streams.let_go()
        await self.host.get_network().close_peer(ID.from_string(args["peer"]))
        return {}

    async def ping(self, args):
        self.to(args)
        with trio.fail_after(ASK_S):
            return {"rttMs": (await PingService(self.host).ping(ID.from_string(args["peer"])))[0] / 1000}

    async def ask_identity(self, peer):
        with trio.fail_after(ASK_S):
            stream = await self.host.new_stream(peer, [IDENTIFY])
            told = parse_identify_response(await read_length_prefixed_protobuf(stream))
            await stream.close()
        return told

    async def identify(self, args):
        self.to(args)
        told = await self.ask_identity(ID.from_string(args["peer"]))
        return {
            "agent": told.agent_version, "protocolVersion": told.protocol_version, "protocols": list(told.protocols),
            "addrs": [str(Multiaddr(raw)) for raw in told.listen_addrs], "signedPeerRecord": told.HasField("signedPeerRecord"),
        }

    async def connection(self, args):
        conn = self.to(args)
        muxed = conn.muxed_conn
        secured = getattr(muxed, "secured_conn", None)
        layers = f"{type(secured).__module__} {type(getattr(secured, 'conn', None)).__module__}"
        security = next((name for name in ("noise", "tls") if f".{name}." in layers), layers)
        return {"security": security, "muxer": type(muxed).__name__.lower(), "transport": " ".join(map(str, conn.get_transport_addresses())), "limited": False}

    async def connections(self, _args):
        return {"peers": [str(peer) for peer in self.host.get_connected_peers()]}

    async def addrs(self, _args):
        return {"addrs": [str(address) for address in self.host.get_addrs()]}


async def lines():
    rest = b""
    async with trio.lowlevel.FdStream(os.dup(0)) as stdin:
        async for piece in stdin:
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                if line.strip():
                    yield json.loads(line)


async def take(request, commands):
    number, name = request.get("id"), request.get("cmd")
    try:
        if name not in commands:
            raise Unsupported(f"command {name}")
        emit({"id": number, "ok": True, **await commands[name](request)})
    except Exception as error:
        emit({"id": number, "ok": False, "error": f"{type(error).__name__}: {error}"})


async def main(config):
    host, listen = make_host(config)
    async with AsyncExitStack() as services, trio.open_nursery() as nursery:
        streams = Streams(host, nursery, emit, log)
        connections = Connections(host, streams)
        kad = Kad(host, config["kad"]) if config.get("kad") else None
        gossip = Gossip(host, nursery, emit, config["gossip"]) if config.get("gossip") is not None else None

        async def met(peer):
            # the library asks at the same moment, and some answer one such stream at a time only
            for _ in range(IDENTIFY_TRIES):
                try:
                    await kad.met(peer, await connections.ask_identity(peer))
                    return
                except Exception as error:
                    log("identify", repr(error))

        async def connected(conn):
            if kad is not None:
                nursery.start_soon(met, conn.muxed_conn.peer_id)

        host.get_network().register_notifee(Connected(connected))
        await services.enter_async_context(host.run(listen_addrs=listen))
        for service in (gossip and gossip.pubsub, gossip and gossip.router, kad and kad.dht):
            if service is not None:
                await services.enter_async_context(background_trio_service(service))
        commands = {}
        for part in (streams, connections, kad, gossip):
            commands |= part.commands if part is not None else {}
        emit({"event": "ready", "peerId": str(host.get_id()), "addrs": [str(address) for address in host.get_addrs()], "versions": versions()})
        async for request in lines():
            if request.get("cmd") == "quit":
                emit({"id": request.get("id"), "ok": True})
                break
            nursery.start_soon(take, request, commands)
        # whatever is still under way is not worth waiting for: py-libp2p may take its time to close
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    try:
        trio.run(main, json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}"))
    except Unsupported as error:
        emit({"event": "unsupported", "what": str(error)})
        sys.exit(EXIT_UNSUPPORTED)
