"""Messages and frames as JSON lines, made from the specification alone, to be held against the project's own codec.

decode {type, payload | payloads} · encode {type, json | jsons} · frame {type, json, header} · unframe {frame} ·
random {type, count, seed}. Bytes are base64. The plural forms answer in plural; an item that is refused is null there.

For many messages at once, bytes follow the line as they are, and `parts` in it lists how many:
make {type, count, seed} -> {sizes}, list, payloads · remake {type, sizes}, payloads -> {sizes}, list, payloads
(list is the messages as JSON; remake makes it, and new payloads, of what it read).
Standard library only.
"""

import base64
import gc
import hashlib
import json
import platform
import random
import struct
import sys

from bincode import Refused, from_hex, need
from messages import MESSAGES, NAMES

HEADER = struct.Struct("<4sHHIQQ32s")
MAGIC = b"TOSN"


def checksum(payload):
    return int.from_bytes(hashlib.sha3_256(payload).digest()[:8], "big")


def frame(kind, value, given):
    """A whole frame; what `given` names replaces what would be right, to make wrong ones."""
    payload = MESSAGES[kind].encode(value)
    header = {
        "magic": MAGIC.hex(), "version": 1, "message_type": MESSAGES[kind].code, "payload_length": len(payload),
        "checksum": str(checksum(payload)), "timestamp": "0", "node_id": "00" * 32, **given,
    }
    return HEADER.pack(
        from_hex(header["magic"]), header["version"], header["message_type"], header["payload_length"],
        int(header["checksum"]), int(header["timestamp"]), from_hex(header["node_id"]),
    ) + payload


def unframe(raw):
    need(len(raw) >= HEADER.size, "shorter than a header")
    magic, version, code, length, digest, timestamp, node_id = HEADER.unpack_from(raw)
    need(magic == MAGIC, "wrong magic")
    need(version == 1, f"version {version}")
    need(code in NAMES, f"unknown type {code}")
    payload = raw[HEADER.size :]
    need(length <= MESSAGES[NAMES[code]].cap, "payload above the cap")
    need(length == len(payload), f"{len(payload)} bytes follow, the header says {length}")
    need(digest == checksum(payload), "wrong checksum")
    header = {
        "magic": magic.hex(), "version": version, "message_type": code, "payload_length": length,
        "checksum": str(digest), "timestamp": str(timestamp), "node_id": node_id.hex(),
    }
    return {"header": header, "type": NAMES[code], "json": MESSAGES[NAMES[code]].decode(payload)}


def to64(raw):
    return base64.b64encode(raw).decode()


def from64(value):
    return base64.b64decode(value, validate=True)


def or_none(work, one):
    """In a batch, what is refused is null and the rest goes on."""
    try:
        return work(one)
    except Refused:
        return None


TEXT = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def together(pairs):
    """A batch as it travels: values as one JSON list, payloads, and the size of each payload."""
    payloads = [payload for _, payload in pairs]
    return {"sizes": [len(payload) for payload in payloads]}, [TEXT([value for value, _ in pairs]).encode(), b"".join(payloads)]


def remake(message, sizes, raw):
    pairs, at = [], 0
    for size in sizes:
        value = message.decode(raw[at : at + size])
        pairs.append((value, message.encode(value)))
        at += size
    return pairs


def answer_bytes(request, parts):
    """The members of the answer, and the bytes after it."""
    command = request["cmd"]
    if command not in ("make", "remake"):
        return answer(request), []
    message = MESSAGES[request["type"]]
    if command == "remake":
        return together(remake(message, request["sizes"], parts[0]))
    source = random.Random(request["seed"])
    return together([message.sample(source) for _ in range(request["count"])])


def answer(request):
    command = request["cmd"]
    if command == "unframe":
        return unframe(from64(request["frame"]))
    kind = request["type"]
    need(kind in MESSAGES, f"no message type {kind}")
    message = MESSAGES[kind]
    if command == "frame":
        return {"frame": to64(frame(kind, request["json"], request.get("header", {})))}
    if command == "random":
        source = random.Random(request["seed"])
        made = (message.sample(source) for _ in range(request["count"]))
        return {"items": [{"json": value, "payload": to64(payload)} for value, payload in made]}

    def decode(payload):
        return message.decode(from64(payload))

    def encode(value):
        return to64(message.encode(value))

    if command == "decode":
        return {"jsons": [or_none(decode, one) for one in request["payloads"]]} if "payloads" in request else {"json": decode(request["payload"])}
    if command == "encode":
        return {"payloads": [or_none(encode, one) for one in request["jsons"]]} if "jsons" in request else {"payload": encode(request["json"])}
    raise Refused(f"no command {command}")


def say(value, parts=()):
    sys.stdout.buffer.write(TEXT({**value, "parts": [len(part) for part in parts]}).encode() + b"\n")
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def main():
    # nothing here refers to itself: looking for that among so many small objects finds nothing
    gc.disable()
    say({"event": "ready", "types": list(MESSAGES), "versions": {"python": platform.python_version()}})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["cmd"] == "quit":
            return
        given = [sys.stdin.buffer.read(size) for size in request.get("parts", ())]
        try:
            members, parts = answer_bytes(request, given)
            say({"id": request["id"], "ok": True, **members}, parts)
        except (Refused, struct.error) as error:
            say({"id": request["id"], "ok": False, "error": str(error)})


if __name__ == "__main__":
    main()
