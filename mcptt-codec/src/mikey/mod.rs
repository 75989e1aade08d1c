//! MIKEY messages: the container that keys of MCPTT travel in (RFC 3830, RFC 6043, RFC 6509; TS 33.180 E.1.2).
//!
//! A [`Mikey`] is a header and a [`Chain`] of payloads, every octet kept. What is encrypted, encapsulated or signed is
//! not looked into here; it is never printed and wiped when dropped.
//!
//! ```
//! use mcptt_codec::mikey::{CommonHeader, IdentityWithRole, Identity, Mikey, Rand, Role, Timestamp};
//!
//! let message = Mikey::new(CommonHeader::sakke(0x2000_0001))
//!     .with(Timestamp::NtpUtc(0xe54c_3a01_0000_0000))
//!     .with(Rand(vec![7; 16].into()))
//!     .with(IdentityWithRole { role: Role::INITIATOR, value: Identity::uri("sip:alice@mc.example.org") });
//! let text = message.to_base64().unwrap();
//! assert_eq!(Mikey::from_base64(&text).unwrap().value, message);
//! ```

mod chain;
mod content;
mod header;
mod key;
mod number;
mod payload;
mod secret;
mod view;
mod wire;

#[cfg(test)]
mod tests;

use base64::Engine;
use bytes::BytesMut;
use zeroize::{Zeroize, Zeroizing};

pub use chain::{Chain, MAX_PAYLOADS, Rest};
pub use content::{
    Certificate, CertificateHash, ECCSI_SIGNATURE_OCTETS, GeneralExtension, Identity, MikeyError,
    PolicyParameter, Rand, SecurityPolicy, Signature, Ticket, TicketPolicy, Timestamp, Verification,
    WithRole,
};
pub use header::{CommonHeader, CsIdMap, GenericId, SrtpId, VERSION};
pub use key::{DhData, EnvelopeData, KeyData, KeyTransport, KeyValidity, Sakke};
pub use number::*;
pub use payload::Payload;
pub use secret::KeyMaterial;
pub use view::view;

use crate::base64_text::BASE64;
use crate::cursor::Writer;
use crate::{DecodeError, Decoded, EncodeError};
use wire::Input;

/// Octets of the longest message; no signalling carries nearly as much.
pub const MAX_MESSAGE_OCTETS: usize = 65_536;

/// An identity that says whose it is (IDR).
pub type IdentityWithRole = WithRole<Identity>;

/// A MIKEY message. Decoding and encoding gives back every octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mikey {
    /// The common header.
    pub header: CommonHeader,
    /// The payloads behind it.
    pub chain: Chain,
}

impl Mikey {
    /// A message without payloads.
    pub const fn new(header: CommonHeader) -> Self {
        Self { header, chain: Chain { payloads: Vec::new(), rest: None } }
    }

    /// The message with one payload more.
    #[must_use]
    pub fn with(mut self, payload: impl Into<Payload>) -> Self {
        self.chain.payloads.push(payload.into());
        self
    }

    /// The payloads that could be read, in wire order.
    pub fn payloads(&self) -> &[Payload] {
        &self.chain.payloads
    }

    /// The identity of this role.
    pub fn identity(&self, role: Role) -> Option<&Identity> {
        self.payloads().iter().find_map(|payload| match payload {
            Payload::IdentityWithRole(identity) if identity.role == role => Some(&identity.value),
            _ => None,
        })
    }

    /// Reads a message. Where no payload can be found any more the octets are kept as [`Chain::rest`] and a deviation
    /// says why.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the message, when the header cannot be read, with more than
    /// [`MAX_PAYLOADS`] payloads or [`MAX_MESSAGE_OCTETS`] octets.
    pub fn decode(octets: &[u8]) -> Result<Decoded<Self>, DecodeError> {
        check_size(octets.len())?;
        let mut input = Input::new(octets);
        let (header, first) = CommonHeader::read(&mut input)?;
        let mut deviations = Vec::new();
        let chain = if let CsIdMap::Other { .. } = header.cs_map {
            // Where the map ends is not known, so the first payload cannot be found.
            Chain::unread(first, &input, &mut deviations)
        } else {
            Chain::read(first, input, &mut deviations)?
        };
        Ok(Decoded { value: Self { header, chain }, deviations })
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        self.header.len().saturating_add(self.chain.encoded_len())
    }

    /// Appends the message. Keys leave no copies behind: room for all of it is made first.
    ///
    /// # Errors
    /// [`EncodeError`] when something does not fit its field, when a payload follows a signature or an unknown map,
    /// or when a limit of this project is exceeded; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let got = self.encoded_len();
        if got > MAX_MESSAGE_OCTETS {
            return Err(EncodeError { what: "MIKEY message", limit: MAX_MESSAGE_OCTETS, got });
        }
        if matches!(self.header.cs_map, CsIdMap::Other { .. }) && !self.chain.payloads.is_empty() {
            let got = self.chain.payloads.len();
            return Err(EncodeError { what: "payloads behind an unknown map", limit: 0, got });
        }
        out.reserve(got);
        let mut writer = Writer::new(out);
        let written =
            self.header.write(&mut writer, self.chain.first()).and_then(|()| self.chain.write(&mut writer));
        if written.is_err() {
            writer.undo();
        }
        written
    }

    /// Reads the base64 text of `a=key-mgmt:mikey` (RFC 4567) or of a body, with or without padding.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and [`DecodeError`] at the first character that is not base64.
    pub fn from_base64(text: &str) -> Result<Decoded<Self>, DecodeError> {
        let text = text.trim();
        // Four characters are three octets; padding may make it look two more.
        check_size((text.len() / 4).saturating_mul(3).saturating_sub(2))?;
        let octets = BASE64.decode(text).map(Zeroizing::new).map_err(|error| {
            let at = match error {
                base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
                base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => text.len(),
            };
            DecodeError::invalid(at, "base64 of a MIKEY message")
        })?;
        Self::decode(&octets)
    }

    /// The base64 text, wiped when dropped.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn to_base64(&self) -> Result<Zeroizing<String>, EncodeError> {
        let mut octets = BytesMut::new();
        self.encode(&mut octets)?;
        let text = Zeroizing::new(BASE64.encode(&octets));
        octets.zeroize();
        Ok(text)
    }
}

fn check_size(got: usize) -> Result<(), DecodeError> {
    if got > MAX_MESSAGE_OCTETS {
        return Err(DecodeError::too_large(0, "MIKEY message", MAX_MESSAGE_OCTETS, got));
    }
    Ok(())
}
