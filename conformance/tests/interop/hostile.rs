//! The running server under hostile input, with an honest call in between that must not notice.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use conformance::robust::{Mutator, torture};

use super::player::{Player, examples};
use super::server::Server;
use super::sipp::{FIRE, User};

const RAIL: &str = "sip:rail-1@mc.example.org";
/// Who calls in between.
const HONEST: User = User { name: "dave", client: "d4", port: 0 };
/// Whose messages are changed.
const CHANGED: User = User { name: "alice", client: "a1", port: 5999 };

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server takes connections");
    stream.set_nodelay(true).expect("small messages leave at once");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout can be set");
    stream
}

#[test]
fn a_call_works_after_each_torture_message() {
    let server = Server::start(17900, &[]);
    let mut honest = Player::new(&server.address, HONEST, RAIL);
    honest.log_in();
    honest.play("call");
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    assert!(torture().count() > 50, "all of RFC 4475 and RFC 5118");
    for (name, octets) in torture() {
        stranger.send_to(&octets, &server.address).expect("the socket sends");
        honest.play("call");
        let mut stream = connect(&server.address);
        // It may close the connection before it has heard everything.
        let _ = stream.write_all(&octets);
        honest.play("call");
        println!("torture: {name}: the call works");
    }
    server.must_be_sound();
}

/// A connection that is opened again whenever the server has had enough of it.
struct Line {
    address: String,
    websocket: bool,
    stream: Option<TcpStream>,
}

impl Line {
    fn send(&mut self, octets: &[u8]) {
        let websocket = self.websocket;
        let address = self.address.clone();
        let stream = self.stream.get_or_insert_with(|| {
            let mut stream = connect(&address);
            if websocket {
                upgrade(&mut stream);
            }
            stream
        });
        let sent = if websocket { stream.write_all(&frame(octets)) } else { stream.write_all(octets) };
        // Answers are not wanted, but they must not pile up.
        let _ = stream.set_nonblocking(true);
        let mut buffer = [0; 65_536];
        let closed = matches!(stream.read(&mut buffer), Ok(0));
        let _ = stream.set_nonblocking(false);
        if sent.is_err() || closed {
            self.stream = None;
        }
    }
}

fn upgrade(stream: &mut TcpStream) {
    let request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("the handshake is sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).expect("the handshake is answered");
        answer.push(octet[0]);
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
}

/// One binary frame of a client (RFC 6455), masked with nothing.
fn frame(octets: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82];
    match octets.len() {
        short @ 0..=125 => frame.push(0x80 | u8::try_from(short).unwrap_or_default()),
        long => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(long).unwrap_or_default().to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(octets);
    frame
}

/// `MCPTT_FUZZ_SECONDS`: how long; 60 in continuous integration, 3 otherwise. `MCPTT_SEED`: another sequence.
#[test]
fn changed_messages_on_every_transport_harm_nobody() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let otherwise = if std::env::var_os("CI").is_some() { 60 } else { 3 };
    let seconds = number("MCPTT_FUZZ_SECONDS").unwrap_or(otherwise);
    let over = Arc::new(AtomicBool::new(false));
    let alarm = Arc::clone(&over);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(seconds));
        alarm.store(true, Ordering::Relaxed);
    });
    let websocket = "127.0.0.1:18210";
    let server = Server::start(18200, &[("# ws = \"127.0.0.1:8080\"", &format!("ws = \"{websocket}\""))]);
    let mut honest = Player::new(&server.address, HONEST, RAIL);
    honest.log_in();
    honest.play("call");
    let mut seeds: Vec<Bytes> = torture().map(|(_, octets)| octets).collect();
    for scenario in
        ["register", "settings", "affiliate", "call", "refresh", "cancel-race", "options", "answer"]
    {
        seeds.extend(examples(scenario, &CHANGED, FIRE).into_iter().map(Bytes::from));
    }
    let mut changed = Mutator::of(number("MCPTT_SEED").unwrap_or(1), seeds);
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    stranger.set_nonblocking(true).expect("a socket need not block");
    let mut lines = [(server.address.clone(), false), (websocket.to_owned(), true)]
        .map(|(address, websocket)| Line { address, websocket, stream: None });
    let mut sent = 0_u32;
    while !over.load(Ordering::Relaxed) {
        for octets in changed.by_ref().take(400) {
            match sent % 4 {
                0 => lines[0].send(&octets),
                1 => lines[1].send(&octets),
                _ => drop(stranger.send_to(&octets, &server.address)),
            }
            sent += 1;
            while stranger.recv(&mut [0; 2_048]).is_ok() {}
            if sent.is_multiple_of(16) {
                honest.sync();
            }
        }
        honest.play("call");
    }
    println!("fuzzed: {sent} messages over UDP, TCP and WebSocket");
    honest.play("call");
    server.must_be_sound();
}
