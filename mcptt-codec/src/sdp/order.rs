//! Which lines a description has, in which order and how often (RFC 8866 5 and 9).

/// Place of a session line; `t`, `r` and `z` belong together and share one, as a description may have several
/// such groups.
pub(super) const fn session(kind: char) -> u8 {
    match kind {
        'o' => 1,
        's' => 2,
        'i' => 3,
        'u' => 4,
        'e' => 5,
        'p' => 6,
        'c' => 7,
        'b' => 8,
        't' | 'r' | 'z' => 9,
        'k' => 10,
        'a' => 11,
        _ => 0,
    }
}

/// Whether RFC 8866 knows the type of a session line.
pub(super) const fn is_known_in_session(kind: char) -> bool {
    kind == 'v' || session(kind) > 0
}

/// Place of a line of a media description; as in [`session`].
pub(super) const fn media(kind: char) -> u8 {
    match kind {
        'c' => 1,
        'b' => 2,
        'k' => 3,
        'a' => 4,
        _ => 0,
    }
}

/// Whether RFC 8866 knows the type of a line of a media description.
pub(super) const fn is_known_in_media(kind: char) -> bool {
    kind == 'i' || media(kind) > 0
}

/// Whether a session may have only one line of this type.
pub(super) const fn is_single_in_session(kind: char) -> bool {
    matches!(kind, 'v' | 'o' | 's' | 'i' | 'u' | 'c' | 'k')
}

/// Whether a media description may have only one line of this type.
pub(super) const fn is_single_in_media(kind: char) -> bool {
    matches!(kind, 'i' | 'k')
}
