//! Colours for a terminal: the word that a line begins with says what it is about.

use std::io::{self, Write};

const GREEN: &str = "32";
const RED: &str = "31";
const YELLOW: &str = "33";

/// Words that lines begin with, and their colours.
const WORDS: [(&str, &str); 14] = [
    ("pass", GREEN),
    ("ok", GREEN),
    ("good:", GREEN),
    ("FAIL", RED),
    ("ERROR", RED),
    ("BAD", RED),
    ("VIOLATED", RED),
    ("REFUSED", RED),
    ("STALE", RED),
    ("TARGET", RED),
    ("NOT", RED),
    ("FLAKY", YELLOW),
    ("inconclusive", YELLOW),
    ("expected", YELLOW),
];

/// Hands on what is written, lines with their first word in colour.
pub(super) struct Painter<'a> {
    out: &'a mut dyn Write,
    /// `false`: everything passes as it is.
    on: bool,
    /// The beginning of a line.
    line: Vec<u8>,
}

impl<'a> Painter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, on: bool) -> Self {
        Self { out, on, line: Vec::new() }
    }
}

impl Write for Painter<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if !self.on {
            return self.out.write(octets);
        }
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.out.write_all(&painted(&line))?;
            }
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.line);
        self.out.write_all(&rest)?;
        self.out.flush()
    }
}

fn painted(line: &[u8]) -> Vec<u8> {
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    match WORDS.iter().find(|(known, _)| known.as_bytes() == word) {
        None => line.to_vec(),
        Some((word, colour)) => [format!("\x1b[{colour}m{word}\x1b[0m").as_bytes(), rest].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_of_a_line_has_its_colour_and_nothing_else_changes() {
        for (on, expected) in [
            (true, "\x1b[31mFAIL\x1b[0m FC-01/grant FAIL\n  pass\nexecuted 1\n\x1b[32mpass\x1b[0m x\nok"),
            (false, "FAIL FC-01/grant FAIL\n  pass\nexecuted 1\npass x\nok"),
        ] {
            let mut out = Vec::new();
            let mut painter = Painter::new(&mut out, on);
            for piece in ["FA", "IL FC-01/grant FAIL\n  pa", "ss\nexecuted 1\npass x\n", "ok"] {
                write!(painter, "{piece}").unwrap();
            }
            painter.flush().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
