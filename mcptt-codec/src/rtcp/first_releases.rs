//! Which release was the first to have what: one table per protocol of TS 24.380 says what a sender may use.

use crate::release::{NotInRelease, Release};
use crate::rtcp::{FieldId, Protocol};

/// A value of a field and the first release that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueRelease {
    /// Number of the only message in which the value means this; `None` when it does in all.
    pub message: Option<u8>,
    /// The field.
    pub field: FieldId,
    /// The value, or one bit of a field of bits.
    pub value: u16,
    /// The first release that has it.
    pub release: Release,
}

/// First releases of everything that a protocol can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstReleases {
    /// Messages by their number, acknowledgment bit cleared.
    pub messages: &'static [(u8, Release)],
    /// Fields.
    pub fields: &'static [(FieldId, Release)],
    /// Values of the fields that enumerate or mark something.
    pub values: &'static [ValueRelease],
}

impl FirstReleases {
    /// The first release that has the message of this number.
    pub fn message(&self, number: u8) -> Option<Release> {
        self.messages.iter().find(|(listed, _)| *listed == number).map(|(_, release)| *release)
    }

    /// The first release that has the field.
    pub fn field(&self, id: FieldId) -> Option<Release> {
        self.fields.iter().find(|(listed, _)| *listed == id).map(|(_, release)| *release)
    }

    /// Whether the release has the message.
    pub(crate) fn check<P: Protocol>(&self, subtype: P, release: Release) -> Result<(), NotInRelease> {
        let (number, _) = subtype.number_and_ack();
        let first = subtype.message_name().and_then(|_| self.message(number));
        match first {
            Some(first) if release.has(first) => Ok(()),
            _ => {
                let what = subtype.message_name().unwrap_or("unknown message");
                Err(NotInRelease { what, release, first })
            }
        }
    }

    /// Whether the release has the field.
    pub(crate) fn has_field(&self, id: FieldId, release: Release) -> bool {
        self.field(id).is_some_and(|first| release.has(first))
    }

    fn values_of(&self, message: u8, field: FieldId, release: Release) -> impl Iterator<Item = u16> {
        let listed = move |row: &&ValueRelease| {
            row.field == field && row.message.is_none_or(|only| only == message) && release.has(row.release)
        };
        self.values.iter().filter(listed).map(|row| row.value)
    }

    /// Whether the release has this value of the field in the message.
    pub(crate) fn has_value(&self, message: u8, field: FieldId, value: u16, release: Release) -> bool {
        self.values_of(message, field, release).any(|listed| listed == value)
    }

    /// The bits that the release has of the field in the message.
    pub(crate) fn bits(&self, message: u8, field: FieldId, release: Release) -> u16 {
        self.values_of(message, field, release).fold(0, |bits, bit| bits | bit)
    }
}

/// A value that means the same in every message.
pub(crate) const fn value(field: FieldId, value: u16, release: Release) -> ValueRelease {
    ValueRelease { message: None, field, value, release }
}

/// A value that means this in one message only.
pub(crate) const fn value_in(message: u8, field: FieldId, value: u16, release: Release) -> ValueRelease {
    ValueRelease { message: Some(message), field, value, release }
}
