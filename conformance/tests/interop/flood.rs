//! Random datagrams on the media ports as fast as the machine sends them, while somebody talks.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use super::player::Player;
use super::server::Server;
use super::sipp::User;
use super::voice::{Voice, floor_message};

const CHAT: &str = "sip:talk-1@mc.example.org";
const PAYLOAD_TYPE: u8 = 97;
/// How long it lasts; `MCPTT_FLOOD_SECONDS=30` is what the service is held to.
const SECONDS: u64 = 1;

/// A packet of the talker, which its payload names.
fn rtp(sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, PAYLOAD_TYPE];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 320).to_be_bytes());
    packet.extend([0, 0, 0, 0x77]);
    packet.extend([0x5a; 40]);
    packet
}

/// Sends until it is told to stop, from many ports: octets of all kinds, a part of them with the beginning of RTP, of floor
/// messages, of DTLS and of STUN.
fn flood(seed: u8, ports: &[SocketAddr], stop: &AtomicBool, sent: &AtomicU64) {
    let mut rng = ChaCha20Rng::from_seed([seed; 32]);
    let sockets: Vec<UdpSocket> =
        (0..16).map(|_| UdpSocket::bind("127.0.0.1:0").expect("a port is free")).collect();
    let beginnings: [&[u8]; 5] = [
        &[],
        &[0x80, PAYLOAD_TYPE],
        &[0x80, 0xcc, 0, 2],
        &[22, 254, 253],
        &[0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42],
    ];
    let mut octets = [0; 1_500];
    rng.fill_bytes(&mut octets);
    while !stop.load(Ordering::Relaxed) {
        for socket in &sockets {
            let draw = rng.next_u64().to_be_bytes();
            let beginning = beginnings[usize::from(draw[0]) % beginnings.len()];
            let length = usize::from(u16::from_be_bytes([draw[1], draw[2]])) % octets.len();
            octets[..8].copy_from_slice(&draw);
            octets[..beginning.len()].copy_from_slice(beginning);
            let to = ports[usize::from(draw[3]) % ports.len()];
            // A full buffer is none of its concern.
            sent.fetch_add(u64::from(socket.send_to(&octets[..length], to).is_ok()), Ordering::Relaxed);
        }
    }
}

/// Stops the flood when it goes, failed or not.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn random_datagrams_at_line_rate_change_nothing_in_a_running_call() {
    let seconds = std::env::var("MCPTT_FLOOD_SECONDS").ok().and_then(|text| text.parse().ok());
    let duration = Duration::from_secs(seconds.unwrap_or(SECONDS));
    let server = Server::start(24200, &[]);
    let join = |name, client| {
        let mut player = Player::new(&server.address, User { name, client, port: 0 }, CHAT);
        player.log_in();
        let mut voice = Voice::new();
        voice.join(&mut player, "chat", PAYLOAD_TYPE, &[]);
        (player, voice)
    };
    let ((_alice, talker), (_bob, listener)) = (join("alice", "a1"), join("bob", "b2"));
    talker.floor(&floor_message(0, &[0, 2, 5, 0]), 1);
    talker.say(&rtp(0));
    assert_eq!(listener.hear(1), [rtp(0)]);

    let voices = [&talker, &listener];
    let mut ports: Vec<SocketAddr> = voices.iter().flat_map(|voice| voice.server()).map(address).collect();
    // The ports of RTCP as well.
    ports.extend(voices.map(|voice| {
        let audio = address(voice.server()[0]);
        SocketAddr::new(audio.ip(), audio.port() + 1)
    }));
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut said = 0;
    std::thread::scope(|scope| {
        // One core for the flood: the server needs the other one, and tests run beside this one.
        scope.spawn(|| flood(7, &ports, &stop, &sent));
        let _end = End(&stop);
        // The talker goes on at the pace of voice: the floor must stay where it is.
        for _ in 0..duration.as_millis() / 20 {
            said += 1;
            talker.say(&rtp(said));
            std::thread::sleep(Duration::from_millis(20));
            // Nobody talks for longer than T2; and the floor can be asked for in all of this.
            if said % 500 == 0 {
                talker.floor(&floor_message(4, &[]), 5);
                talker.floor(&floor_message(0, &[0, 2, 5, 0]), 1);
            }
        }
    });
    println!("{} datagrams in {} s", sent.load(Ordering::Relaxed), duration.as_secs());
    // What the network has lost under that load is lost; nothing else came, and nothing came twice or changed.
    let heard = listener.heard();
    let mut expected = (1..=said).map(rtp);
    assert!(
        heard.iter().all(|packet| expected.any(|next| next == *packet)),
        "only what was said, in its order"
    );
    // The same talker is heard as before, without having asked again.
    let mut next = said;
    let lasts = loop {
        next += 1;
        talker.say(&rtp(next));
        std::thread::sleep(Duration::from_millis(20));
        let heard = listener.heard();
        if let Some(last) = heard.last().filter(|last| **last > rtp(said)) {
            break last.clone();
        }
        assert!(next < said + 3_000, "nothing is heard any more");
    };
    assert_eq!(lasts.len(), rtp(0).len());
    talker.floor(&floor_message(4, &[]), 5);
    server.must_be_sound();
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}
