//! Floor control server, TS 24.380 clauses 6.3.4, 6.3.5 and 8: one file per state or theme.

mod answers;
mod contents;
mod control;
mod cut_in;
mod dual;
mod endings;
mod idle;
mod joining;
mod listen_only;
mod parallel;
mod queue;
mod releases;
mod revoke;
mod secured;
mod shape;
mod symmetric;
mod taken;
mod temporary;
mod timers;
mod unexpected;
mod voice;

use std::time::Duration;

use mcptt_codec::floor::{FloorDeny, FloorIndicator, FloorMessage, FloorRequest, RejectCause};

use super::Rule;
use super::belief::has;
use super::fact::{Call, Fact, Leg};

pub(super) const RULES: &[Rule] = &[
    idle::GRANT_WHILE_IDLE,
    idle::DENY_THE_ONLY_ONE,
    idle::IDLE_TO_ALL,
    idle::IDLE_REACHES_ALL,
    idle::REPEAT_IDLE,
    idle::SEQUENCE,
    taken::GRANT_CONTENT,
    taken::TELL_THE_OTHERS,
    taken::ONE_TALKER,
    taken::SILENT_TALKER,
    taken::TALK_LIMIT,
    taken::ASK_AGAIN,
    taken::REPEAT_GRANT,
    taken::TALKER_LEAVES,
    timers::NOT_A_WORD,
    timers::ONE_GRANT,
    timers::HEARD,
    timers::GOES_ON,
    contents::KIND_OF_CALL,
    contents::PERMISSION,
    contents::THE_TALKER,
    contents::WRITTEN,
    contents::CAUSES,
    contents::ACK,
    answers::ONE_ANSWER,
    answers::NO_SECOND_ANSWER,
    answers::UNASKED,
    answers::DENY_OR_QUEUE,
    answers::TWO_IN_ONE,
    listen_only::DENY_LISTENERS,
    listen_only::CAPPED,
    cut_in::CUT_IN,
    parallel::BESIDE,
    parallel::LISTS,
    parallel::ONE_STOPS,
    parallel::ONE_FALLS_SILENT,
    parallel::END_REACHES_ALL,
    dual::OVERRIDE,
    dual::BEGIN,
    dual::END,
    dual::TIMERS,
    dual::ASK_AGAIN,
    dual::TAKES_OVER,
    control::CANCEL,
    control::STOPPED,
    control::FLOW,
    temporary::SILENCE,
    temporary::REQUEST,
    temporary::KEPT,
    temporary::WITHDRAWN,
    temporary::DECIDED,
    control::REVOKE,
    queue::SERVE,
    queue::NEW_PRIORITY,
    queue::KEEP_THE_PLACE,
    queue::TELL_THE_PLACE,
    queue::WITHDRAWN,
    releases::STRAY_RELEASE,
    releases::RELEASE_OF_TALKER,
    releases::TRACK_INFO,
    unexpected::IGNORED,
    unexpected::READ_ALL_THE_SAME,
    unexpected::BY_ADDRESS,
    unexpected::STRANGER,
    revoke::PRE_EMPTION,
    revoke::REVOKE_ONCE,
    revoke::GRACE,
    revoke::VOICE_IN_GRACE,
    revoke::RELEASE_IN_GRACE,
    revoke::REPEAT_REVOKE,
    revoke::NO_REQUEST_IN_GRACE,
    revoke::NO_MORE_GRANTS,
    revoke::ONE_GRACE,
    revoke::TOLD_AFTERWARDS,
    revoke::GIVES_UP,
    voice::FORWARD,
    voice::WITHOUT_PERMISSION,
    voice::NOTHING_AFTER_RELEASE,
    voice::REVOKE_AGAIN,
    voice::GIVES_IN,
    joining::TELL_THE_JOINER,
    joining::BEGIN,
    joining::SOMEBODY_COMES,
    joining::JOIN,
    joining::UPGRADE,
    joining::SEPARATE,
    joining::EARLY,
    joining::SILENCE_AFTER_LEAVING,
    secured::REFUSED,
    secured::WRAPS,
    symmetric::SAME_PORT,
    endings::SILENCE_AFTER_BYE,
    endings::NOBODY_THERE,
    endings::NOT_BEFORE_THE_ANSWER,
];

