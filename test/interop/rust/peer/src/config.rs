//! What a peer is started with: the one argument of its command line, as JSON.

use libp2p::identity::Keypair;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    #[serde(default)]
    pub listen: Vec<String>,
    #[serde(default = "tcp")]
    pub transports: Vec<String>,
    #[serde(default = "noise")]
    pub security: Vec<String>,
    pub seed: Option<String>,
    pub key_type: Option<String>,
    pub psk: Option<String>,
    pub kad: Option<Kad>,
    pub gossip: Option<Gossip>,
    pub relay: Option<Relay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kad {
    pub protocol: String,
    pub mode: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gossip {
    pub protocols: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Relay {
    pub server: bool,
    pub client: bool,
    /// Also try to get from a relayed connection to a direct one.
    pub dcutr: bool,
}

fn tcp() -> Vec<String> {
    vec!["tcp".into()]
}

fn noise() -> Vec<String> {
    vec!["noise".into()]
}

impl Config {
    /// Err names what this peer does not have.
    pub fn parse(json: &str) -> Result<Config, String> {
        let config: Config = serde_json::from_str(json).map_err(|error| error.to_string())?;
        if let Some(name) = config.transports.iter().find(|name| !["tcp", "ws", "quic"].contains(&name.as_str())) {
            return Err(format!("transport {name}"));
        }
        if let Some(name) = config.security.iter().find(|name| !["noise", "tls"].contains(&name.as_str())) {
            return Err(format!("security {name}"));
        }
        if config.gossip.as_ref().is_some_and(|gossip| gossip.protocols.is_some()) {
            return Err("gossip protocols other than the library's".into());
        }
        Ok(config)
    }

    pub fn identity(&self) -> Result<Keypair, String> {
        match (self.key_type.as_deref().unwrap_or("ed25519"), &self.seed) {
            ("ed25519", Some(seed)) => {
                let mut bytes = hex::decode(seed).map_err(|error| error.to_string())?;
                Keypair::ed25519_from_bytes(&mut bytes).map_err(|error| error.to_string())
            }
            ("ed25519", None) => Ok(Keypair::generate_ed25519()),
            ("secp256k1", _) => Ok(libp2p::identity::secp256k1::Keypair::generate().into()),
            (other, _) => Err(format!("keyType {other}: the library makes none")),
        }
    }
}
