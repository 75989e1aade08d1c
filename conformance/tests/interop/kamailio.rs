//! Kamailio as outbound proxy: clients reach the server through it, and both sides have it in their route set.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::server::Server;
use super::sipp::{FIRE, Playing, User, log_in, run, sipp};
use super::tool::{interop_folder, is_there};

struct Kamailio {
    process: Child,
    address: String,
}

impl Kamailio {
    fn start(port: u16, server: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("mcptt-interop-{}-kamailio", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let written = std::fs::read_to_string(interop_folder().join("kamailio.cfg"))
            .expect("the configuration is there");
        let file = folder.join("kamailio.cfg");
        std::fs::write(&file, written.replace("SERVER", server)).expect("the configuration is written");
        let address = format!("127.0.0.1:{port}");
        let process = Command::new("kamailio")
            .args(["-DD", "-E", "-m", "32", "-M", "4", "-l", &format!("udp:{address}"), "-f"])
            .arg(&file)
            .arg("-Y")
            .arg(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("kamailio starts");
        let proxy = Self { process, address };
        proxy.wait_until_it_answers();
        proxy
    }

    /// A request that may not go on is answered by the proxy itself.
    fn wait_until_it_answers(&self) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout can be set");
        let own = socket.local_addr().expect("the socket is bound");
        let probe = format!(
            "OPTIONS sip:{} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKprobe\r\nFrom: <sip:probe@mc.example.org>;tag=1\r\n\
             To: <sip:proxy@mc.example.org>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 0\r\nContent-Length: 0\r\n\r\n",
            self.address
        );
        for _ in 0..300 {
            // Nobody listens yet: an error comes back instead of an answer.
            let _ = socket.send_to(probe.as_bytes(), &self.address);
            if socket.recv(&mut [0; 2048]).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("kamailio does not answer");
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // Asked to end, it ends its children too.
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

#[test]
fn calls_through_kamailio_keep_it_in_their_route() {
    if !is_there("sipp", "sip-tester") || !is_there("kamailio", "kamailio") {
        return;
    }
    let server = Server::start(16600, &[]);
    let proxy = Kamailio::start(16790, &server.address);
    let alice = User { name: "alice", client: "a1", port: 16781 };
    log_in(&proxy.address, &alice, FIRE);
    run(&proxy.address, &alice, "call", FIRE);
    run(&proxy.address, &alice, "refresh", FIRE);

    server.forget_log();
    let released = Playing::start(sipp(&proxy.address, &alice, "released", FIRE, 0));
    server.wait_for("participant-joined");
    server.terminate();
    released.must_succeed("the BYE of the server did not come through the proxy");
}
