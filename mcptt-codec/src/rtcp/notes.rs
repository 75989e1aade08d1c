//! What goes wrong inside one field, and the list in which a decoder notes it.

use crate::Deviation;
use crate::rtcp::requirement;

/// Why a field cannot be read. The field is dropped, the rest of the message is used (TS 24.380 8.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// A field of fixed size has another length, or a composite is shorter than its parts.
    #[error("length does not fit the field")]
    Length,
    /// The field runs past the end of the message.
    #[error("runs past the end of the message")]
    Overrun,
    /// The count of a list does not fit its length.
    #[error("count does not fit the length")]
    Count,
    /// A list of locations holds a type of unknown size.
    #[error("unknown location type inside a list")]
    LocationType,
    /// An IP version that is neither 4 nor 6.
    #[error("unknown IP version")]
    IpVersion,
}

impl FieldError {
    /// Short name, as the readable view prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Overrun => "overrun",
            Self::Count => "count",
            Self::LocationType => "location-type",
            Self::IpVersion => "ip-version",
        }
    }

    /// What a [`Deviation`] names for this error.
    pub const fn requirement(self) -> &'static str {
        match self {
            //= 24.380-8.1.4:length
            Self::Length => requirement::LENGTH,
            Self::Overrun => requirement::OVERRUN,
            //= 24.380-8.1.4:count
            Self::Count => requirement::COUNT,
            Self::LocationType => requirement::LOCATION_TYPE,
            //= 24.380-8.4.3.3
            Self::IpVersion => requirement::IP_VERSION,
        }
    }
}

/// Deviations that are kept of one message; a hostile sender could otherwise make the list larger than its packet.
pub const MAX_DEVIATIONS: usize = 64;

/// Collects the deviations of one message. Allocates with the first one only.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    field: usize,
    list: Vec<Deviation>,
}

impl Notes {
    /// From here on notes belong to the field that starts at `offset` of the packet.
    pub(crate) fn begin_field(&mut self, offset: usize) {
        self.field = offset;
    }

    /// Notes a deviation of the field that is being read.
    pub(crate) fn add(&mut self, requirement: &'static str) {
        self.add_at(self.field, requirement);
    }

    /// Notes a deviation at `offset` of the packet.
    #[cold]
    pub(crate) fn add_at(&mut self, offset: usize, requirement: &'static str) {
        if self.list.len() < MAX_DEVIATIONS {
            self.list.push(Deviation { offset, requirement });
        }
    }

    /// Notes a deviation of the field that is being read if it is one.
    pub(crate) fn add_if(&mut self, deviates: bool, requirement: &'static str) {
        if deviates {
            self.add(requirement);
        }
    }

    /// The deviations in the order in which they were met.
    pub(crate) fn into_deviations(self) -> Vec<Deviation> {
        self.list
    }
}
