//! Steps from which the traces of floor control are composed.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::floor::{FloorGranted, FloorMessage, RevokeCause};

use super::messages::{emergency, granted, position, release, request, revoke};
use super::world::{ALICE, BOB, CAROL, DAVE, FIRE, World};

pub(super) const EVERYBODY: &[usize] = &[ALICE, BOB, CAROL];

/// Long enough for everything that has to come at once.
pub(super) const AFTERWARDS: u64 = 600;

/// A call of three, the floor idle.
pub(super) fn idle_call(w: &mut World) {
    EVERYBODY.iter().for_each(|who| w.log_in(*who));
    w.call(ALICE, &[BOB, CAROL], FIRE, false);
    w.wait(1000);
}

/// The same call, bob talks.
pub(super) fn bob_talks(w: &mut World) {
    idle_call(w);
    w.take(BOB, &[ALICE, CAROL]);
    w.wait(500);
    talks(w, BOB, 0);
}

/// Goes on to talk, in steps of half a second, and waits half a second after the last packet.
pub(super) fn talks(w: &mut World, who: usize, half_seconds: u16) {
    let listeners: Vec<usize> = EVERYBODY.iter().copied().filter(|one| *one != who).collect();
    for _ in 0..=half_seconds {
        let sequence = u16::try_from(w.frames.len()).expect("traces are short");
        w.voice(who, sequence, &listeners);
        w.wait(500);
    }
}

pub(super) fn lets_go(w: &mut World, who: usize) {
    w.up(who, &release(false));
}

/// Carol waits for bob to end.
pub(super) fn carol_waits(w: &mut World) {
    bob_talks(w);
    w.up(CAROL, &request());
    w.down(CAROL, &position(1));
    w.wait(300);
}

/// Alice waits behind carol.
pub(super) fn alice_waits_too(w: &mut World) {
    carol_waits(w);
    w.up(ALICE, &request());
    w.down(ALICE, &position(2));
    w.wait(300);
}

/// Carol waited, bob let go, carol is granted and stays silent.
pub(super) fn carol_is_served(w: &mut World) {
    carol_waits(w);
    lets_go(w, BOB);
    w.grant(CAROL, &[ALICE, BOB]);
}

/// Bob has talked for T2 and is revoked.
pub(super) fn bob_is_revoked(w: &mut World) {
    bob_talks(w);
    talks(w, BOB, 18);
    w.down(BOB, &revoke(RevokeCause::MEDIA_BURST_TOO_LONG));
}

/// And goes on for the first two seconds of the grace, the revoke repeated.
pub(super) fn bob_goes_on(w: &mut World) {
    bob_is_revoked(w);
    for _ in 0..2 {
        w.wait(500);
        talks(w, BOB, 0);
        w.down(BOB, &revoke(RevokeCause::MEDIA_BURST_TOO_LONG));
    }
}

/// Alice pre-empts bob, who lets go.
pub(super) fn alice_pre_empts(w: &mut World, cause: RevokeCause) {
    carol_waits(w);
    w.up(ALICE, &emergency());
    w.down(BOB, &revoke(cause));
    w.down(ALICE, &position(1));
    w.wait(300);
    lets_go(w, BOB);
}

pub(super) fn run(w: &mut World, steps: &[&dyn Fn(&mut World)]) {
    steps.iter().for_each(|step| step(w));
    w.wait(AFTERWARDS);
}

/// Carol, who does not talk, releases with the acknowledgement bit and gets these.
pub(super) fn stray(w: &mut World, answers: &[FloorMessage]) {
    w.up(CAROL, &release(true));
    answers.iter().for_each(|answer| w.down(CAROL, answer));
    w.wait(AFTERWARDS);
}

pub(super) fn taken_by_bob(w: &mut World) -> FloorMessage {
    w.taken(BOB)
}

/// Carol sends octets that are to be ignored, and is answered or not.
pub(super) fn ignored(w: &mut World, first: u8, answer: Option<FloorMessage>) {
    idle_call(w);
    let header = [first, 204, 0, 2, 0, 0, 0, 1];
    w.up_octets(CAROL, Bytes::from([&header[..], b"MCPT"].concat()));
    answer.iter().for_each(|answer| w.down(CAROL, answer));
    w.wait(AFTERWARDS);
}

/// Carol sends without permission and is revoked.
pub(super) fn carol_sends(w: &mut World, heard_by: &[usize]) {
    w.voice(CAROL, 900, heard_by);
    w.down(CAROL, &revoke(RevokeCause::NO_PERMISSION));
}

