//! `xs:duration` as timers of the documents use it: an amount of time, without years and months, which have
//! no fixed length, and never negative.

use std::time::Duration;

/// Days, hours, minutes and seconds of an `xs:duration` such as `PT30S`, `PT1M` or `P1DT2H`; years and months
/// are only read when they are zero, and what is below a nanosecond is cut off. `None` for every other text.
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('P').filter(|rest| !rest.is_empty() && !rest.ends_with('T'))?;
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let (mut rest, mut seconds) = (date, 0_u64);
    for (unit, in_seconds) in [('Y', None), ('M', None), ('D', Some(86_400))] {
        let (amount, after) = component(rest, unit)?;
        rest = after;
        seconds = add(seconds, amount, in_seconds)?;
    }
    if !rest.is_empty() {
        return None;
    }
    rest = time;
    for (unit, in_seconds) in [('H', 3600), ('M', 60)] {
        let (amount, after) = component(rest, unit)?;
        rest = after;
        seconds = add(seconds, amount, Some(in_seconds))?;
    }
    if rest.is_empty() {
        return Some(Duration::from_secs(seconds));
    }
    let (whole, fraction) = match rest.strip_suffix('S')?.split_once('.') {
        Some((whole, fraction)) => (whole, nanoseconds(fraction)?),
        None => (rest.strip_suffix('S')?, 0),
    };
    Some(Duration::new(add(seconds, digits(whole)?, Some(1))?, fraction))
}

/// The amount of time in seconds, such as `PT30S` or `PT0.5S`.
pub fn format(duration: Duration) -> String {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    if nanoseconds == 0 {
        return format!("PT{seconds}S");
    }
    let fraction = format!("{nanoseconds:09}");
    format!("PT{seconds}.{}S", fraction.trim_end_matches('0'))
}

/// The number before a unit, 0 when the unit does not come next, and what follows.
fn component(text: &str, unit: char) -> Option<(u64, &str)> {
    match text.split_once(unit) {
        Some((number, after)) if number.bytes().all(|octet| octet.is_ascii_digit()) => {
            Some((digits(number)?, after))
        }
        _ => Some((0, text)),
    }
}

fn digits(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|octet| octet.is_ascii_digit()))
}

fn add(seconds: u64, amount: u64, in_seconds: Option<u64>) -> Option<u64> {
    match in_seconds {
        Some(in_seconds) => seconds.checked_add(amount.checked_mul(in_seconds)?),
        None if amount == 0 => Some(seconds),
        None => None,
    }
}

fn nanoseconds(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let nine: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    nine.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_of_time_are_read() {
        for (text, expected) in [
            ("PT30S", Some(Duration::from_secs(30))),
            ("PT0S", Some(Duration::ZERO)),
            ("PT0.5S", Some(Duration::from_millis(500))),
            ("PT1.0000000019S", Some(Duration::new(1, 1))),
            ("PT5M", Some(Duration::from_secs(300))),
            ("PT1H2M3S", Some(Duration::from_secs(3723))),
            ("P1D", Some(Duration::from_secs(86_400))),
            ("P1DT12H", Some(Duration::from_secs(129_600))),
            ("P0Y0M0DT0H0M30S", Some(Duration::from_secs(30))),
            ("PT18446744073709551615S", Some(Duration::from_secs(u64::MAX))),
            ("PT2147483647S", Some(Duration::from_secs(2_147_483_647))),
            ("PT18446744073709551616S", None),
            ("P213503982334602D", None),
            ("P1Y", None),
            ("P1M", None),
            ("-PT30S", None),
            ("PT-30S", None),
            ("PT+30S", None),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("PT30", None),
            ("30S", None),
            ("PT.5S", None),
            ("PT1.S", None),
            ("PTS", None),
            ("PTM", None),
            ("PT1S2M", None),
            ("PT1M1H", None),
            ("P1H", None),
            ("PT1D", None),
            ("PT1S ", None),
            ("pt1s", None),
            ("PT१S", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn each_amount_survives(seconds: u64, nanoseconds in 0..1_000_000_000_u32) {
            let duration = Duration::new(seconds, nanoseconds);
            prop_assert_eq!(parse(&format(duration)), Some(duration));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,20}|[PTYMDHS0-9.+-]{0,20}") {
            if let Some(duration) = parse(&text) {
                prop_assert_eq!(parse(&format(duration)), Some(duration));
            }
        }
    }
}
