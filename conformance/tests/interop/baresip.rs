//! baresip: SIP phones that know nothing of MCPTT call a group with SRTP, and hear each other.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::server::Server;
use super::tool::is_there;

const PATIENCE: Duration = Duration::from_secs(120);
/// Where Debian keeps the modules.
const MODULES: [&str; 2] = ["/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules"];
pub const GROUP: &str = "sip:open-1@mc.example.org";

/// A phone that plays a file, ended when dropped.
pub struct Phone {
    process: Child,
    output: mpsc::Receiver<Vec<u8>>,
    said: String,
}

impl Phone {
    /// A phone of this user that registers and calls the group.
    pub fn call(user: &str, port: u16, server: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("mcptt-interop-{}-baresip-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let modules = MODULES.iter().find(|path| Path::new(path).is_dir()).expect("baresip has its modules");
        let tone = folder.join("tone.wav");
        let lines = [
            "poll_method epoll".to_owned(),
            "net_interface 127.0.0.1".to_owned(),
            format!("sip_listen 127.0.0.1:{port}"),
            format!("audio_source aufile,{}", tone.display()),
            format!("rtp_ports {}-{}", port + 20, port + 39),
            format!("module_path {modules}"),
            "module g711.so".to_owned(),
            "module aufile.so".to_owned(),
            "module srtp.so".to_owned(),
            "module_tmp account.so".to_owned(),
            "module_app menu.so".to_owned(),
        ];
        let account = format!(
            "<sip:{user}@mc.example.org>;outbound=\"sip:{server}\";regint=300;auth_pass=none;mediaenc=srtp-mand;audio_codecs=pcmu\n"
        );
        for (name, content) in [
            ("config", (lines.join("\n") + "\n").into_bytes()),
            ("accounts", account.into_bytes()),
            ("contacts", Vec::new()),
            ("tone.wav", wave()),
        ] {
            std::fs::write(folder.join(name), content).expect("its files are written");
        }
        let mut process = Command::new("baresip")
            .args(["-t", "60", "-e", &format!("/dial {GROUP}"), "-f"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("baresip runs");
        let (sender, output) = mpsc::channel();
        let (out, err) =
            (process.stdout.take().expect("it is piped"), process.stderr.take().expect("it is piped"));
        for mut stream in [Box::new(out) as Box<dyn Read + Send>, Box::new(err)] {
            let sender = sender.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 4_096];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    if sender.send(buffer[..length].to_vec()).is_err() {
                        return;
                    }
                }
            });
        }
        Self { process, output, said: String::new() }
    }

    /// Waits until it has said these words. It ends by itself after a minute, and with it what it says.
    pub fn wait_for(&mut self, words: &str) {
        while !self.said.contains(words) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(octets) => self.said.push_str(&String::from_utf8_lossy(&octets)),
                Err(_) => panic!("baresip never said {words:?} but\n{}", self.said),
            }
        }
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A minute of a square wave of 200 Hz: 8000 samples of 16 bits a second.
fn wave() -> Vec<u8> {
    let samples: Vec<u8> = (0..8_000 * 60_u32)
        .flat_map(|at| if at / 20 % 2 == 0 { 4_000_i16 } else { -4_000 }.to_le_bytes())
        .collect();
    let length = u32::try_from(samples.len()).expect("a minute is short");
    let mut wave = Vec::new();
    wave.extend(b"RIFF");
    wave.extend((length + 36).to_le_bytes());
    wave.extend(b"WAVEfmt ");
    wave.extend(16_u32.to_le_bytes());
    wave.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    wave.extend([8_000_u32, 16_000].map(u32::to_le_bytes).concat());
    wave.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    wave.extend(b"data");
    wave.extend(length.to_le_bytes());
    wave.extend(samples);
    wave
}

/// The group of the phones with further lines, in front of the first one of the embedded configuration.
pub fn group(further: &str) -> String {
    format!(
        "[[group]]\nid = \"{GROUP}\"\ninvite-members = false\n{further}\
         members = [{{ mcptt-id = \"sip:alice@mc.example.org\" }}, {{ mcptt-id = \"sip:bob@mc.example.org\" }}]\n\n\
         [[group]]\nid = \"sip:fire-1@mc.example.org\""
    )
}

#[test]
fn phones_hear_each_other_in_a_group_over_srtp() {
    if !is_there("baresip", "baresip") {
        return;
    }
    let group = group("");
    let server = Server::start(
        18400,
        &[
            ("plain-calls = false", "plain-calls = true"),
            ("[[group]]\nid = \"sip:fire-1@mc.example.org\"", group.as_str()),
        ],
    );
    let mut alice = Phone::call("alice", 18720, &server.address);
    alice.wait_for("Call established");
    let mut bob = Phone::call("bob", 18780, &server.address);
    bob.wait_for("Call established");
    for phone in [&mut alice, &mut bob] {
        phone.wait_for("SRTP is Enabled");
        phone.wait_for("incoming rtp for 'audio' established");
    }
    // Both ways, at the rate of the codec: nothing is lost and nobody waits for the floor.
    bob.wait_for("audio=64000/64000 (bit/s)");
    server.must_be_sound();
}

#[test]
fn phones_are_refused_where_plain_calls_are_not_asked_for() {
    if !is_there("baresip", "baresip") {
        return;
    }
    let server = Server::start(18300, &[("sip:rail-1@mc.example.org", GROUP)]);
    let mut alice = Phone::call("alice", 18840, &server.address);
    alice.wait_for("404");
    server.must_be_sound();
}
