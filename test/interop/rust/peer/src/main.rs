//! rust-libp2p behind the control protocol of ../README.md. It knows nothing of TOS: tests hand it the bytes it sends.

mod config;
mod control;
mod node;
mod queries;
mod security;
mod standing;
mod streams;
mod swarm;

use config::Config;
use control::say;
use futures::StreamExt;
use libp2p::swarm::SwarmEvent;
use node::Node;
use serde_json::{json, Value};
use std::time::Duration;
use tokio::io::{stdin, AsyncBufReadExt, BufReader};

const EXIT_UNSUPPORTED: i32 = 3;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let argument = std::env::args().nth(1).unwrap_or_else(|| "{}".into());
    let mut node = match Config::parse(&argument).and_then(|config| start(&config)) {
        Ok(node) => node,
        Err(what) => {
            say(&json!({ "event": "unsupported", "what": what }));
            std::process::exit(EXIT_UNSUPPORTED);
        }
    };
    let addrs = listening(&mut node).await;
    say(&json!({ "event": "ready", "peerId": node.me(), "addrs": addrs, "versions": { "rust-libp2p": "0.56.0" } }));
    let mut lines = BufReader::new(stdin()).lines();
    loop {
        tokio::select! {
            event = node.swarm.select_next_some() => node.heard(event),
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { return };
                match serde_json::from_str::<Value>(&line) {
                    Ok(request) if request["cmd"] == "quit" => return say(&json!({ "id": request["id"], "ok": true })),
                    Ok(request) => node.asked(request),
                    Err(error) => eprintln!("no JSON: {error}"),
                }
            }
        }
    }
}

fn start(config: &Config) -> Result<Node, String> {
    let mut node = Node::new(config)?;
    for address in &config.listen {
        let address = address.parse().map_err(|error| format!("{address}: {error}"))?;
        node.listeners.push(node.swarm.listen_on(address).map_err(|error| format!("listen: {error}"))?);
    }
    standing::serve_standing(&mut node.streams.control)?;
    Ok(node)
}

/// The addresses, once every listener has told its first.
async fn listening(node: &mut Node) -> Vec<String> {
    let mut waiting = std::mem::take(&mut node.listeners);
    let mut addrs = Vec::new();
    let all = async {
        while !waiting.is_empty() {
            let event = node.swarm.select_next_some().await;
            if let SwarmEvent::NewListenAddr { listener_id, address } = &event {
                waiting.retain(|one| one != listener_id);
                addrs.push(format!("{address}/p2p/{}", node.me()));
            }
            node.heard(event);
        }
    };
    if tokio::time::timeout(Duration::from_secs(10), all).await.is_err() {
        eprintln!("a listener has no address");
    }
    addrs
}
