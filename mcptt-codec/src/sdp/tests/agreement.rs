use super::super::*;
use super::{ANSWER, OFFER};

fn description(text: &str) -> SessionDescription {
    text.parse().unwrap()
}

#[track_caller]
fn faults(offer: &str, answer: &str, expected: &[(Option<usize>, &str)]) {
    let found = description(answer).answer_faults(&description(offer));
    let found: Vec<_> = found.iter().map(|fault| (fault.media, fault.requirement)).collect();
    assert_eq!(found, expected, "{offer} / {answer}");
}

/// A protected stream with these further lines.
fn stream(lines: &str) -> String {
    format!("v=0\nt=0 0\nm=audio 1 UDP/TLS/RTP/SAVP 97\na=rtpmap:97 AMR-WB/16000\n{lines}")
}

//= RFC3264-6:count test
//= RFC3264-6:timing test
//= RFC3264-6:kind test
//= RFC3264-6:refused test
//= RFC3264-6.1:formats test
#[test]
fn an_answer_has_the_lines_of_its_offer() {
    faults(OFFER, ANSWER, &[]);
    faults(OFFER, &ANSWER.replace("t=0 0", "t=1 0"), &[(None, "RFC3264-6:timing")]);
    let short = ANSWER.split("m=application").next().unwrap();
    faults(OFFER, short, &[(None, "RFC3264-6:count")]);
    faults(OFFER, &ANSWER.replace("RTP/AVP", "RTP/SAVP"), &[(Some(0), "RFC3264-6:kind")]);
    faults(&OFFER.replace("audio 40000", "audio 0"), ANSWER, &[(Some(0), "RFC3264-6:refused")]);
    faults(OFFER, &ANSWER.replace("AMR-WB/16000", "AMR/8000"), &[(Some(0), "RFC3264-6.1:formats")]);
    faults(OFFER, &ANSWER.replace("audio 30000 RTP/AVP 97", "audio 0 RTP/AVP 98"), &[]);
}

//= RFC3264-6.1:direction test
#[test]
fn directions_of_an_answer() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    for (offered, permitted) in [
        (SendRecv, vec![SendRecv, SendOnly, RecvOnly, Inactive]),
        (SendOnly, vec![RecvOnly, Inactive]),
        (RecvOnly, vec![SendOnly, Inactive]),
        (Inactive, vec![Inactive]),
    ] {
        for answered in [SendRecv, SendOnly, RecvOnly, Inactive] {
            assert_eq!(offered.permits(answered), permitted.contains(&answered), "{offered:?} {answered:?}");
        }
        assert_eq!(offered.answered(SendRecv), offered.reversed());
    }
    let fault = (Some(0), "RFC3264-6.1:direction");
    faults(&OFFER.replace("a=ptime:20", "a=sendonly"), ANSWER, &[fault]);
    faults(&OFFER.replace("t=0 0", "t=0 0\r\na=inactive"), ANSWER, &[fault, (Some(1), fault.1)]);
    faults(
        &OFFER.replace("a=ptime:20", "a=sendonly"),
        &ANSWER.replace("a=rtpmap", "a=recvonly\r\na=rtpmap"),
        &[],
    );
}

//= RFC3264-6.1:direction test
#[test]
fn an_answer_to_a_held_stream_only_receives() {
    let offer = description(&OFFER.replace("a=ptime:20", "a=sendonly"));
    let origin = Origin::new(1, 1, "::1".parse().unwrap());
    let answer = offer.answer(&origin, None, |_, media| {
        (!media.is_floor_control()).then(|| MediaDescription::speech_like(media, 9, "RTP/AVP"))
    });
    assert_eq!(answer.audio().unwrap().direction(), Some(Direction::RecvOnly));
    assert_eq!(answer.answer_faults(&offer), []);
}

