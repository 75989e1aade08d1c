//! Server transactions.

use super::super::server::{self, Server};
use super::super::server_invite::{self, ServerInvite};
use super::*;

use Input::{Ack, Again, Respond, Timeout};

fn play_invite(lines: &[Line<server_invite::State>]) {
    let clock = Clock::new();
    let invite = request("INVITE");
    let mut machine = None;
    assert_eq!(clock.run(0, |cx| machine = Some(ServerInvite::new(&invite, cx))), Vec::<String>::new());
    let mut machine = machine.unwrap();
    for (row, (ms, input, state, outputs)) in lines.iter().enumerate() {
        let got = clock.run(*ms, |cx| match input {
            Again => machine.handle_retransmission(cx),
            Ack => machine.handle_ack(ack_of(&invite), cx),
            Respond(status) => {
                let before = machine.state();
                let fits = machine.respond(&response(&invite, *status), cx);
                let expected = match before {
                    server_invite::State::Proceeding => true,
                    server_invite::State::Accepted => (200..300).contains(status),
                    _ => false,
                };
                assert_eq!(fits, expected, "row {row}");
            }
            _ => machine.handle_timeout(cx),
        });
        assert_eq!(got, *outputs, "row {row}: {ms} {input:?}");
        assert_eq!(machine.state(), *state, "row {row}: {ms} {input:?}");
    }
}

fn play(lines: &[Line<server::State>]) {
    let clock = Clock::new();
    let options = request("OPTIONS");
    let mut machine = None;
    assert_eq!(clock.run(0, |cx| machine = Some(Server::new(cx))), Vec::<String>::new());
    let mut machine = machine.unwrap();
    for (row, (ms, input, state, outputs)) in lines.iter().enumerate() {
        let got = clock.run(*ms, |cx| match input {
            Again => machine.handle_retransmission(cx),
            Respond(status) => {
                let open = matches!(machine.state(), server::State::Trying | server::State::Proceeding);
                assert_eq!(machine.respond(&response(&options, *status), cx), open, "row {row}");
            }
            _ => machine.handle_timeout(cx),
        });
        assert_eq!(got, *outputs, "row {row}: {ms} {input:?}");
        assert_eq!(machine.state(), *state, "row {row}: {ms} {input:?}");
    }
}

//= RFC3261-17.2.1:repeat test
#[test]
fn a_refusal_is_sent_at_intervals_up_to_t2_until_timer_h() {
    use server_invite::State::*;
    let mut script: Vec<Line<_>> = vec![(0, Respond(486), Completed, &["send 486"])];
    for at in [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500] {
        script.push((at - 1, Timeout, Completed, &[]));
        script.push((at, Timeout, Completed, &["send 486"]));
    }
    script.push((31_999, Timeout, Completed, &[]));
    script.push((32_000, Timeout, Terminated, &["not acknowledged"]));
    script.push((99_000, Timeout, Terminated, &[]));
    play_invite(&script);
}

