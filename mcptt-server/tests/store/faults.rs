//! The driver with a disk that fails: media of a running call is not its matter.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use call_control::client::{ClientCommand, ClientEvent, ClientRequest, GroupCall};
use mcptt_server::config;
use mcptt_server::driver::log::LogObserver;
use mcptt_server::driver::store::{Disk, Store};
use mcptt_server::driver::{self, Bound, clock};
use mcptt_server::node::{Node, StoreError, StoreSettings, Write};
use tokio::sync::mpsc;

use crate::ue::*;

/// Takes everything until it is full.
struct Switched(Arc<AtomicBool>);

impl Disk for Switched {
    fn commit(&mut self, _: &[Write]) -> Result<(), StoreError> {
        if self.0.load(Ordering::SeqCst) { Err(StoreError::Full) } else { Ok(()) }
    }
}

#[test]
fn with_a_full_disk_registrations_are_refused_and_calls_go_on() {
    let folder = Folder::new("full");
    let (path, address) = configure(&folder.0, "");
    let mut loaded = config::load(Some(&path)).unwrap();
    loaded.node.store =
        Some(StoreSettings { retry_after: std::time::Duration::from_secs(1), ..StoreSettings::default() });
    let full = Arc::new(AtomicBool::new(false));
    let store = Store::with_disk(Vec::new(), Switched(Arc::clone(&full)), 1).pop();
    let bound = Bound { sockets: driver::bind(&loaded.node).unwrap(), store, ..Bound::default() };
    let (_control, told) = mpsc::channel(1);
    let node = Node::new(loaded.node, [7; 32], clock::now()).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(driver::run(node, bound, told, &mut LogObserver::new(false))).unwrap();
    });
    let (mut alice, mut bob) = (Ue::new("alice", address), Ue::new("bob", address));
    alice.log_in();
    bob.log_in();
    full.store(true, Ordering::SeqCst);
    let refused = |event: &ClientEvent| {
        matches!(event, ClientEvent::RequestFailed { what: ClientRequest::Registration, status: 503, .. })
    };
    let mut carol = Ue::new("carol", address);
    carol.command(ClientCommand::Register);
    carol.until("a refusal", refused);
    alice.command(ClientCommand::CallGroup(GroupCall::new(GROUP)));
    alice.both_until(&mut bob, "the call", |event| matches!(event, ClientEvent::CallEstablished(_)));
    full.store(false, Ordering::SeqCst);
    carol.register_at_last();
}

/// Limits the files of a process; `unlimited` takes the limit away.
fn limit(server: &Server, octets: &str) {
    let status = std::process::Command::new("prlimit")
        .args(["--pid", &server.id().to_string(), &format!("--fsize={octets}:unlimited")])
        .status();
    assert!(status.is_ok_and(|status| status.success()), "prlimit of util-linux is needed");
}

#[test]
fn a_real_disk_that_is_full_and_has_room_again_loses_nothing() {
    let folder = Folder::new("limit");
    let (config, address) = configure(&folder.0, "");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("retry-after = \"5s\"", "retry-after = \"1s\"")).unwrap();
    let server = Server::start(&config);
    let (mut alice, mut bob, mut carol) =
        (Ue::new("alice", address), Ue::new("bob", address), Ue::new("carol", address));
    alice.log_in();
    limit(&server, "1024");
    bob.command(ClientCommand::Register);
    bob.until("a refusal", |event| matches!(event, ClientEvent::RequestFailed { status: 503, .. }));
    server.wait_for("store-failed");
    carol.command(ClientCommand::Register);
    carol.until("a refusal", |event| matches!(event, ClientEvent::RequestFailed { status: 503, .. }));
    limit(&server, "unlimited");
    server.wait_for("store-works");
    bob.register_at_last();
    bob.events.clear();
    bob.log_in();
    server.kill();
    let server = Server::start(&config);
    bob.command(ClientCommand::CallGroup(GroupCall::new(GROUP)));
    let established = |event: &ClientEvent| matches!(event, ClientEvent::CallEstablished(_));
    alice.both_until(&mut bob, "the call", established);
    drop(server);
}
