//! Traces as text, so that a page of them can be read.
//!
//! ```text
//! idle call; B> request; B< granted 10; AC< taken B; +500; B~AC; B> release !; B< ack 4 2; ABC< idle
//! ```
//!
//! Steps stand between semicolons. `B>` is what bob sends, `AC<` what alice and carol are sent, in this order and
//! with the same octets; `B~AC` is a packet of bob's voice that alice and carol hear, `B~3AC` three of them half a
//! second apart, `D hears B` what bob said last; `+500` lets half a second pass; anything else is the name of a step. Behind a message stand its
//! numbers and names and then its options: see [`message`].

use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::floor::*;
use mcptt_codec::id::{McpttId, Ssrc};

use super::messages::{ack, deny, granted, position, position_request, release, request, revoke};
use super::steps;
use super::world::{ALICE, BOB, CAROL, DAVE, PF, USERS, World};

/// Plays a trace and waits for what it has brought about.
pub(super) fn play(w: &mut World, text: &str) {
    steps(w, text);
    w.wait(steps::AFTERWARDS);
}

/// Plays the steps.
pub(super) fn steps(w: &mut World, text: &str) {
    for step in text.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        play_step(w, step);
    }
}

fn play_step(w: &mut World, step: &str) {
    if let Some(milliseconds) = step.strip_prefix('+') {
        return w.wait(milliseconds.parse().unwrap_or_else(|_| panic!("{step}: a number of milliseconds")));
    }
    if let Some((who, octets)) = step.split_once(">#") {
        let octets = hex(octets);
        return people(who).iter().for_each(|who| w.up_octets(*who, octets.clone()));
    }
    if let Some((who, octets)) = step.split_once("<#") {
        let octets = hex(octets);
        return people(who).iter().for_each(|who| w.down_octets(*who, octets.clone()));
    }
    if let Some((who, words)) = step.split_once('>') {
        let message = message(w, words);
        return people(who).iter().for_each(|who| w.up(*who, &message));
    }
    if let Some((who, words)) = step.split_once('<') {
        let message = message(w, words);
        return people(who).iter().for_each(|who| w.down(*who, &message));
    }
    if let Some((who, talker)) = step.split_once(" hears ") {
        return people(who).iter().for_each(|who| w.hear_again(*who, person(talker)));
    }
    if let Some((who, rest)) = step.split_once('~') {
        let (times, heard_by) =
            match rest.trim().split_at(rest.trim().bytes().take_while(u8::is_ascii_digit).count()) {
                ("", heard_by) => (1, heard_by),
                (times, heard_by) => (times.parse().expect("a small number"), heard_by),
            };
        return speaks(w, person(who), times, &people(heard_by));
    }
    if let Some(words) = step.strip_prefix("set ") {
        return set_value(w, words);
    }
    for (what, act) in ACTS {
        if let Some(who) = step.strip_suffix(what) {
            return people(who).iter().for_each(|who| act(w, *who));
        }
    }
    let (_, named) =
        steps::NAMED.iter().find(|(name, _)| *name == step).unwrap_or_else(|| panic!("no step {step}"));
    named(w);
}

/// What a word does to the participant of this number.
type Act = fn(&mut World, usize);

/// What somebody does in SIP.
const ACTS: &[(&str, Act)] = &[
    (" leaves", |w, who| w.leave(who)),
    (" answers", World::answer),
    (" dismissed", |w, who| w.dismiss(who)),
    (" upgrades", |w, who| w.invite_again(who, PF, true)),
    (" is invited again", |w, who| w.invite_again(PF, who, false)),
];

/// Timers in seconds, counters, and the length of the queue.
fn set_value(w: &mut World, words: &str) {
    let (name, value) = words.split_once(' ').expect("a name and a number");
    let (value, timers): (u64, _) = (number(Some(value)), &mut w.profile.timers);
    let seconds = Duration::from_secs(value);
    match name {
        "t1" => timers.t1 = seconds,
        "t2" => timers.t2 = seconds,
        "t3" => timers.t3 = seconds,
        "t12" => timers.t12 = seconds,
        "target" => w.profile.release = u8::try_from(value).ok(),
        "t4" => timers.t4 = Some(seconds),
        "c7" => timers.c7 = value,
        "c20" => timers.c20 = value,
        "queue" => w.profile.queue_limit = usize::try_from(value).ok(),
        "t100" => w.profile.client_timers.t100 = seconds,
        "release" => w.profile.client_release = u8::try_from(value).ok(),
        "priority" => w.priority = u8::try_from(value).expect("an octet"),
        _ => panic!("{name}: nothing to set"),
    }
}

