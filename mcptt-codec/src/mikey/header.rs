//! The common header (HDR) and the map of crypto sessions in it (RFC 3830 6.1, RFC 4563 4, RFC 6043 6.1.1).

use bytes::Bytes;

use super::number::{CsIdMapType, DataType, PayloadType, PrfFunction, ProtocolType};
use super::wire::{self, Input};
use crate::cursor::Writer;
use crate::id::Ssrc;
use crate::{DecodeError, EncodeError};

/// The version of MIKEY.
pub const VERSION: u8 = 1;

/// Octets before the map.
const FIXED_OCTETS: usize = 10;

/// The common header. Version and "next payload" are written by the encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommonHeader {
    /// Kind of message.
    pub data_type: DataType,
    /// Flag V: whether an answer that verifies the keys is expected.
    pub verify: bool,
    /// Pseudo-random function, 0 to 127.
    pub prf: PrfFunction,
    /// Crypto session bundle. In MCPTT the identifier of the key that the message carries.
    pub csb_id: u32,
    /// The crypto sessions.
    pub cs_map: CsIdMap,
}

/// The crypto sessions of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsIdMap {
    /// Streams of SRTP, at most 255.
    Srtp(Vec<SrtpId>),
    /// Nothing about them.
    Empty {
        /// How many there are; 0 in MCPTT.
        count: u8,
    },
    /// Sessions of any protocol, at most 255.
    Generic(Vec<GenericId>),
    /// A map of an unknown type: where it ends is not known either, so no payload behind it can be read.
    Other {
        /// Type of the map.
        map_type: CsIdMapType,
        /// How many crypto sessions there are.
        count: u8,
    },
}

/// A stream of SRTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct SrtpId {
    /// Number of the policy that applies.
    pub policy: u8,
    /// The stream.
    pub ssrc: Ssrc,
    /// Its roll-over counter.
    pub roll_over_counter: u32,
}

/// A crypto session of any protocol (RFC 6043 6.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GenericId {
    /// Number of the crypto session.
    pub cs_id: u8,
    /// The protocol.
    pub protocol: ProtocolType,
    /// Flag S: what it means depends on the session data.
    pub session_flag: bool,
    /// Numbers of policies that are offered or chosen, at most 127.
    pub policies: Bytes,
    /// Depends on the protocol, at most 65535 octets. SRTP: SSRC, and with the flag roll-over counter and sequence
    /// number, per stream.
    pub session_data: Bytes,
    /// Identifier of the key that is used first (SPI or MKI), at most 255 octets.
    pub spi: Bytes,
}

impl CommonHeader {
    /// The header of a MIKEY-SAKKE I_MESSAGE as TS 33.180 E.1.2 wants it.
    //= 33.180-mikey
    pub const fn sakke(csb_id: u32) -> Self {
        Self {
            data_type: DataType::SAKKE,
            verify: false,
            prf: PrfFunction::HMAC_SHA_256,
            csb_id,
            cs_map: CsIdMap::Empty { count: 0 },
        }
    }

    /// Reads the header and the type of the payload behind it.
    pub(super) fn read(input: &mut Input<'_>) -> Result<(Self, PayloadType), DecodeError> {
        let reader = &mut input.reader;
        let at = reader.offset();
        //= RFC3830-6.1:version
        if reader.u8("MIKEY version")? != VERSION {
            return Err(DecodeError::invalid(at, "MIKEY version"));
        }
        let data_type = DataType(reader.u8("data type")?);
        let next = PayloadType(reader.u8("next payload")?);
        let flag_and_prf = reader.u8("PRF function")?;
        let csb_id = reader.u32("CSB ID")?;
        let count = reader.u8("number of crypto sessions")?;
        let map_type = CsIdMapType(reader.u8("CS ID map type")?);
        let cs_map = CsIdMap::read(map_type, count, input)?;
        let (verify, prf) = (flag_and_prf & 0x80 != 0, PrfFunction(flag_and_prf & 0x7f));
        Ok((Self { data_type, verify, prf, csb_id, cs_map }, next))
    }

