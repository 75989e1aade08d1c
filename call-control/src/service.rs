//! Header fields and answers that the messages of the service share (TS 24.379 2.1, 6.3.2, 6.3.3).

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{
    AcceptContact, FEATURE_MCPTT, HeaderName, Headers, ICSI_MCPTT, McpttWarning, Method, NameAddr, Params,
    Refresher, Request, Response, Uri, has_feature, plain_warning, warning_in_release,
};
use mcptt_codec::text::ByteStr;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::config::PolicyConfig;
use crate::event::{Event, Function};
use crate::policy::{Refusal, RefusalRow};
use crate::session_timer::SessionTimer;
use crate::transport::SipPath;
use crate::user_agent::{Discard, SessionTimerSettings, UaEvent};

/// What we call ourselves in User-Agent and Server.
pub(crate) const PRODUCT: ByteStr = ByteStr::from_static(concat!("mcptt/", env!("CARGO_PKG_VERSION")));

/// Marks the Contact of a focus (RFC 4579).
const ISFOCUS: &str = "isfocus";

/// The Expires of a publication that lasts until it is removed.
pub(crate) const FOR_EVER: u32 = u32::MAX;

/// What a function or a client says about itself in its messages.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Public service identity, or the public user identity of a client.
    pub uri: ByteStr,
    /// Host name for Warning.
    pub host: ByteStr,
    /// Release of TS 24.379 whose warning codes may be sent.
    pub release: u8,
}

impl Identity {
    pub fn new(uri: ByteStr, release: u8) -> Self {
        Self { host: crate::directory::host_of(&uri), uri, release }
    }

    /// The answer to a request that is refused.
    pub fn refuse(&self, refusal: Refusal) -> Response {
        let row = refusal.row();
        let mut response = Response::new(row.status);
        if let Some(warning) = self.warning_of(&row) {
            response.headers.push(HeaderName::Warning, warning);
        }
        response
    }

    /// The Warning that goes with a number, in the wording of the release.
    pub fn warning(&self, code: u16) -> ByteStr {
        warning_in_release(&self.host, code, self.release)
            .unwrap_or_else(|| plain_warning(&self.host, "a later release has a code for this"))
    }

    fn warning_of(&self, row: &RefusalRow) -> Option<ByteStr> {
        let code = row.warning?;
        Some(match row.reason {
            //= 24.379-4.4.2:100
            Some(reason) => {
                let text = ByteStr::from(format!("function not allowed due to {reason}"));
                McpttWarning { code, text }.value(&self.host)
            }
            None => self.warning(code),
        })
    }
}

/// A Contact with the tags of the service; a focus says so.
pub(crate) fn contact(uri: &str, focus: bool) -> ByteStr {
    let mut params = Params::new();
    params.set_mcptt_features();
    if focus {
        params.set_flag(ISFOCUS);
    }
    format!("<{uri}>{params}").into()
}

/// A new request of the service from `from` to `to`, addressed to `uri`.
pub(crate) fn request(method: Method, uri: &str, from: &str, to: &str) -> Request {
    let mut request = Request::new(method, uri);
    request.headers.push(HeaderName::From, bracketed(from));
    request.headers.push(HeaderName::To, bracketed(to));
    request
}

/// `<uri>`, also when the text already has its brackets.
pub(crate) fn bracketed(uri: &str) -> ByteStr {
    format!("<{}>", uri.trim().trim_start_matches('<').trim_end_matches('>')).into()
}

/// Adds what a function asserts in its requests: its identity, the service, and the tags the other side must have.
pub(crate) fn assert_function(headers: &mut Headers, identity: &str) {
    headers.push(HeaderName::PAssertedIdentity, bracketed(identity));
    assert_service(headers);
}

/// Adds P-Asserted-Service and the two Accept-Contact fields.
pub(crate) fn assert_service(headers: &mut Headers) {
    //= 24.379-6.3.2.1.3:pas
    headers.push(HeaderName::PAssertedService, ICSI_MCPTT);
    //= 24.379-6.3.3.1.2:accept
    AcceptContact::push_mcptt(headers);
}

/// The option tags that the 2xx of a function lists (RFC 4538, RFC 4488, RFC 7614).
pub(crate) fn support_in_success(headers: &mut Headers) {
    //= RFC4538-4:tag
    headers.push(HeaderName::Supported, "tdialog");
    headers.push(HeaderName::Supported, "norefersub");
    headers.push(HeaderName::Supported, "explicitsub, nosub");
}

