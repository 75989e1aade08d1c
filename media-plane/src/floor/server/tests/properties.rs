//! What holds whatever happens in whatever order.

use std::collections::BTreeMap;
use std::time::Duration;

use mcptt_codec::Release;
use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorPriority, MessageSequenceNumber};
use mcptt_codec::id::LegRef;
use proptest::prelude::*;

use super::rig::{Rig, Setup, audio, millis, secs};
use crate::floor::event::Event;
use crate::floor::server::{FloorOutput, FloorSignalling, MediaVerdict, dual, general, towards};
use crate::floor::settings::{Entry, FloorParameters, Hearing};

const MEMBERS: u64 = 5;

#[derive(Clone, Debug)]
enum Step {
    Join(u64, Entry),
    Leave(u64),
    Request { from: u64, priority: Option<u8>, indicator: Option<u16> },
    ImplicitRequest(u64),
    Release { from: u64, ack_requested: bool },
    AskPosition(u64),
    Foreign(u64),
    Cancel(u64, Vec<u64>),
    ControlMedia(u64, bool),
    RequestRevoke(u64, u64),
    ConstituentRequest(u64),
    FinalResponsesReceived,
    Media(u64),
    Pass(Duration),
    ReleaseStarted,
    ReleaseFinished,
}

fn leg() -> impl Strategy<Value = u64> {
    1..=MEMBERS
}

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        Just(Entry::Invited),
        any::<bool>().prop_map(|implicit_request| Entry::Originator { implicit_request }),
        any::<bool>().prop_map(|implicit_request| Entry::Joining { implicit_request }),
    ]
}

fn indicator() -> impl Strategy<Value = Option<u16>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(FloorIndicator::IMMINENT_PERIL.0)),
        1 => Just(Some(FloorIndicator::EMERGENCY.0)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (leg(), entry()).prop_map(|(leg, entry)| Step::Join(leg, entry)),
        1 => leg().prop_map(Step::Leave),
        6 => (leg(), prop::option::of(0..4u8), indicator())
            .prop_map(|(from, priority, indicator)| Step::Request { from, priority, indicator }),
        1 => leg().prop_map(Step::ImplicitRequest),
        4 => (leg(), any::<bool>()).prop_map(|(from, ack_requested)| Step::Release { from, ack_requested }),
        1 => leg().prop_map(Step::AskPosition),
        1 => leg().prop_map(Step::Foreign),
        1 => (leg(), prop::collection::vec(leg(), 0..3)).prop_map(|(from, users)| Step::Cancel(from, users)),
        1 => (leg(), any::<bool>()).prop_map(|(from, resume)| Step::ControlMedia(from, resume)),
        1 => (leg(), leg()).prop_map(|(from, talker)| Step::RequestRevoke(from, talker)),
        1 => leg().prop_map(Step::ConstituentRequest),
        1 => Just(Step::FinalResponsesReceived),
        5 => leg().prop_map(Step::Media),
        4 => (1..5_000u64).prop_map(|duration| Step::Pass(millis(duration))),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    (prop::collection::vec(step(), 0..80), prop::option::weighted(0.3, 0..80usize)).prop_map(
        |(mut steps, release)| {
            if let Some(at) = release {
                let at = at.min(steps.len());
                steps.insert(at, Step::ReleaseStarted);
                steps.push(Step::ReleaseFinished);
            }
            steps
        },
    )
}

fn parameters() -> impl Strategy<Value = FloorParameters> {
    let receive_only = prop::bool::weighted(0.1);
    let beside_others = prop::bool::weighted(0.8);
    let powers = (any::<bool>(), any::<bool>());
    (
        any::<bool>(),
        prop::option::of(1..4u8),
        receive_only,
        any::<bool>(),
        any::<bool>(),
        beside_others,
        powers,
    )
        .prop_map(
            |(queueing, priority, receive_only, emergency_allowed, privacy, multi_talker_allowed, powers)| {
                FloorParameters {
                    cancels_queued: powers.0,
                    revokes_others: powers.1,
                    functional_aliases: Vec::new(),
                    location: None,
                    queueing,
                    priority,
                    receive_only,
                    emergency_allowed,
                    privacy,
                    multi_talker_allowed,
                    floor_ssrc: None,
                    function: false,
                }
            },
        )
}

