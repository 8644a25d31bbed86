//! The node's loop: requests in, library events in, answers out.

use crate::config::Config;
use crate::control::{base64, say, Arguments, Outcome, Reply};
use crate::queries::Queries;
use crate::security::Seen;
use crate::standing::Served;
use crate::streams::{Held, Streams};
use crate::swarm::{build, Behaviour, BehaviourEvent};
use libp2p::core::transport::ListenerId;
use libp2p::gossipsub::{self, IdentTopic};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, SwarmEvent};
use libp2p::{identify, kad, Multiaddr, PeerId, Swarm};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::future::Future;

pub struct Node {
    pub swarm: Swarm<Behaviour>,
    pub streams: Streams,
    pub listeners: Vec<ListenerId>,
    served: Served,
    seen: Seen,
    queries: Queries,
    kad: Option<String>,
    /// Where each peer is, and whether a relay stands between.
    remote: HashMap<PeerId, (Multiaddr, bool)>,
    told: HashMap<PeerId, identify::Info>,
    dials: HashMap<ConnectionId, Reply>,
    partings: HashMap<PeerId, Vec<Reply>>,
    pings: HashMap<PeerId, Vec<Reply>>,
    identities: HashMap<PeerId, Vec<Reply>>,
    reservations: HashMap<ListenerId, Reply>,
}

impl Node {
    pub fn new(config: &Config) -> Result<Node, String> {
        let seen = Seen::default();
        let swarm = build(config, seen.clone())?;
        let streams = Streams { control: swarm.behaviour().streams.new_control(), held: Held::default() };
        Ok(Node {
            swarm,
            streams,
            listeners: Vec::new(),
            served: Served::default(),
            seen,
            queries: Queries::default(),
            kad: config.kad.as_ref().map(|kad| kad.protocol.clone()),
            remote: HashMap::new(),
            told: HashMap::new(),
            dials: HashMap::new(),
            partings: HashMap::new(),
            pings: HashMap::new(),
            identities: HashMap::new(),
            reservations: HashMap::new(),
        })
    }

    pub fn me(&self) -> String {
        self.swarm.local_peer_id().to_string()
    }

    /// Takes a request; its answer may come later.
    pub fn asked(&mut self, mut request: Value) {
        let reply = Reply::new(request["id"].take());
        let args = Arguments(request);
        let cmd = args.text("cmd").unwrap_or("").to_owned();
        let streams = self.streams.clone();
        match cmd.as_str() {
            "stream" => later(reply, streams.stream(args)),
            "streams" => later(reply, streams.streams(args)),
            "bulk" => later(reply, streams.bulk(args)),
            "echo" => later(reply, streams.echo(args)),
            "reply" => later(reply, self.served.clone().reply(args)),
            "serve" => reply.give(self.served.serve(&mut self.streams.control, &args)),
            "connection" => reply.give(self.connection(&args)),
            "connections" => reply.give(Ok(json!({ "peers": self.remote.keys().map(PeerId::to_string).collect::<Vec<_>>() }))),
            "addrs" => reply.give(Ok(json!({ "addrs": self.swarm.listeners().map(|address| format!("{address}/p2p/{}", self.me())).collect::<Vec<_>>() }))),
            "subscribe" | "publish" | "mesh" | "subscribers" => reply.give(self.gossip(&cmd, &args)),
            "dial" | "hangup" | "ping" | "identify" | "reserve" => {
                if let Err((reply, error)) = self.begin(&cmd, &args, reply) {
                    reply.give(Err(error));
                }
            }
            _ if cmd.starts_with("dht-") => match self.swarm.behaviour_mut().kad.as_mut() {
                Some(kad) => self.queries.begin(kad, &cmd, &args, reply),
                None => reply.give(Err(format!("Unsupported: command {cmd}"))),
            },
            _ => reply.give(Err(format!("Unsupported: command {cmd}"))),
        }
    }

    /// Commands whose answer is an event of the library.
    fn begin(&mut self, cmd: &str, args: &Arguments, reply: Reply) -> Result<(), (Reply, String)> {
        match cmd {
            "dial" => {
                let address = match args.address("addr") {
                    Ok(address) => address,
                    Err(error) => return Err((reply, error)),
                };
                if let Some(Protocol::P2p(peer)) = address.iter().last() {
                    if self.swarm.is_connected(&peer) {
                        reply.give(Ok(json!({ "peerId": peer.to_string() })));
                        return Ok(());
                    }
                }
                let options = DialOpts::from(address);
                let id = options.connection_id();
                match self.swarm.dial(options) {
                    Ok(()) => self.dials.insert(id, reply),
                    Err(error) => return Err((reply, error.to_string())),
                };
            }
            "reserve" => {
                let listener = args.address("relay").and_then(|relay| self.swarm.listen_on(relay.with(Protocol::P2pCircuit)).map_err(|error| error.to_string()));
                match listener {
                    Ok(listener) => self.reservations.insert(listener, reply),
                    Err(error) => return Err((reply, error)),
                };
            }
            _ => {
                let peer = match args.peer() {
                    Ok(peer) => peer,
                    Err(error) => return Err((reply, error)),
                };
                if !self.swarm.is_connected(&peer) {
                    return if cmd == "hangup" { Ok(reply.give(Ok(json!({})))) } else { Err((reply, "not connected".into())) };
                }
                match cmd {
                    "hangup" => {
                        self.streams.held.lock().expect("no panic under the lock").remove(&peer);
                        self.partings.entry(peer).or_default().push(reply);
                        // it is connected
                        self.swarm.disconnect_peer_id(peer).ok();
                    }
                    "ping" => self.pings.entry(peer).or_default().push(reply),
                    _ => match self.told.get(&peer) {
                        Some(info) => reply.give(Ok(show(info))),
                        None => self.identities.entry(peer).or_default().push(reply),
                    },
                }
            }
        }
        Ok(())
    }

