//! Private calls: basic call control and call type control.

use std::net::SocketAddr;

use mcptt_codec::monp::{
    CallType, CommencementMode, MonpMessage, PrivateCallParties, PrivateCallSetupRequest, Reason,
};

use super::radio::*;
use crate::off_network::*;

use EndCause as E;
use OffNetworkEvent as Ev;
use PrivateCallState as P;
use PrivateCallTypeState as Q;

fn call(radio: &mut Radio, manual: bool, emergency: bool) {
    radio.command(0, OffNetworkCommand::CallUser { user: user(1), manual, emergency, location: None });
}

fn states(radio: &Radio) -> [PrivateCallState; 2] {
    [(0, 1), (1, 0)].map(|(of, with)| radio.clients[of].private_states(&user(with)).0)
}

fn types(radio: &Radio) -> [PrivateCallTypeState; 2] {
    [(0, 1), (1, 0)].map(|(of, with)| radio.clients[of].private_states(&user(with)).1)
}

fn established() -> Radio {
    let mut radio = Radio::new(2);
    call(&mut radio, false, false);
    radio.run(ms(20));
    assert_eq!(states(&radio), [P::Ongoing; 2]);
    radio.sent();
    radio.told();
    radio
}

fn times(sent: &[Sent], message: &str) -> Vec<u128> {
    sent.iter().filter(|one| one.message.name() == message).map(|one| one.at.as_millis()).collect()
}

fn ended(with: usize, cause: EndCause) -> OffNetworkEvent {
    Ev::PrivateCallEnded { user: user(with), cause }
}

//= 24.379-11.2.2:ack test
//= 24.379-10.2:port test
#[test]
fn a_call_with_automatic_commencement_is_answered_by_the_client() {
    let mut radio = Radio::new(2);
    call(&mut radio, false, false);
    radio.run(secs(1));
    let sent = radio.sent();
    let said: Vec<_> = sent.iter().map(|one| (one.by, one.message.name())).collect();
    let [request, accept, ack] =
        ["PRIVATE CALL SETUP REQUEST", "PRIVATE CALL ACCEPT", "PRIVATE CALL ACCEPT ACK"];
    assert_eq!(said, [(0, request), (1, accept), (0, ack)], "and nothing is repeated");
    assert_eq!(sent[0].to, SocketAddr::new(address(1), 8809));
    let MonpMessage::PrivateCallSetupRequest(request) = &sent[0].message else { panic!("a request") };
    assert_eq!(request.call_type, CallType::PRIVATE);
    assert_eq!(request.commencement_mode, CommencementMode::AUTOMATIC);
    assert_eq!((&request.caller, &request.callee), (&user(0), &user(1)));
    let told = radio.told();
    let media = told.iter().filter_map(|(of, event)| match event {
        Ev::PrivateCallMedia { originated, media, .. } => Some((*of, *originated, media.audio.clone())),
        _ => None,
    });
    let at = |number| vec![SocketAddr::new(address(number), 41_000)];
    assert_eq!(media.collect::<Vec<_>>(), [(1, false, at(0)), (0, true, at(1))]);
    assert_eq!(
        told.iter().filter(|(_, event)| matches!(event, Ev::PrivateCallEstablished { .. })).count(),
        2
    );
    assert_eq!((states(&radio), types(&radio)), ([P::Ongoing; 2], [Q::Private; 2]));
}

//= 24.379-11.2.2:retry test
#[test]
fn an_unanswered_request_is_repeated_three_times_and_then_given_up() {
    let mut radio = Radio::new(2);
    radio.cells[1] = 1;
    call(&mut radio, false, false);
    radio.run(ms(159));
    assert_eq!(times(&radio.sent(), "PRIVATE CALL SETUP REQUEST"), [0, 40, 80, 120]);
    assert_eq!(radio.told(), []);
    radio.run(ms(1));
    assert_eq!(radio.told(), [(0, ended(1, E::NoAnswer))]);
    assert_eq!(states(&radio)[0], P::Ignoring);
    radio.run(secs(1));
    assert_eq!(states(&radio)[0], P::StartStop, "TFP7");
}

