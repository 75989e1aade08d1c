//! One word and parameters, the shape of most header fields, and the rules that parameters follow.

use nom::Parser;

use super::super::grammar::{Parsed, is_host, is_quoted_string, is_token, number, whole};
use super::super::params::Params;
use super::{deviation, offset_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded, Deviation};

/// What may stand before the parameters.
pub(super) trait Word: Sized {
    fn word<'a>(source: &ByteStr, input: &'a str) -> Parsed<'a, Self>;
}

impl Word for u32 {
    fn word<'a>(_: &ByteStr, input: &'a str) -> Parsed<'a, Self> {
        number(input)
    }
}

/// What a header field says about one of its parameters.
pub(super) struct Rule {
    name: &'static str,
    form: fn(Option<&str>) -> bool,
    required: bool,
}

/// A parameter that may be there, and then has that form.
pub(super) const fn may(name: &'static str, form: fn(Option<&str>) -> bool) -> Rule {
    Rule { name, form, required: false }
}

/// A parameter that must be there.
pub(super) const fn must(name: &'static str, form: fn(Option<&str>) -> bool) -> Rule {
    Rule { name, form, required: true }
}

pub(super) fn flag(value: Option<&str>) -> bool {
    value.is_none()
}

pub(super) fn token(value: Option<&str>) -> bool {
    value.is_some_and(is_token)
}

pub(super) fn quoted(value: Option<&str>) -> bool {
    value.is_some_and(is_quoted_string)
}

pub(super) fn token_or_quoted(value: Option<&str>) -> bool {
    token(value) || quoted(value)
}

/// Seconds, codes, ports: a number that fits 32 bits.
pub(super) fn decimal(value: Option<&str>) -> bool {
    value.is_some_and(|text| digits(text).is_some())
}

pub(super) fn port(value: Option<&str>) -> bool {
    value.and_then(digits).is_some_and(|port| u16::try_from(port).is_ok())
}

/// `gen-value`, or nothing.
pub(super) fn generic(value: Option<&str>) -> bool {
    value.is_none_or(|value| is_token(value) || is_host(value) || is_quoted_string(value))
}

pub(super) fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The number that a parameter holds.
pub(super) fn number_of(params: &Params, name: &str) -> Option<u32> {
    params.raw(name).and_then(|value| digits(value))
}

/// Word and parameters of the whole text, parameters checked.
pub(super) fn read<W: Word>(
    text: &ByteStr,
    what: &'static str,
    rules: &[Rule],
) -> Result<Decoded<(W, Params)>, DecodeError> {
    let value = whole(text.as_str(), what, |input| {
        (|input| W::word(text, input), |input| Params::of_header(text, input)).parse(input)
    })?;
    let deviations = check(text, &value.1, what, rules)?;
    Ok(Decoded { value, deviations })
}

/// Checks parameters that were read from that text.
pub(super) fn check(
    text: &ByteStr,
    params: &Params,
    what: &'static str,
    rules: &[Rule],
) -> Result<Vec<Deviation>, DecodeError> {
    let mut deviations = Vec::new();
    for (at, (name, value)) in params.iter().enumerate() {
        //= RFC3261-param-once
        if params.iter().take(at).any(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
            deviations.push(deviation(text, name, "RFC3261-param-once"));
        }
        match rules.iter().find(|rule| rule.name.eq_ignore_ascii_case(name)) {
            Some(rule) if !(rule.form)(value) => {
                return Err(DecodeError::invalid(offset_of(text, value.unwrap_or(name)), what));
            }
            //= RFC3261-gen-value
            None if !generic(value) => {
                deviations.push(deviation(text, value.unwrap_or(name), "RFC3261-gen-value"));
            }
            _ => {}
        }
    }
    match rules.iter().find(|rule| rule.required && !params.contains(rule.name)) {
        Some(rule) => Err(DecodeError::missing(text.as_bytes().len(), rule.name)),
        None => Ok(deviations),
    }
}

/// A header field of one word and parameters: the type, how it is read and how it is written.
macro_rules! word_and_params {
    (
        $(#[$doc:meta])*
        $name:ident, $what:literal,
        $(#[$word_doc:meta])*
        $word:ident: $kind:ty,
        [$($rule:expr),* $(,)?]
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            $(#[$word_doc])*
            pub $word: $kind,
            /// The parameters, in order.
            pub params: $crate::sip::Params,
        }

        impl $name {
            /// Without parameters.
            pub const fn new($word: $kind) -> Self {
                Self { $word, params: $crate::sip::Params::new() }
            }
        }

        impl $crate::sip::field::FieldValue for $name {
            const WHAT: &'static str = $what;
            fn examine(
                text: &$crate::text::ByteStr,
            ) -> Result<$crate::Decoded<Self>, $crate::DecodeError> {
                let decoded = $crate::sip::field::params::read(text, $what, &[$($rule),*])?;
                let ($word, params) = decoded.value;
                Ok($crate::Decoded { value: Self { $word, params }, deviations: decoded.deviations })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}{}", self.$word, self.params)
            }
        }
    };
}
pub(super) use word_and_params;
