//! Steps from which the traces of floor control are composed.

use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, RejectCause, RevokeCause};
use mcptt_codec::id::Ssrc;
use mcptt_codec::sip::multipart::Part;
use mcptt_codec::xml::mime;

use super::messages::{deny, emergency, granted, position, release, request, revoke};
use super::world::{ALICE, BOB, CAROL, CF, DAVE, FIRE, PF, RAIL, World};

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

/// Alice pre-empts bob.
fn alice_pre_empts(w: &mut World) {
    carol_waits(w);
    w.up(ALICE, &emergency());
    w.down(BOB, &revoke(RevokeCause::PRE_EMPTED));
    w.down(ALICE, &position(1));
    w.wait(300);
}

/// Carol sends without permission and is revoked.
fn carol_sends(w: &mut World) {
    w.voice(CAROL, 900, &[]);
    w.down(CAROL, &revoke(RevokeCause::NO_PERMISSION));
}

/// Request and release of bob in one datagram.
fn two_in_one(w: &mut World) {
    idle_call(w);
    let octets = [request().encode().expect("it fits"), release(false).encode().expect("it fits")].concat();
    w.up_octets(BOB, octets.into());
}

/// A call of this kind, the floor idle.
fn call_of(w: &mut World, kind: FloorIndicator) {
    w.kind = kind;
    idle_call(w);
}

/// Somebody who is in no call sends to the floor port of bob.
fn stranger(w: &mut World) -> (SocketAddr, SocketAddr) {
    idle_call(w);
    let (stranger, server) = (SocketAddr::from(([10, 9, 9, 9], 40_002)), w.floor_port(BOB));
    w.frame(stranger, server, request().encode().expect("it fits"));
    (stranger, server)
}

/// T1 is one second; bob is revoked, sends once more and then nothing.
fn bob_falls_silent_in_grace(w: &mut World) {
    w.profile.timers.t1 = Duration::from_secs(1);
    bob_is_revoked(w);
    w.wait(500);
    talks(w, BOB, 0);
}

fn log_all_in(w: &mut World) {
    EVERYBODY.iter().for_each(|who| w.log_in(*who));
}

/// Dave calls the group that talks already.
fn dave_joins(w: &mut World, asks: bool) {
    w.log_in(DAVE);
    let client = w.invite(DAVE, FIRE, asks, "", false);
    let core = w.hand_on(DAVE, FIRE, asks);
    w.accept(DAVE, &client, &core, false, ALREADY_EXISTS);
}

/// Alice, alone in the group, calls and is answered at once; she is granted when others have come, or before.
fn call_of_one(w: &mut World, granted_at_once: bool) {
    w.log_in(ALICE);
    w.call(ALICE, &[], FIRE, true);
    if granted_at_once {
        w.down(ALICE, &granted(10));
        w.wait(500);
    }
}

/// The answer to alice's INVITE comes after the first floor message.
fn called_too_early(w: &mut World) {
    log_all_in(w);
    let client = w.invite(ALICE, FIRE, false, "", false);
    let core = w.hand_on(ALICE, FIRE, false);
    [BOB, CAROL].iter().for_each(|member| w.bring_in(ALICE, *member, FIRE));
    let idle = w.idle().encode().expect("it fits");
    w.frame(w.floor_port(BOB), ([10, 0, 1, 1], 40_002).into(), idle);
    w.wait(300);
    w.accept(ALICE, &client, &core, false, "");
}

/// Alice is granted before the answer to her INVITE.
fn granted_too_early(w: &mut World) {
    log_all_in(w);
    let client = w.invite(ALICE, FIRE, true, "", false);
    let core = w.hand_on(ALICE, FIRE, true);
    w.bring_in(ALICE, BOB, FIRE);
    let granted = granted(10).encode().expect("it fits");
    w.frame(w.floor_port(BOB), ([10, 0, 1, 1], 40_002).into(), granted);
    w.wait(20);
    w.accept(ALICE, &client, &core, true, "");
}

/// Alice has called a temporary group; bob and carol are its constituent groups and have not answered.
fn temporary_call(w: &mut World) {
    w.group(FIRE).temporary = true;
    log_all_in(w);
    let client = w.invite(ALICE, FIRE, false, "", false);
    let core = w.hand_on(ALICE, FIRE, false);
    [BOB, CAROL].iter().for_each(|member| w.ring(ALICE, *member, FIRE));
    w.accept(ALICE, &client, &core, false, "");
    w.wait(300);
}

/// A constituent group asks for the floor by INFO.
fn group_asks(w: &mut World) {
    let info = super::places::info(FIRE, None, None);
    let request = br#"<?xml version="1.0"?><mcptt-floor-request xmlns="urn:3gpp:ns:mcpttFloorRequest:1.0"/>"#;
    let parts = [
        Part::new(mime::MCPTT_INFO, info.to_xml()),
        Part::new(mime::FLOOR_REQUEST, bytes::Bytes::from_static(request)),
    ];
    w.request(PF, CF, "INFO", "", &parts);
}

