//! The machines over a transport that loses nothing: nothing is repeated, nothing is absorbed.

use super::super::client::{self, Client};
use super::super::client_invite::{self, ClientInvite};
use super::super::server::{self, Server};
use super::super::server_invite::{self, ServerInvite};
use super::*;

//= RFC3261-17:reliable-repeat test
//= RFC3261-17:reliable-absorb test
#[test]
fn a_request_is_sent_once_and_its_transaction_ends_with_the_answer() {
    let clock = Clock::reliable();
    let options = request("OPTIONS");
    let mut machine = None;
    assert_eq!(clock.run(0, |cx| machine = Some(Client::new(&options, cx))), ["send OPTIONS"]);
    let mut machine = machine.unwrap();
    assert_eq!(clock.ms(machine.poll_timeout()), Some(32_000), "only timer F runs");
    assert_eq!(clock.run(9, |cx| machine.handle_response(response(&options, 200), cx)), ["up 200"]);
    assert_eq!(clock.ms(machine.poll_timeout()), Some(9), "timer K is zero");
    assert!(clock.run(9, |cx| machine.handle_timeout(cx)).is_empty());
    assert_eq!(machine.state(), client::State::Terminated);
}

//= RFC3261-17:reliable-repeat test
//= RFC3261-17:reliable-absorb test
#[test]
fn an_invite_is_sent_once_and_a_refusal_is_acknowledged_once() {
    let clock = Clock::reliable();
    let invite = request("INVITE");
    let mut machine = None;
    assert_eq!(clock.run(0, |cx| machine = Some(ClientInvite::new(invite.clone(), cx))), ["send INVITE"]);
    let mut machine = machine.unwrap();
    assert_eq!(clock.ms(machine.poll_timeout()), Some(32_000), "only timer B runs");
    assert_eq!(
        clock.run(9, |cx| machine.handle_response(response(&invite, 486), cx)),
        ["send ACK", "up 486"]
    );
    assert_eq!(clock.ms(machine.poll_timeout()), Some(9), "timer D is zero");
    assert!(clock.run(9, |cx| machine.handle_timeout(cx)).is_empty());
    assert_eq!(machine.state(), client_invite::State::Terminated);
}

//= RFC3261-17:reliable-repeat test
#[test]
fn an_answer_is_sent_once_and_still_waits_for_its_ack() {
    let clock = Clock::reliable();
    let invite = request("INVITE");
    let mut machine = None;
    assert!(clock.run(0, |cx| machine = Some(ServerInvite::new(&invite, cx))).is_empty());
    let mut machine = machine.unwrap();
    let answer = response(&invite, 486);
    assert_eq!(clock.run(9, |cx| assert!(machine.respond(&answer, cx))), ["send 486"]);
    assert_eq!(clock.ms(machine.poll_timeout()), Some(32_009), "only timer H runs");
    assert!(clock.run(20, |cx| machine.handle_ack(ack_of(&invite), cx)).is_empty());
    assert_eq!(clock.ms(machine.poll_timeout()), Some(20), "timer I is zero");
    assert!(clock.run(20, |cx| machine.handle_timeout(cx)).is_empty());
    assert_eq!(machine.state(), server_invite::State::Terminated);
}

//= RFC3261-17:reliable-absorb test
#[test]
fn an_answered_request_is_forgotten_at_once() {
    let clock = Clock::reliable();
    let options = request("OPTIONS");
    let mut machine = None;
    clock.run(0, |cx| machine = Some(Server::new(cx)));
    let mut machine = machine.unwrap();
    assert_eq!(clock.run(9, |cx| assert!(machine.respond(&response(&options, 200), cx))), ["send 200"]);
    assert_eq!(clock.ms(machine.poll_timeout()), Some(9), "timer J is zero");
    assert!(clock.run(9, |cx| machine.handle_timeout(cx)).is_empty());
    assert_eq!(machine.state(), server::State::Terminated);
}
