//! Message types by name: number, JSON to bytes, bytes to JSON.

use crate::messages::*;
use bincode::Options;
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::Value;

pub type Outcome<T> = Result<T, String>;

/// `bincode::serialize` of bincode 1 with `bincode::deserialize`, except that no byte may be left over.
pub fn wire() -> impl Options {
    bincode::DefaultOptions::new().with_fixint_encoding().reject_trailing_bytes()
}

fn pack(value: &impl Serialize) -> Outcome<Vec<u8>> {
    wire().serialize(value).map_err(|error| error.to_string())
}

fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    wire().deserialize(bytes).map_err(|error| error.to_string())
}

fn show(value: &impl Serialize) -> Outcome<Value> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}

/// A message's JSON text, and the bytes of what it travels in.
fn told(body: &impl Serialize, whole: &impl Serialize) -> Outcome<(String, Vec<u8>)> {
    Ok((serde_json::to_string(body).map_err(|error| error.to_string())?, pack(whole)?))
}

fn parse<T: DeserializeOwned>(json: Value) -> Outcome<T> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

macro_rules! kinds {
    (tagged { $($name:literal $code:literal $variant:ident),* $(,)? } bare { $($other:literal $number:literal $type:ident),* $(,)? }) => {
        pub const KINDS: &[(&str, u16)] = &[$(($name, $code),)* $(($other, $number)),*];

        /// The payload of a message, with the enum's tag where the type is one of the specification's.
        pub fn encode(kind: &str, json: Value) -> Outcome<Vec<u8>> {
            match kind {
                $($name => pack(&MessagePayload::$variant(parse(json)?)),)*
                $($other => pack(&parse::<$type>(json)?),)*
                _ => Err(format!("no message type {kind}")),
            }
        }

        pub fn decode(kind: &str, payload: &[u8]) -> Outcome<Value> {
            match kind {
                $($name => match unpack(payload)? {
                    MessagePayload::$variant(body) => show(&body),
                    _ => Err(format!("the payload is not a {kind}")),
                },)*
                $($other => show(&unpack::<$type>(payload)?),)*
                _ => Err(format!("no message type {kind}")),
            }
        }

        /// Reads a payload and makes a new one of what it read.
        pub fn remake(kind: &str, payload: &[u8]) -> Outcome<(String, Vec<u8>)> {
            match kind {
                $($name => match &unpack(payload)? {
                    whole @ MessagePayload::$variant(body) => told(body, whole),
                    _ => Err(format!("the payload is not a {kind}")),
                },)*
                $($other => {
                    let body: $type = unpack(payload)?;
                    told(&body, &body)
                })*
                _ => Err(format!("no message type {kind}")),
            }
        }

        pub fn random(kind: &str, dice: &mut crate::random::Dice) -> Outcome<(String, Vec<u8>)> {
            match kind {
                $($name => {
                    let payload = MessagePayload::$variant(crate::random::Random::random(dice));
                    match &payload {
                        MessagePayload::$variant(body) => told(body, &payload),
                        _ => unreachable!(),
                    }
                })*
                $($other => {
                    let body: $type = crate::random::Random::random(dice);
                    told(&body, &body)
                })*
                _ => Err(format!("no message type {kind}")),
            }
        }
    };
}

kinds! {
    tagged {
        "PING" 0x01 Ping,
        "PONG" 0x02 Pong,
        "PEER_EXCHANGE" 0x10 PeerExchange,
        "BLOCK_ANNOUNCE" 0x20 BlockAnnounce,
        "BLOCK_REQUEST" 0x21 BlockRequest,
        "BLOCK_RESPONSE" 0x22 BlockResponse,
        "TX_ANNOUNCE" 0x30 TransactionAnnounce,
        "TX_REQUEST" 0x31 TransactionRequest,
        "TX_RESPONSE" 0x32 TransactionResponse,
        "CONSENSUS_VOTE" 0x40 ConsensusVote,
        "AI_MINING_SHARE" 0x50 AIMiningShare,
    }
    bare {
        "GOODBYE" 0x7f04 GoodbyeMessage,
        "VOTE_REQUEST" 0x7f05 VoteRequestMessage,
        "VOTE_RESPONSE" 0x7f06 VoteResponseMessage,
        "ERROR" 0x7f07 ErrorMessage,
    }
}
