//! Random sequences, written as scenarios. A sequence is made while it is carried out, so that steps can be put just
//! before, at and just after the server's next timer; what is kept are the times themselves.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use crate::rig::Effect;
use crate::scenario::{
    Action, Call, Client, Disturbance, Kind, MediaStage, Message, Network, Request, Sabotage, Scenario,
    Setting, Stage, Step, Subject, Tier, Who,
};

const GROUP: &str = "fire-1";
const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];
/// The longest sequence.
const MOST_STEPS: u32 = 48;
/// Time after the last step in which every floor that is held has to fall free: T1 and T3 of everybody, one after another.
const AFTERWARDS: Duration = Duration::from_secs(45);
/// Messages of one kind that can be damaged, in the order of the message table.
const SUBTYPES: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 15, 17, 18, 20, 11, 31];

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0.next_u32() % limit.max(1)
    }

    fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(u32::try_from(choices.len()).unwrap_or(1)) as usize]
    }
}

/// The sequence of a seed.
pub(super) fn scenario(seed: u64, sabotage: Option<Sabotage>) -> Scenario {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let clients = clients(&mut dice);
    let settings = settings(&mut dice, clients.len());
    let mut scenario = Scenario {
        title: format!("random sequence {seed}"),
        network: Network::Media,
        settings,
        clients,
        steps: Vec::new(),
        end: Duration::ZERO,
    };
    let mut stage = super::stage(&scenario, sabotage);
    let call = Call {
        group: GROUP.to_owned(),
        with_request: dice.one_in(3),
        emergency: false,
        broadcast: dice.one_in(8),
    };
    step(&mut scenario, &mut stage, Duration::ZERO, Action::Call(0, call));
    let mut releasing = false;
    for _ in 0..4 + dice.below(MOST_STEPS) {
        let at = stage_time(&mut dice, &scenario, &stage);
        let action = action(&mut dice, scenario.clients.len(), releasing);
        releasing |= action == Action::StartRelease;
        let over = action == Action::FinishRelease;
        // A panic is met again, and reported, when the sequence is played.
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            step(&mut scenario, &mut stage, at, action.clone());
        }));
        if ran.is_err() {
            break;
        }
        if over {
            break;
        }
    }
    scenario.end = scenario.steps.last().map_or(Duration::ZERO, |step| step.at) + AFTERWARDS;
    scenario
}

fn step(scenario: &mut Scenario, stage: &mut MediaStage, at: Duration, action: Action) {
    scenario.steps.push(Step { at, action: action.clone() });
    stage.advance(at);
    // What makes no sense now is passed over, here and when the sequence is played again.
    let _ = stage.act(&action);
}

fn clients(dice: &mut Dice) -> Vec<Client> {
    let count = 2 + dice.below(4) as usize;
    NAMES[..count]
        .iter()
        .enumerate()
        .map(|(index, name)| Client {
            groups: vec![GROUP.to_owned()],
            queueing: dice.below(3) > 0,
            priority: (dice.below(4) > 0).then(|| dice.pick(&[1, 2, 5, 9])),
            absent: index > 1 && dice.one_in(3),
            ..Client::new(*name)
        })
        .collect()
}

fn settings(dice: &mut Dice, clients: usize) -> Vec<Setting> {
    let server = |assignment: String| Setting { of: Subject::Server, assignment };
    let members: Vec<String> = NAMES[..clients]
        .iter()
        .map(|name| {
            let priority = dice.pick(&[0, 1, 5, 9]);
            let emergency = dice.one_in(2);
            let receive_only = dice.one_in(10);
            let beside = dice.below(4) > 0;
            format!(
                "{{ mcptt-id = \"{}\", priority = {priority}, emergency-call = {emergency}, receive-only = {receive_only}, \
                 multi-talker = {beside} }}",
                crate::scenario::uri(name)
            )
        })
        .collect();
    let of = || Subject::Group(GROUP.to_owned());
    let mut settings = vec![Setting { of: of(), assignment: format!("members = [{}]", members.join(", ")) }];
    let timers: [(&str, &[&str]); 8] = [
        ("T1", &["100ms", "500ms", "1s", "4s"]),
        ("T2", &["1s", "2s", "5s"]),
        ("T3", &["0s", "200ms", "3s"]),
        ("T7", &["100ms", "1s"]),
        ("T8", &["100ms", "1s"]),
        ("T20", &["100ms", "1s"]),
        ("T11", &["100ms", "500ms", "4s"]),
        ("T12", &["1s", "2s", "5s"]),
    ];
    for (name, values) in timers {
        settings.push(server(format!("floor.{name} = \"{}\"", dice.pick(values))));
    }
    settings.push(server(format!("floor.C7 = {}", dice.pick(&[1, 2, 10]))));
    settings.push(server(format!("floor.C20 = {}", dice.pick(&[1, 2, 3]))));
    settings.push(server(format!("floor.queue-limit = {}", dice.pick(&[1, 2, 16]))));
    let kind = match dice.below(20) {
        0..=3 => Some("audio-cut-in = true".to_owned()),
        4..=7 => Some(format!("max-talkers = {}", dice.pick(&[2, 2, 3]))),
        8..=11 => Some(format!("dual-floor = \"{}\"", dice.pick(&["both", "overriding", "overridden"]))),
        _ => None,
    };
    settings.extend(kind.map(|assignment| Setting { of: of(), assignment }));
    if dice.one_in(4) {
        settings.push(Setting { of: of(), assignment: "queueing = false".to_owned() });
    }
    settings
}

