//! What a hostile or broken peer can send: nothing of it may panic, grow without bound, or change a call.

use call_control::Event;
use mcptt_codec::sip::HeaderName;
use proptest::prelude::*;

use crate::rig::*;

//= 24.379-6.5:400 test
#[test]
fn bodies_that_can_not_be_read_are_refused() {
    let mut rig = Rig::with_members(1);
    let whole = core_invite(0, &group_call(GROUP, "")).text();
    let broken = [
        whole.replace("--b1--", ""),
        whole.replace("boundary=b1", "boundary=b2"),
        whole.replace(";boundary=b1", ""),
        whole.replace("</mcpttinfo>", ""),
        whole.replace("<session-type>", "<session-type>prearranged</session-type><session-type>"),
        whole.replace("v=0", "v=1"),
        whole.replace("application/vnd.3gpp.mcptt-info+xml", "application/vnd.other+xml"),
    ];
    for text in broken {
        assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (400, None), "{text}");
    }
    assert_eq!(rig.media, []);
}

//= 24.379-6.5:415 test
#[test]
fn a_body_that_must_be_understood_and_is_not_gets_415() {
    let mut rig = Rig::with_members(1);
    let text = core_invite(0, &group_call(GROUP, "")).part("text/plain", "hello").text();
    let demanded = text.replace(
        "Content-Type: text/plain",
        "Content-Type: text/plain\nContent-Disposition: x;handling=required",
    );
    let answer = rig.ask(CORE, PF, &demanded);
    assert_eq!(outcome(&answer), (415, None));
    assert!(values(&answer.headers, &HeaderName::Accept)[0].contains("application/vnd.3gpp.mcptt-info+xml"));
    assert_eq!(rig.ask(CORE, PF, &text).status.0, 200);
}

//= 24.379-6.5:unknown test
#[test]
fn unknown_elements_are_no_reason_to_refuse() {
    let mut rig = Rig::with_members(1);
    let further = "<anyExt><later-release xmlns=\"urn:x\">1</later-release></anyExt>";
    assert_eq!(rig.ask(CORE, PF, &core_invite(0, &group_call(GROUP, further)).text()).status.0, 200);
}

#[test]
fn datagrams_that_are_no_sip_are_reported_and_otherwise_ignored() {
    let mut rig = Rig::with_members(1);
    for octets in [&b"\x80\xc9\x00\x01"[..], b"INVITE", b"GET / HTTP/1.1\r\n\r\n", &[0xff; 70_000]] {
        rig.forget();
        rig.inject("203.0.113.9:5060", PF, octets);
        rig.inject("203.0.113.9:5060", CF, octets);
        let undecodable =
            rig.events.iter().filter(|event| matches!(event, Event::Undecodable { .. })).count();
        assert_eq!(undecodable, 2);
    }
    rig.forget();
    rig.inject("203.0.113.9:5060", "192.0.2.1:9", b"anything");
    assert!(matches!(rig.events[..], [Event::NotOurs { .. }]));
}

#[test]
fn requests_in_the_wrong_state_are_refused_and_change_nothing() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    rig.forget();
    let in_dialog = |method: &str| {
        Raw::new(method, PF_IDENTITY, &impu(0))
            .text()
            .replace(&format!("To: <{PF_IDENTITY}>"), &format!("To: <{PF_IDENTITY}>;tag=none"))
    };
    for method in ["BYE", "UPDATE", "INVITE"] {
        assert_eq!(rig.ask("203.0.113.9:5060", PF, &in_dialog(method)).status.0, 481, "{method}");
    }
    for method in ["MESSAGE", "REFER", "NOTIFY", "INFO", "PRACK"] {
        let text = Raw::new(method, PF_IDENTITY, &impu(0)).text();
        let status = rig.ask("203.0.113.9:5060", PF, &text).status.0;
        assert!((400..500).contains(&status), "{method} {status}");
    }
    assert_eq!(rig.media, []);
    assert!(!rig.has_ended(0) && !rig.has_ended(1));
}

#[test]
fn an_offer_is_needed() {
    let mut rig = Rig::with_members(1);
    let text = core_invite(0, &group_call(GROUP, ""))
        .text()
        .replace(OFFER, "")
        .replace("application/sdp", "application/mikey");
    assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (488, None));
}

