//! A network that loses datagrams in both directions: what was lost is sent again (RFC 3261 17).

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::server::Server;
use super::sipp::{FIRE, User, run};
use super::tool::is_there;

/// Forwards datagrams between one client and the server and loses every fifth of each direction, from the first one on.
struct LossyNetwork {
    address: String,
    lost: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl LossyNetwork {
    fn between(client: u16, server: &str) -> Self {
        let to_server = Arc::new(UdpSocket::bind("127.0.0.1:0").expect("a port is free"));
        let to_client = Arc::new(UdpSocket::bind("127.0.0.1:0").expect("a port is free"));
        let address = to_client.local_addr().expect("the socket is bound").to_string();
        let lost = Arc::new(AtomicU32::new(0));
        let over = Arc::new(AtomicBool::new(false));
        let client = format!("127.0.0.1:{client}");
        let directions = [(&to_client, &to_server, server.to_owned()), (&to_server, &to_client, client)];
        let threads = directions
            .map(|(from, to, address)| {
                let (from, to, lost, over) = (from.clone(), to.clone(), lost.clone(), over.clone());
                from.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout can be set");
                std::thread::spawn(move || {
                    let mut datagram = [0; 65_536];
                    let mut number = 0_u32;
                    while !over.load(Ordering::Relaxed) {
                        let Ok(length) = from.recv(&mut datagram) else { continue };
                        if number.is_multiple_of(5) {
                            lost.fetch_add(1, Ordering::Relaxed);
                        } else {
                            // A port that nobody listens on any more is a loss, too.
                            let _ = to.send_to(&datagram[..length], &address);
                        }
                        number += 1;
                    }
                })
            })
            .into();
        Self { address, lost, over, threads }
    }
}

impl Drop for LossyNetwork {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

#[test]
fn sipp_calls_over_a_network_that_loses_a_fifth() {
    if !is_there("sipp", "sip-tester") {
        return;
    }
    let server = Server::start(16900, &[]);
    let alice = User { name: "alice", client: "a1", port: 17081 };
    let network = LossyNetwork::between(alice.port, &server.address);
    for scenario in ["register", "settings", "affiliate", "lossy-call"] {
        run(&network.address, &alice, scenario, FIRE);
    }
    assert!(network.lost.load(Ordering::Relaxed) >= 4, "nothing was lost: the test shows nothing");
}
