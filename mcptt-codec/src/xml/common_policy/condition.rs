//! Conditions of a rule (RFC 4745 7, with the list member of OMA group management).

use crate::text::ByteStr;
use crate::xml::namespaces::{COMMON_POLICY, LIST_SERVICE};
use crate::xml::reader::Cursor;
use crate::xml::record::{ElementValue, Switch, record};
use crate::xml::{Element, Extra, Name, XmlError, XmlErrorKind, date_time};

/// Whom a rule is asked about, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The identity of the user, a SIP or tel URI.
    pub identity: &'a str,
    /// Whether the user is on the member list of the group that the document is about.
    pub is_list_member: bool,
    /// The sphere of the user, if it is known.
    pub sphere: Option<&'a str>,
    /// Seconds since 1970 in UTC. `None`: no condition on time holds.
    pub now: Option<i64>,
}

record! {
    /// `conditions`. A rule holds when all of them do.
    pub struct Conditions {
        attributes {}
        elements {
            /// `identity`: the users themselves; the schema allows one.
            many identities: Identity = COMMON_POLICY "identity",
            /// `sphere`: the situation of the user.
            many spheres: Sphere = COMMON_POLICY "sphere",
            /// `validity`: when.
            many validities: Validity = COMMON_POLICY "validity",
            /// `is-list-member`: the members of the group.
            optional is_list_member: Switch = LIST_SERVICE "is-list-member",
        }
    }
}

record! {
    /// `identity`: holds for a user that one of its entries holds for.
    pub struct Identity {
        attributes {}
        elements {
            /// `one`: a user.
            many one: One = COMMON_POLICY "one",
            /// `many`: all users, or all of a domain.
            many many: Many = COMMON_POLICY "many",
        }
    }
}

record! {
    /// `one`: exactly this user.
    pub struct One {
        attributes {
            /// The identity of the user.
            required id: ByteStr = "id",
        }
        elements {}
    }
}

record! {
    /// `many`: everybody but the exceptions.
    pub struct Many {
        attributes {
            /// Only users of this domain.
            optional domain: ByteStr = "domain",
        }
        elements {
            /// `except`: for whom it does not hold.
            many except: Except = COMMON_POLICY "except",
        }
    }
}

record! {
    /// `except`: a user or a domain that is left out.
    pub struct Except {
        attributes {
            /// The identity of the user.
            optional id: ByteStr = "id",
            /// The domain.
            optional domain: ByteStr = "domain",
        }
        elements {}
    }
}

record! {
    /// `sphere`.
    pub struct Sphere {
        attributes {
            /// The situation, one word or several separated by blanks.
            required value: ByteStr = "value",
        }
        elements {}
    }
}

/// `validity`: spans of time of which one must contain now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validity {
    /// First and last moment of each span, `xs:dateTime` (see [`date_time`]).
    pub spans: Vec<(ByteStr, ByteStr)>,
    /// What is not known.
    pub extra: Extra,
}

impl Conditions {
    /// Whether all conditions hold.
    pub fn hold_for(&self, subject: &Subject<'_>) -> bool {
        self.identities.iter().all(|identity| identity.holds_for(subject.identity))
            && self.spheres.iter().all(|sphere| sphere.holds_in(subject.sphere))
            && self.validities.iter().all(|validity| validity.holds_at(subject.now))
            && self.is_list_member.is_none_or(|member| member.0 == subject.is_list_member)
            // A condition that is not known does not hold.
            && self.extra.children.is_empty()
    }
}

impl Identity {
    /// Whether an entry holds for the user.
    pub fn holds_for(&self, user: &str) -> bool {
        self.one.iter().any(|one| same_identity(&one.id, user))
            || self.many.iter().any(|many| many.holds_for(user))
    }
}

impl Many {
    /// Whether the user is of the domain, if there is one, and no exception.
    pub fn holds_for(&self, user: &str) -> bool {
        self.domain.as_ref().is_none_or(|domain| is_of_domain(user, domain))
            && !self.except.iter().any(|except| except.names(user))
            // An exception of a kind that is not known may be about this user.
            && self.extra.children.is_empty()
    }
}

