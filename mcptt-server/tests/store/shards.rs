//! Several shards with one data folder.

use std::process::Command;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};

use crate::ue::*;

#[test]
fn what_every_shard_has_promised_survives_in_one_folder() {
    let folder = Folder::new("shards");
    let (config, address) = configure(&folder.0, "");
    let with = |shards: usize| {
        let text = std::fs::read_to_string(&config).unwrap();
        let line = text.lines().find(|line| line.starts_with("shards = ")).unwrap().to_owned();
        std::fs::write(&config, text.replace(&line, &format!("shards = {shards}"))).unwrap();
    };
    with(3);
    let server = Server::start(&config);
    let names = ["alice", "bob", "carol", "dave"];
    let mut all: Vec<Ue> = names.iter().map(|name| Ue::new(name, address)).collect();
    all.iter_mut().for_each(Ue::log_in);
    server.kill();

    // Nobody registers again, and all of them are found.
    let server = Server::start(&config);
    all[0].command(ClientCommand::CallGroup(GroupCall::new(GROUP)));
    let called = |event: &ClientEvent| matches!(event, ClientEvent::CallReceived { group: Some(group), .. } if group.as_str() == GROUP);
    let established = |event: &ClientEvent| matches!(event, ClientEvent::CallEstablished(_));
    for _ in 0..500 {
        all.iter_mut().for_each(Ue::turn);
        if all[1..].iter().all(|ue| ue.events.iter().any(called)) && all[0].events.iter().any(established) {
            break;
        }
    }
    for ue in &mut all[1..] {
        ue.until("the call", called);
    }
    all[0].until("an answer", established);
    drop(server);

    // One log of events, whose chain holds, and each is in it once.
    let events = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mcptt-server"))
            .args(["events", "--config"])
            .arg(&config)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = events(&["--format", "csv"]);
    for (event, times) in [("registered", 4), ("service-authorised", 4), ("call-started", 1)] {
        let found = text.lines().filter(|line| line.split(',').nth(1) == Some(event)).count();
        assert_eq!(found, times, "{event} in\n{text}");
    }
    events(&["--verify"]);

    // Whose a user is depends on how many shards there are.
    with(2);
    let output =
        Command::new(env!("CARGO_BIN_EXE_mcptt-server")).args(["serve", "--config"]).arg(&config).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("server.shards = 2: allowed is 3"), "{said}");
}
