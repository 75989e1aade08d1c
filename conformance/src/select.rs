//! Selectors: how requirements and cases are named on the command line.
//!
//! | Selector | Names |
//! |---|---|
//! | `24.380-6.3.4.*`, `FC-10` | ids; `*` stands for any run of characters, `?` for one |
//! | `level:shall`, `role:server`, `confidence:high` | whatever has this property |
//! | `release:15`, `release:<=15`, `release:>15` | by the release that introduced it |
//! | `tag:queue`, `tag:T2` | by tag, timer or counter |
//! | `not X` | everything but X |
//!
//! Selectors of the same kind widen the choice, selectors of different kinds narrow it, `not` always takes away:
//! `24.380-6.3.4.* 24.380-6.3.5.* level:shall not tag:T2` names the mandatory requirements of two clause groups that
//! have nothing to do with T2. No selector at all names everything.

use std::ops::RangeInclusive;

use crate::catalogue::{Confidence, Level, Requirement, Role};

/// What a selector is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Its own id, further ids it goes by, and the ids of the requirements it is about.
    pub ids: Vec<&'a str>,
    /// Levels of its requirements.
    pub levels: Vec<Level>,
    /// Entities it concerns.
    pub roles: Vec<Role>,
    /// Grades of certainty of its requirements.
    pub confidences: Vec<Confidence>,
    /// The release that introduced it.
    pub release: u8,
    /// Free words.
    pub tags: Vec<&'a str>,
}

impl<'a> From<&'a Requirement> for Subject<'a> {
    fn from(requirement: &'a Requirement) -> Self {
        let mut tags: Vec<&str> = requirement.timers.iter().map(String::as_str).collect();
        tags.extend(requirement.todo.as_ref().map(|_| "todo"));
        tags.extend(requirement.exception.as_ref().map(|_| "exception"));
        Subject {
            ids: vec![&requirement.id],
            levels: vec![requirement.level],
            roles: vec![requirement.role],
            confidences: vec![requirement.confidence],
            release: requirement.release,
            tags,
        }
    }
}

/// Why a selector was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// The word before the colon is none of ours.
    #[error("unknown selector '{0}': known are level: role: release: confidence: tag: and ids")]
    UnknownKey(String),
    /// The word after the colon is not in the closed list.
    #[error("unknown {key} '{value}': known are {known}")]
    UnknownValue {
        /// What was to be selected by.
        key: &'static str,
        /// The word given.
        value: String,
        /// The words accepted.
        known: String,
    },
    /// `not` stands at the end.
    #[error("'not' wants a selector after it")]
    DanglingNot,
    /// Nothing at all goes by this name.
    #[error("nothing goes by '{term}'{hint}")]
    UnknownId {
        /// The selector given.
        term: String,
        /// A better one, if there is one.
        hint: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Id(String),
    Level(Level),
    Role(Role),
    Confidence(Confidence),
    Release(RangeInclusive<u8>),
    Tag(String),
}

impl Term {
    fn parse(text: &str) -> Result<Self, SelectorError> {
        let Some((key, value)) = text.split_once(':') else { return Ok(Term::Id(text.to_owned())) };
        if key.contains(['-', '*', '?']) {
            return Ok(Term::Id(text.to_owned()));
        }
        match key {
            "level" => word("level", value, &Level::ALL, Level::as_str).map(Term::Level),
            "role" => word("role", value, &Role::ALL, Role::as_str).map(Term::Role),
            "confidence" => {
                word("confidence", value, &Confidence::ALL, Confidence::as_str).map(Term::Confidence)
            }
            "release" => releases(value).map(Term::Release),
            "tag" => Ok(Term::Tag(value.to_owned())),
            _ => Err(SelectorError::UnknownKey(text.to_owned())),
        }
    }

    fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Term::Id(pattern) => subject.ids.iter().any(|id| glob(pattern, id)),
            Term::Level(level) => subject.levels.contains(level),
            Term::Role(role) => subject.roles.contains(role),
            Term::Confidence(confidence) => subject.confidences.contains(confidence),
            Term::Release(range) => range.contains(&subject.release),
            Term::Tag(tag) => subject.tags.iter().any(|known| known.eq_ignore_ascii_case(tag)),
        }
    }

    fn same_kind(&self, other: &Term) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A parsed list of selectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    wanted: Vec<Term>,
    unwanted: Vec<Term>,
}