fn hearing() -> impl Strategy<Value = Hearing> {
    prop_oneof![Just(Hearing::Overriding), Just(Hearing::Overridden), Just(Hearing::Both)]
}

prop_compose! {
    fn setup()(
        parameters in prop::collection::vec(parameters(), MEMBERS as usize),
        queueing in any::<bool>(),
        audio_cut_in in prop::bool::weighted(0.2),
        broadcast in prop::option::weighted(0.2, leg()),
        max_talkers in prop::option::weighted(0.4, 0..4u8),
        dual_floor in prop::option::weighted(0.5, hearing()),
        queue_limit in 0..4usize,
        temporary in prop::bool::weighted(0.2),
    ) -> Setup {
        let mut setup = Setup::with_participants(0).call(|call| {
            call.queueing = queueing;
            call.audio_cut_in = audio_cut_in;
            call.broadcast_initiator = broadcast.map(LegRef);
            call.max_talkers = max_talkers;
            call.dual_floor = dual_floor;
        });
        setup.policy.queue_limit = queue_limit;
        setup.policy.release = Release::R19;
        let setup = if temporary { setup.temporary_group() } else { setup };
        setup.with_all(parameters)
    }
}

/// What receivers have seen so far.
#[derive(Default)]
struct Observer {
    taken: BTreeMap<LegRef, MessageSequenceNumber>,
    idle: BTreeMap<LegRef, MessageSequenceNumber>,
    /// The time granted last in this talk spurt of a talker.
    durations: BTreeMap<LegRef, Duration>,
    /// Announcements since the floor became idle.
    idle_copies: usize,
}

impl Observer {
    /// Looks at what one input has led to.
    fn observe(&mut self, rig: &mut Rig) -> Vec<FloorOutput> {
        let outputs = rig.outputs();
        for (index, output) in outputs.iter().enumerate() {
            let next = outputs.get(index + 1);
            if let Some(FloorOutput::Event(Event::StateChanged { to: "U: permitted", participant, .. })) =
                next
            {
                participant.map(|talker| self.durations.remove(&talker));
            }
            match output {
                FloorOutput::Send { to, message } => self.delivered(rig, *to, message),
                FloorOutput::SendAll { to, message } => {
                    assert!(!to.is_empty());
                    if matches!(message, FloorMessage::Idle(idle) if !is_of_dual_floor(idle.indicator)) {
                        self.idle_copies += 1;
                        assert!(self.idle_copies <= 10, "no more Floor Idle than C7");
                        assert_eq!(rig.general(), general::State::FloorIdle);
                        assert!(rig.queue().is_empty());
                    }
                    for leg in to.iter() {
                        self.delivered(rig, *leg, message);
                    }
                }
                FloorOutput::Event(Event::StateChanged { to: "G: Floor Taken", .. }) => {
                    self.idle_copies = 0;
                }
                _ => {}
            }
        }
        check_grants(rig, &outputs);
        check_states(rig);
        outputs
    }

    fn delivered(&mut self, rig: &Rig, to: LegRef, message: &FloorMessage) {
        let state = rig.server.participant_state(to);
        assert!(
            state
                .is_some_and(|state| !matches!(state, towards::State::StartStop | towards::State::Releasing)),
            "{message:?} to {to}, which is in {state:?}"
        );
        let (last, sequence) = match message {
            FloorMessage::Taken(taken) => {
                assert_eq!(taken.granted_users.len(), taken.ssrcs.len());
                (&mut self.taken, taken.sequence)
            }
            FloorMessage::Idle(idle) => (&mut self.idle, idle.sequence),
            FloorMessage::Granted(granted) => {
                let duration = granted.duration.unwrap();
                assert!(duration <= secs(30) && duration >= secs(1));
                let last = self.durations.insert(to, duration);
                assert!(last.is_none_or(|last| duration <= last));
                return;
            }
            _ => return,
        };
        let sequence = sequence.unwrap();
        if let Some(last) = last.insert(to, sequence) {
            assert!(sequence.newer_than(last));
        }
    }
}

