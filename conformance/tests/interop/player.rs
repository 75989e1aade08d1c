//! A client without SIPp that plays the requests of its scenarios: fast enough to stand between any two hostile messages.

use std::net::UdpSocket;
use std::time::Duration;

use super::sipp::User;
use super::tool::interop_folder;

/// A request is sent again when nothing has come for this long, and so many times.
const AGAIN: Duration = Duration::from_millis(500);
const ATTEMPTS: usize = 40;

pub struct Player {
    socket: UdpSocket,
    server: String,
    user: User,
    group: String,
    number: u32,
}

/// What a dialog knows of its peer.
#[derive(Default)]
struct Peer {
    tag: String,
    contact: String,
}

impl Player {
    /// A client with a port of its own; `user.port` is not used.
    pub fn new(server: &str, user: User, group: &str) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        socket.set_read_timeout(Some(AGAIN)).expect("a timeout can be set");
        Self { socket, server: server.to_owned(), user, group: group.to_owned(), number: 0 }
    }

    /// Registers, publishes the settings, affiliates.
    pub fn log_in(&mut self) {
        for scenario in ["register", "settings", "affiliate"] {
            self.play(scenario);
        }
    }

    /// Plays a scenario; each request must be answered with 200. In overload it is tried again.
    pub fn play(&mut self, scenario: &str) {
        for _ in 0..40 {
            match self.attempt(scenario) {
                503 => std::thread::sleep(AGAIN),
                200 => return,
                status => panic!("{scenario} as {}: {status}", self.user.name),
            }
        }
        panic!("{scenario} as {}: overload without end", self.user.name);
    }

    /// Sends the first request of a scenario and its ACK, with other texts in it, and gives the answer: a call that goes on.
    pub fn begin(&mut self, scenario: &str, changes: &[(&str, &str)]) -> String {
        self.number += 1;
        let all = requests(scenario);
        let [invite, ack, ..] = &all[..] else { panic!("{scenario} has no call") };
        let mut request = self.fill(invite, &Peer::default(), 0);
        for (old, new) in changes {
            assert!(request.contains(old), "{scenario} has no {old:?}");
            request = request.replace(old, new);
        }
        let (head, body) = request.split_once("\r\n\r\n").expect("it has a body");
        let own_length = |line: &&str| !line.starts_with("Content-Length:");
        let head: Vec<&str> = head.lines().filter(own_length).collect();
        let request = format!("{}\r\nContent-Length: {}\r\n\r\n{body}", head.join("\r\n"), body.len());
        let answer = self.ask(scenario, &request);
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
        let ack = self.fill(ack, &peer_of(&answer), 1);
        self.socket.send_to(ack.as_bytes(), &self.server).expect("the socket sends");
        answer
    }

    /// Waits until the server has worked off what was sent before.
    pub fn sync(&mut self) {
        self.attempt("options");
    }

    fn attempt(&mut self, scenario: &str) -> u16 {
        self.number += 1;
        let mut peer = Peer::default();
        for (step, template) in requests(scenario).iter().enumerate() {
            let request = self.fill(template, &peer, step);
            if request.starts_with("ACK ") {
                self.socket.send_to(request.as_bytes(), &self.server).expect("the socket sends");
                continue;
            }
            let answer = self.ask(scenario, &request);
            let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
            if status != 200 {
                return status;
            }
            peer = peer_of(&answer);
        }
        200
    }

    /// The final answer to a request.
    fn ask(&self, scenario: &str, request: &str) -> String {
        let call_id = field(request, "Call-ID:").expect("every request has one");
        let cseq = field(request, "CSeq:").expect("every request has one");
        for _ in 0..ATTEMPTS {
            self.socket.send_to(request.as_bytes(), &self.server).expect("the socket sends");
            let mut buffer = [0; 65_536];
            // Until nothing comes for a while.
            while let Ok(length) = self.socket.recv(&mut buffer) {
                let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let own =
                    field(&answer, "Call-ID:") == Some(call_id) && field(&answer, "CSeq:") == Some(cseq);
                if own && answer.starts_with("SIP/2.0 ") && !answer.starts_with("SIP/2.0 1") {
                    return answer;
                }
            }
        }
        panic!(
            "{scenario} as {}: no answer to {}",
            self.user.name,
            request.lines().next().unwrap_or_default()
        );
    }

    fn fill(&self, template: &str, peer: &Peer, step: usize) -> String {
        let local = self.socket.local_addr().expect("the socket is bound");
        fill(
            template,
            &self.user,
            &self.group,
            &local.port().to_string(),
            self.number,
            step,
            (&peer.contact, &peer.tag),
        )
    }
}

/// The messages of a scenario as one client would send them, for changing them.
pub fn examples(scenario: &str, user: &User, group: &str) -> Vec<Vec<u8>> {
    let all = requests(scenario).into_iter().enumerate();
    all.map(|(step, template)| {
        fill(&template, user, group, &user.port.to_string(), 1, step, ("sip:s-1@127.0.0.1", ";tag=1"))
            .into_bytes()
    })
    .collect()
}

fn fill(
    template: &str,
    user: &User,
    group: &str,
    port: &str,
    number: u32,
    step: usize,
    (contact, tag): (&str, &str),
) -> String {
    let text = template
        .replace("[transport]", "UDP")
        .replace("[local_ip]", "127.0.0.1")
        .replace("[local_ip_type]", "4")
        .replace("[media_ip]", "127.0.0.1")
        .replace("[media_ip_type]", "4")
        .replace("[media_port]", "39000")
        .replace("[floor_port]", "39002")
        .replace("[local_port]", port)
        .replace("[branch]", &format!("z9hG4bK-{port}-{number}-{step}"))
        .replace("[pid]", port)
        .replace("[call_number]", &number.to_string())
        .replace("[call_id]", &format!("{port}-{number}@127.0.0.1"))
        .replace("[user]", &format!("sip:{}@mc.example.org", user.name))
        .replace("[client]", &format!("urn:uuid:00000000-0000-4000-8000-0000000000{}", user.client))
        .replace("[group]", group)
        .replace("[next_url]", contact)
        .replace("[peer_tag_param]", tag);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let head: Vec<&str> = head.lines().filter(|line| *line != "[routes]").collect();
    format!("{}\r\n\r\n{body}", head.join("\r\n").replace("[len]", &body.len().to_string()))
}

/// The requests of a scenario, their lines as they go over the wire.
fn requests(scenario: &str) -> Vec<String> {
    let file = interop_folder().join(format!("{scenario}.xml"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let blocks = text.split("<![CDATA[").skip(1).filter_map(|rest| rest.split("]]>").next());
    blocks
        .map(|block| {
            let lines: Vec<&str> = block.trim().lines().map(str::trim_start).collect();
            let text = lines.join("\r\n");
            if text.contains("\r\n\r\n") { text + "\r\n" } else { text + "\r\n\r\n" }
        })
        .collect()
}

fn peer_of(answer: &str) -> Peer {
    let tag = field(answer, "To:").and_then(|to| to.split_once(";tag="));
    let contact = field(answer, "Contact:").and_then(|value| value.split_once('<'));
    Peer {
        tag: tag.map(|(_, tag)| format!(";tag={tag}")).unwrap_or_default(),
        contact: contact.and_then(|(_, rest)| rest.split('>').next()).unwrap_or_default().to_owned(),
    }
}

fn field<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}
