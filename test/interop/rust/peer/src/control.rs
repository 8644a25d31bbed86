//! JSON lines: requests with their arguments, answers and events.

use base64::prelude::{Engine, BASE64_STANDARD};
use libp2p::{Multiaddr, PeerId, StreamProtocol};
use serde_json::{json, Value};
use std::io::Write;

/// The answer to one request; it must be given exactly once.
pub struct Reply(Value);

pub type Outcome = Result<Value, String>;

impl Reply {
    pub fn new(id: Value) -> Reply {
        Reply(id)
    }

    pub fn give(self, outcome: Outcome) {
        let mut line = match outcome {
            Ok(members) => members,
            Err(error) => json!({ "error": error }),
        };
        line["ok"] = line.get("error").is_none().into();
        line["id"] = self.0;
        say(&line);
    }
}

/// One line on stdout; without a reader there is nobody left to serve.
pub fn say(line: &Value) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

pub fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// A request's arguments, by name.
pub struct Arguments(pub Value);

impl Arguments {
    pub fn text(&self, name: &str) -> Result<&str, String> {
        self.0[name].as_str().ok_or_else(|| format!("{name} is missing"))
    }

    pub fn number(&self, name: &str) -> Result<u64, String> {
        self.0[name].as_u64().ok_or_else(|| format!("{name} is missing"))
    }

    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, String> {
        BASE64_STANDARD.decode(self.text(name)?).map_err(|error| error.to_string())
    }

    pub fn peer(&self) -> Result<PeerId, String> {
        self.text("peer")?.parse().map_err(|error| format!("peer: {error}"))
    }

    pub fn address(&self, name: &str) -> Result<Multiaddr, String> {
        self.text(name)?.parse().map_err(|error| format!("{name}: {error}"))
    }

    pub fn protocol(&self) -> Result<StreamProtocol, String> {
        StreamProtocol::try_from_owned(self.text("protocol")?.to_owned()).map_err(|error| error.to_string())
    }
}