fn hex(text: &str) -> Bytes {
    let digits: String = text.split_whitespace().collect();
    let octet = |index| u8::from_str_radix(&digits[index..index + 2], 16).expect("hexadecimal octets");
    (0..digits.len()).step_by(2).map(octet).collect()
}

fn speaks(w: &mut World, who: usize, times: u64, heard_by: &[usize]) {
    for time in 0..times {
        if time > 0 {
            w.wait(500);
        }
        let sequence = u16::try_from(w.frames.len()).expect("traces are short");
        w.voice(who, sequence, heard_by);
    }
}

fn person(letter: &str) -> usize {
    match people(letter).as_slice() {
        [who] => *who,
        _ => panic!("{letter}: one of them"),
    }
}

fn people(letters: &str) -> Vec<usize> {
    let who = |letter| match letter {
        'A' => ALICE,
        'B' => BOB,
        'C' => CAROL,
        'D' => DAVE,
        _ => panic!("{letters}: letters of people"),
    };
    letters.trim().chars().map(who).collect()
}

fn user(letter: &str) -> McpttId {
    McpttId::from(USERS[person(letter)])
}

fn number<T: std::str::FromStr>(word: Option<&str>) -> T {
    word.and_then(|word| word.parse().ok()).expect("a number behind the message")
}

/// The message of these words: its name, what it needs, then options.
///
/// `!` asks for an acknowledgement, `bits=EG` sets bits of the Floor Indicator by their letters (`bits=` for none at
/// all, `-bits` for no field), `p=5` is the priority, `track=7` a Track Info with that reference, `ssrc=9` the SSRC
/// field, `from=9` the SSRC of the sender, `user=B` and `users=BC` names, `loc=5` a location, `perm=0` the permission,
/// `n=7` the sequence number, `-name` takes the talker's name away.
fn message(w: &mut World, text: &str) -> FloorMessage {
    let mut words = text.split_whitespace();
    let name = words.next().expect("the name of a message");
    let is_option = |word: &&str| word.contains('=') || word.starts_with(['!', '-']);
    let (options, needed): (Vec<&str>, Vec<&str>) = words.partition(is_option);
    let mut needed = needed.into_iter();
    let mut message = match name {
        "request" => request(),
        "release" => release(false),
        "position?" => position_request(),
        "granted" => granted(number(needed.next())),
        "taken" => w.taken(person(needed.next().expect("who talks"))),
        "deny" => deny(RejectCause(number(needed.next()))),
        "revoke" => revoke(RevokeCause(number(needed.next()))),
        "idle" => w.idle(),
        "position" => position(number(needed.next())),
        "ack" => ack(number(needed.next()), Source(number(needed.next()))),
        "over" => FloorMessage::ReleaseMultiTalker(FloorReleaseMultiTalker {
            user_id: needed.next().map(user),
            indicator: Some(FloorIndicator::MULTI_TALKER),
            ..FloorReleaseMultiTalker::default()
        }),
        "revoke?" => FloorMessage::RevokeRequest(FloorRevokeRequest {
            user_id: needed.next().map(user),
            ..FloorRevokeRequest::default()
        }),
        "flow" => FloorMessage::UnicastMediaFlowControl(UnicastMediaFlowControl {
            flow: Some(MediaFlowControlIndicator(number(needed.next()))),
            ..UnicastMediaFlowControl::default()
        }),
        "queued" => FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
            purpose: Some(QueuedFloorRequestsPurpose(number(needed.next()))),
            response_state: needed.next().map(|state| ResponseState(number(Some(state)))),
            ..QueuedFloorRequests::default()
        }),
        other => panic!("{other}: no message"),
    };
    assert_eq!(needed.next(), None, "{text}: more than the message needs");
    options.into_iter().for_each(|option| change(&mut message, option));
    message
}

