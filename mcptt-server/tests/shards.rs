//! Several shards on real sockets: whoever reads a message, its owner answers, over datagrams and over a connection.

#![cfg(feature = "driver")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use mcptt_server::config;
use mcptt_server::driver::log::LogObserver;
use mcptt_server::driver::shards::Links;
use mcptt_server::driver::streams::Settings;
use mcptt_server::driver::{self, Bound, Control, clock};
use mcptt_server::node::Node;
use tokio::sync::mpsc;

mod ports;

const SHARDS: usize = 4;

/// Stops its shards when dropped.
struct Cluster {
    _controls: Vec<mpsc::Sender<Control>>,
    participating: SocketAddr,
}

fn serve() -> Cluster {
    let mut node =
        config::parse(&config::DEFAULT.replace("shards = 1", &format!("shards = {SHARDS}"))).unwrap();
    let streams = config::streams(config::DEFAULT).unwrap();
    let (participating, controlling, media) = (ports::address(), ports::address(), ports::block());
    node.call_control.pre_established.identity = None;
    node.call_control.participating.address = participating;
    node.call_control.controlling.address = controlling;
    let audio = u16::try_from(2 * SHARDS).unwrap();
    node.call_control.media.audio_ports = media..=media + audio - 1;
    node.call_control.media.floor_ports = media + audio..=media + audio + u16::try_from(SHARDS).unwrap() - 1;
    node.validate().unwrap();
    let mut controls = Vec::new();
    for (part, links) in node.of_shards().into_iter().zip(Links::between(SHARDS)) {
        let sockets = driver::bind(&part).unwrap();
        let settings = Settings::new(&streams, participating, controlling);
        let listeners = if controls.is_empty() { settings.bind().unwrap() } else { Vec::new() };
        let bound = Bound { sockets, listeners, streams: settings, ..Bound::default() };
        let seed = [u8::try_from(controls.len()).unwrap(); 32];
        let node = Node::new(part, seed, clock::now()).unwrap();
        let (control, told) = mpsc::channel(1);
        controls.push(control);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let mut observer = LogObserver::new(false);
            runtime.block_on(driver::run_shard(node, bound, links, told, &mut observer)).unwrap();
        });
    }
    Cluster { _controls: controls, participating }
}

fn register(user: &str, transport: &str, own: SocketAddr, sequence: u32) -> String {
    format!(
        "REGISTER sip:mc.example.org SIP/2.0\r\nVia: SIP/2.0/{transport} {own};branch=z9hG4bK-{user}-{sequence};rport\r\n\
         From: <sip:{user}@mc.example.org>;tag=1\r\nTo: <sip:{user}@mc.example.org>\r\nCall-ID: {user}\r\n\
         CSeq: {sequence} REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:{user}@{own};transport={transport}>\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

const USERS: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];

#[test]
fn a_datagram_is_answered_by_its_owner_whichever_socket_has_read_it() {
    let cluster = serve();
    let peers: Vec<UdpSocket> = (0..12).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    for peer in &peers {
        peer.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    }
    // The same user from many ports: the kernel deals them out, and still there is one list of contacts.
    for (number, peer) in (1_u32..).zip(&peers) {
        for user in USERS {
            let own = peer.local_addr().unwrap();
            peer.send_to(register(user, "UDP", own, number).as_bytes(), cluster.participating).unwrap();
            let mut buffer = [0; 8_192];
            let length = peer.recv(&mut buffer).unwrap();
            let answer = String::from_utf8_lossy(&buffer[..length]);
            // Eight contacts are as many as a user may have.
            let expected = if number <= 8 { "SIP/2.0 200 OK" } else { "SIP/2.0 503" };
            assert!(answer.starts_with(expected), "{user} {number}: {answer}");
            if number <= 8 {
                assert_eq!(
                    answer.matches("Contact: ").count(),
                    usize::try_from(number).unwrap(),
                    "{user}: {answer}"
                );
            }
        }
    }
}

/// A connection of the host 127.0.0.`host`.
fn connect(host: u8, server: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, host], 0)).into()).unwrap();
    socket.connect(&server.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    stream
}

fn read(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.contains("\r\n\r\n") {
        let mut buffer = [0; 8_192];
        let length = stream.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    text
}

/// Whichever shard keeps the connections of a host: all of them are served over it.
#[test]
fn a_connection_is_kept_by_one_shard_and_serves_all() {
    let cluster = serve();
    for host in 1..=8 {
        let mut stream = connect(host, cluster.participating);
        let own = stream.local_addr().unwrap();
        for user in USERS {
            let register = register(user, "TCP", own, host.into());
            stream.write_all(register.as_bytes()).unwrap();
            let text = read(&mut stream);
            assert!(text.starts_with("SIP/2.0 200 OK") && text.contains(user), "{host} {text}");
        }
    }
}