//= 24.379-11.2.2:manual test
#[test]
fn with_manual_commencement_the_caller_waits_for_the_user() {
    let mut radio = Radio::new(2);
    call(&mut radio, true, false);
    radio.run(ms(100));
    let [request, ringing] = ["PRIVATE CALL SETUP REQUEST", "PRIVATE CALL RINGING"];
    assert_eq!(radio.said(), [(0, request), (1, ringing)]);
    let told = radio.told();
    assert!(told.contains(&(0, Ev::PrivateCallRinging { user: user(1) })));
    assert!(matches!(told[0], (1, Ev::PrivateCallOffered { emergency: false, .. })));
    radio.command(1, OffNetworkCommand::AcceptPrivateCall { user: user(0) });
    radio.run(ms(100));
    assert_eq!(states(&radio), [P::Ongoing; 2]);
}

//= 24.379-11.2.2:manual test
//= 24.379-11.2.2:reject test
#[test]
fn a_user_who_does_not_answer_or_does_not_want_to_leads_to_a_rejection() {
    let mut radio = Radio::new(2);
    call(&mut radio, true, false);
    radio.run(ms(29_990));
    assert_eq!(states(&radio), [P::WaitingForResponse, P::Pending]);
    radio.told();
    radio.run(ms(30));
    assert_eq!(radio.told_to(1), [ended(0, E::NotTaken)]);
    let sent = radio.sent();
    let MonpMessage::PrivateCallReject(reject) = &sent.last().expect("it was rejected").message else {
        panic!("{sent:?}");
    };
    assert_eq!(reject.reason, Reason::NO_ANSWER);

    let mut radio = Radio::new(2);
    call(&mut radio, true, false);
    radio.run(ms(100));
    radio.told();
    radio.command(1, OffNetworkCommand::RejectPrivateCall { user: user(0) });
    radio.run(ms(10));
    assert_eq!(radio.told(), [(1, ended(0, E::NotTaken)), (0, ended(1, E::Rejected(Reason::REJECT)))]);
    assert_eq!(states(&radio), [P::Ignoring; 2]);
}

//= 24.379-11.2.2:manual test
#[test]
fn who_has_not_heard_that_it_rings_waits_for_the_user_as_well() {
    let mut radio = Radio::new(2);
    radio.cells[1] = 1;
    call(&mut radio, true, false);
    radio.run(secs(29));
    assert_eq!(states(&radio)[0], P::WaitingForResponse);
    radio.run(secs(2));
    assert_eq!(radio.told(), [(0, ended(1, E::NoAnswer))]);
}

//= 24.379-11.2.2:reject test
#[test]
fn what_cannot_be_served_is_rejected_with_the_reason() {
    let mut radio = Radio::new(1);
    let request = PrivateCallSetupRequest {
        call_identifier: mcptt_codec::monp::CallIdentifier(7),
        commencement_mode: CommencementMode::AUTOMATIC,
        call_type: CallType::PRIVATE,
        caller: user(1),
        callee: user(0),
        sdp: "v=0".into(),
        user_location: None,
    };
    let mut rejected = |request: PrivateCallSetupRequest| {
        radio.inject(0, address(9), &MonpMessage::PrivateCallSetupRequest(request));
        let sent = radio.sent();
        let [Sent { to, message: MonpMessage::PrivateCallReject(reject), .. }] = &sent[..] else {
            panic!("{sent:?}");
        };
        assert_eq!(*to, SocketAddr::new(address(9), 8809));
        (reject.call_identifier.0, reject.reason)
    };
    assert_eq!(rejected(request.clone()), (7, Reason::FAILED));
    let protected = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
                     m=audio 41000 RTP/SAVP 97\r\na=rtpmap:97 AMR-WB/16000/1\r\n\
                     m=application 41002 udp MCPTT\r\n";
    let mut protected = PrivateCallSetupRequest { sdp: protected.into(), ..request };
    protected.caller = user(2);
    assert_eq!(rejected(protected), (7, Reason::SECURITY_CONTEXT_FAILURE));
}

