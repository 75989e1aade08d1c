//! Fuzz bodies of SIP: messages, header fields and streams.

use std::fmt::{Debug, Display};

use bytes::Bytes;

use crate::DecodeError;
use crate::sip::field::canonical;
use crate::sip::{
    self, DatagramKind, Frame, Framer, HeaderName, Limits, NameAddr, SipMessage, Uri, Via, multipart,
};
use crate::text::ByteStr;

/// A datagram with one SIP message.
pub fn sip_message(octets: &[u8]) {
    let datagram = Bytes::copy_from_slice(octets);
    let limits = Limits::default();
    let Ok(decoded) = SipMessage::examine(&datagram, &limits) else { return };
    let message = decoded.value;
    let written = message.encode();
    let start = octets.len().saturating_sub(octets.trim_ascii_start().len());
    let kept = octets.get(start..).unwrap_or_default();
    assert!(kept.starts_with(&written), "a message is kept octet by octet");
    let dropped = start > 0 || written.len() < kept.len();
    assert!(!dropped || !decoded.deviations.is_empty(), "nothing is dropped silently");
    assert_eq!(SipMessage::decode(&written, &limits).as_ref(), Ok(&message), "a message survives encoding");

    if let SipMessage::Request(request) = &message
        && let Err(refusal) = sip::validate(request)
        && let Some(answer) = refusal.response(request)
    {
        assert!(SipMessage::decode(&answer.encode(), &limits).is_ok(), "a refusal can be sent");
    }
    if let SipMessage::Response(response) = &message {
        let again = SipMessage::decode(&written, &limits);
        let again = again.as_ref().map(|message| match message {
            SipMessage::Response(response) => sip::validate_response(response),
            SipMessage::Request(_) => Err("a request"),
        });
        assert_eq!(again, Ok(sip::validate_response(response)), "a response is valid or not for good");
    }
    typed_values(&message);
    equivalence(&message);
    body_parts(&message, &limits);
}

/// How many URIs of a message are compared, each with each.
const COMPARED: usize = 8;

/// Whether URIs are equivalent does not depend on which comes first. A URI is equivalent to itself.
fn equivalence(message: &SipMessage) {
    let headers = message.headers();
    let values = headers.iter().flat_map(|(name, _)| headers.shared_values(name));
    let addresses = values.filter_map(|value| NameAddr::read(&value).ok().map(|address| address.uri));
    let requested = match message {
        SipMessage::Request(request) => Uri::read(&request.uri).ok(),
        SipMessage::Response(_) => None,
    };
    let uris: Vec<_> = requested.into_iter().chain(addresses).take(COMPARED).collect();
    for one in &uris {
        assert!(one.equivalent(one), "a URI is equivalent to itself");
        for other in &uris {
            assert_eq!(one.equivalent(other), other.equivalent(one), "equivalence has no order");
        }
    }
}

fn typed_values(message: &SipMessage) {
    let headers = message.headers();
    for (name, value) in headers.iter() {
        header_laws(name, value);
        for element in headers.shared_values(name) {
            survives(&element, NameAddr::read);
            survives(&element, Via::read);
            survives(&element, Uri::read);
            survives(&element, sip::ContentType::read);
            survives(&element, sip::HeaderValue::read);
            survives(&element, sip::AcceptContact::read);
        }
        survives(value, |text| sip::CSeq::parse(text));
        survives(value, |text| sip::SessionExpires::parse(text));
    }
    for warning in sip::McpttWarning::all(headers) {
        let again = sip::McpttWarning::parse(&warning.value("host.example.org"));
        assert_eq!(again.as_ref(), Some(&warning), "a warning survives writing");
    }
}

fn survives<T: PartialEq + Debug + Display, E: PartialEq + Debug>(
    text: &ByteStr,
    read: impl Fn(&ByteStr) -> Result<T, E>,
) {
    if let Ok(value) = read(text) {
        assert_eq!(read(&value.to_string().into()), Ok(value), "a value survives writing");
    }
}

