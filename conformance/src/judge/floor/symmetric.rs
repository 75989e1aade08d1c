//! Media and floor control come from where they are to be sent (RFC 4961): a client behind a translator of addresses is
//! reached in no other way.

use std::time::Duration;

use crate::judge::Rule;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};

/// How long it may take until something comes.
const WHILE: Duration = Duration::from_secs(60);

pub(super) const SAME_PORT: Rule = Rule {
    requirements: &["RFC4961-4"],
    watch: |cx, fact, todo| {
        let expected = "media and floor control from the port where they are received";
        match fact {
            Fact::LegOpened { leg, profile } => {
                let leg = *leg;
                let duty = Duty::when("RFC4961-4", WHILE, expected).on_leg(&profile.call, leg);
                todo.watch(cx, duty, move |fact| match fact {
                    Fact::Down { leg: to, .. } | Fact::VoiceDown { leg: to, .. } if *to == leg => Step::Held,
                    _ => Step::Wait,
                });
            }
            Fact::Elsewhere { source } => {
                todo.judge(cx, "RFC4961-4", false, expected, || format!("from {source}"));
            }
            _ => {}
        }
    },
};
