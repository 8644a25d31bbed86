"""Gossip: subscribe, publish, mesh, subscribers, score. Messages carry no author, sequence number or signature."""

import base64
import hashlib

from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import GossipSub, PROTOCOL_ID, PROTOCOL_ID_V11, PROTOCOL_ID_V12
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub

QUEUE_MESSAGES_PER_S = 10_000.0


def message_id(message):
    return hashlib.sha256(message.topicIDs[0].encode() + b"\0" + message.data).digest()[:20]


class Gossip:
    def __init__(self, host, nursery, emit, config):
        self.nursery, self.emit = nursery, emit
        self.router = GossipSub(
            protocols=config.get("protocols") or [PROTOCOL_ID_V12, PROTOCOL_ID_V11, PROTOCOL_ID],
            degree=6, degree_low=4, degree_high=12, heartbeat_interval=1, max_messages_per_topic_per_second=QUEUE_MESSAGES_PER_S,
        )
        self.pubsub = Pubsub(host, self.router, strict_signing=False, msg_id_constructor=message_id)
        self.commands = {"subscribe": self.subscribe, "publish": self.publish, "mesh": self.mesh, "subscribers": self.subscribers, "score": self.score}

    async def subscribe(self, args):
        topic = args["topic"]
        subscription = await self.pubsub.subscribe(topic)

        async def deliver():
            async for message in subscription:
                if message.from_id != self.pubsub.my_id.to_bytes():
                    self.emit({"event": "message", "topic": topic, "data": base64.b64encode(message.data).decode()})

        self.nursery.start_soon(deliver)
        return {}

    async def publish(self, args):
        # Pubsub.publish names its author even when it does not sign; push_msg is what it then calls
        await self.pubsub.push_msg(self.pubsub.my_id, rpc_pb2.Message(data=base64.b64decode(args["data"]), topicIDs=[args["topic"]]))
        return {}

    async def mesh(self, args):
        return {"peers": [str(peer) for peer in self.router.mesh.get(args["topic"], ())]}

    async def subscribers(self, args):
        return {"peers": [str(peer) for peer in self.pubsub.peer_topics.get(args["topic"], ())]}

    async def score(self, args):
        return {"score": self.router.scorer.score(ID.from_string(args["peer"]), list(self.router.mesh))}