impl Selection {
    /// Reads selectors as they stand on the command line; `not X` may be one word or two.
    pub fn parse<S: AsRef<str>>(selectors: impl IntoIterator<Item = S>) -> Result<Self, SelectorError> {
        let mut selection = Selection::default();
        let mut negated = false;
        for selector in selectors {
            for word in selector.as_ref().split_whitespace() {
                match (word, negated) {
                    ("not", false) => negated = true,
                    (word, true) => {
                        selection.unwanted.push(Term::parse(word)?);
                        negated = false;
                    }
                    (word, false) => selection.wanted.push(Term::parse(word)?),
                }
            }
        }
        if negated { Err(SelectorError::DanglingNot) } else { Ok(selection) }
    }

    /// Whether the selectors name this subject.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        let chosen = self
            .wanted
            .iter()
            .all(|term| self.wanted.iter().any(|other| other.same_kind(term) && other.matches(subject)));
        chosen && !self.unwanted.iter().any(|term| term.matches(subject))
    }

    /// Refuses ids and tags that name none of the subjects there are: a misspelt selector must not pass as "nothing to do".
    pub fn check<'a>(&self, subjects: impl IntoIterator<Item = Subject<'a>>) -> Result<(), SelectorError> {
        let named = |term: &&Term| matches!(term, Term::Id(_) | Term::Tag(_));
        let mut missing: Vec<(&Term, String)> = self
            .wanted
            .iter()
            .chain(&self.unwanted)
            .filter(named)
            .map(|term| (term, String::new()))
            .collect();
        for subject in subjects {
            missing.retain(|(term, _)| !term.matches(&subject));
            for (term, hint) in &mut missing {
                if let Term::Id(id) = term
                    && hint.is_empty()
                    && subject.ids.iter().any(|known| glob(&format!("{id}*"), known))
                {
                    *hint = format!("; did you mean '{id}*'?");
                }
            }
        }
        match missing.into_iter().next() {
            None => Ok(()),
            Some((Term::Tag(tag), hint)) => {
                Err(SelectorError::UnknownId { term: format!("tag:{tag}"), hint })
            }
            Some((Term::Id(id), hint)) => Err(SelectorError::UnknownId { term: id.clone(), hint }),
            Some(_) => Ok(()),
        }
    }
}

