//! The readable view of any document.

use super::super::*;

#[test]
fn any_document_is_shown_as_its_tree() {
    let text = "<?xml version=\"1.0\"?>\n<m:a xmlns:m=\"urn:m\" xmlns:x=\"urn:x\" k=\"v\" x:k=\"&lt;\">\n <m:b> one </m:b>\
                <c>two</c> <x:d/> mixed <!-- gone --><m:mcptt-access-token type=\"Normal\">\
                <m:mcpttString>secret</m:mcpttString></m:mcptt-access-token></m:a>";
    let shown = serde_json::to_value(view(text.as_bytes()).unwrap()).unwrap();
    let expected = serde_json::json!({
        "name": "a",
        "namespace": "urn:m",
        "attributes": [
            { "name": "k", "value": "v" },
            { "name": "k", "namespace": "urn:x", "value": "<" },
        ],
        "children": [
            { "name": "b", "text": "one" },
            { "name": "c", "namespace": "", "text": "two" },
            { "name": "d", "namespace": "urn:x" },
            "mixed",
            {
                "name": "mcptt-access-token",
                "attributes": [{ "name": "type", "value": "Normal" }],
                "children": [{ "name": "mcpttString", "text": "(hidden)" }],
            },
        ],
    });
    assert_eq!(shown, expected);
    assert_eq!(view(b"<a>").unwrap_err().kind, XmlErrorKind::Malformed("an element is not closed"));
}
