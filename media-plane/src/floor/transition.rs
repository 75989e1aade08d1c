//! The tables of procedures of the machines of this crate.

pub(crate) use mcptt_codec::machine::Rule;
#[cfg(test)]
pub(crate) use mcptt_codec::machine::image;

/// Compares the image of a table with the committed one. `MCPTT_BLESS=1` writes it anew instead, for review.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_committed(text: &str, committed: &str, file: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/floor").join(file);
    if std::env::var_os("MCPTT_BLESS").is_some() {
        std::fs::write(&path, text).expect("the image of the table can be written");
        return;
    }
    assert_eq!(
        text, committed,
        "{file} does not show the table; run with MCPTT_BLESS=1 and review the difference"
    );
}
