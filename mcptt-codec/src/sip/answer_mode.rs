//! Answer-Mode and Priv-Answer-Mode (RFC 5373).

use std::fmt;

use super::header::HeaderName;
use super::headers::Headers;
use super::value::HeaderValue;
use crate::DecodeError;

/// How the called client is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnswerMode {
    /// Without the user.
    Auto,
    /// When the user says so.
    Manual,
}

impl AnswerMode {
    /// The value as we write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Manual => "Manual",
        }
    }

    /// Reads the value of either header field; parameters are left aside.
    ///
    /// # Errors
    /// [`DecodeError`] when it is neither mode.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        let value = HeaderValue::parse(text)?;
        //= RFC5373-4.1:modes
        //= 24.379-11.1.1.2.2.1:auto
        if value.is("Auto") || value.is("Automatic") {
            Ok(Self::Auto)
        } else if value.is("Manual") {
            Ok(Self::Manual)
        } else {
            Err(DecodeError::invalid(0, "answer mode"))
        }
    }

    /// The mode that a header field of a message asks for: [`HeaderName::AnswerMode`] or
    /// [`HeaderName::PrivAnswerMode`].
    ///
    /// # Errors
    /// As [`AnswerMode::parse`].
    pub fn of(headers: &Headers, name: &HeaderName) -> Result<Option<Self>, DecodeError> {
        headers.get(name).map(|value| Self::parse(value)).transpose()
    }
}

impl fmt::Display for AnswerMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //= RFC5373-4.1:modes test
    //= 24.379-11.1.1.2.2.1:auto test
    #[test]
    fn automatic_is_read_as_auto() {
        for (text, mode) in [
            ("Auto", AnswerMode::Auto),
            ("auto;require", AnswerMode::Auto),
            ("Automatic", AnswerMode::Auto),
            ("Manual", AnswerMode::Manual),
            ("MANUAL ; require", AnswerMode::Manual),
        ] {
            assert_eq!(AnswerMode::parse(text), Ok(mode));
        }
        assert_eq!(AnswerMode::parse("Autom"), Err(DecodeError::invalid(0, "answer mode")));
        assert_eq!(AnswerMode::Auto.to_string(), "Auto");

        let mut headers = Headers::new();
        headers.push(HeaderName::PrivAnswerMode, AnswerMode::Manual.as_str());
        assert_eq!(AnswerMode::of(&headers, &HeaderName::PrivAnswerMode), Ok(Some(AnswerMode::Manual)));
        assert_eq!(AnswerMode::of(&headers, &HeaderName::AnswerMode), Ok(None));
    }
}
