//! One line of a scenario, word by word, with the column for whoever has to correct it.

use std::time::Duration;

use thiserror::Error;

/// What is wrong with the text of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: expected {expected}, found {found}")]
pub struct ScenarioError {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What would be right there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// A word and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    line: usize,
    column: usize,
}

impl Word<'_> {
    pub(super) fn wrong(&self, expected: impl Into<String>) -> ScenarioError {
        let found =
            if self.text.is_empty() { "the end of the line".into() } else { format!("'{}'", self.text) };
        ScenarioError { line: self.line, column: self.column, expected: expected.into(), found }
    }
}

/// The rest of a line.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    number: usize,
    whole: &'a str,
    /// Octet of `whole` that comes next.
    at: usize,
}

impl<'a> Line<'a> {
    pub(super) const fn new(number: usize, whole: &'a str) -> Self {
        Self { number, whole, at: 0 }
    }

    fn word_at(&self, at: usize) -> (Word<'a>, usize) {
        let rest = &self.whole[at..];
        let start = at + (rest.len() - rest.trim_start().len());
        let text = self.whole[start..].split(char::is_whitespace).next().unwrap_or_default();
        // A comment reaches to the end of the line.
        let text = if text.starts_with('#') { "" } else { text };
        let column = self.whole[..start].chars().count() + 1;
        (Word { text, line: self.number, column }, start + text.len())
    }

    /// The next word, left where it is; an empty one at the end of the line.
    pub(super) fn peek(&self) -> Word<'a> {
        self.word_at(self.at).0
    }

    /// The next word.
    pub(super) fn word(&mut self) -> Word<'a> {
        let (word, after) = self.word_at(self.at);
        self.at = after;
        word
    }

    /// The next word, which is not the end of the line.
    pub(super) fn some(&mut self, expected: &str) -> Result<Word<'a>, ScenarioError> {
        let word = self.word();
        if word.text.is_empty() { Err(word.wrong(expected)) } else { Ok(word) }
    }

    /// Takes the next word if it is this one.
    pub(super) fn takes(&mut self, wanted: &str) -> bool {
        let is = self.peek().text == wanted;
        if is {
            self.word();
        }
        is
    }

    /// The next word, which has to be this one.
    pub(super) fn must(&mut self, wanted: &str) -> Result<(), ScenarioError> {
        let word = self.word();
        if word.text == wanted { Ok(()) } else { Err(word.wrong(format!("'{wanted}'"))) }
    }

    /// Nothing but a comment may follow.
    pub(super) fn end(&mut self) -> Result<(), ScenarioError> {
        let word = self.word();
        if word.text.is_empty() { Ok(()) } else { Err(word.wrong("the end of the line")) }
    }

    /// Everything that follows as it is, comments included, which has to be something.
    pub(super) fn rest(&mut self, expected: &str) -> Result<Word<'a>, ScenarioError> {
        let rest = &self.whole[self.at..];
        let start = self.at + (rest.len() - rest.trim_start().len());
        let column = self.whole[..start].chars().count() + 1;
        self.at = self.whole.len();
        let word = Word { text: self.whole[start..].trim_end(), line: self.number, column };
        if word.text.is_empty() { Err(word.wrong(expected)) } else { Ok(word) }
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self, expected: &str) -> Result<T, ScenarioError> {
        let word = self.word();
        word.text.parse().map_err(|_| word.wrong(expected))
    }

    pub(super) fn duration(&mut self) -> Result<Duration, ScenarioError> {
        let word = self.word();
        duration(word.text).ok_or_else(|| word.wrong("a duration such as 20ms or 1.5s"))
    }
}

/// Longest time a scenario may take, so that no text can keep the toolkit busy for ever.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A decimal number with its unit, at most [`LONGEST`], exact to the nanosecond.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(|octet| octet.is_ascii_digit() || *octet == b'.').count();
    let (number, unit) = text.split_at(digits);
    let nanoseconds: u64 = match unit {
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || fraction.len() > 9 || fraction.contains('.') {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(nanoseconds)?;
    let mut part = nanoseconds;
    let mut total = whole;
    for digit in fraction.bytes() {
        // What is below a nanosecond cannot be said.
        if !part.is_multiple_of(10) {
            return None;
        }
        part /= 10;
        total = total.checked_add(part.checked_mul(u64::from(digit - b'0'))?)?;
    }
    Some(Duration::from_nanos(total)).filter(|duration| *duration <= LONGEST)
}

/// The shortest text that [`duration`] reads as this.
pub(crate) fn written(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let (unit, size) = if nanoseconds.is_multiple_of(1_000_000_000) || nanoseconds > 10_000_000_000 {
        ("s", 1_000_000_000)
    } else {
        ("ms", 1_000_000)
    };
    let (whole, rest) = (nanoseconds / size, nanoseconds % size);
    if rest == 0 {
        return format!("{whole}{unit}");
    }
    let width = if size == 1_000_000 { 6 } else { 9 };
    let fraction = format!("{rest:0width$}");
    format!("{whole}.{}{unit}", fraction.trim_end_matches('0'))
}