const ALREADY_EXISTS: &str = "Warning: 399 cf.example.org \"123 MCPTT session already exists\"\r\n";

/// A step of a script.
type Step = fn(&mut World);

/// The steps that have a name.
pub(super) const NAMED: &[(&str, Step)] = &[
    ("idle call", idle_call),
    ("call", |w| {
        log_all_in(w);
        w.call(ALICE, &[BOB, CAROL], FIRE, false);
    }),
    ("implicit call", |w| {
        log_all_in(w);
        w.call(ALICE, &[BOB, CAROL], FIRE, true);
    }),
    ("alone", |w| {
        w.log_in(ALICE);
        w.call(ALICE, &[], FIRE, false);
        w.wait(1000);
    }),
    ("early call", |w| call_of_one(w, true)),
    ("later call", |w| call_of_one(w, false)),
    ("called too early", called_too_early),
    ("granted too early", granted_too_early),
    ("temporary call", temporary_call),
    ("group asks", group_asks),
    ("broadcast call", |w| call_of(w, FloorIndicator::BROADCAST)),
    ("emergency call", |w| call_of(w, FloorIndicator::EMERGENCY)),
    ("broadcast emergency call", |w| call_of(w, FloorIndicator::BROADCAST | FloorIndicator::EMERGENCY)),
    ("bob talks", bob_talks),
    ("carol waits", carol_waits),
    ("alice waits too", alice_waits_too),
    ("carol is served", carol_is_served),
    ("bob is revoked", bob_is_revoked),
    ("bob goes on", bob_goes_on),
    ("bob falls silent in the grace", bob_falls_silent_in_grace),
    ("alice pre-empts", alice_pre_empts),
    ("carol sends", carol_sends),
    ("two in one", two_in_one),
    ("without queueing", |w| w.queueing = false),
    ("granted offered", |w| w.granted[0] = true),
    ("granted answered", |w| w.granted[1] = true),
    ("bob is private", |w| w.private.push(BOB)),
    ("floor ssrc", |w| w.floor_ssrc = Some(Ssrc(77))),
    ("receive only", |w| w.member(FIRE, CAROL).receive_only = true),
    ("alice may cancel", |w| w.member(FIRE, ALICE).cancels_queued = true),
    ("alice may revoke", |w| w.user(ALICE).revokes_others = true),
    ("carol may not talk along", |w| w.member(FIRE, CAROL).talks_beside = false),
    ("two talkers", |w| w.group(FIRE).max_talkers = Some(2)),
    ("dual floor", |w| w.group(FIRE).dual_floor = true),
    ("bob and carol talk", |w| {
        w.group(FIRE).max_talkers = Some(2);
        let steps = "idle call; B> request; B< granted 10 bits=I ssrc=2; AC< taken B bits=I ssrc=2; +300; C> request; \
                     C< granted 10 bits=I ssrc=3; AB< taken C bits=I users=BC ssrcs=2,3; +300";
        super::script::steps(w, steps);
    }),
    ("alice talks over bob", |w| {
        w.group(FIRE).dual_floor = true;
        let steps = "idle call; B> request; B< granted 10; AC< taken B; +300; B~AC; A> request p=5 bits=D; \
                     A< granted 30 bits=G; BC< taken A bits=G; +300";
        super::script::steps(w, steps);
    }),
    ("cut in", |w| {
        w.group(FIRE).audio_cut_in = true;
        w.queueing = false;
    }),
    ("alice authorises", |w| w.settings(ALICE, true, "200 OK", "SIP-ETag: e\r\nExpires: 3600\r\n")),
    ("alice registers", |w| w.log_in(ALICE)),
    ("dave comes", |w| {
        w.log_in(DAVE);
        w.bring_in(ALICE, DAVE, FIRE);
    }),
    ("dave joins", |w| dave_joins(w, false)),
    ("dave joins asking", |w| dave_joins(w, true)),
    ("dave elsewhere", |w| {
        w.member(RAIL, DAVE).talks_beside = true;
        w.register(DAVE);
        w.settings(DAVE, false, "200 OK", "SIP-ETag: e\r\nExpires: 3600\r\n");
        w.affiliate(DAVE, RAIL, "4294967295");
        let session = std::mem::replace(&mut w.session, "sip:s-2@cf.example.org;gr=2".to_owned());
        w.call(DAVE, &[], RAIL, false);
        w.session = session;
        w.wait(300);
    }),
    ("stranger", |w| {
        stranger(w);
    }),
    ("stranger is answered", |w| {
        let (stranger, server) = stranger(w);
        w.frame(server, stranger, deny(RejectCause::OTHER).encode().expect("it fits"));
    }),
];
