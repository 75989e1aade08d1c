//! Payloads that carry no keys (RFC 3830 6.5 to 6.12, 6.15; RFC 6043 6).

use bytes::Bytes;

use super::number::{
    CertificateType, ErrorNumber, ExtensionType, HashFunction, IdType, MacAlgorithm, PolicyParameterType,
    ProtocolType, Role, SignatureType, TicketType, TimestampType,
};
use super::secret::KeyMaterial;
use super::wire::{self, Content, Input, Unreadable};
use crate::EncodeError;
use crate::cursor::Writer;

/// Octets of an ECCSI signature on P-256: two numbers of 32 octets and a public validation token of 65 (RFC 6507).
pub const ECCSI_SIGNATURE_OCTETS: usize = 129;

/// Signature (SIGN): the last payload of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Kind of signature, four bits.
    pub signature_type: SignatureType,
    /// The signature, at most 4095 octets.
    pub signature: Bytes,
}

impl Signature {
    /// An ECCSI signature.
    pub fn eccsi(signature: [u8; ECCSI_SIGNATURE_OCTETS]) -> Self {
        Self { signature_type: SignatureType::ECCSI, signature: Bytes::copy_from_slice(&signature) }
    }
}

impl Content for Signature {
    //= RFC3830-6.5
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let [high, low] = input.reader.array("signature length")?;
        let len = u16::from_be_bytes([high & 0x0f, low]);
        let signature = input.octets(len.into(), "signature")?;
        Ok(Self { signature_type: SignatureType(high >> 4), signature })
    }

    fn len(&self) -> usize {
        self.signature.len().saturating_add(2)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let refused = EncodeError { what: "signature", limit: 0x0fff, got: self.signature.len() };
        let len = u16::try_from(self.signature.len()).ok().filter(|len| *len <= 0x0fff).ok_or(refused)?;
        let signature_type = wire::bits("signature type", self.signature_type.0, 0x0f)?;
        writer.u16(u16::from(signature_type) << 12 | len);
        writer.slice(&self.signature);
        Ok(())
    }
}

/// Timestamp (T).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timestamp {
    /// Coordinated universal time: seconds since 1900 in the upper half, fraction in the lower.
    NtpUtc(u64),
    /// The same of an unspecified time zone.
    Ntp(u64),
    /// A counter.
    Counter(u32),
    /// Coordinated universal time: seconds since 1900.
    NtpUtc32(u32),
}

impl Timestamp {
    /// Kind of timestamp.
    pub const fn timestamp_type(self) -> TimestampType {
        match self {
            Self::NtpUtc(_) => TimestampType::NTP_UTC,
            Self::Ntp(_) => TimestampType::NTP,
            Self::Counter(_) => TimestampType::COUNTER,
            Self::NtpUtc32(_) => TimestampType::NTP_UTC_32,
        }
    }
}

impl Content for Timestamp {
    //= RFC3830-6.6
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let reader = &mut input.reader;
        const WHAT: &str = "timestamp";
        Ok(match TimestampType(reader.u8("timestamp type")?) {
            TimestampType::NTP_UTC => Self::NtpUtc(reader.u64(WHAT)?),
            TimestampType::NTP => Self::Ntp(reader.u64(WHAT)?),
            TimestampType::COUNTER => Self::Counter(reader.u32(WHAT)?),
            TimestampType::NTP_UTC_32 => Self::NtpUtc32(reader.u32(WHAT)?),
            _ => return Err(Unreadable::Unknown),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::NtpUtc(_) | Self::Ntp(_) => 9,
            Self::Counter(_) | Self::NtpUtc32(_) => 5,
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.timestamp_type().0);
        match self {
            Self::NtpUtc(value) | Self::Ntp(value) => writer.u64(*value),
            Self::Counter(value) | Self::NtpUtc32(value) => writer.u32(*value),
        }
        Ok(())
    }
}

/// Identity (ID).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Kind of identity.
    pub id_type: IdType,
    /// The identity, at most 65535 octets.
    pub value: Bytes,
}

impl Identity {
    /// An identity that is a URI.
    pub fn uri(uri: &str) -> Self {
        Self { id_type: IdType::URI, value: Bytes::copy_from_slice(uri.as_bytes()) }
    }

