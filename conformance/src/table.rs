//! Plain tables for terminals: columns as wide as their content, no colour, no trailing blanks.

/// Lays out rows under a head; two blanks between columns, the last column may be of any length.
pub fn layout(head: &[&str], rows: &[Vec<String>]) -> String {
    let columns = head.len();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_line_up_and_lines_have_no_trailing_blanks() {
        let rows = [
            vec!["1".to_owned(), "längst".to_owned(), String::new()],
            vec!["22".into(), "b".into(), "c".into()],
        ];
        assert_eq!(super::layout(&["id", "name", "x"], &rows), "id  name    x\n1   längst\n22  b       c\n");
    }
}