#[test]
fn a_client_accepts_calls_of_its_participating_function_only() {
    let mut rig = Rig::with_members(1);
    let text = core_invite(0, &group_call(GROUP, "")).text();
    let bytes = text.replace('\n', "\r\n");
    let (head, body) = bytes.split_once("\r\n\r\n").unwrap();
    let (start, fields) = head.split_once("\r\n").unwrap();
    let request = format!(
        "{start}\r\nVia: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bKx\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\
         Max-Forwards: 70\r\n{fields}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let path = mcptt_codec::Path { local: address(0), remote: "203.0.113.9:5060".parse().unwrap() };
    rig.clients[0].handle_datagram(rig.now, path, &bytes::Bytes::from(request));
    rig.settle();
    assert_eq!(rig.response("alice", "203.0.113.9:5060", "403 INVITE").status.0, 403);
    assert_eq!(rig.client_events, []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Octets of a good request are damaged: an answer or silence, never a panic, and the next good request works.
    #[test]
    fn damaged_requests_do_no_harm(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        trusted in any::<bool>(),
        controlling in any::<bool>(),
    ) {
        let mut rig = Rig::with_members(2);
        let text = if controlling {
            controlling_invite(0, &group_call(GROUP, "")).text()
        } else {
            core_invite(0, &group_call(GROUP, "")).text()
        };
        let text = text.replace('\n', "\r\n");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let (start, fields) = head.split_once("\r\n").unwrap();
        let mut octets = format!(
            "{start}\r\nVia: SIP/2.0/UDP {CORE};branch=z9hG4bKx\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\
             Max-Forwards: 70\r\n{fields}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes();
        for (at, octet) in damage {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        let from = if trusted { CORE } else { "203.0.113.9:5060" };
        rig.inject(from, if controlling { CF } else { PF }, &octets);
        rig.seconds(120);
        rig.forget();
        rig.call(1);
        prop_assert!(!rig.client_events.is_empty());
        let call = rig.established(1);
        prop_assert!(!call.incoming);
    }

    /// A network that loses datagrams delays a call, and confuses nobody.
    #[test]
    fn losses_are_survived(lost in proptest::collection::vec(proptest::bool::weighted(0.3), 0..120)) {
        let mut rig = Rig::with_members(3);
        rig.lost = lost.into();
        let call = rig.call(0);
        rig.seconds(40);
        rig.command(0, call_control::client::ClientCommand::Leave { call });
        rig.command(0, call_control::client::ClientCommand::CancelCall { call });
        rig.seconds(40);
        rig.lost.clear();
        rig.operator(call_control::Command::ReleaseAll);
        rig.seconds(120);
        check_story(&rig.media)?;
        let alive = |at: usize| {
            let (mut on, mut off) = (0, 0);
            for event in rig.events_of(at) {
                match event {
                    call_control::client::ClientEvent::CallStarted { .. }
                    | call_control::client::ClientEvent::CallReceived { .. } => on += 1,
                    call_control::client::ClientEvent::CallFailed { .. }
                    | call_control::client::ClientEvent::CallEnded { .. } => off += 1,
                    _ => {}
                }
            }
            on - off
        };
        prop_assert_eq!([alive(0), alive(1), alive(2)], [0, 0, 0]);
    }

    /// Whatever order clients do things in, the media plane is told a consistent story and nothing is left behind.
    #[test]
    fn any_order_of_commands_leaves_nothing_behind(steps in proptest::collection::vec((0..3_usize, 0..7_u8), 1..24)) {
        let mut rig = Rig::with_members(3);
        for (at, step) in steps {
            let own = rig.client_events.iter().rev().find_map(|(client, event)| match event {
                call_control::client::ClientEvent::CallEstablished(call) if *client == at => Some(call.call),
                _ => None,
            });
            use call_control::client::ClientCommand as Command;
            match (step, own) {
                (0, _) => { rig.call(at); }
                (1, Some(call)) => rig.command(at, Command::Leave { call }),
                (2, Some(call)) => rig.command(at, Command::CancelCall { call }),
                (3, _) => rig.command(at, Command::Deaffiliate),
                (4, _) => rig.affiliate(at),
                (5, _) => rig.command(at, Command::LogOff),
                (6, _) => rig.register(at),
                _ => rig.seconds(1),
            }
        }
        rig.operator(call_control::Command::ReleaseAll);
        rig.seconds(120);
        check_story(&rig.media)?;
    }
}

/// Per call: initiated, then legs that come once and go once, then the two steps of the release.
fn check_story(commands: &[call_control::MediaCommand]) -> Result<(), TestCaseError> {
    use call_control::MediaCommand;
    use std::collections::BTreeMap;
    #[derive(Default)]
    struct Story {
        legs: std::collections::BTreeSet<u64>,
        gone: std::collections::BTreeSet<u64>,
        releasing: bool,
        released: bool,
    }
    let mut calls: BTreeMap<u64, Story> = BTreeMap::new();
    for command in commands {
        match command {
            MediaCommand::CallInitiated { call, .. } => {
                prop_assert!(calls.insert(call.0, Story::default()).is_none());
            }
            MediaCommand::LegConnected { call, leg, .. } => {
                let story = calls.get_mut(&call.0).unwrap();
                prop_assert!(!story.releasing && story.legs.insert(leg.0) && !story.gone.contains(&leg.0));
            }
            MediaCommand::LegLeft { call, leg } => {
                let story = calls.get_mut(&call.0).unwrap();
                prop_assert!(!story.released && story.legs.remove(&leg.0) && story.gone.insert(leg.0));
            }
            MediaCommand::ReleaseStarted { call } => {
                let story = calls.get_mut(&call.0).unwrap();
                prop_assert!(!story.releasing);
                story.releasing = true;
            }
            MediaCommand::ReleaseFinished { call } => {
                let story = calls.get_mut(&call.0).unwrap();
                prop_assert!(story.releasing && !story.released && story.legs.is_empty());
                story.released = true;
            }
            _ => {}
        }
    }
    prop_assert!(calls.values().all(|story| story.released));
    Ok(())
}
