//! Names of header fields, case-insensitive, with their compact forms.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use crate::text::ByteStr;

/// Declares the known names once: the enumeration, its spellings and the list that the index is made of.
macro_rules! header_names {
    ($($name:ident $spelling:literal,)*) => {
        /// The name of a header field. Two spellings of one name, compact form included, are the same name.
        #[derive(Clone)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "a variant is the name of its header field; see `as_str`")]
        pub enum HeaderName {
            $($name,)*
            /// Any other name, as it was written. Build names from text with `From<&str>`, which never hides a
            /// known name here. In a box, so that a name is small: nearly all are known.
            Other(Box<ByteStr>),
        }

        /// Places of the known names, for the index.
        enum Place {
            $($name,)*
        }

        impl HeaderName {
            /// The spellings of the known names, in the order of the enumeration.
            pub const SPELLINGS: &'static [&'static str] = &[$($spelling,)*];

            /// The name in the spelling of its RFC, as we write it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $spelling,)*
                    Self::Other(name) => name.as_str(),
                }
            }

            /// The known name at that place.
            #[inline]
            #[allow(non_upper_case_globals, reason = "each constant is called as its name")]
            const fn at(place: u8) -> Option<Self> {
                $(const $name: u8 = Place::$name as u8;)*
                Some(match place {
                    $($name => Self::$name,)*
                    _ => return None,
                })
            }
        }
    };
}

header_names! {
    Via "Via",
    From "From",
    To "To",
    CallId "Call-ID",
    CSeq "CSeq",
    Contact "Contact",
    MaxForwards "Max-Forwards",
    Route "Route",
    RecordRoute "Record-Route",
    ContentType "Content-Type",
    ContentLength "Content-Length",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding",
    ContentLanguage "Content-Language",
    ContentId "Content-ID",
    ContentTransferEncoding "Content-Transfer-Encoding",
    MimeVersion "MIME-Version",
    Expires "Expires",
    MinExpires "Min-Expires",
    Event "Event",
    SubscriptionState "Subscription-State",
    SipEtag "SIP-ETag",
    SipIfMatch "SIP-If-Match",
    Supported "Supported",
    Require "Require",
    ProxyRequire "Proxy-Require",
    Unsupported "Unsupported",
    Allow "Allow",
    AllowEvents "Allow-Events",
    Accept "Accept",
    AcceptContact "Accept-Contact",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    RejectContact "Reject-Contact",
    RequestDisposition "Request-Disposition",
    Warning "Warning",
    ErrorInfo "Error-Info",
    SessionExpires "Session-Expires",
    MinSe "Min-SE",
    PAssertedIdentity "P-Asserted-Identity",
    PPreferredIdentity "P-Preferred-Identity",
    PAssertedService "P-Asserted-Service",
    PPreferredService "P-Preferred-Service",
    PAnswerState "P-Answer-State",
    PAccessNetworkInfo "P-Access-Network-Info",
    PVisitedNetworkId "P-Visited-Network-ID",
    PChargingVector "P-Charging-Vector",
    PChargingFunctionAddresses "P-Charging-Function-Addresses",
    PAssociatedUri "P-Associated-URI",
    PCalledPartyId "P-Called-Party-ID",
    PProfileKey "P-Profile-Key",
    PServedUser "P-Served-User",
    PEarlyMedia "P-Early-Media",
    AnswerMode "Answer-Mode",
    PrivAnswerMode "Priv-Answer-Mode",
    AlertInfo "Alert-Info",
    CallInfo "Call-Info",
    ResourcePriority "Resource-Priority",
    AcceptResourcePriority "Accept-Resource-Priority",
    ResourceShare "Resource-Share",
    PriorityShare "Priority-Share",
    RetryAfter "Retry-After",
    ReferTo "Refer-To",
    ReferSub "Refer-Sub",
    ReferredBy "Referred-By",
    ReferEventsAt "Refer-Events-At",
    Replaces "Replaces",
    Join "Join",
    TargetDialog "Target-Dialog",
    HistoryInfo "History-Info",
    Path "Path",
    ServiceRoute "Service-Route",
    Authorization "Authorization",
    WwwAuthenticate "WWW-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyAuthenticate "Proxy-Authenticate",
    AuthenticationInfo "Authentication-Info",
    SecurityClient "Security-Client",
    SecurityServer "Security-Server",
    SecurityVerify "Security-Verify",
    UserAgent "User-Agent",
    Server "Server",
    Organization "Organization",
    Subject "Subject",
    Priority "Priority",
    InReplyTo "In-Reply-To",
    ReplyTo "Reply-To",
    Date "Date",
    Timestamp "Timestamp",
    RSeq "RSeq",
    RAck "RAck",
    InfoPackage "Info-Package",
    RecvInfo "Recv-Info",
    Reason "Reason",
    Privacy "Privacy",
    FeatureCaps "Feature-Caps",
    Geolocation "Geolocation",
    GeolocationRouting "Geolocation-Routing",
    GeolocationError "Geolocation-Error",
    FlowTimer "Flow-Timer",
    MaxBreadth "Max-Breadth",
    SuppressIfMatch "Suppress-If-Match",
    PermissionMissing "Permission-Missing",
    TriggerConsent "Trigger-Consent",
    SessionId "Session-ID",
    Identity "Identity",
    UserToUser "User-to-User",
}