fn body_parts(message: &SipMessage, limits: &Limits) {
    let Ok(parts) = multipart::body_parts(message.headers(), message.body(), limits) else { return };
    assert!(parts.len() <= limits.parts, "parts are bounded");
    let mut headers = message.headers().clone();
    let body = multipart::set_body(&mut headers, &parts);
    // A part that does not say what it is needs a multipart around it, and a part without octets is no body.
    let described = parts.iter().all(|part| matches!(part.headers.content_type(), Ok(Some(_))));
    if parts.len() > 1 || (described && !body.is_empty()) {
        let again = multipart::body_parts(&headers, &body, limits);
        assert_eq!(again.as_ref(), Ok(&parts), "parts survive writing");
    }
}

/// The header fields that [`sip_header`] reads: its first octet counts in this list.
pub const VIEWS: &[HeaderName] = &[
    HeaderName::Via,
    HeaderName::From,
    HeaderName::To,
    HeaderName::CallId,
    HeaderName::CSeq,
    HeaderName::Contact,
    HeaderName::MaxForwards,
    HeaderName::Route,
    HeaderName::RecordRoute,
    HeaderName::ContentType,
    HeaderName::ContentLength,
    HeaderName::ContentDisposition,
    HeaderName::ContentEncoding,
    HeaderName::ContentLanguage,
    HeaderName::ContentId,
    HeaderName::ContentTransferEncoding,
    HeaderName::MimeVersion,
    HeaderName::Expires,
    HeaderName::MinExpires,
    HeaderName::Event,
    HeaderName::SubscriptionState,
    HeaderName::SipEtag,
    HeaderName::SipIfMatch,
    HeaderName::Supported,
    HeaderName::Require,
    HeaderName::ProxyRequire,
    HeaderName::Unsupported,
    HeaderName::Allow,
    HeaderName::AllowEvents,
    HeaderName::Accept,
    HeaderName::AcceptContact,
    HeaderName::AcceptEncoding,
    HeaderName::AcceptLanguage,
    HeaderName::RejectContact,
    HeaderName::RequestDisposition,
    HeaderName::Warning,
    HeaderName::ErrorInfo,
    HeaderName::SessionExpires,
    HeaderName::MinSe,
    HeaderName::PAssertedIdentity,
    HeaderName::PPreferredIdentity,
    HeaderName::PAssertedService,
    HeaderName::PPreferredService,
    HeaderName::PAnswerState,
    HeaderName::PAccessNetworkInfo,
    HeaderName::PVisitedNetworkId,
    HeaderName::PChargingVector,
    HeaderName::PChargingFunctionAddresses,
    HeaderName::PAssociatedUri,
    HeaderName::PCalledPartyId,
    HeaderName::PProfileKey,
    HeaderName::PServedUser,
    HeaderName::PEarlyMedia,
    HeaderName::AnswerMode,
    HeaderName::PrivAnswerMode,
    HeaderName::AlertInfo,
    HeaderName::CallInfo,
    HeaderName::ResourcePriority,
    HeaderName::AcceptResourcePriority,
    HeaderName::ResourceShare,
    HeaderName::PriorityShare,
    HeaderName::RetryAfter,
    HeaderName::ReferTo,
    HeaderName::ReferSub,
    HeaderName::ReferredBy,
    HeaderName::ReferEventsAt,
    HeaderName::Replaces,
    HeaderName::Join,
    HeaderName::TargetDialog,
    HeaderName::HistoryInfo,
    HeaderName::Path,
    HeaderName::ServiceRoute,
    HeaderName::Authorization,
    HeaderName::WwwAuthenticate,
    HeaderName::ProxyAuthorization,
    HeaderName::ProxyAuthenticate,
    HeaderName::AuthenticationInfo,
    HeaderName::SecurityClient,
    HeaderName::SecurityServer,
    HeaderName::SecurityVerify,
    HeaderName::UserAgent,
    HeaderName::Server,
    HeaderName::Organization,
    HeaderName::Subject,
    HeaderName::Priority,
    HeaderName::InReplyTo,
    HeaderName::ReplyTo,
    HeaderName::Date,
    HeaderName::Timestamp,
    HeaderName::RSeq,
    HeaderName::RAck,
    HeaderName::InfoPackage,
    HeaderName::RecvInfo,
    HeaderName::Reason,
    HeaderName::Privacy,
    HeaderName::FeatureCaps,
    HeaderName::Geolocation,
    HeaderName::GeolocationRouting,
    HeaderName::GeolocationError,
    HeaderName::FlowTimer,
    HeaderName::MaxBreadth,
    HeaderName::SuppressIfMatch,
    HeaderName::PermissionMissing,
    HeaderName::TriggerConsent,
    HeaderName::SessionId,
    HeaderName::Identity,
    HeaderName::UserToUser,
];

