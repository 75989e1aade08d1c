//! Formats of RTP streams, whatever payload type a description gives them, and which payload type each direction uses.

use super::{MediaDescription, RtpMap};
use crate::text::ByteStr;

/// A format of an RTP stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RtpFormat {
    /// The payload type of the description it stands in.
    pub payload_type: u8,
    /// Encoding and clock rate; static payload types without `a=rtpmap` have none.
    pub map: Option<RtpMap>,
    /// Its `a=fmtp`.
    pub parameters: Option<ByteStr>,
}

impl RtpFormat {
    /// Whether two descriptions mean the same format: encoding without case, clock rate and channels, whatever payload
    /// types they use; without a name the payload types themselves.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (&self.map, &other.map) {
            (None, None) => self.payload_type == other.payload_type,
            (Some(own), Some(other)) => {
                // One channel is what nothing means.
                let channels = |map: &RtpMap| map.parameters.as_deref().unwrap_or("1").to_owned();
                own.encoding.eq_ignore_ascii_case(&other.encoding)
                    && own.clock_rate == other.clock_rate
                    && channels(own) == channels(other)
            }
            _ => false,
        }
    }

    /// Whether this is the format of an `a=rtpmap` value such as `AMR-WB/16000/1`; the number of channels does not count. A
    /// static payload type without a name may be anything that its number says.
    pub fn is_called(&self, rtpmap: &str) -> bool {
        let Some(map) = &self.map else { return true };
        let mut parts = rtpmap.split('/');
        parts.next().is_some_and(|own| own.eq_ignore_ascii_case(&map.encoding))
            && parts.next().and_then(|own| own.parse().ok()) == Some(map.clock_rate)
    }
}

/// The payload types of one format after offer and answer. Each side states the number it wants to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PayloadTypePair {
    /// In packets towards the offerer.
    pub to_offerer: u8,
    /// In packets towards the answerer.
    pub to_answerer: u8,
}

impl MediaDescription {
    /// The formats in their order of preference; formats that are no payload type are left out.
    pub fn rtp_formats(&self) -> Vec<RtpFormat> {
        let numbers = self.formats.iter().filter_map(|format| super::grammar::payload_type(format));
        numbers
            .map(|payload_type| RtpFormat {
                payload_type,
                map: self.rtpmap(payload_type),
                parameters: self.fmtp(&payload_type.to_string()),
            })
            .collect()
    }

    /// The formats that this offer and its answer have in common, in the order of the answer.
    pub fn agreed_payload_types(&self, answer: &Self) -> Vec<PayloadTypePair> {
        let offered = self.rtp_formats();
        let pair = |answered: RtpFormat| {
            let same = offered.iter().find(|format| format.is_same_as(&answered))?;
            //= RFC3264-5.1:payload-types
            Some(PayloadTypePair { to_offerer: same.payload_type, to_answerer: answered.payload_type })
        };
        answer.rtp_formats().into_iter().filter_map(pair).collect()
    }
}