impl HeaderName {
    /// The known name that those octets spell, in any case or in compact form.
    #[inline(always)]
    pub(super) fn known(octets: &[u8]) -> Option<Self> {
        match octets {
            [letter] => Self::compact(letter.to_ascii_lowercase()),
            _ => Self::at(Self::place(octets)?),
        }
    }

    /// The place of that spelling in the list of names.
    #[inline]
    fn place(octets: &[u8]) -> Option<u8> {
        let mut slot = hash(octets);
        loop {
            let place = *INDEX.get(slot)?;
            // A free slot is no place of any spelling.
            if same(Self::SPELLINGS.get(usize::from(place))?.as_bytes(), octets) {
                return Some(place);
            }
            slot = next(slot);
        }
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

/// Slots of the index: a power of two, several times the number of names, so that hardly any two meet in one.
const SLOTS: usize = 1024;
/// No name is in the slot.
const EMPTY: u8 = u8::MAX;

/// Places in [`HeaderName::SPELLINGS`] by [`hash`]; a slot that is taken passes a name on to the next one.
static INDEX: [u8; SLOTS] = {
    let mut index = [EMPTY; SLOTS];
    let mut names = HeaderName::SPELLINGS;
    let mut place = 0_u8;
    while let Some((name, others)) = names.split_first() {
        let mut slot = hash(name.as_bytes());
        loop {
            match index.split_at_mut(slot).1.first_mut() {
                Some(free) if *free == EMPTY => {
                    *free = place;
                    break;
                }
                _ => slot = next(slot),
            }
        }
        names = others;
        place = place.wrapping_add(1);
    }
    assert!(place < EMPTY, "a place needs to fit its slot");
    index
};

/// Length and three letters tell the known names apart.
#[inline]
const fn hash(name: &[u8]) -> usize {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return 0 };
    let Some(middle) = name.split_at(name.len() / 2).1.first() else { return 0 };
    let letters = letter(*first, 391).wrapping_add(letter(*last, 221)).wrapping_add(letter(*middle, 433));
    letters.wrapping_add(name.len().wrapping_mul(29)) % SLOTS
}

/// The bit that tells small letters from capital ones is set: other octets may fall together as well, since names
/// are compared in the end.
const fn letter(octet: u8, weight: usize) -> usize {
    ((octet | 0x20) as usize).wrapping_mul(weight)
}

const fn next(slot: usize) -> usize {
    slot.wrapping_add(1) % SLOTS
}

/// The usual spelling is compared first: that is one comparison of memory.
#[inline]
fn same(own: &[u8], octets: &[u8]) -> bool {
    own == octets || own.eq_ignore_ascii_case(octets)
}

impl PartialEq for HeaderName {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // Told apart like this, two names are nearly always compared by their numbers alone.
        discriminant(self) == discriminant(other) && same_unknown(self, other)
    }
}

/// Whether two names with the same number, which all unknown ones have, are the same.
#[inline]
fn same_unknown(ours: &HeaderName, theirs: &HeaderName) -> bool {
    match (ours, theirs) {
        (HeaderName::Other(ours), HeaderName::Other(theirs)) => ours.eq_ignore_ascii_case(theirs),
        _ => true,
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
        Self::known(token.as_bytes()).unwrap_or_else(|| Self::Other(Box::new(token.into())))
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
        for (place, spelling) in (0..).zip(HeaderName::SPELLINGS) {
            let name = &HeaderName::at(place).unwrap();
            assert_eq!(name.as_str(), *spelling);
            for text in [(*spelling).to_owned(), spelling.to_lowercase(), spelling.to_uppercase()] {
                assert_eq!(HeaderName::known(text.as_bytes()).as_ref(), Some(name), "{text}");
            }
            assert_eq!(HeaderName::known(format!("{spelling}x").as_bytes()), None);
        }
    }

    #[test]
    fn hardly_a_look_up_meets_another_name() {
        let own = |name: &&&str| INDEX[hash(name.as_bytes())];
        let displaced = HeaderName::SPELLINGS
            .iter()
            .filter(|name| HeaderName::SPELLINGS[usize::from(own(name))] != **name)
            .count();
        assert!(displaced < HeaderName::SPELLINGS.len() / 16, "{displaced} names are not in their own slot");
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
