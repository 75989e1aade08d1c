//! Natural order of ids and clause numbers: `6.3.4.9` before `6.3.4.10`, `9` before `9A`.

use std::cmp::Ordering;

/// Compares two ids digit run by digit run.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        match (piece(&mut a), piece(&mut b)) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => match left.cmp(&right) {
                Ordering::Equal => {}
                other => return other,
            },
        }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Separator(char),
    Number(u64),
    Word(&'a str),
}

fn piece<'a>(text: &mut &'a str) -> Option<Piece<'a>> {
    let first = text.chars().next()?;
    let kind = |c: char| (c.is_ascii_digit(), c.is_ascii_alphabetic());
    let end = if kind(first) == (false, false) {
        first.len_utf8()
    } else {
        text.find(|c| kind(c) != kind(first)).unwrap_or(text.len())
    };
    let (taken, rest) = text.split_at(end);
    *text = rest;
    Some(match kind(first) {
        (true, _) => Piece::Number(taken.parse().unwrap_or(u64::MAX)),
        (_, true) => Piece::Word(taken),
        _ => Piece::Separator(first),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clause_numbers_and_items_sort_as_people_read_them() {
        let mut ids = vec![
            "RFC3261-ext",
            "24.380-10B",
            "24.380-6.3.4.10",
            "24.380-6.3.4.9:b",
            "24.380-10.2",
            "24.380-6.3.4.9",
            "24.379-9A.2",
            "24.379-9.2",
            "24.380-6.3.4.9:2a",
            "24.380-6.3.4.9:10",
        ];
        ids.sort_by(|a, b| natural(a, b));
        assert_eq!(
            ids,
            [
                "24.379-9.2",
                "24.379-9A.2",
                "24.380-6.3.4.9",
                "24.380-6.3.4.9:2a",
                "24.380-6.3.4.9:10",
                "24.380-6.3.4.9:b",
                "24.380-6.3.4.10",
                "24.380-10.2",
                "24.380-10B",
                "RFC3261-ext",
            ]
        );
    }
}
