//! Running cases in-process on virtual time, and the verdicts.

use std::collections::BTreeMap;
use std::time::Duration;

use mcptt_server::node::NodeConfig;

use super::{Case, Reason, Verdict};
use crate::capture::Frame;
use crate::judge::{
    ClientTimers, Counts, Documents, Figures, FunctionTimers, GroupFacts, INDICATORS, Judge, Judgement,
    Judgements, MemberFacts, PrivateFacts, Profile, Subjects, TimerValues, UserFacts,
};
use crate::rig::{Rig, Unmet, configuration};

/// A case that was run.
pub struct CaseResult {
    /// The case.
    pub case: &'static Case,
    /// How it ended.
    pub verdict: Verdict,
    /// Everything the judge said, requirements beyond the case's own included.
    pub judgements: Judgements,
    /// What the scenario counted on and did not get.
    pub unmet: Option<&'static str>,
    /// What crossed the network.
    pub frames: Vec<Frame>,
    /// What the judge was told about the target.
    pub profile: Profile,
    /// When the observation ended, as frames count time.
    pub end: Duration,
    /// How long it took on its own clock.
    pub took: Duration,
    /// Why it was run once more, as often as it was: the attempts before this one proved nothing.
    pub before: Vec<String>,
}

impl CaseResult {
    /// Which attempt this was, where it was not the first one.
    pub fn attempt(&self) -> Option<String> {
        let earlier = self.before.last()?;
        Some(format!("attempt {} of {ATTEMPTS}, before: {earlier}", self.before.len() + 1))
    }

    /// What was measured: the indicator and what it came to.
    pub fn figures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let measured = self.judgements.0.iter().filter(|one| INDICATORS.contains(&one.requirement));
        measured.map(|one| (one.requirement, one.actual.as_str()))
    }

    /// Whether it was begun: something crossed the network.
    pub fn executed(&self) -> bool {
        !self.frames.is_empty()
    }

    /// What runs it once more: the case, the seed of the run that it was part of, and the configuration it needed.
    pub fn scenario(&self, seed: u64) -> toml::Table {
        let seed =
            i64::try_from(seed).map_or_else(|_| toml::Value::from(seed.to_string()), toml::Value::from);
        toml::Table::from_iter([
            ("case".to_owned(), toml::Value::from(self.case.id)),
            ("seed".to_owned(), seed),
            ("configuration".to_owned(), toml::Value::from(self.case.configuration)),
        ])
    }

    /// Takes the keys out of what crossed the network. What was judged stays as it is.
    pub fn forget_keys(&mut self) {
        for frame in &mut self.frames {
            frame.payload = crate::bundle::blanked(&frame.payload);
        }
    }

    /// Counts by requirement.
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        self.judgements.counts()
    }

    /// The violations.
    pub fn violations(&self) -> impl Iterator<Item = &Judgement> {
        self.judgements.violations()
    }
}

/// How often a case is begun at a remote target at most, while it proves nothing for reasons of the tester and its machine.
pub const ATTEMPTS: usize = 3;

/// After the scenario nothing new is stimulated; what is under way may still be decided.
const AFTERWARDS: Duration = Duration::from_millis(400);

/// Runs one case in this process. The seed of the case follows from the run's seed and the case id, so neither order nor
/// selection changes it.
pub fn run(case: &'static Case, seed: u64) -> CaseResult {
    let config = configuration(case.configuration);
    let profile = profile(&config);
    let mut rig = Rig::new(config, case_seed(seed, case.id));
    run_on(&mut rig, case, profile)
}

