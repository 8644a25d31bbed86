//! The 60-byte header, as a serde struct, and whole frames.

use crate::kinds::{decode, encode, wire, Outcome, KINDS};
use crate::scalar::{Bytes, Hash, U64};
use bincode::Options;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use sha3::{Digest, Sha3_256};

const MAGIC: [u8; 4] = *b"TOSN";
const HEADER_BYTES: usize = 60;

#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct MessageHeader {
    pub magic: Bytes<4>,
    pub version: u16,
    pub message_type: u16,
    pub payload_length: u32,
    pub checksum: U64,
    pub timestamp: U64,
    pub node_id: Hash,
}

pub fn checksum(payload: &[u8]) -> u64 {
    u64::from_be_bytes(Sha3_256::digest(payload)[0..8].try_into().expect("eight bytes"))
}

/// `header` gives `timestamp` and `node_id`; any other member replaces what would be right, to make wrong frames.
pub fn frame(kind: &str, fields: Value, header: &Value) -> Outcome<Vec<u8>> {
    let payload = encode(kind, fields)?;
    let code = KINDS.iter().find(|(name, _)| *name == kind).ok_or("no such type")?.1;
    let mut head = json!({
        "magic": hex::encode(MAGIC), "version": 1, "message_type": code, "payload_length": payload.len(),
        "checksum": checksum(&payload).to_string(), "timestamp": "0", "node_id": "00".repeat(32),
    });
    for (name, value) in header.as_object().into_iter().flatten() {
        head[name] = value.clone();
    }
    let head: MessageHeader = serde_json::from_value(head).map_err(|error| error.to_string())?;
    let mut bytes = wire().serialize(&head).map_err(|error| error.to_string())?;
    bytes.extend(payload);
    Ok(bytes)
}

/// One whole frame: its header as JSON, its type's name and its fields.
pub fn unframe(bytes: &[u8]) -> Outcome<Value> {
    let (head, payload) = bytes.split_at_checked(HEADER_BYTES).ok_or("a header is 60 bytes")?;
    let head: MessageHeader = wire().deserialize(head).map_err(|error| error.to_string())?;
    if head.magic.0 != MAGIC || head.version != 1 {
        return Err("wrong magic or version".into());
    }
    if head.payload_length as usize != payload.len() {
        return Err(format!("{} bytes announced, {} follow", head.payload_length, payload.len()));
    }
    if head.checksum.0 != checksum(payload) {
        return Err("wrong checksum".into());
    }
    let kind = KINDS.iter().find(|(_, code)| *code == head.message_type).ok_or("unknown type")?.0;
    Ok(json!({ "header": head, "type": kind, "json": decode(kind, payload)? }))
}
