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

fn sip(number: u64, text: &str) -> Frame {
    Frame {
        number,
        time: Default::default(),
        source: "192.0.2.1:5060".parse().unwrap(),
        destination: "192.0.2.2:5060".parse().unwrap(),
        transport: Transport::Tcp,
        payload: bytes::Bytes::copy_from_slice(text.as_bytes()),
        truncated: false,
        comments: Vec::new(),
    }
}

#[test]
fn a_blank_before_a_colon_excuses_its_header_field_and_no_other() {
    let text = "OPTIONS sip:a SIP/2.0\r\nTo : <sip:b>\r\nFrom: <sip:c>\r\nContent-Type: application/sdp\r\n\
                Content-Length: 5\r\n\r\nv=0\r\n";
    let mut ours = Values::default();
    ours::values(&sip(1, text), &mut ours).unwrap();
    let known = known::embedded().unwrap();
    let excused = |row: &str, relation| -> Vec<_> {
        let applies = |known: &&known::Known| !known.cut && known.applies(row, relation, &ours, false);
        known.iter().filter(applies).map(|known| known.id.as_str()).collect()
    };
    assert_eq!(excused("sip from", Relation::OursOnly), ["sip-blank-before-colon"]);
    let blank = known.iter().find(|known| known.id == "sip-blank-before-colon").unwrap();
    let (to, from) = (text.find("To").unwrap(), text.find("From").unwrap());
    assert_eq!(blank.excuses(&ours, false), std::iter::once(to..from).collect::<Vec<_>>());
    let rows = Differ::new("tshark").unwrap().rows;
    let read = |name: &str, theirs: &[String]| {
        let row = rows.iter().find(|row| row.name == name).unwrap();
        reads(theirs, &row.ours(&ours), &blank.excuses(&ours, false))
    };
    assert!(read("sip to", &[]) && !read("sip from", &[]) && read("sip from", &["<sip:c>".into()]));
    // The type of the body is known, so its values have to be there.
    assert_eq!(excused("sdp version", Relation::OursOnly), [""; 0]);
    let mut ours = Values::default();
    ours::values(&sip(1, &text.replace("Content-Type:", "Content-Type :")), &mut ours).unwrap();
    let hides =
        |known: &&known::Known| !known.cut && known.applies("sdp version", Relation::OursOnly, &ours, false);
    assert_eq!(
        known.iter().filter(hides).map(|known| known.id.as_str()).collect::<Vec<_>>(),
        ["sip-body-unknown"]
    );
}

#[test]
fn messages_of_one_frame_are_one_reading() {
    let text = "OPTIONS sip:a SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n";
    let mut ours = Values::default();
    for _ in 0..2 {
        ours::values(&sip(1, text), &mut ours).unwrap();
    }
    let places: Vec<usize> = ours.places("sip.cseq=1 OPTIONS").collect();
    assert_eq!(places, [23, 23 + text.len()]);
    let frames = [sip(1, text), Frame { transport: Transport::Udp, ..sip(2, text) }];
    assert_eq!(ports(&frames), BTreeMap::from([(("tcp", 5060), "sip"), (("udp", 5060), "sip")]));
}

#[test]
fn values_are_compared_in_one_form() {
    assert_eq!(Form::Number.plain("0x11223344"), "287454020");
    assert_eq!(Form::Number.plain("-1"), "-1");
    assert_eq!(Form::Text.plain("a \\t b\\r\\n"), "a b");
    assert_eq!(Form::Octets.plain("0A:0b"), "0a0b");
    assert_eq!(Form::Element.plain("<m:mcpttinfo"), "mcpttinfo");
}
