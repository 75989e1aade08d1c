//! Floor control server, TS 24.380 clauses 6.3.4, 6.3.5 and 8: one file per state or theme.

mod answers;
mod idle;
mod joining;
mod revoke;
mod taken;
mod voice;

use mcptt_codec::floor::FloorMessage;

use super::Rule;
use super::fact::{Call, Fact, Leg};

pub(super) const RULES: &[Rule] = &[
    idle::GRANT_WHILE_IDLE,
    idle::DENY_THE_ONLY_ONE,
    idle::IDLE_TO_ALL,
    idle::SERVE_THE_QUEUE,
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
    answers::ONE_ANSWER,
    answers::DENY_OR_QUEUE,
    answers::KEEP_THE_PLACE,
    answers::TELL_THE_PLACE,
    answers::STRAY_RELEASE,
    answers::WITHDRAWN,
    answers::IGNORED,
    answers::STRANGER,
    answers::TWO_IN_ONE,
    revoke::PRE_EMPTION,
    revoke::REVOKE_ONCE,
    revoke::END_OF_GRACE,
    revoke::REPEAT_REVOKE,
    revoke::NO_REQUEST_IN_GRACE,
    voice::FORWARD,
    voice::WITHOUT_PERMISSION,
    joining::TELL_THE_JOINER,
    joining::BEGIN,
    joining::SILENCE_AFTER_LEAVING,
];

/// The message if it goes down to this leg of this call.
fn down_to<'a>(fact: &'a Fact, call: &Call, leg: Leg) -> Option<&'a FloorMessage> {
    match fact {
        Fact::Down { call: c, leg: l, message } if c == call && *l == leg => Some(message),
        _ => None,
    }
}

/// Whether the fact ends everything that was expected of this leg.
fn is_gone(fact: &Fact, call: &Call, leg: Leg) -> bool {
    matches!(fact, Fact::LegClosing { call: c, leg: l, .. } if c == call && *l == leg)
}

/// Whether the call is being released.
fn is_released(fact: &Fact, call: &Call) -> bool {
    matches!(fact, Fact::LegClosing { call: c, by_server: true, .. } if c == call)
}
