"""What a peer is started with: its host, made of what py-libp2p has of the configuration."""

from datetime import datetime, timedelta, timezone
from importlib.metadata import version
import platform

from cryptography import x509
from cryptography.x509.oid import NameOID
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair as new_ed25519
from libp2p.crypto.rsa import create_new_key_pair as new_rsa
from libp2p.crypto.secp256k1 import create_new_key_pair as new_secp256k1
from libp2p.crypto.x25519 import create_new_key_pair as new_x25519
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE, Transport as NoiseTransport
from libp2p.security.tls.transport import PROTOCOL_ID as TLS, IdentityConfig, TLSTransport
from multiaddr import Multiaddr

KEYS = {"listen", "transports", "security", "seed", "keyType", "psk", "kad", "gossip", "relay"}


class Unsupported(Exception):
    """Something this peer does not have: a skipped cell, not a failed one."""


def need(condition, what):
    if not condition:
        raise Unsupported(what)


def key_pair(config):
    kind = config.get("keyType") or "ed25519"
    if config.get("seed"):
        need(kind == "ed25519", f"a seed for {kind}")
        return new_ed25519(bytes.fromhex(config["seed"]))
    makers = {"ed25519": new_ed25519, "rsa": new_rsa, "secp256k1": new_secp256k1}
    need(kind in makers, f"keyType {kind}")
    return makers[kind]()


def bare_certificate():
    """The certificate without extensions of its own: @libp2p/tls looks for the libp2p one in the first place only."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "libp2p")])
    now = datetime.now(timezone.utc)
    begin, end = now - timedelta(hours=1), now + timedelta(days=365)
    dated = x509.CertificateBuilder().serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
    return dated.subject_name(name).issuer_name(name)


def make_host(config):
    """A host, and the addresses it shall listen on. Raises Unsupported."""
    for key in config:
        need(key in KEYS, key)
    relay = config.get("relay") or {}
    need(not relay.get("server") and not relay.get("client"), "relay: the protocols of py-libp2p 0.7.0 have other names than the specification's (https://github.com/libp2p/py-libp2p/issues/1537)")
    transports = config.get("transports") or ["tcp"]
    for name in transports:
        need(name in ("tcp", "ws", "quic"), f"transport {name}")
    pair = key_pair(config)
    offered = {
        "noise": (NOISE, lambda: NoiseTransport(pair, noise_privkey=new_x25519().private_key)),
        "tls": (TLS, lambda: TLSTransport(pair, identity_config=IdentityConfig(bare_certificate()))),
    }
    security = {}
    for name in config.get("security") or ["noise"]:
        need(name in offered, f"security {name}")
        protocol, make = offered[name]
        security[protocol] = make()
    listen = [Multiaddr(text) for text in config.get("listen", [])]
    host = new_host(
        key_pair=pair, sec_opt=security, listen_addrs=listen or None, psk=config.get("psk"),
        enable_tcp="tcp" in transports, enable_websocket="ws" in transports, enable_quic="quic" in transports,
    )
    return host, listen


def versions():
    return {"python": platform.python_version(), "libp2p": version("libp2p"), "aioquic": version("aioquic"), "trio": version("trio")}
