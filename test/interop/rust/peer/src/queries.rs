//! DHT commands: a query begins with a request and ends with an event.

use crate::control::{base64, Arguments, Outcome, Reply};
use cid::Cid;
use libp2p::kad::store::MemoryStore;
use libp2p::kad::{Behaviour, GetProvidersOk, GetRecordOk, QueryId, QueryResult, Quorum, Record, RecordKey};
use libp2p::{Multiaddr, PeerId};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};

struct Query {
    reply: Reply,
    /// Wanted peer of `dht-findpeer`.
    peer: Option<PeerId>,
    /// Wanted number of `dht-findprovs`, and who was found so far.
    count: usize,
    found: BTreeSet<String>,
}

#[derive(Default)]
pub struct Queries(HashMap<QueryId, Query>);

impl Queries {
    pub fn begin(&mut self, kad: &mut Behaviour<MemoryStore>, cmd: &str, args: &Arguments, reply: Reply) {
        if cmd == "dht-table" {
            let peers: Vec<String> = kad.kbuckets().flat_map(|bucket| bucket.iter().map(|entry| entry.node.key.preimage().to_string()).collect::<Vec<_>>()).collect();
            return reply.give(Ok(json!({ "peers": peers })));
        }
        match query(kad, cmd, args) {
            Ok(id) => {
                let (peer, count) = (args.peer().ok(), args.number("count").unwrap_or(1) as usize);
                self.0.insert(id, Query { reply, peer, count, found: BTreeSet::new() });
            }
            Err(error) => reply.give(Err(error)),
        }
    }

    pub fn heard(&mut self, id: QueryId, result: QueryResult, last: bool) {
        let Some(query) = self.0.get_mut(&id) else { return };
        let outcome: Option<Outcome> = match result {
            QueryResult::GetRecord(Ok(GetRecordOk::FoundRecord(found))) => Some(Ok(json!({ "value": base64(&found.record.value) }))),
            QueryResult::GetRecord(Err(error)) => Some(Err(error.to_string())),
            QueryResult::PutRecord(outcome) => Some(outcome.map(|_| json!({ "stored": 1 })).map_err(|error| error.to_string())),
            QueryResult::StartProviding(outcome) => Some(outcome.map(|_| json!({})).map_err(|error| error.to_string())),
            QueryResult::GetProviders(Ok(found)) => {
                if let GetProvidersOk::FoundProviders { providers, .. } = found {
                    query.found.extend(providers.iter().map(PeerId::to_string));
                }
                (last || query.found.len() >= query.count).then(|| Ok(json!({ "peers": query.found })))
            }
            QueryResult::GetProviders(Err(error)) => Some(Err(error.to_string())),
            QueryResult::GetClosestPeers(Ok(found)) => {
                let peer = found.peers.iter().find(|info| Some(info.peer_id) == query.peer);
                Some(peer.map(|info| json!({ "addrs": info.addrs.iter().map(Multiaddr::to_string).collect::<Vec<_>>() })).ok_or_else(|| "not found".into()))
            }
            QueryResult::GetClosestPeers(Err(error)) => Some(Err(error.to_string())),
            _ => None,
        };
        let Some(outcome) = outcome.or_else(|| last.then(|| Err("not found".to_owned()))) else { return };
        if let Some(query) = self.0.remove(&id) {
            query.reply.give(outcome);
        }
    }
}

fn query(kad: &mut Behaviour<MemoryStore>, cmd: &str, args: &Arguments) -> Result<QueryId, String> {
    let key = || args.bytes("key").map(RecordKey::from);
    // what is provided is the multihash of a CID
    let content = || args.text("cid")?.parse::<Cid>().map(|cid| RecordKey::from(cid.hash().to_bytes())).map_err(|error| error.to_string());
    match cmd {
        "dht-put" => kad.put_record(Record::new(key()?, args.bytes("value")?), Quorum::One).map_err(|error| error.to_string()),
        "dht-get" => Ok(kad.get_record(key()?)),
        "dht-provide" => kad.start_providing(content()?).map_err(|error| error.to_string()),
        "dht-findprovs" => Ok(kad.get_providers(content()?)),
        "dht-findpeer" => Ok(kad.get_closest_peers(args.peer()?)),
        _ => Err(format!("Unsupported: command {cmd}")),
    }
}
