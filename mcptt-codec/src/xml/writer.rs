//! From a tree to text: no added white space, namespaces declared where they are needed.

use super::lexical::is_char;
use super::{Element, Name, Namespace, Node};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The document with this root as text. The namespaces of `declared` that occur in it are declared at the
/// root, the others where they are met first. Characters that XML does not allow are replaced.
pub fn write(root: &Element, declared: &[Namespace]) -> String {
    let mut writer = Writer { out: String::new(), scope: Vec::new() };
    writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let at_root: Vec<_> = declared
        .iter()
        .filter(|namespace| uses(root, namespace.uri))
        .map(|namespace| (namespace.prefix.to_owned(), namespace.uri.to_owned()))
        .collect();
    writer.element(root, at_root);
    writer.out
}

fn uses(element: &Element, uri: &str) -> bool {
    element.name.namespace.as_str() == uri
        || element.attributes.iter().any(|attribute| attribute.name.namespace.as_str() == uri)
        || element.elements().any(|child| uses(child, uri))
}

struct Writer {
    out: String,
    /// Prefix and namespace of the declarations in force, innermost last.
    scope: Vec<(String, String)>,
}

/// The prefixes of one element: those it declares and those it relies on.
struct Bindings {
    new: Vec<(String, String)>,
    used: Vec<(String, String)>,
}

impl Writer {
    fn element(&mut self, element: &Element, new: Vec<(String, String)>) {
        let mut bindings = Bindings { used: new.clone(), new };
        let name = self.qualified(&element.name, false, &mut bindings);
        let attributes: Vec<_> = element
            .attributes
            .iter()
            .map(|attribute| (self.qualified(&attribute.name, true, &mut bindings), &attribute.value))
            .collect();
        self.out.push('<');
        self.out.push_str(&name);
        for (prefix, uri) in &bindings.new {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            self.attribute(&name, uri);
        }
        for (name, value) in attributes {
            self.attribute(&name, value);
        }
        if element.children.is_empty() {
            self.out.push_str("/>");
            return;
        }
        self.out.push('>');
        let outer = self.scope.len();
        self.scope.extend(bindings.new);
        for child in &element.children {
            match child {
                Node::Element(child) => self.element(child, Vec::new()),
                Node::Text(text) => escape(&mut self.out, text, false),
            }
        }
        self.scope.truncate(outer);
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(&mut self.out, value, true);
        self.out.push('"');
    }

    fn qualified(&self, name: &Name, is_attribute: bool, bindings: &mut Bindings) -> String {
        let prefix = match name.namespace.as_str() {
            XML => "xml".to_owned(),
            "" if is_attribute => String::new(),
            uri => self.prefix(name, uri, is_attribute, bindings),
        };
        if prefix.is_empty() { name.local.to_string() } else { format!("{prefix}:{}", name.local) }
    }

    /// The prefix for a namespace, declared if it has to be. The wish is followed unless this element needs
    /// the prefix for something else, or it is empty and an attribute asks.
    fn prefix(&self, name: &Name, uri: &str, is_attribute: bool, bindings: &mut Bindings) -> String {
        let wish = if uri.is_empty() { "" } else { name.prefix.as_str() };
        let free = |prefix: &str| {
            let taken = bindings.used.iter().find(|(used, _)| used == prefix);
            taken.is_none_or(|(_, other)| other == uri)
        };
        let numbered = (1_usize..).map(|number| format!("ns{number}"));
        let candidates = std::iter::once(wish.to_owned()).chain(numbered);
        let prefix = candidates
            .filter(|prefix| !(is_attribute && prefix.is_empty()))
            .find(|prefix| free(prefix) || (uri.is_empty() && prefix.is_empty()))
            .unwrap_or_default();
        let declared = bindings.used.iter().any(|(used, _)| *used == prefix);
        if !declared {
            let binding = (prefix.clone(), uri.to_owned());
            if self.in_scope(&prefix) != uri {
                bindings.new.push(binding.clone());
            }
            bindings.used.push(binding);
        }
        prefix
    }

    /// What a prefix stands for here; empty for nothing.
    fn in_scope(&self, prefix: &str) -> &str {
        let binding = self.scope.iter().rev().find(|(declared, _)| declared == prefix);
        binding.map_or("", |(_, uri)| uri.as_str())
    }
}

fn escape(out: &mut String, text: &str, in_attribute: bool) {
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            // A literal carriage return would be read back as a line feed.
            '\r' => out.push_str("&#13;"),
            allowed if is_char(allowed) => out.push(allowed),
            _ => out.push('\u{fffd}'),
        }
    }
}
