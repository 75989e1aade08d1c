//! A run against a remote target.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent};
use mcptt_server::ue::UeEvent;

use super::excuse::Tester;
use super::process::{self, Process};
use super::{Rehearsed, TargetFile, applies};
use crate::case::{self, Case, CaseResult, Reason, Verdict};
use crate::catalogue::Catalogue;
use crate::judge::Profile;
use crate::rig::remote::{LEAST_JITTER, Remote, Site, Stopwatch, own_jitter};
use crate::rig::{Rig, Unmet};

/// Wake-ups that are measured.
const WAKE_UPS: usize = 1000;
/// Round trips that are measured.
const ROUND_TRIPS: usize = 50;
/// Longest wait for one of them.
const ROUND_TRIP: Duration = Duration::from_secs(10);
/// Longest wait for a target that was started.
const START: Duration = Duration::from_secs(60);
/// Who does the simple exchange.
const SANITY_USER: &str = "sip:alice@mc.example.org";

/// How long a run may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The whole of it.
    pub run: Option<Duration>,
    /// A case that takes longer is not begun.
    pub case: Option<Duration>,
    /// How often a case is begun at most that proves nothing for reasons of the tester.
    pub attempts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { run: None, case: None, attempts: case::ATTEMPTS }
    }
}

/// What was measured before the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calibration {
    /// How late the tester wakes up, 99.9th percentile.
    pub jitter: Duration,
    /// Median round trip of OPTIONS, which bounds the way in either direction.
    pub median: Duration,
    /// The longest one.
    pub longest: Duration,
}

