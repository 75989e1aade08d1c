//! Call control, TS 24.379, and the SIP core below it.

mod group_call;
mod registration;
mod sip_core;

use super::Case;

pub(super) const CASES: &[&[&Case]] = &[registration::CASES, group_call::CASES, sip_core::CASES];
