//! Feature tags of Contact, and Accept-Contact (RFC 3840, RFC 3841) as TS 24.379 uses them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use nom::Parser;
use nom::character::complete::char;

use super::grammar::whole;
use super::header::HeaderName;
use super::headers::Headers;
use super::params::Params;
use super::percent;
use crate::DecodeError;
use crate::text::ByteStr;

/// The feature tag of an MCPTT client or function (TS 24.379 Annex D), without the `+` that it has on the
/// wire.
pub const FEATURE_MCPTT: &str = "g.3gpp.mcptt";
/// The IMS communication service identifier of MCPTT (TS 24.379 Annex E).
pub const ICSI_MCPTT: &str = "urn:urn-7:3gpp-service.ims.icsi.mcptt";
/// The feature tag that carries service identifiers (TS 24.229), without the `+`.
const FEATURE_ICSI_REF: &str = "g.3gpp.icsi-ref";

/// Whether a feature tag is among the parameters of a Contact or Accept-Contact, with or without the leading
/// `+`.
pub fn has_feature(params: &Params, tag: &str) -> bool {
    find_feature(params, tag).is_some()
}

/// The service identifiers of `g.3gpp.icsi-ref`, escapes resolved: one parameter may list several.
pub fn icsi_refs(params: &Params) -> impl Iterator<Item = String> {
    let list =
        find_feature(params, FEATURE_ICSI_REF).and_then(|name| params.unquoted(name)).unwrap_or_default();
    let split = |list: Cow<'_, str>| {
        let one = |item: &str| percent::decode(item.trim_matches([' ', '\t', '<', '>'])).into_owned();
        list.split(',').map(one).filter(|item| !item.is_empty()).collect::<Vec<_>>()
    };
    split(list).into_iter()
}

fn find_feature<'a>(params: &'a Params, tag: &str) -> Option<&'a str> {
    let bare = tag.strip_prefix('+').unwrap_or(tag);
    let mut names = params.iter().map(|(name, _)| name);
    names.find(|name| name.strip_prefix('+').unwrap_or(name).eq_ignore_ascii_case(bare))
}

/// The parameter value for a service identifier: colons escaped, in quotes.
fn icsi_value(icsi: &str) -> String {
    format!("\"{}\"", percent::encode(icsi))
}

impl Params {
    /// Adds the two feature tags of MCPTT as a Contact carries them.
    pub fn set_mcptt_features(&mut self) -> &mut Self {
        self.set_flag(format!("+{FEATURE_MCPTT}"));
        self.set(format!("+{FEATURE_ICSI_REF}"), icsi_value(ICSI_MCPTT))
    }
}

/// One element of Accept-Contact: what the called side must, or should, be able to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AcceptContact {
    /// The feature tags, and `require` and `explicit`.
    pub params: Params,
}

impl AcceptContact {
    /// Demands a feature tag that is true or absent, such as [`FEATURE_MCPTT`].
    pub fn feature(tag: &str) -> Self {
        let mut params = Params::new();
        params.set_flag(format!("+{tag}"));
        Self { params }.demanded()
    }

    /// Demands a service identifier, such as [`ICSI_MCPTT`].
    pub fn service(icsi: &str) -> Self {
        let mut params = Params::new();
        params.set(format!("+{FEATURE_ICSI_REF}"), icsi_value(icsi));
        Self { params }.demanded()
    }

    fn demanded(mut self) -> Self {
        self.params.set_flag("require").set_flag("explicit");
        self
    }

