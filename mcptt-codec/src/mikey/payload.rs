//! [`Payload`]: one payload of any type.

use super::content::{
    Certificate, CertificateHash, GeneralExtension, Identity, MikeyError, Rand, SecurityPolicy, Signature,
    Ticket, TicketPolicy, Timestamp, Verification, WithRole,
};
use super::key::{DhData, EnvelopeData, KeyData, KeyTransport, Sakke};
use super::number::PayloadType;
use super::wire::{Content, Input, Unreadable};
use crate::EncodeError;
use crate::cursor::Writer;

macro_rules! payloads {
    ($($(#[$doc:meta])* $variant:ident($content:ty) = $constant:ident, $name:literal;)*) => {
        /// One payload. What follows it is said by the encoder.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Payload {
            $($(#[$doc])* $variant($content),)*
        }

        impl Payload {
            /// Its type.
            pub const fn payload_type(&self) -> PayloadType {
                match self {
                    $(Self::$variant(_) => PayloadType::$constant,)*
                }
            }

            /// The name that the specification gives it.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            pub(super) fn read(payload_type: PayloadType, input: &mut Input<'_>) -> Result<Self, Unreadable> {
                Ok(match payload_type {
                    $(PayloadType::$constant => Self::$variant(Content::read(input)?),)*
                    _ => return Err(Unreadable::Unknown),
                })
            }

            /// Octets of the content, the "next payload" excluded.
            pub(super) fn content_len(&self) -> usize {
                match self {
                    $(Self::$variant(content) => content.len(),)*
                }
            }

            pub(super) fn write_content(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
                match self {
                    $(Self::$variant(content) => content.write(writer),)*
                }
            }
        }

        $(impl From<$content> for Payload {
            fn from(content: $content) -> Self {
                Self::$variant(content)
            }
        })*
    };
}

payloads! {
    /// Key data transport.
    KeyTransport(KeyTransport) = KEMAC, "KEMAC";
    /// Envelope data.
    EnvelopeData(EnvelopeData) = PKE, "PKE";
    /// Diffie-Hellman data.
    DhData(DhData) = DH, "DH";
    /// Signature: nothing can follow it.
    Signature(Signature) = SIGN, "SIGN";
    /// Timestamp.
    Timestamp(Timestamp) = T, "T";
    /// Identity.
    Identity(Identity) = ID, "ID";
    /// Certificate.
    Certificate(Certificate) = CERT, "CERT";
    /// Hash of a certificate.
    CertificateHash(CertificateHash) = CHASH, "CHASH";
    /// Verification message.
    Verification(Verification) = V, "V";
    /// Security policy.
    SecurityPolicy(SecurityPolicy) = SP, "SP";
    /// Random value.
    Rand(Rand) = RAND, "RAND";
    /// Error.
    Error(MikeyError) = ERR, "ERR";
    /// Timestamp with role.
    TimestampWithRole(WithRole<Timestamp>) = TR, "TR";
    /// Identity with role.
    IdentityWithRole(WithRole<Identity>) = IDR, "IDR";
    /// Random value with role.
    RandWithRole(WithRole<Rand>) = RANDR, "RANDR";
    /// Ticket policy.
    TicketPolicy(TicketPolicy) = TP, "TP";
    /// Ticket.
    Ticket(Ticket) = TICKET, "TICKET";
    /// Key data.
    KeyData(KeyData) = KEY_DATA, "Key data";
    /// General extension.
    GeneralExtension(GeneralExtension) = GENERAL_EXTENSION, "General Extension";
    /// SAKKE encapsulated data.
    Sakke(Sakke) = SAKKE, "SAKKE";
}

impl Payload {
    /// Whether the payload says what follows it: all but the signature.
    pub(super) const fn has_next(&self) -> bool {
        !matches!(self, Self::Signature(_))
    }

    /// Octets of the payload.
    pub(super) fn len(&self) -> usize {
        self.content_len().saturating_add(if self.has_next() { 1 } else { 0 })
    }
}
