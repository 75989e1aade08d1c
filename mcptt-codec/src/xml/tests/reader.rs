//! What the reader refuses and what it takes.

use super::super::reader::Document;
use super::super::*;
use crate::xml::mcptt_info::McpttInfo;

fn kind_of(text: &str) -> XmlErrorKind {
    Document::parse(text.as_bytes()).unwrap_err().kind
}

#[test]
fn a_document_type_declaration_is_refused_before_anything_is_expanded() {
    for text in [
        "<!DOCTYPE a><a/>".to_owned(),
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>".to_owned(),
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"http://example.org/\">]><a>&x;</a>"
            .to_owned(),
        format!(
            "<!DOCTYPE a [<!ENTITY l0 \"lol\">{}]><a>&l9;</a>",
            (1..10)
                .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
                .collect::<String>()
        ),
    ] {
        assert_eq!(kind_of(&text), XmlErrorKind::DocType, "{text}");
    }
    assert_eq!(kind_of("<a>&l9;</a>"), XmlErrorKind::Entity);
    assert_eq!(kind_of("<a b=\"&l9;\"/>"), XmlErrorKind::Entity);
}

#[test]
fn predefined_entities_and_numeric_characters_are_resolved() {
    let text = "<a b=\"&lt;&#65;&#x42;&quot;\t\r\n&#10;\">&lt;&gt;&amp;&apos;&quot;&#67;&#x1F600;<![CDATA[<&x;>]]>\r\n</a>";
    let document = Document::parse(text.as_bytes()).unwrap();
    let expected = Element::new(Name::local("a")).with("b", "<AB\"  \n").text("<>&'\"C\u{1f600}<&x;>\n");
    assert_eq!(document.root(), &expected);
    for reference in ["&nbsp;", "&#0;", "&#x0;", "&#xD800;", "&#x110000;", "&#+65;", "&#x;", "&#;", "&;"] {
        assert!(Document::parse(format!("<a>{reference}</a>").as_bytes()).is_err(), "{reference}");
        assert!(Document::parse(format!("<a b='{reference}'/>").as_bytes()).is_err(), "{reference}");
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for text in [
        "",
        " ",
        "text",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>text",
        "<a/><![CDATA[x]]>",
        "<a/>&lt;",
        "<a",
        "<a b=1/>",
        "<a b/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<1/>",
        "<a:b/>",
        "<a b:c=''/>",
        "<:a/>",
        "<a:/>",
        "<a:b:c/>",
        "<a>&</a>",
        "<a>]]></a>",
        "<a xmlns:b=''/>",
        "<a xmlns:xml='x'/>",
        "<a xmlns:xmlns='x'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<xmlns:a/>",
        "<a xmlns='x' xmlns='y'/>",
        "<a xmlns:p='x' xmlns:q='x' p:b='' q:b=''/>",
        " <?xml version='1.0'?><a/>",
        "<a><?xml version='1.0'?></a>",
        "<a 1='x'/>",
    ] {
        assert!(matches!(kind_of(text), XmlErrorKind::Malformed(_) | XmlErrorKind::Entity), "{text}");
    }
    assert_eq!(kind_of("<a>\u{1}</a>"), XmlErrorKind::Character);
    assert_eq!(kind_of("<a>\u{fffe}</a>"), XmlErrorKind::Character);
}

#[test]
fn only_utf_8_is_read() {
    for (octets, line, column, reason) in [
        (&b"<a>\n \xc3\xa9\xff</a>"[..], 2, 3, "an octet that UTF-8 does not allow"),
        (b"\xff\xfe<\0a\0/\0>\0", 1, 1, "UTF-16 is not read"),
        (b"\xfe\xff\0<\0a\0/\0>", 1, 1, "UTF-16 is not read"),
        (b"<\0a\0/\0>\0", 1, 1, "UTF-16 is not read"),
        (b"\0<\0a\0/\0>", 1, 1, "UTF-16 is not read"),
        (b"\xff\xfe\0\0<\0\0\0", 1, 1, "UTF-32 is not read"),
        (b"\0\0\0<\0\0\0a", 1, 1, "UTF-32 is not read"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", 1, 1, "the declaration names another encoding"),
        (b"<?xml version='1.0' encoding='UTF-16'?><a/>", 1, 1, "the declaration names another encoding"),
    ] {
        let kind = XmlErrorKind::Encoding(reason);
        let expected = XmlError { line, column, path: "/".to_owned(), kind };
        assert_eq!(Document::parse(octets).unwrap_err(), expected, "{octets:?}");
    }
    for text in [
        "\u{feff}<a/>",
        "<?xml version=\"1.0\"?><a/>",
        "<?xml version=\"1.0\" encoding=\"utf-8\" standalone='yes'?>\r\n<!-- x --><?target data?><a/>\n<!-- y -->",
        "\u{feff}<?xml version='1.0' encoding='US-ASCII'?><a></a>",
    ] {
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(document.root(), &Element::new(Name::local("a")), "{text}");
    }
}

#[test]
fn nothing_grows_beyond_its_limit() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let attributes = |count: usize| {
        let attributes: String = (0..count).map(|n| format!(" a{n}=''")).collect();
        format!("<a{attributes}/>")
    };
    let namespaces = |count: usize| {
        let declarations: String = (0..count).map(|n| format!(" xmlns:a{n}='x'")).collect();
        format!("<a{declarations}/>")
    };
    let elements = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count - 1));
    let name = |count: usize| format!("<{}/>", "n".repeat(count));
    let text = |count: usize| format!("<a>{}<![CDATA[{}]]>&#65;</a>", "x".repeat(7), "y".repeat(count - 8));
    let value = |count: usize| format!("<a b='{}'/>", "x".repeat(count));
    let uri = |count: usize| format!("<a xmlns='{}'/>", "x".repeat(count));
    let octets =
        |count: usize| format!("<a>{}</a>", "<!---->".repeat(count / 7 - 1)) + &" ".repeat(count % 7);
    type Bomb<'a> = (&'static str, usize, &'a dyn Fn(usize) -> String);
    let bombs: [Bomb<'_>; 9] = [
        ("depth", MAX_DEPTH, &nested),
        ("attributes", MAX_ATTRIBUTES, &attributes),
        ("namespaces", MAX_NAMESPACES, &namespaces),
        ("elements", MAX_ELEMENTS, &elements),
        ("name", MAX_NAME_OCTETS, &name),
        ("name", MAX_NAME_OCTETS, &uri),
        ("text", MAX_TEXT_OCTETS, &text),
        ("text", MAX_TEXT_OCTETS, &value),
        ("octets", MAX_OCTETS, &octets),
    ];
    for (what, limit, bomb) in bombs {
        assert!(Document::parse(bomb(limit).as_bytes()).is_ok(), "{what}");
        assert_eq!(kind_of(&bomb(limit + 1)), XmlErrorKind::TooLarge { what, limit, got: limit + 1 });
    }
    assert!(matches!(kind_of(&nested(100_000)), XmlErrorKind::TooLarge { what: "depth", .. }));
    let both = attributes(MAX_ATTRIBUTES).replace("/>", &namespaces(MAX_NAMESPACES)[2..]);
    assert!(Document::parse(both.as_bytes()).is_ok());
}

