//! Floor participant, TS 24.380 clause 6.2: what a client has to do, as far as it shows on the wire. What it tells its
//! user does not; what its user wants shows only in what it does.

mod acks;
mod copies;
mod ending;
mod requests;
mod stopping;
mod talking;

use std::time::Duration;

use mcptt_codec::floor::FloorMessage;

use super::Rule;
use super::belief::{CallBelief, Client, ClientState};
use super::fact::{Call, Fact, Leg};
use super::obligation::Context;

pub(super) const RULES: &[Rule] = &[
    acks::ACKNOWLEDGE,
    acks::NO_PROCEDURE,
    copies::REQUEST,
    copies::REQUEST_GOES_ON,
    copies::REQUEST_IN_INVITE,
    copies::RELEASE,
    copies::POSITION,
    stopping::STOP,
    stopping::QUEUED,
    talking::BEGIN_SILENT,
    talking::ANSWERED,
    talking::VOICE,
    talking::SPEAK,
    talking::RELEASED,
    talking::REVOKED,
    talking::LATE_GRANT,
    talking::GOES_ON,
    talking::ACCEPT,
    talking::GIVEN_BACK,
    talking::BUFFERED,
    requests::CONTENT,
    requests::NOT_ALLOWED,
    requests::OF_OTHERS,
    requests::DUAL,
    ending::SILENCE,
    ending::BROADCAST_OVER,
];

/// A timer of a client is at most this much late before its message counts as something else.
const TARDINESS: Duration = Duration::from_millis(40);

/// A client whose state is certain.
fn client<'a>(cx: &Context<'a>, call: &Call, leg: Leg) -> Option<(&'a CallBelief, &'a Client, ClientState)> {
    let belief = cx.belief.call(call)?;
    let client = belief.clients.get(&leg)?;
    let state = client.state(cx.now, cx.profile.way_and_back());
    (belief.legs.contains_key(&leg) && state != ClientState::Unknown).then_some((belief, client, state))
}

/// What a client is sent, and the client.
fn told<'a>(
    cx: &Context<'a>,
    fact: &'a Fact,
) -> Option<(&'a Call, Leg, &'a FloorMessage, &'a CallBelief, &'a Client, ClientState)> {
    let Fact::Down { call, leg, message } = fact else { return None };
    let (belief, client, state) = client(cx, call, *leg)?;
    Some((call, *leg, message, belief, client, state))
}

/// What a client sends, and the client as it was before.
fn sends<'a>(
    cx: &Context<'a>,
    fact: &'a Fact,
) -> Option<(&'a Call, Leg, &'a FloorMessage, &'a CallBelief, &'a Client, ClientState)> {
    let Fact::Up { call, leg, message } = fact else { return None };
    let (belief, client, state) = client(cx, call, *leg)?;
    Some((call, *leg, message, belief, client, state))
}
