//! SIP over TCP between the tester's clients and a target: one connection of each client, made from the port that its Contact
//! names, on which a target may open one of its own as well.
//!
//! Streams are cut into messages here (RFC 3261 18.3), so that everything above sees a message where it would see a datagram. A
//! connection that the target has opened counts as one with the participating function, whatever port it comes from.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::sip::{Frame, Framer, Limits, PING, PONG};
use socket2::{Domain, Socket, Type};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// Connections that wait to be taken.
const BACKLOG: i32 = 16;
/// Connections at one time; a target that opens more is not taken.
const MOST: usize = 256;
/// Requests remembered for their answers.
const MOST_REQUESTS: usize = 4096;

/// What came out of a connection.
#[derive(Debug)]
pub(super) enum Came {
    /// A whole message, or a keep-alive.
    Message { source: SocketAddr, destination: SocketAddr, payload: Bytes },
    /// It is closed.
    Closed { own: SocketAddr, peer: SocketAddr },
}

struct Connection {
    own: SocketAddr,
    /// Whom it counts as a connection with.
    peer: SocketAddr,
    stream: TcpStream,
    framer: Framer,
    /// What the operating system did not take yet.
    unsent: Vec<u8>,
    /// We have opened it.
    ours: bool,
}

/// The connections of all clients.
pub(super) struct Streams {
    /// Whom a connection counts as one with that the target has opened.
    target: SocketAddr,
    listeners: BTreeMap<SocketAddr, TcpListener>,
    connections: BTreeMap<u64, Connection>,
    /// On which connection the request of this branch came.
    came_on: HashMap<Vec<u8>, u64>,
    opened: u64,
}

impl Streams {
    pub(super) fn new(target: SocketAddr) -> Self {
        let (listeners, connections) = (BTreeMap::new(), BTreeMap::new());
        Self { target, listeners, connections, came_on: HashMap::new(), opened: 0 }
    }

    /// Whether this address of ours speaks TCP.
    pub(super) fn has(&self, own: SocketAddr) -> bool {
        self.listeners.contains_key(&own)
    }

    /// Takes connections at this address from now on.
    pub(super) fn listen(&mut self, own: SocketAddr) -> io::Result<&TcpListener> {
        let socket = socket(own)?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(self.listeners.entry(own).or_insert(socket.into()))
    }

    /// Takes what has connected at an address of ours. `watch` is told the new connection.
    pub(super) fn accept(
        &mut self,
        own: SocketAddr,
        mut watch: impl FnMut(u64, &TcpStream) -> io::Result<()>,
    ) {
        while let Some(Ok((stream, _))) = self.listeners.get(&own).map(TcpListener::accept) {
            if self.connections.len() < MOST {
                // One that fails at once is closed, which its peer sees.
                let _ = self.add(own, self.target, stream, false, &mut watch);
            }
        }
    }

    fn add(
        &mut self,
        own: SocketAddr,
        peer: SocketAddr,
        stream: TcpStream,
        ours: bool,
        watch: &mut impl FnMut(u64, &TcpStream) -> io::Result<()>,
    ) -> io::Result<u64> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        self.opened += 1;
        watch(self.opened, &stream)?;
        let framer = Framer::new(Limits::default());
        let connection = Connection { own, peer, stream, framer, unsent: Vec::new(), ours };
        self.connections.insert(self.opened, connection);
        Ok(self.opened)
    }

    /// Sends a message: an answer where its request came from, everything else on our own connection, which is opened if it is not
    /// there.
    pub(super) fn send(
        &mut self,
        own: SocketAddr,
        peer: SocketAddr,
        payload: &[u8],
        mut watch: impl FnMut(u64, &TcpStream) -> io::Result<()>,
    ) -> io::Result<()> {
        let answers = payload.starts_with(b"SIP/2.0 ");
        let asked = branch(payload).filter(|_| answers).and_then(|branch| self.came_on.get(branch).copied());
        let ours = self.connections.iter().find(|(_, one)| one.ours && one.own == own && one.peer == peer);
        let known = asked.filter(|id| self.connections.contains_key(id)).or(ours.map(|(id, _)| *id));
        let id = match known {
            Some(id) => id,
            None => {
                let socket = socket(own)?;
                socket.connect_timeout(&peer.into(), CONNECT)?;
                self.add(own, peer, socket.into(), true, &mut watch)?
            }
        };
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        connection.unsent.extend_from_slice(payload);
        if payload == PING {
            connection.framer.expect_pong();
        }
        let flushed = connection.flush();
        if flushed.is_err() {
            self.connections.remove(&id);
        }
        flushed
    }

    /// Sends what could not be sent before.
    pub(super) fn flush(&mut self) {
        // A connection that has failed says so when it is read.
        self.connections.values_mut().for_each(|connection| drop(connection.flush()));
    }

    /// Closes the connections between these.
    pub(super) fn close(&mut self, own: SocketAddr, peer: SocketAddr) {
        self.connections.retain(|_, one| one.own != own || one.peer != peer);
    }

    /// What is to be read of a connection.
    pub(super) fn source(&self, id: u64) -> Option<impl AsFd> {
        self.connections.get(&id).map(|connection| &connection.stream)
    }

    /// Takes octets that were read of a connection; none, or an error, end it.
    pub(super) fn take(&mut self, id: u64, octets: io::Result<&[u8]>) -> Vec<Came> {
        let Some(connection) = self.connections.get_mut(&id) else { return Vec::new() };
        let (own, peer) = (connection.own, connection.peer);
        let mut came = Vec::new();
        let mut rest = match octets {
            Ok(octets) if !octets.is_empty() => octets,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return came;
            }
            _ => {
                self.connections.remove(&id);
                return vec![Came::Closed { own, peer }];
            }
        };
        loop {
            let payload = match connection.framer.take(&mut rest) {
                Ok(Some(Frame::Message(message))) => message,
                Ok(Some(Frame::Ping)) => Bytes::from_static(PING),
                Ok(Some(Frame::Pong)) => Bytes::from_static(PONG),
                Ok(None) => return came,
                // There is no way back into step.
                Err(_) => {
                    self.connections.remove(&id);
                    came.push(Came::Closed { own, peer });
                    return came;
                }
            };
            if let Some(branch) = branch(&payload).filter(|_| !payload.starts_with(b"SIP/2.0 ")) {
                if self.came_on.len() >= MOST_REQUESTS {
                    self.came_on.clear();
                }
                self.came_on.insert(branch.to_vec(), id);
            }
            came.push(Came::Message { source: peer, destination: own, payload });
        }
    }
}

