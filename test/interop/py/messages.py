"""The messages of the TOS P2P protocol, from its specification: names, codes, tags, fields, limits."""

import socket

from bincode import BOOL, HASH, U64, Refused, blob, choice, i64, many, need, octets, option, record, text, u16, u32, u8

SIGNATURE = octets(64)


def canonical_ip(value):
    """None for IPv4 in dots and for IPv6 in its one shortest all-hexadecimal spelling, else the reason."""
    try:
        if ":" not in value:
            return None if socket.inet_ntoa(socket.inet_pton(socket.AF_INET, value)) == value else "not in its canonical form"
        return None if shortest_ipv6(socket.inet_pton(socket.AF_INET6, value)) == value else "not in its canonical form"
    except (OSError, ValueError):
        return "no IP address"


def shortest_ipv6(raw):
    groups = [int.from_bytes(raw[i : i + 2]) for i in range(0, 16, 2)]
    start, length = 0, 0
    for i in range(8):
        run = 0
        while i + run < 8 and groups[i + run] == 0:
            run += 1
        if run > length:
            start, length = i, run
    if length < 2:
        return ":".join(f"{group:x}" for group in groups)
    return ":".join(f"{group:x}" for group in groups[:start]) + "::" + ":".join(f"{group:x}" for group in groups[start + length :])


def sample_ip(random):
    if random.random() < 0.5:
        return socket.inet_ntoa(random.randbytes(4))
    raw = random.randbytes(16)
    for _ in range(random.randrange(4)):
        at = 2 * random.randrange(8)
        end = min(16, at + 2 * random.randrange(1, 6))
        raw = raw[:at] + bytes(end - at) + raw[end:]
    return shortest_ipv6(raw)


PEER = record(node_id=HASH, ip=text(45, canonical_ip, sample_ip), port=u16(1), node_type=u8(), services=U64, last_seen=U64)


def peer_exchange_rule(value):
    if value["is_response"]:
        return None if value["max_peers"] == 0 else "max_peers in an answer"
    if value["peers"]:
        return "peers in a question"
    return None if value["max_peers"] > 0 else "a question for no peers"


def fit_peer_exchange(random, value):
    if value["is_response"]:
        return {**value, "max_peers": 0}
    return {**value, "max_peers": random.randint(1, 16), "peers": []}


MOST_ITEMS = (64, 2048, 4096)


def block_request_rule(value):
    return None if 1 <= value["max_items"] <= MOST_ITEMS[value["detail"]] else "max_items out of range for this detail"


def fit_block_request(random, value):
    return {**value, "max_items": random.randint(1, MOST_ITEMS[value["detail"]])}


QUERY = choice(
    by_hash=many(HASH, 64, 1),
    by_height=record(start=U64, count=u32(1, 512)),
    locator=record(ids=many(record(hash=HASH, height=U64), 64, 1), stop=HASH),
    tips=None,
)
BLOCK = record(
    None, 1_310_720,
    hash=HASH, height=U64, parents=many(HASH, 32), header=blob(512 * 1024), transactions=many(blob(1024 * 1024), 10_000),
)
PROOF = record(block_hash=HASH, block_height=U64, index=u32(), siblings=many(HASH, 14))
TX = record(tx_hash=HASH, data=blob(1024 * 1024), proof=option(PROOF))
VOTE = record(block_hash=HASH, voter_id=HASH, vote_type=u32(0, 2), timestamp=i64(0), signature=SIGNATURE, parent_votes=many(HASH, 64))


class Message:
    """One type: `tag` is its variant in the specification's enum, None for a message outside it; `cap` in payload bytes."""

    def __init__(self, code, tag, cap, body):
        self.code, self.cap, self.body = code, cap, body
        self.prefix = b"" if tag is None else tag.to_bytes(4, "little")

    def encode(self, value):
        out = bytearray(self.prefix)
        self.body.write(out, value)
        need(len(out) <= self.cap, "above the cap")
        return bytes(out)

    def decode(self, payload):
        need(len(payload) <= self.cap, "above the cap")
        need(payload.startswith(self.prefix), "another type's tag")
        value, end = self.body.read(payload, len(self.prefix))
        need(end == len(payload), "bytes left over")
        return value

    def sample(self, random):
        while True:
            value = self.body.sample(random)
            try:
                return value, self.encode(value)
            except Refused:
                continue


MESSAGES = {
    "PING": Message(0x01, 0, 292, record(nonce=U64, user_agent=text(256), services=U64, timestamp=U64)),
    "PONG": Message(0x02, 1, 20, record(nonce=U64, timestamp=U64)),
    "PEER_EXCHANGE": Message(0x10, 2, 4096, record(
        peer_exchange_rule, None, fit_peer_exchange,
        request_id=U64, is_response=BOOL, max_peers=u16(0, 16), peers=many(PEER, 16),
    )),
    "BLOCK_ANNOUNCE": Message(0x20, 3, 61, record(block_hash=HASH, block_height=U64, difficulty=U64, ai_mined=BOOL, timestamp=U64)),
    "BLOCK_REQUEST": Message(0x21, 4, 4096, record(
        block_request_rule, None, fit_block_request,
        request_id=U64, query=QUERY, detail=u8(0, 2), max_items=u32(),
    )),
    "BLOCK_RESPONSE": Message(0x22, 5, 5 * 1024 * 1024, record(
        request_id=U64, status=u8(0, 4), blocks=many(BLOCK, 4096), not_found=many(HASH, 64), has_more=BOOL,
    )),
    "TX_ANNOUNCE": Message(0x30, 6, 54, record(tx_hash=HASH, fee=U64, priority=u8(0, 3), privacy_level=u8(0, 3), energy_used=U64)),
    "TX_REQUEST": Message(0x31, 7, 8213, record(request_id=U64, tx_hashes=many(HASH, 256, 1), include_proof=BOOL)),
    "TX_RESPONSE": Message(0x32, 8, 5 * 1024 * 1024, record(request_id=U64, transactions=many(TX, 256), not_found=many(HASH, 256))),
    "CONSENSUS_VOTE": Message(0x40, 9, 2200, VOTE),
    "AI_MINING_SHARE": Message(0x50, 10, 2293, record(
        task_id=HASH, miner_id=HASH, block_hash=HASH, nonce=U64, answer_hash=HASH, difficulty=U64, quality_score=u8(0, 100),
        energy_used=U64, stake_amount=U64, proof=blob(2048), timestamp=U64, signature=SIGNATURE,
    )),
    "GOODBYE": Message(0x7F04, None, 266, record(reason=u16(1), text=text(256))),
    "VOTE_REQUEST": Message(0x7F05, None, 2064, record(request_id=U64, ids=many(HASH, 64, 1))),
    "VOTE_RESPONSE": Message(0x7F06, None, 160 * 1024, record(request_id=U64, votes=many(VOTE, 64), not_found=many(HASH, 64))),
    "ERROR": Message(0x7F07, None, 272, record(request_id=U64, code=u16(), text=text(256))),
}
NAMES = {message.code: name for name, message in MESSAGES.items()}
