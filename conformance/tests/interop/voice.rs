//! The media of a client over UDP: RTP and floor messages as octets.

use std::net::UdpSocket;
use std::time::Duration;

use super::player::Player;

/// Longest wait for anything: a browser may be what is waited for, and its start takes long on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// The sockets of a client over UDP without protection, and where the server has its own.
pub struct Voice {
    audio: UdpSocket,
    floor: UdpSocket,
    to_audio: String,
    to_floor: String,
}

impl Voice {
    pub fn new() -> Self {
        let bind = || {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
            socket.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
            socket
        };
        Self { audio: bind(), floor: bind(), to_audio: String::new(), to_floor: String::new() }
    }

    /// Begins the call of a scenario with a payload type of its own, and other texts about the format.
    pub fn join(&mut self, player: &mut Player, scenario: &str, payload_type: u8, format: &[(&str, &str)]) {
        let port_of = |socket: &UdpSocket| socket.local_addr().expect("it is bound").port();
        let audio = format!("m=audio {} RTP/AVP {payload_type}", port_of(&self.audio));
        let floor = format!("m=application {}", port_of(&self.floor));
        let mut changes = vec![("m=audio 39000 RTP/AVP 97", &*audio), ("m=application 39002", &*floor)];
        changes.extend(format);
        let answer = player.begin(scenario, &changes);
        let to = |kind| format!("127.0.0.1:{}", port(&answer, kind));
        (self.to_audio, self.to_floor) = (to("audio"), to("application"));
    }

    /// Where the server takes audio and floor control.
    pub fn server(&self) -> [&str; 2] {
        [&self.to_audio, &self.to_floor]
    }

    /// Sends an RTP packet.
    pub fn say(&self, packet: &[u8]) {
        self.audio.send_to(packet, &self.to_audio).expect("the socket sends");
    }

    /// What has been heard until now.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.audio.set_nonblocking(true).expect("it can be set");
        let mut buffer = [0; 2_048];
        let packets = std::iter::from_fn(|| {
            let length = self.audio.recv(&mut buffer).ok()?;
            Some(buffer[..length].to_vec())
        });
        let heard = packets.collect();
        self.audio.set_nonblocking(false).expect("it can be set");
        heard
    }

    /// So many RTP packets.
    pub fn hear(&self, count: usize) -> Vec<Vec<u8>> {
        let mut buffer = [0; 2_048];
        let packets = std::iter::repeat_with(|| {
            let length = self.audio.recv(&mut buffer).expect("voice in time");
            buffer[..length].to_vec()
        });
        // RTCP comes to another port.
        packets.take(count).collect()
    }

    /// Sends a floor message until one with this subtype comes.
    pub fn floor(&self, message: &[u8], wanted: u8) {
        self.floor.set_read_timeout(Some(Duration::from_secs(1))).expect("a timeout can be set");
        for _ in 0..PATIENCE.as_secs() {
            self.floor.send_to(message, &self.to_floor).expect("the socket sends");
            let mut buffer = [0; 2_048];
            while let Ok(length) = self.floor.recv(&mut buffer) {
                if length >= 12 && buffer[0] & 0x0f == wanted {
                    return;
                }
            }
        }
        panic!("no floor message {wanted}");
    }
}

/// A floor message of a client over UDP.
pub fn floor_message(subtype: u8, fields: &[u8]) -> Vec<u8> {
    let words = u8::try_from(2 + fields.len() / 4).expect("short");
    [&[0x80 | subtype, 204, 0, words, 0, 0, 0, 0x77][..], b"MCPT", fields].concat()
}

/// The port of a media line of this kind.
fn port(answer: &str, kind: &str) -> u16 {
    let line = answer.lines().find_map(|line| line.strip_prefix(&format!("m={kind} ")));
    line.and_then(|line| line.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("{kind} in\n{answer}"))
}
