//! Random messages within the limits of protocols/README.md, the same for the same seed; edges are frequent.

use crate::messages::*;
use crate::scalar::{Blob, Bytes, Hash, Wide, U64};
use std::net::{Ipv4Addr, Ipv6Addr};

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    /// Mostly small, now and then the most.
    fn length(&mut self, least: u64, most: u64) -> u64 {
        match self.below(400) {
            0 => most,
            1..40 => least,
            _ => least + self.below((most - least).min(4) + 1),
        }
    }

    fn many<T: Random>(&mut self, least: u64, most: u64) -> Vec<T> {
        (0..self.length(least, most)).map(|_| T::random(self)).collect()
    }

    fn blob(&mut self, most: u64) -> Blob {
        let length = match self.below(400) {
            0 => most,
            1..40 => 0,
            _ => self.below(most.min(40)),
        };
        Blob((0..length).map(|_| self.next() as u8).collect())
    }

    fn text(&mut self, most: usize) -> String {
        const LETTERS: &[char] = &['a', 'Z', '0', ' ', '/', '.', '"', '\\', '~', 'é', 'ß', '中', '\u{7ff}', '\u{800}', '\u{ffee}', '🦀', '\u{10ffff}'];
        let mut text = String::new();
        for _ in 0..self.length(0, most as u64) {
            let letter = self.pick(LETTERS);
            if text.len() + letter.len_utf8() > most {
                break;
            }
            text.push(letter);
        }
        text
    }

    fn ip(&mut self) -> String {
        let bits = self.next();
        match self.below(4) {
            0 => Ipv6Addr::from((u128::from(bits) << 64) | u128::from(self.next())).to_string(),
            1 => Ipv6Addr::from([0x2001, 0xdb8, 0, (bits & 1) as u16, 0, 0, (bits >> 1 & 1) as u16, bits as u16]).to_string(),
            _ => Ipv4Addr::from(bits as u32).to_string(),
        }
    }
}

pub trait Random {
    fn random(dice: &mut Dice) -> Self;
}

impl Random for U64 {
    fn random(dice: &mut Dice) -> Self {
        let bits = dice.next();
        Wide(match dice.below(8) {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << (bits & 63),
            3 => bits & 0xff,
            _ => bits,
        })
    }
}

impl Random for bool {
    fn random(dice: &mut Dice) -> Self {
        dice.below(2) == 1
    }
}

impl<const N: usize> Random for Bytes<N> {
    fn random(dice: &mut Dice) -> Self {
        let mut bytes = [0; N];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&dice.next().to_le_bytes()[..part.len()]);
        }
        Bytes(bytes)
    }
}

macro_rules! random {
    ($($type:ident |$dice:ident| { $($field:ident: $value:expr),* $(,)? })*) => {$(
        impl Random for $type {
            fn random($dice: &mut Dice) -> Self {
                $(let $field = $value;)*
                $type { $($field),* }
            }
        }
    )*};
}

fn of<T: Random>(dice: &mut Dice) -> T {
    T::random(dice)
}

random! {
    PingMessage |d| { nonce: of(d), user_agent: d.text(256), services: of(d), timestamp: of(d) }
    PongMessage |d| { nonce: of(d), timestamp: of(d) }
    PeerRecord |d| {
        node_id: of(d), ip: d.ip(), port: 1 + d.below(65_535) as u16, node_type: d.pick(&[0, 1, 2, 3, 255]), services: of(d), last_seen: of(d),
    }
    PeerExchangeMessage |d| {
        request_id: of(d), is_response: of(d), max_peers: if is_response { 0 } else { 1 + d.below(16) as u16 },
        peers: if is_response { d.many(0, 16) } else { Vec::new() },
    }
    BlockAnnounceMessage |d| { block_hash: of(d), block_height: of(d), difficulty: of(d), ai_mined: of(d), timestamp: of(d) }
    BlockId |d| { hash: of(d), height: of(d) }
    BlockRequestMessage |d| {
        request_id: of(d), query: of(d), detail: d.below(3) as u8, max_items: 1 + d.below([64, 2_048, 4_096][detail as usize]) as u32,
    }
    BlockData |d| {
        hash: of(d), height: of(d), parents: d.many(0, 32), header: d.blob(4_096), transactions: (0..d.length(0, 40)).map(|_| d.blob(600)).collect(),
    }
    BlockResponseMessage |d| {
        request_id: of(d), status: d.below(5) as u8, blocks: d.many(0, 8), not_found: d.many(0, 64), has_more: of(d),
    }
    TransactionAnnounceMessage |d| { tx_hash: of(d), fee: of(d), priority: d.below(4) as u8, privacy_level: d.below(4) as u8, energy_used: of(d) }
    TransactionRequestMessage |d| { request_id: of(d), tx_hashes: d.many(1, 256), include_proof: of(d) }
    TxProof |d| { block_hash: of(d), block_height: of(d), index: d.next() as u32, siblings: d.many(0, 14) }
    TxData |d| { tx_hash: of(d), data: d.blob(9_000), proof: if d.below(2) == 0 { None } else { Some(of(d)) } }
    TransactionResponseMessage |d| { request_id: of(d), transactions: d.many(0, 8), not_found: d.many(0, 64) }
    ConsensusVoteMessage |d| {
        block_hash: of(d), voter_id: of(d), vote_type: VoteType(d.pick(&[Vote::Accept, Vote::Reject, Vote::Abstain])), timestamp: Wide(U64::random(d).0 as i64 & i64::MAX),
        signature: of(d), parent_votes: d.many(0, 64),
    }
    AIMiningShareMessage |d| {
        task_id: of(d), miner_id: of(d), block_hash: of(d), nonce: of(d), answer_hash: of(d), difficulty: of(d), quality_score: d.below(101) as u8,
        energy_used: of(d), stake_amount: of(d), proof: d.blob(2_048), timestamp: of(d), signature: of(d),
    }
    GoodbyeMessage |d| { reason: 1 + d.below(13) as u16, text: d.text(256) }
    VoteRequestMessage |d| { request_id: of(d), ids: d.many(1, 64) }
    VoteResponseMessage |d| { request_id: of(d), votes: d.many(0, 6), not_found: d.many(0, 64) }
    ErrorMessage |d| { request_id: of(d), code: d.below(9) as u16, text: d.text(254) }
}

impl Random for BlockQuery {
    fn random(dice: &mut Dice) -> Self {
        match dice.below(4) {
            0 => BlockQuery::ByHash(dice.many::<Hash>(1, 64)),
            1 => BlockQuery::ByHeight { start: of(dice), count: 1 + dice.below(512) as u32 },
            2 => BlockQuery::Locator { ids: dice.many(1, 64), stop: of(dice) },
            _ => BlockQuery::Tips,
        }
    }
}
