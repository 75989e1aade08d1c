//! `kill -9`, and a start with the same data folder.

use std::process::Command;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};

use crate::ue::*;

fn received(event: &ClientEvent) -> bool {
    matches!(event, ClientEvent::CallReceived { group: Some(group), .. } if group.as_str() == GROUP)
}

fn established(event: &ClientEvent) -> bool {
    matches!(event, ClientEvent::CallEstablished(_))
}

#[test]
fn a_group_call_reaches_a_client_that_has_not_registered_again() {
    let folder = Folder::new("killed");
    let (config, address) = configure(&folder.0, "");
    let server = Server::start(&config);
    let (mut alice, mut bob) = (Ue::new("alice", address), Ue::new("bob", address));
    alice.log_in();
    bob.log_in();
    server.kill();

    let server = Server::start(&config);
    alice.command(ClientCommand::CallGroup(GroupCall::new(GROUP)));
    for _ in 0..500 {
        alice.turn();
        bob.turn();
    }
    bob.until("the call", received);
    alice.until("an answer", established);
    drop(server);

    // What was promised is in the event log, of both runs.
    let output = Command::new(env!("CARGO_BIN_EXE_mcptt-server"))
        .args(["events", "--since", "1h", "--format", "csv", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("time,event,details\r\n"), "{text}");
    for (event, times) in
        [("registered", 2), ("service-authorised", 2), ("state-restored", 2), ("call-started", 1)]
    {
        let found = text.lines().filter(|line| line.split(',').nth(1) == Some(event)).count();
        assert_eq!(found, times, "{event} in\n{text}");
    }
}

#[test]
fn nothing_acknowledged_is_lost_wherever_the_process_ends() {
    let folder = Folder::new("phases");
    let (config, address) = configure(&folder.0, "");
    let mut server = Server::start(&config);
    let (mut alice, mut bob) = (Ue::new("alice", address), Ue::new("bob", address));
    // Each step is acknowledged by one run of the server and relied on in the next one.
    alice.command(ClientCommand::Register);
    alice.until("registered", |event| matches!(event, ClientEvent::Registered { .. }));
    server.kill();
    server = Server::start(&config);
    alice.command(ClientCommand::PublishSettings);
    alice.until("settings", |event| matches!(event, ClientEvent::SettingsPublished));
    server.kill();
    server = Server::start(&config);
    alice.command(ClientCommand::Affiliate { groups: vec![GROUP.into()] });
    alice.until("affiliated", |event| matches!(event, ClientEvent::Affiliated { .. }));
    bob.log_in();
    server.kill();

    // Killed while a call is being set up: the INVITE has been sent, nothing has come back.
    server = Server::start(&config);
    alice.command(ClientCommand::CallGroup(GroupCall::new(GROUP)));
    server.kill();
    alice.events.clear();

    // And while it runs: both are told that it is over by the next run, and the one after it knows nothing of it.
    server = Server::start(&config);
    alice.both_until(&mut bob, "an answer", established);
    bob.until("the call", received);
    // A turn later everything of the call is on the disk, which nobody waits for.
    std::thread::sleep(std::time::Duration::from_secs(2));
    server.kill();
    server = Server::start(&config);
    for ue in [&mut alice, &mut bob] {
        ue.until("the end", |event| matches!(event, ClientEvent::CallEnded { by_peer: true, .. }));
    }
    server.wait_for("call-released");
    server.kill();
    let server = Server::start(&config);
    alice.events.clear();
    bob.events.clear();
    alice.command(ClientCommand::CallGroup(GroupCall::new(GROUP)));
    for _ in 0..500 {
        alice.turn();
        bob.turn();
        if bob.events.iter().any(received) {
            break;
        }
    }
    bob.until("the call", received);
    drop(server);
}

#[test]
fn a_data_folder_is_for_one_server_at_a_time() {
    let folder = Folder::new("twice");
    let (config, _) = configure(&folder.0, "");
    let server = Server::start(&config);
    let other = Folder::new("twice-other");
    let (second, _) = configure(&other.0, "");
    let text = std::fs::read_to_string(&second).unwrap();
    let data = folder.0.join("data");
    std::fs::write(&second, text.replace("data-dir = \"data\"", &format!("data-dir = {data:?}"))).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mcptt-server"))
        .args(["serve", "--config"])
        .arg(&second)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("records.redb"), "{said}");
    drop(server);
}
