//! Names of header fields, case-insensitive, with their compact forms.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use crate::text::ByteStr;

/// The name of a header field. Two spellings of one name, compact form included, are the same name.
#[derive(Clone)]
#[non_exhaustive]
#[allow(missing_docs, reason = "a variant is the name of its header field; see `as_str`")]
pub enum HeaderName {
    Via,
    From,
    To,
    CallId,
    CSeq,
    Contact,
    MaxForwards,
    Route,
    RecordRoute,
    ContentType,
    ContentLength,
    ContentDisposition,
    ContentEncoding,
    ContentLanguage,
    ContentId,
    ContentTransferEncoding,
    MimeVersion,
    Expires,
    MinExpires,
    Event,
    SubscriptionState,
    SipEtag,
    SipIfMatch,
    Supported,
    Require,
    ProxyRequire,
    Unsupported,
    Allow,
    AllowEvents,
    Accept,
    AcceptContact,
    AcceptEncoding,
    AcceptLanguage,
    RejectContact,
    RequestDisposition,
    Warning,
    ErrorInfo,
    SessionExpires,
    MinSe,
    PAssertedIdentity,
    PPreferredIdentity,
    PAssertedService,
    PPreferredService,
    PAnswerState,
    PAccessNetworkInfo,
    PVisitedNetworkId,
    PChargingVector,
    PChargingFunctionAddresses,
    PAssociatedUri,
    PCalledPartyId,
    PProfileKey,
    PServedUser,
    PEarlyMedia,
    AnswerMode,
    PrivAnswerMode,
    AlertInfo,
    CallInfo,
    ResourcePriority,
    AcceptResourcePriority,
    ResourceShare,
    PriorityShare,
    RetryAfter,
    ReferTo,
    ReferSub,
    ReferredBy,
    ReferEventsAt,
    Replaces,
    Join,
    TargetDialog,
    HistoryInfo,
    Path,
    ServiceRoute,
    Authorization,
    WwwAuthenticate,
    ProxyAuthorization,
    ProxyAuthenticate,
    AuthenticationInfo,
    SecurityClient,
    SecurityServer,
    SecurityVerify,
    UserAgent,
    Server,
    Organization,
    Subject,
    Priority,
    InReplyTo,
    ReplyTo,
    Date,
    Timestamp,
    RSeq,
    RAck,
    InfoPackage,
    RecvInfo,
    Reason,
    Privacy,
    FeatureCaps,
    Geolocation,
    GeolocationRouting,
    GeolocationError,
    FlowTimer,
    MaxBreadth,
    SuppressIfMatch,
    PermissionMissing,
    TriggerConsent,
    SessionId,
    Identity,
    UserToUser,
    /// Any other name, as it was written. Build names from text with `From<&str>`, which never hides a known
    /// name here.
    Other(ByteStr),
}

