//! Scalars that read as the specification's Rust types in bincode and as decimal strings or hexadecimal in JSON.

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A 64-bit integer; `T` is `u64` or `i64`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wide<T>(pub T);
pub type U64 = Wide<u64>;
pub type I64 = Wide<i64>;

impl<T: Serialize + fmt::Display> Serialize for Wide<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(&self.0) } else { self.0.serialize(to) }
    }
}

impl<'de, T: Deserialize<'de> + FromStr> Deserialize<'de> for Wide<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            return T::deserialize(from).map(Wide);
        }
        let text = String::deserialize(from)?;
        text.parse().map(Wide).map_err(|_| D::Error::custom(format!("{text:?} is not a 64-bit integer")))
    }
}

/// `[u8; N]`: raw in bincode, which serde writes as a tuple of N bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bytes<const N: usize>(pub [u8; N]);
pub type Hash = Bytes<32>;
pub type Signature = Bytes<64>;

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            return to.serialize_str(&hex::encode(self.0));
        }
        let mut tuple = to.serialize_tuple(N)?;
        for byte in &self.0 {
            tuple.serialize_element(byte)?;
        }
        tuple.end()
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let mut bytes = [0; N];
            hex::decode_to_slice(String::deserialize(from)?, &mut bytes).map_err(D::Error::custom)?;
            return Ok(Bytes(bytes));
        }
        struct Raw<const N: usize>;
        impl<'de, const N: usize> Visitor<'de> for Raw<N> {
            type Value = Bytes<N>;
            fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
                write!(to, "{N} bytes")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes<N>, A::Error> {
                let mut bytes = [0; N];
                for (at, byte) in bytes.iter_mut().enumerate() {
                    *byte = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(at, &self))?;
                }
                Ok(Bytes(bytes))
            }
        }
        from.deserialize_tuple(N, Raw)
    }
}

/// `Vec<u8>`.
#[derive(Clone, PartialEq, Debug)]
pub struct Blob(pub Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.serialize_str(&hex::encode(&self.0)) } else { self.0.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            return Vec::deserialize(from).map(Blob);
        }
        hex::decode(String::deserialize(from)?).map(Blob).map_err(D::Error::custom)
    }
}
