//! An honest client on a real socket, and a server process of its own.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::Client;
use call_control::client::{AudioFormat, ClientCommand, ClientConfig, ClientEvent, ClientOutput};
use call_control::transport::Transport;
use mcptt_codec::xml::poc_settings::AnswerMode;
use mcptt_server::driver::clock;

use crate::ports;

pub const PATIENCE: Duration = Duration::from_secs(120);
pub const GROUP: &str = "sip:fire-1@mc.example.org";

pub struct Ue {
    socket: UdpSocket,
    client: Client,
    pub events: Vec<ClientEvent>,
}

impl Ue {
    /// A client of `name` that speaks to the server at `server`.
    pub fn new(name: &str, server: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        let address = socket.local_addr().unwrap();
        let config = ClientConfig {
            transport: Transport::Udp,
            public_user_id: format!("sip:{name}@mc.example.org").as_str().into(),
            mcptt_id: format!("sip:{name}@mc.example.org").as_str().into(),
            client_id: format!("urn:uuid:{name}").as_str().into(),
            access_token: None,
            address,
            participating_address: server,
            participating_identity: "sip:participating@mc.example.org".into(),
            audio: SocketAddr::new(address.ip(), 40_000),
            floor: SocketAddr::new(address.ip(), 40_002),
            codecs: vec![AudioFormat::amr_wb()],
            dtls: None,
            suites: vec![mcptt_codec::sdp::CryptoSuite::AeadAes128Gcm],
            answer_mode: AnswerMode::Automatic,
            queueing: true,
            floor_priority: None,
            registration_expires: 3_600,
            session_expires: ClientConfig::SESSION_EXPIRES,
            profile: Default::default(),
        };
        let seed = address.port().to_be_bytes();
        let mut whole = [0; 32];
        whole[..2].copy_from_slice(&seed);
        Self { socket, client: Client::new(config, whole, clock::now()), events: Vec::new() }
    }

    pub fn command(&mut self, command: ClientCommand) {
        self.client.handle_command(clock::now(), command);
        self.drain();
    }

    /// Registers, publishes its settings and affiliates.
    pub fn log_in(&mut self) {
        self.command(ClientCommand::Register);
        self.until("registered", |event| matches!(event, ClientEvent::Registered { .. }));
        self.command(ClientCommand::PublishSettings);
        self.until("settings", |event| matches!(event, ClientEvent::SettingsPublished));
        self.command(ClientCommand::Affiliate { groups: vec![GROUP.into()] });
        self.until("affiliated", |event| matches!(event, ClientEvent::Affiliated { .. }));
    }

    /// Takes part until something has happened.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&ClientEvent) -> bool) {
        let end = clock::now() + PATIENCE;
        while !self.events.iter().any(&wanted) {
            assert!(clock::now() < end, "{what} does not come: {:#?}", self.events);
            self.turn();
        }
    }

    /// Registers as often as it takes: a server whose store has failed asks to come again later.
    pub fn register_at_last(&mut self) {
        let end = clock::now() + PATIENCE;
        loop {
            self.events.clear();
            self.command(ClientCommand::Register);
            let answered = |event: &ClientEvent| {
                matches!(event, ClientEvent::Registered { .. } | ClientEvent::RequestFailed { .. })
            };
            self.until("an answer", answered);
            if self.events.iter().any(|event| matches!(event, ClientEvent::Registered { .. })) {
                return;
            }
            assert!(clock::now() < end, "never registered: {:#?}", self.events);
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// One look at the socket and the timers.
    pub fn turn(&mut self) {
        let mut buffer = [0; 65_535];
        if let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            let path = mcptt_codec::Path { local: self.socket.local_addr().unwrap(), remote: from };
            self.client.handle_datagram(clock::now(), path, &Bytes::copy_from_slice(&buffer[..length]));
        }
        self.client.handle_timeout(clock::now());
        self.drain();
    }

    /// Has the turns of both until each of them has seen what is wanted.
    pub fn both_until(&mut self, other: &mut Self, what: &str, wanted: impl Fn(&ClientEvent) -> bool) {
        let end = clock::now() + PATIENCE;
        while ![&*self, &*other].iter().all(|one| one.events.iter().any(&wanted)) {
            assert!(clock::now() < end, "{what} does not come: {:#?} {:#?}", self.events, other.events);
            self.turn();
            other.turn();
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                ClientOutput::Transmit(sent) => {
                    // A server that is gone refuses datagrams; that is no matter of the client.
                    let _ = self.socket.send_to(&sent.payload, sent.path.remote);
                }
                ClientOutput::Event(event) => self.events.push(event),
                _ => {}
            }
        }
    }
}

/// A folder for one test, gone with it.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes a configuration like the embedded one on ports of its own, with a data folder, and `further` tables.
pub fn configure(folder: &Path, further: &str) -> (PathBuf, SocketAddr) {
    let (participating, controlling, media) = (ports::block(), ports::block(), ports::block());
    let text = mcptt_server::config::DEFAULT
        .replace("127.0.0.1:5060", &format!("127.0.0.1:{participating}"))
        .replace("127.0.0.1:5062", &format!("127.0.0.1:{controlling}"))
        .replace("[20000, 20015]", &format!("[{}, {}]", media, media + 7))
        .replace("[20016, 20023]", &format!("[{}, {}]", media + 8, media + 15))
        .replace("identity = \"sip:sessions@mc.example.org\"", "")
        .replace("tcp = true", "tcp = false")
        .replace("protect-media = false", "protect-media = true")
        .replace("data-dir = \"\"", "data-dir = \"data\"");
    let path = folder.join("mcptt.toml");
    std::fs::write(&path, format!("{text}\n{further}")).unwrap();
    (path, ([127, 0, 0, 1], participating).into())
}

/// The server as a process.
pub struct Server {
    child: Child,
    pub said: std::sync::mpsc::Receiver<String>,
}

impl Server {
    pub fn start(config: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mcptt-server"))
            .args(["serve", "--log-format", "text", "--config"])
            .arg(config)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, said) = std::sync::mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let server = Self { child, said };
        server.wait_for("serving participating");
        server
    }

    /// Waits until a line of the log has this text.
    pub fn wait_for(&self, text: &str) {
        let end: Instant = clock::now() + PATIENCE;
        let mut all = Vec::new();
        while clock::now() < end {
            match self.said.recv_timeout(Duration::from_millis(100)) {
                Ok(line) if line.contains(text) => return,
                Ok(line) => all.push(line),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                Err(error) => panic!("{error}: {all:#?}"),
            }
        }
        panic!("no {text} in {all:#?}");
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