//= 24.379-11.2.2:ack test
#[test]
fn the_answer_is_repeated_until_it_is_acknowledged_or_media_is_heard() {
    let mut radio = Radio::new(2);
    call(&mut radio, false, false);
    // The request arrives, nothing after it does.
    radio.run(ms(2));
    radio.cells[1] = 1;
    radio.sent();
    radio.run(ms(155));
    let sent = radio.sent();
    let answers = times(&sent, "PRIVATE CALL ACCEPT");
    assert_eq!(answers.len(), 3, "{answers:?}");
    assert_eq!(states(&radio)[1], P::Pending);
    radio.run(ms(10));
    assert_eq!(states(&radio)[1], P::Ignoring, "CFP4");
    assert!(radio.told_to(1).contains(&ended(0, E::NoAnswer)));

    let mut radio = Radio::new(2);
    call(&mut radio, false, false);
    radio.run(ms(2));
    radio.cells[1] = 1;
    radio.run(ms(100));
    radio.command(1, OffNetworkCommand::MediaReceived { user: user(0) });
    assert_eq!(states(&radio)[1], P::Ongoing);
    radio.sent();
    radio.run(secs(1));
    assert!(radio.sent().iter().all(|one| one.by == 0));
}

//= 24.379-11.2.2:ack test
#[test]
fn a_repeated_answer_is_acknowledged_again() {
    let mut radio = Radio::new(2);
    call(&mut radio, false, false);
    radio.run(ms(20));
    let sent = radio.sent();
    radio.inject(0, address(1), &sent[1].message);
    assert_eq!(radio.said(), [(0, "PRIVATE CALL ACCEPT ACK")]);
    assert_eq!(states(&radio), [P::Ongoing; 2]);
}

//= 24.379-11.2.2:release test
#[test]
fn a_release_is_acknowledged_even_after_the_call() {
    let mut radio = established();
    radio.command(1, OffNetworkCommand::EndPrivateCall { user: user(0) });
    radio.run(ms(20));
    let [release, ack] = ["PRIVATE CALL RELEASE", "PRIVATE CALL RELEASE ACK"];
    let sent = radio.sent();
    assert_eq!(
        sent.iter().map(|one| (one.by, one.message.name())).collect::<Vec<_>>(),
        [(1, release), (0, ack)]
    );
    assert_eq!(states(&radio), [P::Ignoring; 2]);
    assert_eq!(radio.told(), [(1, ended(0, E::User)), (0, ended(1, E::Peer))]);
    // In P1, for the same call identifier and for no other.
    radio.inject(0, address(1), &sent[0].message);
    assert_eq!(radio.said(), [(0, ack)]);
    let MonpMessage::PrivateCallRelease(mut other) = sent[0].message.clone() else { panic!("{sent:?}") };
    other.call_identifier.0 ^= 1;
    radio.inject(0, address(1), &MonpMessage::PrivateCallRelease(other));
    assert_eq!(radio.said(), []);
}

//= 24.379-11.2.2:release test
#[test]
fn a_release_that_nobody_acknowledges_is_repeated_three_times() {
    let mut radio = established();
    radio.cells[1] = 1;
    radio.command(0, OffNetworkCommand::EndPrivateCall { user: user(1) });
    radio.run(ms(159));
    assert_eq!(states(&radio)[0], P::WaitingForRelease);
    assert_eq!(times(&radio.sent(), "PRIVATE CALL RELEASE").len(), 4);
    radio.run(ms(1));
    assert_eq!(states(&radio)[0], P::Ignoring);
}

#[test]
fn who_gives_up_calling_releases_the_call() {
    let mut radio = Radio::new(2);
    call(&mut radio, true, false);
    radio.run(ms(100));
    radio.told();
    radio.command(0, OffNetworkCommand::EndPrivateCall { user: user(1) });
    radio.run(ms(10));
    assert_eq!(radio.told(), [(0, ended(1, E::User)), (1, ended(0, E::Peer))]);
    assert_eq!(states(&radio), [P::Ignoring; 2]);
    // The next call is another one.
    call(&mut radio, false, false);
    radio.run(ms(20));
    assert_eq!(states(&radio), [P::Ongoing; 2]);
}

#[test]
fn two_that_call_each_other_reject_each_other() {
    let mut radio = Radio::new(2);
    call(&mut radio, false, false);
    radio.command(
        1,
        OffNetworkCommand::CallUser { user: user(0), manual: false, emergency: false, location: None },
    );
    radio.run(ms(20));
    assert_eq!(states(&radio), [P::Ignoring; 2]);
    let busy = |with| ended(with, E::Rejected(Reason::BUSY));
    let told = radio.told();
    assert!(told.contains(&(0, busy(1))) && told.contains(&(1, busy(0))) && told.len() == 2, "{told:?}");
}

