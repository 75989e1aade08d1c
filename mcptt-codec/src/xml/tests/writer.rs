//! What the writer makes of trees.

use super::super::reader::Document;
use super::super::*;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const ONE: Namespace = Namespace { uri: "urn:one", prefix: "" };
const TWO: Namespace = Namespace { uri: "urn:two", prefix: "t" };
const UNUSED: Namespace = Namespace { uri: "urn:unused", prefix: "u" };

fn name(namespace: &str, prefix: &str, local: &str) -> Name {
    Name { namespace: namespace.into(), prefix: prefix.into(), local: local.into() }
}

fn written(root: &Element) -> String {
    let text = writer::write(root, &[ONE, TWO, UNUSED]);
    let document = Document::parse(text.as_bytes()).unwrap();
    assert_eq!(document.root(), root, "{text}");
    text.strip_prefix(DECLARATION).unwrap().to_owned()
}

#[test]
fn namespaces_of_the_document_are_declared_at_the_root_when_they_occur() {
    assert_eq!(written(&ONE.element("a")), "<a xmlns=\"urn:one\"/>");
    let root = ONE.element("a").child(TWO.element("b").child(ONE.element("c").text("x")));
    assert_eq!(written(&root), "<a xmlns=\"urn:one\" xmlns:t=\"urn:two\"><t:b><c>x</c></t:b></a>");
}

#[test]
fn other_namespaces_are_declared_where_they_are_met() {
    let foreign = Element {
        attributes: vec![Attribute { name: name("urn:f", "f", "x"), value: "1".into() }],
        ..Element::new(name("urn:f", "f", "foreign"))
    };
    let bare = Element::new(Name::local("bare")).child(ONE.element("again"));
    let root = ONE.element("a").child(foreign).child(bare);
    let expected = concat!(
        "<a xmlns=\"urn:one\"><f:foreign xmlns:f=\"urn:f\" f:x=\"1\"/>",
        "<bare xmlns=\"\"><again xmlns=\"urn:one\"/></bare></a>"
    );
    assert_eq!(written(&root), expected);
}

#[test]
fn a_prefix_that_is_taken_is_not_used_twice() {
    let attribute =
        |namespace: &str, prefix: &str| Attribute { name: name(namespace, prefix, "x"), value: "1".into() };
    let xml_lang =
        Attribute { name: name("http://www.w3.org/XML/1998/namespace", "xml", "lang"), value: "en".into() };
    let element = Element {
        attributes: vec![
            attribute("urn:other", "t"),
            attribute("urn:one", ""),
            attribute("urn:third", "t"),
            Attribute { name: Name::local("x"), value: "1".into() },
            xml_lang,
        ],
        ..TWO.element("b")
    };
    let expected = concat!(
        "<t:b xmlns=\"urn:one\" xmlns:t=\"urn:two\" xmlns:ns1=\"urn:other\" xmlns:ns2=\"urn:one\" ",
        "xmlns:ns3=\"urn:third\" ns1:x=\"1\" ns2:x=\"1\" ns3:x=\"1\" x=\"1\" xml:lang=\"en\"/>"
    );
    assert_eq!(written(&element), expected);
    let inner = Element::new(name("urn:other", "t", "c"));
    let outer = TWO.element("b").child(inner).child(TWO.element("d"));
    let expected = "<t:b xmlns:t=\"urn:two\"><t:c xmlns:t=\"urn:other\"/><t:d/></t:b>";
    assert_eq!(written(&outer), expected);
}

#[test]
fn every_allowed_character_survives_and_others_do_no_harm() {
    let text = " a<b>&\"'\t\n\r]]>\u{e9}\u{1f600} ";
    let expected = concat!(
        "<a xmlns=\"urn:one\" x=\" a&lt;b&gt;&amp;&quot;'&#9;&#10;&#13;]]&gt;\u{e9}\u{1f600} \">",
        " a&lt;b&gt;&amp;\"'\t\n&#13;]]&gt;\u{e9}\u{1f600} </a>"
    );
    assert_eq!(written(&ONE.element("a").with("x", text).text(text)), expected);
    let harmful = writer::write(&ONE.element("a").text("a\0\u{1b}\u{ffff}b"), &[ONE]);
    assert_eq!(harmful, format!("{DECLARATION}<a xmlns=\"urn:one\">a\u{fffd}\u{fffd}\u{fffd}b</a>"));
}
