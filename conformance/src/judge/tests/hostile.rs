//! Whatever is in a capture, the judge neither panics nor grows without bound.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;

use super::Judge;
use super::messages::request;
use super::steps::bob_talks;
use super::traces::{Traces, all};
use super::world::{ALICE, BOB, PF, World, address, rtp};
use crate::capture::Frame;
use crate::judge::Profile;

/// What the judge may remember of a flood of this many requests, in entries.
const REQUESTS: u32 = 12_000;
const ENTRIES: usize = 60_000;

fn traces(index: usize) -> &'static Traces {
    &all()[index % all().len()]
}

fn frames_of(index: usize) -> (Profile, Vec<Frame>) {
    let mut world = World::new();
    traces(index).accepts.play(&mut world);
    (world.profile, world.frames)
}

fn judge(profile: Profile, frames: &[Frame]) {
    let mut judge = Judge::new(profile);
    frames.iter().for_each(|frame| judge.observe(frame));
    drop(judge.finish(Duration::from_secs(5000)));
}

/// From which place to which, which octets, when.
fn datagram() -> impl Strategy<Value = (usize, usize, Vec<u8>, u32)> {
    (0..6_usize, 0..6_usize, prop::collection::vec(any::<u8>(), 0..80), any::<u32>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_datagrams_do_no_harm(
        datagrams in prop::collection::vec(datagram(), 0..40),
    ) {
        let mut world = World::new();
        bob_talks(&mut world);
        let mut ends = vec![address(PF), address(ALICE), address(BOB), world.floor_port(BOB)];
        ends.extend(world.frames.iter().rev().take(2).map(|frame| frame.source));
        for (from, to, octets, time) in datagrams {
            world.frame(ends[from], ends[to], Bytes::from(octets));
            if let Some(last) = world.frames.last_mut() {
                last.time = Duration::from_millis(time.into());
            }
        }
        judge(world.profile.clone(), &world.frames);
    }

    #[test]
    fn damaged_traces_do_no_harm(
        index in any::<usize>(),
        damages in prop::collection::vec((any::<Index>(), any::<Index>(), any::<u8>()), 1..30),
    ) {
        let (profile, mut frames) = frames_of(index);
        for (which, place, octet) in damages {
            let frame = which.get_mut(&mut frames);
            let mut octets = frame.payload.to_vec();
            if !octets.is_empty() {
                *place.get_mut(&mut octets) = octet;
            }
            frame.payload = octets.into();
        }
        judge(profile, &frames);
    }

    #[test]
    fn traces_in_another_order_do_no_harm(
        index in any::<usize>(),
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 0..40),
        path in 0..200_u64,
    ) {
        let (mut profile, mut frames) = frames_of(index);
        profile.path = Duration::from_millis(path);
        let length = frames.len();
        for (one, other) in swaps {
            frames.swap(one.index(length), other.index(length));
        }
        judge(profile, &frames);
    }
}

#[test]
fn extreme_timers_and_times_do_no_harm() {
    let mut world = World::new();
    bob_talks(&mut world);
    let longest = Duration::MAX;
    let timers = &mut world.profile.timers;
    (timers.t1, timers.t2, timers.t3, timers.t7, timers.t8, timers.t20) =
        (longest, longest, longest, longest, longest, longest);
    timers.t4 = Some(longest);
    (timers.c7, timers.c20) = (u64::MAX, u64::MAX);
    (world.profile.response, world.profile.jitter, world.profile.path) = (longest, longest, longest);
    if let Some(last) = world.frames.last_mut() {
        last.time = longest;
    }
    judge(world.profile, &world.frames);
}

#[test]
fn memory_is_bounded() {
    let mut world = World::new();
    bob_talks(&mut world);
    let frame = |world: &World, number: u32, payload: Bytes| Frame {
        number: number.into(),
        time: world.now,
        source: address(ALICE),
        destination: address(PF),
        transport: Default::default(),
        payload,
        truncated: false,
        comments: Vec::new(),
    };
    let mut judge = Judge::new(world.profile.clone());
    world.frames.iter().for_each(|frame| judge.observe(frame));
    for number in 0..REQUESTS {
        let text = format!(
            "INVITE sip:x@example.org SIP/2.0\r\n\
             Via: SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bKflood{number}\r\n\
             From: <sip:user{number}@example.org>;tag=1\r\nTo: <sip:x@example.org>\r\n\
             Call-ID: flood{number}\r\n\
             CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        );
        judge.observe(&frame(&world, number, text.clone().into()));
        let answer = text.replacen("INVITE sip:x@example.org SIP/2.0", "SIP/2.0 200 OK", 1);
        let answer = Frame {
            source: address(PF),
            destination: address(ALICE),
            ..frame(&world, number, answer.into())
        };
        judge.observe(&answer);
    }
    // Obligations and judgements: nobody answers, everybody talks.
    let (client, server) = world
        .frames
        .iter()
        .rev()
        .find(|frame| frame.source.port() == 40_000)
        .map(|frame| (frame.source, frame.destination))
        .expect("somebody has talked");
    for number in 0..REQUESTS {
        let sequence = u16::try_from(number % 60_000).expect("it is below");
        let voice =
            Frame { source: client, destination: server, ..frame(&world, number, rtp(BOB, sequence)) };
        judge.observe(&voice);
    }
    let floor = world.floor_port(BOB);
    let request = request().encode().expect("it fits");
    let asked = Frame {
        source: (client.ip(), client.port() + 2).into(),
        destination: floor,
        ..frame(&world, 1, request)
    };
    judge.observe(&asked);
    assert!(judge.size() < ENTRIES, "{} entries", judge.size());
}
