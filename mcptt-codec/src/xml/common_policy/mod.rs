//! Rules of common policy (RFC 4745) as group documents and user profiles use them: who may do what.
//!
//! A rule grants its actions to those that all of its conditions hold for, and to nobody else; a rule without
//! conditions holds for everybody. What several rules grant adds up. A condition that is not known never
//! holds, and a permission that no rule grants is not there.

use super::namespaces::COMMON_POLICY;
use super::record::record;
use crate::text::ByteStr;

pub mod action;
mod condition;

pub use action::{Action, Actions, Grant};
pub use condition::{Conditions, Except, Identity, Many, One, Sphere, Subject, Validity};

record! {
    /// `ruleset`.
    pub struct Ruleset {
        attributes {}
        elements {
            /// The rules in their order, which has no meaning.
            many rules: Rule = COMMON_POLICY "rule",
        }
    }
}

record! {
    /// `rule`. Its `transformations`, which no document of MCPTT uses, are in `extra`.
    pub struct Rule {
        attributes {
            /// `id`, unique in the document.
            optional id: ByteStr = "id",
        }
        elements {
            /// `conditions`. `None`: the rule holds for everybody.
            optional conditions: Conditions = COMMON_POLICY "conditions",
            /// `actions`.
            optional actions: Actions = COMMON_POLICY "actions",
        }
    }
}

impl Ruleset {
    /// Whether a rule that holds for the user grants the action.
    pub fn grants(&self, action: Action, subject: &Subject<'_>) -> bool {
        self.rules.iter().any(|rule| rule.applies_to(subject) && rule.grants(action))
    }
}

impl Rule {
    /// Whether all conditions of the rule hold for the user.
    pub fn applies_to(&self, subject: &Subject<'_>) -> bool {
        self.conditions.as_ref().is_none_or(|conditions| conditions.hold_for(subject))
    }

    /// Whether the rule grants the action to those it applies to.
    fn grants(&self, action: Action) -> bool {
        self.actions.as_ref().and_then(|actions| actions.value(action)).unwrap_or(false)
    }
}
