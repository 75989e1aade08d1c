//! No protection: for plain calls, and for media that is protected end to end and passes through.

use super::{Protection, ProtectionError};

/// Lets every packet pass as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Null;

impl Protection for Null {
    fn is_transparent(&self) -> bool {
        true
    }

    fn protect_rtp(&mut self, _packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        Ok(())
    }

    fn unprotect_rtp(&mut self, _packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        Ok(())
    }

    fn protect_rtcp(&mut self, _packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        Ok(())
    }

    fn unprotect_rtcp(&mut self, _packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        Ok(())
    }
}
