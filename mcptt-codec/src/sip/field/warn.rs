//! Warning (RFC 3261 20.43): any code; [`super::super::McpttWarning`] is what MCPTT functions put into it.

use std::fmt;

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::combinator::{opt, verify};
use nom::sequence::terminated;

use super::super::grammar::{Parsed, quote, quoted_string, unquote, white_space, whole};
use super::number::fixed_digits;
use super::{FieldValue, deviation};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// One element of Warning.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Warning {
    /// Three digits.
    pub code: u16,
    /// Host or pseudonym of who warns; missing in the printed example of TS 24.379 4.4.1.
    pub agent: Option<ByteStr>,
    /// The text, quotes and escapes resolved.
    pub text: ByteStr,
}

impl FieldValue for Warning {
    const WHAT: &'static str = "Warning";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let agent = take_while1(|c: char| c.is_ascii_graphic() && !matches!(c, '"' | ','));
        let mut grammar = (fixed_digits(3), gap, opt(terminated(agent, gap)), quoted_string);
        let (code, _, agent, quoted) = whole(text.as_str(), Self::WHAT, |input| grammar.parse(input))?;
        let deviations = match agent {
            Some(_) => Vec::new(),
            //= 24.379-4.4.1:host
            None => vec![deviation(text, quoted, "24.379-4.4.1:host")],
        };
        let agent = agent.map(|agent| text.share(agent));
        Ok(Decoded { value: Self { code, agent, text: unquote(quoted).as_ref().into() }, deviations })
    }
}

fn gap(input: &str) -> Parsed<'_, &str> {
    verify(white_space, |gap: &str| !gap.is_empty()).parse(input)
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} ", self.code)?;
        if let Some(agent) = &self.agent {
            write!(f, "{agent} ")?;
        }
        f.write_str(&quote(&self.text))
    }
}
