//! Protection whose keys are still being negotiated: nothing passes.

use super::{Protection, ProtectionError};

/// Neither opens nor closes anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unkeyed;

impl Protection for Unkeyed {
    fn is_transparent(&self) -> bool {
        false
    }

    fn has_keys(&self) -> bool {
        false
    }

    fn protect_rtp(&mut self, _packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        Err(ProtectionError::Unkeyed)
    }

    fn unprotect_rtp(&mut self, _packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        Err(ProtectionError::Unkeyed)
    }

    fn protect_rtcp(&mut self, _packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        Err(ProtectionError::Unkeyed)
    }

    fn unprotect_rtcp(&mut self, _packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        Err(ProtectionError::Unkeyed)
    }
}
