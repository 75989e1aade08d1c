//! Numbers: seconds, counts, times.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use nom::Parser;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{opt, recognize, verify};
use nom::sequence::preceded;

use super::super::grammar::{Parsed, comment, number, white_space, whole};
use super::super::params::Params;
use super::FieldValue;
use super::params::{self, decimal, may, number_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// `delta-seconds` and every other header field that is one number: Expires, Min-Expires, Max-Breadth,
/// Flow-Timer, Content-Length.
impl FieldValue for u32 {
    const WHAT: &'static str = "number";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        whole(text.as_str(), Self::WHAT, number).map(Decoded::clean)
    }
}

/// Max-Forwards: 0 to 255.
impl FieldValue for u8 {
    const WHAT: &'static str = "number up to 255";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let wide = whole(text.as_str(), Self::WHAT, number)?;
        Self::try_from(wide).map(Decoded::clean).map_err(|_| DecodeError::invalid(0, Self::WHAT))
    }
}

/// RSeq (RFC 3262 7.1): 1 to 2^32 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RSeq(pub NonZeroU32);

impl FieldValue for RSeq {
    const WHAT: &'static str = "RSeq";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let number = whole(text.as_str(), Self::WHAT, number)?;
        let number = NonZeroU32::new(number).ok_or(DecodeError::invalid(0, Self::WHAT))?;
        Ok(Decoded::clean(Self(number)))
    }
}

impl fmt::Display for RSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Retry-After (RFC 3261 20.33): when to try again, and for how long it will then work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RetryAfter {
    /// Seconds to wait.
    pub seconds: u32,
    /// The comment with its parentheses, as it was written.
    pub comment: Option<ByteStr>,
    /// `duration` and others.
    pub params: Params,
}

impl RetryAfter {
    /// That many seconds, nothing else.
    pub const fn new(seconds: u32) -> Self {
        Self { seconds, comment: None, params: Params::new() }
    }

    /// For how many seconds the called side will then be reachable.
    pub fn duration(&self) -> Option<u32> {
        number_of(&self.params, "duration")
    }
}

impl FieldValue for RetryAfter {
    const WHAT: &'static str = "Retry-After";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let comment = opt(preceded(white_space, comment));
        let mut grammar = (number, comment, |input| Params::of_header(text, input));
        let (seconds, comment, params) = whole(text.as_str(), Self::WHAT, |input| grammar.parse(input))?;
        let deviations = params::check(text, &params, Self::WHAT, &[may("duration", decimal)])?;
        let comment = comment.map(|comment| text.share(comment));
        Ok(Decoded { value: Self { seconds, comment, params }, deviations })
    }
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds)?;
        if let Some(comment) = &self.comment {
            write!(f, " {comment}")?;
        }
        write!(f, "{}", self.params)
    }
}

/// Timestamp (RFC 3261 20.38): the clock of the sender as it wrote it, and how long the answering side took.
/// Kept digit by digit, as it goes back to its sender.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Seconds, decimals included.
    pub time: ByteStr,
    /// Seconds, decimals included; its whole part may be empty.
    pub delay: Option<ByteStr>,
}

impl Timestamp {
    /// The delay that the answering side reports, to the microsecond.
    pub fn delay(&self) -> Option<Duration> {
        let text = self.delay.as_ref()?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let seconds = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let digits = fraction.bytes().map(|digit| digit.saturating_sub(b'0'));
        let micros = digits
            .chain(std::iter::repeat(0))
            .take(6)
            .fold(0_u32, |sum, digit| sum.saturating_mul(10).saturating_add(u32::from(digit)));
        Some(Duration::from_secs(seconds).saturating_add(Duration::from_micros(micros.into())))
    }
}

impl FieldValue for Timestamp {
    const WHAT: &'static str = "Timestamp";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let gap = verify(white_space, |gap: &str| !gap.is_empty());
        let delay = verify(decimal_text, |text: &str| text.contains(|c: char| c.is_ascii_digit()));
        let mut grammar = (verify(decimal_text, |text: &str| !text.starts_with('.')), opt((gap, delay)));
        let (time, delay) = whole(text.as_str(), Self::WHAT, |input| grammar.parse(input))?;
        let delay = delay.map(|(_, delay)| text.share(delay));
        Ok(Decoded::clean(Self { time: text.share(time), delay }))
    }
}

/// `*DIGIT ["." *DIGIT]`, not empty
fn decimal_text(input: &str) -> Parsed<'_, &str> {
    let digits = || take_while(|c: char| c.is_ascii_digit());
    verify(recognize((digits(), opt((char('.'), digits())))), |text: &str| !text.is_empty()).parse(input)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.time)?;
        self.delay.as_ref().map_or(Ok(()), |delay| write!(f, " {delay}"))
    }
}

/// MIME-Version (RFC 3261 20.24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MimeVersion {
    /// Before the dot.
    pub major: u32,
    /// After the dot.
    pub minor: u32,
}

impl MimeVersion {
    /// The only version there is.
    pub const V1_0: Self = Self { major: 1, minor: 0 };
}

impl FieldValue for MimeVersion {
    const WHAT: &'static str = "MIME-Version";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let (major, _, minor) =
            whole(text.as_str(), Self::WHAT, |input| (number, char('.'), number).parse(input))?;
        Ok(Decoded::clean(Self { major, minor }))
    }
}

impl fmt::Display for MimeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Exactly that many digits.
pub(super) fn fixed_digits<'a>(count: usize) -> impl FnMut(&'a str) -> Parsed<'a, u16> {
    move |input| {
        let digits = take_while1(|c: char| c.is_ascii_digit());
        let (rest, text) = verify(digits, |text: &str| text.len() == count).parse(input)?;
        text.parse().map(|value| (rest, value)).map_err(|_| super::super::grammar::Stop::here(input))
    }
}
