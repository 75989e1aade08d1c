//! One connection: reads, writes, and the time that either may take.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use call_control::transport::SipPath;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::listener::Admission;
use super::tls::Live;
use super::{Arrived, Limits, What};

/// How long opening a connection may take, handshake included: less than a user waits, more than a loaded peer needs.
const CONNECT: Duration = Duration::from_secs(4);
/// How long one message may take to be written.
const WRITE: Duration = Duration::from_secs(10);
/// Octets read at once.
const CHUNK: usize = 16 * 1024;

/// Anything that octets go through.
pub(super) trait Octets: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Octets for T {}

/// What a connection carries.
pub(super) enum Wire {
    /// Octets, in which messages have to be found.
    Octets(Box<dyn Octets>),
    /// One message per frame.
    Frames(Box<WebSocketStream<Box<dyn Octets>>>),
    /// Floor control of a browser, opened with this token.
    Floor(Box<WebSocketStream<Box<dyn Octets>>>, String),
}

/// The place of a connection within the limits.
pub(super) struct Guard {
    pub(super) number: u64,
    pub(super) peer: Option<IpAddr>,
    pub(super) admission: Arc<Admission>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.admission.leave(self.peer);
    }
}

/// Opens a connection; `None` when that fails or takes too long.
pub(super) async fn connect(
    path: SipPath,
    credentials: Option<Arc<Live>>,
    admission: &Admission,
) -> Option<(Wire, Vec<String>)> {
    let open = async {
        let stream = TcpStream::connect(path.remote).await.ok()?;
        admission.mark(&stream);
        let _ = stream.set_nodelay(true);
        Some(match credentials {
            Some(credentials) => {
                let (stream, names) = credentials.connect(path.remote.ip(), stream).await?;
                (Wire::Octets(Box::new(stream)), names)
            }
            None => (Wire::Octets(Box::new(stream)), Vec::new()),
        })
    };
    time::timeout(CONNECT, open).await.ok().flatten()
}

pub(super) async fn report(reporter: &mpsc::Sender<Arrived>, path: SipPath, number: u64, what: What) {
    // The driver has gone: then so does this.
    let _ = reporter.send(Arrived { path, number, what }).await;
}

/// Tells whom the certificate of the peer names; nobody, if it has shown none.
pub(super) async fn identify(
    reporter: &mpsc::Sender<Arrived>,
    path: SipPath,
    number: u64,
    names: Vec<String>,
) {
    report(reporter, path, number, What::Identified(names)).await;
}

/// Carries messages until either side has had enough.
pub(super) async fn run(
    path: SipPath,
    wire: Wire,
    guard: Guard,
    outgoing: mpsc::Receiver<Bytes>,
    reporter: mpsc::Sender<Arrived>,
    limits: Limits,
) {
    let mut flow = Flow { path, number: guard.number, outgoing, reporter, pace: Pace::new(limits) };
    match wire {
        Wire::Octets(stream) => flow.carry_octets(stream).await,
        Wire::Frames(socket) => flow.carry_frames(*socket, as_text).await,
        Wire::Floor(socket, _) => flow.carry_frames(*socket, Message::Binary).await,
    }
    report(&flow.reporter, path, guard.number, What::Closed).await;
}

struct Flow {
    path: SipPath,
    number: u64,
    outgoing: mpsc::Receiver<Bytes>,
    reporter: mpsc::Sender<Arrived>,
    pace: Pace,
}

impl Flow {
    async fn carry_octets(&mut self, mut stream: Box<dyn Octets>) {
        let mut buffer = BytesMut::with_capacity(CHUNK);
        loop {
            tokio::select! {
                read = stream.read_buf(&mut buffer) => {
                    if !matches!(read, Ok(1..)) {
                        return;
                    }
                    let octets = buffer.split().freeze();
                    self.pace.after(octets.len()).await;
                    report(&self.reporter, self.path, self.number, What::Octets(octets)).await;
                    buffer.reserve(CHUNK);
                }
                payload = self.outgoing.recv() => {
                    let Some(payload) = payload else {
                        let _ = time::timeout(WRITE, stream.shutdown()).await;
                        return;
                    };
                    if !matches!(time::timeout(WRITE, stream.write_all(&payload)).await, Ok(Ok(()))) {
                        return;
                    }
                }
            }
        }
    }

    async fn carry_frames(
        &mut self,
        mut socket: WebSocketStream<Box<dyn Octets>>,
        framed: fn(Bytes) -> Message,
    ) {
        loop {
            tokio::select! {
                message = socket.next() => {
                    let frame: Bytes = match message {
                        Some(Ok(Message::Text(text))) => text.into(),
                        Some(Ok(Message::Binary(octets))) => octets,
                        // Pings are answered by the library.
                        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    };
                    self.pace.after(frame.len()).await;
                    report(&self.reporter, self.path, self.number, What::Frame(frame)).await;
                }
                payload = self.outgoing.recv() => {
                    let Some(payload) = payload else {
                        let _ = time::timeout(WRITE, socket.close(None)).await;
                        return;
                    };
                    if !matches!(time::timeout(WRITE, socket.send(framed(payload))).await, Ok(Ok(()))) {
                        return;
                    }
                }
            }
        }
    }
}

/// SIP as text where it is (RFC 7118 5).
fn as_text(payload: Bytes) -> Message {
    match String::from_utf8(payload.to_vec()) {
        Ok(text) => Message::text(text),
        Err(octets) => Message::binary(octets.into_bytes()),
    }
}

/// Holds a connection to its rate: whoever sends faster is read more slowly.
struct Pace {
    octets_per_second: usize,
    left: usize,
    since: time::Instant,
}

impl Pace {
    fn new(limits: Limits) -> Self {
        Self {
            octets_per_second: limits.octets_per_second.max(1),
            left: limits.octets_per_second.max(1),
            since: super::clock::now().into(),
        }
    }

    async fn after(&mut self, octets: usize) {
        self.left = self.left.saturating_sub(octets);
        let second = Duration::from_secs(1);
        let now: time::Instant = super::clock::now().into();
        if now.saturating_duration_since(self.since) >= second {
            self.left = self.octets_per_second;
            self.since = now;
        } else if self.left == 0 {
            time::sleep_until(self.since + second).await;
        }
    }
}