/// How long the onlooker waits before it says that nothing came: shorter than a scenario waits between its
/// steps.
pub(super) const SILENCE: Duration = Duration::from_millis(90);

/// A floor message of a client.
pub(super) fn up(fact: &Fact) -> Option<(&Call, Leg, &FloorMessage)> {
    match fact {
        Fact::Up { call, leg, message } => Some((call, *leg, message)),
        _ => None,
    }
}

/// A floor message of the server.
fn down(fact: &Fact) -> Option<(&Call, Leg, &FloorMessage)> {
    match fact {
        Fact::Down { call, leg, message } => Some((call, *leg, message)),
        _ => None,
    }
}

/// A Floor Request.
pub(super) fn request(fact: &Fact) -> Option<(&Call, Leg, &FloorRequest)> {
    match up(fact)? {
        (call, leg, FloorMessage::Request(request)) => Some((call, leg, request)),
        _ => None,
    }
}

/// The message, if a client sent it on this leg.
pub(super) fn up_from(fact: &Fact, leg: Leg) -> Option<&FloorMessage> {
    up(fact).filter(|(_, from, _)| *from == leg).map(|(_, _, message)| message)
}

/// The message, if it goes down to this leg.
pub(super) fn down_to(fact: &Fact, leg: Leg) -> Option<&FloorMessage> {
    down(fact).filter(|(_, to, _)| *to == leg).map(|(_, _, message)| message)
}

/// The message and its receiver, if it goes down to somebody in this call.
pub(super) fn down_in<'a>(fact: &'a Fact, call: &Call) -> Option<(Leg, &'a FloorMessage)> {
    down(fact).filter(|(of, _, _)| *of == call).map(|(_, to, message)| (to, message))
}

/// Whether the leg gives up what it has or waits for.
pub(super) fn lets_go(fact: &Fact, leg: Leg) -> bool {
    matches!(up_from(fact, leg), Some(FloorMessage::Release(_)))
}

/// Whether a message to somebody in the call shows that the talker has the floor no longer.
pub(super) fn passes_on(talker: Leg, to: Leg, message: &FloorMessage) -> bool {
    let beside = |indicator: Option<FloorIndicator>| {
        has(indicator, FloorIndicator::DUAL_FLOOR) || has(indicator, FloorIndicator::MULTI_TALKER)
    };
    match message {
        FloorMessage::Idle(idle) => !has(idle.indicator, FloorIndicator::DUAL_FLOOR),
        FloorMessage::Granted(granted) => to != talker && !beside(granted.indicator),
        // Others are told about a talk again when they come late or release; the talker is told of another
        // one's.
        FloorMessage::Taken(taken) => to == talker && !beside(taken.indicator),
        _ => false,
    }
}

/// Whether it is voice of this leg.
pub(super) fn speaks(fact: &Fact, leg: Leg) -> bool {
    matches!(fact, Fact::VoiceUp { leg: from, .. } if *from == leg)
}

/// Whether the reason has nothing to do with who talks and who waits: a receive-only participant, a server in
/// trouble.
fn is_of_its_own(deny: &FloorDeny) -> bool {
    deny.cause.is_some_and(|cause| {
        matches!(
            cause,
            RejectCause::RECEIVE_ONLY
                | RejectCause::INTERNAL_ERROR
                | RejectCause::RETRY_AFTER
                | RejectCause::NO_RESOURCES
        )
    })
}

/// Whether the leg is being ended.
pub(super) fn leaves(fact: &Fact, leg: Leg) -> bool {
    matches!(fact, Fact::LegClosing { leg: own, .. } if *own == leg)
}
