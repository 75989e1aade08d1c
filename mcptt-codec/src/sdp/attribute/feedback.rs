//! `a=rtcp`: where RTCP goes (RFC 3605), and `a=rtcp-fb`: which feedback a stream takes (RFC 4585 4.2).

use std::fmt;

use super::typed_attribute;
use crate::DecodeError;
use crate::sdp::Connection;
use crate::sdp::grammar::{Scan, is_token, payload_type};
use crate::text::ByteStr;

/// `a=rtcp`: the port of RTCP, and its address when that is another one than of RTP.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RtcpPort {
    /// The port.
    pub port: u16,
    /// The address.
    pub connection: Option<Connection>,
}

impl RtcpPort {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no port, or something behind it that is no address.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=rtcp");
        //= RFC3605-2.1
        let port = scan.number()?;
        let rest = scan.rest();
        let connection = match rest {
            "" => None,
            rest => {
                let read = Connection::parse(rest).map_err(|_| scan.invalid(rest))?;
                Some(read).filter(|read| read.suffix.is_none()).ok_or(scan.invalid(rest)).map(Some)?
            }
        };
        Ok(Self { port, connection })
    }
}

impl fmt::Display for RtcpPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.port)?;
        self.connection.as_ref().map_or(Ok(()), |connection| write!(f, " {connection}"))
    }
}

typed_attribute!(RtcpPort, "rtcp", Media, "RFC3605-2.1");

/// `a=rtcp-fb`: feedback that the maker of the description understands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RtcpFeedback {
    /// For which payload type; `None` stands for `*`, all.
    pub payload_type: Option<u8>,
    /// `ack`, `nack`, `trr-int`, `ccm`, ...
    pub kind: ByteStr,
    /// What follows it: `pli`, `rpsi`, an interval in milliseconds, ...
    pub parameters: Option<ByteStr>,
}

impl RtcpFeedback {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no payload type or no kind.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=rtcp-fb");
        //= RFC4585-4.2
        let payload_type = scan.read(|token| match token {
            "*" => Some(None),
            token => payload_type(token).map(Some),
        })?;
        let kind = scan.read(|kind| is_token(kind).then_some(kind))?.into();
        let parameters = Some(scan.rest()).filter(|parameters| !parameters.is_empty()).map(ByteStr::from);
        Ok(Self { payload_type, kind, parameters })
    }
}

impl fmt::Display for RtcpFeedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.payload_type {
            Some(payload_type) => write!(f, "{payload_type} {}", self.kind)?,
            None => write!(f, "* {}", self.kind)?,
        }
        self.parameters.as_ref().map_or(Ok(()), |parameters| write!(f, " {parameters}"))
    }
}

typed_attribute!(RtcpFeedback, "rtcp-fb", Media, "RFC4585-4.2");
