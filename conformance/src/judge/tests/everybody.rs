//! What concerns everybody in a call is watched at everybody, whatever has brought it about.

use std::collections::BTreeSet;

use super::quiet::{from_far_away, from_the_middle};
use super::script;
use super::world::World;
use super::{complaints, violated};

/// What this is about, a trace in which everybody is told, one in which somebody is not, and what that breaks.
type Told = (&'static str, &'static str, &'static str, &'static [&'static str]);

const TOLD: &[Told] = &[
    (
        "Floor Idle comes again to everybody",
        "bob talks; B> release; ABC< idle; +1000; ABC< idle; +1000; ABC< idle",
        "bob talks; B> release; ABC< idle; +1000; AB< idle; +1000; ABC< idle",
        &["24.380-6.3.4.3.4:below"],
    ),
    (
        "and not too early to anybody",
        "bob talks; B> release; ABC< idle; +1000; ABC< idle",
        "bob talks; B> release; ABC< idle; +300; C< idle; +700; ABC< idle",
        &["24.380-6.3.4.3.4:below"],
    ),
    (
        "and not too often to anybody",
        "set c7 2; bob talks; B> release; ABC< idle; +1000; ABC< idle; +4000",
        "set c7 2; bob talks; B> release; ABC< idle; +1000; ABC< idle; +1000; C< idle; +3000",
        &["24.380-6.3.4.3.4:limit", "24.380-11.2.3:c7"],
    ),
    (
        "Floor Idle after the silence of the talker",
        "bob talks; +3500; ABC< idle",
        "bob talks; +3500; AB< idle",
        &["24.380-6.3.4.3.2:2"],
    ),
    (
        "Floor Idle after the grace of a revoked talker",
        "bob is revoked; +300; B> release; ABC< idle",
        "bob is revoked; +300; B> release; AB< idle",
        &["24.380-6.3.4.3.2:2", "24.380-6.3.4.4.6", "24.380-6.3.5.4.3"],
    ),
    (
        "the end of one of several talks, by its silence",
        "bob and carol talk; B~AC; +2000; C~AB; +2000; AC< over B ssrc=2",
        "bob and carol talk; B~AC; +2000; C~AB; +2000; A< over B ssrc=2",
        &["24.380-6.3.4.4.3:5a", "24.380-6.3.4.4.7a:t"],
    ),
    (
        "who asked with its INVITE and was alone is granted when somebody comes",
        "later call; dave comes; A< granted 10; D< taken A",
        "later call; dave comes",
        &["24.380-6.3.4.2.2:3b", "24.380-6.3.5.2.2:orig"],
    ),
    (
        "and is not denied then",
        "later call; dave comes; A< granted 10; D< taken A",
        "later call; dave comes; +50; A< deny 1",
        &["24.380-6.3.4.2.2:3b", "24.380-6.3.5.2.2:orig"],
    ),
];

//= 24.380-6.3.4.3.2:2 test
//= 24.380-6.3.4.3.4:below test
//= 24.380-6.3.4.3.4:limit test
//= 24.380-6.3.4.4.3:5a test
//= 24.380-6.3.4.2.2:3b test
#[test]
fn who_is_left_out_is_missed() {
    let mut wrong = Vec::new();
    for (what, good, bad, breaks) in TOLD {
        let mut world = World::new();
        script::play(&mut world, good);
        let judgements = world.judged();
        let counts = judgements.counts();
        let armed = breaks.iter().all(|requirement| counts.contains_key(requirement));
        if !armed || violated(&judgements) != BTreeSet::new() {
            wrong.push(format!("{what}, as it should be: {armed}{}", complaints(&judgements)));
        }
        let mut world = World::new();
        script::play(&mut world, bad);
        let judgements = world.judged();
        let expected: BTreeSet<String> = breaks.iter().map(|one| (*one).to_owned()).collect();
        if violated(&judgements) != expected {
            wrong.push(format!("{what}: {expected:?}{}", complaints(&judgements)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nobody_is_missed_from_far_away_or_from_the_middle() {
    let mut wrong = Vec::new();
    for good in TOLD.iter().map(|(_, good, ..)| *good).chain(HARMLESS.iter().copied()) {
        let mut world = World::new();
        script::play(&mut world, good);
        wrong.push((good, "as it is", complaints(&world.judged())));
        let middle = from_the_middle(&mut world).into_iter().map(|(_, complaint)| complaint);
        wrong.push((good, "from the middle", middle.collect()));
        let mut world = World::new();
        script::play(&mut world, good);
        from_far_away(&mut world);
        wrong.push((good, "from far away", complaints(&world.judged())));
    }
    wrong.retain(|(_, _, complaints)| !complaints.is_empty());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Somebody is not told, and nothing is wrong with that.
const HARMLESS: &[&str] = &[
    // It leaves at that moment.
    "bob talks; +3500; AB< idle; C leaves",
    "bob talks; B> release; ABC< idle; +990; C leaves; +10; AB< idle; +1000; AB< idle",
    // It asks at that moment, and is granted before it is told.
    "bob talks; +3500; A< idle; C> request; C< granted 10; AB< taken C",
    // It sends without permission and is told to stop.
    "bob talks; B> release; ABC< idle; +500; C~; C< revoke 3; +500; AB< idle; +500; C< revoke 3",
    // Its release is answered with a copy of its own.
    "bob talks; +3500; B> release; BAC< idle; B< idle; +1000; ABC< idle",
    "bob talks; B> release; ABC< idle; +300; C> release; C< idle; +700; ABC< idle",
    // Somebody talks again before the copies are due.
    "bob talks; B> release; ABC< idle; +900; C> request; C< granted 10; AB< taken C",
    // It comes between the first Floor Idle and its copy.
    "bob talks; B> release; ABC< idle; +300; dave comes; D< idle; +700; ABCD< idle",
    // A caller that is still alone asks once more, and is not answered before somebody comes.
    "later call; +1000; A> request; +1000; A> request; +500; dave comes; A< granted 10; D< taken A",
    // The lone caller lets go, or whoever comes is gone at once.
    "later call; +300; A> release; A< idle; +300; dave comes; D< idle",
    "later call; dave comes; D leaves; A dismissed",
];
