//! How a call is answered: Answer-Mode (RFC 5373), P-Answer-State (RFC 4964); and what the network may share
//! between calls (TS 24.229 7.2).

use std::fmt;

use super::super::answer_mode::AnswerMode;
use super::super::params::Params;
use super::params::{self, flag, may, token_or_quoted, word_and_params};
use super::token::Token;
use super::{FieldValue, deviation};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// Answer-Mode and Priv-Answer-Mode with their parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AnswerModeField {
    /// `Auto`, `Manual`, or a mode that we do not know.
    pub mode: Token,
    /// The parameters, in order.
    pub params: Params,
}

impl AnswerModeField {
    /// A mode that may be done without.
    pub const fn new(mode: AnswerMode) -> Self {
        Self { mode: Token::from_static(mode.as_str()), params: Params::new() }
    }

    /// The mode, when it is one that we know.
    pub fn known(&self) -> Option<AnswerMode> {
        [AnswerMode::Auto, AnswerMode::Manual].into_iter().find(|mode| self.mode.is(mode.as_str()))
    }

    /// Whether the call is to be refused when it cannot be answered in this mode.
    pub fn require(&self) -> bool {
        self.params.contains("require")
    }
}

impl FieldValue for AnswerModeField {
    const WHAT: &'static str = "answer mode";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let Decoded { value: (mode, params), mut deviations } =
            params::read::<Token>(text, Self::WHAT, &[may("require", flag)])?;
        let mut value = Self { mode, params };
        //= 24.379-11.1.1.2.2.1:auto
        if value.mode.is("Automatic") {
            deviations.push(deviation(text, value.mode.as_str(), "24.379-11.1.1.2.2.1:auto"));
            value.mode = Token::from_static(AnswerMode::Auto.as_str());
        }
        Ok(Decoded { value, deviations })
    }
}

impl fmt::Display for AnswerModeField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.mode, self.params)
    }
}

word_and_params! {
    /// P-Answer-State: whether somebody answered or the network did.
    AnswerState, "P-Answer-State",
    /// `Confirmed`, `Unconfirmed`, or another.
    state: Token,
    []
}

impl AnswerState {
    /// A called user answered.
    pub const CONFIRMED: Token = Token::from_static("Confirmed");
    /// The network answered ahead of the called user; media is to be buffered.
    pub const UNCONFIRMED: Token = Token::from_static("Unconfirmed");
}

word_and_params! {
    /// Resource-Share: whether streams of several sessions of a user may share one bearer.
    ResourceShare, "Resource-Share",
    /// `supported`, `media-sharing`, `no-media-sharing`, or another.
    option: Token,
    [
        may("origin", token_or_quoted),
        may("rules", |value| value.is_some()),
        may("timestamp", params::decimal),
    ]
}

impl ResourceShare {
    /// The sender wants to be told; in a REGISTER.
    pub const SUPPORTED: Token = Token::from_static("supported");
    /// Streams of this session may share.
    pub const MEDIA_SHARING: Token = Token::from_static("media-sharing");
    /// None may.
    pub const NO_MEDIA_SHARING: Token = Token::from_static("no-media-sharing");

    /// `session-initiator` or `session-receiver`: whom the sender serves.
    pub fn origin(&self) -> Option<&str> {
        self.params.get("origin")
    }

    /// One rule per media stream, in the order of the session description; an empty one for a stream that is
    /// never shared.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.params.get("rules").into_iter().flat_map(|rules| rules.split(','))
    }

    /// Later information has the higher number.
    pub fn timestamp(&self) -> Option<u32> {
        params::number_of(&self.params, "timestamp")
    }
}

word_and_params! {
    /// Priority-Share: whether sessions of one user may share priorities.
    PriorityShare, "Priority-Share",
    /// `allowed`, `not-allowed`, or another.
    option: Token,
    []
}

impl PriorityShare {
    /// They may.
    pub const ALLOWED: Token = Token::from_static("allowed");
    /// They may not.
    pub const NOT_ALLOWED: Token = Token::from_static("not-allowed");
}
