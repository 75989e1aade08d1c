//! User-Agent and Server (RFC 3261 20.35, 20.41).

use std::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt, verify};
use nom::multi::separated_list1;
use nom::sequence::preceded;

use super::super::grammar::{comment, separator, white_space, whole};
use super::super::limits;
use super::FieldValue;
use super::params::Word;
use super::token::Token;
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// One piece of User-Agent or Server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// A product, with its version after a slash.
    Named {
        /// The product.
        name: Token,
        /// Its version.
        version: Option<Token>,
    },
    /// A comment with its parentheses, as it was written.
    Comment(ByteStr),
}

/// What a piece of software says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Products(pub Vec<Product>);

impl FieldValue for Products {
    const WHAT: &'static str = "product";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let word = |input| Token::word(text, input);
        let named = map((word, opt(preceded(separator('/'), word))), |(name, version)| Product::Named {
            name,
            version,
        });
        let remark = map(comment, |comment| Product::Comment(text.share(comment)));
        let gap = verify(white_space, |gap: &str| !gap.is_empty());
        let mut grammar = separated_list1(gap, alt((named, remark)));
        let list = whole(text.as_str(), Self::WHAT, |input| grammar.parse(input))?;
        if list.len() > limits::LIST {
            return Err(DecodeError::too_large(0, Self::WHAT, limits::LIST, list.len()));
        }
        Ok(Decoded::clean(Self(list)))
    }
}

impl fmt::Display for Products {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, product) in self.0.iter().enumerate() {
            write!(f, "{}{product}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, version: None } => name.fmt(f),
            Self::Named { name, version: Some(version) } => write!(f, "{name}/{version}"),
            Self::Comment(text) => f.write_str(text),
        }
    }
}
