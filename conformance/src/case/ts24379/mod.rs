//! Call control, TS 24.379, and the SIP core below it.

mod adhoc;
mod alert;
mod asked_for;
mod between_users;
mod group_call;
mod location;
mod pre_established;
mod registration;
mod regroup;
mod sip_core;
mod subscriptions;
mod urgency;

use super::Case;

pub(super) const CASES: &[&[&Case]] = &[
    registration::CASES,
    group_call::CASES,
    pre_established::CASES,
    location::CASES,
    adhoc::CASES,
    regroup::CASES,
    sip_core::CASES,
    between_users::CASES,
    asked_for::CASES,
    alert::CASES,
    urgency::CASES,
    subscriptions::CASES,
];
