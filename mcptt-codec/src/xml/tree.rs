//! The small tree that all documents are read into and written from.

use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use crate::text::ByteStr;

/// A namespace of the reference with the prefix it is written with; the empty prefix makes it the default
/// namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The name, a URI.
    pub uri: &'static str,
    /// The prefix.
    pub prefix: &'static str,
}

impl Namespace {
    /// A name in this namespace.
    pub fn name(&self, local: &'static str) -> Name {
        Name {
            namespace: ByteStr::from_static(self.uri),
            prefix: ByteStr::from_static(self.prefix),
            local: ByteStr::from_static(local),
        }
    }

    /// An empty element of this namespace.
    pub fn element(&self, local: &'static str) -> Element {
        Element::new(self.name(local))
    }

    /// An element of this namespace with text, when there is text.
    pub fn some_text(&self, local: &'static str, text: Option<impl Into<ByteStr>>) -> Option<Element> {
        text.map(|text| self.element(local).text(text))
    }
}

/// A qualified name. Two names are equal when namespace and local name are; the prefix is only a wish for
/// writing.
#[derive(Clone, Debug)]
pub struct Name {
    /// The namespace, empty for none.
    pub namespace: ByteStr,
    /// The prefix that was used or is wished.
    pub prefix: ByteStr,
    /// The local name.
    pub local: ByteStr,
}

impl Name {
    /// A name in no namespace, as most attributes have.
    pub fn local(local: impl Into<ByteStr>) -> Self {
        Self { namespace: ByteStr::EMPTY, prefix: ByteStr::EMPTY, local: local.into() }
    }

    /// Whether this is that local name in that namespace.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local.as_str() == local && self.namespace.as_str() == namespace
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.local == other.local && self.namespace == other.namespace
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.namespace.hash(state);
        self.local.hash(state);
    }
}

/// An attribute; namespace declarations are not attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// Its value without escapes.
    pub value: ByteStr,
}

/// Content of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text without escapes.
    Text(ByteStr),
}

/// An element with everything in it.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its attributes in their order.
    pub attributes: Vec<Attribute>,
    /// Its content in its order.
    pub children: Vec<Node>,
    /// Where it started in the document it was read from; not part of its value.
    pub(super) offset: usize,
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.attributes == other.attributes && self.children == other.children
    }
}

impl Eq for Element {}

impl Element {
    /// An empty element.
    pub const fn new(name: Name) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new(), offset: 0 }
    }

    /// Adds an attribute without namespace.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<ByteStr>) -> Self {
        let name = Name::local(ByteStr::from_static(name));
        self.attributes.push(Attribute { name, value: value.into() });
        self
    }

    /// Adds an attribute without namespace when there is a value.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<ByteStr>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds text.
    #[must_use]
    pub fn text(mut self, text: impl Into<ByteStr>) -> Self {
        self.children.push(Node::Text(text.into()));
        self
    }

    /// Adds an element.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    /// Adds elements.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    /// Adds what a document type kept without knowing it. The known children must be there before: some of
    /// it belongs into them.
    #[must_use]
    pub fn extra(mut self, extra: &Extra) -> Self {
        self.attributes.extend(extra.attributes.iter().cloned());
        self.add_to_leaves(&extra.leaves);
        self.children(extra.children.iter().cloned())
    }

    fn add_to_leaves(&mut self, leaves: &BTreeMap<LeafKey, Beside>) {
        if leaves.is_empty() {
            return;
        }
        let mut places: HashMap<ByteStr, Vec<&mut Self>> = HashMap::new();
        for node in &mut self.children {
            if let Node::Element(child) = node {
                places.entry(child.name.local.clone()).or_default().push(child);
            }
        }
        for (LeafKey { local, number }, beside) in leaves {
            let child = places.get_mut(local).and_then(|children| children.get_mut(*number));
            if let Some(child) = child {
                child.attributes.extend(beside.attributes.iter().cloned());
                child.children.extend(beside.children.iter().cloned().map(Node::Element));
            }
        }
    }

    /// Puts the child elements into the order of a schema. `*` in `order` is the place of those that are not
    /// listed; the order among equals stays. Only for element content: text between elements moves to the
    /// front.
    #[must_use]
    pub(super) fn in_order(mut self, order: &[&str]) -> Self {
        let unlisted = order.iter().position(|name| *name == "*").unwrap_or(order.len());
        self.children.sort_by_key(|node| match node {
            Node::Element(element) => {
                let own = element.name.namespace == self.name.namespace;
                let listed = order.iter().position(|name| own && element.name.local == *name);
                listed.unwrap_or(unlisted).saturating_add(1)
            }
            Node::Text(_) => 0,
        });
        self
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The text of this element itself, without the one of its children, trimmed.
    pub fn own_text(&self) -> ByteStr {
        let mut texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text),
            Node::Element(_) => None,
        });
        match (texts.next(), texts.next()) {
            (None, _) => ByteStr::EMPTY,
            (Some(only), None) => only.share(trim(only)),
            (Some(first), Some(second)) => {
                let all: String = [first, second].into_iter().chain(texts).map(ByteStr::as_str).collect();
                trim(&all).into()
            }
        }
    }
}

/// What a document type found and does not know: kept so that writing does not lose it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Child elements.
    pub children: Vec<Element>,
    /// What known children hold beside their value.
    pub leaves: BTreeMap<LeafKey, Beside>,
}

impl Extra {
    /// Whether nothing was found that is not known.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty() && self.leaves.is_empty()
    }
}

/// A known child element that holds a value. Its namespace does not count: some are read from several and written in
/// one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeafKey {
    /// Its local name.
    pub local: ByteStr,
    /// How many elements of this name come before it.
    pub number: usize,
}

/// What is in an element beside the value that a document type read from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Child elements.
    pub children: Vec<Element>,
}

/// Without the white space of XML at both ends.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}
