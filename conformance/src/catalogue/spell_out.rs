//! The catalogue abbreviates names of messages and entities; people who do not live in it get them in full.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Abbreviation and full name; the catalogue's README lists the same.
const NAMES: [(&str, &str); 17] = [
    ("FReq", "Floor Request"),
    ("FGr", "Floor Granted"),
    ("FTk", "Floor Taken"),
    ("FDny", "Floor Deny"),
    ("FRel", "Floor Release"),
    ("FIdl", "Floor Idle"),
    ("FRev", "Floor Revoke"),
    ("FQPR", "Floor Queue Position Request"),
    ("FQPI", "Floor Queue Position Info"),
    ("FAck", "Floor Ack"),
    ("FRMT", "Floor Release Multi Talker"),
    ("QFR", "Queued Floor Requests"),
    ("UMFC", "Unicast Media Flow Control"),
    ("FRvR", "Floor Revoke Request"),
    ("PF", "participating function"),
    ("CF", "controlling function"),
    ("NCF", "non-controlling function"),
];

static ABBREVIATION: LazyLock<Regex> = LazyLock::new(|| {
    let names = NAMES.map(|(short, _)| short).join("|");
    Regex::new(&format!(r"\b(T-|O-)?({names})\b(?: #(\d+))?")).expect("the expression is a constant")
});

/// `FDny #7` becomes `Floor Deny cause 7`, `T-PF` the terminating participating function.
pub fn spell_out(text: &str) -> String {
    let full = |found: &Captures<'_>| {
        let side = match found.get(1).map(|side| side.as_str()) {
            Some("T-") => "terminating ",
            Some(_) => "originating ",
            None => "",
        };
        let name = NAMES.iter().find(|(short, _)| *short == &found[2]).map_or(&found[2], |(_, full)| *full);
        let cause = found.get(3).map_or(String::new(), |cause| format!(" cause {}", cause.as_str()));
        format!("{side}{name}{cause}")
    };
    ABBREVIATION.replace_all(text, full).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_are_spelled_out_and_nothing_else() {
        let cases = [
            ("FDny #7, then FIdl to all", "Floor Deny cause 7, then Floor Idle to all"),
            ("T-PF answers the CF", "terminating participating function answers the controlling function"),
            ("NCF sends QFR", "non-controlling function sends Queued Floor Requests"),
            ("SCF FReqs PF2 #7", "SCF FReqs PF2 #7"),
        ];
        for (short, full) in cases {
            assert_eq!(spell_out(short), full);
        }
    }
}