//= 24.379-6.5:400 test
#[test]
fn an_error_names_line_column_and_path() {
    let text = |value: &str| {
        format!(
            "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\">\n <mcptt-Params>\n  \
             <mc-org>\u{e9}</mc-org><emergency-ind type=\"Normal\">{value}</emergency-ind>\n </mcptt-Params></mcpttinfo>"
        )
    };
    let params = "/mcpttinfo/mcptt-Params";
    for (value, column, path, kind) in [
        ("<mcpttBoolean>yes</mcpttBoolean>", 21, "/emergency-ind", XmlErrorKind::Value("a boolean")),
        (
            "<mcpttBoolean>1</mcpttBool>",
            65,
            "/emergency-ind/mcpttBoolean",
            XmlErrorKind::Malformed("tags do not match"),
        ),
        ("&secret;", 50, "/emergency-ind", XmlErrorKind::Entity),
        ("true</emergency-ind><emergency-ind>true", 70, "/emergency-ind", XmlErrorKind::Repeated),
    ] {
        let error = McpttInfo::parse(text(value).as_bytes()).unwrap_err();
        let expected = XmlError { line: 3, column, path: format!("{params}{path}"), kind };
        assert_eq!(error, expected, "{value}");
    }
    let error = McpttInfo::parse(b"<a/>").unwrap_err();
    assert_eq!(error.to_string(), "line 1, column 1, /a: not the root element of this document type");
    let wrong_namespace = McpttInfo::parse(b"<mcpttinfo xmlns='urn:other'/>").unwrap_err();
    assert_eq!(wrong_namespace.kind, XmlErrorKind::Root);
    let stray = b"<mcpttinfo xmlns='urn:3gpp:ns:mcpttInfo:1.0'>x<mcptt-Params/></mcpttinfo>";
    assert_eq!(McpttInfo::parse(stray).unwrap_err().kind, XmlErrorKind::Text);
}

#[test]
fn a_value_of_a_large_document_does_not_keep_the_document() {
    let text = |blanks: usize| format!("<a b='value'>{}</a>", " ".repeat(blanks));
    let value = |text: &str| Document::parse(text.as_bytes()).unwrap().root().attributes[0].value.clone();
    let (small, large) = (value(&text(10)), value(&text(MAX_SHARED_OCTETS)));
    assert_eq!((small.as_str(), large.as_str()), ("value", "value"));
    assert!(large.buffer().is_unique());
}

#[test]
fn what_is_beside_a_value_returns_to_its_place() {
    let body = "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"/>";
    let document = Document::parse(body.as_bytes()).unwrap();
    let name = |local: &str| Name { local: local.into(), ..document.root().name.clone() };
    let attribute = Attribute { name: Name::local("x"), value: "1".into() };
    let beside =
        || Beside { attributes: vec![attribute.clone()], children: vec![Element::new(Name::local("in"))] };
    let key = |number| LeafKey { local: "b".into(), number };
    let leaves = [(key(5), beside()), (key(1), beside())].into();
    let extra = Extra { leaves, ..Extra::default() };
    assert!(!extra.is_empty() && Extra::default().is_empty());
    let b = || Element::new(name("b")).text("v");
    let with_leaf =
        Element { attributes: vec![attribute.clone()], ..b() }.child(Element::new(Name::local("in")));
    let parent = Element::new(name("a")).child(b()).child(b()).extra(&extra);
    assert_eq!(parent, Element::new(name("a")).child(b()).child(with_leaf));
}