    /// The URI; `None` for another kind and for octets that are not UTF-8.
    pub fn as_uri(&self) -> Option<&str> {
        if self.id_type == IdType::URI { std::str::from_utf8(&self.value).ok() } else { None }
    }
}

impl Content for Identity {
    //= RFC3830-6.7
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        Ok(Self { id_type: IdType(input.reader.u8("identity type")?), value: input.sized16("identity")? })
    }

    fn len(&self) -> usize {
        self.value.len().saturating_add(3)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.id_type.0);
        wire::sized16(writer, "identity", &self.value)
    }
}

/// Certificate (CERT).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Certificate {
    /// Kind of certificate.
    pub certificate_type: CertificateType,
    /// The certificate, or where it is; at most 65535 octets.
    pub value: Bytes,
}

impl Content for Certificate {
    //= RFC3830-6.7
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let certificate_type = CertificateType(input.reader.u8("certificate type")?);
        Ok(Self { certificate_type, value: input.sized16("certificate")? })
    }

    fn len(&self) -> usize {
        self.value.len().saturating_add(3)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.certificate_type.0);
        wire::sized16(writer, "certificate", &self.value)
    }
}

/// Hash of a certificate (CHASH).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CertificateHash {
    /// The function.
    pub function: HashFunction,
    /// The hash, as many octets as the function gives.
    pub value: Bytes,
}

impl HashFunction {
    /// Octets of a hash; `None` when the function is not known.
    pub const fn octets(self) -> Option<usize> {
        match self {
            Self::SHA_1 => Some(20),
            Self::MD5 => Some(16),
            _ => None,
        }
    }
}

impl Content for CertificateHash {
    //= RFC3830-6.8
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let function = HashFunction(input.reader.u8("hash function")?);
        let octets = function.octets().ok_or(Unreadable::Unknown)?;
        Ok(Self { function, value: input.octets(octets, "hash")? })
    }

    fn len(&self) -> usize {
        self.value.len().saturating_add(1)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.function.0);
        wire::implied(writer, "hash", self.function.octets(), &self.value)
    }
}

/// Verification message (V).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Verification {
    /// The algorithm.
    pub algorithm: MacAlgorithm,
    /// The code, as many octets as the algorithm gives.
    pub code: Bytes,
}

impl Content for Verification {
    //= RFC3830-6.9
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let (algorithm, code) = MacAlgorithm::read(input)?;
        Ok(Self { algorithm, code })
    }

    fn len(&self) -> usize {
        self.code.len().saturating_add(1)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.algorithm.write(writer, &self.code)
    }
}

/// Security policy (SP).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SecurityPolicy {
    /// Number of the policy.
    pub policy: u8,
    /// What it is for.
    pub protocol: ProtocolType,
    /// In wire order.
    pub parameters: Vec<PolicyParameter>,
    /// Octets behind the last whole parameter; normally empty.
    pub rest: Bytes,
}

/// One parameter of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PolicyParameter {
    /// Which one; depends on the protocol.
    pub parameter_type: PolicyParameterType,
    /// Its value, at most 255 octets.
    pub value: Bytes,
}

impl PolicyParameter {
    fn read(input: &mut Input<'_>) -> Option<Self> {
        let parameter_type = PolicyParameterType(input.reader.u8("policy parameter type").ok()?);
        Some(Self { parameter_type, value: input.sized8("policy parameter").ok()? })
    }
}

impl SecurityPolicy {
    /// The value of the first parameter of this type.
    pub fn parameter(&self, parameter_type: PolicyParameterType) -> Option<&Bytes> {
        let found = self.parameters.iter().find(|parameter| parameter.parameter_type == parameter_type);
        found.map(|parameter| &parameter.value)
    }

    fn parameter_octets(&self) -> usize {
        let parameters = self.parameters.iter().map(|parameter| parameter.value.len().saturating_add(2));
        parameters.fold(self.rest.len(), usize::saturating_add)
    }
}