    /// Octets of the header.
    pub(super) fn len(&self) -> usize {
        FIXED_OCTETS.saturating_add(self.cs_map.len())
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>, next: PayloadType) -> Result<(), EncodeError> {
        let prf = wire::bits("PRF function", self.prf.0, 0x7f)?;
        let count = self.cs_map.count();
        let refused = EncodeError { what: "crypto sessions", limit: 255, got: count };
        writer.u8(VERSION);
        writer.u8(self.data_type.0);
        writer.u8(next.0);
        writer.u8(if self.verify { 0x80 } else { 0 } | prf);
        writer.u32(self.csb_id);
        writer.u8(u8::try_from(count).map_err(|_| refused)?);
        writer.u8(self.cs_map.map_type().0);
        self.cs_map.write(writer)
    }
}

impl CsIdMap {
    /// Type of the map.
    pub const fn map_type(&self) -> CsIdMapType {
        match self {
            Self::Srtp(_) => CsIdMapType::SRTP_ID,
            Self::Empty { .. } => CsIdMapType::EMPTY,
            Self::Generic(_) => CsIdMapType::GENERIC_ID,
            Self::Other { map_type, .. } => *map_type,
        }
    }

    /// How many crypto sessions there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Srtp(streams) => streams.len(),
            Self::Generic(sessions) => sessions.len(),
            Self::Empty { count } | Self::Other { count, .. } => usize::from(*count),
        }
    }

    fn read(map_type: CsIdMapType, count: u8, input: &mut Input<'_>) -> Result<Self, DecodeError> {
        Ok(match map_type {
            CsIdMapType::SRTP_ID => {
                Self::Srtp((0..count).map(|_| SrtpId::read(input)).collect::<Result<_, _>>()?)
            }
            CsIdMapType::EMPTY => Self::Empty { count },
            CsIdMapType::GENERIC_ID => {
                Self::Generic((0..count).map(|_| GenericId::read(input)).collect::<Result<_, _>>()?)
            }
            map_type => Self::Other { map_type, count },
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Srtp(streams) => streams.len().saturating_mul(SrtpId::OCTETS),
            Self::Generic(sessions) => sessions.iter().map(GenericId::len).fold(0, usize::saturating_add),
            Self::Empty { .. } | Self::Other { .. } => 0,
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Srtp(streams) => streams.iter().for_each(|stream| stream.write(writer)),
            Self::Generic(sessions) => return sessions.iter().try_for_each(|session| session.write(writer)),
            Self::Empty { .. } | Self::Other { .. } => {}
        }
        Ok(())
    }
}

impl SrtpId {
    const OCTETS: usize = 9;

    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        //= RFC3830-6.1.1
        Ok(Self {
            policy: input.reader.u8("policy number")?,
            ssrc: Ssrc(input.reader.u32("SSRC")?),
            roll_over_counter: input.reader.u32("ROC")?,
        })
    }

    fn write(self, writer: &mut Writer<'_>) {
        writer.u8(self.policy);
        writer.u32(self.ssrc.0);
        writer.u32(self.roll_over_counter);
    }
}

impl GenericId {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        //= RFC6043-6.1.1
        let cs_id = input.reader.u8("CS ID")?;
        let protocol = ProtocolType(input.reader.u8("protocol type")?);
        let flag_and_count = input.reader.u8("number of policies")?;
        Ok(Self {
            cs_id,
            protocol,
            session_flag: flag_and_count & 0x80 != 0,
            policies: input.octets(usize::from(flag_and_count & 0x7f), "policies")?,
            session_data: input.sized16("session data")?,
            spi: input.sized8("SPI")?,
        })
    }

    fn len(&self) -> usize {
        [self.policies.len(), self.session_data.len(), self.spi.len()]
            .iter()
            .fold(6, |sum, len| sum.saturating_add(*len))
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let refused =
            EncodeError { what: "policies of a crypto session", limit: 127, got: self.policies.len() };
        let count = u8::try_from(self.policies.len()).ok().filter(|count| *count < 0x80).ok_or(refused)?;
        writer.u8(self.cs_id);
        writer.u8(self.protocol.0);
        writer.u8(if self.session_flag { 0x80 } else { 0 } | count);
        writer.slice(&self.policies);
        wire::sized16(writer, "session data", &self.session_data)?;
        wire::sized8(writer, "SPI", &self.spi)
    }
}
