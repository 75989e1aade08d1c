//! Running cases in-process on virtual time, and the verdicts.

use std::collections::BTreeMap;
use std::time::Duration;

use mcptt_server::node::NodeConfig;

use super::Case;
use crate::capture::Frame;
use crate::judge::{
    Counts, Documents, GroupFacts, Judge, Judgement, Judgements, Profile, TimerValues, UserFacts,
};
use crate::rig::{Rig, Unmet, configuration};

/// How a case ended. The order is that of gravity: a verdict only moves right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(tag = "verdict", content = "reason", rename_all = "kebab-case")]
pub enum Verdict {
    /// Every requirement of the case was armed and held, and nothing else was violated.
    Pass,
    /// The situation did not arise.
    Inconclusive(String),
    /// A requirement was violated.
    Fail(String),
    /// The harness failed, or a defect was caught inside the node.
    Error(String),
}

impl Verdict {
    /// The word of it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive(_) => "inconclusive",
            Self::Fail(_) => "FAIL",
            Self::Error(_) => "ERROR",
        }
    }

    /// Why, unless it passed.
    pub fn reason(&self) -> &str {
        match self {
            Self::Pass => "",
            Self::Inconclusive(reason) | Self::Fail(reason) | Self::Error(reason) => reason,
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        self.max(other)
    }
}

/// A case that was run.
pub struct CaseResult {
    /// The case.
    pub case: &'static Case,
    /// How it ended.
    pub verdict: Verdict,
    /// Everything the judge said, requirements beyond the case's own included.
    pub judgements: Judgements,
    /// What crossed the network.
    pub frames: Vec<Frame>,
}

impl CaseResult {
    /// Counts by requirement.
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        self.judgements.counts()
    }

    /// The violations.
    pub fn violations(&self) -> impl Iterator<Item = &Judgement> {
        self.judgements.violations()
    }
}

/// After the scenario nothing new is stimulated; what is under way may still be decided.
const AFTERWARDS: Duration = Duration::from_millis(400);

/// Runs one case. The seed of the case follows from the run's seed and the case id, so neither order nor selection changes it.
pub fn run(case: &'static Case, seed: u64) -> CaseResult {
    let config = configuration(case.configuration);
    let profile = profile(&config);
    let mut rig = Rig::new(config, case_seed(seed, case.id));
    let outcome = (case.scenario)(&mut rig);
    rig.advance(AFTERWARDS);
    let judgements = judge(profile, rig.frames(), rig.time());
    let verdict = verdict(case, outcome, &judgements, &rig);
    CaseResult { case, verdict, judgements, frames: rig.frames().to_vec() }
}

/// Runs these cases and adds up what was armed and how it went, by requirement.
pub fn count<'a>(
    cases: impl IntoIterator<Item = &'a &'static Case>,
    seed: u64,
) -> BTreeMap<&'static str, Counts> {
    let mut counts: BTreeMap<&'static str, Counts> = BTreeMap::new();
    for case in cases {
        for (requirement, count) in run(case, seed).counts() {
            counts.entry(requirement).or_default().add(count);
        }
    }
    counts
}

/// Judges frames.
pub fn judge(profile: Profile, frames: &[Frame], end: Duration) -> Judgements {
    let mut judge = Judge::new(profile);
    for frame in frames {
        judge.observe(frame);
    }
    judge.finish(end)
}

fn verdict(case: &Case, outcome: Result<(), Unmet>, judgements: &Judgements, rig: &Rig) -> Verdict {
    let mut verdict = Verdict::Pass;
    if let Err(Unmet(what)) = outcome {
        verdict = verdict.worse(Verdict::Inconclusive(format!("precondition-unmet: {what}")));
    }
    let counts = judgements.counts();
    for requirement in case.requirements {
        let count = counts.get(requirement).copied().unwrap_or_default();
        if count.held == 0 && count.violated == 0 {
            verdict = verdict.worse(Verdict::Inconclusive(format!("unarmed: {requirement}")));
        }
    }
    if let Some(violation) = judgements.violations().next() {
        let Judgement { requirement, armed_by, expected, actual, .. } = violation;
        let frame = violation.decided_by.map_or_else(|| "time".to_owned(), |frame| format!("frame {frame}"));
        let reason = format!("{requirement}: frame {armed_by} asks for {expected}; {frame}: {actual}");
        verdict = verdict.worse(Verdict::Fail(reason));
    }
    if let Some(defect) = rig.defects().first() {
        verdict = verdict.worse(Verdict::Error(format!("{defect:?}")));
    }
    verdict
}

/// What the tester knows about an in-process target: its own configuration.
pub fn profile(config: &NodeConfig) -> Profile {
    use media_plane::floor::server::{Counter, Timer};
    let timers = &config.media_plane.timers;
    let call_control = &config.call_control;
    let groups = call_control.groups.iter().map(|group| {
        let members =
            group.members.iter().map(|member| (member.mcptt_id.to_string(), member.receive_only)).collect();
        let facts = GroupFacts {
            members,
            disabled: group.disabled,
            prearranged: group.invite_members,
            audio_cut_in: group.audio_cut_in,
        };
        (group.group_id.to_string(), facts)
    });
    let emergency = |user: &call_control::config::User| {
        let member = |group: &call_control::config::Group| {
            group.member(&user.mcptt_id).is_some_and(|member| member.emergency_call)
        };
        user.emergency_group_call && call_control.groups.iter().any(member)
    };
    let users = call_control.users.iter().map(|user| {
        let facts =
            UserFacts { max_group_calls: user.max_simultaneous_group_calls, emergency: emergency(user) };
        (user.mcptt_id.to_string(), facts)
    });
    Profile {
        participating: Some(call_control.participating.address),
        controlling: Some(call_control.controlling.address),
        timers: TimerValues {
            t1: timers.duration(Timer::T1),
            t2: timers.duration(Timer::T2),
            t3: timers.duration(Timer::T3),
            t4: call_control.groups.iter().find_map(|group| group.hang_timer),
            t7: timers.duration(Timer::T7),
            t8: timers.duration(Timer::T8),
            t20: timers.duration(Timer::T20),
            c7: u64::from(timers.limit(Counter::C7)),
            c20: u64::from(timers.limit(Counter::C20)),
        },
        queue_limit: Some(config.media_plane.floor.queue_limit),
        documents: Some(Documents { groups: groups.collect(), users: users.collect() }),
        ..Profile::default()
    }
}

/// FNV-1a over the id: the same on every machine.
fn case_seed(seed: u64, id: &str) -> u64 {
    id.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    })
}
