//! `application/simple-filter+xml` (RFC 4661): which notifications a subscriber wants (TS 24.379 9.2.1.6, 9.2.2.2.7,
//! 9.3.2).

use super::record::{self, ElementValue, Switch, record};
use super::{Namespace, XmlError, writer};
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:ietf:params:xml:ns:simple-filter", prefix: "" };

record! {
    /// The document, `filter-set`.
    pub struct FilterSet {
        attributes {
            /// `package`: the event package.
            optional package: ByteStr = "package",
        }
        elements {
            /// `ns-bindings`: what the prefixes of the expressions stand for.
            optional ns_bindings: NsBindings = NAMESPACE "ns-bindings",
            /// The filters.
            many filters: Filter = NAMESPACE "filter",
        }
    }
}

record! {
    /// `ns-bindings`.
    pub struct NsBindings {
        attributes {}
        elements {
            /// The bindings.
            many bindings: NsBinding = NAMESPACE "ns-binding",
        }
    }
}

record! {
    /// `ns-binding`.
    pub struct NsBinding {
        attributes {
            /// `prefix`.
            required prefix: ByteStr = "prefix",
            /// `urn`.
            required urn: ByteStr = "urn",
        }
        elements {}
    }
}

record! {
    /// `filter`.
    pub struct Filter {
        attributes {
            /// `id`, unique in the subscription.
            required id: ByteStr = "id",
            /// `uri`: the resource that is filtered.
            optional uri: ByteStr = "uri",
            /// `domain`: the domain whose resources are filtered.
            optional domain: ByteStr = "domain",
            /// `remove`: whether the filter ends; not when absent.
            optional remove: Switch = "remove",
            /// `enabled`: whether the filter is in force; it is when absent.
            optional enabled: Switch = "enabled",
        }
        elements {
            /// `what`: which parts of a document are told.
            optional what: What = NAMESPACE "what",
            /// `trigger`: which changes are told; one that holds is enough.
            many triggers: Trigger = NAMESPACE "trigger",
        }
    }
}

record! {
    /// `what`.
    pub struct What {
        attributes {}
        elements {
            /// `include`.
            many include: Expression = NAMESPACE "include",
            /// `exclude`.
            many exclude: Expression = NAMESPACE "exclude",
        }
    }
}

record! {
    /// `trigger`: all of its parts have to hold.
    pub struct Trigger {
        attributes {}
        elements {
            /// `changed`: an element or attribute changes.
            many changed: Changed = NAMESPACE "changed",
            /// `added`: an element appears.
            many added: ByteStr = NAMESPACE "added",
            /// `removed`: an element disappears.
            many removed: ByteStr = NAMESPACE "removed",
        }
    }
}

/// `include` or `exclude`: an expression and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expression {
    /// `type`: `xpath` when absent, or `namespace`.
    pub kind: Option<ByteStr>,
    /// The expression.
    pub expression: ByteStr,
    /// What is not known.
    pub extra: super::Extra,
}

/// `changed`: an expression and the values it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// `from`: the value before.
    pub from: Option<ByteStr>,
    /// `to`: the value after.
    pub to: Option<ByteStr>,
    /// `by`: the least difference of a number.
    pub by: Option<ByteStr>,
    /// The expression.
    pub expression: ByteStr,
    /// What is not known.
    pub extra: super::Extra,
}

/// Text with attributes: an expression.
macro_rules! expression {
    ($name:ident { $($field:ident = $attribute:literal),+ }) => {
        impl ElementValue for $name {
            fn read(
                at: &super::reader::Cursor<'_>,
                _: usize,
                _: &mut super::Extra,
            ) -> Result<Self, XmlError> {
                let mut extra = at.extra(&[$($attribute),+]);
                extra.children = at.element().elements().cloned().collect();
                Ok(Self { $($field: at.attribute($attribute),)+ expression: at.text(), extra })
            }

            fn write(&self, name: super::Name) -> super::Element {
                super::Element::new(name)
                    $(.with_some($attribute, self.$field.clone()))+
                    .text(self.expression.clone())
                    .extra(&self.extra)
            }
        }

        #[cfg(test)]
        impl record::generate::Generate for $name {
            fn generate(source: &mut record::generate::Source) -> Self {
                use record::generate::Generate;
                Self {
                    $($field: Generate::generate(source),)+
                    expression: Generate::generate(source),
                    extra: Generate::generate(source),
                }
            }
        }
    };
}

expression!(Expression { kind = "type" });
expression!(Changed { from = "from", to = "to", by = "by" });

impl FilterSet {
    /// A set of one filter about this resource, of which only the parts of these expressions are told.
    pub fn including(id: &str, uri: &str, expressions: impl IntoIterator<Item = ByteStr>) -> Self {
        let include = expressions
            .into_iter()
            .map(|expression| Expression { expression, ..Expression::default() })
            .collect();
        let what = What { include, ..What::default() };
        let filter = Filter { id: id.into(), uri: Some(uri.into()), what: Some(what), ..Filter::default() };
        Self { filters: vec![filter], ..Self::default() }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an attribute missing, an element twice, or a value that is not of its
    /// type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        record::document(body, NAMESPACE, "filter-set")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        writer::write(&self.write(NAMESPACE.name("filter-set")), &[NAMESPACE])
    }

    /// The URI of every resource that a filter in force is about.
    pub fn resources(&self) -> impl Iterator<Item = &ByteStr> {
        let in_force = |filter: &&Filter| {
            filter.enabled.is_none_or(|enabled| enabled.0) && filter.remove.is_none_or(|remove| !remove.0)
        };
        self.filters.iter().filter(in_force).filter_map(|filter| filter.uri.as_ref())
    }
}
