"""Streams: what every peer serves, and stream, streams, bulk, echo, serve, reply."""

import base64
import itertools
import struct
import time

from libp2p.host.ping import PingService
from libp2p.network.stream.exceptions import StreamClosed, StreamEOF, StreamError, StreamReset
from libp2p.peer.id import ID
import trio

ECHO, SINK, SOURCE = "/interop/echo/1.0.0", "/interop/sink/1.0.0", "/interop/source/1.0.0"
PIECE = bytes(65_507)
READ = 65_536
OPEN_S = 10
BULK_S = 120
BROKEN = (StreamReset, StreamClosed, StreamError)


async def pieces(stream):
    """What comes, until the other side has finished. Raises what a broken stream raises."""
    while True:
        try:
            piece = await stream.read(READ)
        except StreamEOF:
            return
        if piece == b"":
            return
        yield piece


async def collect(stream, into, limit=None):
    """Reads into `into` until the end ("eof"), a reset ("reset") or `limit` bytes ("open")."""
    try:
        while limit is None or len(into) < limit:
            piece = await stream.read(READ if limit is None else min(READ, limit - len(into)))
            if piece == b"":
                return "eof"
            into += piece
    except StreamEOF:
        return "eof"
    except BROKEN:
        return "reset"
    return "open"


async def write_zeros(stream, total):
    for left in range(total, 0, -len(PIECE)):
        await stream.write(PIECE[:left])


async def echo(stream):
    async for piece in pieces(stream):
        await stream.write(piece)
    await stream.close()


async def sink(stream):
    count = 0
    async for piece in pieces(stream):
        count += len(piece)
    await stream.write(struct.pack(">Q", count))
    await stream.close()


async def source(stream):
    wanted = bytearray()
    await collect(stream, wanted, 8)
    await write_zeros(stream, struct.unpack(">Q", wanted)[0])
    await stream.close()


async def send(stream, data, how):
    if how == "bytewise":
        for byte in data:
            await stream.write(bytes([byte]))
        await stream.close_write()
        return
    if data:
        await stream.write(data)
    if how == "half-close":
        await stream.close_write()
    elif how == "reset":
        await stream.reset()


class Streams:
    def __init__(self, host, nursery, emit, log):
        self.host, self.nursery, self.emit, self.log = host, nursery, emit, log
        self.served = {}
        self.held = []
        self.numbers = itertools.count(1)
        self.commands = {"stream": self.stream, "streams": self.streams, "bulk": self.bulk, "echo": self.echo, "serve": self.serve, "reply": self.reply}
        for protocol, handler in ((ECHO, echo), (SINK, sink), (SOURCE, source)):
            host.set_stream_handler(protocol, self.guarded(handler))

    def guarded(self, handler):
        async def run(stream):
            try:
                await handler(stream)
            except Exception as error:
                # a stream that breaks must not end the peer
                self.log("stream", repr(error))
                await stream.reset()

        return run

    async def open(self, args, protocol):
        peer = ID.from_string(args["peer"])
        if not self.host.get_network().get_connections(peer):
            raise RuntimeError(f"not connected to {args['peer']}")
        with trio.fail_after(OPEN_S):
            return await self.host.new_stream(peer, [protocol])

    async def stream(self, args):
        stream = await self.open(args, args["protocol"])
        how, read = args.get("how", "half-close"), args.get("read", "all")
        received, ended, broken = bytearray(), "timeout", False
        reads = read != "none" and how != "hold"
        limit = None if read in ("all", "none") else read

        async def reading():
            nonlocal ended
            with trio.move_on_after(args.get("timeoutMs", OPEN_S * 1000) / 1000):
                ended = await collect(stream, received, limit)

        async with trio.open_nursery() as nursery:
            if reads:
                nursery.start_soon(reading)
            try:
                await send(stream, base64.b64decode(args.get("send", "")), how)
            except BROKEN:
                broken = True
        if not reads:
            self.held.append(stream)
            return {"received": "", "ended": "reset" if broken or how == "reset" else "open"}
        if ended in ("timeout", "open"):
            await stream.reset()
        return {"received": base64.b64encode(received).decode(), "ended": ended}

    async def streams(self, args):
        opened = []

        async def one():
            try:
                opened.append(await self.open(args, args["protocol"]))
            except Exception as error:
                self.log("refused", repr(error))

        async with trio.open_nursery() as nursery:
            for _ in range(args["count"]):
                nursery.start_soon(one)
        # a refusal may come after the agreement: one round trip later it is here, even when the ping is one stream too many itself
        try:
            await PingService(self.host).ping(ID.from_string(args["peer"]))
        except Exception as error:
            self.log("ping", repr(error))
        self.held += opened
        still = [stream for stream in opened if not getattr(stream.muxed_stream, "reset_received", False)]
        return {"opened": len(still), "refused": args["count"] - len(still)}

    async def bulk(self, args):
        total, sends = args["bytes"], args["direction"] == "send"
        stream = await self.open(args, SINK if sends else SOURCE)
        start = time.perf_counter()
        with trio.fail_after(BULK_S):
            if sends:
                await write_zeros(stream, total)
            else:
                await stream.write(struct.pack(">Q", total))
            await stream.close_write()
            count, tail = 0, b""
            async for piece in pieces(stream):
                count, tail = count + len(piece), tail + piece if sends else b""
        got = struct.unpack(">Q", tail)[0] if sends else count
        if got != total:
            raise RuntimeError(f"{got} of {total} bytes came")
        return {"ms": (time.perf_counter() - start) * 1000}

    async def echo(self, args):
        stream = await self.open(args, ECHO)
        times = []
        for _ in range(args["count"]):
            start, back = time.perf_counter(), bytearray()
            with trio.fail_after(OPEN_S):
                await stream.write(bytes(args["size"]))
                ended = await collect(stream, back, args["size"])
            if len(back) != args["size"]:
                raise RuntimeError(f"{len(back)} of {args['size']} bytes came back: {ended}")
            times.append((time.perf_counter() - start) * 1000)
        await stream.close()
        return {"p50Ms": sorted(times)[len(times) // 2]}

    async def serve(self, args):
        async def handle(stream):
            number = next(self.numbers)
            self.served[number] = stream
            self.emit({"event": "stream", "stream": number, "protocol": args["protocol"], "peer": str(stream.muxed_conn.peer_id)})
            how = "eof"
            try:
                async for piece in pieces(stream):
                    self.emit({"event": "data", "stream": number, "data": base64.b64encode(piece).decode()})
            except BROKEN:
                how = "reset"
            self.emit({"event": "end", "stream": number, "how": how})

        self.host.set_stream_handler(args["protocol"], self.guarded(handle))
        return {}

    async def reply(self, args):
        await send(self.served[args["stream"]], base64.b64decode(args["data"]), args.get("how", "keep"))
        return {}

    async def let_go(self):
        """Gives up the streams that were held."""
        held, self.held = self.held, []
        for stream in held:
            await stream.reset()
