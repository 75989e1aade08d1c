//! Load with the judge watching: talks in all groups at once against a target behind sockets, each step measured.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::GroupId;
use mcptt_server::ue::UeEvent;

use crate::capture::Frame;
use crate::judge::{Judge, Outcome, Profile};
use crate::remote::{TargetError, TargetFile};
use crate::rig::remote::{Remote, own_jitter};
use crate::rig::{Actor, Rig};

/// What is measured: INVITE to its 200; Floor Request to Floor Granted, and to the last Floor Taken; a packet of voice to the last of its
/// copies; Floor Release to Floor Idle.
pub const STEPS: [&str; 5] = ["join", "grant", "taken", "voice", "idle"];

/// Clients in all.
const MOST_CLIENTS: usize = 16;
/// How long the end of a step is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(1);
/// Calls begin after everybody has logged in; the floor is asked for after that.
const SETTLE: Duration = Duration::from_millis(500);

/// How long, and how long each talk is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The whole of it.
    pub time: Duration,
    /// Voice in each talk.
    pub talk: Duration,
}

/// Durations of one step, sorted.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest one that this share of all does not exceed.
    pub fn percentile(&self, share: f64) -> Duration {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1).min(self.0.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Measured {
    /// Talks that were granted.
    pub talks: usize,
    /// Clients that took part.
    pub clients: usize,
    /// Groups in which they did.
    pub groups: usize,
    /// Times by step.
    pub steps: Vec<(&'static str, Times)>,
    /// Requirements armed.
    pub armed: usize,
    /// Requirements violated: how often, and the first time.
    pub violations: Vec<(&'static str, u64, String)>,
}

/// A load, prepared.
pub struct Load {
    target: TargetFile,
    profile: Profile,
    groups: Vec<(String, Vec<String>)>,
}

impl Load {
    /// The groups of the target that at least two of its users can talk in; each user talks in one.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn new(target: TargetFile) -> Result<Self, TargetError> {
        let profile = target.judged()?;
        let documents = profile.documents.clone().unwrap_or_default();
        let (mut groups, mut taken) = (Vec::new(), Vec::new());
        for (group, facts) in &documents.groups {
            let plain = facts.prearranged && !facts.disabled && !facts.temporary && !facts.dual_floor;
            if !plain || facts.audio_cut_in || facts.max_talkers.is_some() {
                continue;
            }
            let free = facts.members.iter().filter(|(user, member)| {
                !member.receive_only && documents.users.contains_key(*user) && !taken.contains(*user)
            });
            let members: Vec<String> =
                free.map(|(user, _)| user.clone()).take(MOST_CLIENTS.saturating_sub(taken.len())).collect();
            if members.len() >= 2 {
                taken.extend(members.iter().cloned());
                groups.push((group.clone(), members));
            }
        }
        Ok(Self { target, profile, groups })
    }

    /// Talks for as long as the plan says.
    ///
    /// # Errors
    /// When somebody cannot log in or call, or the tester has trouble of its own.
    pub fn run(self, plan: Plan) -> Result<Measured, String> {
        let site = self.target.site().map_err(|error| error.to_string())?;
        let jitter = own_jitter(500).max(Duration::from_millis(20));
        let mut rig = Rig::remote(Remote::new(site), 1);
        let mut talkers: Vec<Vec<Actor>> = Vec::new();
        for (group, members) in &self.groups {
            let mut actors = Vec::new();
            for user in members {
                let actor = rig.client_with(user, |client| client.suites.clear());
                rig.log_in(actor, &[group.as_str()]).map_err(|unmet| format!("{user}: no {}", unmet.0))?;
                actors.push(actor);
            }
            talkers.push(actors);
        }
        for (actors, (group, _)) in talkers.iter().zip(&self.groups) {
            let Some(first) = actors.first() else { continue };
            let call = GroupCall { implicit_request: false, ..GroupCall::new(GroupId::from(group.as_str())) };
            rig.signal(*first, ClientCommand::CallGroup(call));
            rig.expect(*first, "call", |event| {
                matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_)))
            })
            .map_err(|unmet| format!("{group}: no {}", unmet.0))?;
        }
        rig.advance(SETTLE);
        let (end, mut turn, mut talks) = (rig.passed() + plan.time, 0_usize, 0_usize);
        while rig.passed() < end {
            // What was reported before is looked at by nobody any more.
            talkers.iter().flatten().for_each(|actor| drop(rig.events(*actor)));
            let these: Vec<Actor> =
                talkers.iter().filter_map(|actors| actors.get(turn % actors.len().max(1)).copied()).collect();
            talks += talk(&mut rig, &these, plan.talk);
            turn += 1;
            if let Some(trouble) = rig.trouble() {
                return Err(trouble.to_owned());
            }
        }
        rig.advance(SETTLE);
        let profile = Profile { jitter: jitter.max(rig.lateness()), path: jitter, ..self.profile };
        let clients = talkers.iter().map(Vec::len).sum();
        let measured = measure(profile, rig.frames(), rig.time(), talks, clients, self.groups.len());
        rig.clean_up();
        if rig.has_lost() {
            return Err("the tester did not read its datagrams in time".to_owned());
        }
        Ok(measured)
    }
}

