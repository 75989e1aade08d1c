//! Traces of what carries calls: streams and large datagrams of SIP, protected voice, the ports of the server.

use std::net::SocketAddr;

use bytes::Bytes;
use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};
use media_plane::crypto::{MediaProtection, Srtp};

use super::places::{address, media, rtp};
use super::steps::{bob_talks, idle_call};
use super::traces::Row;
use super::world::{ALICE, BOB, CAROL, PF, USERS, World};

/// Long enough for everything that has to come at once.
const AFTERWARDS: u64 = 600;

/// What goes with the key of [`World`].
fn sealing() -> Srtp {
    let key =
        Crypto::new(1, CryptoSuite::AesCm128HmacSha1_80, KeySalt::new(vec![0; 30])).expect("its length");
    Srtp::new(&MediaProtection { send: key.clone(), receive: key }).expect("a suite of ours")
}

/// Bob talks, protected.
fn secured_talk(w: &mut World) {
    w.sealing = Some(sealing());
    bob_talks(w);
}

/// A packet of bob whose tag does not fit.
fn forged(w: &mut World, heard_by: &[usize]) {
    secured_talk(w);
    let mut octets = w.sealed(rtp(BOB, 500)).to_vec();
    *octets.last_mut().expect("it has a tag") ^= 1;
    w.say(BOB, octets.into(), heard_by);
    w.wait(AFTERWARDS);
}

/// A packet of bob that comes once more.
fn again(w: &mut World, heard_by: &[usize]) {
    secured_talk(w);
    let octets = w.sealed(rtp(BOB, 500));
    w.say(BOB, octets.clone(), &[ALICE, CAROL]);
    w.wait(100);
    w.say(BOB, octets, heard_by);
    w.wait(AFTERWARDS);
}

/// Bob's numbers begin again.
fn wraps(w: &mut World, heard_by: &[usize]) {
    w.sealing = Some(sealing());
    idle_call(w);
    w.take(BOB, &[ALICE, CAROL]);
    w.wait(300);
    for sequence in [u16::MAX - 1, u16::MAX] {
        w.voice(BOB, sequence, &[ALICE, CAROL]);
        w.wait(100);
    }
    for sequence in [0, 1, 2, 3, 4] {
        w.voice(BOB, sequence, heard_by);
        w.wait(100);
    }
    w.wait(AFTERWARDS);
}

/// Carol hears bob once more, from this port of the server.
fn from_port(w: &mut World, port: Option<u16>) {
    bob_talks(w);
    if let Some(port) = port {
        w.frame(([10, 0, 0, 3], port).into(), media(CAROL), rtp(BOB, 500));
    }
    w.wait(AFTERWARDS);
}

/// OPTIONS of alice over this transport with a body of so many octets, answered or not.
fn options(w: &mut World, transport: &str, octets: usize, answered: bool) {
    w.log_in(ALICE);
    let (at, to): (SocketAddr, _) = (address(ALICE), address(PF));
    let fields = format!(
        "Via: SIP/2.0/{transport} {at};branch=z9hG4bKcarried\r\nFrom: <{user}>;tag=f\r\n\
         To: <sip:functions@mc.example.org>{{tag}}\r\nCall-ID: carried@example.org\r\nCSeq: 1 OPTIONS\r\n",
        user = USERS[ALICE],
    );
    let request = format!(
        "OPTIONS sip:functions@mc.example.org SIP/2.0\r\n{}Max-Forwards: 70\r\nContent-Length: {octets}\r\n\r\n{}",
        fields.replace("{tag}", ""),
        "x".repeat(octets)
    );
    w.frame(at, to, Bytes::from(request));
    if answered {
        let response =
            format!("SIP/2.0 200 OK\r\n{}Content-Length: 0\r\n\r\n", fields.replace("{tag}", ";tag=t"));
        w.frame(to, at, Bytes::from(response));
    }
    w.wait(40_000);
}

/// A row.
macro_rules! row {
    ($requirement:literal, $accepts:expr, $rejects:expr, $unarmed:literal) => {
        row!($requirement, $accepts, $rejects, $unarmed, &[])
    };
    ($requirement:literal, $accepts:expr, $rejects:expr, $unarmed:literal, $also:expr) => {
        Row {
            requirement: $requirement,
            accepts: $accepts,
            rejects: $rejects,
            unarmed: $unarmed,
            also: $also,
        }
    };
}

pub(super) const TRACES: &[Row] = &[
    row!(
        "RFC3261-18.3:framing",
        |w| options(w, "TCP", 0, true),
        |w| options(w, "TCP", 0, false),
        "idle call"
    ),
    row!(
        "RFC3261-18.1.1:maximum",
        |w| options(w, "UDP", 20_000, true),
        |w| options(w, "UDP", 20_000, false),
        "idle call"
    ),
    row!("RFC3711-4.2", |w| forged(w, &[]), |w| forged(w, &[ALICE]), "bob talks"),
    row!("RFC3711-3.3.2", |w| again(w, &[]), |w| again(w, &[CAROL]), "bob talks"),
    row!(
        "RFC3711-3.3.1",
        |w| wraps(w, &[ALICE, CAROL]),
        |w| wraps(w, &[]),
        "bob talks",
        &["24.380-6.3.4.4.5:4"]
    ),
    row!("RFC4961-4", |w| from_port(w, None), |w| from_port(w, Some(50_999)), "alice registers"),
];