//= RFC3264-8.4 test
#[test]
fn hold_and_resume() {
    let offer = description(OFFER);
    let held = offer.clone().with_hold(true).succeeding(&offer);
    let expected = OFFER
        .replace("alice 2890844526 2890844526", "alice 2890844526 2890844527")
        .replace("a=ptime:20\r\n", "a=ptime:20\r\na=sendonly\r\n");
    assert_eq!(held.encode(), expected);
    assert!(held.is_held(held.audio().unwrap()) && !offer.is_held(offer.audio().unwrap()));
    assert_eq!(held.successor_faults(&offer), []);
    let resumed = held.clone().with_hold(false).succeeding(&held);
    assert_eq!(resumed.encode(), OFFER.replace("2890844526 2890844526", "2890844526 2890844528"));
    let receiving = description(&OFFER.replace("a=ptime:20", "a=recvonly")).with_hold(true);
    assert_eq!(receiving.audio().unwrap().direction(), Some(Direction::Inactive));
    let of_session = description(&OFFER.replace("t=0 0", "t=0 0\r\na=sendonly")).with_hold(false);
    assert_eq!(of_session.audio().unwrap().direction(), Some(Direction::SendRecv));
    let zeros = description(&OFFER.replace("c=IN IP4 10.1.1.5", "c=IN IP4 0.0.0.0"));
    assert!(zeros.is_held(zeros.audio().unwrap()));
}

//= RFC3264-8:lines test
//= RFC3264-8:version test
#[test]
fn a_later_description_continues_the_session() {
    let first = description(OFFER);
    let check = |text: String, expected: &[&str]| {
        let found = description(&text).successor_faults(&first);
        let found: Vec<_> = found.iter().map(|fault| fault.requirement).collect();
        assert_eq!(found, expected, "{text}");
    };
    let next = |text: &str| text.replace("2890844526 2890844526", "2890844526 2890844527");
    check(OFFER.to_owned(), &[]);
    check(next(OFFER), &[]);
    check(next(&OFFER.replace("40000", "40010")), &[]);
    check(OFFER.replace("40000", "40010"), &["RFC3264-8:version"]);
    check(OFFER.replace("2890844526 2890844526", "2890844526 2890844528"), &["RFC3264-8:version"]);
    check(next(&OFFER.replace("o=alice", "o=bob")), &["RFC3264-8:version"]);
    check(next(OFFER.split("m=application").next().unwrap()), &["RFC3264-8:lines"]);
}

//= RFC3264-5.1:payload-types test
#[test]
fn payload_types_belong_to_their_direction() {
    let media = |formats: &str, maps: &str| {
        description(&format!("v=0\nm=audio 1 RTP/AVP {formats}\n{maps}")).media.remove(0)
    };
    let offer =
        media("0 97 98 x", "a=rtpmap:97 AMR-WB/16000/1\na=fmtp:97 octet-align=1\na=rtpmap:98 opus/48000/2\n");
    let answer = media(
        "100 0 101 99",
        "a=rtpmap:100 amr-wb/16000\na=rtpmap:101 opus/48000\na=rtpmap:99 OPUS/48000/2\n",
    );
    let pair = |to_offerer, to_answerer| PayloadTypePair { to_offerer, to_answerer };
    assert_eq!(offer.agreed_payload_types(&answer), [pair(97, 100), pair(0, 0), pair(98, 99)]);
    let formats = offer.rtp_formats();
    let called: Vec<_> = formats.iter().map(|format| format.is_called("amr-wb/16000/1")).collect();
    assert_eq!(called, [true, true, false]);
    assert!(!formats[1].is_called("AMR-WB") && !formats[1].is_called("AMR-WB/8000"));
    assert_eq!(formats[1].parameters.as_deref(), Some("octet-align=1"));
    assert!(!formats[0].is_same_as(&formats[1]));
}

//= RFC4568-5.1.2 test
#[test]
fn an_answer_has_one_of_the_offered_keys() {
    let key = |tag, suite| format!("a=crypto:{tag} {suite} inline:AAAA\n");
    let sdes = |lines: String| stream(&lines).replace("UDP/TLS/", "");
    let offer = sdes(key(1, "X") + &key(2, "Y"));
    let fault = [(Some(0), "RFC4568-5.1.2")];
    faults(&offer, &sdes(key(2, "Y")), &[]);
    faults(&offer, &sdes(key(2, "X")), &fault);
    faults(&offer, &sdes(key(1, "X") + &key(2, "Y")), &fault);
    faults(&offer, &sdes(String::new()), &fault);
    faults(&sdes(String::new()), &sdes(key(1, "X")), &fault);
    let best_effort = |text: String| text.replace("SAVP", "AVP");
    faults(&best_effort(offer), &best_effort(sdes(String::new())), &[]);
}

