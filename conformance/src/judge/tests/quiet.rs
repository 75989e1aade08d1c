//! What is legal is not called a violation: other orders, other vantage points, messages that cross.

use std::time::Duration;

use mcptt_codec::floor::{RejectCause, RevokeCause};

use super::messages::{deny, position, position_request, release, request, revoke};
use super::steps::{bob_talks, idle_call};
use super::world::{ALICE, BOB, CAROL, FIRE, World};
use super::{Judge, all, complaints, violated};
use crate::judge::Outcome;

/// Half of a second's worth of what the target may take.
const WAY: Duration = Duration::from_millis(50);

fn silent(name: &str, trace: impl Fn(&mut World)) {
    let mut world = World::new();
    trace(&mut world);
    world.wait(600);
    let judgements = world.judged();
    let violations: Vec<_> = judgements.violations().collect();
    assert!(violations.is_empty(), "{name}: {violations:#?}");
}

#[test]
fn legal_behaviour_is_not_called_a_violation() {
    silent("more Queue Position Info than asked for", |w| {
        bob_talks(w);
        w.up(CAROL, &request());
        w.down(CAROL, &position(1));
        w.down(CAROL, &position(1));
        w.wait(100);
        w.down(CAROL, &position(1));
    });
    silent("an answer that takes its time", |w| {
        idle_call(w);
        w.up(BOB, &request());
        w.wait(190);
        w.grant(BOB, &[ALICE, CAROL]);
    });
    silent("every copy of a request answered", |w| {
        w.queueing = false;
        bob_talks(w);
        w.up(CAROL, &request());
        w.up(CAROL, &request());
        w.down(CAROL, &deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION));
        w.down(CAROL, &deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION));
    });
    silent("the second of two requests is queued while the first one is being granted", |w| {
        idle_call(w);
        w.up(BOB, &request());
        w.wait(5);
        w.up(CAROL, &request());
        w.grant(BOB, &[ALICE, CAROL]);
        w.down(CAROL, &position(1));
    });
    silent("a talker gone silent is given up while another one asks", |w| {
        bob_talks(w);
        w.wait(3500);
        w.up(CAROL, &request());
        w.idle_to(&[ALICE, BOB, CAROL]);
        w.grant(CAROL, &[ALICE, BOB]);
    });
    silent("the talker is given up before its release arrives", |w| {
        bob_talks(w);
        w.wait(3500);
        w.up(BOB, &release(false));
        w.idle_to(&[ALICE, BOB, CAROL]);
        w.idle_to(&[BOB]);
    });
    silent("revokes for lack of permission that go on", |w| {
        idle_call(w);
        w.voice(CAROL, 900, &[]);
        for _ in 0..4 {
            w.down(CAROL, &revoke(RevokeCause::NO_PERMISSION));
            w.wait(1000);
        }
        w.take(BOB, &[ALICE]);
    });
    silent(
        "one that has fallen silent after a Floor Revoke is let out with Floor Idle, and asks again",
        |w| {
            idle_call(w);
            w.voice(CAROL, 900, &[]);
            for _ in 0..2 {
                w.down(CAROL, &revoke(RevokeCause::NO_PERMISSION));
                w.wait(1000);
            }
            w.idle_to(&[CAROL]);
            w.wait(300);
            w.up(CAROL, &request());
            w.grant(CAROL, &[ALICE, BOB]);
        },
    );
    silent("the same while another talks: it asks, has to wait, and asks for its place", |w| {
        bob_talks(w);
        w.voice(CAROL, 900, &[]);
        for _ in 0..2 {
            w.down(CAROL, &revoke(RevokeCause::NO_PERMISSION));
            w.wait(1000);
        }
        let taken = w.taken(BOB);
        w.down(CAROL, &taken);
        w.up(CAROL, &request());
        w.down(CAROL, &position(1));
        w.wait(300);
        w.up(CAROL, &position_request());
        w.down(CAROL, &position(1));
    });
    silent("a user without queueing whose server is in trouble", |w| {
        w.queueing = false;
        bob_talks(w);
        w.up(CAROL, &request());
        w.down(CAROL, &deny(RejectCause::INTERNAL_ERROR));
    });
    silent("a BYE to one participant does not silence the others", |w| {
        idle_call(w);
        w.affiliate(CAROL, FIRE, "0");
        w.dismiss(CAROL);
        w.wait(600);
        w.take(BOB, &[ALICE]);
    });
}

