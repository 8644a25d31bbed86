//! Commands on raw streams: stream, streams, bulk, echo.

use crate::control::{base64, Arguments, Outcome};
use crate::standing::{ECHO, SINK, SOURCE};
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::Control;
use serde_json::json;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::{timeout, timeout_at};

/// Streams that are left open, until their peer is parted with.
pub type Held = Arc<Mutex<HashMap<PeerId, Vec<Stream>>>>;

const OPEN: Duration = Duration::from_secs(10);
const BULK: Duration = Duration::from_secs(120);
const PIECE: usize = 65_536;

#[derive(Clone)]
pub struct Streams {
    pub control: Control,
    pub held: Held,
}

impl Streams {
    async fn open(&self, peer: PeerId, protocol: StreamProtocol) -> Result<Stream, String> {
        let mut control = self.control.clone();
        match timeout(OPEN, control.open_stream(peer, protocol)).await {
            Ok(opened) => opened.map_err(|error| error.to_string()),
            Err(_) => Err("opening the stream took too long".into()),
        }
    }

    fn hold(&self, peer: PeerId, streams: impl IntoIterator<Item = Stream>) {
        self.held.lock().expect("no panic under the lock").entry(peer).or_default().extend(streams);
    }

    pub async fn stream(self, args: Arguments) -> Outcome {
        let peer = args.peer()?;
        let how = args.text("how").unwrap_or("half-close").to_owned();
        let bytes = args.bytes("send")?;
        let until = tokio::time::Instant::now() + Duration::from_millis(args.number("timeoutMs").unwrap_or(10_000));
        let limit = if args.0["read"] == "none" || how == "hold" { 0 } else { args.number("read").map_or(usize::MAX, |n| n as usize) };
        let stream = self.open(peer, args.protocol()?).await?;
        let (mut reader, mut writer) = stream.split();
        let mut received = Vec::new();
        let reads = async {
            if how == "reset" || limit == 0 { "open" } else { read(&mut reader, &mut received, limit, until).await }
        };
        // a peer may refuse midway: what it said until then counts
        let writes = async { timeout_at(until, write(&mut writer, &bytes, &how)).await.is_ok_and(|sent| sent.is_ok()) };
        let (mut ended, sent) = futures::join!(reads, writes);
        // yamux gives a reset as an end too; what tells them apart is whether the other direction, left open, is still there
        let gone = ended == "eof" && how == "keep" && writer.write(&[]).await.is_err();
        if gone || limit == 0 && !sent {
            ended = "reset";
        }
        let whole = reader.reunite(writer).map_err(|_| "two streams")?;
        match how.as_str() {
            "reset" => {
                // dropped while open is what the library has for a reset
                drop(whole);
                ended = "reset";
            }
            _ if ended == "open" && limit == 0 => self.hold(peer, [whole]),
            _ => drop(whole),
        }
        Ok(json!({ "received": base64(&received), "ended": ended }))
    }

    pub async fn streams(self, args: Arguments) -> Outcome {
        let (peer, protocol, count) = (args.peer()?, args.protocol()?, args.number("count")?);
        let opened = futures::future::join_all((0..count).map(|_| async {
            let mut stream = self.open(peer, protocol.clone()).await.ok()?;
            // one above the limit may be reset only after it was agreed on
            let mut byte = [0];
            timeout(Duration::from_secs(1), stream.read(&mut byte)).await.is_err().then_some(stream)
        }))
        .await;
        let open: Vec<Stream> = opened.into_iter().flatten().collect();
        let number = open.len() as u64;
        self.hold(peer, open);
        Ok(json!({ "opened": number, "refused": count - number }))
    }

    pub async fn bulk(self, args: Arguments) -> Outcome {
        let (peer, total) = (args.peer()?, args.number("bytes")?);
        let sends = args.text("direction")? == "send";
        let stream = self.open(peer, if sends { SINK } else { SOURCE }).await?;
        let start = Instant::now();
        let moved = timeout(BULK, if sends { futures::future::Either::Left(send(stream, total)) } else { futures::future::Either::Right(receive(stream, total)) });
        let moved = moved.await.map_err(|_| "the transfer took too long")?.map_err(|error| error.to_string())?;
        if moved != total {
            return Err(format!("{moved} of {total} bytes came"));
        }
        Ok(json!({ "ms": start.elapsed().as_secs_f64() * 1_000.0 }))
    }

    pub async fn echo(self, args: Arguments) -> Outcome {
        let (count, size) = (args.number("count")?, args.number("size")? as usize);
        let mut stream = self.open(args.peer()?, ECHO).await?;
        let mut times = Vec::new();
        let mut answer = vec![0; size];
        for i in 0..count {
            let data = vec![i as u8; size];
            let start = Instant::now();
            let turn = async {
                stream.write_all(&data).await?;
                stream.flush().await?;
                stream.read_exact(&mut answer).await
            };
            timeout(OPEN, turn).await.map_err(|_| "no echo")?.map_err(|error| error.to_string())?;
            if answer != data {
                return Err("another echo".into());
            }
            times.push(start.elapsed().as_secs_f64() * 1_000.0);
        }
        stream.close().await.map_err(|error| error.to_string())?;
        times.sort_by(f64::total_cmp);
        Ok(json!({ "p50Ms": times.get(times.len() / 2) }))
    }
}

async fn read(reader: &mut (impl AsyncRead + Unpin), received: &mut Vec<u8>, limit: usize, until: tokio::time::Instant) -> &'static str {
    let mut piece = vec![0; PIECE];
    while received.len() < limit {
        match timeout_at(until, reader.read(&mut piece)).await {
            Ok(Ok(0)) => return "eof",
            Ok(Ok(n)) => received.extend(&piece[..n]),
            Ok(Err(_)) => return "reset",
            Err(_) => return "timeout",
        }
    }
    "open"
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8], how: &str) -> io::Result<()> {
    if how == "bytewise" {
        for byte in bytes {
            writer.write_all(std::slice::from_ref(byte)).await?;
            writer.flush().await?;
            // a turn each, so that no layer joins them
            tokio::task::yield_now().await;
        }
    } else {
        writer.write_all(bytes).await?;
        writer.flush().await?;
    }
    if how == "bytewise" || how == "half-close" { writer.close().await } else { Ok(()) }
}

async fn send(mut stream: Stream, total: u64) -> io::Result<u64> {
    write_zeros(&mut stream, total).await?;
    stream.close().await?;
    let mut answer = [0; 8];
    stream.read_exact(&mut answer).await?;
    Ok(u64::from_be_bytes(answer))
}

async fn receive(mut stream: Stream, total: u64) -> io::Result<u64> {
    stream.write_all(&total.to_be_bytes()).await?;
    stream.close().await?;
    futures::io::copy(stream, &mut futures::io::sink()).await
}

pub async fn write_zeros(stream: &mut Stream, total: u64) -> io::Result<()> {
    futures::io::copy_buf(futures::io::BufReader::with_capacity(PIECE, futures::io::repeat(0).take(total)), stream).await.map(drop)
}
