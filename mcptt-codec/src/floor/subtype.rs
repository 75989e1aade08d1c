//! Message numbers of the floor control protocol (TS 24.380 8.2.2).

use std::fmt;

use crate::Release;
use crate::floor::releases::FIRST_RELEASES;
use crate::floor::rules;
use crate::rtcp::{FieldId, subtype};

/// The five subtype bits of an MCPT packet: the acknowledgment bit and the message number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Subtype(pub u8);

impl Subtype {
    /// Floor Request, participant to server.
    pub const FLOOR_REQUEST: Self = Self(0);
    /// Floor Granted, server to participant; may ask for an acknowledgment.
    pub const FLOOR_GRANTED: Self = Self(1);
    /// Floor Taken, server to participants; may ask for an acknowledgment.
    pub const FLOOR_TAKEN: Self = Self(2);
    /// Floor Deny, server to participant; may ask for an acknowledgment.
    pub const FLOOR_DENY: Self = Self(3);
    /// Floor Release, participant to server; may ask for an acknowledgment.
    pub const FLOOR_RELEASE: Self = Self(4);
    /// Floor Idle, server to participants; may ask for an acknowledgment.
    pub const FLOOR_IDLE: Self = Self(5);
    /// Floor Revoke, server to participant.
    pub const FLOOR_REVOKE: Self = Self(6);
    /// Floor Revoke Request, participant to server (Rel-19).
    pub const FLOOR_REVOKE_REQUEST: Self = Self(7);
    /// Floor Queue Position Request, participant to server.
    pub const FLOOR_QUEUE_POSITION_REQUEST: Self = Self(8);
    /// Floor Queue Position Info, server to participant; may ask for an acknowledgment.
    pub const FLOOR_QUEUE_POSITION_INFO: Self = Self(9);
    /// Floor Ack, both ways.
    pub const FLOOR_ACK: Self = Self(10);
    /// Unicast Media Flow Control, participant to server; may ask for an acknowledgment (Rel-17).
    pub const UNICAST_MEDIA_FLOW_CONTROL: Self = Self(11);
    /// Queued Floor Requests (Rel-18; in Rel-17 Floor Queued Cancel), both ways; may ask for an acknowledgment.
    pub const QUEUED_FLOOR_REQUESTS: Self = Self(14);
    /// Floor Release Multi Talker, server to participants (Rel-15).
    pub const FLOOR_RELEASE_MULTI_TALKER: Self = Self(15);

    /// Name of the message, or `None` when the message table does not list these five bits: then 8.1.4 tells the
    /// receiver to ignore the message.
    pub fn message_name(self) -> Option<&'static str> {
        let rule = rules::of(self.number())?;
        (rule.ack_bit || !self.ack_requested()).then_some(rule.name)
    }
}

impl Subtype {
    /// Name of the message in this release, or `None` when the release does not have it: number 14 was Floor Queued
    /// Cancel when it came.
    pub fn message_name_in(self, release: Release) -> Option<&'static str> {
        let first = FIRST_RELEASES.message(self.number().0)?;
        match self.number() {
            _ if !release.has(first) => None,
            Self::QUEUED_FLOOR_REQUESTS if release == Release::R17 => Some("Floor Queued Cancel"),
            _ => self.message_name(),
        }
    }
}

impl fmt::Display for Subtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message_name() {
            Some(name) => f.write_str(name),
            None => write!(f, "subtype {}", self.0),
        }
    }
}

impl fmt::Debug for Subtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subtype({:05b} {self})", self.0)
    }
}

subtype! {
    acknowledged Subtype = b"MCPT" {
        #[inline]
        fn uncounted_octets(id: FieldId, value: &[u8], following: &[u8]) -> usize {
            match id {
                FieldId::TRACK_INFO => super::track_info::uncounted_octets(value, following),
                FieldId::LIST_OF_LOCATIONS => super::lists::uncounted_location_octets(value, following),
                _ => 0,
            }
        }
    }
}
