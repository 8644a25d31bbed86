//! The byte-level codec: JSON lines in, JSON lines out. Every byte comes from serde and bincode 1.3.3 and the structs of `messages.rs`.
//!
//! decode { type, payload | payloads } · encode { type, json | jsons } · frame { type, json, header } · unframe { frame } ·
//! random { type, count, seed }. Bytes are base64. The plural forms answer in plural; an item that fails is null there.

mod frame;
mod kinds;
mod messages;
mod random;
mod scalar;

use base64::prelude::{Engine, BASE64_STANDARD};
use kinds::{decode, encode, Outcome, KINDS};
use serde_json::{json, Value};
use std::io::{stdin, stdout, BufRead, Write};

fn main() {
    let mut out = stdout().lock();
    let kinds: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let ready = json!({ "event": "ready", "types": kinds, "versions": { "bincode": "1.3.3" } });
    if writeln!(out, "{ready}").and_then(|()| out.flush()).is_err() {
        return;
    }
    for line in stdin().lock().lines() {
        let Ok(line) = line else { return };
        let (id, answer) = match serde_json::from_str::<Value>(&line) {
            Ok(mut request) if request["cmd"] != "quit" => (request["id"].clone(), answer(&mut request)),
            Ok(_) => return,
            Err(error) => (Value::Null, Err(error.to_string())),
        };
        let mut reply = match answer {
            Ok(mut members) => {
                members["ok"] = true.into();
                members
            }
            Err(error) => json!({ "ok": false, "error": error }),
        };
        reply["id"] = id;
        if writeln!(out, "{reply}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn answer(request: &mut Value) -> Outcome<Value> {
    let kind = request["type"].as_str().unwrap_or("").to_owned();
    match request["cmd"].as_str().unwrap_or("") {
        "decode" => match request["payloads"].as_array() {
            Some(all) => Ok(json!({ "jsons": all.iter().map(|one| decode(&kind, &bytes(one)?)).map(Result::ok).collect::<Vec<_>>() })),
            None => Ok(json!({ "json": decode(&kind, &bytes(&request["payload"])?)? })),
        },
        "encode" => match request["jsons"].as_array_mut() {
            Some(all) => {
                let payloads = all.iter_mut().map(|one| encode(&kind, one.take()).ok().map(|payload| BASE64_STANDARD.encode(payload)));
                Ok(json!({ "payloads": payloads.collect::<Vec<_>>() }))
            }
            None => Ok(json!({ "payload": BASE64_STANDARD.encode(encode(&kind, request["json"].take())?) })),
        },
        "frame" => {
            let fields = request["json"].take();
            Ok(json!({ "frame": BASE64_STANDARD.encode(frame::frame(&kind, fields, &request["header"])?) }))
        }
        "unframe" => frame::unframe(&bytes(&request["frame"])?),
        "random" => {
            let mut dice = random::Dice(request["seed"].as_u64().unwrap_or(0));
            let count = request["count"].as_u64().ok_or("random needs a count")?;
            let items: Outcome<Vec<Value>> = (0..count)
                .map(|_| kinds::random(&kind, &mut dice).map(|(json, payload)| json!({ "json": json, "payload": BASE64_STANDARD.encode(payload) })))
                .collect();
            Ok(json!({ "items": items? }))
        }
        other => Err(format!("no command {other:?}")),
    }
}

fn bytes(value: &Value) -> Outcome<Vec<u8>> {
    BASE64_STANDARD.decode(value.as_str().ok_or("bytes are base64 text")?).map_err(|error| error.to_string())
}
