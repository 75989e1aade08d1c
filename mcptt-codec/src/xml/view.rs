//! Any document as a readable value: for people and for tools, whatever the document type is.

use super::reader::Document;
use super::{Attribute, Element, Node, XmlError};
use crate::value::Value;

/// Elements whose text is a secret: who has the token is taken for the user.
const HIDDEN: [&str; 1] = ["mcptt-access-token"];

/// The element tree of a document.
///
/// An element is an object with `name`, `namespace` where it differs from the one around it, `attributes` (objects with
/// `name`, `namespace` and `value`) where there are some, and `text` or, as soon as it holds elements, `children`:
/// elements, and texts that are not white space. The limits of [`super`] bound it; the text of an access token is hidden.
///
/// # Errors
/// [`XmlError`] as [`Document::parse`].
pub fn view(octets: &[u8]) -> Result<Value, XmlError> {
    Document::parse(octets).map(|document| element(document.root(), "", false))
}

fn element(of: &Element, around: &str, hidden: bool) -> Value {
    let hidden = hidden || HIDDEN.contains(&of.name.local.as_str());
    let namespace = of.name.namespace.as_str();
    let mut shown = vec![("name", Value::text(&of.name.local))];
    if namespace != around {
        shown.push(("namespace", Value::text(namespace)));
    }
    if !of.attributes.is_empty() {
        shown.push(("attributes", Value::list(&of.attributes, attribute)));
    }
    let text = |text: &str| if hidden { Value::text("(hidden)") } else { Value::text(text) };
    if of.elements().next().is_some() {
        let children = of.children.iter().filter_map(|node| match node {
            Node::Element(child) => Some(element(child, namespace, hidden)),
            Node::Text(blank) if blank.trim().is_empty() => None,
            Node::Text(between) => Some(text(between.trim())),
        });
        shown.push(("children", Value::List(children.collect())));
    } else if !of.children.is_empty() {
        shown.push(("text", text(&of.own_text())));
    }
    Value::Object(shown)
}

fn attribute(of: &Attribute) -> Value {
    let mut shown = vec![("name", Value::text(&of.name.local))];
    if !of.name.namespace.is_empty() {
        shown.push(("namespace", Value::text(&of.name.namespace)));
    }
    shown.push(("value", Value::text(&of.value)));
    Value::Object(shown)
}