impl HeaderName {
    /// The name in the spelling of its RFC, as we write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Via => "Via",
            Self::From => "From",
            Self::To => "To",
            Self::CallId => "Call-ID",
            Self::CSeq => "CSeq",
            Self::Contact => "Contact",
            Self::MaxForwards => "Max-Forwards",
            Self::Route => "Route",
            Self::RecordRoute => "Record-Route",
            Self::ContentType => "Content-Type",
            Self::ContentLength => "Content-Length",
            Self::ContentDisposition => "Content-Disposition",
            Self::ContentEncoding => "Content-Encoding",
            Self::ContentLanguage => "Content-Language",
            Self::ContentId => "Content-ID",
            Self::ContentTransferEncoding => "Content-Transfer-Encoding",
            Self::MimeVersion => "MIME-Version",
            Self::Expires => "Expires",
            Self::MinExpires => "Min-Expires",
            Self::Event => "Event",
            Self::SubscriptionState => "Subscription-State",
            Self::SipEtag => "SIP-ETag",
            Self::SipIfMatch => "SIP-If-Match",
            Self::Supported => "Supported",
            Self::Require => "Require",
            Self::ProxyRequire => "Proxy-Require",
            Self::Unsupported => "Unsupported",
            Self::Allow => "Allow",
            Self::AllowEvents => "Allow-Events",
            Self::Accept => "Accept",
            Self::AcceptContact => "Accept-Contact",
            Self::AcceptEncoding => "Accept-Encoding",
            Self::AcceptLanguage => "Accept-Language",
            Self::RejectContact => "Reject-Contact",
            Self::RequestDisposition => "Request-Disposition",
            Self::Warning => "Warning",
            Self::ErrorInfo => "Error-Info",
            Self::SessionExpires => "Session-Expires",
            Self::MinSe => "Min-SE",
            Self::PAssertedIdentity => "P-Asserted-Identity",
            Self::PPreferredIdentity => "P-Preferred-Identity",
            Self::PAssertedService => "P-Asserted-Service",
            Self::PPreferredService => "P-Preferred-Service",
            Self::PAnswerState => "P-Answer-State",
            Self::PAccessNetworkInfo => "P-Access-Network-Info",
            Self::PVisitedNetworkId => "P-Visited-Network-ID",
            Self::PChargingVector => "P-Charging-Vector",
            Self::PChargingFunctionAddresses => "P-Charging-Function-Addresses",
            Self::PAssociatedUri => "P-Associated-URI",
            Self::PCalledPartyId => "P-Called-Party-ID",
            Self::PProfileKey => "P-Profile-Key",
            Self::PServedUser => "P-Served-User",
            Self::PEarlyMedia => "P-Early-Media",
            Self::AnswerMode => "Answer-Mode",
            Self::PrivAnswerMode => "Priv-Answer-Mode",
            Self::AlertInfo => "Alert-Info",
            Self::CallInfo => "Call-Info",
            Self::ResourcePriority => "Resource-Priority",
            Self::AcceptResourcePriority => "Accept-Resource-Priority",
            Self::ResourceShare => "Resource-Share",
            Self::PriorityShare => "Priority-Share",
            Self::RetryAfter => "Retry-After",
            Self::ReferTo => "Refer-To",
            Self::ReferSub => "Refer-Sub",
            Self::ReferredBy => "Referred-By",
            Self::ReferEventsAt => "Refer-Events-At",
            Self::Replaces => "Replaces",
            Self::Join => "Join",
            Self::TargetDialog => "Target-Dialog",
            Self::HistoryInfo => "History-Info",
            Self::Path => "Path",
            Self::ServiceRoute => "Service-Route",
            Self::Authorization => "Authorization",
            Self::WwwAuthenticate => "WWW-Authenticate",
            Self::ProxyAuthorization => "Proxy-Authorization",
            Self::ProxyAuthenticate => "Proxy-Authenticate",
            Self::AuthenticationInfo => "Authentication-Info",
            Self::SecurityClient => "Security-Client",
            Self::SecurityServer => "Security-Server",
            Self::SecurityVerify => "Security-Verify",
            Self::UserAgent => "User-Agent",
            Self::Server => "Server",
            Self::Organization => "Organization",
            Self::Subject => "Subject",
            Self::Priority => "Priority",
            Self::InReplyTo => "In-Reply-To",
            Self::ReplyTo => "Reply-To",
            Self::Date => "Date",
            Self::Timestamp => "Timestamp",
            Self::RSeq => "RSeq",
            Self::RAck => "RAck",
            Self::InfoPackage => "Info-Package",
            Self::RecvInfo => "Recv-Info",
            Self::Reason => "Reason",
            Self::Privacy => "Privacy",
            Self::FeatureCaps => "Feature-Caps",
            Self::Geolocation => "Geolocation",
            Self::GeolocationRouting => "Geolocation-Routing",
            Self::GeolocationError => "Geolocation-Error",
            Self::FlowTimer => "Flow-Timer",
            Self::MaxBreadth => "Max-Breadth",
            Self::SuppressIfMatch => "Suppress-If-Match",
            Self::PermissionMissing => "Permission-Missing",
            Self::TriggerConsent => "Trigger-Consent",
            Self::SessionId => "Session-ID",
            Self::Identity => "Identity",
            Self::UserToUser => "User-to-User",
            Self::Other(name) => name.as_str(),
        }
    }

    /// Takes a name out of a received text without copying it.
    pub(super) fn shared(source: &ByteStr, token: &str) -> Self {
        Self::known(token).unwrap_or_else(|| Self::Other(source.share(token)))
    }

    fn known(token: &str) -> Option<Self> {
        if let [letter] = token.as_bytes() {
            return Self::compact(letter.to_ascii_lowercase());
        }
        let bucket = BY_LENGTH.get(token.len())?;
        bucket.iter().find(|name| name.as_str().eq_ignore_ascii_case(token)).cloned()
    }

    /// The compact forms of RFC 3261 7.3.3 and of the RFCs that added one.
    const fn compact(letter: u8) -> Option<Self> {
        Some(match letter {
            b'a' => Self::AcceptContact,
            b'b' => Self::ReferredBy,
            b'c' => Self::ContentType,
            b'd' => Self::RequestDisposition,
            b'e' => Self::ContentEncoding,
            b'f' => Self::From,
            b'i' => Self::CallId,
            b'j' => Self::RejectContact,
            b'k' => Self::Supported,
            b'l' => Self::ContentLength,
            b'm' => Self::Contact,
            b'o' => Self::Event,
            b'r' => Self::ReferTo,
            b's' => Self::Subject,
            b't' => Self::To,
            b'u' => Self::AllowEvents,
            b'v' => Self::Via,
            b'x' => Self::SessionExpires,
            b'y' => Self::Identity,
            _ => return None,
        })
    }
}

