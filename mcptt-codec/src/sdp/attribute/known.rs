//! The attributes this project knows, and whether one of them stands where and as it should.

use super::{
    Attribute, AttributeLevel, Candidate, Charset, ConfirmStatus, ConnectionReuse, Content, Crypto,
    CurrentStatus, DesiredStatus, ExtMap, Fingerprint, FormatParameters, Group, IceOptions, IcePacing,
    IcePwd, IceUfrag, KeyManagement, Label, Lang, MaxPacketRate, MaxPtime, Mid, Msid, Ptime,
    RemoteCandidates, RtcpFeedback, RtcpPort, RtpMap, SdpLang, Setup, SourceAttribute, SourceGroup, TlsId,
    TypedAttribute,
};
use crate::DecodeError;
use crate::sdp::grammar::is_token;

/// Reads a value and says whether it is as a strict sender writes it.
type IsStrict = fn(&str) -> Result<bool, DecodeError>;

struct Known {
    name: &'static str,
    level: AttributeLevel,
    requirement: &'static str,
    /// `None` for an attribute without value.
    is_strict: Option<IsStrict>,
}

const fn typed<T: TypedAttribute>() -> Known {
    Known {
        name: T::NAME,
        level: T::LEVEL,
        requirement: T::REQUIREMENT,
        is_strict: Some(|value| T::read(value).map(|typed| typed.is_strict(value))),
    }
}

const fn flag(name: &'static str, level: AttributeLevel, requirement: &'static str) -> Known {
    Known { name, level, requirement, is_strict: None }
}

const KNOWN: [Known; 45] = [
    typed::<RtpMap>(),
    typed::<FormatParameters>(),
    typed::<Ptime>(),
    typed::<MaxPtime>(),
    typed::<MaxPacketRate>(),
    typed::<Lang>(),
    typed::<SdpLang>(),
    typed::<Charset>(),
    typed::<Label>(),
    typed::<Content>(),
    typed::<Crypto>(),
    typed::<KeyManagement>(),
    typed::<Setup>(),
    typed::<ConnectionReuse>(),
    typed::<Fingerprint>(),
    typed::<TlsId>(),
    typed::<Mid>(),
    typed::<Group>(),
    typed::<Candidate>(),
    typed::<RemoteCandidates>(),
    typed::<IceUfrag>(),
    typed::<IcePwd>(),
    typed::<IceOptions>(),
    typed::<IcePacing>(),
    typed::<RtcpPort>(),
    typed::<RtcpFeedback>(),
    typed::<SourceAttribute>(),
    typed::<SourceGroup>(),
    typed::<Msid>(),
    typed::<ExtMap>(),
    typed::<CurrentStatus>(),
    typed::<DesiredStatus>(),
    typed::<ConfirmStatus>(),
    //= RFC8866-6.7
    flag("sendrecv", AttributeLevel::Both, "RFC8866-6.7"),
    flag("sendonly", AttributeLevel::Both, "RFC8866-6.7"),
    flag("recvonly", AttributeLevel::Both, "RFC8866-6.7"),
    flag("inactive", AttributeLevel::Both, "RFC8866-6.7"),
    //= RFC5761-5.1.1
    flag("rtcp-mux", AttributeLevel::Media, "RFC5761-5.1.1"),
    //= RFC8858-mux-only
    flag("rtcp-mux-only", AttributeLevel::Media, "RFC8858-mux-only"),
    //= RFC5506-rsize
    flag("rtcp-rsize", AttributeLevel::Media, "RFC5506-rsize"),
    //= RFC8843-6
    flag("bundle-only", AttributeLevel::Media, "RFC8843-6"),
    //= RFC8839-5.3
    flag("ice-lite", AttributeLevel::Session, "RFC8839-5.3"),
    flag("ice-mismatch", AttributeLevel::Media, "RFC8839-5.3"),
    //= RFC8840-end-of-candidates
    flag("end-of-candidates", AttributeLevel::Both, "RFC8840-end-of-candidates"),
    //= RFC8285-6
    flag("extmap-allow-mixed", AttributeLevel::Both, "RFC8285-6"),
];

/// What is wrong with an attribute, and where in the value of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sdp) struct Fault {
    pub offset: usize,
    pub requirement: &'static str,
}

/// What is wrong with an attribute of the session or of a media description; `None` also for one this project does
/// not know.
pub(in crate::sdp) fn examine(attribute: &Attribute, in_session: bool) -> Option<Fault> {
    let name = attribute.name.as_str();
    //= RFC8866-5.13
    if !is_token(name) {
        return Some(Fault { offset: 0, requirement: "RFC8866-5.13" });
    }
    let known = KNOWN.iter().find(|known| known.name == name)?;
    let fault = |offset| Some(Fault { offset, requirement: known.requirement });
    let allowed = match known.level {
        AttributeLevel::Session => in_session,
        AttributeLevel::Media => !in_session,
        AttributeLevel::Both => true,
    };
    if !allowed {
        return fault(0);
    }
    let value_at = name.len().saturating_add(1);
    match (known.is_strict, &attribute.value) {
        (None, None) => None,
        (None, Some(_)) | (Some(_), None) => fault(0),
        (Some(is_strict), Some(value)) => match is_strict(value) {
            Ok(true) => None,
            Ok(false) => fault(value_at),
            Err(error) => fault(value_at.saturating_add(error.offset)),
        },
    }
}
