//! Noise and TLS as one upgrade that notes which of them a connection came to use: the library does not tell afterwards.

use futures::future::{BoxFuture, Either, FutureExt};
use futures::{AsyncRead, AsyncWrite};
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade, UpgradeInfo};
use libp2p::identity::Keypair;
use libp2p::{noise, tls, PeerId};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

/// The last agreed protocol with each peer.
pub type Seen = Arc<Mutex<HashMap<PeerId, &'static str>>>;

const NOISE: &str = "/noise";
const TLS: &str = "/tls/1.0.0";

#[derive(Clone)]
pub struct Security {
    names: Vec<&'static str>,
    noise: noise::Config,
    tls: tls::Config,
    seen: Seen,
}

impl Security {
    pub fn new(key: &Keypair, names: &[String], seen: Seen) -> Result<Security, String> {
        Ok(Security {
            names: names.iter().map(|name| if name == "tls" { TLS } else { NOISE }).collect(),
            noise: noise::Config::new(key).map_err(|error| error.to_string())?,
            tls: tls::Config::new(key).map_err(|error| error.to_string())?,
            seen,
        })
    }
}

type Secured<C> = (PeerId, Either<noise::Output<C>, tls::TlsStream<C>>);

impl UpgradeInfo for Security {
    type Info = &'static str;
    type InfoIter = std::vec::IntoIter<&'static str>;
    fn protocol_info(&self) -> Self::InfoIter {
        self.names.clone().into_iter()
    }
}

macro_rules! upgrade {
    ($trait:ident $method:ident) => {
        impl<C: AsyncRead + AsyncWrite + Send + Unpin + 'static> $trait<C> for Security {
            type Output = Secured<C>;
            type Error = io::Error;
            type Future = BoxFuture<'static, io::Result<Secured<C>>>;
            fn $method(self, socket: C, name: &'static str) -> Self::Future {
                async move {
                    let (peer, stream) = if name == TLS {
                        let (peer, stream) = self.tls.$method(socket, name).await.map_err(io::Error::other)?;
                        (peer, Either::Right(stream))
                    } else {
                        let (peer, stream) = self.noise.$method(socket, name).await.map_err(io::Error::other)?;
                        (peer, Either::Left(stream))
                    };
                    self.seen.lock().expect("no panic under the lock").insert(peer, name);
                    Ok((peer, stream))
                }
                .boxed()
            }
        }
    };
}

upgrade!(InboundConnectionUpgrade upgrade_inbound);
upgrade!(OutboundConnectionUpgrade upgrade_outbound);