/// A run, prepared.
pub struct Campaign {
    target: TargetFile,
    site: Site,
    seed: u64,
    limits: Limits,
    applicable: Vec<(&'static Case, Rehearsed)>,
    not_applicable: Vec<(&'static Case, String)>,
}

/// How a run went.
pub struct Live {
    /// What was measured; `None` when the target never answered.
    pub calibration: Option<Calibration>,
    /// Of the cases that apply, in their order, those that were not begun included.
    pub results: Vec<CaseResult>,
    /// Of the others, why they do not.
    pub not_applicable: Vec<(&'static Case, String)>,
    /// The target did not answer a simple exchange: when and what. One failure, whatever came of the cases.
    pub unhealthy: Option<String>,
}

impl Live {
    /// Cases that were begun.
    pub fn executed(&self) -> usize {
        self.results.iter().filter(|result| result.executed()).count()
    }
}

impl Campaign {
    /// Decides which of these cases apply.
    ///
    /// # Errors
    /// When tokens cannot be had.
    pub fn new(
        target: TargetFile,
        cases: &[&'static Case],
        catalogue: &Catalogue,
        seed: u64,
        limits: Limits,
    ) -> Result<Self, super::TargetError> {
        let site = target.site()?;
        let (mut applicable, mut not_applicable) = (Vec::new(), Vec::new());
        for case in cases {
            match applies(case, &target, catalogue, seed) {
                Ok(rehearsed) => applicable.push((*case, rehearsed)),
                Err(why) => not_applicable.push((*case, why)),
            }
        }
        Ok(Self { target, site, seed, limits, applicable, not_applicable })
    }

    /// The cases that apply, and how long each takes.
    pub fn applicable(&self) -> impl Iterator<Item = (&'static Case, Duration)> {
        self.applicable.iter().map(|(case, rehearsed)| (*case, rehearsed.takes))
    }

    /// Runs it. `progress` is told each result as it comes.
    pub fn run(self, progress: &mut dyn FnMut(&CaseResult)) -> Live {
        let mut run = Run {
            began: Stopwatch::start(),
            process: None,
            calibration: Calibration::default(),
            results: Vec::new(),
            progress,
            campaign: &self,
        };
        let begun = run.fresh("").and_then(|()| run.calibrate());
        let calibration = begun.is_ok().then_some(run.calibration);
        let mut unhealthy = begun.err();
        let mut rest = self.applicable.as_slice();
        while let Some((first, _)) = rest.first() {
            let length = rest.iter().take_while(|(case, _)| case.purpose() == first.purpose()).count();
            let (these, others) = rest.split_at(length);
            rest = others;
            match unhealthy {
                Some(_) => run.skip(these, Reason::TargetUnhealthy, "it was so before"),
                None => unhealthy = run.group(these).err(),
            }
        }
        Live { calibration, results: run.results, unhealthy, not_applicable: self.not_applicable }
    }
}

struct Run<'a> {
    campaign: &'a Campaign,
    began: Stopwatch,
    process: Option<Process>,
    calibration: Calibration,
    results: Vec<CaseResult>,
    progress: &'a mut dyn FnMut(&CaseResult),
}

impl Run<'_> {
    /// One group between two simple exchanges. An error says that the target is unhealthy.
    fn group(&mut self, cases: &[(&'static Case, Rehearsed)]) -> Result<(), String> {
        let name = cases.first().map_or("", |(case, _)| case.purpose());
        if let Err(what) = self.sane() {
            self.skip(cases, Reason::TargetUnhealthy, &what);
            return Err(format!("before {name}: {what}"));
        }
        let mut results: Vec<CaseResult> = Vec::new();
        let mut dead = None;
        for (case, rehearsed) in cases {
            if let Some(what) = &dead {
                results
                    .push(not_run(case, Verdict::Inconclusive(Reason::TargetUnhealthy, String::clone(what))));
                continue;
            }
            let result = self.attempts(case, *rehearsed);
            let suspicious = result.executed() && result.verdict != Verdict::Pass;
            results.push(result);
            if suspicious {
                dead = self.sane().err();
            }
        }
        let outcome = match dead {
            None => self.sane(),
            Some(what) => Err(what),
        };
        if let Err(what) = &outcome {
            for result in results.iter_mut().filter(|result| !matches!(result.verdict, Verdict::Error(_))) {
                result.verdict = Verdict::Inconclusive(Reason::TargetUnhealthy, what.clone());
            }
        }
        for result in results {
            (self.progress)(&result);
            self.results.push(result);
        }
        outcome.map_err(|what| format!("in or after {name}: {what}"))
    }

    fn skip(&mut self, cases: &[(&'static Case, Rehearsed)], reason: Reason, what: &str) {
        for (case, _) in cases {
            let result = not_run(case, Verdict::Inconclusive(reason, what.to_owned()));
            (self.progress)(&result);
            self.results.push(result);
        }
    }

    /// A case that proved nothing, which in rehearsal did, is begun again a few times: this machine may have been busy. What the
    /// target has done wrong is not.
    fn attempts(&mut self, case: &'static Case, rehearsed: Rehearsed) -> CaseResult {
        let mut before = Vec::new();
        loop {
            let mut result = self.case(case, rehearsed);
            let again = before.len() + 1 < self.campaign.limits.attempts
                && matches!(
                    result.verdict,
                    Verdict::Inconclusive(
                        Reason::PreconditionUnmet | Reason::Unarmed | Reason::OwnLoss | Reason::OwnJitter,
                        _
                    )
                );
            if !again || self.sane().is_err() {
                result.before = before;
                return result;
            }
            before.push(result.verdict.reason());
        }
    }

    fn case(&mut self, case: &'static Case, rehearsed: Rehearsed) -> CaseResult {
        let Limits { run, case: longest, .. } = self.campaign.limits;
        let left = run.map(|budget| budget.saturating_sub(self.began.passed()));
        if let Some(left) = [left, longest].into_iter().flatten().min().filter(|left| *left < rehearsed.takes)
        {
            let what = format!("{left:.1?} are left of {:.1?}", rehearsed.takes);
            return not_run(case, Verdict::Inconclusive(Reason::BudgetExhausted, what));
        }
        let profile = match self.campaign.target.profile(case.configuration) {
            Ok(profile) => profile,
            Err(error) => return not_run(case, Verdict::Error(error.to_string())),
        };
        let profile = self.measured(profile);
        if self.with_fresh_targets()
            && let Err(what) = self.fresh(case.configuration)
        {
            return not_run(case, Verdict::Inconclusive(Reason::TargetUnhealthy, what));
        }
        let mut rig = self.rig(case::case_seed(self.campaign.seed, case.id));
        rig.scale_time(self.campaign.target.time_scale());
        let mut result = case::run_on(&mut rig, case, profile);
        Tester::of(&rig).excuse(&mut result);
        if let Some(how) = self.process.as_mut().and_then(Process::ended) {
            result.verdict = result.verdict.worse(Verdict::Fail(how));
        } else if !self.with_fresh_targets() {
            rig.clean_up();
        }
        result
    }

    fn measured(&self, profile: Profile) -> Profile {
        Profile { jitter: self.calibration.jitter, path: self.calibration.median, ..profile }
    }

    fn rig(&self, seed: u64) -> Rig {
        Rig::remote(Remote::new(self.campaign.site.clone()), seed)
    }

    fn with_fresh_targets(&self) -> bool {
        self.campaign.target.control.is_some()
    }

    /// A target that knows nothing: started anew, or reset. Waits until it answers.
    fn fresh(&mut self, change: &str) -> Result<(), String> {
        let Some(control) = &self.campaign.target.control else { return Ok(()) };
        process::reset(&control.reset)?;
        if control.start.is_empty() {
            return Ok(());
        }
        // The old one has to give its ports back first.
        self.process = None;
        let mut process =
            Process::start(&self.campaign.target, change, &format!("{}", self.campaign.site.first_port))?;
        let since = Stopwatch::start();
        let mut rig = self.rig(0);
        let actor = rig.client(SANITY_USER);
        let outcome = loop {
            if let Some(how) = process.ended() {
                break Err(how);
            }
            if round_trip(&mut rig, actor, Duration::from_millis(100)).is_some() {
                break Ok(());
            }
            if since.passed() > START {
                break Err(format!("it was started and does not answer within {START:?}"));
            }
        };
        self.process = Some(process);
        outcome
    }

    /// A client registers and deregisters.
    fn sane(&mut self) -> Result<(), String> {
        if let Some(how) = self.process.as_mut().and_then(Process::ended) {
            if !self.with_fresh_targets() {
                return Err(how);
            }
            self.fresh("")?;
        }
        let mut rig = self.rig(1);
        let alice = rig.client(SANITY_USER);
        let mut exchange = || {
            rig.signal(alice, ClientCommand::Register);
            rig.expect(alice, "an answer to REGISTER", |event| {
                matches!(event, UeEvent::Client(ClientEvent::Registered { .. }))
            })?;
            rig.signal(alice, ClientCommand::Deregister);
            rig.expect(alice, "an answer to the end of the registration", |event| {
                matches!(event, UeEvent::Client(ClientEvent::Deregistered))
            })
        };
        let outcome = exchange().map_err(|Unmet(what)| format!("no {}", what.trim_start_matches("an ")));
        match rig.trouble() {
            Some(trouble) => Err(trouble.to_owned()),
            None => outcome,
        }
    }

    /// Measures the tester and the way to the target.
    fn calibrate(&mut self) -> Result<(), String> {
        let jitter = own_jitter(WAKE_UPS).max(LEAST_JITTER);
        let mut rig = self.rig(2);
        let actor = rig.client(SANITY_USER);
        let mut times = Vec::new();
        for _ in 0..ROUND_TRIPS {
            let time = round_trip(&mut rig, actor, ROUND_TRIP);
            if let Some(trouble) = rig.trouble() {
                return Err(trouble.to_owned());
            }
            times.push(time.ok_or("it does not answer OPTIONS")?);
        }
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let longest = times.last().copied().unwrap_or_default();
        self.calibration = Calibration { jitter, median, longest };
        Ok(())
    }
}

/// Sends OPTIONS and says how long any answer took.
fn round_trip(rig: &mut Rig, actor: crate::rig::Actor, patience: Duration) -> Option<Duration> {
    let [own, _, _] = rig.addresses(actor);
    let seen = rig.frames().len();
    rig.send_request(actor, "OPTIONS", "", "");
    let begun = rig.passed();
    while rig.passed().saturating_sub(begun) < patience {
        rig.pass(Duration::from_millis(1));
        let frames = rig.frames().get(seen..).unwrap_or_default();
        let sent = frames.iter().find(|frame| frame.source == own)?.time;
        if let Some(answer) = frames.iter().find(|frame| frame.destination == own) {
            return Some(answer.time.saturating_sub(sent));
        }
    }
    None
}

fn not_run(case: &'static Case, verdict: Verdict) -> CaseResult {
    CaseResult {
        case,
        verdict,
        judgements: Default::default(),
        unmet: None,
        frames: Vec::new(),
        profile: Profile::default(),
        end: Duration::ZERO,
        took: Duration::ZERO,
        before: Vec::new(),
    }
}
