//! Many messages in one answer: a JSON list of them, then payloads one after the other.

use crate::kinds::{self, Outcome};
use crate::random::Dice;
use serde_json::{json, Value};

pub fn make(request: &Value) -> Outcome<(Value, Vec<Vec<u8>>)> {
    let kind = request["type"].as_str().unwrap_or("");
    let mut dice = Dice(request["seed"].as_u64().unwrap_or(0));
    let count = request["count"].as_u64().ok_or("make needs a count")?;
    together((0..count).map(|_| kinds::random(kind, &mut dice)))
}

pub fn remake(request: &Value, mut payloads: &[u8]) -> Outcome<(Value, Vec<Vec<u8>>)> {
    let kind = request["type"].as_str().unwrap_or("");
    let sizes = request["sizes"].as_array().ok_or("remake needs sizes")?;
    together(sizes.iter().map(|size| {
        let (payload, rest) = payloads.split_at_checked(size.as_u64().unwrap_or(0) as usize).ok_or("sizes above what came")?;
        payloads = rest;
        kinds::remake(kind, payload)
    }))
}

fn together(items: impl Iterator<Item = Outcome<(String, Vec<u8>)>>) -> Outcome<(Value, Vec<Vec<u8>>)> {
    let (mut sizes, mut texts, mut payloads) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let (text, payload) = item?;
        texts.push(if texts.is_empty() { b'[' } else { b',' });
        texts.extend(text.into_bytes());
        sizes.push(payload.len());
        payloads.extend(payload);
    }
    texts.push(b']');
    Ok((json!({ "sizes": sizes }), vec![texts, payloads]))
}
