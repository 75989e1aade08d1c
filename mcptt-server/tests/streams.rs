//! The server over real connections: TCP, TLS and WebSocket, with clients that are none of ours.

#![cfg(feature = "driver")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use call_control::config::{DigestUser, Secret};
use mcptt_server::config;
use mcptt_server::driver::streams::Settings;
use mcptt_server::driver::{self, Bound, Control, clock, log::LogObserver};
use mcptt_server::node::{Node, NodeConfig};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite;
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;

mod ports;

const PATIENCE: Duration = Duration::from_secs(60);

/// Stops its server when dropped.
struct Server {
    _control: mpsc::Sender<Control>,
    participating: SocketAddr,
}

fn serve(change: impl FnOnce(&mut config::Streams)) -> Server {
    serve_with(|_, streams| change(streams))
}

fn serve_with(change: impl FnOnce(&mut NodeConfig, &mut config::Streams)) -> Server {
    let mut node = config::parse(config::DEFAULT).unwrap();
    let mut streams = config::streams(config::DEFAULT).unwrap();
    let (participating, controlling, media) = (ports::address(), ports::address(), ports::block());
    node.call_control.participating.address = participating;
    node.call_control.controlling.address = controlling;
    node.call_control.media.audio_ports = media..=media.saturating_add(1);
    node.call_control.media.floor_ports = media.saturating_add(2)..=media.saturating_add(2);
    // Its ports would be the same for every server of these tests.
    node.call_control.pre_established.identity = None;
    change(&mut node, &mut streams);
    let sockets = driver::bind(&node).unwrap();
    let streams = Settings::new(&streams, participating, controlling);
    let listeners = streams.bind().unwrap();
    let bound = Bound { sockets, listeners, streams, ..Bound::default() };
    let node = Node::new(node, [7; 32], clock::now()).unwrap();
    let (control, told) = mpsc::channel(1);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(driver::run(node, bound, told, &mut LogObserver::new(false))).unwrap();
    });
    Server { _control: control, participating }
}

fn options(transport: &str, number: u32) -> String {
    format!(
        "OPTIONS sip:participating@mc.example.org SIP/2.0\r\n\
         Via: SIP/2.0/{transport} 127.0.0.1:5999;branch=z9hG4bK-{number}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:x@example.org>;tag=1\r\nTo: <sip:participating@mc.example.org>\r\n\
         Call-ID: {number}\r\nCSeq: {number} OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads until so many answers are there.
fn read_answers(stream: &mut impl Read, wanted: usize) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4_096];
    while String::from_utf8_lossy(&text).matches("SIP/2.0 200 OK\r\n").count() < wanted {
        let read = stream.read(&mut buffer).expect("an answer in time");
        assert_ne!(read, 0, "the server closed the connection");
        text.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(text).unwrap()
}

#[test]
fn requests_over_tcp_are_answered_on_their_connection_in_whatever_pieces_they_come() {
    let server = serve(|_| {});
    let mut stream = connect(server.participating);
    let both = options("TCP", 1) + &options("TCP", 2);
    let (first, second) = both.split_at(options("TCP", 1).len() + 9);
    stream.write_all(first.as_bytes()).unwrap();
    assert!(read_answers(&mut stream, 1).contains("CSeq: 1 OPTIONS"));
    stream.write_all(second.as_bytes()).unwrap();
    assert!(read_answers(&mut stream, 1).contains("CSeq: 2 OPTIONS"));
    stream.write_all(b"\r\n\r\n").unwrap();
    let mut pong = [0; 2];
    stream.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"\r\n");
}

#[test]
fn a_connection_out_of_step_is_closed_and_its_neighbour_is_served() {
    let server = serve(|_| {});
    let (mut rubbish, mut sound) = (connect(server.participating), connect(server.participating));
    rubbish.write_all(&[0; 64]).unwrap();
    assert_eq!(rubbish.read(&mut [0; 1]).unwrap(), 0, "closed without a word");
    sound.write_all(options("TCP", 1).as_bytes()).unwrap();
    read_answers(&mut sound, 1);
}

#[test]
fn one_address_cannot_take_all_connections() {
    let server = serve(|_| {});
    let mut kept: Vec<TcpStream> = (0..64).map(|_| connect(server.participating)).collect();
    for (stream, number) in kept.iter_mut().zip(1..) {
        stream.write_all(options("TCP", number).as_bytes()).unwrap();
        read_answers(stream, 1);
    }
    let mut beyond = connect(server.participating);
    // The server may close before or after this is written.
    let _ = beyond.write_all(options("TCP", 99).as_bytes());
    assert!(matches!(beyond.read(&mut [0; 1]), Ok(0) | Err(_)));
    kept.pop();
    // The server learns of it when it gets to it.
    let deadline = clock::now() + PATIENCE;
    loop {
        let mut again = connect(server.participating);
        let written = again.write_all(options("TCP", 100).as_bytes()).is_ok();
        if written && matches!(again.peek(&mut [0; 1]), Ok(1..)) {
            read_answers(&mut again, 1);
            return;
        }
        assert!(clock::now() < deadline, "the place of the connection that was closed is not free");
        std::thread::sleep(Duration::from_millis(50));
    }
}

