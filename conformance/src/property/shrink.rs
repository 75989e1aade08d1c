//! Makes a sequence that breaks an invariant small: clients first, then steps, then settings and parameters, then time.

use std::time::Duration;

use super::play;
use crate::scenario::{Action, Client, Message, Request, Sabotage, Scenario};

/// Sequences that are tried at most.
const BUDGET: usize = 3_000;

/// When a sequence shows what it is about, if it does.
type Shows<'a> = dyn Fn(&Scenario) -> Option<Duration> + 'a;

struct Shrinker<'a> {
    best: Scenario,
    left: usize,
    shows: &'a Shows<'a>,
}

/// The smallest sequence that was found to break the same invariant.
pub(super) fn shrink(scenario: Scenario, sabotage: &dyn Fn() -> Option<Sabotage>) -> Scenario {
    let Some(first) = play(&scenario, sabotage()).breach else { return scenario };
    let same = |candidate: &Scenario| {
        play(candidate, sabotage()).breach.filter(|one| one.invariant == first.invariant)
    };
    smallest(scenario, &|candidate| same(candidate).map(|breach| breach.at))
}

/// The smallest scenario that was found to show the same, within a budget. `shows` says when it does.
pub fn smallest(scenario: Scenario, shows: &dyn Fn(&Scenario) -> Option<Duration>) -> Scenario {
    let Some(at) = shows(&scenario) else { return scenario };
    let mut shrinker = Shrinker { best: scenario, left: BUDGET, shows };
    shrinker.cut(at);
    loop {
        let before = shrinker.best.clone();
        shrinker.clients();
        shrinker.steps();
        shrinker.settings();
        shrinker.parameters();
        shrinker.time();
        if shrinker.best == before || shrinker.left == 0 {
            return shrinker.best;
        }
    }
}

impl Shrinker<'_> {
    /// Keeps a sequence if it shows the same.
    fn try_this(&mut self, candidate: Scenario) -> bool {
        if self.left == 0 || candidate == self.best {
            return false;
        }
        self.left -= 1;
        let Some(at) = (self.shows)(&candidate) else { return false };
        self.best = candidate;
        // What comes after it plays no role.
        let end = self.best.end;
        if at < end {
            self.cut(at);
        }
        true
    }

    fn cut(&mut self, at: Duration) {
        let mut candidate = self.best.clone();
        candidate.steps.retain(|step| step.at <= at);
        candidate.end = at;
        if candidate == self.best || self.left == 0 {
            return;
        }
        self.left -= 1;
        if (self.shows)(&candidate).is_some() {
            self.best = candidate;
        }
    }

    fn clients(&mut self) {
        for who in (0..self.best.clients.len()).rev() {
            let mut candidate = self.best.clone();
            candidate.clients.remove(who);
            candidate.steps.retain_mut(|step| without(&mut step.action, who));
            self.try_this(candidate);
        }
    }

    fn steps(&mut self) {
        let mut size = self.best.steps.len().max(1);
        while size > 0 {
            let mut from = 0;
            while from < self.best.steps.len() {
                let mut candidate = self.best.clone();
                let to = (from + size).min(candidate.steps.len());
                candidate.steps.drain(from..to);
                if !self.try_this(candidate) {
                    from += size;
                }
            }
            size /= 2;
        }
    }

    fn settings(&mut self) {
        for index in (0..self.best.settings.len()).rev() {
            let mut candidate = self.best.clone();
            candidate.settings.remove(index);
            self.try_this(candidate);
        }
        for who in 0..self.best.clients.len() {
            let mut candidate = self.best.clone();
            let client = &mut candidate.clients[who];
            *client = Client { groups: client.groups.clone(), ..Client::new(client.name.clone()) };
            self.try_this(candidate);
        }
    }

    fn parameters(&mut self) {
        for index in 0..self.best.steps.len() {
            let Some(step) = self.best.steps.get(index) else { return };
            let Some(simpler) = simpler(&step.action) else { continue };
            let mut candidate = self.best.clone();
            candidate.steps[index].action = simpler;
            self.try_this(candidate);
        }
    }

    fn time(&mut self) {
        let mut index = 0;
        while let Some(step) = self.best.steps.get(index) {
            let before = index.checked_sub(1).map_or(Duration::ZERO, |index| self.best.steps[index].at);
            let gap = step.at - before;
            for shorter in [Duration::ZERO, whole(gap / 2), whole(gap)] {
                if shorter >= gap {
                    continue;
                }
                let mut candidate = self.best.clone();
                for step in &mut candidate.steps[index..] {
                    step.at -= gap - shorter;
                }
                candidate.end = candidate.end.saturating_sub(gap - shorter);
                if self.try_this(candidate) {
                    break;
                }
            }
            index += 1;
        }
    }
}

/// Tenths of a second.
fn whole(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX) / 100 * 100)
}

/// The same in fewer words.
fn simpler(action: &Action) -> Option<Action> {
    let plain = Request::default();
    Some(match action {
        Action::Call(who, call) if call.with_request || call.broadcast => {
            let call = crate::scenario::Call { with_request: false, broadcast: false, ..call.clone() };
            Action::Call(*who, call)
        }
        Action::Press(who, request) if *request != plain => Action::Press(*who, plain),
        Action::Send(who, Message::Request(request)) if *request != plain => {
            Action::Send(*who, Message::Request(plain))
        }
        Action::Send(who, Message::Release { ack: true }) => {
            Action::Send(*who, Message::Release { ack: false })
        }
        Action::Send(who, Message::Voice(count)) if *count > 1 => Action::Send(*who, Message::Voice(1)),
        Action::Speak(who, duration) if duration.as_millis() > 20 => {
            Action::Speak(*who, Duration::from_millis(20))
        }
        _ => return None,
    })
}

/// The step for those who stay; whether it is left without the client.
fn without(action: &mut Action, gone: usize) -> bool {
    let who = match action {
        Action::LogIn(who)
        | Action::Call(who, _)
        | Action::Leave(who)
        | Action::Press(who, _)
        | Action::Release(who)
        | Action::Speak(who, _)
        | Action::AskPosition(who)
        | Action::Accept(who)
        | Action::Deafen(who)
        | Action::Send(who, _)
        | Action::Above(Some(who), _)
        | Action::Connect(who)
        | Action::Disconnect(who)
        | Action::Refuse(who)
        | Action::Listen(who, _) => who,
        Action::Disturb(one) => &mut one.client,
        Action::StartRelease | Action::FinishRelease | Action::Above(None, _) | Action::Bearer(_) => {
            return true;
        }
    };
    if *who > gone {
        *who -= 1;
        return true;
    }
    *who != gone
}