/// Request and release of bob in one datagram.
pub(super) fn two_in_one(w: &mut World) {
    idle_call(w);
    let octets = [request().encode().expect("it fits"), release(false).encode().expect("it fits")].concat();
    w.up_octets(BOB, octets.into());
}

/// Dave affiliates and is brought into the call.
pub(super) fn dave_comes(w: &mut World) {
    w.log_in(DAVE);
    w.bring_in(ALICE, DAVE, FIRE);
}

pub(super) fn implicit_call(w: &mut World) {
    EVERYBODY.iter().for_each(|who| w.log_in(*who));
    w.call(ALICE, &[BOB, CAROL], FIRE, true);
}

pub(super) fn without_queueing(w: &mut World) {
    w.queueing = false;
    bob_talks(w);
    w.up(CAROL, &request());
}

pub(super) fn stranger(w: &mut World) -> (SocketAddr, SocketAddr) {
    idle_call(w);
    let (stranger, server) = (SocketAddr::from(([10, 9, 9, 9], 40_002)), w.floor_port(BOB));
    w.frame(stranger, server, request().encode().expect("it fits"));
    (stranger, server)
}

/// Grant of bob's request with this in it, and Floor Taken to the others.
pub(super) fn granted_with(w: &mut World, message: FloorGranted) {
    idle_call(w);
    w.up(BOB, &request());
    w.down(BOB, &FloorMessage::Granted(message));
    let taken = w.taken(BOB);
    [ALICE, CAROL].iter().for_each(|other| w.down(*other, &taken));
    w.wait(AFTERWARDS);
}

pub(super) fn as_granted(message: FloorMessage) -> FloorGranted {
    match message {
        FloorMessage::Granted(granted) => granted,
        other => panic!("{} is no grant", other.name()),
    }
}

pub(super) fn alone(w: &mut World) {
    w.log_in(ALICE);
    w.call(ALICE, &[], FIRE, false);
    w.wait(1000);
}

/// Floor Idle every T7, this many times, where C7 allows two.
pub(super) fn idle_copies(w: &mut World, copies: u64) {
    w.profile.timers.c7 = 2;
    bob_talks(w);
    lets_go(w, BOB);
    for _ in 0..copies {
        w.idle_to(EVERYBODY);
        w.wait(1000);
    }
    w.wait(3000);
}

/// Bob talks, lets go and talks again, which is told with a new number, or with this message.
pub(super) fn talk_twice(w: &mut World, again: Option<FloorMessage>) {
    idle_call(w);
    w.up(BOB, &request());
    w.down(BOB, &granted(10));
    let taken = again.clone().unwrap_or_else(|| w.taken(BOB));
    [ALICE, CAROL].iter().for_each(|other| w.down(*other, &taken));
    w.wait(300);
    lets_go(w, BOB);
    w.idle_to(EVERYBODY);
    w.wait(300);
    w.up(BOB, &request());
    w.down(BOB, &granted(10));
    let taken = again.unwrap_or_else(|| w.taken(BOB));
    [ALICE, CAROL].iter().for_each(|other| w.down(*other, &taken));
    w.wait(AFTERWARDS);
}

/// Carol is served and gives no sign; the grant is repeated this many times.
pub(super) fn carol_stays_silent(w: &mut World, copies: usize) {
    carol_is_served(w);
    for _ in 0..copies {
        w.wait(1000);
        w.down(CAROL, &granted(10));
    }
}

pub(super) fn queue_of_one(w: &mut World, answer: &FloorMessage) {
    w.profile.queue_limit = Some(1);
    carol_waits(w);
    w.up(ALICE, &request());
    w.down(ALICE, answer);
    w.wait(AFTERWARDS);
}

pub(super) fn carol_withdraws(w: &mut World) {
    carol_waits(w);
    lets_go(w, CAROL);
    let taken = taken_by_bob(w);
    w.down(CAROL, &taken);
    w.wait(300);
}

pub(super) fn stray_while_idle(w: &mut World, ack: Option<FloorMessage>, told: bool) {
    idle_call(w);
    let idle = told.then(|| w.idle());
    stray(w, &ack.into_iter().chain(idle).collect::<Vec<_>>());
}

pub(super) fn stray_while_taken(w: &mut World, ack: Option<FloorMessage>, told: bool) {
    bob_talks(w);
    let taken = told.then(|| w.taken(BOB));
    stray(w, &ack.into_iter().chain(taken).collect::<Vec<_>>());
}

/// T1 is one second; bob is revoked, sends once more and then nothing.
pub(super) fn bob_falls_silent_in_grace(w: &mut World) {
    w.profile.timers.t1 = Duration::from_secs(1);
    bob_is_revoked(w);
    w.wait(500);
    talks(w, BOB, 0);
}