/// Whether the message asks for an MCPTT service: feature tag and service identifier in Accept-Contact.
pub(crate) fn asks_for_mcptt(headers: &Headers) -> bool {
    AcceptContact::asks_for_feature(headers, FEATURE_MCPTT)
        && AcceptContact::asks_for_service(headers, ICSI_MCPTT)
}

/// Whether the Contact is that of a focus.
pub(crate) fn is_focus(headers: &Headers) -> bool {
    headers.contact().is_ok_and(|contact| has_feature(&contact.params, ISFOCUS))
}

/// Whether a Contact offers the service.
pub(crate) fn offers_mcptt(contact: &NameAddr) -> bool {
    has_feature(&contact.params, FEATURE_MCPTT)
}

/// The MCPTT codes of the warnings of a message.
pub(crate) fn warning_codes(headers: &Headers) -> Vec<u16> {
    McpttWarning::all(headers).map(|warning| warning.code).collect()
}

/// The first address of a header field that holds addresses.
pub(crate) fn address(headers: &Headers, name: &HeaderName) -> Option<Uri> {
    headers.shared_values(name).find_map(|value| NameAddr::read(&value).ok()).map(|address| address.uri)
}

/// Carries on what is charged and where (RFC 7315 5.5, 5.6): between neighbours that are trusted, and to nobody else.
pub(crate) fn copy_charging(from: &Headers, to: &mut Headers) {
    //= RFC7315-5.5:trust
    for name in [HeaderName::PChargingVector, HeaderName::PChargingFunctionAddresses] {
        to.copy_from(from, &name);
    }
}

/// What a message says about charging, kept for what follows from it.
pub(crate) fn charging_of(headers: &Headers) -> Headers {
    let mut charging = Headers::new();
    copy_charging(headers, &mut charging);
    charging
}

/// Takes a body over unchanged: the header fields that describe it are added to `to`, the octets returned.
pub(crate) fn copy_body(from: &Headers, body: &Bytes, to: &mut Headers) -> Bytes {
    if !body.is_empty() {
        for name in [
            HeaderName::ContentType,
            HeaderName::ContentDisposition,
            HeaderName::ContentEncoding,
            HeaderName::ContentId,
            HeaderName::MimeVersion,
        ] {
            to.copy_from(from, &name);
        }
    }
    body.clone()
}

/// The methods that a function or a client answers, besides those that every one of them does.
pub(crate) fn allowed(further: &[Method]) -> Vec<Method> {
    [Method::Invite, Method::Ack, Method::Bye, Method::Cancel, Method::Update, Method::Prack, Method::Options]
        .into_iter()
        .chain(further.iter().cloned())
        .collect()
}

/// How the functions supervise sessions.
pub(crate) const fn session_timer(policy: &PolicyConfig) -> SessionTimerSettings {
    SessionTimerSettings { interval: policy.session_expires, minimum: policy.min_session_expires }
}

/// What our 2xx to an INVITE outside a dialog says of the session interval. `preferred` is who refreshes when the request leaves
/// it open.
///
/// # Errors
/// [`Refusal::SessionIntervalTooSmall`].
pub(crate) fn interval(
    now: Instant,
    invite: &Headers,
    policy: &PolicyConfig,
    preferred: Refresher,
) -> Result<String, Refusal> {
    let (own, minimum) = (policy.session_expires, policy.min_session_expires);
    let timer = SessionTimer::answering(now, invite, own, minimum, preferred);
    timer.map(|timer| timer.in_answer()).map_err(|_| Refusal::SessionIntervalTooSmall)
}

/// The option tags that Require may name.
pub(crate) fn supported() -> Vec<ByteStr> {
    ["timer", "100rel", "tdialog", "norefersub", "explicitsub", "nosub"].map(ByteStr::from_static).to_vec()
}

/// The body types for Accept.
pub(crate) fn accepted() -> Vec<ByteStr> {
    crate::bodies::ACCEPTED.map(ByteStr::from_static).to_vec()
}

/// A generator of its own for a part of a machine, so that parts do not disturb each other's sequence.
pub(crate) fn fork(rng: &mut ChaCha20Rng) -> ChaCha20Rng {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    ChaCha20Rng::from_seed(seed)
}

