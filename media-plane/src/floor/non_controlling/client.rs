//! A local client and its machine, 'P' (TS 24.380 6.5.5): what exists in which state.

use std::time::Instant;

use super::table::State;
use crate::floor::settings::ParticipantProfile;

/// A local client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) profile: ParticipantProfile,
    /// The temporary identifier that is drawn for it.
    pub(super) reference: u32,
    /// It has not asked for its unicast media to stop.
    pub(super) wants_media: bool,
    pub(super) machine: Permission,
}

/// The machine.
#[derive(Debug)]
pub(super) enum Permission {
    StartStop,
    HasNoPermission(HasNoPermission),
    HasPermission(HasPermission),
    Releasing,
}

/// 'P: has no permission'.
#[derive(Debug, Default)]
pub(super) struct HasNoPermission {
    /// A request may wait at the controlling function, which is to forget it when the client leaves.
    pub(super) asked: bool,
    /// When it was told last that it may not send.
    pub(super) revoked: Option<Instant>,
}

/// 'P: has permission'.
#[derive(Debug, Default)]
pub(super) struct HasPermission {
    /// From the time when this function controlled the call: the controlling function has not granted it.
    pub(super) inherited: bool,
    /// Somebody else may talk at the same time, so that the client hears while it talks.
    pub(super) together: bool,
}

impl Client {
    pub(super) fn new(profile: ParticipantProfile, reference: u32) -> Self {
        Self { profile, reference, wants_media: true, machine: Permission::StartStop }
    }

    pub(super) fn state(&self) -> State {
        match self.machine {
            Permission::StartStop => State::StartStop,
            Permission::HasNoPermission(_) => State::HasNoPermission,
            Permission::HasPermission(_) => State::HasPermission,
            Permission::Releasing => State::Releasing,
        }
    }

    pub(super) fn may_send(&self) -> bool {
        self.state() == State::HasPermission
    }

    /// Whether it takes part: floor messages for all go to it.
    pub(super) fn takes_part(&self) -> bool {
        matches!(self.machine, Permission::HasNoPermission(_) | Permission::HasPermission(_))
    }

    /// Whether the media of others goes to it.
    pub(super) fn hears(&self) -> bool {
        match &self.machine {
            Permission::HasNoPermission(_) => self.wants_media,
            Permission::HasPermission(talks) => self.wants_media && talks.together,
            Permission::StartStop | Permission::Releasing => false,
        }
    }

    /// Whether the controlling function has to hear of its leaving.
    pub(super) fn holds_or_waits(&self) -> bool {
        match &self.machine {
            Permission::HasNoPermission(listens) => listens.asked,
            Permission::HasPermission(_) => true,
            Permission::StartStop | Permission::Releasing => false,
        }
    }
}
