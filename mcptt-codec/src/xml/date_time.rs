//! `xs:dateTime` as affiliations and call-backs use it. The time itself always comes from the caller.

const SECONDS_OF_DAY: i64 = 86_400;
/// Days of 400 years of the Gregorian calendar.
const DAYS_OF_ERA: i64 = 146_097;
/// Days from 1 March of year 0 to 1 January 1970.
const DAYS_TO_1970: i64 = 719_468;

/// Seconds since 1970 in UTC of an `xs:dateTime` from year 1 to 9999; a fraction of a second is cut off, a
/// missing time zone is UTC. `None` when the text is not a date and time.
pub fn to_unix(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once('T')?;
    let mut date = date.split('-');
    let (year, month, day) = (digits(date.next()?, 4)?, digits(date.next()?, 2)?, digits(date.next()?, 2)?);
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.split(':');
    let (hour, minute, second) =
        (digits(clock.next()?, 2)?, digits(clock.next()?, 2)?, digits(clock.next()?, 2)?);
    let fraction_is_number = !fraction.is_empty() && fraction.bytes().all(|octet| octet.is_ascii_digit());
    let complete = date.next().is_none() && clock.next().is_none() && fraction_is_number;
    let end_of_day = hour == 24 && minute == 0 && second == 0;
    let in_range = year >= 1
        && (1..=days_of_month(year, month)?).contains(&day)
        && (hour <= 23 || end_of_day)
        && minute <= 59
        && second <= 59;
    if !complete || !in_range {
        return None;
    }
    let of_day = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    let local = days_from_civil(year, month, day)?.checked_mul(SECONDS_OF_DAY)?.checked_add(of_day)?;
    local.checked_sub(zone_offset(zone)?)
}

/// The UTC date and time of seconds since 1970; times outside of the years 1 to 9999 become the nearest one
/// inside.
pub fn from_unix(seconds: i64) -> String {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    let seconds = seconds.clamp(FIRST, LAST);
    let of_day = seconds.rem_euclid(SECONDS_OF_DAY);
    let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_OF_DAY));
    let (hour, minute, second) =
        (of_day.div_euclid(3600), of_day.div_euclid(60).rem_euclid(60), of_day.rem_euclid(60));
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let only_digits = text.len() == count && text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| only_digits)
}

/// Seconds east of Greenwich; at most 14 hours.
fn zone_offset(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone == "Z" {
        return Some(0);
    }
    let (sign, clock) = match zone.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2).filter(|minutes| *minutes <= 59)?);
    let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
    if seconds > 14_i64.checked_mul(3600)? { None } else { seconds.checked_mul(sign) }
}

fn days_of_month(year: i64, month: i64) -> Option<i64> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

// Both conversions count years from March, so that the leap day is the last day of the year.

fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = month.checked_add(9)?.rem_euclid(12);
    let of_year = month.checked_mul(153)?.checked_add(2)?.div_euclid(5).checked_add(day)?.checked_sub(1)?;
    let leap_days = of_era.div_euclid(4).checked_sub(of_era.div_euclid(100))?;
    let of_era = of_era.checked_mul(365)?.checked_add(leap_days)?.checked_add(of_year)?;
    era.checked_mul(DAYS_OF_ERA)?.checked_add(of_era)?.checked_sub(DAYS_TO_1970)
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(DAYS_TO_1970);
    let (era, of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
    let leap_days = of_era
        .div_euclid(1460)
        .saturating_sub(of_era.div_euclid(36_524))
        .saturating_add(of_era.div_euclid(146_096));
    let year = of_era.saturating_sub(leap_days).div_euclid(365);
    let before =
        year.saturating_mul(365).saturating_add(year.div_euclid(4)).saturating_sub(year.div_euclid(100));
    let of_year = of_era.saturating_sub(before);
    let month = of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
    let before = month.saturating_mul(153).saturating_add(2).div_euclid(5);
    let day = of_year.saturating_sub(before).saturating_add(1);
    let (month, carry) = if month < 10 { (month.saturating_add(3), 0) } else { (month.saturating_sub(9), 1) };
    (era.saturating_mul(400).saturating_add(year).saturating_add(carry), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_with_zone_and_fraction() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-03-01T12:00:00Z", Some(1_772_366_400)),
            ("2026-03-01T13:30:00.250+01:30", Some(1_772_366_400)),
            ("2026-03-01T07:00:00-05:00", Some(1_772_366_400)),
            ("2026-03-01T12:00:00", Some(1_772_366_400)),
            ("2000-02-29T24:00:00Z", Some(951_868_800)),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-03-01T24:00:01Z", None),
            ("2026-03-01T12:00:00+15:00", None),
            ("2026-03-01T12:00:00.Z", None),
            ("2026-03-01 12:00:00Z", None),
            ("2026-03-01T12:00:00Zé", None),
            ("26-03-01T12:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(to_unix(text), seconds, "{text}");
        }
    }

    #[test]
    fn dates_are_written_in_utc_and_kept_in_range() {
        assert_eq!(from_unix(1_772_366_400), "2026-03-01T12:00:00Z");
        assert_eq!(from_unix(-1), "1969-12-31T23:59:59Z");
        assert_eq!(from_unix(i64::MIN), "0001-01-01T00:00:00Z");
        assert_eq!(from_unix(i64::MAX), "9999-12-31T23:59:59Z");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn each_second_survives(seconds in -62_135_596_800_i64..=253_402_300_799) {
            prop_assert_eq!(to_unix(&from_unix(seconds)), Some(seconds));
        }
    }
}
