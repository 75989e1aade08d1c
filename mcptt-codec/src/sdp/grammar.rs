//! The small grammar that the values of lines and attributes share: tokens with blanks between them, decimal
//! numbers, the `token` of RFC 8866.

use super::offset_in;
use crate::DecodeError;

/// Walks a value token by token. Errors carry the offset in the whole value.
pub(super) struct Scan<'a> {
    whole: &'a str,
    rest: &'a str,
    what: &'static str,
}

impl<'a> Scan<'a> {
    pub const fn new(whole: &'a str, what: &'static str) -> Self {
        Self { whole, rest: whole, what }
    }

    /// The next token, when there is one; more blanks than one between tokens are tolerated.
    pub fn optional(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start_matches(BLANKS);
        let end = rest.find(BLANKS).unwrap_or(rest.len());
        let (token, rest) = rest.split_at_checked(end)?;
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    /// The next token, which must be there.
    pub fn token(&mut self) -> Result<&'a str, DecodeError> {
        self.optional().ok_or(self.missing())
    }

    /// The next token, which must be a decimal number that `T` can hold.
    pub fn number<T: TryFrom<u64>>(&mut self) -> Result<T, DecodeError> {
        let token = self.token()?;
        decimal(token).ok_or(self.invalid(token))
    }

    /// The next token, which must be this word.
    pub fn word(&mut self, word: &str) -> Result<(), DecodeError> {
        let token = self.token()?;
        if token.eq_ignore_ascii_case(word) { Ok(()) } else { Err(self.invalid(token)) }
    }

    /// What `read` makes of the next token, which must be there.
    pub fn read<T>(&mut self, read: impl FnOnce(&'a str) -> Option<T>) -> Result<T, DecodeError> {
        let token = self.token()?;
        read(token).ok_or(self.invalid(token))
    }

    /// What is left, without the blanks around it.
    pub fn rest(&mut self) -> &'a str {
        let rest = self.rest.trim_matches(BLANKS);
        self.rest = "";
        rest
    }

    /// Nothing must be left.
    pub fn end(&mut self) -> Result<(), DecodeError> {
        self.optional().map_or(Ok(()), |token| Err(self.invalid(token)))
    }

    /// Something that must be there is not.
    pub const fn missing(&self) -> DecodeError {
        DecodeError::missing(self.whole.len(), self.what)
    }

    /// `part`, a part of the value, is not what belongs there.
    pub fn invalid(&self, part: &str) -> DecodeError {
        DecodeError::invalid(offset_in(self.whole, part), self.what)
    }

    /// All tokens that are left, each as `read` makes it, at most `limit`.
    pub fn list<T>(
        &mut self,
        limit: usize,
        read: impl Fn(&'a str) -> Option<T>,
    ) -> Result<Vec<T>, DecodeError> {
        let mut list = Vec::new();
        while let Some(token) = self.optional() {
            if list.len() >= limit {
                let got = limit.saturating_add(1);
                return Err(DecodeError::too_large(offset_in(self.whole, token), self.what, limit, got));
            }
            list.push(read(token).ok_or(self.invalid(token))?);
        }
        Ok(list)
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

/// The tokens of a value; more blanks than one between them are tolerated.
pub(super) fn tokens(value: &str) -> impl Iterator<Item = &str> {
    value.split(BLANKS).filter(|token| !token.is_empty())
}

/// A number of decimal digits alone.
pub(super) fn decimal<T: TryFrom<u64>>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse::<u64>().ok().filter(|_| digits)?.try_into().ok()
}

/// The `token` of RFC 8866 9: visible ASCII without quotes, brackets, colon and their like.
pub(super) fn is_token(text: &str) -> bool {
    let in_token = |octet: u8| matches!(octet, 0x21 | 0x23..=0x27 | 0x2a | 0x2b | 0x2d | 0x2e | 0x30..=0x39 | 0x41..=0x5a | 0x5e..=0x7e);
    !text.is_empty() && text.bytes().all(in_token)
}

/// Visible characters without a blank: `non-ws-string`.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
}

/// Whether a structured value has exactly one blank between its tokens and none around them.
pub(super) fn is_evenly_spaced(value: &str) -> bool {
    !value.contains('\t') && !value.contains("  ") && !value.starts_with(' ') && !value.ends_with(' ')
}

/// An RTP payload type, 0 to 127.
pub(super) fn payload_type(text: &str) -> Option<u8> {
    decimal(text).filter(|payload_type| *payload_type <= 127)
}
