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
fn an_excuse_begins_where_its_reason_stands() {
    let mut ours = Values::default();
    let packet = serde_json::json!({"name": "MCPT", "subtype": 0, "ssrc": 1, "offset": 8, "octets": 24, "deviations": [],
        "fields": [{"id": 2, "cause": 5}, {"id": 16, "ssrcs": [7]}, {"id": 0, "floor_priority": 9}],
        "field_offsets": [12, 16, 20]});
    ours::packet(&packet, &[0; 32], &mut ours);
    let known = |from| known::Known {
        id: "x".into(),
        rows: vec!["*".into()],
        reason: String::new(),
        relation: Vec::new(),
        has: vec!["mcpt.id=16".into()],
        from,
        cut: false,
        malformed: None,
        rare: false,
    };
    let only = |range: std::ops::Range<usize>| std::iter::once(range).collect::<Vec<_>>();
    assert_eq!(known(true).excuses(&ours, false), only(24..32));
    assert_eq!(known(true).excuses(&ours, true), only(24..usize::MAX));
    assert_eq!(known(false).excuses(&ours, true), only(0..usize::MAX));

    let row =
        |name: &str| Differ::new("tshark").unwrap().rows.into_iter().find(|row| row.name == name).unwrap();
    let excused = only(24..32);
    // The cause stands before the list, the priority behind it.
    assert!(!reads(&["4".into()], &row("cause").ours(&ours), &excused));
    assert!(reads(&["5".into(), "4".into()], &row("cause").ours(&ours), &excused));
    assert!(reads(&[], &row("floor priority").ours(&ours), &excused));
}

#[test]
fn values_are_compared_in_one_form() {
    assert_eq!(Form::Number.plain("0x11223344"), "287454020");
    assert_eq!(Form::Number.plain("-1"), "-1");
    assert_eq!(Form::Text.plain("a \\t b\\r\\n"), "a b");
    assert_eq!(Form::Octets.plain("0A:0b"), "0a0b");
    assert_eq!(Form::Element.plain("<m:mcpttinfo"), "mcpttinfo");
}
