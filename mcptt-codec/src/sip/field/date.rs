//! Date (RFC 3261 20.17): the form of RFC 1123, in GMT.

use std::fmt;

use nom::Parser;
use nom::bytes::complete::{tag, take};
use nom::combinator::map_opt;

use super::super::grammar::{Parsed, whole};
use super::FieldValue;
use super::number::fixed_digits;
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

/// A point in time to the second, years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const SECONDS_PER_DAY: u64 = 86_400;
/// Days from the first of January of the year 1, a Monday, to that of 1970.
const DAYS_TO_1970: u32 = 719_162;

impl Date {
    /// A point in time; `None` when there is no such day, hour, minute or second. 60 is a leap second.
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let valid = (1..=9999).contains(&year)
            && (1..=days_of(year, month)).contains(&u32::from(day))
            && hour < 24
            && minute < 60
            && second <= 60;
        valid.then_some(Self { year, month, day, hour, minute, second })
    }

    /// From seconds since 1970; `None` beyond the year 9999.
    pub fn from_unix(seconds: u64) -> Option<Self> {
        let mut days = u32::try_from(seconds / SECONDS_PER_DAY).ok()?;
        let mut year = 1970_u16;
        while days >= days_of_year(year) {
            days = days.saturating_sub(days_of_year(year));
            year = year.checked_add(1).filter(|year| *year <= 9999)?;
        }
        let mut month = 1_u8;
        while days >= days_of(year, month) {
            days = days.saturating_sub(days_of(year, month));
            month = month.saturating_add(1);
        }
        let time = u32::try_from(seconds % SECONDS_PER_DAY).ok()?;
        let part = |value: u32| u8::try_from(value).ok();
        Self::new(
            year,
            month,
            part(days.saturating_add(1))?,
            part(time / 3600)?,
            part(time / 60 % 60)?,
            part(time % 60)?,
        )
    }

    /// Seconds since 1970; 0 for what was before. A leap second is the first of the next minute.
    pub fn unix(&self) -> u64 {
        let days = u64::from(self.days().saturating_sub(DAYS_TO_1970));
        let time = u64::from(self.hour)
            .saturating_mul(3600)
            .saturating_add(u64::from(self.minute).saturating_mul(60))
            .saturating_add(u64::from(self.second));
        if self.year < 1970 { 0 } else { days.saturating_mul(SECONDS_PER_DAY).saturating_add(time) }
    }

    /// Days since the first of January of the year 1.
    fn days(&self) -> u32 {
        let years = u32::from(self.year.saturating_sub(1));
        let leap_days = (years / 4).saturating_sub(years / 100).saturating_add(years / 400);
        let months = (1..self.month).map(|month| days_of(self.year, month)).sum::<u32>();
        years
            .saturating_mul(365)
            .saturating_add(leap_days)
            .saturating_add(months)
            .saturating_add(u32::from(self.day).saturating_sub(1))
    }

    fn weekday(&self) -> &'static str {
        usize::try_from(self.days() % 7).ok().and_then(|day| WEEKDAYS.get(day)).copied().unwrap_or_default()
    }
}

const fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of_year(year: u16) -> u32 {
    if is_leap(year) { 366 } else { 365 }
}

/// Days of a month; none of a month that does not exist.
const fn days_of(year: u16, month: u8) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    }
}

impl FieldValue for Date {
    const WHAT: &'static str = "Date";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let (weekday, date) = whole(text.as_str(), Self::WHAT, date)?;
        if date.weekday() == weekday {
            Ok(Decoded::clean(date))
        } else {
            Err(DecodeError::invalid(super::offset_of(text, weekday), "day of the week"))
        }
    }
}

/// `wkday "," SP 2DIGIT SP month SP 4DIGIT SP time SP "GMT"`; case counts.
fn date(input: &str) -> Parsed<'_, (&str, Date)> {
    let month = map_opt(take(3_usize), |name: &str| {
        let at = MONTHS.iter().position(|month| *month == name)?;
        u8::try_from(at).ok()?.checked_add(1)
    });
    let two = || map_opt(fixed_digits(2), |value| u8::try_from(value).ok());
    let (rest, (weekday, _, day, _, month, _, year)) =
        (take(3_usize), tag(", "), two(), tag(" "), month, tag(" "), fixed_digits(4)).parse(input)?;
    let (rest, (_, hour, _, minute, _, second, _)) =
        (tag(" "), two(), tag(":"), two(), tag(":"), two(), tag(" GMT")).parse(rest)?;
    Date::new(year, month, day, hour, minute, second)
        .map(|date| (rest, (weekday, date)))
        .ok_or(super::super::grammar::Stop::here(input))
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = MONTHS.get(usize::from(self.month.saturating_sub(1))).copied().unwrap_or_default();
        let Self { year, day, hour, minute, second, .. } = self;
        let weekday = self.weekday();
        write!(f, "{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }
}