/// Sets the field of the same name in each of the messages that have it.
macro_rules! set {
    ($message:expr, $field:ident = $value:expr, $($kind:ident)|+) => {
        match $message {
            $(FloorMessage::$kind(message) => message.$field = $value,)+
            other => panic!("{} has no such field", other.name()),
        }
    };
}

fn change(message: &mut FloorMessage, option: &str) {
    match option.split_once('=').unwrap_or((option, "")) {
        ("!", _) => set!(
            message,
            ack_requested = true,
            Granted
                | Taken
                | Deny
                | Release
                | Idle
                | QueuePositionInfo
                | UnicastMediaFlowControl
                | QueuedFloorRequests
        ),
        ("bits", letters) => indicate(message, Some(bits(letters))),
        ("-bits", _) => indicate(message, None),
        ("p", value) => set!(message, priority = Some(FloorPriority(number(Some(value)))), Request | Granted),
        ("track", value) => {
            let track_info = TrackInfo {
                participant_type: "x".into(),
                references: vec![number(Some(value))],
                ..TrackInfo::default()
            };
            set!(
                message,
                track_info = Some(track_info),
                Request | Granted | Taken | Deny | Release | Idle | Revoke | QueuePositionInfo | Ack
            );
        }
        ("ssrc", value) => match message {
            FloorMessage::Granted(message) => message.granted_ssrc = Some(Ssrc(number(Some(value)))),
            FloorMessage::Taken(message) => message.talker_ssrc = Some(Ssrc(number(Some(value)))),
            FloorMessage::ReleaseMultiTalker(message) => {
                message.talker_ssrc = Some(Ssrc(number(Some(value))))
            }
            other => panic!("{} names no SSRC", other.name()),
        },
        ("ssrcs", values) => {
            let ssrcs = values.split(',').map(|value| Ssrc(number(Some(value)))).collect();
            set!(message, ssrcs = ssrcs, Taken);
        }
        ("from", value) => set!(
            message,
            ssrc = Ssrc(number(Some(value))),
            Request | Granted | Taken | Deny | Release | Idle | Revoke | QueuePositionInfo | Ack
        ),
        ("user", letter) => {
            set!(
                message,
                user_id = Some(user(letter)),
                Request | Granted | Taken | Deny | Release | QueuePositionInfo
            );
        }
        ("users", letters) => {
            let users: Vec<McpttId> =
                people(letters).into_iter().map(|who| McpttId::from(USERS[who])).collect();
            match message {
                FloorMessage::Taken(message) => message.granted_users = users,
                FloorMessage::QueuedFloorRequests(message) => message.queued_users = users,
                other => panic!("{} has no list of users", other.name()),
            }
        }
        ("loc", area) => {
            let place = match number(Some(area)) {
                0 => Location::NotProvided,
                area => Location::MbmsServiceArea(area),
            };
            set!(message, location = Some(place), Request | Taken);
        }
        ("perm", value) => set!(message, permission_to_request = Some(value == "1"), Taken),
        ("n", value) => {
            set!(message, sequence = Some(MessageSequenceNumber(number(Some(value)))), Taken | Idle);
        }
        ("-name", _) => set!(message, granted_party = None, Taken),
        ("s", value) => set!(message, duration = Some(Duration::from_secs(number(Some(value)))), Granted),
        _ => panic!("{option}: no option"),
    }
}

fn indicate(message: &mut FloorMessage, bits: Option<FloorIndicator>) {
    set!(
        message,
        indicator = bits,
        Request | Granted | Taken | Deny | Release | Idle | Revoke | QueuePositionInfo | ReleaseMultiTalker
    );
}

fn bits(letters: &str) -> FloorIndicator {
    let bit = |letter: u8| FloorIndicator(0x8000 >> (letter - b'A'));
    letters.bytes().map(bit).fold(FloorIndicator::NONE, |bits, bit| bits | bit)
}
