//! What every peer serves from its start, and `serve`/`reply`: protocols whose streams the test answers itself.

use crate::control::{base64, say, Arguments, Outcome};
use crate::streams::write_zeros;
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::{Stream, StreamProtocol};
use libp2p_stream::Control;
use serde_json::json;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};

/// Sends back what comes, until the other side has finished.
pub const ECHO: StreamProtocol = StreamProtocol::new("/interop/echo/1.0.0");
/// Reads to the end, then answers how many bytes there were, u64 big-endian.
pub const SINK: StreamProtocol = StreamProtocol::new("/interop/sink/1.0.0");
/// Reads a u64 big-endian and sends that many bytes.
pub const SOURCE: StreamProtocol = StreamProtocol::new("/interop/source/1.0.0");

pub fn serve_standing(control: &mut Control) -> Result<(), String> {
    accept(control, ECHO, echo)?;
    accept(control, SINK, sink)?;
    accept(control, SOURCE, source)
}

fn accept<F: Future<Output = io::Result<()>> + Send + 'static>(control: &mut Control, protocol: StreamProtocol, handle: fn(Stream) -> F) -> Result<(), String> {
    let mut incoming = control.accept(protocol).map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        while let Some((_, stream)) = incoming.next().await {
            tokio::spawn(async move {
                if let Err(error) = handle(stream).await {
                    eprintln!("stream: {error}");
                }
            });
        }
    });
    Ok(())
}

async fn echo(stream: Stream) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    futures::io::copy(reader, &mut writer).await?;
    writer.close().await
}

async fn sink(mut stream: Stream) -> io::Result<()> {
    let count = futures::io::copy(&mut stream, &mut futures::io::sink()).await?;
    stream.write_all(&count.to_be_bytes()).await?;
    stream.close().await
}

async fn source(mut stream: Stream) -> io::Result<()> {
    let mut wanted = [0; 8];
    stream.read_exact(&mut wanted).await?;
    write_zeros(&mut stream, u64::from_be_bytes(wanted)).await?;
    stream.close().await
}

struct Part {
    data: Vec<u8>,
    how: String,
    done: oneshot::Sender<io::Result<()>>,
}

/// Streams a test answers, by number.
#[derive(Clone, Default)]
pub struct Served(Arc<Mutex<(u64, HashMap<u64, mpsc::Sender<Part>>)>>);

impl Served {
    pub fn serve(&self, control: &mut Control, args: &Arguments) -> Outcome {
        let protocol = args.protocol()?;
        let mut incoming = control.accept(protocol.clone()).map_err(|error| error.to_string())?;
        let served = self.clone();
        tokio::spawn(async move {
            while let Some((peer, stream)) = incoming.next().await {
                let (parts, replies) = mpsc::channel(16);
                let id = served.add(parts);
                say(&json!({ "event": "stream", "stream": id, "protocol": protocol.as_ref(), "peer": peer.to_string() }));
                let served = served.clone();
                tokio::spawn(async move {
                    talk(id, stream, replies).await;
                    served.0.lock().expect("no panic under the lock").1.remove(&id);
                });
            }
        });
        Ok(json!({}))
    }

    fn add(&self, parts: mpsc::Sender<Part>) -> u64 {
        let mut streams = self.0.lock().expect("no panic under the lock");
        streams.0 += 1;
        let id = streams.0;
        streams.1.insert(id, parts);
        id
    }

    pub async fn reply(self, args: Arguments) -> Outcome {
        let (data, how) = (args.bytes("data")?, args.text("how").unwrap_or("keep").to_owned());
        let parts = self.0.lock().expect("no panic under the lock").1.get(&args.number("stream")?).cloned();
        let (done, written) = oneshot::channel();
        parts.ok_or("that stream is over")?.send(Part { data, how, done }).await.map_err(|_| "that stream is over")?;
        written.await.map_err(|_| "that stream is over")?.map(|()| json!({})).map_err(|error| error.to_string())
    }
}

/// Tells what comes, writes what the test says, until both directions are over.
async fn talk(id: u64, stream: Stream, mut replies: mpsc::Receiver<Part>) {
    let (mut reader, mut writer) = stream.split();
    let mut piece = vec![0; 65_536];
    let (mut reading, mut writing) = (true, true);
    while reading || writing {
        tokio::select! {
            read = reader.read(&mut piece), if reading => match read {
                // yamux gives a reset as an end too; what tells them apart is whether the other direction is still there
                Ok(0) if writing && writer.write(&[]).await.is_err() => return say(&json!({ "event": "end", "stream": id, "how": "reset" })),
                Ok(0) => {
                    reading = false;
                    say(&json!({ "event": "end", "stream": id, "how": "eof" }));
                }
                Ok(n) => say(&json!({ "event": "data", "stream": id, "data": base64(&piece[..n]) })),
                Err(_) => return say(&json!({ "event": "end", "stream": id, "how": "reset" })),
            },
            Some(Part { data, how, done }) = replies.recv(), if writing => {
                let mut outcome = writer.write_all(&data).await;
                if outcome.is_ok() {
                    outcome = writer.flush().await;
                }
                if outcome.is_ok() && how == "half-close" {
                    outcome = writer.close().await;
                    writing = false;
                }
                // whoever asked may be gone
                done.send(outcome).ok();
                if how == "reset" {
                    return;
                }
            }
        }
    }
}