/// The known names by the length of their spelling, so that a look-up compares a handful of candidates.
static BY_LENGTH: [&[HeaderName]; 30] = [
    &[],
    &[],
    &[HeaderName::To],
    &[HeaderName::Via],
    &[
        HeaderName::From,
        HeaderName::CSeq,
        HeaderName::Join,
        HeaderName::Path,
        HeaderName::Date,
        HeaderName::RSeq,
        HeaderName::RAck,
    ],
    &[HeaderName::Route, HeaderName::Event, HeaderName::Allow],
    &[HeaderName::Accept, HeaderName::MinSe, HeaderName::Server, HeaderName::Reason],
    &[
        HeaderName::CallId,
        HeaderName::Contact,
        HeaderName::Expires,
        HeaderName::Require,
        HeaderName::Warning,
        HeaderName::Subject,
        HeaderName::Privacy,
    ],
    &[
        HeaderName::SipEtag,
        HeaderName::ReferTo,
        HeaderName::Replaces,
        HeaderName::Priority,
        HeaderName::ReplyTo,
        HeaderName::Identity,
    ],
    &[
        HeaderName::Supported,
        HeaderName::CallInfo,
        HeaderName::ReferSub,
        HeaderName::Timestamp,
        HeaderName::RecvInfo,
    ],
    &[
        HeaderName::ContentId,
        HeaderName::ErrorInfo,
        HeaderName::AlertInfo,
        HeaderName::UserAgent,
        HeaderName::FlowTimer,
        HeaderName::SessionId,
    ],
    &[
        HeaderName::MinExpires,
        HeaderName::Unsupported,
        HeaderName::AnswerMode,
        HeaderName::RetryAfter,
        HeaderName::ReferredBy,
        HeaderName::InReplyTo,
        HeaderName::Geolocation,
        HeaderName::MaxBreadth,
    ],
    &[
        HeaderName::MaxForwards,
        HeaderName::RecordRoute,
        HeaderName::ContentType,
        HeaderName::MimeVersion,
        HeaderName::SipIfMatch,
        HeaderName::AllowEvents,
        HeaderName::HistoryInfo,
        HeaderName::Organization,
        HeaderName::InfoPackage,
        HeaderName::FeatureCaps,
        HeaderName::UserToUser,
    ],
    &[
        HeaderName::ProxyRequire,
        HeaderName::PProfileKey,
        HeaderName::PServedUser,
        HeaderName::PEarlyMedia,
        HeaderName::TargetDialog,
        HeaderName::ServiceRoute,
        HeaderName::Authorization,
    ],
    &[
        HeaderName::ContentLength,
        HeaderName::AcceptContact,
        HeaderName::RejectContact,
        HeaderName::PAnswerState,
        HeaderName::ResourceShare,
        HeaderName::PriorityShare,
    ],
    &[
        HeaderName::AcceptEncoding,
        HeaderName::AcceptLanguage,
        HeaderName::SessionExpires,
        HeaderName::ReferEventsAt,
        HeaderName::SecurityClient,
        HeaderName::SecurityServer,
        HeaderName::SecurityVerify,
        HeaderName::TriggerConsent,
    ],
    &[
        HeaderName::ContentEncoding,
        HeaderName::ContentLanguage,
        HeaderName::PAssociatedUri,
        HeaderName::PrivAnswerMode,
        HeaderName::WwwAuthenticate,
    ],
    &[
        HeaderName::PChargingVector,
        HeaderName::PCalledPartyId,
        HeaderName::ResourcePriority,
        HeaderName::GeolocationError,
        HeaderName::SuppressIfMatch,
    ],
    &[
        HeaderName::SubscriptionState,
        HeaderName::PAssertedService,
        HeaderName::ProxyAuthenticate,
        HeaderName::PermissionMissing,
    ],
    &[
        HeaderName::ContentDisposition,
        HeaderName::RequestDisposition,
        HeaderName::PAssertedIdentity,
        HeaderName::PPreferredService,
        HeaderName::ProxyAuthorization,
        HeaderName::AuthenticationInfo,
        HeaderName::GeolocationRouting,
    ],
    &[HeaderName::PPreferredIdentity, HeaderName::PVisitedNetworkId],
    &[HeaderName::PAccessNetworkInfo],
    &[],
    &[],
    &[HeaderName::AcceptResourcePriority],
    &[HeaderName::ContentTransferEncoding],
    &[],
    &[],
    &[],
    &[HeaderName::PChargingFunctionAddresses],
];