/// One talk of each at the same time. How many were granted.
fn talk(rig: &mut Rig, these: &[Actor], voice: Duration) -> usize {
    for actor in these {
        rig.events(*actor);
        rig.press(*actor);
    }
    let mut waiting = these.to_vec();
    let since = rig.passed();
    while !waiting.is_empty() && rig.passed().saturating_sub(since) < PATIENCE {
        rig.advance(LOOK);
        waiting.retain(|actor| {
            let open =
                rig.events(*actor).iter().any(|event| matches!(event, UeEvent::Microphone { open: true }));
            if open {
                rig.speak(*actor, voice);
            }
            !open
        });
    }
    rig.advance(voice + Duration::from_millis(20));
    for actor in these {
        rig.release(*actor);
    }
    rig.advance(Duration::from_millis(100));
    these.len() - waiting.len()
}

fn measure(
    profile: Profile,
    frames: &[Frame],
    end: Duration,
    talks: usize,
    clients: usize,
    groups: usize,
) -> Measured {
    let mut judge = Judge::new(profile);
    let mut meter = Meter::default();
    for frame in frames {
        meter.take(frame);
        judge.observe(frame);
    }
    let judgements = judge.finish(end);
    let mut first: BTreeMap<&'static str, String> = BTreeMap::new();
    for one in judgements.0.iter().filter(|one| one.outcome == Outcome::Violated) {
        first.entry(one.requirement).or_insert_with(|| {
            format!("frame {}: expected {}; actual {}", one.armed_by, one.expected, one.actual)
        });
    }
    let counts = judgements.counts();
    let violations = first
        .into_iter()
        .map(|(id, example)| (id, counts.get(id).map(|count| count.violated).unwrap_or_default(), example));
    Measured {
        talks,
        clients,
        groups,
        steps: meter.steps(),
        armed: counts.len(),
        violations: violations.collect(),
    }
}

/// Takes times from what crosses the tester's sockets.
#[derive(Default)]
struct Meter {
    times: BTreeMap<&'static str, Vec<Duration>>,
    /// INVITEs by branch.
    invites: BTreeMap<String, Duration>,
    /// The last request, and the last release, by the client's floor address.
    asked: BTreeMap<SocketAddr, Duration>,
    let_go: BTreeMap<SocketAddr, Duration>,
    /// When the request was sent that was granted last, for each of the server's hosts.
    last_granted: Option<Duration>,
    /// Packets of voice by SSRC, sequence number: when they were sent.
    voice: BTreeMap<[u8; 6], Duration>,
}

impl Meter {
    fn note(&mut self, step: &'static str, since: Duration, now: Duration) {
        self.times.entry(step).or_default().push(now.saturating_sub(since));
    }

    fn take(&mut self, frame: &Frame) {
        let (now, payload) = (frame.time, &frame.payload);
        if payload.get(8..12) == Some(b"MCPT") {
            let Ok(message) = FloorMessage::decode(payload) else { return };
            match message.value {
                FloorMessage::Request(_) => drop(self.asked.insert(frame.source, now)),
                FloorMessage::Release(_) => drop(self.let_go.insert(frame.source, now)),
                FloorMessage::Granted(_) => {
                    if let Some(since) = self.asked.remove(&frame.destination) {
                        self.last_granted = Some(since);
                        self.note("grant", since, now);
                    }
                }
                FloorMessage::Taken(_) => {
                    if let Some(since) = self.last_granted {
                        self.note("taken", since, now);
                    }
                }
                FloorMessage::Idle(_) => {
                    if let Some(since) = self.let_go.remove(&frame.destination) {
                        self.note("idle", since, now);
                    }
                }
                _ => {}
            }
        } else if payload.starts_with(b"INVITE ") || payload.starts_with(b"SIP/2.0 200 ") {
            self.signalling(frame);
        } else if payload.first().is_some_and(|first| first >> 6 == 2) && payload.len() > 12 {
            let mut key = [0; 6];
            let (sequence, ssrc) = key.split_at_mut(2);
            sequence.copy_from_slice(payload.get(2..4).unwrap_or(&[0; 2]));
            ssrc.copy_from_slice(payload.get(8..12).unwrap_or(&[0; 4]));
            match self.voice.get(&key) {
                Some(since) => {
                    let since = *since;
                    self.note("voice", since, now);
                }
                None => drop(self.voice.insert(key, now)),
            }
        }
    }

    fn signalling(&mut self, frame: &Frame) {
        use mcptt_codec::sip::{Limits, Method, SipMessage};
        match SipMessage::decode(&frame.payload, &Limits::default()) {
            Ok(SipMessage::Request(request)) => {
                let branch =
                    request.headers.top_via().ok().and_then(|via| via.branch().map(ToString::to_string));
                if let Some(branch) = branch.filter(|_| request.method == Method::Invite) {
                    self.invites.entry(branch).or_insert(frame.time);
                }
            }
            Ok(SipMessage::Response(response)) => {
                let to_invite = response.headers.cseq().is_ok_and(|cseq| cseq.method == Method::Invite);
                let branch =
                    response.headers.top_via().ok().and_then(|via| via.branch().map(ToString::to_string));
                let since = branch.filter(|_| to_invite).and_then(|branch| self.invites.remove(&branch));
                if let Some(since) = since {
                    self.note("join", since, frame.time);
                }
            }
            Err(_) => {}
        }
    }

    fn steps(mut self) -> Vec<(&'static str, Times)> {
        let mut sorted = |step: &'static str| {
            let mut times = self.times.remove(step).unwrap_or_default();
            times.sort_unstable();
            (step, Times(times))
        };
        STEPS.map(&mut sorted).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let times = Times((1..=100).map(Duration::from_millis).collect());
        for (share, millis) in [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)] {
            assert_eq!(times.percentile(share), Duration::from_millis(millis));
        }
        assert_eq!(Times::default().percentile(0.99), Duration::ZERO);
        assert_eq!(Times(vec![Duration::from_millis(3)]).percentile(0.5), Duration::from_millis(3));
    }
}