    /// Takes one element apart.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not `*` with parameters.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Self::read(&ByteStr::from(text))
    }

    /// Like [`AcceptContact::parse`] for a received text, whose buffer the components then share.
    ///
    /// # Errors
    /// As [`AcceptContact::parse`].
    pub fn read(text: &ByteStr) -> Result<Self, DecodeError> {
        let (_, params) = whole(text.as_str(), "Accept-Contact", |input| {
            (char('*'), |input| Params::of_header(text, input)).parse(input)
        })?;
        Ok(Self { params })
    }

    /// Every readable element of a message, in order.
    pub fn all(headers: &Headers) -> impl Iterator<Item = Self> {
        headers.shared_values(&HeaderName::AcceptContact).filter_map(|element| Self::read(&element).ok())
    }

    /// Whether the message asks for the feature tag, in whichever of its Accept-Contact fields.
    pub fn asks_for_feature(headers: &Headers, tag: &str) -> bool {
        Self::all(headers).any(|element| has_feature(&element.params, tag))
    }

    /// Whether the message asks for the service identifier, in whichever of its Accept-Contact fields.
    pub fn asks_for_service(headers: &Headers, icsi: &str) -> bool {
        Self::all(headers).any(|element| element.icsi_refs().any(|own| own.eq_ignore_ascii_case(icsi)))
    }

    /// Adds the two fields of an MCPTT request: strict peers refuse the tags in one.
    pub fn push_mcptt(headers: &mut Headers) {
        for element in [Self::feature(FEATURE_MCPTT), Self::service(ICSI_MCPTT)] {
            headers.push(HeaderName::AcceptContact, element.to_string());
        }
    }

    /// Whether the feature tag is part of this element.
    pub fn has(&self, tag: &str) -> bool {
        has_feature(&self.params, tag)
    }

    /// The service identifiers of this element.
    pub fn icsi_refs(&self) -> impl Iterator<Item = String> {
        icsi_refs(&self.params)
    }

    /// A contact that does not match is left out.
    pub fn require(&self) -> bool {
        self.params.contains("require")
    }

    /// A contact that does not say matches less.
    pub fn explicit(&self) -> bool {
        self.params.contains("explicit")
    }
}

impl FromStr for AcceptContact {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for AcceptContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "*{}", self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::NameAddr;

    #[test]
    fn an_mcptt_request_asks_in_two_fields() {
        let mut headers = Headers::new();
        AcceptContact::push_mcptt(&mut headers);
        let fields: Vec<_> = headers.all(&HeaderName::AcceptContact).map(|value| value.to_string()).collect();
        assert_eq!(
            fields,
            [
                "*;+g.3gpp.mcptt;require;explicit",
                "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit",
            ]
        );
        assert!(AcceptContact::asks_for_feature(&headers, FEATURE_MCPTT));
        assert!(AcceptContact::asks_for_service(&headers, ICSI_MCPTT));
        assert!(AcceptContact::all(&headers).all(|element| element.require() && element.explicit()));
    }

    #[test]
    fn spellings_of_deployments_are_understood() {
        for (fields, feature, service) in [
            (vec!["*;g.3gpp.mcptt;require"], true, false),
            (vec!["*; +G.3GPP.MCPTT ; explicit"], true, false),
            (
                vec!["*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";+g.3gpp.mcptt"],
                true,
                true,
            ),
            (
                vec![
                    "*;+g.3gpp.mcptt, *;g.3gpp.icsi-ref=\"urn%3Aa%3Ab,urn:urn-7:3gpp-service.ims.icsi.mcptt\"",
                ],
                true,
                true,
            ),
            (vec!["*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcdata\""], false, false),
            (vec!["no star", "*;audio"], false, false),
            (vec![], false, false),
        ] {
            let headers: Headers = fields.iter().map(|field| (HeaderName::AcceptContact, *field)).collect();
            assert_eq!(AcceptContact::asks_for_feature(&headers, FEATURE_MCPTT), feature, "{fields:?}");
            assert_eq!(AcceptContact::asks_for_service(&headers, ICSI_MCPTT), service, "{fields:?}");
        }
    }

    #[test]
    fn a_contact_carries_the_same_tags() {
        let mut contact = NameAddr::parse("<sip:10.1.1.5:5060>").unwrap();
        contact.params.set_mcptt_features().set_flag("isfocus");
        let text = "<sip:10.1.1.5:5060>;+g.3gpp.mcptt;\
                    +g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";isfocus";
        assert_eq!(contact.to_string(), text);
        let contact = NameAddr::parse(text).unwrap();
        assert!(has_feature(&contact.params, "isfocus") && has_feature(&contact.params, "+g.3gpp.mcptt"));
        assert_eq!(icsi_refs(&contact.params).collect::<Vec<_>>(), [ICSI_MCPTT]);
    }
}