/// Runs one case on a rig, whatever its target is, and judges what was seen.
pub fn run_on(rig: &mut Rig, case: &'static Case, profile: Profile) -> CaseResult {
    let profile = Profile { subjects: subjects(case), ..profile };
    rig.look_on(&profile);
    let unmet = (case.scenario)(rig).err().map(|Unmet(what)| what);
    // What is under way takes longer where the way is longer.
    rig.pass(AFTERWARDS + profile.way_and_back() + profile.jitter);
    if rig.is_remote() && is_still_open(case, &judge(profile.clone(), rig.frames(), rig.time())) {
        // What must not happen has not happened when its time is over, and a target may have been given much.
        rig.pass(profile.answer());
    }
    let (frames, end) = (rig.frames().to_vec(), rig.time());
    let mut judgements = judge(profile.clone(), &frames, end);
    // On virtual time nothing takes any time: there is nothing to be measured.
    if case.measures() && rig.is_remote() {
        measure(profile.clone(), &frames).judged().for_each(|figure| judgements.push(figure));
    }
    let mut verdict = verdict(case.requirements, unmet, &judgements);
    if let Some(defect) = rig.defects().first() {
        verdict = verdict.worse(Verdict::Error(format!("{defect:?}")));
    }
    if let Some(trouble) = rig.trouble() {
        verdict = verdict.worse(Verdict::Error(trouble.to_owned()));
    }
    let (took, before) = (rig.passed(), Vec::new());
    CaseResult { case, verdict, judgements, unmet, frames, profile, end, took, before }
}

/// Whether a requirement of the case arose that nothing has decided yet.
fn is_still_open(case: &Case, judgements: &Judgements) -> bool {
    let counts = judgements.counts();
    case.requirements.iter().any(|requirement| {
        let count = counts.get(requirement).copied().unwrap_or_default();
        count.open > 0 && count.open == count.armed
    })
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

/// Measures the key performance indicators of frames.
pub fn measure(profile: Profile, frames: &[Frame]) -> Figures {
    let mut judge = Judge::new(profile);
    frames.iter().for_each(|frame| judge.observe(frame));
    judge.into_figures()
}

/// Where clients are to be judged the tester plays their server; otherwise it plays the clients.
fn subjects(case: &Case) -> Subjects {
    let of_participants = Judge::participant_requirements();
    let participants = case.requirements.iter().any(|id| of_participants.contains(id));
    Subjects { server: !participants, participants }
}

/// What the judgements come to for a case with these requirements, whose scenario missed something or nothing.
pub fn verdict(requirements: &[impl AsRef<str>], unmet: Option<&str>, judgements: &Judgements) -> Verdict {
    let mut verdict = Verdict::Pass;
    if let Some(what) = unmet {
        verdict = Verdict::Inconclusive(Reason::PreconditionUnmet, what.to_owned());
    }
    let counts = judgements.counts();
    for requirement in requirements.iter().map(AsRef::as_ref) {
        let count = counts.get(requirement).copied().unwrap_or_default();
        if count.held == 0 && count.violated == 0 && count.tolerated == 0 {
            verdict = verdict.worse(Verdict::Inconclusive(Reason::Unarmed, requirement.to_owned()));
        }
    }
    if let Some(violation) = judgements.violations().next() {
        let Judgement { requirement, armed_by, expected, actual, .. } = violation;
        let frame = violation.decided_by.map_or_else(|| "time".to_owned(), |frame| format!("frame {frame}"));
        let reason = format!("{requirement}: frame {armed_by} asks for {expected}; {frame}: {actual}");
        verdict = verdict.worse(Verdict::Fail(reason));
    }
    verdict
}

/// What the tester knows about an in-process target: its own configuration.
pub fn profile(config: &NodeConfig) -> Profile {
    use media_plane::floor::server::{Counter, Timer};
    let timers = &config.media_plane.timers;
    let call_control = &config.call_control;
    let user = |id| call_control.users.iter().find(|user| user.mcptt_id == id);
    let cancels = |member: &call_control::config::Member| {
        let own = member.participant_type.as_ref();
        let kind = own.or_else(|| user(member.mcptt_id.clone())?.participant_type.as_ref());
        let allowed = &call_control.policy.queue_cancel_types;
        kind.is_some_and(|kind| allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(kind)))
    };
    let groups = call_control.groups.iter().map(|group| {
        let members = group.members.iter().map(|member| {
            let facts = MemberFacts {
                receive_only: member.receive_only,
                talks_beside: member.multi_talker_allowed,
                cancels_queued: cancels(member),
            };
            (member.mcptt_id.to_string(), facts)
        });
        let members = members.collect();
        let facts = GroupFacts {
            members,
            disabled: group.disabled,
            prearranged: group.invite_members,
            audio_cut_in: group.audio_cut_in,
            max_talkers: group.max_talkers,
            dual_floor: group.dual_floor.is_some(),
            temporary: group.temporary,
        };
        (group.group_id.to_string(), facts)
    });
    let emergency = |user: &call_control::config::User| {
        let member = |group: &call_control::config::Group| {
            group.member(&user.mcptt_id).is_some_and(|member| member.emergency_call)
        };
        user.emergency_group_call && call_control.groups.iter().any(member)
    };
    let peril = |user: &call_control::config::User| {
        let member = |group: &call_control::config::Group| {
            group.member(&user.mcptt_id).is_some_and(|member| member.imminent_peril_call)
        };
        user.imminent_peril_call && call_control.groups.iter().any(member)
    };
    let users = call_control.users.iter().map(|user| {
        let implicit = user.implicit_affiliations.iter().map(ToString::to_string);
        let facts = UserFacts {
            max_group_calls: user.max_simultaneous_group_calls,
            max_affiliations: user.max_affiliations,
            implicit_affiliations: implicit.collect(),
            emergency: emergency(user),
            imminent_peril: peril(user),
            revokes_others: user.revoke_transmit,
            private: Some(private_facts(&user.private_calls)),
        };
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
            t11: timers.duration(Timer::T11),
            t12: timers.duration(Timer::T12),
        },
        release: Some(call_control.service.release),
        client_timers: client_timers(),
        function_timers: function_timers(config),
        client_release: Some(CLIENT_RELEASE),
        queue_limit: Some(config.media_plane.floor.queue_limit),
        documents: Some(Documents { groups: groups.collect(), users: users.collect() }),
        ..Profile::default()
    }
}

