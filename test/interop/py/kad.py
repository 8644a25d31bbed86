"""The DHT: dht-put, dht-get, dht-provide, dht-findprovs, dht-findpeer, dht-table."""

import base64

from cid import make_cid
from libp2p.kad_dht import kad_dht, peer_routing, provider_store, routing_table, value_store
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo

from config import Unsupported


class Kad:
    def __init__(self, host, config):
        self.host, self.protocol = host, config["protocol"]
        # `protocol_prefix` of the library reaches no stream: the id is a constant in each of these modules
        for module in (kad_dht, peer_routing, provider_store, routing_table, value_store):
            module.PROTOCOL_ID = self.protocol
        server = config.get("mode", "server") == "server"
        self.dht = KadDHT(host, DHTMode.SERVER if server else DHTMode.CLIENT)
        if not server:
            host.remove_stream_handler(self.protocol)
        self.commands = {
            "dht-put": self.put, "dht-get": self.get, "dht-provide": self.provide, "dht-findprovs": self.find_providers,
            "dht-findpeer": self.find_peer, "dht-table": self.table,
        }

    async def met(self, peer, told):
        """A peer was identified: a server of our DHT goes into the table, which the library leaves to its user."""
        if self.protocol in told.protocols:
            await self.dht.routing_table.add_peer(PeerInfo(peer, self.host.get_peerstore().addrs(peer)))

    def key(self, args):
        try:
            return base64.b64decode(args["key"]).decode()
        except UnicodeDecodeError:
            raise Unsupported("a record's key that is no text: py-libp2p's keys are text") from None

    async def put(self, args):
        await self.dht.put_value(self.key(args), base64.b64decode(args["value"]))
        return {}

    async def get(self, args):
        value = await self.dht.get_value(self.key(args))
        if value is None:
            raise RuntimeError("not found")
        return {"value": base64.b64encode(value).decode()}

    async def provide(self, args):
        return {"told": int(await self.dht.provider_store.provide(make_cid(args["cid"]).multihash))}

    async def find_providers(self, args):
        found = await self.dht.provider_store.find_providers(make_cid(args["cid"]).multihash, args.get("count", 1))
        return {"peers": [str(info.peer_id) for info in found]}

    async def find_peer(self, args):
        found = await self.dht.find_peer(ID.from_string(args["peer"]))
        if found is None:
            raise RuntimeError("not found")
        return {"addrs": [str(address) for address in found.addrs]}

    async def table(self, _args):
        return {"peers": [str(peer) for peer in self.dht.routing_table.get_peer_ids()]}