impl PartialEq for HeaderName {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(ours), Self::Other(theirs)) => ours.eq_ignore_ascii_case(theirs),
            _ => discriminant(self) == discriminant(other),
        }
    }
}

impl Eq for HeaderName {}

impl Hash for HeaderName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(self).hash(state);
        if let Self::Other(name) = self {
            name.bytes().for_each(|octet| octet.to_ascii_lowercase().hash(state));
        }
    }
}

impl From<&str> for HeaderName {
    fn from(token: &str) -> Self {
        Self::known(token).unwrap_or_else(|| Self::Other(token.into()))
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for (length, bucket) in BY_LENGTH.iter().enumerate() {
            for name in *bucket {
                assert_eq!(name.as_str().len(), length, "{name}");
                for spelling in
                    [name.as_str().to_owned(), name.as_str().to_lowercase(), name.as_str().to_uppercase()]
                {
                    let found = HeaderName::from(spelling.as_str());
                    assert_eq!(&found, name);
                    assert!(!matches!(found, HeaderName::Other(_)), "{spelling}");
                }
            }
        }
        assert_eq!(BY_LENGTH.iter().map(|bucket| bucket.len()).sum::<usize>(), 107);
    }

    #[test]
    fn compact_forms_are_the_same_name() {
        for (letter, name) in [
            ("a", HeaderName::AcceptContact),
            ("b", HeaderName::ReferredBy),
            ("c", HeaderName::ContentType),
            ("d", HeaderName::RequestDisposition),
            ("e", HeaderName::ContentEncoding),
            ("f", HeaderName::From),
            ("i", HeaderName::CallId),
            ("j", HeaderName::RejectContact),
            ("k", HeaderName::Supported),
            ("l", HeaderName::ContentLength),
            ("m", HeaderName::Contact),
            ("o", HeaderName::Event),
            ("r", HeaderName::ReferTo),
            ("s", HeaderName::Subject),
            ("t", HeaderName::To),
            ("u", HeaderName::AllowEvents),
            ("v", HeaderName::Via),
            ("x", HeaderName::SessionExpires),
            ("y", HeaderName::Identity),
        ] {
            assert_eq!(HeaderName::from(letter), name);
            assert_eq!(HeaderName::from(letter.to_uppercase().as_str()), name);
        }
    }

    #[test]
    fn unknown_names_keep_their_spelling_and_compare_without_case() {
        let name = HeaderName::from("X-Vendor-Thing");
        assert_eq!(name.as_str(), "X-Vendor-Thing");
        assert_eq!(name, HeaderName::from("x-vendor-thing"));
        assert_ne!(name, HeaderName::from("x-vendor"));
        assert_ne!(HeaderName::from("z"), HeaderName::Via);
    }
}
