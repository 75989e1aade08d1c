//! `a=mid` and `a=group`: media descriptions that belong together (RFC 5888; BUNDLE RFC 8843 and its successor RFC 9143).

use std::fmt;

use super::typed_attribute;
use crate::DecodeError;
use crate::sdp::MAX_GROUP_MEMBERS;
use crate::sdp::grammar::{Scan, is_token};
use crate::text::ByteStr;

/// `a=mid`: the name of a media description within its session description.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mid(pub ByteStr);

impl Mid {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one token.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=mid");
        //= RFC5888-4
        let mid = scan.read(|token| is_token(token).then_some(token))?.into();
        scan.end()?;
        Ok(Self(mid))
    }
}

impl fmt::Display for Mid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

typed_attribute!(Mid, "mid", Media, "RFC5888-4");

/// What a group means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupSemantics(pub ByteStr);

impl GroupSemantics {
    /// Lip synchronisation: play out together.
    pub const LS: Self = Self(ByteStr::from_static("LS"));
    /// Flow identification: one stream over several descriptions.
    pub const FID: Self = Self(ByteStr::from_static("FID"));
    /// One transport for all.
    pub const BUNDLE: Self = Self(ByteStr::from_static("BUNDLE"));
}

/// `a=group`: media descriptions, named by their `a=mid`, that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// Why.
    pub semantics: GroupSemantics,
    /// Which, in their order.
    pub mids: Vec<Mid>,
}

impl Group {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one token or several.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=group");
        let token = |token: &str| is_token(token).then(|| ByteStr::from(token));
        //= RFC5888-5
        let semantics = GroupSemantics(scan.read(token)?);
        let mids = scan.list(MAX_GROUP_MEMBERS, |name| token(name).map(Mid))?;
        Ok(Self { semantics, mids })
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.semantics.0)?;
        self.mids.iter().try_for_each(|mid| write!(f, " {mid}"))
    }
}

typed_attribute!(Group, "group", Session, "RFC5888-5");