//= RFC4145-4.1:answer test
//= RFC4145-5:answer test
//= RFC5761-5.1.1:answer test
#[test]
fn an_answer_fits_in_setup_connection_and_multiplexing() {
    for (offer, answers) in [
        ("active", ["passive", "holdconn"].as_slice()),
        ("passive", &["active", "holdconn"]),
        ("actpass", &["active", "passive", "holdconn"]),
        ("holdconn", &["holdconn"]),
    ] {
        for answer in ["active", "passive", "actpass", "holdconn"] {
            let fault = [(Some(0), "RFC4145-4.1:answer")];
            let expected = if answers.contains(&answer) { &fault[..0] } else { &fault };
            faults(&stream(&format!("a=setup:{offer}\n")), &stream(&format!("a=setup:{answer}\n")), expected);
        }
    }
    let (new, existing) = (stream("a=connection:new\n"), stream("a=connection:existing\n"));
    faults(&new, &existing, &[(Some(0), "RFC4145-5:answer")]);
    faults(&existing, &new, &[]);
    faults(&stream(""), &stream("a=rtcp-mux\n"), &[(Some(0), "RFC5761-5.1.1:answer")]);
    faults(&stream("a=rtcp-mux\n"), &stream("a=rtcp-mux\n"), &[]);
}

//= RFC5764-8 test
#[test]
fn protocols_say_where_keys_come_from() {
    for (protocol, rtp, protected, dtls) in [
        ("RTP/AVP", true, false, false),
        ("RTP/AVPF", true, false, false),
        ("RTP/SAVP", true, true, false),
        ("rtp/savpf", true, true, false),
        ("UDP/TLS/RTP/SAVP", true, true, true),
        ("UDP/TLS/RTP/SAVPF", true, true, true),
        ("TCP/DTLS/RTP/SAVP", true, true, false),
        ("udp", false, false, false),
        ("UDP/TLS/UDPTL", false, false, false),
    ] {
        let media = MediaDescription::new("audio", 1, protocol, ["0"]);
        assert_eq!(
            (media.is_rtp(), media.is_protected(), media.is_dtls_srtp()),
            (rtp, protected, dtls),
            "{protocol}"
        );
    }
}

//= 24.379-6.2.2:answer test
//= 24.380-12.1.2.2:priority test
#[test]
fn floor_control_parameters_are_answered_within_the_offer() {
    let extra = ANSWER.replace("mc_queueing;", "mc_queueing;mc_floor_ssrc=1;");
    faults(OFFER, &extra, &[(Some(1), "24.379-6.2.2:answer")]);
    faults(OFFER, &ANSWER.replace("priority=5", "priority=6"), &[(Some(1), "24.380-12.1.2.2:priority")]);
    faults(OFFER, &ANSWER.replace("mc_queueing;", "mc_ssrc=7;"), &[]);
    let all =
        McpttFmtp::parse("mc_queueing;mc_priority=1;mc_granted;mc_implicit_request;mc_floor_ssrc=1").unwrap();
    let names = ["mc_queueing", "mc_priority", "mc_granted", "mc_implicit_request", "mc_floor_ssrc"];
    assert_eq!(all.not_offered(&McpttFmtp::default()), names);
    let alone = McpttFmtp::parse("mc_no_floor_ctrl").unwrap();
    assert_eq!(alone.not_offered(&all), ["mc_no_floor_ctrl"]);
}

//= 24.380-14.5 test
#[test]
fn offers_say_only_what_their_place_allows() {
    for (parameters, place, expected) in [
        ("mc_granted;mc_implicit_request", OfferPlace::OnDemand, [].as_slice()),
        ("mc_no_floor_ctrl", OfferPlace::OnDemand, &["24.379-11.1:fmtp"]),
        ("mc_no_floor_ctrl", OfferPlace::PreEstablished, &[]),
        ("mc_queueing;mc_priority=3", OfferPlace::Later, &[]),
        ("mc_granted", OfferPlace::Later, &["24.380-14.5"]),
        ("mc_implicit_request", OfferPlace::Later, &["24.380-14.5"]),
        ("mc_implicit_request", OfferPlace::EmergencyUpgrade, &[]),
        ("mc_granted", OfferPlace::EmergencyUpgrade, &["24.380-14.5"]),
    ] {
        assert_eq!(
            McpttFmtp::parse(parameters).unwrap().offer_faults(place),
            expected,
            "{parameters} {place:?}"
        );
    }
}
