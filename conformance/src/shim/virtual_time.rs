//! Scenarios on virtual time: our own client through the words of the contract.

use std::time::Duration;

use super::live::Judged;
use super::scenario::{Scenario, Step};
use super::words::{obey, tell};
use crate::case::{self, Reason, Verdict};
use crate::judge::{Profile, Subjects};
use crate::rig::{Actor, Rig, Unmet, configuration};
use crate::tamper::Relay;

pub(super) const ALICE: &str = "sip:alice@mc.example.org";
pub(super) const BOB: &str = "sip:bob@mc.example.org";
pub(super) const FIRE: &str = "sip:fire-1@mc.example.org";
/// How long a line is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(6);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Who is judged here.
pub(super) fn of_clients(profile: Profile) -> Profile {
    Profile { subjects: Subjects { server: false, participants: true }, ..profile }
}

/// Runs a scenario in this process with our own client, changed as `change` says before it sends anything.
pub fn run_virtual(
    scenario: &Scenario,
    seed: u64,
    relay: impl FnOnce(&mut Vec<crate::tamper::Rule>),
) -> Judged {
    let config = configuration(&scenario.configuration);
    let profile = of_clients(case::profile(&config));
    let mut rules = scenario.rules.clone();
    relay(&mut rules);
    let mut rig = Rig::new(config, case::case_seed(seed, &scenario.id));
    let actors = [ALICE, BOB].map(|user| rig.client_with(user, |client| client.suites.clear()));
    rig.relay_through(Relay::new(rules));
    let unmet = play(&mut rig, actors, scenario).err();
    rig.advance(Duration::from_millis(400));
    let (frames, end) = (rig.frames().to_vec(), rig.time());
    Judged::of(
        scenario,
        profile,
        frames,
        end,
        unmet.map(|Unmet(what)| (Reason::PreconditionUnmet, what.to_owned())),
    )
}

fn play(rig: &mut Rig, [alice, bob]: [Actor; 2], scenario: &Scenario) -> Result<(), Unmet> {
    for actor in [alice, bob] {
        rig.log_in(actor, &[FIRE])?;
    }
    rig.events(alice);
    let mut reported: Vec<String> = Vec::new();
    for step in &scenario.steps {
        match step {
            Step::Wait(time) => rig.advance(*time),
            Step::Client(line) => obey(rig, alice, line).map_err(|_| Unmet("a line that is understood"))?,
            Step::Bob(line) => obey(rig, bob, line).map_err(|_| Unmet("a line that is understood"))?,
            Step::Until(line) => {
                let end = rig.passed() + PATIENCE;
                while {
                    reported.extend(rig.events(alice).iter().filter_map(tell));
                    !super::live::take(&mut reported, line)
                } {
                    if rig.passed() > end {
                        return Err(Unmet("what the client was to report"));
                    }
                    rig.advance(LOOK);
                }
            }
        }
    }
    Ok(())
}

impl Judged {
    /// What the frames come to.
    pub(super) fn of(
        scenario: &Scenario,
        profile: Profile,
        frames: Vec<crate::capture::Frame>,
        end: Duration,
        trouble: Option<(Reason, String)>,
    ) -> Self {
        let judgements = case::judge(profile, &frames, end);
        let mut verdict = case::verdict(&scenario.requirements, None, &judgements);
        if let Some((reason, what)) = trouble {
            verdict = Verdict::Inconclusive(reason, what).worse(verdict);
        }
        Self { id: scenario.id.clone(), verdict, judgements, frames }
    }
}
