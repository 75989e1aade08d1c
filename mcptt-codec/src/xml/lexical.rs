//! Characters, names, references and simple values of XML 1.0.

use std::borrow::Cow;

/// Whether XML allows the character.
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Where the first character is that XML does not allow.
pub(super) fn forbidden(text: &str) -> Option<usize> {
    let plain = |octet: u8| matches!(octet, b' '..=0x7f | b'\t' | b'\n' | b'\r');
    // Without an early exit the compiler looks at many octets at once, and nearly all documents are plain.
    if text.bytes().fold(true, |all, octet| all & plain(octet)) { None } else { text.find(|c| !is_char(c)) }
}

/// Whether the text is a name without colon.
pub(super) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

fn starts_name(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '_' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c, '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// What a reference stands for, given what is between `&` and `;`; `None` for an entity that is not
/// predefined and for a character that XML does not allow.
pub(super) fn reference(name: &str) -> Option<char> {
    let number = |digits: &str, radix: u32| {
        // `from_str_radix` would take a sign.
        let digits =
            Some(digits).filter(|digits| digits.bytes().all(|octet| octet.is_ascii_alphanumeric()))?;
        char::from_u32(u32::from_str_radix(digits, radix).ok()?).filter(|c| is_char(*c))
    };
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => match name.strip_prefix("#x") {
            Some(digits) => number(digits, 16),
            None => number(name.strip_prefix('#')?, 10),
        },
    }
}

/// The value of an attribute: references resolved, white space made blanks. `None` for a reference that is
/// not allowed or a `<`.
pub(super) fn attribute_value(raw: &str) -> Option<Cow<'_, str>> {
    const SPECIAL: [char; 5] = ['&', '<', '\t', '\r', '\n'];
    if !raw.contains(SPECIAL) {
        return Some(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(SPECIAL) {
        let (before, from) = rest.split_at(at);
        value.push_str(before);
        rest = match from.strip_prefix('&') {
            Some(after) => {
                let (name, after) = after.split_once(';')?;
                value.push(reference(name)?);
                after
            }
            None if from.starts_with('<') => return None,
            None => {
                value.push(' ');
                from.strip_prefix("\r\n").or_else(|| from.get(1..)).unwrap_or_default()
            }
        };
    }
    value.push_str(rest);
    Some(Cow::Owned(value))
}

/// `xs:boolean`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A non-negative integer; a plus sign is allowed by `xs:nonNegativeInteger`.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.parse().ok().filter(|_| digits.bytes().all(|octet| octet.is_ascii_digit()))
}
