use mcptt_codec::sdp::SessionDescription;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;

fn read(audio: &str, further: &str) -> Option<RemoteMedia> {
    let text = format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{audio}\r\n{further}\
         m=application 40002 udp MCPTT\r\na=fmtp:MCPTT mc_queueing\r\n"
    );
    RemoteMedia::read(&text.parse::<SessionDescription>().unwrap())
}

#[test]
fn streams_that_nobody_could_use_are_not_accepted() {
    let table = [
        ("m=audio 40000 RTP/AVP 97", true),
        ("m=audio 40000 RTP/SAVP 97", true),
        ("m=audio 40000 rtp/savpf 97", true),
        ("m=audio 0 RTP/AVP 97", false),
        ("m=audio 65535 RTP/AVP 97", false),
        ("m=audio 40000 UDP/TLS/RTP/SAVP 97", false),
        ("m=audio 40000 RTP/AVP amr", false),
        ("m=video 40000 RTP/AVP 97", false),
    ];
    for (audio, usable) in table {
        assert_eq!(read(audio, "").is_some(), usable, "{audio}");
    }
}

#[test]
fn keys_beside_plain_rtp_count_as_protection_and_unreadable_ones_do_not() {
    let key = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";
    let protected = |protocol: &str, key: &str| {
        let media = read(&format!("m=audio 40000 {protocol} 97"), key).unwrap();
        (media.protected, media.keys.len())
    };
    assert_eq!(protected("RTP/AVP", ""), (false, 0));
    assert_eq!(protected("RTP/AVP", key), (true, 1));
    assert_eq!(protected("RTP/SAVP", key), (true, 1));
    assert_eq!(protected("RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n"), (true, 0));
}

#[test]
fn formats_are_compared_by_name_and_rate() {
    let format =
        |rtpmap: &str| read("m=audio 40000 RTP/AVP 97", &format!("a=rtpmap:97 {rtpmap}\r\n")).unwrap();
    let own = format("AMR-WB/16000/1");
    assert!(own.formats[0].is_same_as(&format("amr-wb/16000").formats[0]));
    assert!(!own.formats[0].is_same_as(&format("AMR/8000").formats[0]));
    assert!(!own.formats[0].is_same_as(&format("AMR-WB/8000").formats[0]));
    assert!(own.formats[0].is_called("AMR-WB/16000/1") && !own.formats[0].is_called("opus/48000/2"));
    let other = read("m=audio 40000 RTP/AVP 0 110", "a=rtpmap:110 AMR-WB/16000\r\n").unwrap();
    assert_eq!(other.payload_type_of(&own.formats[0]), Some(110));
    assert_eq!(other.payload_type_of(&other.formats[0]), Some(0));
}

#[test]
fn an_answered_key_must_be_one_of_ours() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let offered = new_keys(&[CryptoSuite::AeadAes128Gcm, CryptoSuite::AesCm128HmacSha1_80], &mut rng);
    assert_eq!(offered.iter().map(|key| key.tag).collect::<Vec<_>>(), [1, 2]);
    let answer = |tag: u32, suite: &str, octets: usize| {
        let key = format!("a=crypto:{tag} {suite} inline:{}\r\n", "A".repeat(octets));
        read("m=audio 40000 RTP/SAVP 97", &key)
            .unwrap()
            .answered_key(&offered)?
            .keys()
            .map(|(send, _)| send.tag)
    };
    assert_eq!(answer(2, "AES_CM_128_HMAC_SHA1_80", 40), Some(2));
    assert_eq!(answer(1, "AES_CM_128_HMAC_SHA1_80", 40), None);
    assert_eq!(answer(3, "AES_CM_128_HMAC_SHA1_80", 40), None);
}

#[test]
fn a_suite_without_known_key_length_gives_no_key() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    assert_eq!(new_key(1, CryptoSuite::Other("F8_128_HMAC_SHA1_80".into()), &mut rng), None);
}

