//! Golden tables of every header field: what is read, how it is written, what is told, what is refused.

mod addresses;
mod authentication;
mod capabilities;
mod generated;
mod lists;
mod properties;
mod words;

use super::super::header::HeaderName;
use super::{FieldValue, canonical};
use crate::text::ByteStr;
use crate::{DecodeError, DecodeErrorKind};

/// Each value of that header field is written in that form, and that form is stable.
fn written(name: &HeaderName, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let outcome = canonical(name, &ByteStr::from(*text));
        let decoded = outcome.unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
        assert_eq!((decoded.value.as_str(), decoded.deviations), (*expected, vec![]), "{name}: {text}");
        let again = canonical(name, &ByteStr::from(*expected)).map(|decoded| decoded.value);
        assert_eq!(again.as_deref(), Ok(*expected), "{name}: {text}");
    }
}

/// Each value is written as it stands.
fn kept(name: &HeaderName, cases: &[&str]) {
    for text in cases {
        written(name, &[(text, text)]);
    }
}

/// A value, its written form, and the places and requirements of its deviations.
type Told<'a> = (&'a str, &'a str, &'a [(usize, &'a str)]);

/// Each value is taken, with these deviations at these places.
fn told(name: &HeaderName, cases: &[Told<'_>]) {
    for (text, expected, deviations) in cases {
        let decoded =
            canonical(name, &ByteStr::from(*text)).unwrap_or_else(|error| panic!("{text}: {error}"));
        let found: Vec<_> =
            decoded.deviations.iter().map(|found| (found.offset, found.requirement)).collect();
        assert_eq!((decoded.value.as_str(), found.as_slice()), (*expected, *deviations), "{name}: {text}");
    }
}

/// Each value is refused at that octet.
fn refused(name: &HeaderName, cases: &[(&str, usize)]) {
    for (text, offset) in cases {
        match canonical(name, &ByteStr::from(*text)) {
            Err(error) => assert_eq!(error.offset, *offset, "{name}: {text}: {error}"),
            Ok(decoded) => panic!("{name}: {text} is taken as {}", decoded.value),
        }
    }
}

/// Each value lacks something that must be there.
fn lacks(name: &HeaderName, cases: &[(&str, &str)]) {
    for (text, what) in cases {
        let error = canonical(name, &ByteStr::from(*text)).map(|decoded| decoded.value).unwrap_err();
        assert_eq!((error.kind, error.what), (DecodeErrorKind::Missing, *what), "{name}: {text}");
    }
}

fn read<T: FieldValue>(text: &str) -> T {
    let decoded: Result<T, DecodeError> = T::parse(text);
    decoded.unwrap_or_else(|error| panic!("{text}: {error}"))
}
