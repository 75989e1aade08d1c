use super::super::*;
use super::OFFER;

fn answerer() -> (Origin, Connection) {
    let address = "10.2.2.1".parse().unwrap();
    (Origin::new(7, 1, address), Connection::new(address))
}

#[test]
fn an_answer_keeps_number_and_order_of_the_lines() {
    let with_video = OFFER.replace("t=0 0", "t=10 20").replace(
        "m=application",
        "m=video 40010 RTP/AVP 100 101\r\na=rtpmap:100 H264/90000\r\nm=application",
    );
    let offer: SessionDescription = with_video.parse().unwrap();
    let (origin, connection) = answerer();
    let mut asked = Vec::new();
    let answer = offer.answer(&origin, Some(&connection), |index, offered| {
        asked.push((index, offered.kind.to_string()));
        match offered.kind.as_str() {
            "audio" => Some(MediaDescription::speech_like(offered, 30000, "RTP/AVP")),
            "application" => {
                let wanted = McpttFmtp::parse("mc_queueing;mc_priority=9;mc_implicit_request").unwrap();
                let offered = offered.mcptt_fmtp().unwrap().unwrap();
                Some(MediaDescription::floor_control(30002, &offered.answer(&wanted)))
            }
            _ => None,
        }
    });
    assert_eq!(asked, [(0, "audio".into()), (1, "video".into()), (2, "application".into())]);
    let expected = concat!(
        "v=0\r\n",
        "o=- 7 1 IN IP4 10.2.2.1\r\n",
        "s=-\r\n",
        "c=IN IP4 10.2.2.1\r\n",
        "t=10 20\r\n",
        "m=audio 30000 RTP/AVP 97\r\n",
        "i=speech\r\n",
        "a=rtpmap:97 AMR-WB/16000/1\r\n",
        "a=fmtp:97 mode-change-capability=2; max-red=0\r\n",
        "a=ptime:20\r\n",
        "m=video 0 RTP/AVP 100 101\r\n",
        "m=application 30002 udp MCPTT\r\n",
        "a=fmtp:MCPTT mc_queueing;mc_priority=5;mc_implicit_request\r\n",
    );
    assert_eq!(answer.encode(), expected);
    assert!(answer.keeps_media_of(&offer));
    assert!(answer.media[1].is_refused());
    assert_eq!(answer.address_of(&answer.media[1]), None);
}

//= 24.379-6.3.3.1.1:2 test
#[test]
fn audio_for_a_further_leg_has_the_media_attributes_of_the_offer_and_nothing_of_its_leg() {
    let offer = concat!(
        "v=0\nm=audio 40000 RTP/SAVP 97 98\nc=IN IP4 10.1.1.5\nb=AS:40\na=rtpmap:97 AMR-WB/16000/1\n",
        "a=crypto:1 AEAD_AES_128_GCM inline:KioqKioqKioqKioqKioqKioqKioqKioqKioqKg==\n",
        "a=fmtp:97 octet-align=1\na=sendonly\na=ssrc:5\na=ptime:20\na=maxptime:240\na=rtcp:4\n",
    );
    let offer: SessionDescription = offer.parse().unwrap();
    let leg = MediaDescription::speech_like(offer.audio().unwrap(), 30000, "RTP/AVP");
    let (origin, _) = answerer();
    let text = "v=0\r\n".parse::<SessionDescription>().unwrap().with_media(leg).encode();
    let expected = concat!(
        "v=0\r\nm=audio 30000 RTP/AVP 97 98\r\ni=speech\r\nb=AS:40\r\na=rtpmap:97 AMR-WB/16000/1\r\n",
        "a=fmtp:97 octet-align=1\r\na=ptime:20\r\na=maxptime:240\r\n",
    );
    assert_eq!(text, expected);
    let without_parameters = MediaDescription::floor_control(30002, &McpttFmtp::default());
    let text = SessionDescription::new(&origin, None).with_media(without_parameters).encode();
    assert!(text.ends_with("m=application 30002 udp MCPTT\r\n"));
}

#[test]
fn a_later_description_counts_up_only_when_it_differs() {
    let first: SessionDescription = OFFER.parse().unwrap();
    let same = OFFER.parse::<SessionDescription>().unwrap();
    assert_eq!(same.succeeding(&first), first);
    let mut held: SessionDescription = OFFER.parse().unwrap();
    held.media[0] = held.media[0].clone().with_direction(Direction::Inactive);
    held.set_origin(&Origin::new(1, 1, "::1".parse().unwrap()));
    let origin = held.succeeding(&first).origin().unwrap();
    assert_eq!(origin.to_string(), "alice 2890844526 2890844527 IN IP4 10.1.1.5");
}

#[test]
fn a_later_description_must_not_drop_or_move_lines() {
    let first: SessionDescription = OFFER.parse().unwrap();
    let mut moved = first.clone();
    moved.media.swap(0, 1);
    let mut dropped = first.clone();
    dropped.media.pop();
    let longer = first.clone().with_media(MediaDescription::new("video", 1, "RTP/AVP", ["100"]));
    assert!(first.keeps_media_of(&first));
    assert!(!moved.keeps_media_of(&first));
    assert!(!dropped.keeps_media_of(&first));
    assert!(longer.keeps_media_of(&first));
    let mut refused = first.clone();
    refused.media[0].port = 0;
    refused.media[1].port = 0;
    assert!(moved.keeps_media_of(&refused));
    assert_eq!(Direction::SendOnly.reversed(), Direction::RecvOnly);
    assert_eq!(Direction::RecvOnly.reversed(), Direction::SendOnly);
    assert_eq!(Direction::Inactive.reversed(), Direction::Inactive);
}
