use super::super::*;
use super::{ANSWER, OFFER};
use crate::{DecodeError, DecodeErrorKind};

fn media(lines: &str) -> MediaDescription {
    let text = format!("v=0\nm=audio 40000 RTP/AVP 97\n{lines}");
    SessionDescription::decode(text.as_bytes()).unwrap().media.remove(0)
}

//= 24.379-6.2.1:audio test
//= 24.379-6.2.1:floor test
#[test]
fn an_offer_is_built_line_for_line() {
    let address = "10.1.1.5".parse().unwrap();
    let origin = Origin { username: "alice".into(), ..Origin::new(2_890_844_526, 2_890_844_526, address) };
    let parameters = McpttFmtp {
        queueing: true,
        priority: Some(5),
        granted: true,
        implicit_request: true,
        ..McpttFmtp::default()
    };
    let speech = MediaDescription::speech(40000, "RTP/AVP", ["97"])
        .with_attribute("rtpmap", "97 AMR-WB/16000/1")
        .with_attribute("fmtp", "97 mode-change-capability=2; max-red=0")
        .with_attribute("ptime", "20");
    let offer = SessionDescription::new(&origin, Some(&Connection::new(address)))
        .with_media(speech)
        .with_media(MediaDescription::floor_control(40002, &parameters));
    assert_eq!(offer.encode(), OFFER);
}

#[test]
fn the_examples_survive_octet_for_octet() {
    for text in [OFFER, ANSWER] {
        assert_eq!(SessionDescription::decode(text.as_bytes()).unwrap().encode(), text);
        let with_lf = text.replace("\r\n", "\n");
        let with_blank_lines = format!("{text}\r\n\n\r\r\n");
        let with_blanks = text.replace("m=audio 40000 RTP", "m=audio\t040000   RTP");
        for other in
            [with_lf.as_str(), text.trim_end(), &with_blank_lines, &with_blanks, &format!("{text}\r")]
        {
            let description = SessionDescription::decode(other.as_bytes()).unwrap();
            assert_eq!(description.encode(), other);
            assert_eq!(description, SessionDescription::decode(text.as_bytes()).unwrap());
            assert_eq!(description.in_order().encode(), text);
        }
    }
}

#[test]
fn the_offer_is_understood() {
    let offer: SessionDescription = OFFER.parse().unwrap();
    let address = "10.1.1.5".parse().unwrap();
    let origin = Origin { username: "alice".into(), ..Origin::new(2_890_844_526, 2_890_844_526, address) };
    assert_eq!(offer.origin(), Some(origin));
    assert_eq!(offer.connection(), Some(Connection::new(address)));
    assert_eq!(offer.timing(), Some(Timing { start: 0, stop: 0 }));
    let audio = offer.audio().unwrap();
    assert_eq!((audio.kind.as_str(), audio.port, audio.port_count), ("audio", 40000, None));
    assert_eq!((audio.protocol.as_str(), audio.formats.as_slice()), ("RTP/AVP", &["97".into()][..]));
    assert_eq!(audio.title().unwrap(), &"speech");
    let rtpmap = RtpMap {
        payload_type: 97,
        encoding: "AMR-WB".into(),
        clock_rate: 16000,
        parameters: Some("1".into()),
    };
    assert_eq!(rtpmap.to_string(), "97 AMR-WB/16000/1");
    assert_eq!(audio.rtpmap(97), Some(rtpmap));
    assert_eq!(audio.rtpmap(98), None);
    assert_eq!(audio.fmtp("97").unwrap(), "mode-change-capability=2; max-red=0");
    assert_eq!((audio.ptime(), audio.maxptime()), (Some(20), None));
    assert_eq!(offer.direction_of(audio), Direction::SendRecv);
    assert_eq!(offer.address_of(audio), Some("10.1.1.5:40000".parse().unwrap()));
    assert_eq!(offer.rtcp_address_of(audio), Some("10.1.1.5:40001".parse().unwrap()));
    let floor = offer.floor_control().unwrap();
    assert_eq!((offer.number_of(audio), offer.number_of(floor)), (Some(1), Some(2)));
    assert_eq!(offer.address_of(floor), Some("10.1.1.5:40002".parse().unwrap()));
    let parameters = McpttFmtp {
        queueing: true,
        priority: Some(5),
        granted: true,
        implicit_request: true,
        ..McpttFmtp::default()
    };
    assert_eq!(floor.mcptt_fmtp(), Ok(Some(parameters)));
}

#[test]
fn the_floor_line_is_found_without_regard_to_case() {
    for (line, found) in [
        ("m=application 40002 udp MCPTT", true),
        ("m=application 40002 UDP mcptt", true),
        ("m=application 40002 TCP MCPTT", false),
        ("m=audio 40002 udp MCPTT", false),
        ("m=application 40002 udp other", false),
    ] {
        let description: SessionDescription =
            format!("v=0\n{line}\na=fmtp:mcptt mc_queueing").parse().unwrap();
        assert_eq!(description.floor_control().is_some(), found, "{line}");
        let parameters = description.media[0].mcptt_fmtp().unwrap();
        assert_eq!(parameters, Some(McpttFmtp { queueing: true, ..McpttFmtp::default() }));
    }
}