impl Content for SecurityPolicy {
    //= RFC3830-6.10
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let policy = input.reader.u8("policy number")?;
        let protocol = ProtocolType(input.reader.u8("protocol type")?);
        let len = input.reader.u16("policy parameters length")?;
        let octets = input.reader.take(len.into(), "policy parameters")?;
        let mut inner = Input::new(octets);
        let mut parameters = Vec::new();
        loop {
            let mut ahead = inner.clone();
            let Some(parameter) = PolicyParameter::read(&mut ahead) else { break };
            parameters.push(parameter);
            inner = ahead;
        }
        Ok(Self { policy, protocol, parameters, rest: Bytes::copy_from_slice(inner.rest()) })
    }

    fn len(&self) -> usize {
        self.parameter_octets().saturating_add(4)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let got = self.parameter_octets();
        let refused = EncodeError { what: "policy parameters", limit: 65_535, got };
        writer.u8(self.policy);
        writer.u8(self.protocol.0);
        writer.u16(u16::try_from(got).map_err(|_| refused)?);
        for parameter in &self.parameters {
            writer.u8(parameter.parameter_type.0);
            wire::sized8(writer, "policy parameter", &parameter.value)?;
        }
        writer.slice(&self.rest);
        Ok(())
    }
}

/// Random value (RAND), at most 255 octets; at least 16 when sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rand(pub Bytes);

impl Content for Rand {
    //= RFC3830-6.11
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        Ok(Self(input.sized8("random value")?))
    }

    fn len(&self) -> usize {
        self.0.len().saturating_add(1)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        wire::sized8(writer, "random value", &self.0)
    }
}

/// Error (ERR).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MikeyError {
    /// What went wrong.
    pub number: ErrorNumber,
    /// Reserved; zero when sent.
    pub reserved: u16,
}

impl Content for MikeyError {
    //= RFC3830-6.12
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            number: ErrorNumber(input.reader.u8("error number")?),
            reserved: input.reader.u16("reserved")?,
        })
    }

    fn len(&self) -> usize {
        3
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.number.0);
        writer.u16(self.reserved);
        Ok(())
    }
}

/// A timestamp, an identity or a random value that says whose it is (TR, IDR, RANDR).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WithRole<T> {
    /// Whose it is.
    pub role: Role,
    /// What it is.
    pub value: T,
}

impl<T: Content> Content for WithRole<T> {
    //= RFC6043-6.6
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        Ok(Self { role: Role(input.reader.u8("role")?), value: T::read(input)? })
    }

    fn len(&self) -> usize {
        self.value.len().saturating_add(1)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.role.0);
        self.value.write(writer)
    }
}

/// Ticket policy (TP); what it says is not looked into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TicketPolicy {
    /// Kind of ticket.
    pub ticket_type: TicketType,
    /// Its subtype.
    pub subtype: u8,
    /// Its version.
    pub version: u8,
    /// The policy, at most 65535 octets.
    pub data: Bytes,
}

impl Content for TicketPolicy {
    //= RFC6043-6.10
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            ticket_type: TicketType(input.reader.u16("ticket type")?),
            subtype: input.reader.u8("ticket subtype")?,
            version: input.reader.u8("ticket version")?,
            data: input.sized16("ticket policy")?,
        })
    }

    fn len(&self) -> usize {
        self.data.len().saturating_add(6)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u16(self.ticket_type.0);
        writer.u8(self.subtype);
        writer.u8(self.version);
        wire::sized16(writer, "ticket policy", &self.data)
    }
}

/// Ticket (TICKET).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    /// The policy that it was issued by.
    pub policy: TicketPolicy,
    /// The ticket, at most 65535 octets.
    pub data: KeyMaterial,
}

impl Content for Ticket {
    //= RFC6043-6.10
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let policy = TicketPolicy::read(input)?;
        Ok(Self { policy, data: input.keys("ticket data")? })
    }

    fn len(&self) -> usize {
        self.policy.len().saturating_add(self.data.as_bytes().len()).saturating_add(2)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.policy.write(writer)?;
        wire::sized16(writer, "ticket data", self.data.as_bytes())
    }
}

/// General extension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GeneralExtension {
    /// Kind of extension.
    pub extension_type: ExtensionType,
    /// What it says, at most 65535 octets.
    pub data: Bytes,
}

impl Content for GeneralExtension {
    //= RFC3830-6.15
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable> {
        let extension_type = ExtensionType(input.reader.u8("extension type")?);
        Ok(Self { extension_type, data: input.sized16("extension data")? })
    }

    fn len(&self) -> usize {
        self.data.len().saturating_add(3)
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.extension_type.0);
        wire::sized16(writer, "extension data", &self.data)
    }
}
