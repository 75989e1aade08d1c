use mcptt_codec::sdp::{HashFunction, McpttFmtp, SessionDescription};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::offer_answer::{self, LocalMedia, OwnKeys, Wanted};

/// What a browser offers, shortened, with the line for floor control that its page has added.
const OFFER: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    a=msid-semantic: WMS *\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
    a=ice-ufrag:lkJh\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=ice-options:trickle\r\na=fingerprint:sha-256 \
    AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB\r\na=setup:actpass\r\n\
    a=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
    a=rtpmap:0 PCMU/8000\r\nm=application 9 TCP/WS MCPTT\r\na=setup:active\r\na=fmtp:MCPTT mc_queueing;mc_priority=5\r\n";

fn read(text: &str) -> Option<RemoteMedia> {
    RemoteMedia::read(&parsed(text))
}

fn parsed(text: &str) -> SessionDescription {
    text.parse().expect("a description")
}

fn media() -> MediaConfig {
    let certificate = Fingerprint { hash: HashFunction::SHA_256, octets: vec![7; 32] };
    MediaConfig {
        dtls: Some(certificate),
        floor_channel: Some("wss://mcptt.example.org/floor".into()),
        ..MediaConfig::new([192, 0, 2, 1].into())
    }
}

fn local() -> LocalMedia {
    LocalMedia { audio: ([192, 0, 2, 1], 20_004).into(), floor: ([192, 0, 2, 1], 20_016).into() }
}

fn lines<'a>(description: &'a str, kind: &str) -> Vec<&'a str> {
    description.lines().filter(|line| line.starts_with(kind)).collect()
}

//= RFC8445-2.5 test
//= RFC8124-4 test
#[test]
fn an_offer_of_a_browser_is_answered_with_everything_that_it_needs() {
    let (offer, mut rng) = (parsed(OFFER), ChaCha20Rng::from_seed([3; 32]));
    let remote = RemoteMedia::read(&offer).expect("usable");
    assert_eq!((remote.audio.port(), remote.floor.map(|floor| floor.port())), (0, Some(0)));
    let agreed = remote.accept_keys(&media(), &mut rng).expect("an agreement");
    let fmtp = McpttFmtp { queueing: true, ..McpttFmtp::default() };
    let answer = offer_answer::answer(&offer, 7, local(), Some(&agreed), &fmtp).encode();
    let MediaProtection::Web(agreed) = agreed else { panic!("{agreed:?}") };
    let (name, secret) = (agreed.own_ufrag.0.as_str(), agreed.floor_secret.0.as_str());
    assert!(!agreed.dtls.active && agreed.dtls.rtcp_mux && agreed.peer_ufrag.0.as_str() == "lkJh");
    assert!(!format!("{agreed:?}").contains(secret) && secret.len() == PASSWORD);
    for line in [
        "a=ice-lite",
        "a=group:BUNDLE 0",
        "m=audio 20004 UDP/TLS/RTP/SAVPF 111 0",
        "a=mid:0",
        "a=candidate:1 1 UDP 2130706431 192.0.2.1 20004 typ host",
        "a=setup:passive",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "m=application 9 TCP/WS MCPTT",
        "a=fmtp:MCPTT mc_queueing",
        &format!("a=ice-ufrag:{name}"),
        &format!("a=ice-pwd:{}", agreed.own_password.0),
        &format!("a=wss-uri:wss://mcptt.example.org/floor/{name}.{secret}"),
    ] {
        assert!(answer.lines().any(|own| own == line), "{line} in\n{answer}");
    }
    assert_eq!(lines(&answer, "a=fingerprint:sha-256 07:07:07").len(), 1);
}

#[test]
fn what_no_browser_leaves_out_is_needed() {
    for missing in
        ["a=ice-ufrag:lkJh\r\n", "a=ice-pwd:0123456789abcdefghijklmn\r\n", "a=rtcp-mux\r\n", "UDP/TLS/"]
    {
        assert_eq!(read(&OFFER.replace(missing, "")), None, "{missing}");
    }
    assert_eq!(read(&OFFER.replace("a=group", "a=ice-lite\r\na=group")), None, "two lite sides never meet");
    // With floor control over UDP it is a client that has ICE besides, and has to say where it is.
    assert_eq!(read(&OFFER.replace("TCP/WS", "udp")), None);
    let elsewhere = OFFER.replace("TCP/WS", "udp").replace("0.0.0.0", "192.0.2.9").replace(" 9 ", " 4000 ");
    assert_eq!(read(&elsewhere).expect("usable").web, None);
}

#[test]
fn browsers_are_served_where_certificate_and_channel_are_configured() {
    let (remote, mut rng) = (read(OFFER).expect("usable"), ChaCha20Rng::from_seed([3; 32]));
    assert_eq!(remote.accept_keys(&MediaConfig { dtls: None, ..media() }, &mut rng), None);
    assert_eq!(remote.accept_keys(&MediaConfig { floor_channel: None, ..media() }, &mut rng), None);
    // Functions that relay media do not find its address.
    assert_eq!(remote.accept_key(&media().suites, media().dtls.as_ref(), &mut rng), None);
    let held = read(&OFFER.replace("setup:actpass", "setup:holdconn")).expect("usable");
    assert_eq!(held.accept_keys(&media(), &mut rng), None);
}

#[test]
fn what_is_offered_to_a_browser_comes_back_agreed() {
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    let keys = OwnKeys::of(&media(), Wanted::Web, &mut rng);
    let audio = MediaDescription::speech(20_004, keys.protocol(), ["111"]);
    let audio = audio.with_attribute("rtpmap", "111 opus/48000/2");
    let offer = offer_answer::offer(7, local(), audio, &keys, &McpttFmtp::default());
    let text = offer.encode();
    assert_eq!(lines(&text, "m="), ["m=audio 20004 UDP/TLS/RTP/SAVPF 111", "m=application 9 TCP/WSS MCPTT"]);
    for line in ["a=ice-lite", "a=group:BUNDLE audio", "a=mid:audio", "a=setup:actpass"] {
        assert!(text.lines().any(|own| own == line), "{line} in\n{text}");
    }
    let answered =
        OFFER.replace("actpass", "active").replace("TCP/WS", "TCP/WSS").replace(":0\r\n", ":audio\r\n");
    let agreed = keys.agreed(&read(&answered).expect("usable")).flatten();
    let Some(MediaProtection::Web(agreed)) = agreed else { panic!("{agreed:?}") };
    assert!(text.contains(&format!("a=ice-ufrag:{}", agreed.own_ufrag.0)) && !agreed.dtls.active);
    // Whoever answers without what was offered is not taken.
    let plain = read(&OFFER.replace("TCP/WS", "udp").replace("0.0.0.0", "192.0.2.9")).expect("usable");
    assert_eq!(keys.agreed(&plain), None);
}