#[test]
fn addresses_come_from_the_stream_before_the_session() {
    let text = concat!(
        "v=0\r\nc=IN IP6 2001:db8::1\r\na=recvonly\r\n",
        "m=audio 1000 RTP/AVP 0\r\n",
        "m=audio 1002 RTP/AVP 0\r\nc=IN IP4 192.0.2.7\r\na=sendonly\r\n",
        "m=audio 1004 RTP/AVP 0\r\nc=IN IP4 media.example.org\r\n",
        "m=audio 0 RTP/AVP 0\r\n",
        "m=audio 1006 RTP/AVP 0\r\nc=IN IP4 239.1.1.1/32\r\na=rtcp:2000\r\n",
        "m=audio 1008 RTP/AVP 0\r\na=rtcp:2002 IN IP4 192.0.2.8\r\n",
        "m=audio 1010 RTP/AVP 0\r\na=rtcp-mux\r\n",
        "m=audio 65535 RTP/AVP 0\r\nc=IN IP4 2001:db8::1\r\n",
        "m=audio 65535 RTP/AVP 0\r\n",
    );
    let description: SessionDescription = text.parse().unwrap();
    assert_eq!(description.encode(), text);
    let expected = [
        (Some("[2001:db8::1]:1000"), Some("[2001:db8::1]:1001"), Direction::RecvOnly),
        (Some("192.0.2.7:1002"), Some("192.0.2.7:1003"), Direction::SendOnly),
        (None, None, Direction::RecvOnly),
        (None, None, Direction::RecvOnly),
        (Some("239.1.1.1:1006"), Some("239.1.1.1:2000"), Direction::RecvOnly),
        (Some("[2001:db8::1]:1008"), Some("192.0.2.8:2002"), Direction::RecvOnly),
        (Some("[2001:db8::1]:1010"), Some("[2001:db8::1]:1010"), Direction::RecvOnly),
        (None, None, Direction::RecvOnly),
        (Some("[2001:db8::1]:65535"), None, Direction::RecvOnly),
    ];
    assert_eq!(description.media.len(), expected.len());
    for (media, (address, rtcp, direction)) in description.media.iter().zip(expected) {
        assert_eq!(description.address_of(media), address.map(|text| text.parse().unwrap()));
        assert_eq!(description.rtcp_address_of(media), rtcp.map(|text| text.parse().unwrap()));
        assert_eq!(description.direction_of(media), direction);
    }
}

#[test]
fn unknown_lines_and_attributes_stay_in_their_place() {
    let text = concat!(
        "v=0\r\nx=before\r\no=- 1 1 IN IP4 10.0.0.1\r\na=key-mgmt:mikey AQAFAP1td\r\nZ=\r\nt=0 0\r\n",
        "m=audio 40000/2 RTP/AVP 97 98\r\na=ptime:20\r\nc=IN IP4 10.0.0.2\r\ni=speech\r\ny=?\r\na=:\r\n",
    );
    let description: SessionDescription = text.parse().unwrap();
    assert_eq!(description.encode(), text);
    assert_eq!(description.attribute_value("key-mgmt").unwrap(), "mikey AQAFAP1td");
    assert_eq!(description.audio().unwrap().port_count, Some(2));
    assert_eq!(description.audio().unwrap().title().unwrap(), &"speech");
}

#[test]
fn added_lines_go_where_the_grammar_wants_them() {
    let built = media("a=ptime:20")
        .with_connection(&Connection::new("10.0.0.2".parse().unwrap()))
        .with_attribute("rtpmap", "97 AMR-WB/16000")
        .with_title("speech")
        .with_direction(Direction::RecvOnly)
        .with_direction(Direction::SendOnly)
        .with_title("talk");
    let kinds: Vec<_> = built.lines.iter().map(|line| (line.kind, line.value.as_str())).collect();
    let expected = [
        ('i', "talk"),
        ('c', "IN IP4 10.0.0.2"),
        ('a', "ptime:20"),
        ('a', "rtpmap:97 AMR-WB/16000"),
        ('a', "sendonly"),
    ];
    assert_eq!(kinds, expected);
    let mut description: SessionDescription = "v=0\nt=0 0\n".parse().unwrap();
    description.set_origin(&Origin::new(1, 2, "::1".parse().unwrap()));
    description.set_line(Line::new('s', "-"));
    description.set_line(Line::new('s', "call"));
    assert_eq!(description.encode(), "v=0\no=- 1 2 IN IP6 ::1\r\ns=call\r\nt=0 0\n");
}