/// Shows every frame a little later or earlier than it was sent, as a tester far from the target sees it:
/// messages of clients early, those of the target late. Of clients that are judged it is known only that they are
/// far away.
#[test]
fn good_traces_are_accepted_from_far_away() {
    for traces in all() {
        let mut world = World::new();
        traces.accepts.play(&mut world);
        from_far_away(&mut world);
        let judgements = world.judged();
        let wrong = complaints(&judgements);
        assert!(wrong.is_empty(), "{}{wrong}", traces.requirement);
    }
}

/// The frames as they are seen far from the target.
pub(super) fn from_far_away(world: &mut World) {
    world.profile.path = WAY;
    let server = |address: std::net::SocketAddr| address.ip().to_string().starts_with("10.0.0.");
    for frame in &mut world.frames {
        // Who is asked answers when it has seen the question.
        let asks = frame.payload.starts_with(b"INVITE") || frame.payload.starts_with(b"BYE");
        let of_target = server(frame.source) && !server(frame.destination);
        if of_target && !asks && world.profile.subjects.server {
            frame.time += WAY;
        }
    }
    world.frames.sort_by_key(|frame| frame.time);
}

#[test]
fn what_crosses_on_the_way_stays_open() {
    // Bob and carol ask within the time of the way; carol's request is there first.
    let mut world = World::new();
    idle_call(&mut world);
    world.profile.path = WAY;
    world.up(BOB, &request());
    world.wait(10);
    world.up(CAROL, &request());
    world.wait(100);
    world.grant(CAROL, &[ALICE, BOB]);
    world.down(BOB, &position(1));
    world.wait(600);
    let judgements = world.judged();
    assert_eq!(violated(&judgements).len(), 0, "{:#?}", judgements.violations().collect::<Vec<_>>());
    let grants = judgements.0.iter().filter(|one| one.requirement == "24.380-6.3.4.3.3:2");
    assert_eq!(grants.map(|one| one.outcome).collect::<Vec<_>>(), [Outcome::Open]);
}

/// A capture that begins anywhere in a good trace, without knowledge of the documents, shows nothing wrong.
#[test]
fn who_comes_in_the_middle_sees_nothing_wrong() {
    let mut all_wrong = String::new();
    for traces in all() {
        let mut world = World::new();
        traces.accepts.play(&mut world);
        for (begin, wrong) in from_the_middle(&mut world) {
            all_wrong.push_str(&format!("\n{} from {begin}{wrong}", traces.requirement));
        }
    }
    assert!(all_wrong.is_empty(), "{all_wrong}");
}

/// What is complained of when the observation begins at this frame, without knowledge of the documents.
pub(super) fn from_the_middle(world: &mut World) -> Vec<(usize, String)> {
    world.profile.documents = None;
    world.profile.queue_limit = None;
    let frames = std::mem::take(&mut world.frames);
    let step = (frames.len() / 12).max(1);
    let judged = |begin: usize| {
        let mut judge = Judge::new(world.profile.clone());
        frames.iter().skip(begin).for_each(|frame| judge.observe(frame));
        (begin, complaints(&judge.finish(world.now)))
    };
    (0..frames.len()).step_by(step).map(judged).filter(|(_, wrong)| !wrong.is_empty()).collect()
}

/// The addresses of the functions are learned, and nobody is taken for somebody else before.
#[test]
fn the_functions_need_not_be_named() {
    for traces in all() {
        let mut world = World::new();
        world.profile.participating = None;
        world.profile.controlling = None;
        traces.accepts.play(&mut world);
        let judgements = world.judged();
        let wrong = complaints(&judgements);
        assert!(wrong.is_empty(), "{}{wrong}", traces.requirement);
    }
}

#[test]
fn judgements_stand_in_the_order_in_which_they_were_decided() {
    let mut world = World::new();
    bob_talks(&mut world);
    world.up(BOB, &release(false));
    world.wait(5000);
    let judgements = world.judged();
    let decided: Vec<u64> = judgements.0.iter().filter_map(|one| one.decided_by).collect();
    assert!(decided.is_sorted(), "{decided:?}");
    assert!(judgements.0.iter().all(|one| one.decided_by.is_none_or(|by| one.armed_by <= by)));
    assert!(judgements.0.iter().all(|one| (one.outcome == Outcome::Violated) != one.actual.is_empty()));
    let counts = judgements.counts();
    let of = |requirement| counts.get(requirement).copied().unwrap_or_default();
    assert_eq!(of("24.380-6.3.4.3.2:2").violated, 3, "none of three was told");
    assert!(counts.values().all(|one| one.armed == one.held + one.violated + one.open));
}
