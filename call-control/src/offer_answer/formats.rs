//! Which audio format a leg uses, where the media function can change one into another, and the header extensions that
//! are agreed on.

use mcptt_codec::sdp::{Attribute, ExtMap, MediaDescription, RtpFormat, SessionDescription};
use mcptt_codec::text::ByteStr;

use super::{RemoteMedia, redundancy};
use crate::media::Redundancy;

/// Encoding names that the media function can code, with the payload types that need no name for it (RFC 3551 6).
const CODED: [(&str, Option<u8>); 3] = [("opus", None), ("PCMU", Some(0)), ("PCMA", Some(8))];

/// Header extensions for talker and location (RFC 7941), and under which number we offer them.
const TALKER: (&str, u16) = ("urn:ietf:params:rtp-hdrext:sdes:name", 1);
const LOCATION: (&str, u16) = ("urn:ietf:params:rtp-hdrext:sdes:loc", 2);

/// What is known of the voice of a leg.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LegVoice {
    /// The encoding name, if the media function can code it.
    pub encoding: Option<&'static str>,
    /// The numbers of the header extensions of talker and location; 0: not agreed on.
    pub extensions: [u8; 2],
    /// The redundancy that is agreed on.
    pub redundancy: Redundancy,
}

/// The encoding name of a format that the media function can code.
pub(crate) fn coded(format: &RtpFormat) -> Option<&'static str> {
    let is = |(name, number): &(&str, Option<u8>)| match &format.map {
        Some(map) => map.encoding.eq_ignore_ascii_case(name),
        None => Some(format.payload_type) == *number,
    };
    CODED.iter().find(|coded| is(coded)).map(|(name, _)| *name)
}

impl RemoteMedia {
    /// The format that this side is spoken to in, in a call of `format`: the same or, where the media function may change it,
    /// the first one that it can code.
    pub fn usable_format(&self, format: &RtpFormat, transcodes: bool) -> Option<&RtpFormat> {
        let same = self.formats.iter().find(|own| is_alike(own, format));
        let other = || self.formats.iter().find(|own| coded(own).is_some());
        same.or_else(|| other().filter(|_| transcodes && coded(format).is_some()))
    }
}

/// The same format, with or without a name for a number that needs none.
fn is_alike(own: &RtpFormat, other: &RtpFormat) -> bool {
    own.is_same_as(other)
        || (coded(own).is_some() && coded(own) == coded(other) && own.map.is_none() != other.map.is_none())
}

/// Adds G.711 to an offer of another codec that the media function can code.
pub(crate) fn with_g711(mut audio: MediaDescription) -> MediaDescription {
    let formats = audio.rtp_formats();
    if redundancy::voice(&formats).and_then(coded).is_none() {
        return audio;
    }
    for (name, number) in [("PCMU", 0_u8), ("PCMA", 8)] {
        let there = formats.iter().any(|own| own.payload_type == number || coded(own) == Some(name));
        if !there {
            audio.formats.push(number.to_string().into());
            audio.push_attribute(&Attribute::new("rtpmap", format!("{number} {name}/8000")));
        }
    }
    audio
}

/// Adds the header extensions to an offer.
//= RFC8285-5
pub(crate) fn with_extensions(mut audio: MediaDescription) -> MediaDescription {
    for (uri, id) in [TALKER, LOCATION] {
        audio.push_attribute(&Attribute::new("extmap", extmap(uri, id)));
    }
    audio
}

/// Accepts the header extensions of an offer in its answer, under its numbers.
//= RFC8285-7
pub(crate) fn accept_extensions(answer: &mut SessionDescription, offered: &SessionDescription) {
    let [talker, location] = extensions_of(offered);
    let accepted =
        answer.media.iter_mut().find(|media| media.kind.eq_ignore_ascii_case("audio") && !media.is_refused());
    let Some(audio) = accepted else { return };
    for ((uri, _), id) in [(TALKER, talker), (LOCATION, location)] {
        if id != 0 {
            audio.push_attribute(&Attribute::new("extmap", extmap(uri, id.into())));
        }
    }
}

/// The numbers of the header extensions in a description; 0: not there, or not towards it.
pub(crate) fn extensions_of(description: &SessionDescription) -> [u8; 2] {
    let audio = description.audio().into_iter();
    let mapped: Vec<ExtMap> = audio.flat_map(|audio| audio.typed().filter_map(Result::ok)).collect();
    [TALKER, LOCATION].map(|(uri, _)| {
        let found = mapped.iter().find(|map| map.uri.as_str() == uri);
        found.and_then(|map| u8::try_from(map.id).ok()).unwrap_or_default()
    })
}

fn extmap(uri: &str, id: u16) -> String {
    ExtMap { id, direction: None, uri: ByteStr::from(uri), attributes: None }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(audio: &str) -> SessionDescription {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n{audio}\
             m=application 41002 udp MCPTT\r\n"
        );
        text.parse().unwrap()
    }

    const OPUS: &str = "m=audio 41000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n";
    const TELEPHONE: &str = "m=audio 41000 RTP/AVP 8 0\r\n";
    const AMR: &str = "m=audio 41000 RTP/AVP 97\r\na=rtpmap:97 AMR-WB/16000\r\n";

    fn remote(audio: &str) -> RemoteMedia {
        RemoteMedia::read(&described(audio)).unwrap()
    }

    #[test]
    fn a_telephone_is_spoken_to_in_g711_where_voice_may_be_transcoded() {
        let [opus, telephone, amr] = [OPUS, TELEPHONE, AMR].map(remote);
        let of = |remote: &RemoteMedia, call: &RemoteMedia, transcodes| {
            remote.usable_format(&call.formats[0], transcodes).map(|format| format.payload_type)
        };
        assert_eq!(of(&telephone, &opus, true), Some(8));
        assert_eq!(of(&telephone, &opus, false), None);
        assert_eq!(of(&opus, &telephone, true), Some(96));
        assert_eq!(of(&opus, &opus, false), Some(96));
        // Nobody here can code it.
        assert_eq!(of(&telephone, &amr, true), None);
        assert_eq!(of(&amr, &opus, true), None);
    }

    #[test]
    fn g711_is_added_beside_what_can_be_transcoded_only() {
        let formats = |audio: &str| {
            let audio = with_g711(described(audio).audio().unwrap().clone());
            audio.formats.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(formats(OPUS), ["96", "0", "8"]);
        assert_eq!(formats(TELEPHONE), ["8", "0"]);
        assert_eq!(formats(AMR), ["97"]);
    }

    //= RFC8285-5 test
    //= RFC8285-7 test
    #[test]
    fn header_extensions_are_answered_under_the_numbers_of_the_offer() {
        let uri = TALKER.0;
        let offer = described(&format!("{OPUS}a=extmap:9 {uri}\r\na=extmap:3 urn:example:other\r\n"));
        assert_eq!(extensions_of(&offer), [9, 0]);
        let mut answer = described(OPUS);
        accept_extensions(&mut answer, &offer);
        assert_eq!(extensions_of(&answer), [9, 0]);
        let audio = with_extensions(described(OPUS).audio().unwrap().clone());
        let mut offer = described("");
        offer.media.insert(0, audio);
        assert_eq!(extensions_of(&offer), [1, 2]);
    }
}