//= RFC6026-8.7:absorb test
#[test]
fn every_state_of_the_invite_server_against_every_input() {
    use server_invite::State::*;
    let new: &[Line<_>] = &[];
    let ringing: &[Line<_>] = &[(10, Respond(180), Proceeding, &["send 180"])];
    let completed: &[Line<_>] = &[(10, Respond(486), Completed, &["send 486"])];
    let confirmed: &[Line<_>] = &[(10, Respond(486), Completed, &["send 486"]), (20, Ack, Confirmed, &[])];
    let accepted: &[Line<_>] = &[(10, Respond(200), Accepted, &["send 200"])];
    let terminated: &[Line<_>] =
        &[(10, Respond(200), Accepted, &["send 200"]), (32_010, Timeout, Terminated, &[])];
    let rows: &[(&[Line<_>], &[Line<_>])] = &[
        // 100 Trying after 200 ms, or when the peer asks again.
        (
            new,
            &[
                (199, Timeout, Proceeding, &[]),
                (200, Timeout, Proceeding, &["send 100"]),
                (400, Timeout, Proceeding, &[]),
            ],
        ),
        (
            new,
            &[
                (100, Again, Proceeding, &["send 100"]),
                (200, Timeout, Proceeding, &[]),
                (300, Again, Proceeding, &["send 100"]),
            ],
        ),
        (new, &[(100, Ack, Proceeding, &[])]),
        (new, &[(100, Respond(100), Proceeding, &["send 100"]), (200, Timeout, Proceeding, &[])]),
        (new, &[(100, Respond(200), Accepted, &["send 200"]), (200, Timeout, Accepted, &[])]),
        (new, &[(100, Respond(302), Completed, &["send 302"]), (200, Timeout, Completed, &[])]),
        // The most recent provisional answer is repeated on request only.
        (ringing, &[(200, Timeout, Proceeding, &[]), (300, Again, Proceeding, &["send 180"])]),
        (ringing, &[(300, Respond(183), Proceeding, &["send 183"]), (400, Again, Proceeding, &["send 183"])]),
        (ringing, &[(300, Ack, Proceeding, &[]), (99_999_999, Timeout, Proceeding, &[])]),
        (ringing, &[(300, Respond(200), Accepted, &["send 200"])]),
        (ringing, &[(300, Respond(603), Completed, &["send 603"])]),
        (completed, &[(20, Again, Completed, &["send 486"])]),
        (
            completed,
            &[
                (20, Respond(200), Completed, &[]),
                (30, Respond(180), Completed, &[]),
                (40, Respond(500), Completed, &[]),
            ],
        ),
        // Timer I absorbs ACKs for T4.
        (
            confirmed,
            &[(520, Timeout, Confirmed, &[]), (600, Ack, Confirmed, &[]), (700, Again, Confirmed, &[])],
        ),
        (
            confirmed,
            &[
                (700, Respond(200), Confirmed, &[]),
                (5_019, Timeout, Confirmed, &[]),
                (5_020, Timeout, Terminated, &[]),
            ],
        ),
        // Timer L absorbs INVITEs for 64*T1; ACKs go up and the transaction user repeats its 2xx.
        (
            accepted,
            &[(20, Again, Accepted, &[]), (30, Ack, Accepted, &["up ACK"]), (40, Ack, Accepted, &["up ACK"])],
        ),
        (
            accepted,
            &[
                (20, Respond(200), Accepted, &["send 200"]),
                (30, Respond(180), Accepted, &[]),
                (40, Respond(486), Accepted, &[]),
            ],
        ),
        (accepted, &[(32_009, Timeout, Accepted, &[]), (32_010, Timeout, Terminated, &[])]),
        (
            terminated,
            &[
                (40_000, Again, Terminated, &[]),
                (40_000, Ack, Terminated, &[]),
                (40_000, Respond(200), Terminated, &[]),
                (90_000, Timeout, Terminated, &[]),
            ],
        ),
    ];
    for (way, lines) in rows {
        let script: Vec<Line<_>> = way.iter().chain(*lines).copied().collect();
        play_invite(&script);
    }
}

//= RFC3261-17.2.2:again test
#[test]
fn every_state_of_the_other_server_against_every_input() {
    use server::State::*;
    let new: &[Line<_>] = &[];
    let proceeding: &[Line<_>] = &[(10, Respond(100), Proceeding, &["send 100"])];
    let completed: &[Line<_>] = &[(10, Respond(404), Completed, &["send 404"])];
    let rows: &[(&[Line<_>], &[Line<_>])] = &[
        (
            new,
            &[(100, Again, Trying, &[]), (31_999, Timeout, Trying, &[]), (32_000, Timeout, Terminated, &[])],
        ),
        (new, &[(100, Respond(200), Completed, &["send 200"])]),
        (new, &[(100, Respond(603), Completed, &["send 603"])]),
        (
            proceeding,
            &[
                (100, Again, Proceeding, &["send 100"]),
                (200, Respond(183), Proceeding, &["send 183"]),
                (300, Again, Proceeding, &["send 183"]),
            ],
        ),
        (proceeding, &[(100, Respond(200), Completed, &["send 200"])]),
        (proceeding, &[(32_000, Timeout, Terminated, &[])]),
        // Timer J repeats the answer on request for 64*T1.
        (
            completed,
            &[
                (100, Again, Completed, &["send 404"]),
                (200, Respond(200), Completed, &[]),
                (300, Again, Completed, &["send 404"]),
            ],
        ),
        (
            completed,
            &[
                (32_009, Timeout, Completed, &[]),
                (32_010, Timeout, Terminated, &[]),
                (32_020, Again, Terminated, &[]),
                (32_030, Respond(200), Terminated, &[]),
            ],
        ),
    ];
    for (way, lines) in rows {
        let script: Vec<Line<_>> = way.iter().chain(*lines).copied().collect();
        play(&script);
    }
}

#[test]
fn trying_can_be_sent_at_once_and_repeats_the_timestamp() {
    let mut clock = Clock::new();
    clock.timers = clock.timers.with_trying_after(Duration::ZERO).unwrap();
    let mut invite = request("INVITE");
    invite.headers.push(mcptt_codec::sip::HeaderName::Timestamp, "54");
    let mut out = Vec::new();
    let machine = ServerInvite::new(
        &invite,
        &mut Context { now: clock.start, timers: &clock.timers, reliable: false, out: &mut out },
    );
    assert_eq!(machine.poll_timeout(), None);
    let [Output::Send(octets)] = out.as_slice() else { panic!("{out:?}") };
    let expected = "SIP/2.0 100 Trying\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport\r\n\
        From: Alice <sip:alice@example.org>;tag=a\r\n\
        To: <sip:bob@example.org>\r\n\
        Call-ID: c1@192.0.2.1\r\n\
        CSeq: 7 INVITE\r\n\
        Timestamp: 54\r\n\
        Content-Length: 0\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(octets), expected);
}
