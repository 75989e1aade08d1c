use super::*;

#[test]
fn the_tables_are_sound() {
    let differ = Differ::new("tshark").unwrap();
    let names: BTreeSet<&str> = differ.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names.len(), differ.rows.len(), "row names are told apart");
    for known in &differ.known {
        for row in &known.rows {
            let start = row.trim_end_matches('*');
            assert!(names.iter().any(|name| name.starts_with(start)), "{} names no row: {row}", known.id);
        }
    }
}

#[test]
fn values_are_compared_in_one_form() {
    assert_eq!(Form::Number.plain("0x11223344"), "287454020");
    assert_eq!(Form::Number.plain("-1"), "-1");
    assert_eq!(Form::Text.plain("a \\t b\\r\\n"), "a b");
    assert_eq!(Form::Octets.plain("0A:0b"), "0a0b");
    assert_eq!(Form::Element.plain("<m:mcpttinfo"), "mcpttinfo");
}