/// 128 random bits as text.
pub(crate) fn token(rng: &mut impl RngCore) -> String {
    let (high, low) = (rng.next_u64(), rng.next_u64());
    format!("{high:016x}{low:016x}")
}

/// What the user agent noticed and no procedure needs.
pub(crate) fn report(function: Function, event: UaEvent) -> Option<Event> {
    match event {
        UaEvent::Undecodable { path, error } => Some(Event::Undecodable { path, error }),
        UaEvent::Discarded { path, reason } => Some(match reason {
            Discard::Refused(status) => Event::PeerMisbehaved {
                function,
                from: path.remote,
                what: "a request that could not be served",
                requirement: refused_by_user_agent(status),
            },
            reason => Event::Discarded {
                function,
                state: "user agent",
                got: discard_name(reason),
                requirement: None,
            },
        }),
        _ => None,
    }
}

const fn refused_by_user_agent(status: u16) -> Option<&'static str> {
    match status {
        420 => Some("RFC3261-ext"),
        469 => Some("RFC6086-469"),
        481 => Some("RFC3261-481"),
        483 => Some("RFC3261-maxf"),
        _ => None,
    }
}

fn discard_name(reason: Discard) -> ByteStr {
    ByteStr::from_static(match reason {
        Discard::UnmatchedResponse => "unmatched response",
        Discard::ForeignResponse => "foreign response",
        Discard::MalformedResponse { what } => return format!("malformed response: {what}").into(),
        Discard::UnmatchedAck => "unmatched ACK",
        Discard::TooManyForks => "one fork too many",
        Discard::TooManyStreams => "one connection too many",
        Discard::Unprotected => "not protected by the key of the server",
        Discard::Shed => "request in overload",
        Discard::Refused(_) => "refused request",
    })
}

/// The event of a refused request.
pub(crate) fn refused(
    function: Function,
    request: &Request,
    path: SipPath,
    mcptt_id: Option<McpttId>,
    group: Option<GroupId>,
    refusal: Refusal,
) -> Event {
    let row = refusal.row();
    Event::Refused {
        function,
        method: request.method.as_str().into(),
        from: path.remote,
        mcptt_id,
        group,
        refusal,
        status: row.status.0,
        warning: row.warning,
        requirement: row.requirement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //= 24.379-4.4.1:host test
    //= 24.379-4.4.2:100 test
    #[test]
    fn a_refusal_carries_the_status_and_the_warning_of_its_row() {
        let identity = Identity::new("sip:groups@cf.mc.example.org".into(), 18);
        let table = [
            (Refusal::GroupUnknown, 404, Some("399 cf.mc.example.org \"113 group document does not exist\"")),
            (
                Refusal::NotAffiliated,
                403,
                Some("399 cf.mc.example.org \"120 user is not affiliated to this group\""),
            ),
            (
                Refusal::SessionTypeNotServed,
                403,
                Some("399 cf.mc.example.org \"100 function not allowed due to local policy\""),
            ),
            (
                Refusal::AffiliationOfAnotherUser,
                403,
                Some("399 cf.mc.example.org \"100 function not allowed due to access policy\""),
            ),
            (Refusal::IdentityNotBelieved, 403, None),
        ];
        for (refusal, status, warning) in table {
            let response = identity.refuse(refusal);
            let got = response.headers.get(&HeaderName::Warning).map(ByteStr::as_str);
            assert_eq!((response.status.0, got), (status, warning));
        }
    }

    #[test]
    fn a_code_of_a_later_release_is_sent_as_text_only() {
        let warning = |release| {
            let identity = Identity::new("sip:groups@cf.mc.example.org".into(), release);
            warning_codes(&identity.refuse(Refusal::PreconfiguredGroupOnly).headers)
        };
        assert_eq!((warning(13), warning(17)), (vec![], vec![167]));
    }

    #[test]
    fn the_contact_of_a_focus_is_recognised() {
        let mut headers = Headers::new();
        headers.push(HeaderName::Contact, contact("sip:s-1@192.0.2.1:5062", true));
        assert_eq!(
            headers.get(&HeaderName::Contact).map(ByteStr::as_str),
            Some(
                "<sip:s-1@192.0.2.1:5062>;+g.3gpp.mcptt;\
                 +g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";isfocus"
            )
        );
        assert!(is_focus(&headers));
        headers.set(HeaderName::Contact, contact("sip:s-1@192.0.2.1:5062", false));
        assert!(!is_focus(&headers));
    }
}
