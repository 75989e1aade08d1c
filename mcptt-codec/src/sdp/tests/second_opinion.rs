//! The crate `sdp-types` reads the same values from what we read and from what we write.

use super::super::*;
use super::{ANSWER, OFFER};

fn compare(text: &str) {
    let ours = SessionDescription::decode(text.as_bytes()).unwrap();
    for octets in [text.as_bytes(), ours.encode().as_bytes()] {
        let theirs = sdp_types::Session::parse(octets).unwrap();
        let origin = ours.origin().unwrap();
        assert_eq!(origin.username, theirs.origin.username.as_deref().unwrap_or("-"));
        assert_eq!(origin.session_id.to_string(), theirs.origin.sess_id);
        assert_eq!(origin.session_version, theirs.origin.sess_version);
        assert_eq!(origin.address.as_str(), theirs.origin.unicast_address);
        assert_eq!(
            ours.connection().map(|connection| connection.address.to_string()),
            theirs.connection.as_ref().map(|connection| connection.connection_address.clone())
        );
        let lines =
            |kind: char| ours.lines.iter().filter(move |line| line.kind == kind).map(|line| &line.value);
        let times: Vec<_> = lines('t').map(|value| Timing::parse(value).unwrap()).collect();
        let others: Vec<_> = theirs.times.iter().map(|time| (time.start_time, time.stop_time)).collect();
        assert_eq!(times.iter().map(|time| (time.start, time.stop)).collect::<Vec<_>>(), others);
        let repeats: Vec<_> = lines('r').map(|value| Repeat::parse(value).unwrap()).collect();
        let others: Vec<_> = theirs
            .times
            .iter()
            .flat_map(|time| &time.repeats)
            .map(|other| Repeat {
                interval: other.repeat_interval,
                duration: other.active_duration,
                offsets: other.offsets.clone(),
            })
            .collect();
        assert_eq!(repeats, others);
        let zones: Vec<_> = lines('z').flat_map(|value| ZoneAdjustments::parse(value).unwrap().0).collect();
        let others: Vec<_> =
            theirs.time_zones.iter().map(|zone| (zone.adjustment_time, zone.offset)).collect();
        assert_eq!(zones.iter().map(|zone| (zone.time, zone.offset)).collect::<Vec<_>>(), others);
        let bandwidths = |lines: &[Line]| {
            let bandwidths = lines.iter().filter(|line| line.kind == 'b');
            bandwidths.map(|line| line.value.to_string()).collect::<Vec<_>>()
        };
        let written = |others: &[sdp_types::Bandwidth]| {
            others.iter().map(|other| format!("{}:{}", other.bwtype, other.bandwidth)).collect::<Vec<_>>()
        };
        assert_eq!(bandwidths(&ours.lines), written(&theirs.bandwidths));
        assert_eq!(lines('u').next().map(|uri| uri.to_string()), theirs.uri);
        assert_eq!(lines('e').map(|email| email.to_string()).collect::<Vec<_>>(), theirs.emails);
        assert_eq!(lines('p').map(|phone| phone.to_string()).collect::<Vec<_>>(), theirs.phones);
        assert_eq!(ours.media.len(), theirs.medias.len());
        for (own, other) in ours.media.iter().zip(&theirs.medias) {
            assert_eq!(own.kind.as_str(), other.media);
            assert_eq!((own.port, own.port_count), (other.port, other.num_ports));
            assert_eq!(own.protocol.as_str(), other.proto);
            let formats: Vec<_> = own.formats.iter().map(|format| format.as_str()).collect();
            assert_eq!(formats.join(" "), other.fmt);
            assert_eq!(own.title().map(|title| title.as_str()), other.media_title.as_deref());
            assert_eq!(bandwidths(&own.lines), written(&other.bandwidths));
            let connections: Vec<_> = other
                .connections
                .iter()
                .map(|other| format!("{} {} {}", other.nettype, other.addrtype, other.connection_address))
                .collect();
            let own_connections = own.lines.iter().filter(|line| line.kind == 'c');
            assert_eq!(own_connections.map(|line| line.value.to_string()).collect::<Vec<_>>(), connections);
            let attributes: Vec<_> = own
                .attributes()
                .map(|attribute| (attribute.name.to_string(), attribute.value.map(|value| value.to_string())))
                .collect();
            let others: Vec<_> = other
                .attributes
                .iter()
                .map(|attribute| (attribute.attribute.clone(), attribute.value.clone()))
                .collect();
            assert_eq!(attributes, others);
        }
    }
}

/// Every line of RFC 8866, several connections, and attributes of most kinds.
const WHOLE: &str = "v=0\r\no=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\ns=Call\r\ni=about\r\n\
    u=https://www.example.org/sdp\r\ne=jdoe@example.org (Jane)\r\np=+1 617 555-6011\r\nc=IN IP4 198.51.100.1\r\n\
    b=CT:154798\r\nb=TIAS:128000\r\nt=3724394400 3724398000\r\nr=604800 3600 0 90000\r\nt=3724484400 3724488000\r\n\
    r=7d 1h 0 25h\r\nz=2882844526 -1h 2898848070 0\r\na=group:LS 1\r\na=lang:de\r\n\
    m=audio 49170 UDP/TLS/RTP/SAVP 0 97\r\ni=speech\r\nc=IN IP4 233.252.0.1/127\r\nc=IN IP4 233.252.0.2/127/2\r\n\
    b=AS:64\r\na=mid:1\r\na=setup:actpass\r\na=rtpmap:97 AMR-WB/16000/1\r\na=rtcp-mux\r\n";

#[test]
fn a_whole_description_means_the_same_to_both() {
    compare(WHOLE);
    assert_eq!(SessionDescription::decode(WHOLE.as_bytes()).unwrap().encode(), WHOLE);
    // We read what they write.
    let theirs = sdp_types::Session::parse(WHOLE.as_bytes()).unwrap();
    let mut written = Vec::new();
    theirs.write(&mut written).unwrap();
    compare(std::str::from_utf8(&written).unwrap());
    let ours = SessionDescription::examine(&written).unwrap();
    assert_eq!((ours.value.media.len(), ours.deviations), (1, vec![]));
}

#[test]
fn the_examples_mean_the_same_to_both() {
    compare(OFFER);
    compare(ANSWER);
    compare(
        "v=0\r\no=- 3724394400 3724394405 IN IP6 2001:db8::1\r\ns=Call to group\r\ni=about\r\nc=IN IP6 2001:db8::1\r\n\
         b=AS:64\r\nt=3724394400 3724398000\r\na=recvonly\r\nm=audio 49170/2 RTP/AVP 0 8 97\r\ni=speech\r\n\
         c=IN IP4 192.0.2.1\r\na=rtpmap:97 opus/48000/2\r\na=fmtp:97 useinbandfec=1\r\na=sendonly\r\n\
         m=video 0 RTP/AVP 31\r\nm=application 40002 udp MCPTT\r\na=fmtp:MCPTT mc_queueing\r\n",
    );
}
