//! Client transactions.

use super::super::client::{self, Client};
use super::super::client_invite::{self, ClientInvite};
use super::super::hop;
use super::*;

fn play_invite(lines: &[Line<client_invite::State>]) {
    let clock = Clock::new();
    let invite = request("INVITE");
    let mut machine = None;
    assert_eq!(clock.run(0, |cx| machine = Some(ClientInvite::new(invite.clone(), cx))), ["send INVITE"]);
    let mut machine = machine.unwrap();
    assert_eq!(machine.state(), client_invite::State::Calling);
    for (row, (ms, input, state, outputs)) in lines.iter().enumerate() {
        let got = clock.run(*ms, |cx| match input {
            Input::Receive(status) => machine.handle_response(response(&invite, *status), cx),
            _ => machine.handle_timeout(cx),
        });
        assert_eq!(
            (got.as_slice(), machine.state()),
            (strings(outputs).as_slice(), *state),
            "row {row}: {ms} {input:?}"
        );
    }
}

fn play(lines: &[Line<client::State>]) {
    let clock = Clock::new();
    let options = request("OPTIONS");
    let mut machine = None;
    assert_eq!(clock.run(0, |cx| machine = Some(Client::new(&options, cx))), ["send OPTIONS"]);
    let mut machine = machine.unwrap();
    assert_eq!(machine.state(), client::State::Trying);
    for (row, (ms, input, state, outputs)) in lines.iter().enumerate() {
        let got = clock.run(*ms, |cx| match input {
            Input::Receive(status) => machine.handle_response(response(&options, *status), cx),
            _ => machine.handle_timeout(cx),
        });
        assert_eq!(
            (got.as_slice(), machine.state()),
            (strings(outputs).as_slice(), *state),
            "row {row}: {ms} {input:?}"
        );
    }
}

fn strings(outputs: &[&str]) -> Vec<String> {
    outputs.iter().map(|output| (*output).to_owned()).collect()
}

use Input::{Receive, Timeout};

//= RFC3261-17.1.1.2:repeat test
//= RFC3261-17.1.1.2:timeout test
#[test]
fn an_invite_is_sent_at_doubling_intervals_until_timer_b() {
    use client_invite::State::*;
    play_invite(&[
        (499, Timeout, Calling, &[]),
        (500, Timeout, Calling, &["send INVITE"]),
        (1_499, Timeout, Calling, &[]),
        (1_500, Timeout, Calling, &["send INVITE"]),
        (3_500, Timeout, Calling, &["send INVITE"]),
        (7_500, Timeout, Calling, &["send INVITE"]),
        (15_500, Timeout, Calling, &["send INVITE"]),
        (31_500, Timeout, Calling, &["send INVITE"]),
        (31_999, Timeout, Calling, &[]),
        (32_000, Timeout, Terminated, &["timed out"]),
        (99_999, Timeout, Terminated, &[]),
    ]);
}

#[test]
fn a_late_wake_up_sends_once_and_never_after_timer_b() {
    use client_invite::State::*;
    play_invite(&[
        (6_000, Timeout, Calling, &["send INVITE"]),
        (6_999, Timeout, Calling, &[]),
        (7_000, Timeout, Calling, &["send INVITE"]),
        (50_000, Timeout, Terminated, &["timed out"]),
    ]);
}

//= RFC6026-8.4:accepted test
#[test]
fn every_state_of_the_invite_client_against_every_input() {
    use client_invite::State::*;
    let to_calling: &[Line<_>] = &[];
    let to_proceeding: &[Line<_>] = &[(10, Receive(180), Proceeding, &["up 180"])];
    let to_completed: &[Line<_>] = &[(10, Receive(486), Completed, &["send ACK", "up 486"])];
    let to_accepted: &[Line<_>] = &[(10, Receive(200), Accepted, &["up 200"])];
    let to_terminated: &[Line<_>] =
        &[(10, Receive(200), Accepted, &["up 200"]), (32_010, Timeout, Terminated, &[])];
    let rows: &[(&[Line<_>], Line<_>)] = &[
        (to_calling, (20, Receive(100), Proceeding, &["up 100"])),
        (to_calling, (20, Receive(180), Proceeding, &["up 180"])),
        (to_calling, (20, Receive(200), Accepted, &["up 200"])),
        (to_calling, (20, Receive(302), Completed, &["send ACK", "up 302"])),
        (to_calling, (20, Receive(603), Completed, &["send ACK", "up 603"])),
        // Timers A and B stop with the first provisional answer.
        (to_proceeding, (500, Timeout, Proceeding, &[])),
        (to_proceeding, (3_600_000, Timeout, Proceeding, &[])),
        (to_proceeding, (20, Receive(183), Proceeding, &["up 183"])),
        (to_proceeding, (20, Receive(200), Accepted, &["up 200"])),
        (to_proceeding, (20, Receive(500), Completed, &["send ACK", "up 500"])),
        // Timer D: 32 s over an unreliable transport.
        (to_completed, (32_009, Timeout, Completed, &[])),
        (to_completed, (32_010, Timeout, Terminated, &[])),
        (to_completed, (20, Receive(486), Completed, &["send ACK"])),
        (to_completed, (20, Receive(180), Completed, &[])),
        (to_completed, (20, Receive(200), Completed, &[])),
        // Timer M: 64*T1, in which every 2xx goes up, and nothing else.
        (to_accepted, (32_009, Timeout, Accepted, &[])),
        (to_accepted, (32_010, Timeout, Terminated, &[])),
        (to_accepted, (20, Receive(200), Accepted, &["up 200"])),
        (to_accepted, (20, Receive(180), Accepted, &[])),
        (to_accepted, (20, Receive(486), Accepted, &[])),
        (to_terminated, (40_000, Receive(200), Terminated, &[])),
        (to_terminated, (40_000, Receive(486), Terminated, &[])),
        (to_terminated, (40_000, Timeout, Terminated, &[])),
    ];
    for (way, line) in rows {
        let script: Vec<Line<_>> = way.iter().chain([line]).copied().collect();
        play_invite(&script);
    }
}

