//! One line of a session description, and the attribute in an `a=` line.

use std::fmt;

use crate::text::ByteStr;

/// One line, `<kind>=<value>`. Its `Debug` form hides keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// The type letter.
    pub kind: char,
    /// Everything after the equals sign.
    pub value: ByteStr,
}

impl Line {
    /// A line of this type with this value.
    pub fn new(kind: char, value: impl Into<ByteStr>) -> Self {
        Self { kind, value: value.into() }
    }

    /// The attribute, when this is an `a=` line.
    pub fn attribute(&self) -> Option<Attribute> {
        (self.kind == 'a').then(|| Attribute::of(&self.value))
    }

    /// Appends the line with its line end. A line break inside a value would start another line, so it
    /// becomes a blank.
    pub(super) fn encode(&self, out: &mut String) {
        out.push(self.kind);
        out.push('=');
        push_one_line(out, &self.value);
        out.push_str("\r\n");
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
        let secret = ["crypto", "key-mgmt"].iter().any(|name| self.name.eq_ignore_ascii_case(name));
        match &self.value {
            Some(_) if secret => write!(f, "a={}:(hidden)", self.name),
            Some(value) => write!(f, "a={}:{value}", self.name),
            None => write!(f, "a={}", self.name),
        }
    }
}

/// Appends `text` with blanks instead of what would end the line.
pub(super) fn push_one_line(out: &mut String, text: &str) {
    out.extend(text.chars().map(|c| if matches!(c, '\r' | '\n' | '\0') { ' ' } else { c }));
}