impl Connection {
    fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A socket at an address that others of ours have as well.
fn socket(own: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(own), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    // Every case begins with connections from the same ports: none of an earlier case may linger.
    socket.set_linger(Some(Duration::ZERO))?;
    socket.bind(&own.into())?;
    Ok(socket)
}

/// The branch of the topmost Via.
fn branch(message: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"branch=";
    let at = message.windows(NAME.len()).position(|octets| octets == NAME)?;
    let rest = message.get(at + NAME.len()..)?;
    let end = rest.iter().position(|octet| matches!(octet, b';' | b',' | b' ' | b'\r' | b'\n'))?;
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn message(kind: &str, branch: &str) -> String {
        format!("{kind}\r\nVia: SIP/2.0/TCP 127.0.0.1;branch={branch};rport\r\nContent-Length: 2\r\n\r\nab")
    }

    #[test]
    fn messages_are_cut_and_answers_go_where_their_requests_came_from() {
        let (server, client) = (at(22_690), at(22_692));
        let listener = TcpListener::bind(server).unwrap();
        let mut streams = Streams::new(server);
        streams.listen(client).unwrap();
        let mut ids = Vec::new();
        let mut watch = |id: u64, _: &TcpStream| {
            ids.push(id);
            Ok(())
        };
        streams.send(client, server, message("OPTIONS sip:x SIP/2.0", "z1").as_bytes(), &mut watch).unwrap();
        streams.send(client, server, message("OPTIONS sip:x SIP/2.0", "z2").as_bytes(), &mut watch).unwrap();
        let (ours, from) = listener.accept().unwrap();
        assert_eq!(from, client, "from the port that Contact names");
        // The server opens a connection of its own.
        let mut theirs = TcpStream::connect(client).unwrap();
        while ids.len() < 2 {
            let mut watch = |id: u64, _: &TcpStream| {
                ids.push(id);
                Ok(())
            };
            streams.accept(client, &mut watch);
        }
        let invite = message("INVITE sip:y SIP/2.0", "z3");
        let (first, second) = invite.as_bytes().split_at(20);
        assert!(streams.take(ids[1], Ok(first)).is_empty(), "half a message is none");
        let two = [second, b"\r\n\r\n"].concat();
        let came = streams.take(ids[1], Ok(&two));
        let [Came::Message { source, destination, payload }, Came::Message { payload: ping, .. }] = &came[..]
        else {
            panic!("{came:?}")
        };
        assert_eq!((*source, *destination, payload.as_ref()), (server, client, invite.as_bytes()));
        assert_eq!(ping.as_ref(), PING);
        let answer = message("SIP/2.0 200 OK", "z3");
        streams.send(client, server, answer.as_bytes(), |_, _| Ok(())).unwrap();
        let mut read = vec![0; answer.len()];
        theirs.read_exact(&mut read).unwrap();
        assert_eq!(read, answer.as_bytes());
        drop(ours);
        assert!(matches!(streams.take(ids[0], Ok(&[]))[..], [Came::Closed { .. }]));
        let broken = b"INVITE sip:y SIP/2.0\r\nContent-Length: x\r\n\r\n";
        assert!(matches!(streams.take(ids[1], Ok(broken))[..], [Came::Closed { .. }]));
    }
}