/// A new grant is announced at once to everybody else that listens. The end of an override is announced to all but the
/// one that goes on talking.
fn check_grants(rig: &Rig, outputs: &[FloorOutput]) {
    let messages: Vec<&FloorOutput> =
        outputs.iter().filter(|output| !matches!(output, FloorOutput::Event(_))).collect();
    for (index, output) in messages.iter().enumerate() {
        let FloorOutput::SendAll { to, message: FloorMessage::Taken(taken) } = output else { continue };
        let talker = match index.checked_sub(1).map(|before| messages[before]) {
            Some(FloorOutput::Send { to: talker, message: FloorMessage::Granted(_) }) => *talker,
            Some(FloorOutput::SendAll { message: FloorMessage::Idle(idle), .. })
                if is_of_dual_floor(idle.indicator) =>
            {
                let named = taken.talker_ssrc;
                (1..=MEMBERS).find(|leg| named == Some(audio(*leg))).map(LegRef).unwrap()
            }
            _ => panic!("Floor Taken without the Floor Granted that it announces: {messages:?}"),
        };
        assert!(!to.contains(&talker));
        for leg in 1..=MEMBERS {
            let hears = match rig.server.participant_state(LegRef(leg)) {
                None => false,
                Some(state) => state != towards::State::NotPermittedButSendsMedia && LegRef(leg) != talker,
            };
            // Whoever came in or fell silent in this very turn is told on its own.
            assert!(
                !hears || to.contains(&LegRef(leg)) || messages.len() > 2,
                "{leg} is not told: {messages:?}"
            );
        }
    }
}

fn is_of_dual_floor(indicator: Option<FloorIndicator>) -> bool {
    indicator.is_some_and(|indicator| indicator.contains(FloorIndicator::DUAL_FLOOR))
}

fn check_states(rig: &Rig) {
    let states: Vec<(u64, towards::State)> = (1..=MEMBERS)
        .filter_map(|leg| rig.server.participant_state(LegRef(leg)).map(|state| (leg, state)))
        .collect();
    let all =
        |wanted| states.iter().filter(|(_, state)| *state == wanted).map(|(leg, _)| LegRef(*leg)).collect();
    let permitted: Vec<LegRef> = all(towards::State::Permitted);
    let revoked: Vec<LegRef> = all(towards::State::PendingFloorRevoke);
    let mut talkers: Vec<LegRef> = rig.server.talkers().collect();
    talkers.sort_unstable();
    assert!(talkers.len() <= most_talkers(rig), "{talkers:?}");
    let overriding = rig.server.overriding();
    assert_eq!(overriding.is_some(), rig.server.dual_state() == dual::State::FloorTaken);
    assert!(overriding.is_none() || rig.server.context.call.dual_floor.is_some());
    assert!(overriding.is_none_or(|leg| permitted.contains(&leg) && !talkers.contains(&leg)));
    let mut may_send = [permitted.clone(), revoked.clone()].concat();
    may_send.retain(|leg| Some(*leg) != overriding);
    may_send.sort_unstable();
    assert_eq!(may_send, talkers);
    let permitted: Vec<LegRef> = permitted.into_iter().filter(|leg| Some(*leg) != overriding).collect();
    match rig.general() {
        general::State::FloorTaken => assert!(!permitted.is_empty()),
        general::State::PendingFloorRevoke => assert!(permitted.is_empty() && !revoked.is_empty()),
        general::State::FloorInitialising => assert!(talkers.is_empty() && overriding.is_none()),
        _ => assert!(talkers.is_empty() && overriding.is_none() && rig.queue().is_empty()),
    }
    let mut queued = rig.queue();
    assert!(talkers.iter().chain(&overriding).all(|talker| !queued.contains(&talker.0)));
    queued.sort_unstable();
    let length = queued.len();
    queued.dedup();
    assert_eq!(queued.len(), length);
}

fn most_talkers(rig: &Rig) -> usize {
    let call = &rig.server.context.call;
    if call.audio_cut_in { 1 } else { usize::from(call.max_talkers.unwrap_or(1)).max(1) }
}