fn private_facts(rules: &call_control::config::PrivateCallRules) -> PrivateFacts {
    PrivateFacts {
        allowed: rules.allowed,
        any_user: rules.any_user,
        users: rules.users.iter().map(ToString::to_string).collect(),
        participation: rules.participation,
        automatic: rules.automatic_commencement,
        manual: rules.manual_commencement,
        forces: rules.force_auto_answer,
        first_to_answer: rules.first_to_answer,
    }
}

/// Those of pre-established sessions and MBMS subchannels.
fn function_timers(config: &NodeConfig) -> FunctionTimers {
    use media_plane::{session, subchannel};
    let (sessions, bearers) = (&config.media_plane.sessions, &config.media_plane.subchannels);
    FunctionTimers {
        t15: bearers.duration(subchannel::Timer::T15),
        t16: bearers.duration(subchannel::Timer::T16),
        t17: bearers.duration(subchannel::Timer::T17),
        t55: sessions.duration(session::Timer::T55),
        t56: sessions.duration(session::Timer::T56),
        c17: u64::from(bearers.limit(subchannel::Counter::C17)),
        c55: u64::from(sessions.limit(session::Counter::C55)),
        c56: u64::from(sessions.limit(session::Counter::C56)),
    }
}

/// The release that the clients of the rig keep to, unless a case says otherwise.
const CLIENT_RELEASE: u8 = 18;

/// The clients of the rig have the default timers.
fn client_timers() -> ClientTimers {
    use media_plane::floor::participant::{Counter, Timer, TimerSettings};
    let timers = TimerSettings::default();
    ClientTimers {
        t100: timers.duration(Timer::T100),
        t101: timers.duration(Timer::T101),
        t104: timers.duration(Timer::T104),
        t132: timers.duration(Timer::T132),
        c100: u64::from(timers.limit(Counter::C100)),
        c101: u64::from(timers.limit(Counter::C101)),
        c104: u64::from(timers.limit(Counter::C104)),
        ..ClientTimers::default()
    }
}

/// FNV-1a over the id: the same on every machine.
pub(crate) fn case_seed(seed: u64, id: &str) -> u64 {
    id.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    })
}
