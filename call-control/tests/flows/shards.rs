//! Several nodes behind one pair of addresses: a call works whichever of them a datagram enters.

use call_control::client::ClientCommand;
use call_control::config::Config;
use call_control::shard::Ring;
use call_control::{Event, MediaCommand};

use mcptt_codec::xml::poc_settings::AnswerMode;

use crate::rig::*;

fn cluster(shards: usize, entries: &[usize]) -> Rig {
    cluster_of(config(), shards, entries)
}

fn cluster_of(mut config: Config, shards: usize, entries: &[usize]) -> Rig {
    config.shards = shards;
    let mut rig = Rig::new(config);
    rig.entries = entries.iter().copied().collect();
    for at in 0..4 {
        rig.add(client_config(at));
        rig.register(at);
        rig.affiliate(at);
    }
    rig
}

/// Ways of datagrams into a cluster: all at one node, in turn, and in orders without a pattern.
fn ways(shards: usize) -> Vec<Vec<usize>> {
    let mut ways: Vec<Vec<usize>> = (0..shards).map(|only| vec![only]).collect();
    ways.push((0..shards).collect());
    let mut state = 7_usize;
    for _ in 0..12 {
        let way = (0..97).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % shards
        });
        ways.push(way.collect());
    }
    ways
}

#[test]
fn a_call_works_whichever_shard_a_datagram_enters() {
    for shards in [2, 3, 5] {
        for way in ways(shards) {
            let mut rig = cluster(shards, &way);
            assert_eq!(
                rig.events.iter().filter(|event| matches!(event, Event::ServiceAuthorised { .. })).count(),
                4
            );
            rig.forget();
            let call = rig.call(0);
            for at in 0..4 {
                rig.established(at);
            }
            let connected = rig
                .media
                .iter()
                .filter(|command| matches!(command, MediaCommand::LegConnected { .. }))
                .count();
            assert_eq!(connected, 4, "{shards} {way:?}");
            // A member leaves and comes back by the identity of the session, the call ends for everybody.
            let identity = rig.established(1).session_identity.clone();
            let leaving = rig.established(1).call;
            rig.command(1, ClientCommand::Leave { call: leaving });
            rig.command(1, ClientCommand::Rejoin { session_identity: identity, implicit_request: false });
            rig.established(1);
            rig.command(0, ClientCommand::Leave { call });
            rig.seconds(40);
            for at in 2..4 {
                let leaving = rig.established(at).call;
                rig.command(at, ClientCommand::Leave { call: leaving });
            }
            rig.seconds(40);
            let calls: usize = (0..shards).map(|shard| rig.shard(shard).call_count()).sum();
            assert_eq!(calls, 0, "{shards} {way:?}");
            assert!(rig.handed > 0);
        }
    }
}

#[test]
fn each_shard_holds_its_groups_and_nothing_else() {
    let mut rig = cluster(3, &[0, 1, 2]);
    rig.call(0);
    let owner = Ring::new(3).owner(GROUP);
    for shard in 0..3 {
        assert_eq!(rig.shard(shard).call_count(), usize::from(shard == owner), "{shard}");
    }
}

#[test]
fn a_cancel_finds_its_invite() {
    for way in ways(3) {
        let mut config = config();
        config.groups[0].minimum_to_start = 2;
        let mut rig = cluster_of(config, 3, &way);
        for at in 1..4 {
            rig.command(at, ClientCommand::SetAnswerMode(AnswerMode::Manual));
        }
        rig.forget();
        let call = rig.call(0);
        let calls: usize = (0..3).map(|shard| rig.shard(shard).call_count()).sum();
        assert_eq!(calls, 1, "{way:?}");
        rig.command(0, ClientCommand::CancelCall { call });
        for what in ["pf>alice 487 INVITE", "cf>pf 200 CANCEL", "cf>pf 487 INVITE"] {
            assert!(rig.trace().iter().any(|step| step == what), "{what} in {way:?}");
        }
        rig.seconds(40);
        let calls: usize = (0..3).map(|shard| rig.shard(shard).call_count()).sum();
        assert_eq!(calls, 0, "{way:?}");
    }
}