/// When the next step happens.
fn stage_time(dice: &mut Dice, scenario: &Scenario, stage: &MediaStage) -> Duration {
    let now = scenario.steps.last().map_or(Duration::ZERO, |step| step.at);
    let millisecond = Duration::from_millis(1);
    let timer = stage.next_timer().filter(|at| *at > now && *at < now + Duration::from_secs(6));
    match (dice.below(10), timer) {
        (0..=2, _) => now,
        (3, Some(timer)) => timer.saturating_sub(millisecond).max(now),
        (4, Some(timer)) => timer,
        (5, Some(timer)) => timer + millisecond,
        (6, _) => now + Duration::from_millis(dice.below(2_500).into()),
        _ => now + Duration::from_millis(dice.below(60).into()),
    }
}

fn request(dice: &mut Dice) -> Request {
    Request {
        priority: dice.one_in(2).then(|| dice.pick(&[0, 1, 2, 5, 9, 255])),
        tier: dice.pick(&[Tier::Normal, Tier::Normal, Tier::Normal, Tier::ImminentPeril, Tier::Emergency]),
    }
}

fn action(dice: &mut Dice, clients: usize, releasing: bool) -> Action {
    let who: Who = dice.below(u32::try_from(clients).unwrap_or(1)) as usize;
    match dice.below(100) {
        0..=15 => Action::Send(who, Message::Request(request(dice))),
        16..=26 => Action::Send(who, Message::Release { ack: dice.one_in(3) }),
        27..=40 => Action::Send(who, Message::Voice(1 + dice.pick(&[0, 0, 0, 1, 4]))),
        41..=44 => Action::Send(who, Message::PositionRequest),
        45..=46 => Action::Send(who, Message::Ack(dice.pick(&[1, 2, 3, 4, 5, 9, 31]))),
        47..=50 => Action::Send(who, Message::FloorOctets(damaged(dice))),
        51 => Action::Send(who, Message::VoiceOctets(noise(dice))),
        52..=63 => Action::Press(who, request(dice)),
        64..=71 => Action::Release(who),
        72..=77 => Action::Speak(who, Duration::from_millis(dice.pick(&[20, 60, 100, 300, 1_100]))),
        78..=79 => Action::AskPosition(who),
        80..=81 => Action::Accept(who),
        82..=85 => Action::Leave(who),
        86..=90 => {
            let call = Call {
                group: GROUP.to_owned(),
                with_request: dice.one_in(2),
                emergency: false,
                broadcast: false,
            };
            Action::Call(who, call)
        }
        91..=97 => Action::Disturb(disturbance(dice, who)),
        98 => Action::Deafen(who),
        _ if releasing => Action::FinishRelease,
        _ if dice.one_in(3) => Action::StartRelease,
        _ => Action::Send(who, Message::Request(request(dice))),
    }
}

fn disturbance(dice: &mut Dice, client: Who) -> Disturbance {
    let delay = Duration::from_millis(dice.pick(&[1, 15, 90, 400]));
    Disturbance {
        effect: dice.pick(&[Effect::Lose, Effect::Lose, Effect::Double, Effect::Delay(delay)]),
        count: dice.pick(&[1, 1, 2, 5]),
        kind: dice.pick(&[Kind::Floor, Kind::Floor, Kind::Voice]),
        to_client: dice.one_in(2),
        client,
    }
}

/// A floor message with something wrong, or one that participants do not send, or two of them.
fn damaged(dice: &mut Dice) -> Vec<u8> {
    let message = |dice: &mut Dice| {
        let mut octets = vec![0x80 | dice.pick(&SUBTYPES), 204, 0, 2, 0xa0, 0, 0, 1];
        octets.extend(b"MCPT");
        for _ in 0..dice.below(3) {
            // A field of four octets: id, length 2, value.
            octets.extend([dice.below(24) as u8, 2, dice.0.next_u32() as u8, dice.0.next_u32() as u8]);
            octets[3] += 1;
        }
        octets
    };
    let mut octets = message(dice);
    if dice.one_in(4) {
        octets.extend(message(dice));
    }
    match dice.below(4) {
        0 => {
            let place = dice.below(u32::try_from(octets.len()).unwrap_or(1)) as usize;
            octets[place] ^= 1 << dice.below(8);
        }
        1 => octets.truncate(1 + dice.below(u32::try_from(octets.len()).unwrap_or(1)) as usize),
        _ => {}
    }
    octets
}

/// Octets at the port of voice that are no voice of the call.
fn noise(dice: &mut Dice) -> Vec<u8> {
    let mut octets: Vec<u8> = (0..dice.below(40)).map(|_| dice.0.next_u32() as u8).collect();
    // Another payload type than that of the call, if it is RTP at all.
    octets.extend([0; 2]);
    octets[1] = 13;
    octets
}
