//! Call initialisation (6.3.2.2, 6.3.4.2.2) and participants that come in (6.3.5.1, 6.3.5.2.2).

use mcptt_codec::floor::RejectCause;

use super::rig::{Rig, Setup, secs};
use crate::floor::server::{FloorSignalling, general, towards};
use crate::floor::settings::Entry;

const SILENT: Entry = Entry::Originator { implicit_request: false };
const ASKING: Entry = Entry::Originator { implicit_request: true };
const JOINING: Entry = Entry::Joining { implicit_request: false };

fn initiated(setup: Setup) -> Rig {
    let mut rig = setup.start();
    rig.signal(FloorSignalling::Initiated);
    rig
}

//= 24.380-6.3.4.2.2:idle test
//= 24.380-6.3.5.2.2:idle test
#[test]
fn a_call_without_implicit_request_starts_idle_and_tells_only_the_invited() {
    let mut rig = initiated(Setup::with_participants(2));
    assert_eq!(rig.general(), general::State::StartStop);
    rig.join(1, SILENT);
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.general(), general::State::FloorIdle);
    rig.join(2, Entry::Invited);
    assert_eq!(rig.drain(), [rig.idle_to(2, 1)]);
    assert_eq!(rig.state(1), towards::State::NotPermittedFloorIdle);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorIdle);
}

//= 24.380-6.3.4.2.2:idle test
#[test]
fn an_idle_start_is_not_repeated_but_supervised() {
    let mut rig = Setup::with_participants(2).idle();
    rig.advance(secs(29));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.4.2.2:3b test
//= 24.380-6.3.5.2.2:orig test
#[test]
fn the_implicit_request_of_the_originator_is_granted_when_the_call_is_initialised() {
    let mut rig = initiated(Setup::with_participants(3).priority(1, 7));
    rig.join(2, Entry::Invited);
    rig.join(3, Entry::Invited);
    assert_eq!(rig.drain(), []);
    rig.join(1, ASKING);
    assert_eq!(rig.drain(), [rig.granted_with(1, 30, 7), rig.taken(&[2, 3], 1, 1)]);
    assert_eq!(rig.general(), general::State::FloorTaken);
    assert_eq!(rig.state(1), towards::State::Permitted);
    assert_eq!(rig.state(3), towards::State::NotPermittedFloorTaken);
}

//= 24.380-6.3.2.2:conf test
#[test]
fn the_implicit_request_waits_for_the_first_listener() {
    let mut rig = initiated(Setup::with_participants(3));
    rig.join(1, ASKING);
    rig.request(1);
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.general(), general::State::StartStop);
    rig.join(2, Entry::Invited);
    assert_eq!(rig.drain(), [rig.granted(1, 30), rig.taken(&[2], 1, 1)]);
    rig.join(3, Entry::Invited);
    assert_eq!(rig.drain(), [rig.taken_to(3, 1, 2)]);
}

#[test]
fn participants_may_connect_before_the_call_is_said_to_be_initiated() {
    let mut rig = Setup::with_participants(2).start();
    rig.join(1, SILENT);
    rig.join(2, Entry::Invited);
    assert_eq!(rig.drain(), []);
    rig.signal(FloorSignalling::Initiated);
    assert_eq!(rig.drain(), [rig.idle_to(2, 1)]);
}

#[test]
fn the_implicit_request_of_a_receive_only_originator_is_denied() {
    let mut rig =
        initiated(Setup::with_participants(2).parameters(1, |parameters| parameters.receive_only = true));
    rig.join(2, Entry::Invited);
    rig.join(1, ASKING);
    assert_eq!(rig.drain(), [rig.deny(1, RejectCause::RECEIVE_ONLY), rig.idle_to(2, 1)]);
    assert_eq!(rig.general(), general::State::FloorIdle);
}

//= 24.380-6.3.5.2.2:taken test
#[test]
fn a_joiner_learns_who_talks() {
    let mut rig = Setup::with_participants(2).taken();
    rig.join(3, JOINING);
    assert_eq!(rig.drain(), [rig.taken_to(3, 1, 1)]);
    assert_eq!(rig.state(3), towards::State::NotPermittedFloorTaken);
}

#[test]
fn a_joiner_learns_who_talks_even_while_that_one_is_being_revoked() {
    let mut rig = Setup::with_participants(2).emergency(2).taken();
    rig.request_emergency(2);
    rig.forget();
    rig.join(3, JOINING);
    assert_eq!(rig.drain(), [rig.taken_to(3, 1, 1)]);
}

//= 24.380-6.3.5.2.2:idle test
//= 24.380-6.3.2.2:join test
#[test]
fn a_joiner_learns_that_the_floor_is_idle_and_has_not_asked_for_it() {
    let mut rig = Setup::with_participants(2).idle();
    rig.join(3, JOINING);
    assert_eq!(rig.drain(), [rig.idle_to(3, 1)]);
    assert_eq!(rig.general(), general::State::FloorIdle);
}

#[test]
fn a_joiner_that_asks_while_idle_is_granted() {
    let mut rig = Setup::with_participants(2).idle();
    rig.join(3, Entry::Joining { implicit_request: true });
    assert_eq!(rig.drain(), [rig.granted(3, 30), rig.taken(&[1, 2], 3, 1)]);
}

//= 24.380-6.3.5.2.2:queue test
//= 24.380-6.3.2.2:impq test
#[test]
fn a_joiner_that_asks_while_taken_is_queued_or_told_who_talks() {
    let mut rig = Setup::with_participants(4).queueing(&[3]).priority(3, 9).start();
    rig.signal(FloorSignalling::Initiated);
    rig.join(1, ASKING);
    rig.join(2, Entry::Invited);
    rig.forget();
    rig.join(3, Entry::Joining { implicit_request: true });
    assert_eq!(rig.drain(), [rig.position(3, 1, 9)]);
    rig.join(4, Entry::Joining { implicit_request: true });
    assert_eq!(rig.drain(), [rig.taken_to(4, 1, 1)]);
    assert_eq!(rig.queue(), [3]);
}

//= 24.380-6.3.5.1:create test
#[test]
fn nothing_is_sent_to_a_participant_before_it_is_there() {
    let mut rig = Setup::with_participants(3).idle();
    rig.leave(3);
    rig.request(1);
    assert_eq!(rig.drain(), [rig.granted(1, 30), rig.taken(&[2], 1, 1)]);
    rig.join(3, Entry::Invited);
    assert_eq!(rig.drain(), [rig.taken_to(3, 1, 2)]);
}

//= 24.380-6.3.2.2:g test
#[test]
fn calls_with_the_same_participants_do_not_influence_each_other() {
    let mut first = Setup::with_participants(2).idle();
    let mut second = Setup::with_participants(2).idle();
    first.request(1);
    second.request(2);
    assert_eq!(first.drain(), [first.granted(1, 30), first.taken(&[2], 1, 1)]);
    assert_eq!(second.drain(), [second.granted(2, 30), second.taken(&[1], 2, 1)]);
}