    fn connection(&self, args: &Arguments) -> Outcome {
        let peer = args.peer()?;
        let (address, limited) = self.remote.get(&peer).ok_or("not connected")?;
        let quic = !limited && address.iter().any(|part| part == Protocol::QuicV1);
        let security = self.seen.lock().expect("no panic under the lock").get(&peer).copied().unwrap_or("");
        let (security, muxer) = if quic { ("/tls/1.0.0", "quic") } else { (security, "/yamux/1.0.0") };
        Ok(json!({ "security": security, "muxer": muxer, "transport": address.to_string(), "limited": limited }))
    }

    fn gossip(&mut self, cmd: &str, args: &Arguments) -> Outcome {
        let gossip = self.swarm.behaviour_mut().gossip.as_mut().ok_or_else(|| format!("Unsupported: command {cmd}"))?;
        let topic = IdentTopic::new(args.text("topic")?);
        match cmd {
            "subscribe" => gossip.subscribe(&topic).map(|_| json!({})).map_err(|error| error.to_string()),
            "publish" => gossip.publish(topic, args.bytes("data")?).map(|_| json!({})).map_err(|error| error.to_string()),
            "mesh" => Ok(json!({ "peers": gossip.mesh_peers(&topic.hash()).map(PeerId::to_string).collect::<Vec<_>>() })),
            _ => {
                let peers = gossip.all_peers().filter(|(_, topics)| topics.contains(&&topic.hash()));
                Ok(json!({ "peers": peers.map(|(peer, _)| peer.to_string()).collect::<Vec<_>>() }))
            }
        }
    }

    /// Takes an event of the library.
    pub fn heard(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.behaved(event),
            SwarmEvent::NewListenAddr { listener_id, address } => {
                // a relay offers only addresses it believes in
                self.swarm.add_external_address(address.clone());
                if let Some(reply) = self.reservations.remove(&listener_id) {
                    let address = if address.iter().last() == Some(Protocol::P2pCircuit) { format!("{address}/p2p/{}", self.me()) } else { address.to_string() };
                    reply.give(Ok(json!({ "addrs": [address] })));
                }
            }
            SwarmEvent::ListenerClosed { listener_id, reason, .. } => {
                if let Some(reply) = self.reservations.remove(&listener_id) {
                    reply.give(Err(format!("no reservation: {reason:?}")));
                }
            }
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.remote.insert(peer_id, (endpoint.get_remote_address().clone(), endpoint.is_relayed()));
                if let Some(reply) = self.dials.remove(&connection_id) {
                    reply.give(Ok(json!({ "peerId": peer_id.to_string() })));
                }
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => self.parted(peer_id),
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some(reply) = self.dials.remove(&connection_id) {
                    reply.give(Err(error.to_string()));
                }
            }
            SwarmEvent::IncomingConnectionError { error, .. } => eprintln!("inbound: {error}"),
            _ => {}
        }
    }

    fn parted(&mut self, peer: PeerId) {
        self.remote.remove(&peer);
        self.told.remove(&peer);
        self.seen.lock().expect("no panic under the lock").remove(&peer);
        for reply in self.partings.remove(&peer).into_iter().flatten() {
            reply.give(Ok(json!({})));
        }
        for reply in self.pings.remove(&peer).into_iter().chain(self.identities.remove(&peer)).flatten() {
            reply.give(Err("the connection closed".into()));
        }
    }

    fn behaved(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Ping(ping) => {
                let outcome = ping.result.map(|rtt| json!({ "rttMs": rtt.as_secs_f64() * 1_000.0 })).map_err(|error| error.to_string());
                for reply in self.pings.remove(&ping.peer).into_iter().flatten() {
                    reply.give(outcome.clone());
                }
            }
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                let offers = self.kad.as_ref().is_some_and(|kad| info.protocols.iter().any(|protocol| protocol.as_ref() == kad));
                if let (true, Some(kad)) = (offers, self.swarm.behaviour_mut().kad.as_mut()) {
                    for address in &info.listen_addrs {
                        kad.add_address(&peer_id, address.clone());
                    }
                }
                for reply in self.identities.remove(&peer_id).into_iter().flatten() {
                    reply.give(Ok(show(&info)));
                }
                self.told.insert(peer_id, info);
            }
            BehaviourEvent::Identify(identify::Event::Error { peer_id, error, .. }) => {
                for reply in self.identities.remove(&peer_id).into_iter().flatten() {
                    reply.give(Err(error.to_string()));
                }
            }
            BehaviourEvent::Gossip(gossipsub::Event::Message { message, .. }) => {
                say(&json!({ "event": "message", "topic": message.topic.as_str(), "data": base64(&message.data) }));
            }
            BehaviourEvent::Kad(kad::Event::OutboundQueryProgressed { id, result, step, .. }) => self.queries.heard(id, result, step.last),
            _ => {}
        }
    }
}

fn show(info: &identify::Info) -> Value {
    json!({
        "agent": info.agent_version,
        "protocolVersion": info.protocol_version,
        "protocols": info.protocols.iter().map(|protocol| protocol.as_ref()).collect::<Vec<_>>(),
        "addrs": info.listen_addrs.iter().map(Multiaddr::to_string).collect::<Vec<_>>(),
        "signedPeerRecord": info.signed_peer_record.is_some(),
    })
}

fn later(reply: Reply, outcome: impl Future<Output = Outcome> + Send + 'static) {
    tokio::spawn(async move { reply.give(outcome.await) });
}
