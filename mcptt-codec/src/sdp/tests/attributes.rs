//! Golden tables: each attribute with its value, both ways, and what it refuses with the octet.

use std::fmt::Debug;

use super::super::*;
use crate::DecodeError;
use crate::id::Ssrc;

#[track_caller]
fn both_ways<T: TypedAttribute + PartialEq + Debug>(table: impl IntoIterator<Item = (&'static str, T)>) {
    for (text, value) in table {
        assert_eq!(T::read(text).as_ref(), Ok(&value), "{text}");
        let mut written = String::new();
        value.write(&mut written);
        assert_eq!(written, text);
        assert!(value.is_strict(text), "{text}");
        assert_eq!(value.to_attribute(), Attribute::new(T::NAME, text));
    }
}

/// Texts that cannot be read, each with the offset of the token that is not valid; an offset at the end of the text
/// means that something is missing.
#[track_caller]
fn refused<T: TypedAttribute + PartialEq + Debug>(table: &[(&str, usize)]) {
    let what = format!("sdp a={}", T::NAME);
    for (text, at) in table {
        let error = T::read(text).unwrap_err();
        let missing = DecodeError::missing(*at, error.what);
        let expected = if *at >= text.len() { missing } else { DecodeError::invalid(*at, error.what) };
        assert_eq!((error, error.what), (expected, what.as_str()), "{text}");
    }
}

fn text(text: &str) -> crate::text::ByteStr {
    text.into()
}

//= RFC8866-6.6 test
#[test]
fn rtpmap() {
    let map = |payload_type, encoding: &str, clock_rate, parameters: Option<&str>| RtpMap {
        payload_type,
        encoding: encoding.into(),
        clock_rate,
        parameters: parameters.map(Into::into),
    };
    both_ways([
        ("97 AMR-WB/16000/1", map(97, "AMR-WB", 16000, Some("1"))),
        ("0 PCMU/8000", map(0, "PCMU", 8000, None)),
        ("127 x/4294967295/a/b", map(127, "x", u32::MAX, Some("a/b"))),
    ]);
    refused::<RtpMap>(&[
        ("", 0),
        ("97", 2),
        ("128 A/1", 0),
        ("97 A", 4),
        ("97 A/x", 5),
        ("97 /1", 3),
        ("97 A/1 B", 7),
    ]);
}

//= RFC8866-6.15 test
#[test]
fn fmtp() {
    let format = |format: &str, parameters: &str| FormatParameters {
        format: format.into(),
        parameters: parameters.into(),
    };
    both_ways([
        ("97 mode-change-capability=2; max-red=0", format("97", "mode-change-capability=2; max-red=0")),
        ("MCPTT mc_queueing", format("MCPTT", "mc_queueing")),
    ]);
    refused::<FormatParameters>(&[("", 0), ("97", 2), ("97 ", 3), ("9:7 x", 0)]);
}

//= RFC8866-6.4 test
//= RFC8866-6.5 test
//= RFC3890-6.3 test
#[test]
fn packet_times_and_rates() {
    both_ways([
        ("20", Ptime(PacketTime(20_000))),
        ("2.5", Ptime(PacketTime(2500))),
        ("0.125", Ptime(PacketTime(125))),
    ]);
    both_ways([("240", MaxPtime(PacketTime(240_000)))]);
    both_ways([("50", MaxPacketRate(50_000)), ("33.333", MaxPacketRate(33_333))]);
    refused::<Ptime>(&[
        ("", 0),
        ("0", 0),
        ("0.0", 0),
        ("-1", 0),
        ("1.", 0),
        (".5", 0),
        ("1.2345", 0),
        ("20 ms", 3),
        ("4294968", 0),
    ]);
    refused::<MaxPtime>(&[("", 0), ("0", 0), ("x", 0)]);
    refused::<MaxPacketRate>(&[("", 0), ("0", 0), ("1 2", 2)]);
    assert_eq!(PacketTime(2500).as_millis(), 2);
}

//= RFC8866-6.10 test
//= RFC8866-6.11 test
//= RFC8866-6.12 test
//= RFC4574-4 test
//= RFC4796-5 test
#[test]
fn words() {
    both_ways([("de", Lang(text("de"))), ("sr-Latn-RS", Lang(text("sr-Latn-RS")))]);
    both_ways([("en", SdpLang(text("en")))]);
    both_ways([("ISO-8859-1", Charset(text("ISO-8859-1")))]);
    both_ways([("1", Label(text("1")))]);
    both_ways([
        ("speaker", Content(vec![text("speaker")])),
        ("slides,main", Content(vec![text("slides"), text("main")])),
    ]);
    refused::<Lang>(&[("", 0), ("de_DE", 0), ("de-", 0), ("toolongtag", 0), ("de en", 3)]);
    refused::<SdpLang>(&[("", 0), ("-", 0)]);
    refused::<Charset>(&[("", 0), ("a:b", 0), ("UTF-8 x", 6)]);
    refused::<Label>(&[("", 0), ("a,b", 0), ("a b", 2)]);
    refused::<Content>(&[("", 0), (",slides", 0), ("a b", 2), ("a,(,b", 2)]);
    let many = vec!["x"; MAX_CONTENT_WORDS + 1].join(",");
    let error = DecodeError::too_large(0, "sdp a=content", MAX_CONTENT_WORDS, MAX_CONTENT_WORDS + 1);
    assert_eq!(Content::parse(&many), Err(error));
}

//= RFC4145-4.1 test
//= RFC4145-5 test
//= RFC8842-4 test
#[test]
fn who_opens_which_association() {
    both_ways([
        ("active", Setup::Active),
        ("passive", Setup::Passive),
        ("actpass", Setup::ActPass),
        ("holdconn", Setup::HoldConn),
    ]);
    both_ways([("new", ConnectionReuse::New), ("existing", ConnectionReuse::Existing)]);
    both_ways([("abc3de65cddef001be82", TlsId(text("abc3de65cddef001be82")))]);
    refused::<Setup>(&[("", 0), ("both", 0), ("active passive", 7)]);
    refused::<ConnectionReuse>(&[("", 0), ("old", 0)]);
    refused::<TlsId>(&[("", 0), ("abc3de65cddef001be8", 0), ("abc3de65cddef001be8=", 0)]);
    assert_eq!(TlsId::parse(&"x".repeat(255)).unwrap().0.len(), 255);
    assert!(TlsId::parse(&"x".repeat(256)).is_err());
}

//= RFC8122-5 test
//= RFC8122-5:hash test
#[test]
fn fingerprint() {
    const SHA_1: &str = "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB";
    let octets = vec![
        0x4a, 0xad, 0xb9, 0xb1, 0x3f, 0x82, 0x18, 0x3b, 0x54, 0x02, 0x12, 0xdf, 0x3e, 0x5d, 0x49, 0x6b, 0x19,
        0xe5, 0x7c, 0xab,
    ];
    let expected = Fingerprint { hash: HashFunction(text("sha-1")), octets };
    both_ways([
        (SHA_1, expected.clone()),
        ("x-new 00:FF", Fingerprint { hash: HashFunction(text("x-new")), octets: vec![0, 255] }),
    ]);
    refused::<Fingerprint>(&[
        ("", 0),
        ("sha-1", 5),
        ("sha-256 4A:AD", 8),
        ("x 4", 2),
        ("x 4A:+D", 5),
        ("x 4A::AD", 5),
        ("x 4AAD", 2),
        ("x 4A AD", 5),
    ]);
    let lower = SHA_1.to_ascii_lowercase();
    assert_eq!(Fingerprint::parse(&lower), Ok(expected.clone()));
    assert!(!expected.is_strict(&lower));
    let md5 = Fingerprint { hash: HashFunction(text("MD5")), octets: vec![0; 16] };
    assert!(!md5.hash.is_acceptable() && !md5.is_strict(&md5.to_string()));
    let long = format!("x {}00", "00:".repeat(MAX_FINGERPRINT_OCTETS));
    let error =
        DecodeError::too_large(0, "sdp a=fingerprint", MAX_FINGERPRINT_OCTETS, MAX_FINGERPRINT_OCTETS + 1);
    assert_eq!(Fingerprint::parse(&long), Err(error));
    for (hash, octets) in
        [(HashFunction::SHA_256, 32), (HashFunction::SHA_384, 48), (HashFunction::SHA_512, 64)]
    {
        assert_eq!(hash.octets(), Some(octets));
    }
}

//= RFC4567-3.1 test
#[test]
fn key_management() {
    let message = KeyManagement::mikey(vec![1, 0, 5, 0, 0xfd]);
    both_ways([("mikey AQAFAP0=", message.clone())]);
    assert_eq!(KeyManagement::parse("mikey AQAFAP0"), Ok(message.clone()));
    assert_eq!((message.data(), message.is_mikey()), ([1, 0, 5, 0, 0xfd].as_slice(), true));
    assert_eq!(format!("{message:?}"), "KeyManagement(mikey, 5 octets hidden)");
    assert!(!KeyManagement::parse("other AQ==").unwrap().is_mikey());
    refused::<KeyManagement>(&[
        ("", 0),
        ("mikey", 5),
        ("mi:key AQ==", 0),
        ("mikey A", 6),
        ("mikey A$==", 6),
        ("mikey AQ== x", 11),
    ]);
    let long = format!("mikey {}", "AAAA".repeat(MAX_KEY_MANAGEMENT_OCTETS / 3 + 1));
    assert_eq!(
        KeyManagement::parse(&long).unwrap_err().kind,
        crate::DecodeErrorKind::TooLarge { limit: MAX_KEY_MANAGEMENT_OCTETS, got: 8193 }
    );
}

//= RFC5888-4 test
//= RFC5888-5 test
#[test]
fn groups() {
    let mid = |name: &str| Mid(name.into());
    both_ways([("1", mid("1")), ("audio", mid("audio"))]);
    both_ways([
        ("BUNDLE 1 2", Group { semantics: GroupSemantics::BUNDLE, mids: vec![mid("1"), mid("2")] }),
        ("LS", Group { semantics: GroupSemantics::LS, mids: vec![] }),
        ("FID a", Group { semantics: GroupSemantics::FID, mids: vec![mid("a")] }),
    ]);
    refused::<Mid>(&[("", 0), ("a b", 2), ("a/b", 0)]);
    refused::<Group>(&[("", 0), ("(LS) 1", 0), ("LS 1 /", 5)]);
    let many = format!("LS{}", " 1".repeat(MAX_GROUP_MEMBERS + 1));
    let error = DecodeError::too_large(
        3 + 2 * MAX_GROUP_MEMBERS,
        "sdp a=group",
        MAX_GROUP_MEMBERS,
        MAX_GROUP_MEMBERS + 1,
    );
    assert_eq!(Group::parse(&many), Err(error));
}

//= RFC8839-5.1 test
#[test]
fn candidates() {
    let host = Candidate {
        foundation: text("1"),
        component: 1,
        transport: text("UDP"),
        priority: 2_130_706_431,
        address: text("203.0.113.141"),
        port: 8998,
        kind: CandidateType::HOST,
        related: None,
        extensions: vec![],
    };
    let reflexive = Candidate {
        foundation: text("x+/9"),
        component: 256,
        transport: text("tcp"),
        priority: 1,
        address: text("2001:db8::1"),
        port: 0,
        kind: CandidateType::SERVER_REFLEXIVE,
        related: Some(RelatedAddress { address: text("10.0.1.1"), port: 65535 }),
        extensions: vec![(text("tcptype"), text("active")), (text("generation"), text("0"))],
    };
    let relay = Candidate {
        kind: CandidateType::RELAYED,
        extensions: vec![(text("x"), text("raddr"))],
        ..host.clone()
    };
    both_ways([
        ("1 1 UDP 2130706431 203.0.113.141 8998 typ host", host.clone()),
        (
            "x+/9 256 tcp 1 2001:db8::1 0 typ srflx raddr 10.0.1.1 rport 65535 tcptype active generation 0",
            reflexive,
        ),
        ("1 1 UDP 2130706431 203.0.113.141 8998 typ relay x raddr", relay),
    ]);
    let loud = "1 1 UDP 2130706431 203.0.113.141 8998 TYP host";
    assert_eq!(Candidate::parse(loud), Ok(host.clone()));
    assert!(!host.is_strict(loud));
    refused::<Candidate>(&[
        ("", 0),
        ("1-2 1 UDP 1 a 1 typ host", 0),
        ("123456789012345678901234567890123 1 UDP 1 a 1 typ host", 0),
        ("1 0 UDP 1 a 1 typ host", 2),
        ("1 257 UDP 1 a 1 typ host", 2),
        ("1 0001 UDP 1 a 1 typ host", 2),
        ("1 1 UDP 0 a 1 typ host", 8),
        ("1 1 UDP 2147483648 a 1 typ host", 8),
        ("1 1 UDP 1 a 65536 typ host", 12),
        ("1 1 UDP 1 a 1 type host", 14),
        ("1 1 UDP 1 a 1 typ", 17),
        ("1 1 UDP 1 a 1 typ host raddr b", 30),
        ("1 1 UDP 1 a 1 typ host rport 1", 23),
        ("1 1 UDP 1 a 1 typ host x 1 raddr b rport 1", 27),
        ("1 1 UDP 1 a 1 typ host x", 24),
    ]);
    let many = format!("1 1 UDP 1 a 1 typ host{}", " x 1".repeat(MAX_CANDIDATE_EXTENSIONS + 1));
    let (limit, got) = (MAX_CANDIDATE_EXTENSIONS, MAX_CANDIDATE_EXTENSIONS + 1);
    assert_eq!(Candidate::parse(&many), Err(DecodeError::too_large(0, "sdp a=candidate", limit, got)));
    assert_eq!(CandidateType::PEER_REFLEXIVE.0, "prflx");
}

//= RFC8839-5.2 test
//= RFC8839-5.4 test
//= RFC8839-5.5 test
//= RFC8839-5.6 test
#[test]
fn connectivity_checks() {
    let remote =
        |component, address: &str, port| RemoteCandidate { component, address: address.into(), port };
    both_ways([
        ("1 192.0.2.3 45664", RemoteCandidates(vec![remote(1, "192.0.2.3", 45664)])),
        ("1 a 1 2 ::1 2", RemoteCandidates(vec![remote(1, "a", 1), remote(2, "::1", 2)])),
    ]);
    refused::<RemoteCandidates>(&[("", 0), ("0 a 1", 0), ("1 a", 3), ("1 a x", 4), ("1 a 1 2", 7)]);
    both_ways([("8hhY", IceUfrag(text("8hhY")))]);
    refused::<IceUfrag>(&[("", 0), ("8hh", 0), ("8hh-", 0), ("8hhY x", 5)]);
    both_ways([("asd88fgpdd777uzjYhagZg", IcePwd(text("asd88fgpdd777uzjYhagZg")))]);
    refused::<IcePwd>(&[("", 0), ("asd88fgpdd777uzjYhagZ", 0)]);
    assert_eq!(format!("{:?}", IcePwd(text("asd88fgpdd777uzjYhagZg"))), "IcePwd(hidden)");
    assert!(IceUfrag::parse(&"x".repeat(256)).is_ok() && IceUfrag::parse(&"x".repeat(257)).is_err());
    both_ways([("ice2 trickle", IceOptions(vec![text("ice2"), text("trickle")]))]);
    refused::<IceOptions>(&[("", 0), (" ", 1)]);
    assert!(!IceOptions::parse("x-y").unwrap().is_strict("x-y"));
    both_ways([("50", IcePacing(50))]);
    refused::<IcePacing>(&[("", 0), ("x", 0), ("4294967296", 0), ("1 2", 2)]);
    let many = "1 a 1 ".repeat(MAX_REMOTE_CANDIDATES + 1);
    let (limit, got) = (MAX_REMOTE_CANDIDATES, MAX_REMOTE_CANDIDATES + 1);
    assert_eq!(
        RemoteCandidates::parse(&many),
        Err(DecodeError::too_large(0, "sdp a=remote-candidates", limit, got))
    );
    let many = "x ".repeat(MAX_ICE_OPTIONS + 1);
    let error = DecodeError::too_large(
        2 * MAX_ICE_OPTIONS,
        "sdp a=ice-options",
        MAX_ICE_OPTIONS,
        MAX_ICE_OPTIONS + 1,
    );
    assert_eq!(IceOptions::parse(&many), Err(error));
}

//= RFC3605-2.1 test
//= RFC4585-4.2 test
#[test]
fn rtcp() {
    let connection = Connection::new("192.0.2.8".parse().unwrap());
    both_ways([
        ("53020", RtcpPort { port: 53020, connection: None }),
        ("53020 IN IP4 192.0.2.8", RtcpPort { port: 53020, connection: Some(connection) }),
    ]);
    refused::<RtcpPort>(&[("", 0), ("x", 0), ("65536", 0), ("1 IN IP4", 2), ("1 IN IP4 224.0.0.1/1", 2)]);
    let feedback = |payload_type, kind: &str, parameters: Option<&str>| RtcpFeedback {
        payload_type,
        kind: kind.into(),
        parameters: parameters.map(Into::into),
    };
    both_ways([
        ("98 nack", feedback(Some(98), "nack", None)),
        ("* nack pli", feedback(None, "nack", Some("pli"))),
        ("* trr-int 100", feedback(None, "trr-int", Some("100"))),
        ("0 ccm tmmbr smaxpr=120", feedback(Some(0), "ccm", Some("tmmbr smaxpr=120"))),
    ]);
    refused::<RtcpFeedback>(&[("", 0), ("*", 1), ("128 nack", 0), ("97 (", 3)]);
}

//= RFC5576-4.1 test
//= RFC5576-4.2 test
//= RFC8830-2 test
#[test]
fn sources() {
    let source = |ssrc, attribute| SourceAttribute { ssrc: Ssrc(ssrc), attribute: Some(attribute) };
    let cname = source(11111, Attribute::new("cname", "user@example.org"));
    assert_eq!(cname.cname().unwrap(), "user@example.org");
    both_ways([
        ("11111 cname:user@example.org", cname),
        ("4294967295 fmtp:97 x=1", source(u32::MAX, Attribute::new("fmtp", "97 x=1"))),
        ("1 flag", source(1, Attribute::flag("flag"))),
    ]);
    let alone = SourceAttribute { ssrc: Ssrc(5), attribute: None };
    assert_eq!(SourceAttribute::parse("5"), Ok(alone.clone()));
    assert!(!alone.is_strict("5") && alone.cname().is_none());
    refused::<SourceAttribute>(&[("", 0), ("x cname:a", 0), ("4294967296 a", 0), ("1 :a", 2)]);
    both_ways([
        ("FID 1 2", SourceGroup { semantics: text("FID"), sources: vec![Ssrc(1), Ssrc(2)] }),
        ("FEC", SourceGroup { semantics: text("FEC"), sources: vec![] }),
    ]);
    refused::<SourceGroup>(&[("", 0), ("( 1", 0), ("FID x", 4)]);
    both_ways([
        ("- t", Msid { stream: text("-"), track: Some(text("t")) }),
        ("s", Msid { stream: text("s"), track: None }),
    ]);
    refused::<Msid>(&[("", 0), ("s t u", 4), ("s /", 2)]);
    assert!(Msid::parse(&"s".repeat(65)).is_err());
}

//= RFC8285-8 test
#[test]
fn header_extensions() {
    let map = |id, direction, attributes: Option<&str>| ExtMap {
        id,
        direction,
        uri: text("urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
        attributes: attributes.map(Into::into),
    };
    both_ways([
        ("1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", map(1, None, None)),
        ("255 urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on x", map(255, None, Some("vad=on x"))),
        (
            "4096/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            map(4096, Some(Direction::SendOnly), None),
        ),
    ]);
    refused::<ExtMap>(&[
        ("", 0),
        ("1", 1),
        ("0 u", 0),
        ("256 u", 0),
        ("4352 u", 0),
        ("1/both u", 2),
        ("x/sendrecv u", 0),
    ]);
}

//= RFC3312-4 test
#[test]
fn preconditions() {
    let current = |status, direction| CurrentStatus { kind: PreconditionType::QOS, status, direction };
    both_ways([
        ("qos local none", current(PreconditionStatus::Local, PreconditionDirection::None)),
        ("qos remote send", current(PreconditionStatus::Remote, PreconditionDirection::Send)),
        ("qos e2e recv", current(PreconditionStatus::EndToEnd, PreconditionDirection::Recv)),
    ]);
    both_ways([(
        "qos remote sendrecv",
        ConfirmStatus(current(PreconditionStatus::Remote, PreconditionDirection::SendRecv)),
    )]);
    for (word, strength) in [
        ("mandatory", PreconditionStrength::Mandatory),
        ("optional", PreconditionStrength::Optional),
        ("none", PreconditionStrength::None),
        ("failure", PreconditionStrength::Failure),
        ("unknown", PreconditionStrength::Unknown),
    ] {
        let value = format!("qos {word} local sendrecv");
        let (status, direction) = (PreconditionStatus::Local, PreconditionDirection::SendRecv);
        let expected = DesiredStatus { kind: PreconditionType::QOS, strength, status, direction };
        assert_eq!(DesiredStatus::parse(&value).as_ref(), Ok(&expected));
        assert_eq!(expected.to_string(), value);
    }
    refused::<CurrentStatus>(&[
        ("", 0),
        ("qos", 3),
        ("qos e2e", 7),
        ("qos e2e both", 8),
        ("qos e3e none", 4),
        ("qos e2e none x", 13),
    ]);
    refused::<DesiredStatus>(&[
        ("", 0),
        ("qos must e2e none", 4),
        ("qos none none none", 9),
        ("qos none e2e", 12),
    ]);
    refused::<ConfirmStatus>(&[("", 0), ("q:s e2e none", 0)]);
}
