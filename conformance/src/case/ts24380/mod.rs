//! Floor control server, TS 24.380: one file per clause.

mod c6_3_4_3;
mod c6_3_4_4;
mod c6_3_4_5;
mod c6_3_5;
mod c8;

use super::Case;

pub(super) const CASES: &[&[&Case]] =
    &[c6_3_4_3::CASES, c6_3_4_4::CASES, c6_3_4_5::CASES, c6_3_5::CASES, c8::CASES];
