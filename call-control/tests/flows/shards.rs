//! Several nodes behind one pair of addresses: a call works whichever of them a datagram enters.

use call_control::client::{ClientCommand, GroupCall};
use call_control::config::Config;
use call_control::shard::Ring;
use call_control::{Event, MediaCommand};

use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mcptt_info::extension_name;
use mcptt_codec::xml::poc_settings::AnswerMode;

use crate::functional_alias::{CHIEF, FOR_EVER, publish, with_aliases};
use crate::rig::*;
use crate::{documents, regroup};

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

/// A SIP core may send a CANCEL from another port than the INVITE, so that another shard reads it.
#[test]
fn a_cancel_that_enters_at_another_shard_finds_its_invite() {
    for (invite_at, cancel_at) in [(0, 1), (1, 0), (1, 2), (2, 1), (2, 2)] {
        let mut config = config();
        config.groups[0].minimum_to_start = 2;
        let mut rig = cluster_of(config, 3, &[0]);
        for at in 1..4 {
            rig.command(at, ClientCommand::SetAnswerMode(AnswerMode::Manual));
        }
        rig.forget();
        rig.entries = [invite_at].into();
        let client =
            format!("<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>", client_id(0));
        rig.start(CORE, PF, &core_invite(0, &group_call(GROUP, &client)).text());
        let ringing = rig.response("pf", "core", "180 INVITE");
        rig.entries = [cancel_at].into();
        let cancel = |branch: &str| {
            let field = |name| ringing.headers.get(&name).map(ToString::to_string).unwrap_or_default();
            let number = ringing.headers.cseq().unwrap().number;
            format!(
                "CANCEL {PF_IDENTITY} SIP/2.0\r\nVia: SIP/2.0/UDP {CORE};branch={branch}\r\nFrom: {}\r\n\
                 To: <{PF_IDENTITY}>\r\nCall-ID: {}\r\nCSeq: {number} CANCEL\r\nMax-Forwards: 70\r\n\
                 Content-Length: 0\r\n\r\n",
                field(HeaderName::From),
                field(HeaderName::CallId),
            )
        };
        // One of nothing is answered, too, wherever its round ends.
        rig.inject(CORE, PF, cancel("z9hG4bKnothing").as_bytes());
        assert_eq!(rig.trace().last().map(String::as_str), Some("pf>core 481 CANCEL"));
        let via = ringing.headers.top_via().unwrap();
        rig.inject(CORE, PF, cancel(via.branch().unwrap()).as_bytes());
        for what in ["pf>core 200 CANCEL", "pf>core 487 INVITE", "cf>pf 487 INVITE"] {
            assert!(rig.trace().iter().any(|step| step == what), "{what}: {invite_at} {cancel_at}");
        }
        rig.seconds(40);
        let calls: usize = (0..3).map(|shard| rig.shard(shard).call_count()).sum();
        assert_eq!(calls, 0);
    }
}

#[test]
fn an_alias_is_known_wherever_a_call_is_made_under_it() {
    for way in ways(3) {
        let mut rig = cluster_of(with_aliases(), 3, &way);
        let answer = rig.ask(&address(0).to_string(), PF, &publish(0, 0, FOR_EVER, &[CHIEF]).text());
        assert_eq!(outcome(&answer).0, 200);
        for (expires, expected) in [(None, Some(CHIEF)), (Some("0"), None)] {
            if let Some(expires) = expires {
                let ended = publish(0, 0, expires, &[CHIEF]).text();
                assert_eq!(outcome(&rig.ask(&address(0).to_string(), PF, &ended)).0, 200);
            }
            rig.forget();
            let named = format!(
                "<anyExt><functional-alias-URI type=\"Normal\"><mcpttURI>{CHIEF}</mcpttURI></functional-alias-URI></anyExt>"
            );
            let answer = rig.ask(CORE, CF, &controlling_invite(0, &group_call(GROUP, &named)).text());
            assert_eq!(answer.status.0, 200, "{way:?}");
            rig.acknowledge(CORE, CF, &answer);
            let info = info_of(&SipMessage::Request(rig.request("pf", "bob", "INVITE")));
            assert_eq!(info.any_ext.text(extension_name::FUNCTIONAL_ALIAS_URI), expected, "{way:?}");
            let owner = Ring::new(3).owner(GROUP);
            let call = rig.events.iter().find_map(|event| match event {
                Event::CallStarted { call, .. } => Some(*call),
                _ => None,
            });
            let (now, release) = (rig.now, call_control::Command::ReleaseCall { call: call.unwrap() });
            rig.shard(owner).handle_command(now, release);
            rig.settle();
            rig.seconds(40);
        }
    }
}

#[test]
fn the_profile_that_a_client_selects_counts_where_its_groups_are() {
    let mut config = config();
    let mut other = config.users[0].clone();
    (other.profile, other.emergency_group_call) = (2, true);
    config.users[0].profile = 1;
    config.users[0].other_profiles = vec![other];
    config.groups[0].members[0].emergency_call = true;
    for way in ways(3) {
        let mut rig = cluster_of(config.clone(), 3, &way);
        let urgent = || GroupCall {
            urgency: call_control::client::Urgency::Emergency { alert: false },
            ..GroupCall::new(GROUP)
        };
        rig.call_with(0, urgent());
        assert_eq!(rig.failure(0).0, 403, "{way:?}");
        documents::select(&mut rig, 0, 2);
        rig.affiliate(0);
        rig.forget();
        rig.call_with(0, urgent());
        rig.established(0);
    }
}

#[test]
fn a_regroup_is_called_wherever_it_and_its_groups_are() {
    for way in ways(3) {
        let mut config = regroup::groups();
        config.shards = 3;
        let mut rig = Rig::new(config);
        rig.entries = way.iter().copied().collect();
        regroup::log_in(&mut rig);
        let wanted = regroup::of_groups(&[GROUP, regroup::OTHER]);
        rig.command(0, ClientCommand::Regroup(wanted));
        rig.forget();
        rig.call_with(2, GroupCall::new(regroup::REGROUP));
        for at in 0..4 {
            rig.established(at);
        }
    }
}
