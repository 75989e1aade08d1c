//! Payloads that carry keys: KEMAC, PKE, DH, Key data (RFC 3830 6.2 to 6.4, 6.13, 6.14) and SAKKE (RFC 6509 4.2).

use bytes::Bytes;

use super::number::{DhGroup, EncryptionAlgorithm, IdentifierScheme, KeyType, MacAlgorithm, SakkeParameters};
use super::secret::KeyMaterial;
use super::wire::{self, Content, Input, Unreadable};
use crate::EncodeError;
use crate::cursor::Writer;

/// Key data transport (KEMAC): encrypted key data payloads and what authenticates the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyTransport {
    /// How the data is encrypted.
    pub encryption: EncryptionAlgorithm,
    /// A chain of key data payloads, at most 65535 octets.
    pub data: KeyMaterial,
    /// What kind of authentication code follows.
    pub mac_algorithm: MacAlgorithm,
    /// The authentication code, as many octets as its kind has.
    pub mac: Bytes,
}

impl MacAlgorithm {
    /// Octets of the code; `None` when the algorithm is not known.
    pub const fn octets(self) -> Option<usize> {
        match self {
            Self::NULL => Some(0),
            Self::HMAC_SHA_1_160 => Some(20),
            Self::HMAC_SHA_256_256 => Some(32),
            _ => None,
        }
    }

    /// Reads the algorithm and its code.
    pub(super) fn read(input: &mut Input<'_>) -> Result<(Self, Bytes), Unreadable> {
        let algorithm = Self(input.reader.u8("authentication algorithm")?);
        let octets = algorithm.octets().ok_or(Unreadable::Unknown)?;
        Ok((algorithm, input.octets(octets, "authentication code")?))
    }

    pub(super) fn write(self, writer: &mut Writer<'_>, code: &[u8]) -> Result<(), EncodeError> {
        writer.u8(self.0);
        wire::implied(writer, "authentication code", self.octets(), code)
    }
}

impl Content for KeyTransport {
    //= RFC3830-6.2
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let encryption = EncryptionAlgorithm(input.reader.u8("encryption algorithm")?);
        let data = input.keys("encrypted data")?;
        let (mac_algorithm, mac) = MacAlgorithm::read(input)?;
        Ok(Self { encryption, data, mac_algorithm, mac })
    }

    fn len(&self) -> usize {
        self.data.as_bytes().len().saturating_add(self.mac.len()).saturating_add(4)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.encryption.0);
        wire::sized16(writer, "encrypted data", self.data.as_bytes())?;
        self.mac_algorithm.write(writer, &self.mac)
    }
}

/// Envelope data (PKE): the envelope key, encrypted with a public key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvelopeData {
    /// Whether the envelope key may be kept: 0 no, 1 for the session, 2 for the bundle; two bits.
    pub cache: u8,
    /// The encrypted key, at most 16383 octets.
    pub data: KeyMaterial,
}

impl Content for EnvelopeData {
    //= RFC3830-6.3
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let [high, low] = input.reader.array("envelope data length")?;
        let len = u16::from_be_bytes([high & 0x3f, low]);
        let data = KeyMaterial::new(input.reader.take(len.into(), "envelope data")?.to_vec());
        Ok(Self { cache: high >> 6, data })
    }

    fn len(&self) -> usize {
        self.data.as_bytes().len().saturating_add(2)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let got = self.data.as_bytes().len();
        let refused = EncodeError { what: "envelope data", limit: 0x3fff, got };
        let len = u16::try_from(got).ok().filter(|len| *len <= 0x3fff).ok_or(refused)?;
        let cache = wire::bits("cache of the envelope key", self.cache, 3)?;
        writer.u16(u16::from(cache) << 14 | len);
        writer.slice(self.data.as_bytes());
        Ok(())
    }
}

/// How long a key may be used (KV).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum KeyValidity {
    /// Nothing is said.
    #[default]
    Null,
    /// As long as packets carry this SPI or MKI, at most 255 octets.
    Spi(Bytes),
    /// From one point to another, in the units of the protocol, at most 255 octets each.
    Interval {
        /// First.
        from: Bytes,
        /// Last.
        to: Bytes,
    },
}

impl KeyValidity {
    /// Number of the kind, four bits.
    const fn number(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Spi(_) => 1,
            Self::Interval { .. } => 2,
        }
    }

    //= RFC3830-6.14
    fn read(number: u8, input: &mut Input<'_>) -> Result<Self, Unreadable> {
        Ok(match number {
            0 => Self::Null,
            1 => Self::Spi(input.sized8("SPI")?),
            2 => Self::Interval { from: input.sized8("valid from")?, to: input.sized8("valid to")? },
            _ => return Err(Unreadable::Unknown),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Spi(spi) => spi.len().saturating_add(1),
            Self::Interval { from, to } => from.len().saturating_add(to.len()).saturating_add(2),
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Null => Ok(()),
            Self::Spi(spi) => wire::sized8(writer, "SPI", spi),
            Self::Interval { from, to } => {
                wire::sized8(writer, "valid from", from)?;
                wire::sized8(writer, "valid to", to)
            }
        }
    }
}

