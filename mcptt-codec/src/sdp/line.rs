//! One line of a session description, and the attribute in an `a=` line.

use std::fmt;

use crate::text::ByteStr;

/// Attributes whose value is a key, a password, or holds one.
const SECRET: [&str; 3] = ["crypto", "key-mgmt", "ice-pwd"];

/// Whether the value of an attribute of this name is never shown.
pub(super) fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

/// How a line ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// CR and LF, as RFC 8866 9 wants it.
    #[default]
    CrLf,
    /// LF alone, tolerated.
    Lf,
    /// None: the last line of a text that stops there.
    None,
}

impl LineEnd {
    /// The octets on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CrLf => "\r\n",
            Self::Lf => "\n",
            Self::None => "",
        }
    }
}

/// One line, `<kind>=<value>`. Its `Debug` form hides keys. Lines are equal when type and value are; how they end
/// does not count.
#[derive(Clone)]
pub struct Line {
    /// The type letter.
    pub kind: char,
    /// Everything after the equals sign.
    pub value: ByteStr,
    /// How the line ends when it is written.
    pub end: LineEnd,
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.value == other.value
    }
}

impl Eq for Line {}

impl Line {
    /// A line of this type with this value.
    pub fn new(kind: char, value: impl Into<ByteStr>) -> Self {
        Self { kind, value: value.into(), end: LineEnd::CrLf }
    }

    /// The attribute, when this is an `a=` line.
    pub fn attribute(&self) -> Option<Attribute> {
        (self.kind == 'a').then(|| Attribute::of(&self.value))
    }

    /// Appends the line with its line end. A line break inside a value would start another line, so it
    /// becomes a blank.
    pub(super) fn encode(&self, out: &mut String) {
        push_line(out, self.kind, &self.value, self.end);
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            'k' => f.write_str("k=(hidden)"),
            'a' => Attribute::of(&self.value).fmt(f),
            kind => write!(f, "{kind}={}", self.value),
        }
    }
}

/// An attribute: `a=<name>` or `a=<name>:<value>`. Its `Debug` form hides keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name, compared with case.
    pub name: ByteStr,
    /// What follows the colon.
    pub value: Option<ByteStr>,
}

impl Attribute {
    /// An attribute without value.
    pub fn flag(name: impl Into<ByteStr>) -> Self {
        Self { name: name.into(), value: None }
    }

    /// An attribute with a value.
    pub fn new(name: impl Into<ByteStr>, value: impl Into<ByteStr>) -> Self {
        Self { name: name.into(), value: Some(value.into()) }
    }

    /// Reads the value of an `a=` line.
    pub fn of(line_value: &ByteStr) -> Self {
        match line_value.as_str().split_once(':') {
            Some((name, value)) => {
                Self { name: line_value.share(name), value: Some(line_value.share(value)) }
            }
            None => Self { name: line_value.clone(), value: None },
        }
    }

    /// The attribute as a line.
    pub fn to_line(&self) -> Line {
        match &self.value {
            Some(value) => Line::new('a', format!("{}:{value}", self.name)),
            None => Line::new('a', self.name.clone()),
        }
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(_) if is_secret(&self.name) => write!(f, "a={}:(hidden)", self.name),
            Some(value) => write!(f, "a={}:{value}", self.name),
            None => write!(f, "a={}", self.name),
        }
    }
}

/// Appends a line behind another, which gets a line end if it had none. A line break inside the value would start
/// another line, so it becomes a blank.
pub(super) fn push_line(out: &mut String, kind: char, value: &str, end: LineEnd) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(LineEnd::CrLf.as_str());
    }
    out.push(kind);
    out.push('=');
    out.extend(value.chars().map(|c| if matches!(c, '\r' | '\n' | '\0') { ' ' } else { c }));
    out.push_str(end.as_str());
}
