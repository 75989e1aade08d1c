//! [`Proxy`]: a silent onlooker between clients and a server that both speak UDP: what clients send is handed on, what the server
//! sends comes back, and in SIP and session descriptions the addresses are replaced so that voice and floor control take the same
//! way. What crosses the side of the clients are the frames to judge.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{Limits, SipMessage};

use crate::capture::Frame;
use crate::rig::remote::{Remote, Site};
use crate::tamper::rewrite;

/// Longest wait for a datagram.
const LOOK: Duration = Duration::from_millis(20);
/// Clients and streams that are told apart.
const MOST: usize = 2000;

/// Where it listens and whom it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Between {
    /// Clients send SIP here.
    pub listen: SocketAddr,
    /// SIP address of the server.
    pub server: SocketAddr,
    /// First of the ports that it opens for clients and streams, on the address it listens on.
    pub first_port: u16,
}

/// The onlooker.
pub struct Proxy {
    between: Between,
    remote: Remote,
    next_port: u16,
    /// By the SIP address of a client: the proxy's address towards the server.
    clients: HashMap<SocketAddr, SocketAddr>,
    /// By the proxy's address towards the server: a client's address, SIP or media.
    inward: HashMap<SocketAddr, SocketAddr>,
    /// By a client's media address: the proxy's towards the server.
    media: HashMap<SocketAddr, SocketAddr>,
    /// By the proxy's media address towards clients: the server's.
    outward: HashMap<SocketAddr, SocketAddr>,
    /// And the other way round.
    server_media: HashMap<SocketAddr, SocketAddr>,
    began: Instant,
    epoch: Duration,
    now: Instant,
    number: u64,
}

impl Proxy {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the address is taken.
    pub fn new(between: Between) -> Result<Self, String> {
        let mut remote = Remote::new(Site {
            transport: Default::default(),
            participating: between.server,
            participating_identity: "sip:proxy".into(),
            clients: between.listen.ip(),
            first_port: between.listen.port(),
            tokens: Default::default(),
        });
        remote.attend(between.listen).map_err(|error| format!("{}: {error}", between.listen))?;
        let (began, epoch) = remote.begin();
        Ok(Self {
            between,
            remote,
            next_port: between.first_port,
            clients: HashMap::new(),
            inward: HashMap::new(),
            media: HashMap::new(),
            outward: HashMap::new(),
            server_media: HashMap::new(),
            began,
            epoch,
            now: began,
            number: 0,
        })
    }

    /// Time of the frames at this moment.
    pub fn time(&self) -> Duration {
        self.epoch + self.now.saturating_duration_since(self.began)
    }

    /// Hands on what there is, or waits a moment. What the side of the clients saw.
    pub fn turn(&mut self) -> Vec<Frame> {
        self.remote.wait(self.now + LOOK);
        let (now, arrivals) = self.remote.arrivals();
        let mut frames = Vec::new();
        for arrival in arrivals {
            self.now = self.now.max(arrival.at);
            let (source, destination) = (arrival.source, arrival.destination);
            if destination == self.between.listen {
                self.take_from_client(source, arrival.payload, &mut frames);
            } else if let Some(client) = self.inward.get(&destination).copied() {
                self.take_from_server(source, destination, client, arrival.payload, &mut frames);
            } else if let Some(server) = self.outward.get(&destination).copied() {
                frames.push(self.frame(source, destination, arrival.payload.clone()));
                if let Some(own) = self.media.get(&source).copied() {
                    self.remote.send(own, server, &arrival.payload);
                }
            }
        }
        self.now = self.now.max(now);
        frames
    }

    fn take_from_client(&mut self, client: SocketAddr, payload: Bytes, frames: &mut Vec<Frame>) {
        frames.push(self.frame(client, self.between.listen, payload.clone()));
        let own = match self.clients.get(&client) {
            Some(own) => *own,
            None => {
                let Some(own) = self.open() else { return };
                self.clients.insert(client, own);
                self.inward.insert(own, client);
                own
            }
        };
        let Between { listen, server, .. } = self.between;
        let payload = self.rewritten(&payload, &[(client, own), (listen, server)], true);
        self.remote.send(own, server, &payload);
    }

