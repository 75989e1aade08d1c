//! What a tolerant reader lets pass, each with its place.

use super::super::*;
use super::{ANSWER, OFFER};

/// Part of the text where the line begins that deviates, octet in it, requirement.
type Expected<'a> = (&'a str, usize, &'a str);

/// A clean description of five lines, then `lines`.
fn around(lines: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}")
}

#[track_caller]
fn check(text: &str, expected: &[Expected<'_>]) {
    let examined = SessionDescription::examine(text.as_bytes()).unwrap();
    let found: Vec<_> = examined.deviations.iter().map(|d| (d.offset, d.requirement)).collect();
    let at = |part| text.find(part).expect("the part is in the text");
    let expected: Vec<_> = expected.iter().map(|(part, octet, id)| (at(part) + octet, *id)).collect();
    assert_eq!(found, expected, "{text}");
    assert_eq!(examined.value.encode(), text);
}

/// Lines of the session.
#[track_caller]
fn session(lines: &str, expected: &[Expected<'_>]) {
    check(&around(lines), expected);
}

/// Attributes of a protected stream with formats 0 and 97.
#[track_caller]
fn media(lines: &str, expected: &[Expected<'_>]) {
    check(&around(&format!("m=audio 4000 RTP/SAVP 0 97\r\na=rtpmap:97 x/1\r\n{lines}")), expected);
}

/// The clean description with one text in it replaced.
#[track_caller]
fn replaced(from: &str, to: &str, expected: &[Expected<'_>]) {
    check(&around("").replace(from, to), expected);
}

#[test]
fn what_a_strict_sender_writes_has_none() {
    for text in [OFFER, ANSWER, &around("")] {
        check(text, &[]);
    }
    session("r=7d 1h 0\r\nt=1 2\r\nr=1 1 1\r\nz=1 -1h\r\na=lang:de\r\na=tool:x\r\n", &[]);
}

//= RFC8866-5:order test
//= RFC8866-5:once test
//= RFC8866-5:letter test
//= RFC8866-5:mandatory test
//= RFC8866-5.7 test
#[test]
fn lines_of_the_grammar() {
    session("b=AS:1\r\n", &[("b=AS", 0, "RFC8866-5:order")]);
    session("i=x\r\nu=x\r\n", &[("i=x", 0, "RFC8866-5:order"), ("u=x", 0, "RFC8866-5:order")]);
    session("a=x\r\nt=1 1\r\n", &[("t=1", 0, "RFC8866-5:order")]);
    session("y=?\r\n", &[("y=?", 0, "RFC8866-5:letter")]);
    replaced("s=-\r\n", "s=-\r\ns=b\r\n", &[("s=b", 0, "RFC8866-5:once")]);
    let mandatory = ("v=0", 0, "RFC8866-5:mandatory");
    check("v=0\r\n", &[mandatory, mandatory, mandatory]);
    media("i=x\r\n", &[("i=x", 0, "RFC8866-5:order")]);
    media("t=0 1\r\n", &[("t=0 1", 0, "RFC8866-5:letter")]);
    let twice = "m=audio 1 RTP/AVP 0\r\ni=a\r\ni=b\r\nc=IN IP4 a\r\nc=IN IP4 b\r\n";
    session(twice, &[("i=b", 0, "RFC8866-5:once")]);
    let unconnected = "v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\nm=audio 1 RTP/AVP 0\r\nc=IN IP4 a\r\nm=video 2 RTP/AVP 3\r\n";
    check(unconnected, &[("m=video", 0, "RFC8866-5.7")]);
}

//= RFC8866-5:line-end test
#[test]
fn line_ends_are_reported_once() {
    replaced("s=-\r\n", "s=-\n", &[("s=-", 0, "RFC8866-5:line-end")]);
    check(&around("a=x").replace("t=0 0\r", "t=0 0"), &[("t=0", 0, "RFC8866-5:line-end")]);
    session("a=x", &[("a=x", 0, "RFC8866-5:line-end")]);
    session("a=x\r\n\r\n", &[("a=x", 5, "RFC8866-5:line-end")]);
}

//= RFC8866-5.2 test
//= RFC8866-5.3 test
//= RFC8866-5.7:multicast test
//= RFC8866-5.8 test
//= RFC8866-5.9 test
//= RFC8866-5.10 test
//= RFC8866-5.11 test
//= RFC8866-5.12 test
#[test]
fn values_of_lines() {
    replaced("- 1 1", "-  1 1", &[("o=", 2, "RFC8866-5.2")]);
    replaced("s=-", "s=", &[("s=", 0, "RFC8866-5.3")]);
    replaced("c=IN IP4", "c=IN\tIP4", &[("c=", 2, "RFC8866-5.7")]);
    replaced("c=IN IP4 192.0.2.1", "c=IN IP4 224.1.1.1/x", &[("c=", 18, "RFC8866-5.7:multicast")]);
    replaced("t=0 0", "b=AS:x\r\nt=0 0", &[("b=", 5, "RFC8866-5.8")]);
    replaced("t=0 0", "t=0 0 ", &[("t=", 2, "RFC8866-5.9")]);
    session("r=7d 1h\r\n", &[("r=", 7, "RFC8866-5.10")]);
    session("z=0 0\r\nr=1 1 1\r\n", &[("r=", 0, "RFC8866-5.10")]);
    session("z=1\r\n", &[("z=", 3, "RFC8866-5.11")]);
    session("k=prompt\r\n", &[("k=", 0, "RFC8866-5.12")]);
    media("k=clear:x\r\n", &[("k=", 0, "RFC8866-5:order"), ("k=", 0, "RFC8866-5.12")]);
}

//= RFC8866-5.14 test
//= RFC8866-5.14:rtp test
//= RFC8866-6.6:dynamic test
//= RFC8866-6.15:format test
#[test]
fn media_lines_and_their_formats() {
    session("m=audio  1 RTP/AVP 0\r\n", &[("m=", 2, "RFC8866-5.14")]);
    session("m=audio 1 RTP//AVP 0\r\n", &[("m=", 2, "RFC8866-5.14")]);
    session("m=audio 1/0 RTP/AVP 0\r\n", &[("m=", 2, "RFC8866-5.14")]);
    session("m=a:b 1 udp x\r\n", &[("m=", 2, "RFC8866-5.14")]);
    session("m=audio 1/2 RTP/AVP 0 x\r\n", &[("m=", 0, "RFC8866-5.14:rtp")]);
    session("m=audio 1 RTP/AVP 0 96\r\n", &[("m=", 0, "RFC8866-6.6:dynamic")]);
    media("a=rtpmap:98 x/1\r\n", &[("a=rtpmap:98", 0, "RFC8866-6.6")]);
    media("a=fmtp:98 x\r\na=fmtp:97 x\r\n", &[("a=fmtp:98", 0, "RFC8866-6.15:format")]);
}

//= RFC8866-5.13 test
//= RFC8866-6.7 test
//= RFC8866-6.7:once test
#[test]
fn attributes_in_their_place() {
    session("a=:\r\n", &[("a=", 2, "RFC8866-5.13")]);
    session("a=b c:d\r\n", &[("a=", 2, "RFC8866-5.13")]);
    session("a=sendonly:1\r\n", &[("a=", 2, "RFC8866-6.7")]);
    media("a=sendonly\r\na=inactive\r\n", &[("a=inactive", 0, "RFC8866-6.7:once")]);
    session("a=ptime:20\r\n", &[("a=", 2, "RFC8866-6.4")]);
    media("a=ptime\r\na=maxptime:20 x\r\n", &[("a=ptime", 2, "RFC8866-6.4"), ("a=max", 14, "RFC8866-6.5")]);
    media("a=charset:x\r\n", &[("a=charset", 2, "RFC8866-6.10")]);
    media("a=unknown\r\na=X-y:(\r\n", &[]);
}

//= RFC4568-9 test
//= RFC5506-rsize test
//= RFC8858-mux-only test
//= RFC8839-5.3 test
//= RFC8840-end-of-candidates test
//= RFC8285-6 test
//= RFC8843-6 test
//= RFC5761-5.1.1 test
#[test]
fn every_known_attribute_is_checked() {
    for (line, octet, requirement) in [
        ("a=crypto:1 X", 9, "RFC4568-9"),
        ("a=crypto:1 X inline:AAAA WSH=63", 9, "RFC4568-9"),
        ("a=key-mgmt:mikey", 16, "RFC4567-3.1"),
        ("a=setup:x", 8, "RFC4145-4.1"),
        ("a=connection:x", 13, "RFC4145-5"),
        ("a=fingerprint:sha-1 00", 20, "RFC8122-5"),
        ("a=fingerprint:x aa", 14, "RFC8122-5"),
        ("a=tls-id:x", 9, "RFC8842-4"),
        ("a=mid:x y", 8, "RFC5888-4"),
        ("a=group:LS", 2, "RFC5888-5"),
        ("a=bundle-only:1", 2, "RFC8843-6"),
        ("a=candidate:1", 13, "RFC8839-5.1"),
        ("a=remote-candidates:0", 20, "RFC8839-5.2"),
        ("a=ice-lite", 2, "RFC8839-5.3"),
        ("a=ice-mismatch:1", 2, "RFC8839-5.3"),
        ("a=ice-ufrag:x", 12, "RFC8839-5.4"),
        ("a=ice-pwd:x", 10, "RFC8839-5.4"),
        ("a=ice-pacing:50", 2, "RFC8839-5.5"),
        ("a=ice-options:x-y", 14, "RFC8839-5.6"),
        ("a=end-of-candidates:1", 2, "RFC8840-end-of-candidates"),
        ("a=rtcp:x", 7, "RFC3605-2.1"),
        ("a=rtcp-mux:1", 2, "RFC5761-5.1.1"),
        ("a=rtcp-mux-only:1", 2, "RFC8858-mux-only"),
        ("a=rtcp-rsize:1", 2, "RFC5506-rsize"),
        ("a=rtcp-fb:x", 10, "RFC4585-4.2"),
        ("a=ssrc:5", 7, "RFC5576-4.1"),
        ("a=ssrc-group:FID x", 17, "RFC5576-4.2"),
        ("a=msid:( x", 7, "RFC8830-2"),
        ("a=extmap:0 x", 9, "RFC8285-8"),
        ("a=extmap-allow-mixed:x", 2, "RFC8285-6"),
        ("a=curr:qos", 10, "RFC3312-4"),
        ("a=des:qos x", 10, "RFC3312-4"),
        ("a=conf:qos x", 11, "RFC3312-4"),
        ("a=label:(", 8, "RFC4574-4"),
        ("a=content:(", 10, "RFC4796-5"),
        ("a=maxprate:0", 11, "RFC3890-6.3"),
        ("a=lang:_", 7, "RFC8866-6.12"),
        ("a=sdplang:_", 10, "RFC8866-6.11"),
    ] {
        // A flag with a value is still the flag, and breaks the rule of its group too.
        let bundle = if line.starts_with("a=bundle") { vec![(line, 0, "RFC8843-6")] } else { vec![] };
        media(&format!("{line}\r\n"), &[bundle, vec![(line, octet, requirement)]].concat());
    }
}

//= RFC5888-4:unique test
//= RFC5888-5:member test
//= RFC8843-6 test
//= RFC8843-7:once test
#[test]
fn groups_hold_together() {
    let stream = |port, mid, more| format!("m=audio {port} RTP/AVP 0\r\na=mid:{mid}\r\n{more}");
    let two = [stream(1, "a", ""), stream(0, "b", "a=bundle-only\r\n")].concat();
    session(&format!("a=group:BUNDLE a b\r\n{two}"), &[]);
    session(
        &format!("a=group:LS a\r\na=group:BUNDLE a b c\r\n{two}"),
        &[("a=group:B", 0, "RFC5888-5:member")],
    );
    let twice = format!("a=group:BUNDLE a b\r\na=group:BUNDLE b\r\n{two}");
    session(&twice, &[("a=group:BUNDLE b", 0, "RFC8843-7:once")]);
    session(&two, &[("a=bundle-only", 0, "RFC8843-6")]);
    let open = format!("a=group:BUNDLE b\r\n{}", stream(5, "b", "a=bundle-only\r\n"));
    session(&open, &[("a=bundle-only", 0, "RFC8843-6")]);
    let same = [stream(1, "a", ""), stream(2, "a", "a=label:x\r\n")].concat();
    session(&same, &[("a=mid:a\r\na=label", 0, "RFC5888-4:unique")]);
}

//= RFC8843-7:transport test
#[test]
fn a_bundle_has_one_transport() {
    let text = around(
        "a=group:BUNDLE a b c\r\nm=audio 0 RTP/AVP 0\r\na=mid:a\r\nm=audio 2 RTP/AVP 0\r\na=mid:b\r\n\
         m=video 0 RTP/AVP 31\r\na=mid:c\r\na=bundle-only\r\nm=audio 4 RTP/AVP 0\r\na=mid:d\r\nm=audio 6 RTP/AVP 0\r\n",
    );
    let description: SessionDescription = text.parse().unwrap();
    let ports: Vec<_> = description.media.iter().map(|media| description.transport_of(media).port).collect();
    assert_eq!(ports, [2, 2, 2, 4, 6]);
    assert_eq!(description.groups().count(), 1);
    assert_eq!(description.media_called(&Mid("c".into())).unwrap().kind.as_str(), "video");
}

//= 24.379-6.2.1:floor test
//= 24.379-6.2.1:audio test
//= 24.380-12.1:grammar test
//= 24.380-12.1:separator test
//= 24.380-12.1.2.2:digits test
#[test]
fn streams_of_this_service() {
    let speech = "m=audio 1 RTP/AVP 0\r\ni=speech\r\n";
    let floor =
        |line: &str, parameters: &str| around(&format!("{speech}{line}\r\na=fmtp:MCPTT {parameters}\r\n"));
    const LINE: &str = "m=application 2 udp MCPTT";
    const FMTP: &str = "a=fmtp:MCPTT";
    check(&floor(LINE, "mc_queueing;mc_priority=5"), &[]);
    check(&floor(LINE, "mc_queueing:mc_priority=5"), &[]);
    check(&floor("m=application 2 UDP mcptt", "mc_queueing"), &[("m=app", 0, "24.379-6.2.1:floor")]);
    check(&floor(LINE, "mc_queueing ;mc_granted"), &[(FMTP, 24, "24.380-12.1:separator")]);
    check(&floor(LINE, "mc_queueing;mc_priority=05"), &[(FMTP, 25, "24.380-12.1.2.2:digits")]);
    check(&floor(LINE, "mc_queueing;mc_priority"), &[(FMTP, 25, "24.380-12.1:grammar")]);
    let untitled = floor(LINE, "mc_queueing").replace("i=speech\r\n", "a=ptime:20\r\ni=speech\r\n");
    check(&untitled, &[("m=audio", 0, "24.379-6.2.1:audio"), ("i=speech", 0, "RFC8866-5:order")]);
    check(&around("m=application 2 udp MCPTT\r\n"), &[]);
}

#[test]
fn deviations_are_bounded() {
    let text = around(&"y=?\r\n".repeat(MAX_DEVIATIONS + 10));
    assert_eq!(SessionDescription::examine(text.as_bytes()).unwrap().deviations.len(), MAX_DEVIATIONS);
}

//= RFC8866-5:order test
#[test]
fn a_strict_writer_mends_order_and_line_ends() {
    let text = "v=0\ns=-\na=x\no=- 1 1 IN IP4 a\nt=1 1\nr=1 1 1\nc=IN IP4 a\nt=2 2\nm=audio  1 udp x\na=y\ni=z\nb=AS:1";
    let description: SessionDescription = text.parse().unwrap();
    let strict = description.in_order();
    let expected = "v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nc=IN IP4 a\r\nt=1 1\r\nr=1 1 1\r\nt=2 2\r\na=x\r\n\
                    m=audio 1 udp x\r\ni=z\r\nb=AS:1\r\na=y\r\n";
    assert_eq!(strict.encode(), expected);
    assert_eq!(strict.deviations(), []);
}