/// Diffie-Hellman data (DH): a public value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DhData {
    /// The group.
    pub group: DhGroup,
    /// The public value, as many octets as the group has.
    pub value: Bytes,
    /// Four reserved bits; zero when sent.
    pub reserved: u8,
    /// How long the key may be used.
    pub validity: KeyValidity,
}

impl DhGroup {
    /// Octets of a public value; `None` when the group is not known.
    pub const fn octets(self) -> Option<usize> {
        match self {
            Self::OAKLEY_5 => Some(192),
            Self::OAKLEY_1 => Some(96),
            Self::OAKLEY_2 => Some(128),
            _ => None,
        }
    }
}

impl Content for DhData {
    //= RFC3830-6.4
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let group = DhGroup(input.reader.u8("DH group")?);
        let value = input.octets(group.octets().ok_or(Unreadable::Unknown)?, "DH value")?;
        let kind = input.reader.u8("key validity")?;
        let validity = KeyValidity::read(kind & 0x0f, input)?;
        Ok(Self { group, value, reserved: kind >> 4, validity })
    }

    fn len(&self) -> usize {
        self.value.len().saturating_add(self.validity.len()).saturating_add(2)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.group.0);
        wire::implied(writer, "DH value", self.group.octets(), &self.value)?;
        writer.u8(wire::bits("reserved bits", self.reserved, 0x0f)? << 4 | self.validity.number());
        self.validity.write(writer)
    }
}

/// Key data: one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyData {
    /// What the key is for, four bits.
    pub key_type: KeyType,
    /// The key, at most 65535 octets.
    pub key: KeyMaterial,
    /// The salt, at most 65535 octets; there if and only if the type says so.
    pub salt: Option<KeyMaterial>,
    /// How long the key may be used.
    pub validity: KeyValidity,
}

impl KeyType {
    /// Whether a salt follows the key; `None` when the type is not known.
    pub const fn has_salt(self) -> Option<bool> {
        match self {
            Self::TGK | Self::TEK | Self::GTGK | Self::MPK => Some(false),
            Self::TGK_SALT | Self::TEK_SALT | Self::GTGK_SALT => Some(true),
            _ => None,
        }
    }
}

impl Content for KeyData {
    //= RFC3830-6.13
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let kind = input.reader.u8("key type")?;
        let key_type = KeyType(kind >> 4);
        let has_salt = key_type.has_salt().ok_or(Unreadable::Unknown)?;
        let key = input.keys("key")?;
        let salt = if has_salt { Some(input.keys("salt")?) } else { None };
        Ok(Self { key_type, key, salt, validity: KeyValidity::read(kind & 0x0f, input)? })
    }

    fn len(&self) -> usize {
        let salt = self.salt.as_ref().map_or(0, |salt| salt.as_bytes().len().saturating_add(2));
        [self.key.as_bytes().len(), salt, self.validity.len()]
            .iter()
            .fold(3, |sum, len| sum.saturating_add(*len))
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let key_type = wire::bits("key type", self.key_type.0, 0x0f)?;
        if self.key_type.has_salt() != Some(self.salt.is_some()) {
            let got = self.salt.as_ref().map_or(0, |salt| salt.as_bytes().len());
            return Err(EncodeError { what: "salt of a key type that has it otherwise", limit: 0, got });
        }
        writer.u8(key_type << 4 | self.validity.number());
        wire::sized16(writer, "key", self.key.as_bytes())?;
        if let Some(salt) = &self.salt {
            wire::sized16(writer, "salt", salt.as_bytes())?;
        }
        self.validity.write(writer)
    }
}

/// SAKKE encapsulated data: a key for the owner of an identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sakke {
    /// Parameters of the algorithm.
    pub parameters: SakkeParameters,
    /// How the identity was made.
    pub identifier_scheme: IdentifierScheme,
    /// The encapsulated key, at most 65535 octets.
    pub data: KeyMaterial,
}

impl Content for Sakke {
    //= RFC6509-4.2
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let parameters = SakkeParameters(input.reader.u8("SAKKE parameters")?);
        let identifier_scheme = IdentifierScheme(input.reader.u8("identifier scheme")?);
        Ok(Self { parameters, identifier_scheme, data: input.keys("SAKKE data")? })
    }

    fn len(&self) -> usize {
        self.data.as_bytes().len().saturating_add(4)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.parameters.0);
        writer.u8(self.identifier_scheme.0);
        wire::sized16(writer, "SAKKE data", self.data.as_bytes())
    }
}