    fn take_from_server(
        &mut self,
        server: SocketAddr,
        own: SocketAddr,
        client: SocketAddr,
        payload: Bytes,
        frames: &mut Vec<Frame>,
    ) {
        let listen = self.between.listen;
        if server == self.between.server {
            let payload = self.rewritten(&payload, &[(own, client), (server, listen)], false);
            frames.push(self.frame(listen, client, payload.clone()));
            self.remote.send(listen, client, &payload);
        } else if let Some(towards) = self.server_media.get(&server).copied() {
            frames.push(self.frame(towards, client, payload.clone()));
            self.remote.send(towards, client, &payload);
        }
    }

    fn rewritten(&mut self, payload: &Bytes, addresses: &[(SocketAddr, SocketAddr)], up: bool) -> Bytes {
        if SipMessage::decode(payload, &Limits::default()).is_err() {
            return payload.clone();
        }
        let changed = rewrite(payload, |text| {
            let mut text = text.to_owned();
            for (from, to) in addresses {
                text = with_address(&text, &from.to_string(), &to.to_string());
            }
            self.with_media(&text, up)
        });
        changed.unwrap_or_else(|| payload.clone())
    }

    /// The addresses of session descriptions in it become the proxy's own.
    fn with_media(&mut self, text: &str, up: bool) -> String {
        let host =
            text.lines().find_map(|line| line.strip_prefix("c=IN IP4 ").or(line.strip_prefix("c=IN IP6 ")));
        let Some(host) = host.and_then(|host| host.trim().parse::<std::net::IpAddr>().ok()) else {
            return text.to_owned();
        };
        let own = self.between.listen.ip().to_string();
        let mut line = |line: &str| -> String {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["c=IN", kind, rest @ ..] if !rest.is_empty() => format!("c=IN {kind} {own}"),
                [media, port, rest @ ..] if media.starts_with("m=") => {
                    let port = port.parse::<u16>().ok().filter(|port| *port != 0);
                    let mapped = port.and_then(|port| self.stream(SocketAddr::new(host, port), up));
                    match mapped {
                        Some(mapped) => format!("{media} {} {}", mapped.port(), rest.join(" ")),
                        None => line.to_owned(),
                    }
                }
                _ => line.to_owned(),
            }
        };
        text.split("\r\n").map(&mut line).collect::<Vec<_>>().join("\r\n")
    }

    /// The proxy's address for a stream of a client (`up`), or of the server.
    fn stream(&mut self, address: SocketAddr, up: bool) -> Option<SocketAddr> {
        let known = if up { self.media.get(&address) } else { self.server_media.get(&address) };
        if let Some(known) = known {
            return Some(*known);
        }
        let own = self.open()?;
        if up {
            self.media.insert(address, own);
            self.inward.insert(own, address);
        } else {
            self.server_media.insert(address, own);
            self.outward.insert(own, address);
        }
        Some(own)
    }

    fn open(&mut self) -> Option<SocketAddr> {
        if self.inward.len() + self.outward.len() >= MOST {
            return None;
        }
        // A port that somebody else has is passed over.
        for _ in 0..100 {
            let address = SocketAddr::new(self.between.listen.ip(), self.next_port);
            self.next_port = self.next_port.checked_add(2)?;
            if self.remote.attend(address).is_ok() {
                return Some(address);
            }
        }
        None
    }

    fn frame(&mut self, source: SocketAddr, destination: SocketAddr, payload: Bytes) -> Frame {
        self.number += 1;
        Frame {
            number: self.number,
            time: self.time(),
            source,
            destination,
            transport: Default::default(),
            payload,
            truncated: false,
            comments: Vec::new(),
        }
    }
}

/// The text with another address, where it is not the beginning of a longer one.
fn with_address(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        let whole = !after.starts_with(|next: char| next.is_ascii_digit())
            && !before.ends_with(|last: char| last.is_ascii_digit() || last == '.');
        out += before;
        out += if whole { to } else { from };
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_are_replaced() {
        let changed =
            with_address("10.0.0.1:50 10.0.0.1:506 110.0.0.1:50 <sip:10.0.0.1:50>", "10.0.0.1:50", "X");
        assert_eq!(changed, "X 10.0.0.1:506 110.0.0.1:50 <sip:X>");
    }
}