//= RFC3261-17.1.2.2:repeat test
//= RFC3261-17.1.2.2:timeout test
#[test]
fn other_requests_are_sent_at_intervals_up_to_t2_until_timer_f() {
    use client::State::*;
    let mut script: Vec<Line<_>> = Vec::new();
    for at in [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500] {
        script.push((at - 1, Timeout, Trying, &[]));
        script.push((at, Timeout, Trying, &["send OPTIONS"]));
    }
    script.push((31_999, Timeout, Trying, &[]));
    script.push((32_000, Timeout, Terminated, &["timed out"]));
    play(&script);
}

#[test]
fn every_state_of_the_other_client_against_every_input() {
    use client::State::*;
    let to_trying: &[Line<_>] = &[];
    let to_proceeding: &[Line<_>] = &[(10, Receive(100), Proceeding, &["up 100"])];
    let to_completed: &[Line<_>] = &[(10, Receive(200), Completed, &["up 200"])];
    let to_terminated: &[Line<_>] =
        &[(10, Receive(404), Completed, &["up 404"]), (5_010, Timeout, Terminated, &[])];
    let rows: &[(&[Line<_>], &[Line<_>])] = &[
        (to_trying, &[(20, Receive(100), Proceeding, &["up 100"])]),
        (to_trying, &[(20, Receive(200), Completed, &["up 200"])]),
        (to_trying, &[(20, Receive(302), Completed, &["up 302"])]),
        (to_trying, &[(20, Receive(600), Completed, &["up 600"])]),
        // Timer E goes on in Proceeding, from its next expiry on at T2; timer F still ends it.
        (
            to_proceeding,
            &[
                (500, Timeout, Proceeding, &["send OPTIONS"]),
                (4_499, Timeout, Proceeding, &[]),
                (4_500, Timeout, Proceeding, &["send OPTIONS"]),
                (8_500, Timeout, Proceeding, &["send OPTIONS"]),
                (32_000, Timeout, Terminated, &["timed out"]),
            ],
        ),
        (to_proceeding, &[(20, Receive(183), Proceeding, &["up 183"])]),
        (to_proceeding, &[(20, Receive(200), Completed, &["up 200"])]),
        (to_proceeding, &[(20, Receive(481), Completed, &["up 481"])]),
        // Timer K absorbs what comes for T4.
        (to_completed, &[(20, Receive(200), Completed, &[]), (30, Receive(100), Completed, &[])]),
        (to_completed, &[(5_009, Timeout, Completed, &[]), (5_010, Timeout, Terminated, &[])]),
        (to_terminated, &[(6_000, Receive(200), Terminated, &[]), (99_000, Timeout, Terminated, &[])]),
    ];
    for (way, lines) in rows {
        let script: Vec<Line<_>> = way.iter().chain(*lines).copied().collect();
        play(&script);
    }
}

#[test]
fn the_next_wake_up_is_the_earliest_timer() {
    let clock = Clock::new();
    let invite = request("INVITE");
    let mut machine = None;
    clock.run(0, |cx| machine = Some(ClientInvite::new(invite.clone(), cx)));
    let mut machine = machine.unwrap();
    assert_eq!(clock.ms(machine.poll_timeout()), Some(500));
    clock.run(500, |cx| machine.handle_timeout(cx));
    assert_eq!(clock.ms(machine.poll_timeout()), Some(1_500));
    clock.run(600, |cx| machine.handle_response(response(&invite, 180), cx));
    assert_eq!(clock.ms(machine.poll_timeout()), None);
    clock.run(700, |cx| machine.handle_response(response(&invite, 200), cx));
    assert_eq!(clock.ms(machine.poll_timeout()), Some(32_700));
}

//= RFC3261-17.1.1.3:ack test
#[test]
fn ack_and_cancel_go_the_way_of_their_invite() {
    let mut invite = request("INVITE");
    invite.headers.push(mcptt_codec::sip::HeaderName::ResourcePriority, "mcpttp.5");
    invite.headers.push(mcptt_codec::sip::HeaderName::Subject, "not copied");
    let ack = hop::ack(&invite, &response(&invite, 486));
    let expected = "ACK sip:bob@192.0.2.2 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport\r\n\
        Route: <sip:192.0.2.9;lr>\r\n\
        From: Alice <sip:alice@example.org>;tag=a\r\n\
        To: <sip:bob@example.org>;tag=b\r\n\
        Call-ID: c1@192.0.2.1\r\n\
        CSeq: 7 ACK\r\n\
        Max-Forwards: 70\r\n\
        Resource-Priority: mcpttp.5\r\n\
        Content-Length: 0\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(&ack.encode()), expected);
    let cancel = hop::cancel(&invite);
    let expected = expected.replace("ACK", "CANCEL").replace(";tag=b", "");
    assert_eq!(String::from_utf8_lossy(&cancel.encode()), expected);
}
