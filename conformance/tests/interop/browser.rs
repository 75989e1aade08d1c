//! A web browser as participant: headless Chromium with the client of `interop/browser.html`, and a client over UDP beside it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use super::player::Player;
use super::server::Server;
use super::sipp::User;
use super::tool::{interop_folder, is_there};
use super::voice::{Voice, floor_message};

/// Longest wait for something that the browser does: its start takes long on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two reports of what the page counts, at the least.
const REPORTS: Duration = Duration::from_millis(200);
const CHAT: &str = "sip:talk-1@mc.example.org";
const FIRE: &str = "sip:fire-1@mc.example.org";

/// Chromium with the page, ended when dropped.
struct Browser {
    process: Child,
    folder: std::path::PathBuf,
    said: mpsc::Receiver<String>,
    command: Arc<Mutex<String>>,
    /// What it has said so far.
    heard: Vec<String>,
}

/// What the page counts.
#[derive(Clone, Copy, Debug, Default)]
struct Statistics {
    received: u64,
    energy: f64,
    sent: u64,
}

impl Browser {
    /// A browser whose page logs in over the WebSocket at `sip`, and joins the group if told to.
    fn start(sip: &str, user: &str, group: &str, join: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let page = listener.local_addr().expect("it is bound");
        let (sender, said) = mpsc::channel();
        let command = Arc::new(Mutex::new(String::new()));
        let next = Arc::clone(&command);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (sender, next) = (sender.clone(), Arc::clone(&next));
                std::thread::spawn(move || serve(stream, &sender, &next));
            }
        });
        let folder =
            std::env::temp_dir().join(format!("mcptt-interop-{}-browser-{user}", std::process::id()));
        let join = if join { "&join=1" } else { "" };
        let address = format!(
            "http://{page}/?sip=ws://{sip}&user={user}&group={group}\
             &client=00000000-0000-4000-8000-0000000000a1{join}"
        );
        let process = Command::new("chromium")
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
                // The tests need no network: addresses of loopback are taken, and shown to the page's own server only.
                "--allow-loopback-in-peer-connection",
                "--disable-features=WebRtcHideLocalIpsWithMdns",
            ])
            .arg(format!("--user-data-dir={}", folder.display()))
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromium runs");
        Self { process, folder, said, command, heard: Vec::new() }
    }

    /// Waits for a report of this kind, from now on.
    fn wait_for<T>(&mut self, what: &str, mut is_it: impl FnMut(&str) -> Option<T>) -> T {
        let reports = PATIENCE.as_millis() / REPORTS.as_millis();
        // What it counts comes all the time: whatever else does not come is missed all the same.
        for _ in 0..reports {
            let line = self.said.recv_timeout(PATIENCE).unwrap_or_else(|_| {
                panic!("the browser never said {what} but\n{}", self.heard.join("\n"));
            });
            assert!(!line.starts_with("error"), "{line}\n{}", self.heard.join("\n"));
            let found = is_it(&line);
            self.heard.push(line);
            if let Some(found) = found {
                return found;
            }
        }
        panic!("the browser never said {what} but\n{}", self.heard.join("\n"));
    }

    fn wait_for_line(&mut self, wanted: &str) {
        self.wait_for(wanted, |line| (line == wanted).then_some(()));
    }

    /// Waits until what the page counts is so.
    fn wait_until(&mut self, what: &str, is_so: impl Fn(Statistics) -> bool) -> Statistics {
        self.wait_for(what, |line| statistics(line).filter(|now| is_so(*now)))
    }

    /// How many packets it has received, as far as it has said so.
    fn received(&mut self) -> u64 {
        self.heard.extend(self.said.try_iter());
        self.heard.iter().rev().find_map(|line| statistics(line)).map_or(0, |now| now.received)
    }

    /// What the page does next.
    fn tell(&self, command: &str) {
        command.clone_into(&mut self.command.lock().expect("nobody has failed"));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn statistics(line: &str) -> Option<Statistics> {
    let mut words = line.strip_prefix("statistics ")?.split(' ').skip(1);
    Some(Statistics {
        received: words.next()?.parse().ok()?,
        energy: words.next()?.parse().ok()?,
        sent: words.next()?.parse().ok()?,
    })
}

/// Gives the page to the browser, and the next command for each report of its statistics.
fn serve(stream: TcpStream, said: &mpsc::Sender<String>, next: &Mutex<String>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (kind, answer) = if first.starts_with("POST") {
        let line = String::from_utf8_lossy(&body).into_owned();
        let command = match line.starts_with("statistics ") {
            true => std::mem::take(&mut *next.lock().ok()?),
            false => String::new(),
        };
        said.send(line).ok()?;
        ("text/plain", command.into_bytes())
    } else {
        ("text/html", std::fs::read(interop_folder().join("browser.html")).ok()?)
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    let stream = reader.get_mut();
    stream.write_all(&[head.as_bytes(), &answer].concat()).ok()
}

/// The payload type of the format in which a browser talks.
const PAYLOAD_TYPE: u8 = 111;
/// What a scenario says about its format, and what stands instead.
const FORMAT: [(&str, &str); 2] = [
    ("97 AMR-WB/16000/1", "111 opus/48000/2"),
    ("fmtp:97 mode-change-capability=2; max-red=0", "fmtp:111 useinbandfec=1"),
];

/// A server for browsers, and where they reach it.
fn served(base: u16, changes: &[(&str, &str)]) -> (Server, String) {
    let sip = format!("127.0.0.1:{}", base + 90);
    let socket = format!("ws = \"{sip}\"");
    let channel = format!("dtls = true\nfloor-channel = \"ws://{sip}/floor\"");
    let own = [("# ws = \"127.0.0.1:8080\"", socket.as_str()), ("dtls = false", channel.as_str())];
    (Server::start(base, &[&own, changes].concat()), sip)
}

#[test]
fn a_browser_and_a_client_over_udp_hear_each_other() {
    if !is_there("chromium", "chromium") {
        return;
    }
    let (server, sip) = served(24000, &[]);
    let mut browser = Browser::start(&sip, "alice", CHAT, true);
    browser.wait_for_line("joined");

    // A client without protection and with a payload type of its own.
    let mut voice = Voice::new();
    let bob = User { name: "bob", client: "b2", port: 0 };
    let mut player = Player::new(&server.address, bob, CHAT);
    player.log_in();
    voice.join(&mut player, "chat", PAYLOAD_TYPE, &FORMAT);

    // The browser talks: its microphone is a beep that comes every second or so.
    browser.tell("talk");
    browser.wait_for_line("floor Granted");
    let heard = voice.hear(150);
    assert!(heard.iter().all(|packet| packet[1] & 0x7f == PAYLOAD_TYPE), "{:02x?}", heard[0]);
    let loudest = heard.iter().map(Vec::len).max().unwrap_or_default();
    assert!(loudest > 60, "a beep is no silence: {loudest} octets");
    browser.wait_until("that it sends", |now| now.sent > 100);
    browser.tell("release");
    browser.wait_for_line("floor Idle");

    // Now bob says what he has heard, and the browser plays it.
    voice.floor(&floor_message(0, &[0, 2, 5, 0]), 1);
    browser.wait_for_line("floor Taken");
    for (number, packet) in (0_u16..).zip(&heard) {
        let mut packet = packet.clone();
        packet[2..4].copy_from_slice(&number.to_be_bytes());
        packet[4..8].copy_from_slice(&(u32::from(number) * 960).to_be_bytes());
        packet[8..12].copy_from_slice(&[0, 0, 0, 0x77]);
        voice.say(&packet);
        std::thread::sleep(Duration::from_millis(20));
    }
    let played = browser.wait_until("that it hears", |now| now.received > 100 && now.energy > 0.0);
    assert!(played.received <= 150, "{played:?}");
    voice.floor(&floor_message(4, &[]), 5);
    browser.wait_for_line("floor Idle");
    browser.tell("leave");
    browser.wait_for_line("left");
    server.must_be_sound();
}

#[test]
fn a_browser_is_called_and_hears_the_caller() {
    if !is_there("chromium", "chromium") {
        return;
    }
    let carol = "[[user]]\nmcptt-id = \"sip:carol@mc.example.org\"\n";
    let (server, sip) = served(24100, &[(carol, &format!("{carol}browser = true\n"))]);
    let mut browser = Browser::start(&sip, "carol", FIRE, false);
    browser.wait_for_line("registered");
    let mut voice = Voice::new();
    let bob = User { name: "bob", client: "b2", port: 0 };
    let mut player = Player::new(&server.address, bob, FIRE);
    player.log_in();
    // He asks for the floor with his INVITE and has it when somebody has answered.
    voice.join(&mut player, "call", PAYLOAD_TYPE, &FORMAT);
    browser.wait_for_line("joined");
    for number in 0..500_u16 {
        let ticks = (u32::from(number) * 960).to_be_bytes();
        // Opus of 20 ms in which nobody says anything.
        let packet =
            [&[0x80, PAYLOAD_TYPE], &number.to_be_bytes()[..], &ticks, &[0, 0, 0, 0x77, 0xf8, 0xff, 0xfe]];
        voice.say(&packet.concat());
        std::thread::sleep(Duration::from_millis(20));
        if number >= 100 && browser.received() > 50 {
            break;
        }
    }
    browser.wait_until("that it hears", |now| now.received > 50);
    server.must_be_sound();
}