fn check_answer(rig: &Rig, from: u64, outputs: &[FloorOutput]) {
    let discarded =
        outputs.iter().any(|output| matches!(output, FloorOutput::Event(Event::Discarded { .. })));
    let answers = outputs
        .iter()
        .filter(|output| {
            matches!(output, FloorOutput::Send { to, message } if *to == LegRef(from)
                && matches!(message, FloorMessage::Granted(_) | FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_)))
        })
        .count();
    // A pre-emptor that did not negotiate queueing is answered when the grace period is over.
    let waits_unanswered = answers == 0
        && rig.server.queue().iter().any(|request| request.from == LegRef(from) && request.front);
    assert!(discarded && answers == 0 || answers == 1 || waits_unanswered, "{outputs:?}");
}

fn apply(rig: &mut Rig, observer: &mut Observer, step: Step) {
    match step {
        Step::Join(leg, entry) => rig.join(leg, entry),
        Step::Leave(leg) => rig.leave(leg),
        Step::Request { from, priority, indicator } => {
            rig.request_with(from, |request| {
                request.priority = priority.map(FloorPriority);
                request.indicator = indicator.map(FloorIndicator);
            });
            let outputs = observer.observe(rig);
            check_answer(rig, from, &outputs);
        }
        Step::ImplicitRequest(leg) => rig.signal(FloorSignalling::ImplicitRequest { leg: LegRef(leg) }),
        Step::Release { from, ack_requested } => rig.release_with(from, ack_requested),
        Step::AskPosition(leg) => rig.ask_position(leg),
        Step::Foreign(leg) => {
            let message = rig.idle_message(0);
            rig.receive(leg, message);
        }
        Step::Cancel(from, users) => rig.cancel(from, &users),
        Step::ControlMedia(from, resume) => rig.control_media(from, resume),
        Step::RequestRevoke(from, talker) => rig.request_revoke(from, talker),
        Step::ConstituentRequest(leg) => {
            rig.signal(FloorSignalling::ConstituentRequest { leg: LegRef(leg), request: Box::default() })
        }
        Step::FinalResponsesReceived => rig.signal(FloorSignalling::FinalResponsesReceived),
        Step::Media(leg) => {
            let before = rig.server.participant_state(LegRef(leg));
            let may = matches!(before, Some(towards::State::Permitted | towards::State::PendingFloorRevoke));
            assert_eq!(rig.media(leg) != MediaVerdict::Discard, may);
        }
        Step::Pass(duration) => pass(rig, observer, duration),
        Step::ReleaseStarted => rig.signal(FloorSignalling::ReleaseStarted),
        Step::ReleaseFinished => rig.signal(FloorSignalling::ReleaseFinished),
    }
    observer.observe(rig);
}

fn pass(rig: &mut Rig, observer: &mut Observer, duration: Duration) {
    let end = rig.now + duration;
    while let Some(next) = rig.server.poll_timeout().filter(|next| *next <= end) {
        assert!(next >= rig.now, "a deadline that has passed was not acted upon");
        rig.now = next;
        rig.server.handle_timeout(next);
        observer.observe(rig);
    }
    rig.now = end;
}

/// Two thousand sequences, or as many as `PROPTEST_CASES` says: a nightly run takes more.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(2_000))
}

proptest! {
    #![proptest_config(config())]

    //= 24.380-6.3.4.4.2:single test
    //= 24.380-6.3.4.3.3:once test
    #[test]
    fn the_floor_stays_in_order(setup in setup(), steps in steps()) {
        let mut rig = setup.start();
        let mut observer = Observer::default();
        rig.signal(FloorSignalling::Initiated);
        rig.join(1, Entry::Originator { implicit_request: false });
        rig.join(2, Entry::Invited);
        observer.observe(&mut rig);
        for step in steps {
            apply(&mut rig, &mut observer, step);
        }
        // Whoever neither sends nor releases loses the floor, and so does everybody in the queue.
        pass(&mut rig, &mut observer, secs(7) * (MEMBERS as u32 + 1));
        prop_assert_eq!(rig.server.talker(), None);
    }
}
