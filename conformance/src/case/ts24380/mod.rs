//! Floor control, TS 24.380: one file per clause.

mod c14;
mod c6_2;
mod c6_3_2;
mod c6_3_4_3;
mod c6_3_4_4;
mod c6_3_4_5;
mod c6_3_4_8;
mod c6_3_5;
mod c8;
mod control;
mod groups;
mod protected;
mod talking;
mod whole_calls;

use super::Case;

pub(super) const CASES: &[&[&Case]] = &[
    c6_2::CASES,
    whole_calls::CASES,
    c6_3_2::CASES,
    c6_3_4_3::CASES,
    c6_3_4_4::CASES,
    talking::CASES,
    c6_3_4_5::CASES,
    c6_3_4_8::CASES,
    c6_3_5::CASES,
    protected::CASES,
    control::CASES,
    c8::CASES,
    c14::CASES,
];