impl Except {
    /// Whether the user is left out.
    pub fn names(&self, user: &str) -> bool {
        self.id.as_ref().is_some_and(|id| same_identity(id, user))
            || self.domain.as_ref().is_some_and(|domain| is_of_domain(user, domain))
    }
}

impl Sphere {
    /// Whether the situation is one of those named.
    pub fn holds_in(&self, sphere: Option<&str>) -> bool {
        sphere.is_some_and(|sphere| self.value.split_ascii_whitespace().any(|word| word == sphere))
    }
}

impl Validity {
    /// Whether a span contains this moment; its last moment is no longer part of it. A span that is not a
    /// pair of dates contains nothing.
    pub fn holds_at(&self, now: Option<i64>) -> bool {
        let contains = |now: i64, from: &str, until: &str| {
            date_time::to_unix(from).is_some_and(|from| from <= now)
                && date_time::to_unix(until).is_some_and(|until| now < until)
        };
        now.is_some_and(|now| self.spans.iter().any(|(from, until)| contains(now, from, until)))
    }
}

/// The schema pairs `from` and `until` by their order.
impl ElementValue for Validity {
    fn read(at: &Cursor<'_>, _: usize, _: &mut Extra) -> Result<Self, XmlError> {
        let mut validity = Self { spans: Vec::new(), extra: at.extra(&[]) };
        let mut open = None;
        for child in at.element_content()? {
            let number = validity.spans.len();
            match (child.local_in(COMMON_POLICY), open.take()) {
                ("from", None) => open = Some(child.leaf_at(number, &mut validity.extra)),
                ("until", Some(from)) => {
                    let until = child.leaf_at(number, &mut validity.extra);
                    validity.spans.push((from, until));
                }
                ("from", Some(_)) => return Err(child.error(XmlErrorKind::Missing("until"))),
                ("until", None) => return Err(child.error(XmlErrorKind::Missing("from"))),
                (_, from) => {
                    open = from;
                    child.keep(&mut validity.extra);
                }
            }
        }
        match open {
            None => Ok(validity),
            Some(_) => Err(at.error(XmlErrorKind::Missing("until"))),
        }
    }

    fn write(&self, name: Name) -> Element {
        let spans = self.spans.iter().flat_map(|(from, until)| {
            [
                COMMON_POLICY.element("from").text(from.clone()),
                COMMON_POLICY.element("until").text(until.clone()),
            ]
        });
        Element::new(name).children(spans).extra(&self.extra)
    }
}

/// Whether two URIs name the same user: scheme and domain without regard to case, the user part exactly.
pub(in crate::xml) fn same_identity(one: &str, other: &str) -> bool {
    let ((scheme, user, domain), (other_scheme, other_user, other_domain)) = (parts(one), parts(other));
    user == other_user
        && scheme.eq_ignore_ascii_case(other_scheme)
        && domain.eq_ignore_ascii_case(other_domain)
}

fn is_of_domain(user: &str, domain: &str) -> bool {
    let (_, _, own) = parts(user);
    own.split([':', ';', '?']).next().unwrap_or_default().eq_ignore_ascii_case(domain)
}

/// Scheme, user and domain of `scheme:user@domain`; what has no `@` has no domain.
fn parts(uri: &str) -> (&str, &str, &str) {
    let (scheme, rest) = uri.trim().split_once(':').unwrap_or(("", uri.trim()));
    let (user, domain) = rest.rsplit_once('@').unwrap_or((rest, ""));
    (scheme, user, domain)
}

#[cfg(test)]
impl crate::xml::record::generate::Generate for Validity {
    fn generate(source: &mut crate::xml::record::generate::Source) -> Self {
        let dates = ["2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", "soon"];
        let spans = (0..source.octet() % 3).map(|_| (source.pick(&dates).into(), source.pick(&dates).into()));
        Self { spans: spans.collect(), extra: crate::xml::record::generate::Generate::generate(source) }
    }
}
