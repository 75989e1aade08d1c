//! `t=`, `r=` and `z=`: when a session is active, how it repeats, and when clocks are moved meanwhile.

use std::fmt;

use super::grammar::{Scan, decimal};
use super::{MAX_REPEAT_OFFSETS, MAX_ZONE_ADJUSTMENTS};
use crate::DecodeError;

/// `t=`: when the session is active, in seconds since 1900; 0 0 is a permanent session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Timing {
    /// Start, 0 for none.
    pub start: u64,
    /// End, 0 for none.
    pub stop: u64,
}

impl Timing {
    /// Reads the value of a `t=` line.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not two numbers.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp t=";
        let mut scan = Scan::new(value, WHAT);
        let timing = Self { start: scan.number()?, stop: scan.number()? };
        scan.end()?;
        Ok(timing)
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.start, self.stop)
    }
}

/// `r=`: how the session of the `t=` line before it repeats. Times are in seconds; units are read and written out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Repeat {
    /// From one repetition to the next, at least 1.
    pub interval: u64,
    /// How long each lasts.
    pub duration: u64,
    /// When they begin, counted from the start of `t=`; at least one.
    pub offsets: Vec<u64>,
}

impl Repeat {
    /// Reads the value of an `r=` line.
    ///
    /// # Errors
    /// [`DecodeError`] when a time is none, too large or missing.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp r=";
        let mut scan = Scan::new(value, WHAT);
        //= RFC8866-5.10
        let interval = scan.read(|token| seconds(token).filter(|interval| *interval > 0))?;
        let duration = scan.read(seconds)?;
        let offsets = scan.list(MAX_REPEAT_OFFSETS, seconds)?;
        if offsets.is_empty() {
            return Err(scan.missing());
        }
        Ok(Self { interval, duration, offsets })
    }
}

impl fmt::Display for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.interval, self.duration)?;
        self.offsets.iter().try_for_each(|offset| write!(f, " {offset}"))
    }
}

/// One entry of `z=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZoneAdjustment {
    /// When the clock is moved, in seconds since 1900.
    pub time: u64,
    /// By how many seconds against the start of the session.
    pub offset: i64,
}

/// `z=`: when clocks are moved while a session repeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ZoneAdjustments(pub Vec<ZoneAdjustment>);

impl ZoneAdjustments {
    /// Reads the value of a `z=` line.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one pair or several of time and offset.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp z=";
        let mut scan = Scan::new(value, WHAT);
        let mut adjustments = Vec::new();
        //= RFC8866-5.11
        while let Some(time) = scan.optional() {
            if adjustments.len() >= MAX_ZONE_ADJUSTMENTS {
                let got = adjustments.len().saturating_add(1);
                return Err(DecodeError::too_large(0, WHAT, MAX_ZONE_ADJUSTMENTS, got));
            }
            let time = decimal(time).ok_or(scan.invalid(time))?;
            let offset = scan.read(|token| match token.strip_prefix('-') {
                Some(back) => i64::try_from(seconds(back)?).ok()?.checked_neg(),
                None => i64::try_from(seconds(token)?).ok(),
            })?;
            adjustments.push(ZoneAdjustment { time, offset });
        }
        if adjustments.is_empty() { Err(scan.missing()) } else { Ok(Self(adjustments)) }
    }
}

impl fmt::Display for ZoneAdjustments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ZoneAdjustment { time, offset }) in self.0.iter().enumerate() {
            let blank = if index > 0 { " " } else { "" };
            write!(f, "{blank}{time} {offset}")?;
        }
        Ok(())
    }
}

/// A time with or without a unit, in seconds.
fn seconds(text: &str) -> Option<u64> {
    let units = [('d', 86_400_u64), ('h', 3600), ('m', 60), ('s', 1)];
    let with_unit = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(*unit)?, *factor)));
    let (number, factor) = with_unit.unwrap_or((text, 1));
    decimal::<u64>(number)?.checked_mul(factor)
}
