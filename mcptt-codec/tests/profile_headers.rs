//! Every header field of the SIP profile has a typed view: those that TS 24.379 gives rules for, message by message (the
//! common procedures of clause 6, Resource-Priority, Warning), and those of the RFCs that a server of that profile lives on.

#![allow(clippy::unwrap_used, reason = "a test file; clippy only knows the test functions in it")]

use mcptt_codec::DecodeError;
use mcptt_codec::sip::field::{Token, canonical};
use mcptt_codec::sip::{HeaderName, Headers};
use mcptt_codec::text::ByteStr;

/// Whether the typed view of a header field finds a value.
type View = fn(&Headers) -> Result<bool, DecodeError>;

/// A header field: its name, a value that its view takes, one that it refuses, the view.
type Row = (&'static str, &'static str, &'static str, View);

macro_rules! view {
    (field $accessor:ident) => {
        (|headers: &Headers| headers.$accessor().map(|value| value.is_some())) as View
    };
    (list $accessor:ident) => {
        (|headers: &Headers| headers.$accessor().map(|list| !list.is_empty())) as View
    };
    // The field is in every message, so its view says what is missing.
    (always $accessor:ident) => {
        (|headers: &Headers| match headers.$accessor() {
            Ok(_) => Ok(true),
            Err(error) if error == DecodeError::missing(0, error.what) => Ok(false),
            Err(error) => Err(error),
        }) as View
    };
}

const URN: &str = "urn:urn-7:3gpp-service.ims.icsi.mcptt";

/// What requests and responses of the functions say (24.379 6.2 and 6.3; digest 2.2).
const MESSAGES: &[Row] = &[
    (
        "Contact",
        "<sip:s-8b1f@cf.mc.example.org;gr=k3>;+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";isfocus",
        "<sip:s",
        view!(field contacts),
    ),
    ("Accept-Contact", "*;+g.3gpp.mcptt;require;explicit", "+g.3gpp.mcptt", view!(list accept_contact)),
    ("P-Asserted-Service", URN, "<urn:x>", view!(list asserted_services)),
    ("P-Preferred-Service", URN, "<urn:x>", view!(list preferred_services)),
    ("Referred-By", "<sip:alice@mc.example.org>", "<sip:alice", view!(field referred_by)),
    ("History-Info", "<sip:alice@mc.example.org>;index=1", "<sip:alice", view!(list history)),
    ("Session-Expires", "1800;refresher=uac", "soon", view!(field session_expires)),
    ("Min-SE", "90", "soon", view!(field min_se)),
    ("Supported", "timer, norefersub, tdialog, 100rel", "a b", view!(list supported)),
    ("Require", "timer", "a b", view!(list require)),
    ("P-Asserted-Identity", "<sip:groups@cf.mc.example.org>", "<sip:groups", view!(field asserted_identity)),
    ("P-Preferred-Identity", "<sip:alice@mc.example.org>", "<sip:alice", view!(field preferred_identity)),
    ("Answer-Mode", "Manual", ";require", view!(field answer_mode)),
    ("Priv-Answer-Mode", "Auto;require", ";require", view!(field priv_answer_mode)),
    ("P-Answer-State", "Unconfirmed", ";", view!(field answer_state)),
    (
        "Refer-To",
        "<sip:rescue-1@mc.example.org?Answer-Mode=Auto&body=%3Cx%2F%3E>",
        "<sip:rescue",
        view!(field refer_to),
    ),
    ("Refer-Sub", "false", "perhaps", view!(field refer_sub)),
    ("Target-Dialog", "pre-call@10.1.1.5;local-tag=a;remote-tag=b", "@", view!(field target_dialog)),
    ("Content-Type", "multipart/mixed;boundary=b4", "multipart", view!(field content_type)),
    ("Content-ID", "<l1@ue.example.org>", "l1", view!(field content_id)),
    (
        "Content-Disposition",
        "recipient-list;handling=required",
        ";handling",
        view!(field content_disposition),
    ),
    ("Accept", "application/conference-info+xml", "application", view!(list accept)),
    ("Expires", "4294967295", "4294967296", view!(field expires)),
    ("Min-Expires", "4294967295", "-1", view!(field min_expires)),
    ("Event", "poc-settings", ";id=1", view!(field event)),
    ("Subscription-State", "active;expires=3600", ";expires", view!(field subscription_state)),
    ("SIP-ETag", "s1", "a b", view!(field etag)),
    ("SIP-If-Match", "s1", "a b", view!(field if_match)),
    ("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO", "IN VITE", view!(list allow)),
    ("RSeq", "1", "0", view!(field rseq)),
    ("RAck", "1 1 INVITE", "1 INVITE", view!(always rack)),
    ("Feature-Caps", "*;+g.3gpp.registration-token=\"<t1>\"", "g", view!(list feature_caps)),
    ("Resource-Share", "supported", ";", view!(field resource_share)),
    ("Priority-Share", "allowed", ";", view!(field priority_share)),
    ("Reason", "SIP;cause=200;text=\"User requested release\"", ";cause=200", view!(list reasons)),
    ("Retry-After", "5", "soon", view!(field retry_after)),
];

/// Resource-Priority (digest 2.3) and Warning (2.4).
const PRIORITY_AND_WARNING: &[Row] = &[
    ("Resource-Priority", "mcpttp.15, mcpttq.0", "mcpttp", view!(list resource_priority)),
    ("Accept-Resource-Priority", "mcpttp.15", "mcpttp", view!(list accept_resource_priority)),
    ("Warning", "399 cf.mc.example.org \"123 MCPTT session already exists\"", "399 x", view!(list warnings)),
];

/// What the RFCs add that the profile names (digest 23), in their order.
const RFCS: &[Row] = &[
    // RFC 3261
    ("Via", "SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bK7;rport", "SIP/2.0", view!(list vias)),
    ("From", "\"Alice\" <sip:alice@mc.example.org>;tag=i1", "<sip:alice", view!(always from_address)),
    ("To", "<sip:pf@pf.mc.example.org>", "<sip:pf", view!(always to_address)),
    ("Call-ID", "5@10.1.1.5", "", view!(always call_id)),
    ("CSeq", "1 INVITE", "INVITE", view!(always cseq)),
    ("Max-Forwards", "70", "256", view!(field max_forwards)),
    ("Route", "<sip:scscf.ims.example.org;lr>", "sip:scscf", view!(list routes)),
    ("Record-Route", "<sip:scscf.ims.example.org;lr>", "sip:scscf", view!(list record_routes)),
    ("Content-Length", "0", "-1", |headers| {
        headers.number(&HeaderName::ContentLength).map(|value| value.is_some())
    }),
    ("Content-Encoding", "gzip", "a b", view!(list content_encoding)),
    ("Content-Language", "fr", "a b", view!(list content_language)),
    ("Proxy-Require", "sec-agree", "a b", view!(list proxy_require)),
    ("Unsupported", "100rel", "a b", view!(list unsupported)),
    ("Accept-Encoding", "gzip;q=0.5", ";q", view!(list accept_encoding)),
    ("Accept-Language", "fr;q=0.5", ";q", view!(list accept_language)),
    ("Date", "Sat, 13 Nov 2010 23:29:00 GMT", "Sat", view!(field date)),
    ("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\"", "Digest", |headers| {
        headers.challenges(&HeaderName::WwwAuthenticate).map(|list| !list.is_empty())
    }),
    ("Authorization", "Bearer abc", "Bearer", |headers| {
        headers.credentials(&HeaderName::Authorization).map(|list| !list.is_empty())
    }),
    // RFC 3323
    ("Privacy", "id;critical", ";", view!(field privacy)),
    // RFC 3327, 3608
    ("Path", "<sip:p.ims.example.org;lr>", "sip:p", view!(list paths)),
    ("Service-Route", "<sip:p.ims.example.org;lr>", "sip:p", view!(list service_routes)),
    // RFC 3841
    ("Reject-Contact", "*;mobility=\"mobile\"", "mobility", view!(list reject_contact)),
    ("Request-Disposition", "no-fork", "a b", view!(list request_disposition)),
    // RFC 3891, 3911
    ("Replaces", "c@h;to-tag=a;from-tag=b", "c@h", view!(field replaces)),
    ("Join", "c@h;to-tag=a;from-tag=b", "c@h", view!(field join)),
    // RFC 5839, 6665
    ("Allow-Events", "presence, conference, poc-settings, xcap-diff", ";", view!(list allow_events)),
    ("Suppress-If-Match", "s1", "a b", view!(field suppress_if_match)),
    // RFC 2045, 5621
    ("MIME-Version", "1.0", "1", view!(field mime_version)),
    ("Content-Transfer-Encoding", "binary", "a b", |headers| {
        headers.field::<Token>(&HeaderName::ContentTransferEncoding).map(|value| value.is_some())
    }),
    // RFC 6086
    ("Info-Package", "g.3gpp.mcptt-info", ";", view!(field info_package)),
    ("Recv-Info", "g.3gpp.mcptt-info, g.3gpp.mcptt-floor-request", ";", view!(list recv_info)),
    // RFC 7315, 5502
    (
        "P-Access-Network-Info",
        "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000001",
        ";utran",
        view!(list access_networks),
    ),
    ("P-Visited-Network-ID", "\"Visited network\"", ";", view!(list visited_networks)),
    (
        "P-Charging-Vector",
        "icid-value=\"ab12\";orig-ioi=home.example",
        "orig-ioi=home",
        view!(field charging_vector),
    ),
    ("P-Charging-Function-Addresses", "ccf=192.0.2.1;ecf=192.0.2.2", ";", view!(field charging_functions)),
    (
        "P-Associated-URI",
        "<sip:alice@mc.example.org>, <tel:+358401234567>",
        "<sip:alice",
        view!(list associated_uris),
    ),
    ("P-Called-Party-ID", "<sip:alice@mc.example.org>", "<sip:alice", view!(field called_party)),
    (
        "P-Served-User",
        "<sip:alice@mc.example.org>;sescase=orig;regstate=reg",
        "<sip:alice",
        view!(field served_user),
    ),
    // RFC 3329, 5626, 7989 of the SIP core around the profile
    ("Security-Client", "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1;spi-s=2", ";alg", view!(list security_client)),
    ("Security-Verify", "tls;q=0.2", ";q", view!(list security_verify)),
    ("Flow-Timer", "120", "soon", view!(field flow_timer)),
    ("Session-ID", "ab30317f1a784dc48ff824d0d3715d86", "xyz", view!(field session_id)),
];

#[test]
fn every_header_field_of_the_profile_has_a_typed_view() {
    for (name, good, bad, view) in MESSAGES.iter().chain(PRIORITY_AND_WARNING).chain(RFCS) {
        let header = HeaderName::from(*name);
        assert!(!matches!(header, HeaderName::Other(_)), "{name} is not known");
        let with = |value: &str| -> Headers { [(header.clone(), value)].into_iter().collect() };
        assert_eq!(view(&with(good)), Ok(true), "{name}: {good}");
        assert_eq!(view(&Headers::default()), Ok(false), "{name} is absent");
        assert!(view(&with(bad)).is_err(), "{name}: {bad} is taken");
        let written = canonical(&header, &ByteStr::from(*good)).unwrap();
        assert_eq!(written.deviations, [], "{name}: {good}");
        assert_eq!(view(&with(&written.value)), Ok(true), "{name}: {}", written.value);
    }
}
