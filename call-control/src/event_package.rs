//! The event packages that a function serves (RFC 6665 5, RFC 3903), each said once: its name, its body and its times.
//!
//! A package plugs in here and gives its state where the notifier asks for it; who watches what, who has published what, and
//! until when, is the same for all of them ([`Subscriptions`](crate::subscription::Subscriptions),
//! [`Publications`](crate::publication::Publications)).

use mcptt_codec::xml::mime;

use crate::service::FOR_EVER;
use crate::subscription::Lifetimes;

/// What is the same for everything that one package does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    /// Its name in Event, in small letters.
    pub name: &'static str,
    /// The type of what is told.
    pub body: &'static str,
    /// How long it may be watched.
    pub watched: Lifetimes,
    /// How long what is published holds. `None`: nothing can be published.
    pub published: Option<Lifetimes>,
}

/// Clients watch for ever; plain SIP phones for an hour.
const WATCHED: Lifetimes = Lifetimes { default: 3_600, minimum: 60 };

/// Who is in a call (RFC 4575); served by the controlling functions.
pub(crate) const CONFERENCE: Package =
    Package { name: "conference", body: mime::CONFERENCE_INFO, watched: WATCHED, published: None };
/// Service settings (TS 24.379 7.3.3, 7.3.6).
pub(crate) const POC_SETTINGS: Package = Package {
    name: "poc-settings",
    body: mime::POC_SETTINGS,
    watched: WATCHED,
    published: Some(Lifetimes { default: FOR_EVER, minimum: 60 }),
};
/// Affiliations and functional aliases (TS 24.379 9.2.2.2, 9A.2.2.2). They hold until they are ended.
pub(crate) const PRESENCE: Package = Package {
    name: "presence",
    body: mime::PIDF,
    watched: WATCHED,
    published: Some(Lifetimes { default: FOR_EVER, minimum: FOR_EVER }),
};
/// The contacts of a user (RFC 3680).
pub(crate) const REG: Package = Package {
    name: "reg",
    body: mime::REGINFO,
    //= RFC3680-4.5
    watched: Lifetimes { default: 3_761, minimum: 60 },
    published: None,
};
/// Documents that have changed (RFC 5875).
pub(crate) const XCAP_DIFF: Package =
    Package { name: "xcap-diff", body: mime::XCAP_DIFF, watched: WATCHED, published: None };

/// The packages of the participating function.
const ALL: [&Package; 5] = [&CONFERENCE, &POC_SETTINGS, &PRESENCE, &REG, &XCAP_DIFF];

impl Package {
    /// The package that the value of Event names.
    pub(crate) fn named(event: &str) -> Option<&'static Self> {
        let name = event.split(';').next().unwrap_or_default().trim();
        ALL.into_iter().find(|package| package.name.eq_ignore_ascii_case(name))
    }

    /// The value of Allow-Events.
    pub(crate) fn names() -> String {
        ALL.map(|package| package.name).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_by_its_name_whatever_follows() {
        for (event, name) in [
            ("presence", Some("presence")),
            (" Reg ;id=1", Some("reg")),
            ("XCAP-DIFF;diff-processing=aggregate", Some("xcap-diff")),
            ("presence.winfo", None),
            ("", None),
        ] {
            assert_eq!(Package::named(event).map(|package| package.name), name, "{event}");
        }
        assert_eq!(Package::names(), "conference, poc-settings, presence, reg, xcap-diff");
    }
}
