//! Formats that are no voice by themselves: redundancy (RFC 2198) and repair packets (RFC 5109, RFC 8627). They are agreed on
//! beside a voice format, wherever they stand in the list.

use mcptt_codec::sdp::{MediaDescription, RtpFormat};

use crate::media::Redundancy;

/// What a format is, by its encoding name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Redundant,
    Ulp,
    Flexible,
}

impl Kind {
    fn of(format: &RtpFormat) -> Option<Self> {
        let encoding = &format.map.as_ref()?.encoding;
        let names = [("red", Self::Redundant), ("ulpfec", Self::Ulp), ("flexfec", Self::Flexible)];
        names.into_iter().find(|(name, _)| encoding.eq_ignore_ascii_case(name)).map(|(_, kind)| kind)
    }
}

/// Takes the formats that are no voice out of those of a description.
pub(crate) fn set_apart(formats: &mut Vec<RtpFormat>) -> Redundancy {
    let mut redundancy = Redundancy::default();
    let all = formats.clone();
    formats.retain(|format| {
        let number = Some(format.payload_type);
        match Kind::of(format) {
            None => return true,
            Some(Kind::Redundant) if repeats(format, &all) => {
                redundancy.redundant = redundancy.redundant.or(number)
            }
            Some(Kind::Redundant) => {}
            Some(Kind::Ulp) => redundancy.ulp = redundancy.ulp.or(number),
            Some(Kind::Flexible) => redundancy.flexible = redundancy.flexible.or(number),
        }
        false
    });
    redundancy
}

/// Whether the blocks of a redundant format are of formats of the same description; where it does not say, they are of any.
//= RFC2198-5:sdp
fn repeats(format: &RtpFormat, all: &[RtpFormat]) -> bool {
    let Some(blocks) = &format.parameters else { return true };
    // Parameters with names are not what the clause means.
    let mut numbers = blocks.split('/').map(|number| number.trim().parse::<u8>().ok());
    numbers.all(|number| all.iter().any(|other| Some(other.payload_type) == number))
}

/// The first format that is voice.
pub(crate) fn voice(formats: &[RtpFormat]) -> Option<&RtpFormat> {
    formats.iter().find(|format| Kind::of(format).is_none())
}

/// Leaves out of an answer what is no voice and not known.
pub(crate) fn leave_out(audio: &mut MediaDescription, knows: impl Fn(&RtpFormat) -> bool) {
    for format in audio.rtp_formats() {
        if Kind::of(&format).is_none() || knows(&format) {
            continue;
        }
        let number = format.payload_type.to_string();
        audio.formats.retain(|own| own.as_str() != number);
        audio.lines.retain(|line| {
            let of_format = line.attribute().is_some_and(|attribute| {
                let value = attribute.value.as_deref().unwrap_or_default();
                ["rtpmap", "fmtp"].contains(&attribute.name.as_str())
                    && value.split_ascii_whitespace().next() == Some(&number)
            });
            !of_format
        });
    }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::sdp::SessionDescription;

    use super::*;
    use crate::offer_answer::RemoteMedia;

    const AUDIO: &str = "m=audio 41000 RTP/AVP 98 96 99 100\r\na=rtpmap:98 red/48000/2\r\na=fmtp:98 96/96\r\n\
                         a=rtpmap:96 opus/48000/2\r\na=rtpmap:99 ulpfec/48000\r\na=rtpmap:100 flexfec/48000\r\n\
                         a=fmtp:100 repair-window=200000\r\n";

    fn described(audio: &str) -> SessionDescription {
        let text = format!(
            "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n{audio}\
             m=application 41002 udp MCPTT\r\n"
        );
        text.parse().unwrap()
    }

    //= RFC2198-5:sdp test
    #[test]
    fn redundancy_is_no_voice_wherever_it_stands() {
        let remote = RemoteMedia::read(&described(AUDIO)).unwrap();
        let numbers: Vec<u8> = remote.formats.iter().map(|format| format.payload_type).collect();
        assert_eq!(numbers, [96]);
        let expected = Redundancy { redundant: Some(98), ulp: Some(99), flexible: Some(100) };
        assert_eq!(remote.redundancy, expected);
        // Of formats that are not there nothing can be repeated; without voice there is no call.
        let other = described(&AUDIO.replace("98 96/96", "98 97/96"));
        assert_eq!(RemoteMedia::read(&other).unwrap().redundancy.redundant, None);
        let alone = "m=audio 41000 RTP/AVP 98\r\na=rtpmap:98 red/48000/2\r\n";
        assert_eq!(RemoteMedia::read(&described(alone)), None);
    }

    #[test]
    fn what_is_not_known_is_left_out_of_an_answer() {
        let mut answer = described(AUDIO).audio().unwrap().clone();
        leave_out(&mut answer, |format| format.is_called("red/48000/2"));
        let left: Vec<_> = answer.rtp_formats().iter().map(|format| format.payload_type).collect();
        assert_eq!(left, [98, 96]);
        let text = described("").with_media(answer).encode();
        assert!(
            text.contains("a=fmtp:98") && !text.contains("fec") && !text.contains("a=fmtp:100"),
            "{text}"
        );
    }
}