//= RFC7118-4.1:subprotocol test
#[test]
fn a_websocket_client_needs_the_subprotocol_and_sends_a_message_in_each_frame() {
    let address = ports::address();
    let _server = serve(|streams| streams.ws = Some(address));
    let url = format!("ws://{address}/");
    let without = url.as_str().into_client_request().unwrap();
    assert!(tungstenite::client(without, connect(address)).is_err());

    let mut with = url.as_str().into_client_request().unwrap();
    with.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("sip"));
    let (mut socket, response) = tungstenite::client(with, connect(address)).unwrap();
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "sip");
    socket.send(options("WS", 1).into()).unwrap();
    let answer = socket.read().unwrap().into_text().unwrap();
    assert!(answer.starts_with("SIP/2.0 200 OK\r\n") && answer.contains("CSeq: 1 OPTIONS"), "{answer}");
}

/// An authority with a certificate for 127.0.0.1.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("mcptt-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let this = Self { folder };
        this.issue();
        this
    }

    /// Writes a new authority and a new certificate below it.
    fn issue(&self) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        let issuer = rcgen::Issuer::new(params, key);
        let own = rcgen::KeyPair::generate().unwrap();
        let names = ["127.0.0.1", "core.example.org"].map(str::to_owned);
        let leaf = rcgen::CertificateParams::new(names).unwrap();
        let leaf = leaf.signed_by(&own, &issuer).unwrap();
        self.write("root.pem", &root.pem());
        self.write("key.pem", &own.serialize_pem());
        self.write("certificate.pem", &leaf.pem());
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn credentials(&self, mutual: bool) -> Option<(PathBuf, PathBuf, Option<PathBuf>)> {
        Some((self.file("certificate.pem"), self.file("key.pem"), mutual.then(|| self.file("root.pem"))))
    }

    fn client(&self, with_certificate: bool) -> ClientConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&self.file("root.pem"))).unwrap();
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        if !with_certificate {
            return builder.with_no_client_auth();
        }
        let key = PrivateKeyDer::from_pem_file(self.file("key.pem")).unwrap();
        builder.with_client_auth_cert(vec![certificate(&self.file("certificate.pem"))], key).unwrap()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn certificate(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

fn ask_over_tls(address: SocketAddr, config: ClientConfig) -> std::io::Result<String> {
    say_over_tls(address, config, &options("TLS", 1))
}

fn say_over_tls(address: SocketAddr, config: ClientConfig, request: &str) -> std::io::Result<String> {
    let name = ServerName::IpAddress(address.ip().into());
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, connect(address));
    stream.write_all(request.as_bytes())?;
    let mut buffer = [0; 4_096];
    let read = stream.read(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..read]).into_owned())
}

#[test]
fn tls_is_served_and_a_new_certificate_comes_into_force_without_a_restart() {
    let (authority, address) = (Authority::new("tls"), ports::address());
    let _server = serve(|streams| {
        streams.tls = Some(address);
        streams.credentials = authority.credentials(false);
    });
    assert!(ask_over_tls(address, authority.client(false)).unwrap().starts_with("SIP/2.0 200 OK\r\n"));
    let before = authority.client(false);
    authority.issue();
    let deadline = clock::now() + PATIENCE;
    while ask_over_tls(address, authority.client(false)).is_err() {
        assert!(clock::now() < deadline, "the new certificate never came into force");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(ask_over_tls(address, before).is_err(), "the old authority is no longer the server's");
}

#[test]
fn with_roots_for_peers_a_client_without_a_certificate_is_turned_away() {
    let (authority, address) = (Authority::new("mutual"), ports::address());
    let _server = serve(|streams| {
        streams.tls = Some(address);
        streams.credentials = authority.credentials(true);
    });
    assert!(ask_over_tls(address, authority.client(true)).unwrap().starts_with("SIP/2.0 200 OK\r\n"));
    assert!(ask_over_tls(address, authority.client(false)).map_or(true, |answer| answer.is_empty()));
}

//= RFC5922-7.1:names test
#[test]
fn a_peer_is_trusted_by_the_name_in_its_certificate() {
    for (trusted, status) in [("core.example.org", "200 OK"), ("other.example.org", "401 Unauthorized")] {
        let (authority, address) = (Authority::new(trusted), ports::address());
        let mut user = String::new();
        let _server = serve_with(|node, streams| {
            streams.tls = Some(address);
            streams.credentials = authority.credentials(true);
            let call_control = &mut node.call_control;
            call_control.trusted_peers.clear();
            call_control.trusted_names = vec![trusted.into()];
            call_control.users[0].digest = Some(DigestUser::new("alice", Secret::new("open sesame")));
            user = call_control.users[0].public_user_ids[0].as_str().to_owned();
        });
        let register = format!(
            "REGISTER sip:mc.example.org SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:5999;branch=z9hG4bK-1\r\n\
             Max-Forwards: 70\r\nFrom: <{user}>;tag=1\r\nTo: <{user}>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n\
             Contact: <sip:ue@127.0.0.1:5999;transport=tls>\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n"
        );
        let answer = say_over_tls(address, authority.client(true), &register).unwrap();
        assert!(answer.starts_with(&format!("SIP/2.0 {status}\r\n")), "{trusted}: {answer}");
    }
}
