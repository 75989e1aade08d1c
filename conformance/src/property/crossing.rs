//! What crosses on the way: a call of honest clients that are far away, as far as chance wants, who ask for the floor and let it go at
//! the same time. The onlooker stands with the clients and sees what they send early and what they are sent late.
//!
//! The server is sound, so everything that the judge condemns here is a false alarm.

use std::collections::BTreeMap;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use crate::case;
use crate::judge::{Counts, Judgement, Profile};
use crate::rig::{Actor, Rig, Unmet, configuration};

const GROUP: &str = "sip:fire-1@mc.example.org";
const USERS: [&str; 3] = ["sip:alice@mc.example.org", "sip:bob@mc.example.org", "sip:carol@mc.example.org"];
/// The longest way, in milliseconds.
const WAY: u32 = 60;
/// In a round everything happens within so many milliseconds: less than there and back.
const ROUND: u32 = 2 * WAY;
/// Rounds of one call; then another one begins, so that what a judge remembers stays small.
const ROUNDS: u64 = 200;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Crossed {
    /// Rounds that were played.
    pub rounds: u64,
    /// What was armed, and how that went.
    pub counts: BTreeMap<&'static str, Counts>,
    /// False alarms: the seed of the call, and what the judge says.
    pub alarms: Vec<(u64, Judgement)>,
}

/// Plays so many rounds.
///
/// # Errors
/// [`Unmet`] when a call cannot be set up.
pub fn cross(seed: u64, rounds: u64) -> Result<Crossed, Unmet> {
    let mut crossed = Crossed::default();
    for call in 0..rounds.div_ceil(ROUNDS) {
        let (seed, these) = (seed.wrapping_add(call), ROUNDS.min(rounds - call * ROUNDS));
        let rig = one_call(seed, these)?;
        let profile = Profile {
            path: Duration::from_millis(WAY.into()),
            controlling: None,
            ..case::profile(&configuration(""))
        };
        let judgements = case::judge(profile, rig.frames(), rig.time());
        for (requirement, count) in judgements.counts() {
            crossed.counts.entry(requirement).or_default().add(count);
        }
        crossed.alarms.extend(judgements.violations().map(|one| (seed, one.clone())));
        crossed.rounds += these;
    }
    Ok(crossed)
}

fn one_call(seed: u64, rounds: u64) -> Result<Rig, Unmet> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut below = |limit: u32| dice.next_u32() % limit.max(1);
    let mut rig = Rig::new(configuration(""), seed);
    rig.observe_from_afar();
    let actors = USERS.map(|user| rig.client_with(user, |client| client.suites.clear()));
    for actor in actors {
        rig.log_in(actor, &[GROUP])?;
    }
    rig.call(actors[0], GROUP, below(2) == 0)?;
    rig.advance(Duration::from_secs(1));
    let mut pressed = [false; USERS.len()];
    for _ in 0..rounds {
        // Nothing is under way: the clients may move, which stand in one place, so that nothing overtakes anything.
        for inbound in [false, true] {
            let way = Duration::from_millis(below(WAY).into());
            actors.iter().for_each(|actor| rig.stretch(*actor, inbound, way));
        }
        let mut moves: Vec<(u32, usize)> =
            (0..2 + below(5)).map(|_| (below(ROUND), below(USERS.len() as u32) as usize)).collect();
        moves.sort_unstable();
        let mut passed = 0;
        for (at, who) in moves {
            rig.advance(Duration::from_millis(u64::from(at - passed)));
            passed = at;
            act(&mut rig, actors[who], &mut pressed[who], below(12));
        }
        // As long as there and back, and an answer.
        rig.advance(Duration::from_millis(u64::from(2 * WAY + 20 + below(300))));
    }
    for actor in actors {
        rig.release(actor);
    }
    rig.advance(Duration::from_secs(2));
    Ok(rig)
}

fn act(rig: &mut Rig, actor: Actor, pressed: &mut bool, dice: u32) {
    match (*pressed, dice) {
        (true, 0..=8) => rig.release(actor),
        (true, 9) => rig.command(actor, mcptt_server::ue::UeCommand::AskQueuePosition),
        (true, _) => rig.command(actor, mcptt_server::ue::UeCommand::AcceptGrant),
        (false, 0) => rig.press_with(actor, 9, true),
        (false, _) => rig.press(actor),
    }
    *pressed = if *pressed { dice > 8 } else { true };
    if *pressed && dice.is_multiple_of(2) {
        rig.speak(actor, Duration::from_millis(100));
    }
}
