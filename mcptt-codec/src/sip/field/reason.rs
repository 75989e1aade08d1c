//! Why: Reason (RFC 3326) and Geolocation-Error (RFC 6442).

use std::borrow::Cow;

use super::params::{decimal, may, number_of, quoted, word_and_params};
use super::token::Token;

word_and_params! {
    /// One element of Reason.
    Reason, "Reason",
    /// `SIP`, `Q.850`, or another protocol whose causes these are.
    protocol: Token,
    [may("cause", decimal), may("text", quoted)]
}

impl Reason {
    /// Causes are status codes.
    pub const SIP: Token = Token::from_static("SIP");
    /// Causes are those of ISDN.
    pub const Q_850: Token = Token::from_static("Q.850");

    /// A cause with its text.
    pub fn of(protocol: Token, cause: u32, text: &str) -> Self {
        let mut reason = Self::new(protocol);
        reason.params.set("cause", cause.to_string()).set_quoted("text", text);
        reason
    }

    /// The number of the cause.
    pub fn cause(&self) -> Option<u32> {
        number_of(&self.params, "cause")
    }

    /// The cause in words.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.params.unquoted("text")
    }
}

word_and_params! {
    /// Geolocation-Error.
    GeolocationError, "Geolocation-Error",
    /// The number of the error.
    code: u32,
    [may("code", quoted)]
}
