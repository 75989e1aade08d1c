//! Durations as people write them: `500ms`, `30s`, `5m`, `1h`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// A duration in a configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map(Self).ok_or_else(|| {
            de::Error::invalid_value(
                de::Unexpected::Str(&text),
                &"a whole number with unit ms, s, m or h, such as \"500ms\" or \"30s\"",
            )
        })
    }
}

fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_with_a_unit() {
        let read = ["500ms", "30s", "5m", "1h", "0s"].map(|text| parse(text).map(|d| d.as_millis()));
        assert_eq!(read, [Some(500), Some(30_000), Some(300_000), Some(3_600_000), Some(0)]);
        for wrong in ["", "30", "s", "1.5s", "-1s", "5 s", "99999999999999999999s", "9999999999999999999h"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
