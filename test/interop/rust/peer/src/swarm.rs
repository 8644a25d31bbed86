//! The libp2p node: transports and behaviours as the configuration asks for them.

use crate::config::Config;
use crate::security::{Security, Seen};
use futures::future::Either;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, OptionalTransport};
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::kad::store::MemoryStore;
use libp2p::pnet::{PnetConfig, PreSharedKey};
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::NetworkBehaviour;
use libp2p::{dcutr, gossipsub, identify, kad, ping, quic, relay, tcp, yamux, PeerId, StreamProtocol, Swarm, Transport};
use sha2::{Digest, Sha256};
use std::io;
use std::time::Duration;

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub identify: identify::Behaviour,
    pub ping: ping::Behaviour,
    pub streams: libp2p_stream::Behaviour,
    pub kad: Toggle<kad::Behaviour<MemoryStore>>,
    pub gossip: Toggle<gossipsub::Behaviour>,
    pub relay: Toggle<relay::Behaviour>,
    pub relay_client: Toggle<relay::client::Behaviour>,
    pub dcutr: Toggle<dcutr::Behaviour>,
}

/// Often enough that a `ping` command, which waits for the next one, is quick.
const PING_EVERY: Duration = Duration::from_millis(500);

pub fn build(config: &Config, seen: Seen) -> Result<Swarm<Behaviour>, String> {
    let key = config.identity()?;
    let me = key.public().to_peer_id();
    let relays = config.relay.as_ref();
    let (through, relay_client) = match relays.is_some_and(|relay| relay.client).then(|| relay::client::new(me)) {
        Some((transport, behaviour)) => (Some(transport), Some(behaviour)),
        None => (None, None),
    };
    let behaviour = Behaviour {
        // no signed record: the library signs it in a form of its own, which others must refuse (libp2p/rust-libp2p#6204)
        identify: identify::Behaviour::new(identify::Config::new("interop/1.0.0".into(), key.public()).with_agent_version("rust-libp2p/0.56.0".into())),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_EVERY)),
        streams: libp2p_stream::Behaviour::new(),
        kad: config.kad.as_ref().map(|kad| dht(me, kad)).transpose()?.into(),
        gossip: config.gossip.as_ref().map(|_| gossip()).transpose()?.into(),
        relay: relays.filter(|relay| relay.server).map(|_| relay::Behaviour::new(me, generous())).into(),
        relay_client: relay_client.into(),
        dcutr: relays.filter(|relay| relay.dcutr).map(|_| dcutr::Behaviour::new(me)).into(),
    };
    let settings = libp2p::swarm::Config::with_tokio_executor().with_idle_connection_timeout(Duration::from_secs(600));
    Ok(Swarm::new(transport(config, &key, seen, through)?, behaviour, me, settings))
}

fn transport(config: &Config, key: &Keypair, seen: Seen, through: Option<relay::client::Transport>) -> Result<Boxed<(PeerId, StreamMuxerBox)>, String> {
    let has = |name: &str| config.transports.iter().any(|wanted| wanted == name);
    let security = Security::new(key, &config.security, seen)?;
    let psk = config.psk.as_ref().map(|text| pre_shared(text)).transpose()?;
    let socket = || tcp::tokio::Transport::new(tcp::Config::default().nodelay(true));
    let plain = optional(has("tcp").then(socket));
    let web = optional(has("ws").then(|| libp2p_websocket::Config::new(socket())));
    let streams = web
        .or_transport(plain)
        .and_then(move |socket, _| async move {
            match psk {
                Some(psk) => PnetConfig::new(psk).handshake(socket).await.map(Either::Left).map_err(io::Error::other),
                None => Ok(Either::Right(socket)),
            }
        })
        .upgrade(Version::V1)
        .authenticate(security.clone())
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let datagrams = optional(has("quic").then(|| quic::tokio::Transport::new(quic::Config::new(key))))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    let relayed = optional(through)
        .upgrade(Version::V1)
        .authenticate(security)
        .multiplex(yamux::Config::default())
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    Ok(relayed.or_transport(datagrams).or_transport(streams).map(|either, _| match either {
        Either::Left(Either::Left(made)) | Either::Left(Either::Right(made)) | Either::Right(made) => made,
    }).boxed())
}

fn optional<T>(transport: Option<T>) -> OptionalTransport<T> {
    transport.map_or_else(OptionalTransport::none, OptionalTransport::some)
}

fn pre_shared(text: &str) -> Result<PreSharedKey, String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|error| error.to_string())?;
    Ok(PreSharedKey::new(bytes))
}

fn dht(me: PeerId, wanted: &crate::config::Kad) -> Result<kad::Behaviour<MemoryStore>, String> {
    let protocol = StreamProtocol::try_from_owned(wanted.protocol.clone()).map_err(|error| error.to_string())?;
    let mut config = kad::Config::new(protocol);
    config.set_query_timeout(Duration::from_secs(20)).set_periodic_bootstrap_interval(None);
    let mut kad = kad::Behaviour::with_config(me, MemoryStore::new(me), config);
    kad.set_mode(Some(if wanted.mode == "client" { kad::Mode::Client } else { kad::Mode::Server }));
    Ok(kad)
}

/// The network's gossip: nobody signs, and a message is named by its topic and bytes.
fn gossip() -> Result<gossipsub::Behaviour, String> {
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(gossipsub::ValidationMode::Anonymous)
        .message_id_fn(|message| {
            let digest = Sha256::new().chain_update(message.topic.as_str()).chain_update([0]).chain_update(&message.data).finalize();
            gossipsub::MessageId::from(&digest[..20])
        })
        .build()
        .map_err(|error| error.to_string())?;
    gossipsub::Behaviour::new(gossipsub::MessageAuthenticity::Anonymous, config).map_err(str::to_owned)
}

/// Many nodes on one host are no attack here.
fn generous() -> relay::Config {
    relay::Config { reservation_rate_limiters: Vec::new(), circuit_src_rate_limiters: Vec::new(), max_reservations_per_peer: 64, ..relay::Config::default() }
}