//= 24.380-14.5 test
#[test]
fn what_is_said_later_is_a_new_version_only_if_it_differs() {
    let description = |fmtp: &str| {
        format!(
            "v=0\r\no=- 1 4 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 40000 RTP/AVP 97\r\n\
             m=application 40002 udp MCPTT\r\n{fmtp}"
        )
        .parse::<SessionDescription>()
        .unwrap()
    };
    let read = |description: &SessionDescription| {
        let fmtp = description.floor_control().unwrap().mcptt_fmtp().unwrap();
        (fmtp.map(|fmtp| fmtp.to_string()), description.origin().unwrap().session_version)
    };
    let table = [
        ("a=fmtp:MCPTT mc_queueing;mc_priority=5\r\n", Some("mc_queueing;mc_priority=5"), 4),
        ("a=fmtp:MCPTT mc_queueing;mc_granted;mc_implicit_request\r\n", Some("mc_queueing"), 5),
        ("a=fmtp:MCPTT mc_granted;mc_implicit_request\r\n", None, 5),
        ("", None, 4),
    ];
    for (first, expected, version) in table {
        let later = later(&description(first));
        assert_eq!(read(&later), (expected.map(str::to_owned), version), "{first}");
    }
}

#[test]
fn the_source_of_the_audio_is_read_where_it_is_stated() {
    let source = |line: &str| read("m=audio 40000 RTP/AVP 97", line).unwrap().audio_ssrc;
    let table = [
        ("a=ssrc:305419896 cname:x\r\n", Some(Ssrc(0x1234_5678))),
        ("a=ssrc:7\r\n", Some(Ssrc(7))),
        ("a=ssrc:4294967296 cname:x\r\n", None),
        ("a=ssrc:-1 cname:x\r\n", None),
        ("a=ssrc\r\n", None),
        ("", None),
    ];
    for (line, expected) in table {
        assert_eq!(source(line), expected, "{line}");
    }
}

/// A description with DTLS-SRTP as far as `lines` say it.
fn described(lines: &str) -> Option<RemoteMedia> {
    let fingerprint = format!("a=fingerprint:sha-256 {}\r\n", ["AB"; 32].join(":"));
    read("m=audio 40000 UDP/TLS/RTP/SAVP 97", &lines.replace("{fingerprint}", &fingerprint))
}

fn certificate() -> Fingerprint {
    Fingerprint { hash: mcptt_codec::sdp::HashFunction::SHA_256, octets: vec![7; 32] }
}

//= RFC5763-5 test
//= RFC5764-8 test
#[test]
fn who_opens_the_association_follows_from_setup() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let own = certificate();
    let mut roles = |setup: &str| {
        let remote = described(&format!("a=setup:{setup}\r\n{{fingerprint}}a=rtcp-mux\r\n")).unwrap();
        let active = |agreed: Option<MediaProtection>| match agreed {
            Some(MediaProtection::Dtls(agreed)) => {
                assert!(agreed.rtcp_mux && agreed.own == own && agreed.peer[0].octets == [0xab; 32]);
                Some(agreed.active)
            }
            _ => None,
        };
        let answering = remote.accept_key(&[], Some(&own), &mut rng);
        let answered = OwnKeys::Dtls(own.clone()).agreed(&remote).flatten();
        assert_eq!(remote.accept_key(&[CryptoSuite::AeadAes128Gcm], None, &mut rng), None);
        (active(answering), active(answered))
    };
    assert_eq!(roles("actpass"), (Some(true), None));
    assert_eq!(roles("passive"), (Some(true), Some(true)));
    assert_eq!(roles("active"), (Some(false), Some(false)));
    assert_eq!(roles("holdconn"), (None, None));
}

//= RFC8122-5 test
#[test]
fn dtls_without_a_fingerprint_is_no_offer() {
    assert_eq!(described("a=setup:actpass\r\n"), None);
    assert!(described("a=setup:actpass\r\n{fingerprint}").unwrap().protected);
    // What was offered with DTLS is not taken without it.
    let plain = read("m=audio 40000 RTP/AVP 97", "").unwrap();
    assert_eq!(OwnKeys::Dtls(certificate()).agreed(&plain), None);
}
