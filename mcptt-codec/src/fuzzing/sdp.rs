//! Fuzz body of session descriptions.

use std::fmt::{Debug, Display};

use bytes::Bytes;

use crate::DecodeError;
use crate::sdp::{
    self, Bandwidth, Candidate, Charset, ConfirmStatus, Connection, ConnectionReuse, Content, Crypto,
    CurrentStatus, DesiredStatus, ExtMap, Fingerprint, FormatParameters, Group, IceOptions, IcePacing,
    IcePwd, IceUfrag, KeyManagement, Label, Lang, MAX_DEVIATIONS, MAX_LINES, MAX_OCTETS, MaxPacketRate,
    MaxPtime, McpttFmtp, MediaDescription, Mid, Msid, OfferPlace, Origin, Ptime, RemoteCandidates, Repeat,
    RtcpFeedback, RtcpPort, RtpMap, SdpLang, SdpText, SessionDescription, Setup, SourceAttribute,
    SourceGroup, Timing, TlsId, TypedAttribute, ZoneAdjustments,
};

/// A session description.
pub fn description(octets: &[u8]) {
    let shared = Bytes::copy_from_slice(octets);
    match SdpText::split(&shared) {
        Ok(text) => assert_eq!(text.encode(), shared, "lines are kept octet by octet"),
        Err(_) => assert!(
            octets.len() > MAX_OCTETS || octets.iter().filter(|octet| **octet == b'\n').count() >= MAX_LINES,
            "only size is judged"
        ),
    }
    let Ok(examined) = SessionDescription::examine(octets) else {
        assert!(SessionDescription::decode(octets).is_err(), "both readers refuse the same");
        return;
    };
    let description = examined.value;
    assert_eq!(description.encode().as_bytes(), octets, "a description is kept octet by octet");
    assert!(examined.deviations.len() <= MAX_DEVIATIONS, "deviations are bounded");
    for deviation in &examined.deviations {
        assert!(deviation.offset <= octets.len(), "a deviation lies in the description");
    }
    let strict = description.clone().in_order();
    let again = strict.encode();
    assert_eq!(
        SessionDescription::decode(again.as_bytes()).as_ref(),
        Ok(&strict),
        "a strict text is read as the same"
    );
    let unordered = |requirement| matches!(requirement, "RFC8866-5:order" | "RFC8866-5:line-end");
    assert!(
        !strict.deviations().iter().any(|deviation| unordered(deviation.requirement)),
        "a strict text is in order"
    );
    let _ = sdp::view(&description);
    lines(&description);
    assert_eq!(description.successor_faults(&description), [], "a description continues itself");
    let refusal = description.answer(&Origin::new(1, 1, [127, 0, 0, 1].into()), None, |_, _| None);
    assert_eq!(refusal.media.len(), description.media.len(), "an answer has the lines of its offer");
    let bare = |media: &MediaDescription| {
        MediaDescription::new(
            media.kind.clone(),
            media.port,
            media.protocol.clone(),
            media.formats.iter().cloned(),
        )
    };
    let answer =
        description.answer(&Origin::new(1, 1, [127, 0, 0, 1].into()), None, |_, media| Some(bare(media)));
    let directions = |fault: &sdp::AgreementFault| {
        matches!(fault.requirement, "RFC3264-6.1:direction" | "RFC3264-6:count" | "RFC3264-6:kind")
    };
    assert!(
        !answer.answer_faults(&description).iter().any(directions),
        "an answer keeps lines and directions"
    );
    let held = description.clone().with_hold(true);
    assert!(
        held.media
            .iter()
            .filter(|media| media.is_rtp() && !media.is_refused())
            .all(|media| held.is_held(media)),
        "a held stream is on hold"
    );
    description.media.iter().for_each(|media| media_description(&description, media));
}

fn lines(description: &SessionDescription) {
    for line in description.lines.iter().chain(description.media.iter().flat_map(|media| &media.lines)) {
        let value = line.value.as_str();
        match line.kind {
            'o' => survives(value, Origin::parse),
            'c' => {
                survives(value, Connection::parse);
                let multicast = Connection::parse(value).and_then(|connection| connection.multicast());
                if let Ok(Some(groups)) = multicast {
                    assert_eq!(groups.address(0), Some(groups.first), "the first group is the first");
                    assert_eq!(groups.address(groups.addresses), None, "groups are counted");
                }
            }
            'b' => survives(value, Bandwidth::parse),
            't' => survives(value, Timing::parse),
            'r' => survives(value, Repeat::parse),
            'z' => survives(value, ZoneAdjustments::parse),
            'a' => attributes(
                line.attribute().and_then(|attribute| attribute.value).as_deref().unwrap_or_default(),
            ),
            _ => {}
        }
    }
}

fn survives<T: PartialEq + Debug + Display>(text: &str, read: fn(&str) -> Result<T, DecodeError>) {
    if let Ok(value) = read(text) {
        assert_eq!(read(&value.to_string()), Ok(value), "the value of a line survives writing");
    }
}

/// The value of any attribute, read as each type.
fn attributes(value: &str) {
    macro_rules! each {
        ($($type:ty),+ $(,)?) => { $(attribute::<$type>(value);)+ };
    }
    each!(
        Candidate,
        Charset,
        ConfirmStatus,
        ConnectionReuse,
        Content,
        Crypto,
        CurrentStatus,
        DesiredStatus,
        ExtMap,
        Fingerprint,
        FormatParameters,
        Group,
        IceOptions,
        IcePacing,
        IcePwd,
        IceUfrag,
        KeyManagement,
        Label,
        Lang,
        MaxPacketRate,
        MaxPtime,
        Mid,
        Msid,
        Ptime,
        RemoteCandidates,
        RtcpFeedback,
        RtcpPort,
        RtpMap,
        SdpLang,
        Setup,
        SourceAttribute,
        SourceGroup,
        TlsId,
    );
}

fn attribute<T: TypedAttribute + PartialEq>(value: &str) {
    match T::read(value) {
        Ok(typed) => {
            let mut written = String::new();
            typed.write(&mut written);
            // Compared without printing: a failing assertion must not show a key.
            assert!(T::read(&written) == Ok(typed), "a value of {} survives writing", T::NAME);
        }
        Err(error) => assert!(error.offset <= value.len(), "an error of {} lies inside", T::NAME),
    }
}

fn media_description(description: &SessionDescription, media: &MediaDescription) {
    let views = (description.rtcp_address_of(media), description.direction_of(media), media.rtpmap(97));
    assert_eq!(views.1.reversed().reversed(), views.1, "a direction has two sides");
    assert!(media.agreed_payload_types(media).len() <= media.formats.len(), "formats agree with themselves");
    let _ = description.transport_of(media);
    if let Ok(Some(parameters)) = media.mcptt_fmtp() {
        let again = McpttFmtp::parse(&parameters.to_string());
        assert_eq!(again.as_ref(), Ok(&parameters), "floor control parameters survive writing");
        let answer = parameters.answer(&parameters);
        assert!(answer.is_valid(), "an answer to valid parameters is valid");
        assert_eq!(answer.answer_faults(&parameters), [] as [&str; 0], "an answer stays within its offer");
        let later = parameters.for_later_offer(false);
        assert_eq!(later.offer_faults(OfferPlace::Later), [] as [&str; 0], "a later offer keeps its rules");
    }
}