#[test]
fn a_line_break_in_a_value_does_not_make_a_line() {
    let mut media = MediaDescription::new("audio", 1, "RTP/AVP\r\na=x", ["0"]);
    media.push_attribute(&Attribute::new("label", "a\r\nm=video 1 RTP/AVP 0"));
    let description =
        SessionDescription::new(&Origin::new(1, 1, "::1".parse().unwrap()), None).with_media(media);
    let text = description.encode();
    assert!(text.ends_with("m=audio 1 RTP/AVP  a=x 0\r\na=label:a  m=video 1 RTP/AVP 0\r\n"), "{text}");
}

#[test]
fn broken_descriptions_are_refused_with_the_octet() {
    let invalid = DecodeError::invalid;
    let missing = DecodeError::missing;
    for (text, error) in [
        ("", invalid(0, "sdp line")),
        ("o=- 1 1 IN IP4 x", invalid(0, "sdp v=")),
        ("v=1", invalid(0, "sdp v=")),
        ("v=0\nv=0", invalid(4, "sdp v=")),
        ("v=0\nrubbish", invalid(4, "sdp line")),
        ("v=0\n\ns=-", invalid(4, "sdp line")),
        ("v=0\nab=c", invalid(4, "sdp line type")),
        ("v=0\n1=c", invalid(4, "sdp line type")),
        ("v=0\ns=a\0b", invalid(7, "sdp line")),
        ("v=0\ns=a\rb", invalid(7, "sdp line")),
        ("v=0\r\no=- 1 x IN IP4 10.0.0.1", invalid(11, "sdp o=")),
        ("v=0\no=- 1 1 IN IP4", missing(18, "sdp o=")),
        ("v=0\no=- 1 1 IN IP4 a b", invalid(21, "sdp o=")),
        ("v=0\no=- 18446744073709551616 1 IN IP4 a", invalid(8, "sdp o=")),
        ("v=0\nc=IN IP4", missing(12, "sdp c=")),
        ("v=0\nt=0", missing(7, "sdp t=")),
        ("v=0\nt=0 +1", invalid(8, "sdp t=")),
        ("v=0\nm=audio 65536 RTP/AVP 0", invalid(12, "sdp port")),
        ("v=0\nm=audio x RTP/AVP 0", invalid(12, "sdp port")),
        ("v=0\nm=audio 1/ RTP/AVP 0", invalid(14, "sdp port")),
        ("v=0\nm=audio 1 RTP/AVP", missing(21, "sdp format")),
        ("v=0\nm=audio 1", missing(13, "sdp m=")),
    ] {
        assert_eq!(SessionDescription::decode(text.as_bytes()), Err(error), "{text:?}");
    }
    assert_eq!(SessionDescription::decode(b"v=0\ns=\xff"), Err(invalid(6, "sdp")));
}

#[test]
fn nothing_grows_beyond_its_limit() {
    let lines = format!("v=0\n{}", "a=x\n".repeat(MAX_LINES));
    let streams = format!("v=0\n{}", "m=audio 1 RTP/AVP 0\n".repeat(MAX_MEDIA + 1));
    let formats = format!("v=0\nm=audio 1 RTP/AVP{}", " 0".repeat(MAX_FORMATS + 1));
    let line = format!("v=0\na={}", "x".repeat(MAX_LINE_OCTETS + 1));
    for (text, what, limit, got) in [
        (" ".repeat(MAX_OCTETS + 1), "sdp", MAX_OCTETS, MAX_OCTETS + 1),
        (lines, "sdp lines", MAX_LINES, MAX_LINES + 1),
        (streams, "sdp m=", MAX_MEDIA, MAX_MEDIA + 1),
        (formats, "sdp formats", MAX_FORMATS, MAX_FORMATS + 1),
        (line, "sdp line", MAX_LINE_OCTETS, MAX_LINE_OCTETS + 1),
    ] {
        let error = SessionDescription::decode(text.as_bytes()).unwrap_err();
        assert_eq!((error.what, error.kind), (what, DecodeErrorKind::TooLarge { limit, got }));
    }
    let text = format!(
        "v=0\nm=audio 1 RTP/AVP{}\n{}",
        " 0".repeat(MAX_FORMATS),
        "m=audio 1 RTP/AVP 0\n".repeat(MAX_MEDIA - 1)
    );
    assert_eq!(SessionDescription::decode(text.as_bytes()).unwrap().media.len(), MAX_MEDIA);
}

#[test]
fn unreadable_rtpmaps_are_skipped() {
    for value in ["97", "97 ", "x AMR/8000", "128 AMR/8000", "97 AMR", "97 AMR/x", "97 /8000", "97 A/1 B"] {
        assert!(RtpMap::parse(value).is_err(), "{value}");
        let stream = media(&format!("a=rtpmap:{value}\na=rtpmap:97 opus/48000/2"));
        assert_eq!(stream.rtpmap(97).unwrap().to_string(), "97 opus/48000/2", "{value}");
    }
}
