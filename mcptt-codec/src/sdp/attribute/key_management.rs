//! `a=key-mgmt`: a message of a key management protocol (RFC 4567). What is inside is for that protocol alone.

use std::fmt;

use base64::Engine;
use zeroize::{Zeroize, Zeroizing};

use super::{AttributeLevel, TypedAttribute};
use crate::DecodeError;
use crate::base64_text::BASE64;
use crate::sdp::MAX_KEY_MANAGEMENT_OCTETS;
use crate::sdp::grammar::{Scan, is_token};
use crate::text::ByteStr;

/// One `a=key-mgmt`. Its `Debug` form shows the length of the message only.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyManagement {
    /// The protocol; `mikey` in this service.
    pub protocol: ByteStr,
    data: Zeroizing<Vec<u8>>,
}

impl KeyManagement {
    /// A message of MIKEY (RFC 3830).
    pub fn mikey(message: Vec<u8>) -> Self {
        Self { protocol: ByteStr::from_static("mikey"), data: Zeroizing::new(message) }
    }

    /// Reads the value of the attribute: the protocol and the message in base64.
    ///
    /// # Errors
    /// [`DecodeError`] when one of them is missing, it is not base64, or it is beyond [`MAX_KEY_MANAGEMENT_OCTETS`].
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp a=key-mgmt";
        let mut scan = Scan::new(value, WHAT);
        //= RFC4567-3.1
        let protocol = scan.read(|token| is_token(token).then_some(token))?.into();
        let encoded = scan.token()?;
        scan.end()?;
        let got = encoded.len().div_ceil(4).saturating_mul(3);
        if got > MAX_KEY_MANAGEMENT_OCTETS {
            return Err(DecodeError::too_large(0, WHAT, MAX_KEY_MANAGEMENT_OCTETS, got));
        }
        let data = BASE64.decode(encoded).map_err(|_| scan.invalid(encoded))?;
        Ok(Self { protocol, data: Zeroizing::new(data) })
    }

    /// Whether it is a message of MIKEY.
    pub fn is_mikey(&self) -> bool {
        self.protocol.eq_ignore_ascii_case("mikey")
    }

    /// The octets of the message.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

impl fmt::Debug for KeyManagement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyManagement({}, {} octets hidden)", self.protocol, self.data.len())
    }
}

impl TypedAttribute for KeyManagement {
    const NAME: &'static str = "key-mgmt";
    const LEVEL: AttributeLevel = AttributeLevel::Both;
    const REQUIREMENT: &'static str = "RFC4567-3.1";

    fn read(value: &str) -> Result<Self, DecodeError> {
        Self::parse(value)
    }

    fn write(&self, out: &mut String) {
        let mut encoded = BASE64.encode(&*self.data);
        out.push_str(&self.protocol);
        out.push(' ');
        out.push_str(&encoded);
        encoded.zeroize();
    }
}