fn word<T: Copy>(
    key: &'static str,
    value: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, SelectorError> {
    all.iter().copied().find(|item| name(*item) == value).ok_or_else(|| SelectorError::UnknownValue {
        key,
        value: value.to_owned(),
        known: all.iter().map(|item| name(*item)).collect::<Vec<_>>().join(" "),
    })
}

fn releases(text: &str) -> Result<RangeInclusive<u8>, SelectorError> {
    let (build, number): (fn(u8) -> RangeInclusive<u8>, &str) = if let Some(rest) = text.strip_prefix("<=") {
        (|n| 0..=n, rest)
    } else if let Some(rest) = text.strip_prefix(">=") {
        (|n| n..=u8::MAX, rest)
    } else if let Some(rest) = text.strip_prefix('<') {
        (|n| 0..=n.saturating_sub(1), rest)
    } else if let Some(rest) = text.strip_prefix('>') {
        (|n| n.saturating_add(1)..=u8::MAX, rest)
    } else {
        (|n| n..=n, text)
    };
    number.parse().map(build).map_err(|_| SelectorError::UnknownValue {
        key: "release",
        value: text.to_owned(),
        known: "15 <=15 >=15 <15 >15".to_owned(),
    })
}

/// Matches `text` against a pattern with `*` and `?`, without regard to ASCII case, in linear memory and without recursion.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().map(|c| c.to_ascii_lowercase()).collect();
    let text: Vec<char> = text.chars().map(|c| c.to_ascii_lowercase()).collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, from)) => {
                    *from += 1;
                    t = *from;
                    p = *at + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn selected(selectors: &[&str]) -> Vec<String> {
        let catalogue = Catalogue::embedded().unwrap();
        let selection = Selection::parse(selectors).unwrap();
        catalogue
            .requirements()
            .filter(|requirement| selection.matches(&Subject::from(*requirement)))
            .map(|requirement| requirement.id.clone())
            .collect()
    }

    fn refused(selectors: &[&str]) -> String {
        let catalogue = Catalogue::embedded().unwrap();
        Selection::parse(selectors)
            .and_then(|selection| selection.check(catalogue.requirements().map(Subject::from)))
            .expect_err("the selector is wrong on purpose")
            .to_string()
    }

    #[test]
    fn no_selector_names_everything() {
        assert_eq!(selected(&[]).len(), Catalogue::embedded().unwrap().len());
    }

    #[test]
    fn ids_are_exact_unless_starred() {
        assert_eq!(selected(&["24.380-6.3.4.3.3:1a"]), ["24.380-6.3.4.3.3:1a"]);
        assert_eq!(selected(&["rfc3261-CANCEL"]), ["RFC3261-cancel"]);
        assert_eq!(selected(&["24.380-6.3.4.3.3:1?"]), ["24.380-6.3.4.3.3:1a", "24.380-6.3.4.3.3:1b"]);
        assert_eq!(selected(&["24.380-6.3.6.*"]).len(), 9);
        assert_eq!(selected(&["24.380-6.3"]), [""; 0]);
    }

    #[test]
    fn same_kind_widens_other_kinds_narrow_and_not_takes_away() {
        let both = selected(&["24.380-6.3.4.*", "24.380-6.3.5.*"]).len();
        assert_eq!(both, selected(&["24.380-6.3.4.*"]).len() + selected(&["24.380-6.3.5.*"]).len());
        let shall = selected(&["24.380-6.3.4.*", "24.380-6.3.5.*", "level:shall"]).len();
        let rest = selected(&["24.380-6.3.4.*", "24.380-6.3.5.*", "not", "level:shall"]).len();
        assert_eq!(shall + rest, both);
        assert_eq!(selected(&["not level:shall"]), selected(&["level:should", "level:may"]));
        assert_eq!(selected(&["role:non-controlling", "tag:T99"]), [""; 0]);
    }

    #[test]
    fn releases_compare() {
        let all = selected(&[]).len();
        assert_eq!(selected(&["release:<=15"]).len() + selected(&["release:>15"]).len(), all);
        assert_eq!(selected(&["release:<16"]), selected(&["release:<=15"]));
        assert_eq!(selected(&["release:>=16"]), selected(&["release:>15"]));
        assert!(selected(&["release:13"]).len() > 600);
    }

    #[test]
    fn what_names_nothing_is_refused() {
        assert_eq!(refused(&["nonsense*"]), "nothing goes by 'nonsense*'");
        assert_eq!(
            refused(&["24.380-6.3.4"]),
            "nothing goes by '24.380-6.3.4'; did you mean '24.380-6.3.4*'?"
        );
        assert_eq!(refused(&["tag:T999"]), "nothing goes by 'tag:T999'");
        assert_eq!(refused(&["level:must"]), "unknown level 'must': known are shall should may");
        assert_eq!(refused(&["release:x"]), "unknown release 'x': known are 15 <=15 >=15 <15 >15");
        assert_eq!(
            refused(&["colour:red"]),
            "unknown selector 'colour:red': known are level: role: release: confidence: tag: and ids"
        );
        assert_eq!(refused(&["24.380-*", "not"]), "'not' wants a selector after it");
    }

    #[test]
    fn glob_backtracks_without_blowing_up() {
        assert!(glob("*a*b*c", "xxaxxbxxabc"));
        assert!(!glob("*a*b*c", "xxaxxbxxab"));
        assert!(!glob(&"*a".repeat(200), &"a".repeat(150)));
        assert!(glob("", "") && !glob("", "a") && glob("**", ""));
    }
}
