//! The specification's structs in its own order and types, and this network's four additions.
//! Where the specification names a message without its fields, they are those of protocols/README.md.

use crate::scalar::{Blob, Hash, Signature, I64, U64};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The specification's enum: bincode gives each variant a `u32` tag, counted from zero.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub enum MessagePayload {
    Ping(PingMessage),
    Pong(PongMessage),
    PeerExchange(PeerExchangeMessage),
    BlockAnnounce(BlockAnnounceMessage),
    BlockRequest(BlockRequestMessage),
    BlockResponse(BlockResponseMessage),
    TransactionAnnounce(TransactionAnnounceMessage),
    TransactionRequest(TransactionRequestMessage),
    TransactionResponse(TransactionResponseMessage),
    ConsensusVote(ConsensusVoteMessage),
    AIMiningShare(AIMiningShareMessage),
}

/// Structs that travel as they are; `deny_unknown_fields` makes JSON with a strange name an error.
macro_rules! records {
    ($($name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $(pub $field: $type),* }
    )*};
}

records! {
    PingMessage { nonce: U64, user_agent: String, services: U64, timestamp: U64 }
    PongMessage { nonce: U64, timestamp: U64 }
    PeerRecord { node_id: Hash, ip: String, port: u16, node_type: u8, services: U64, last_seen: U64 }
    PeerExchangeMessage { request_id: U64, is_response: bool, max_peers: u16, peers: Vec<PeerRecord> }
    BlockAnnounceMessage { block_hash: Hash, block_height: U64, difficulty: U64, ai_mined: bool, timestamp: U64 }
    BlockId { hash: Hash, height: U64 }
    BlockRequestMessage { request_id: U64, query: BlockQuery, detail: u8, max_items: u32 }
    BlockData { hash: Hash, height: U64, parents: Vec<Hash>, header: Blob, transactions: Vec<Blob> }
    BlockResponseMessage { request_id: U64, status: u8, blocks: Vec<BlockData>, not_found: Vec<Hash>, has_more: bool }
    TransactionAnnounceMessage { tx_hash: Hash, fee: U64, priority: u8, privacy_level: u8, energy_used: U64 }
    TransactionRequestMessage { request_id: U64, tx_hashes: Vec<Hash>, include_proof: bool }
    TxProof { block_hash: Hash, block_height: U64, index: u32, siblings: Vec<Hash> }
    TxData { tx_hash: Hash, data: Blob, proof: Option<TxProof> }
    TransactionResponseMessage { request_id: U64, transactions: Vec<TxData>, not_found: Vec<Hash> }
    ConsensusVoteMessage {
        block_hash: Hash, voter_id: Hash, vote_type: VoteType, timestamp: I64, signature: Signature, parent_votes: Vec<Hash>,
    }
    AIMiningShareMessage {
        task_id: Hash, miner_id: Hash, block_hash: Hash, nonce: U64, answer_hash: Hash, difficulty: U64, quality_score: u8,
        energy_used: U64, stake_amount: U64, proof: Blob, timestamp: U64, signature: Signature,
    }
    GoodbyeMessage { reason: u16, text: String }
    VoteRequestMessage { request_id: U64, ids: Vec<Hash> }
    VoteResponseMessage { request_id: U64, votes: Vec<ConsensusVoteMessage>, not_found: Vec<Hash> }
    ErrorMessage { request_id: U64, code: u16, text: String }
}

#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
#[serde(rename_all = "snake_case")]
pub enum BlockQuery {
    ByHash(Vec<Hash>),
    ByHeight { start: U64, count: u32 },
    Locator { ids: Vec<BlockId>, stop: Hash },
    Tips,
}

/// An enum on the wire, its number in JSON.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct VoteType(pub Vote);

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Debug)]
pub enum Vote {
    Accept,
    Reject,
    Abstain,
}

impl Serialize for VoteType {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.serialize_u32(self.0 as u32) } else { self.0.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for VoteType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            return Vote::deserialize(from).map(VoteType);
        }
        match u32::deserialize(from)? {
            0 => Ok(VoteType(Vote::Accept)),
            1 => Ok(VoteType(Vote::Reject)),
            2 => Ok(VoteType(Vote::Abstain)),
            other => Err(serde::de::Error::custom(format!("{other} is no vote type"))),
        }
    }
}
