//! `openssl s_client`, an independent DTLS client that negotiates SRTP (RFC 5764), against an association of the media plane.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mcptt_codec::sdp::{CryptoSuite, Fingerprint};
use media_plane::crypto::MediaProtection;
use media_plane::crypto::dtls::{Association, HandshakeError, Identity, Peer, Progress, Role};

use super::tool::{is_there, printed};

/// How long `s_client` is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(50);

fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl runs");
    assert!(output.status.success(), "openssl {arguments:?}: {}", printed(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A certificate of `s_client` and what `a=fingerprint` would say of it.
fn certificate(folder: &Path) -> Fingerprint {
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let files = ["req", "-x509", "-subj", "/CN=client", "-keyout", "client.key", "-out", "client.pem"];
    openssl(folder, &[&files[..], &curve].concat());
    let shown = openssl(folder, &["x509", "-in", "client.pem", "-noout", "-fingerprint", "-sha256"]);
    let (_, digits) = shown.trim().split_once('=').expect("Fingerprint=...");
    Fingerprint::parse(&format!("sha-256 {digits}")).expect("a fingerprint")
}

fn s_client(folder: &Path, port: u16, profile: &str, octets: usize) -> Child {
    Command::new("openssl")
        .args(["s_client", "-dtls1_2", "-connect", &format!("127.0.0.1:{port}"), "-use_srtp", profile])
        .args(["-cert", "client.pem", "-key", "client.key", "-keymatexport", "EXTRACTOR-dtls_srtp"])
        .args(["-keymatexportlen", &octets.to_string()])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl runs")
}

/// Speaks with `s_client` until there are keys or none; `lost` decides which of our datagrams do not arrive.
fn speak(
    socket: &UdpSocket,
    fingerprint: Fingerprint,
    lost: impl Fn(usize) -> bool,
) -> Result<MediaProtection, HandshakeError> {
    let identity = Identity::generate().expect("a certificate");
    let peer = Peer { role: Role::Passive, fingerprints: vec![fingerprint], rtcp_mux: true, id: None };
    socket.set_read_timeout(Some(TICK)).expect("a timeout");
    let (mut buffer, mut sent, mut association) = ([0; 4_096], 0, None::<Association>);
    let begun: Instant = mcptt_server::testing::t0();
    let mut now = begun;
    while now < begun + PATIENCE {
        let progress = match socket.recv_from(&mut buffer) {
            Ok((octets, from)) => {
                socket.connect(from).expect("the address of s_client");
                let association = association.get_or_insert_with(|| {
                    Association::new(&identity, peer.clone(), from, now).expect("an association")
                });
                association.handle_datagram(now, &buffer[..octets])
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                now += TICK;
                association.as_mut().map_or(Progress::Nothing, |association| association.handle_timeout(now))
            }
            Err(error) => panic!("{error}"),
        };
        while let Some(datagram) = association.as_mut().and_then(Association::poll_transmit) {
            if !lost(sent) {
                let _ = socket.send(&datagram);
            }
            sent += 1;
        }
        match progress {
            Progress::Keyed(keys) => {
                // Our last flight may have to be sent again.
                for _ in 0..60 {
                    if let (Ok(octets), Some(association)) = (socket.recv(&mut buffer), &mut association) {
                        association.handle_datagram(now, &buffer[..octets]);
                        while let Some(datagram) = association.poll_transmit() {
                            let _ = socket.send(&datagram);
                        }
                    }
                }
                return Ok(*keys);
            }
            Progress::Failed(error) => return Err(error),
            Progress::Nothing | Progress::Closed => {}
        }
    }
    Err(HandshakeError::TimedOut)
}

/// Client key, server key, client salt, server salt (RFC 5764 4.2), as `s_client` prints them.
fn exported(keys: &MediaProtection) -> String {
    let (client, server) = (keys.receive.key_salt(), keys.send.key_salt());
    let parts = [&client[..16], &server[..16], &client[16..], &server[16..]];
    parts.concat().iter().map(|octet| format!("{octet:02X}")).collect()
}

fn stopped(mut client: Child) -> String {
    let _ = client.kill();
    printed(&client.wait_with_output().expect("openssl ends"))
}

//= RFC5764-4.2 test
#[test]
fn s_client_exports_the_same_keys() {
    if !is_there("openssl", "openssl") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("mcptt-interop-{}-dtls", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let fingerprint = certificate(&folder);
    let profiles = [
        ("SRTP_AEAD_AES_128_GCM", CryptoSuite::AeadAes128Gcm, 56),
        ("SRTP_AES128_CM_SHA1_80", CryptoSuite::AesCm128HmacSha1_80, 60),
    ];
    for (profile, suite, octets) in profiles {
        // Nothing is lost; the Hello Verify Request; the certificate; the last flight.
        for lost in [None, Some(0), Some(1), Some(2)] {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
            let port = socket.local_addr().expect("an address").port();
            let client = s_client(&folder, port, profile, octets);
            let keys = speak(&socket, fingerprint.clone(), |number| Some(number) == lost);
            let said = stopped(client);
            let keys = keys.unwrap_or_else(|error| panic!("{profile}, {lost:?} lost: {error}\n{said}"));
            assert_eq!(keys.send.suite, suite);
            assert!(said.contains(profile), "{said}");
            assert!(said.contains(&exported(&keys)), "{profile}, {lost:?} lost: other keys\n{said}");
        }
    }
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("an address").port();
    let client = s_client(&folder, port, "SRTP_AEAD_AES_128_GCM", 56);
    let other = Fingerprint { octets: vec![7; 32], ..fingerprint };
    assert_eq!(speak(&socket, other, |_| false).map(|_| ()), Err(HandshakeError::Fingerprint));
    stopped(client);
}
