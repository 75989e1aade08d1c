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
        let timing = ours.timing().unwrap();
        assert_eq!((timing.start, timing.stop), (theirs.times[0].start_time, theirs.times[0].stop_time));
        assert_eq!(ours.media.len(), theirs.medias.len());
        for (own, other) in ours.media.iter().zip(&theirs.medias) {
            assert_eq!(own.kind.as_str(), other.media);
            assert_eq!((own.port, own.port_count), (other.port, other.num_ports));
            assert_eq!(own.protocol.as_str(), other.proto);
            let formats: Vec<_> = own.formats.iter().map(|format| format.as_str()).collect();
            assert_eq!(formats.join(" "), other.fmt);
            assert_eq!(own.title().map(|title| title.as_str()), other.media_title.as_deref());
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