//= 24.379-11.2.2:duration test
#[test]
fn a_private_call_ends_by_itself_at_its_longest_duration() {
    let mut radio = established();
    radio.run(secs(599));
    assert_eq!(states(&radio), [P::Ongoing; 2]);
    radio.run(ms(1_100));
    let mut told = radio.told();
    told.sort_by_key(|(of, _)| *of);
    assert_eq!(told, [(0, ended(1, E::MaximumDuration)), (1, ended(0, E::MaximumDuration))]);
    assert_eq!(radio.said(), []);
}

//= 24.379-11.2.3:upgrade test
#[test]
fn either_side_makes_the_call_an_emergency_call() {
    for by in [0, 1] {
        let mut radio = established();
        let peer = user(1 - by);
        radio.command(by, OffNetworkCommand::ChangePrivateCall { user: peer, emergency: true });
        radio.run(ms(20));
        let said = radio.said();
        let names: Vec<_> = said.iter().map(|(_, message)| *message).collect();
        let ack = "PRIVATE CALL ACCEPT ACK";
        assert_eq!(names, ["PRIVATE CALL SETUP REQUEST", "PRIVATE CALL ACCEPT", ack]);
        assert_eq!((states(&radio), types(&radio)), ([P::Ongoing; 2], [Q::Emergency; 2]));
        let told = radio.told();
        for of in [0, 1] {
            let changed = Ev::PrivateCallTypeChanged { user: user(1 - of), emergency: true };
            assert!(told.contains(&(of, changed)), "{told:?}");
        }
    }
}

//= 24.379-11.2.3:upgrade test
#[test]
fn an_upgrade_that_nobody_answers_is_repeated_and_given_up() {
    let mut radio = established();
    radio.cells[1] = 1;
    radio.command(0, OffNetworkCommand::ChangePrivateCall { user: user(1), emergency: true });
    radio.run(secs(1));
    assert_eq!(times(&radio.sent(), "PRIVATE CALL SETUP REQUEST").len(), 4);
    assert_eq!(radio.told(), [(0, Ev::PrivateCallTypeUnanswered { user: user(1) })]);
    assert_eq!(types(&radio)[0], Q::Private);
}

fn emergency() -> Radio {
    let mut radio = Radio::new(2);
    call(&mut radio, false, true);
    radio.run(ms(20));
    assert_eq!(types(&radio), [Q::Emergency; 2]);
    radio.sent();
    radio.told();
    radio
}

//= 24.379-11.2.3:cancel test
#[test]
fn the_end_of_an_emergency_is_repeated_until_it_is_acknowledged() {
    let mut radio = emergency();
    radio.command(1, OffNetworkCommand::ChangePrivateCall { user: user(0), emergency: false });
    radio.run(secs(1));
    let [cancel, ack] = ["PRIVATE CALL EMERGENCY CANCEL", "PRIVATE CALL EMERGENCY CANCEL ACK"];
    assert_eq!(radio.said(), [(1, cancel), (0, ack)]);
    assert_eq!(types(&radio), [Q::Private; 2]);

    let mut radio = emergency();
    radio.cells[1] = 1;
    radio.command(1, OffNetworkCommand::ChangePrivateCall { user: user(0), emergency: false });
    radio.run(secs(1));
    assert_eq!(radio.said(), [(1, cancel); 4]);
    assert_eq!(radio.told_to(1).last(), Some(&Ev::PrivateCallTypeUnanswered { user: user(0) }));
    // A copy is acknowledged without another change.
    let mut radio = emergency();
    radio.command(1, OffNetworkCommand::ChangePrivateCall { user: user(0), emergency: false });
    radio.run(ms(20));
    let sent = radio.sent();
    let MonpMessage::PrivateCallEmergencyCancel(PrivateCallParties { .. }) = &sent[0].message else {
        panic!("{sent:?}");
    };
    radio.told();
    radio.inject(0, address(1), &sent[0].message);
    assert_eq!((radio.said(), radio.told()), (vec![(0, ack)], vec![]));
}

//= 24.379-11.2.3:limit test
#[test]
fn an_emergency_private_call_becomes_an_ordinary_one_after_tfp8() {
    let mut radio = emergency();
    radio.run(secs(179));
    assert_eq!(types(&radio), [Q::Emergency; 2]);
    radio.run(ms(1_100));
    assert_eq!((states(&radio), types(&radio)), ([P::Ongoing; 2], [Q::Private; 2]));
    assert_eq!(radio.said(), []);
}
