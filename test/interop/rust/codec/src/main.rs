//! The byte-level codec: JSON lines in, JSON lines out. Every byte comes from serde and bincode 1.3.3 and the structs of `messages.rs`.
//!
//! decode { type, payload | payloads } · encode { type, json | jsons } · frame { type, json, header } · unframe { frame } ·
//! random { type, count, seed }. Bytes are base64. The plural forms answer in plural; an item that fails is null there.
//!
//! For many messages at once, bytes follow the line as they are, and `parts` in it lists how many:
//! make { type, count, seed } -> { sizes }, list, payloads · remake { type, sizes }, payloads -> { sizes }, list, payloads
//! (list is the messages as JSON; remake makes it, and new payloads, of what it read).

mod batch;
mod frame;
mod kinds;
mod messages;
mod random;
mod scalar;

use base64::prelude::{Engine, BASE64_STANDARD};
use kinds::{decode, encode, Outcome, KINDS};
use serde_json::{json, Value};
use std::io::{self, stdin, stdout, BufRead, BufWriter, Read, Write};

type Parts = Vec<Vec<u8>>;

fn main() -> io::Result<()> {
    let (mut from, mut to) = (stdin().lock(), BufWriter::new(stdout().lock()));
    let kinds: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    say(&mut to, json!({ "event": "ready", "types": kinds, "versions": { "bincode": "1.3.3" } }), &[])?;
    let mut line = String::new();
    while from.read_line(&mut line)? > 0 {
        let request = serde_json::from_str::<Value>(&line);
        line.clear();
        let (id, answer) = match request {
            Ok(mut request) if request["cmd"] != "quit" => {
                let parts = read_parts(&mut from, &request)?;
                (request["id"].clone(), answer_bytes(&mut request, &parts))
            }
            Ok(_) => return Ok(()),
            Err(error) => (Value::Null, Err(error.to_string())),
        };
        let (mut reply, parts) = match answer {
            Ok((mut members, parts)) => {
                members["ok"] = true.into();
                (members, parts)
            }
            Err(error) => (json!({ "ok": false, "error": error }), Parts::new()),
        };
        reply["id"] = id;
        say(&mut to, reply, &parts)?;
    }
    Ok(())
}

fn read_parts(from: &mut impl Read, request: &Value) -> io::Result<Parts> {
    let sizes = request["parts"].as_array().into_iter().flatten();
    sizes.map(|size| {
        let mut part = vec![0; size.as_u64().unwrap_or(0) as usize];
        from.read_exact(&mut part).map(|()| part)
    }).collect()
}

fn say(to: &mut impl Write, mut line: Value, parts: &[Vec<u8>]) -> io::Result<()> {
    line["parts"] = parts.iter().map(Vec::len).collect();
    writeln!(to, "{line}")?;
    for part in parts {
        to.write_all(part)?;
    }
    to.flush()
}

fn answer_bytes(request: &mut Value, parts: &[Vec<u8>]) -> Outcome<(Value, Parts)> {
    match request["cmd"].as_str().unwrap_or("") {
        "make" => batch::make(request),
        "remake" => batch::remake(request, parts.first().ok_or("remake needs payloads")?),
        _ => answer(request).map(|members| (members, Parts::new())),
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
            let item = |(text, payload): (String, Vec<u8>)| -> Outcome<Value> {
                let json: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
                Ok(json!({ "json": json, "payload": BASE64_STANDARD.encode(payload) }))
            };
            let items: Outcome<Vec<Value>> = (0..count).map(|_| kinds::random(&kind, &mut dice).and_then(item)).collect();
            Ok(json!({ "items": items? }))
        }
        other => Err(format!("no command {other:?}")),
    }
}

fn bytes(value: &Value) -> Outcome<Vec<u8>> {
    BASE64_STANDARD.decode(value.as_str().ok_or("bytes are base64 text")?).map_err(|error| error.to_string())
}
