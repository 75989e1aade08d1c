//! Capabilities: the values of feature tags (RFC 3840 9), and the header fields that are made of them:
//! Accept-Contact and Reject-Contact (RFC 3841), Feature-Caps (RFC 6809).

use std::borrow::Cow;
use std::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while1};
use nom::character::complete::char;
use nom::combinator::{eof, map, opt, peek, recognize, value};
use nom::multi::separated_list1;
use nom::sequence::{preceded, separated_pair, terminated};

use super::super::accept_contact::AcceptContact;
use super::super::grammar::{self, Parsed, quote, separator, unquote, whole};
use super::super::params::Params;
use super::super::percent;
use super::params::{flag, may};
use super::token::Token;
use super::{FieldValue, deviation, offset_of};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded, Deviation};

/// The feature tags that stand without `+` (RFC 3840 9, RFC 4569).
const BASE_TAGS: [&str; 22] = [
    "actor",
    "application",
    "audio",
    "automata",
    "class",
    "control",
    "data",
    "description",
    "duplex",
    "events",
    "extensions",
    "image",
    "isfocus",
    "language",
    "message",
    "methods",
    "mobility",
    "priority",
    "schemes",
    "text",
    "type",
    "video",
];

/// One feature tag and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Feature {
    /// The tag without `+`.
    pub tag: Token,
    /// Whether it was written with `+`.
    pub plus: bool,
    /// What it says.
    pub value: FeatureValue,
}

/// What a feature tag says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FeatureValue {
    /// Nothing: it is true.
    True,
    /// Any of these.
    List(Vec<TagValue>),
    /// A text, in `<>` on the wire; here without them.
    Text(ByteStr),
}

/// One value of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TagValue {
    /// `TRUE` or `FALSE`.
    Boolean {
        /// With `!` before it.
        negated: bool,
        /// The value without the `!`.
        value: bool,
    },
    /// A token as it was written.
    Token {
        /// With `!` before it.
        negated: bool,
        /// The value, escapes untouched.
        value: ByteStr,
    },
    /// `#` and a range of numbers.
    Numeric {
        /// With `!` before it.
        negated: bool,
        /// The range.
        value: Numeric,
    },
}

/// A range of numbers, each with sign and decimals as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Numeric {
    /// `=`
    Equal(ByteStr),
    /// `>=`
    AtLeast(ByteStr),
    /// `<=`
    AtMost(ByteStr),
    /// From the first to the second, both included.
    Between(ByteStr, ByteStr),
}

impl Feature {
    /// A feature that is true.
    pub fn flag(tag: Token) -> Self {
        Self { plus: !is_base(tag.as_str()), tag, value: FeatureValue::True }
    }

    /// A feature with one value, escaped where a token needs it: an IMS service identifier, for instance.
    pub fn of(tag: Token, text: &str) -> Self {
        let value = percent::encode(text).as_ref().into();
        let list = vec![TagValue::Token { negated: false, value }];
        Self { value: FeatureValue::List(list), ..Self::flag(tag) }
    }

    /// The tokens that it lists and does not negate, escapes resolved.
    pub fn tokens(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let list: &[TagValue] = match &self.value {
            FeatureValue::List(list) => list,
            FeatureValue::True | FeatureValue::Text(_) => &[],
        };
        list.iter().filter_map(|value| match value {
            TagValue::Token { negated: false, value } => Some(percent::decode(value)),
            _ => None,
        })
    }

    fn has_unescaped(&self) -> bool {
        let FeatureValue::List(list) = &self.value else { return false };
        list.iter().any(|value| matches!(value, TagValue::Token { value, .. } if value.contains(':')))
    }

    /// The feature that a parameter is; `None` for a parameter that is none.
    fn of_param(name: &str, text: Option<&str>) -> Option<Result<Self, ()>> {
        let bare = name.strip_prefix('+').unwrap_or(name);
        if !is_feature(name) {
            return None;
        }
        let plus = bare.len() < name.len();
        let read = |value| Some(Self { tag: Token::new(bare)?, plus, value });
        let value = text.map_or(Some(FeatureValue::True), FeatureValue::of_quoted);
        Some(value.and_then(read).ok_or(()))
    }
}

fn is_base(tag: &str) -> bool {
    BASE_TAGS.iter().any(|base| base.eq_ignore_ascii_case(tag))
}

/// A tag of the global tree without its `+`, as flow examples of TS 24.379 and some clients write it.
fn lacks_plus(name: &str) -> bool {
    name.get(..2).is_some_and(|tree| tree.eq_ignore_ascii_case("g."))
}

fn is_feature(name: &str) -> bool {
    name.starts_with('+') || is_base(name) || lacks_plus(name)
}

/// The feature tags among parameters, in order; an error for one whose value is malformed.
pub fn features(params: &Params) -> impl Iterator<Item = Result<Feature, DecodeError>> {
    params.iter().filter_map(|(name, value)| {
        let feature = Feature::of_param(name, value)?;
        Some(feature.map_err(|()| DecodeError::invalid(0, "feature tag")))
    })
}

/// Checks the feature tags among parameters that were read from that text.
pub(super) fn check(
    text: &ByteStr,
    params: &Params,
    deviations: &mut Vec<Deviation>,
) -> Result<(), DecodeError> {
    for (name, value) in params.iter() {
        let Some(feature) = Feature::of_param(name, value) else { continue };
        let place = value.unwrap_or(name);
        let feature = feature.map_err(|()| DecodeError::invalid(offset_of(text, place), "feature tag"))?;
        //= RFC3840-plus
        if lacks_plus(name) {
            deviations.push(deviation(text, name, "RFC3840-plus"));
        }
        //= RFC3840-escape
        if feature.has_unescaped() {
            deviations.push(deviation(text, place, "RFC3840-escape"));
        }
    }
    Ok(())
}

