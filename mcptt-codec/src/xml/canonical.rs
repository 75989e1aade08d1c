//! Exclusive canonical XML (without comments) of an element: the octets that a signature is over.
//!
//! Namespaces are declared where they are first used, attributes stand in the order of namespace and name. The tree has
//! the characters and prefixes of the document, so the octets are those that the signer had.

use std::collections::BTreeMap;

use super::{Attribute, Element, Node};

/// How signatures name this method.
pub const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// The canonical form of the element.
pub fn exclusive(element: &Element) -> String {
    let mut out = String::new();
    write(&mut out, element, &BTreeMap::new());
    out
}

/// Writes the element within these declarations. The depth of a document is bounded by its reader.
fn write<'a>(out: &mut String, element: &'a Element, rendered: &BTreeMap<&'a str, &'a str>) {
    let mut used = BTreeMap::from([(element.name.prefix.as_str(), element.name.namespace.as_str())]);
    for Attribute { name, .. } in &element.attributes {
        if !name.namespace.is_empty() && name.prefix.as_str() != "xml" {
            used.insert(name.prefix.as_str(), name.namespace.as_str());
        }
    }
    let in_force = |prefix: &str| rendered.get(prefix).copied().unwrap_or_default();
    let declared: Vec<_> = used.iter().filter(|(prefix, uri)| in_force(prefix) != **uri).collect();
    let name = qualified(element.name.prefix.as_str(), element.name.local.as_str());
    out.push('<');
    out.push_str(&name);
    for (prefix, uri) in &declared {
        let declaration = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        attribute(out, &declaration, uri);
    }
    let mut attributes: Vec<&Attribute> = element.attributes.iter().collect();
    attributes.sort_by_key(|one| (one.name.namespace.as_str(), one.name.local.as_str()));
    for Attribute { name, value } in attributes {
        attribute(out, &qualified(name.prefix.as_str(), name.local.as_str()), value);
    }
    out.push('>');
    let mut within = rendered.clone();
    within.extend(declared.into_iter().map(|(prefix, uri)| (*prefix, *uri)));
    for child in &element.children {
        match child {
            Node::Element(child) => write(out, child, &within),
            Node::Text(text) => escape(out, text, false),
        }
    }
    out.push_str("</");
    out.push_str(&name);
    out.push('>');
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(out, value, true);
    out.push('"');
}

fn escape(out: &mut String, text: &str, in_attribute: bool) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' if !in_attribute => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\t' if in_attribute => out.push_str("&#x9;"),
            '\n' if in_attribute => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::reader::Document;

    #[track_caller]
    fn is(text: &str, canonical: &str) {
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(exclusive(document.root()), canonical);
        // What is canonical stays as it is.
        assert_eq!(exclusive(Document::parse(canonical.as_bytes()).unwrap().root()), canonical);
    }

    #[test]
    fn declarations_stand_where_they_are_used_and_attributes_in_order() {
        is(
            "<a:x xmlns:a='urn:a' xmlns:unused='urn:u' xmlns='urn:d' z='1' a:b='2' c='3'><y/><a:w/></a:x>",
            "<a:x xmlns:a=\"urn:a\" c=\"3\" z=\"1\" a:b=\"2\"><y xmlns=\"urn:d\"></y><a:w></a:w></a:x>",
        );
    }

    #[test]
    fn white_space_in_content_stays_and_characters_are_escaped_in_one_way() {
        is(
            "<x a=\"&lt;&#9;&gt;'\">\n  <y>&gt;&amp;&#13;\"</y>\n</x>",
            "<x a=\"&lt;&#x9;>'\">\n  <y>&gt;&amp;&#xD;\"</y>\n</x>",
        );
    }

    #[test]
    fn a_default_namespace_that_ends_is_taken_back() {
        is("<x xmlns='urn:d'><y xmlns=''/></x>", "<x xmlns=\"urn:d\"><y xmlns=\"\"></y></x>");
    }
}