/// The value of one header field; the first octet says which one (see [`VIEWS`]).
pub fn sip_header(octets: &[u8]) {
    let Some((view, value)) = octets.split_first() else { return };
    let Some(name) = VIEWS.get(usize::from(*view).checked_rem(VIEWS.len()).unwrap_or_default()) else {
        return;
    };
    let Ok(value) = ByteStr::from_utf8(Bytes::copy_from_slice(value), "header field") else { return };
    // The lines of a message are taken apart before any view sees a value.
    if !value.contains(['\r', '\n']) {
        header_laws(name, &value);
    }
}

fn header_laws(name: &HeaderName, value: &ByteStr) {
    let decoded = match canonical(name, value) {
        Ok(decoded) => decoded,
        Err(error) => return assert!(error.offset <= value.len(), "an error lies inside the value"),
    };
    assert!(decoded.deviations.len() <= value.len(), "deviations are bounded");
    for deviation in &decoded.deviations {
        assert!(deviation.offset <= value.len(), "a deviation lies inside the value");
    }
    let written = decoded.value;
    assert!(!written.contains(['\r', '\n']), "a value stays in its line");
    let again = canonical(name, &ByteStr::from(written.as_str())).map(|decoded| decoded.value);
    assert_eq!(again.as_ref(), Ok(&written), "writing is stable");
}

/// A stream: the first octet is the size of the pieces in which the others arrive.
pub fn sip_stream(octets: &[u8]) {
    let Some((size, stream)) = octets.split_first() else { return };
    let limits = Limits { message: 2_048, start_line: 512, body: 1_024, ..Limits::default() };
    let whole = frames(limits, std::iter::once(stream));
    let cut = frames(limits, stream.chunks(usize::from(*size).max(1)));
    assert_eq!(cut.0, whole.0, "frames do not depend on how the octets arrive");
    // How much too large a message is depends on how much of it was seen.
    assert_eq!(cut.1.is_ok(), whole.1.is_ok(), "neither does the end of the stream");
    for frame in whole.0 {
        if let Frame::Message(message) = frame {
            assert_eq!(DatagramKind::of(&message), DatagramKind::Sip, "a message is no keep-alive");
            if let Ok(decoded) = SipMessage::examine(&message, &limits) {
                assert_eq!(decoded.value.encode(), message, "a message is the whole of its frame");
            }
        }
    }
}

fn frames<'a>(
    limits: Limits,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<Frame>, Result<(), DecodeError>) {
    let mut framer = Framer::new(limits);
    let mut frames = Vec::new();
    for mut piece in pieces {
        loop {
            match framer.take(&mut piece) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Err(error)),
            }
            assert!(framer.buffered() <= limits.message, "what is kept is bounded");
        }
        assert!(piece.is_empty(), "everything is taken");
    }
    (frames, Ok(()))
}