impl FeatureValue {
    fn of_quoted(text: &str) -> Option<Self> {
        let inside = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))?;
        if let Some(plain) = inside.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
            let quoted = unquote(text);
            let unescaped = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or(plain);
            return Some(Self::Text(unescaped.into()));
        }
        let list = |input| separated_list1(separator(','), tag_value).parse(input);
        grammar::exactly(inside, list).map(Self::List)
    }
}

/// `["!"] (token-nobang / boolean / numeric)`
fn tag_value(input: &str) -> Parsed<'_, TagValue> {
    let (rest, negated) = map(opt(char('!')), |mark| mark.is_some()).parse(input)?;
    let ends = || peek(alt((eof, recognize(separator(',')))));
    let boolean = alt((value(true, tag_no_case("TRUE")), value(false, tag_no_case("FALSE"))));
    alt((
        map(preceded(char('#'), numeric), |value| TagValue::Numeric { negated, value }),
        map(terminated(boolean, ends()), |value| TagValue::Boolean { negated, value }),
        map(plain_token, |text: &str| TagValue::Token { negated, value: text.into() }),
    ))
    .parse(rest)
}

/// `token-nobang`, and the colons that some leave unescaped in a URN.
fn plain_token(input: &str) -> Parsed<'_, &str> {
    take_while1(|c: char| c == ':' || (c != '!' && u8::try_from(c).is_ok_and(grammar::is_token_octet)))(input)
}

fn numeric(input: &str) -> Parsed<'_, Numeric> {
    alt((
        map(preceded((char('>'), char('=')), decimal), |number: &str| Numeric::AtLeast(number.into())),
        map(preceded((char('<'), char('=')), decimal), |number: &str| Numeric::AtMost(number.into())),
        map(preceded(char('='), decimal), |number: &str| Numeric::Equal(number.into())),
        map(separated_pair(decimal, char(':'), decimal), |(from, to): (&str, &str)| {
            Numeric::Between(from.into(), to.into())
        }),
    ))
    .parse(input)
}

/// `[ "+" / "-" ] 1*DIGIT ["." 0*DIGIT]`
fn decimal(input: &str) -> Parsed<'_, &str> {
    let digits = || take_while1(|c: char| c.is_ascii_digit());
    recognize((opt(alt((char('+'), char('-')))), digits(), opt((char('.'), opt(digits()))))).parse(input)
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.plus { "+" } else { "" }, self.tag)?;
        match &self.value {
            FeatureValue::True => Ok(()),
            FeatureValue::Text(text) => write!(f, "={}", quote(&format!("<{text}>"))),
            FeatureValue::List(list) => {
                f.write_str("=\"")?;
                for (at, value) in list.iter().enumerate() {
                    write!(f, "{}{value}", if at == 0 { "" } else { "," })?;
                }
                f.write_str("\"")
            }
        }
    }
}

impl fmt::Display for TagValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bang = |negated: &bool| if *negated { "!" } else { "" };
        match self {
            Self::Boolean { negated, value: true } => write!(f, "{}TRUE", bang(negated)),
            Self::Boolean { negated, value: false } => write!(f, "{}FALSE", bang(negated)),
            Self::Token { negated, value } => write!(f, "{}{value}", bang(negated)),
            Self::Numeric { negated, value } => write!(f, "{}#{value}", bang(negated)),
        }
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal(number) => write!(f, "={number}"),
            Self::AtLeast(number) => write!(f, ">={number}"),
            Self::AtMost(number) => write!(f, "<={number}"),
            Self::Between(from, to) => write!(f, "{from}:{to}"),
        }
    }
}

/// `*` and feature tags: an element of Reject-Contact or Feature-Caps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FeatureSet {
    /// The feature tags and other parameters, in order.
    pub params: Params,
}

impl FeatureSet {
    /// A set of these features.
    pub fn of<'a>(features: impl IntoIterator<Item = &'a Feature>) -> Self {
        let mut set = Self::default();
        for feature in features {
            let written = feature.to_string();
            match written.split_once('=') {
                Some((name, value)) => set.params.set(name, value),
                None => set.params.set_flag(written),
            };
        }
        set
    }

    /// The feature tags, in order.
    pub fn features(&self) -> impl Iterator<Item = Feature> {
        features(&self.params).flatten()
    }

    /// What a feature tag says, given without `+`.
    pub fn feature(&self, tag: &str) -> Option<FeatureValue> {
        self.features().find(|feature| feature.tag.is(tag)).map(|feature| feature.value)
    }
}

fn examine_set(
    text: &ByteStr,
    what: &'static str,
    own: &[super::params::Rule],
) -> Result<Decoded<Params>, DecodeError> {
    let mut grammar = preceded(char('*'), |input| Params::of_header(text, input));
    let params = whole(text.as_str(), what, |input| grammar.parse(input))?;
    let mut deviations = super::params::check(text, &params, what, own)?;
    check(text, &params, &mut deviations)?;
    Ok(Decoded { value: params, deviations })
}

impl FieldValue for FeatureSet {
    const WHAT: &'static str = "feature set";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let Decoded { value: params, deviations } = examine_set(text, Self::WHAT, &[])?;
        Ok(Decoded { value: Self { params }, deviations })
    }
}

impl fmt::Display for FeatureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "*{}", self.params)
    }
}

impl FieldValue for AcceptContact {
    const WHAT: &'static str = "Accept-Contact";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let own = [may("require", flag), may("explicit", flag)];
        let Decoded { value: params, deviations } = examine_set(text, Self::WHAT, &own)?;
        Ok(Decoded { value: Self { params }, deviations })
    }
}
