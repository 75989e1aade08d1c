//! Why something received is not used, and how that is told.

use std::collections::VecDeque;

use mcptt_codec::DecodeError;
use mcptt_codec::id::CallRef;

use crate::counters::{Counters, Discard};
use crate::crypto::ProtectionError;
use crate::event::{Event, Stream};
use crate::leg::Leg;
use crate::output::Output;

/// Why something received is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    Discard(Discard),
    Undecodable(DecodeError),
}

impl Unusable {
    /// The same, met `octets` further on in the datagram.
    pub(crate) fn behind(self, octets: usize) -> Self {
        match self {
            Self::Discard(reason) => Self::Discard(reason),
            Self::Undecodable(error) => {
                Self::Undecodable(DecodeError { offset: error.offset.saturating_add(octets), ..error })
            }
        }
    }
}

impl From<Discard> for Unusable {
    fn from(reason: Discard) -> Self {
        Self::Discard(reason)
    }
}

impl From<ProtectionError> for Unusable {
    fn from(error: ProtectionError) -> Self {
        Self::Discard(error.into())
    }
}

impl From<DecodeError> for Unusable {
    fn from(error: DecodeError) -> Self {
        Self::Undecodable(error)
    }
}

/// Counts what cannot be used; tells about it while it is news. Nothing is ever answered.
pub(crate) fn refuse(
    call: CallRef,
    leg: &mut Leg,
    stream: Stream,
    unusable: Unusable,
    counters: &mut Counters,
    outputs: &mut VecDeque<Output>,
) {
    let reason = match unusable {
        Unusable::Discard(reason) => reason,
        Unusable::Undecodable(_) => Discard::Undecodable,
    };
    counters.discarded.add(reason);
    let Some(count) = leg.misdeeds.discarded(reason) else { return };
    let leg = leg.reference;
    outputs.push_back(Output::Event(match unusable {
        Unusable::Discard(_) => {
            let requirement = reason.requirement();
            Event::Discarded { call, leg, stream, reason, requirement, count }
        }
        Unusable::Undecodable(error) => Event::Undecodable { call, leg, stream, error, count },
    }));
}
