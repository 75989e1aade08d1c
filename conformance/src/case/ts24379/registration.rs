//! Registration, service authorisation, settings and affiliation (clauses 7 and 9).

use call_control::client::{ClientCommand, ClientEvent, GroupCall, Urgency};
use call_control::config::Secret;
use mcptt_server::ue::UeEvent;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, RAIL, everybody_is_there, members, seconds};

/// One user whose client has to present a token.
const TOKEN: &str = "[[user]]\nmcptt-id = \"sip:alice@mc.example.org\"\naccess-token = \"t-5f1c09e2\"";

/// Alice may be affiliated to one group at a time.
const ONE_GROUP: &str = "[[user]]\nmcptt-id = \"sip:alice@mc.example.org\"\nmax-affiliations = 1";

/// Alice is affiliated by her profile, and may call emergencies.
const IMPLICIT: &str = "
[[user]]
mcptt-id = \"sip:alice@mc.example.org\"
implicit-affiliations = [\"sip:fire-1@mc.example.org\"]
emergency-group-call = true
[[user]]
mcptt-id = \"sip:bob@mc.example.org\"
";

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "REG-01/third-party",
        title: "a SIP core that registers a client with a valid token brings it into service",
        requirements: &["24.379-7.3.2"],
        configuration: TOKEN,
        scenario: |rig| {
            let alice = rig.client(ALICE);
            rig.register_by_core(alice, "t-5f1c09e2");
            rig.advance(MOMENT);
            rig.signal(alice, ClientCommand::PublishSettings);
            rig.expect(alice, "settings", |event| {
                matches!(event, UeEvent::Client(ClientEvent::SettingsPublished))
            })
        },
    },
    &Case {
        id: "AFF-02/too-many",
        title: "who wants more affiliations than allowed is not refused, and gets as many as are allowed",
        requirements: &["24.379-9.2.2.2.3:n2"],
        configuration: ONE_GROUP,
        scenario: |rig| {
            let alice = rig.client(ALICE);
            rig.log_in(alice, &[])?;
            rig.affiliate(alice, &[FIRE, RAIL])?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "AFF-04/service",
        title: "who logs in is affiliated to the groups of its profile, and may call them",
        requirements: &["24.379-9.2.2.2.15"],
        configuration: IMPLICIT,
        scenario: |rig| {
            let alice = rig.client_with(ALICE, |client| client.suites.clear());
            rig.log_in(alice, &[])?;
            rig.advance(MOMENT);
            members(rig, [BOB])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "AFF-04/emergency",
        title: "an emergency call affiliates its caller",
        requirements: &["24.379-9.2.2.3.6"],
        configuration: "",
        scenario: |rig| {
            let alice = rig.client_with(ALICE, |client| client.suites.clear());
            rig.log_in(alice, &[])?;
            members(rig, [BOB])?;
            let urgency = Urgency::Emergency { alert: false };
            rig.signal(alice, ClientCommand::CallGroup(GroupCall { urgency, ..GroupCall::new(FIRE) }));
            everybody_is_there(rig, &[alice])?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "REG-02/token",
        title: "settings published with a valid token are accepted with an entity tag",
        requirements: &["24.379-7.3.3:ok"],
        configuration: TOKEN,
        scenario: |rig| {
            let alice =
                rig.client_with(ALICE, |client| client.access_token = Some(Secret::new("t-5f1c09e2")));
            rig.log_in(alice, &[])
        },
    },
    &Case {
        id: "REG-05/token",
        title: "settings published with a wrong token are refused with 403 and warning 101",
        requirements: &["24.379-7.3.3:101", "24.379-4.4.1", "24.379-4.4.1:host"],
        configuration: TOKEN,
        scenario: |rig| {
            let alice =
                rig.client_with(ALICE, |client| client.access_token = Some(Secret::new("t-00000000")));
            rig.signal(alice, ClientCommand::Register);
            rig.advance(MOMENT);
            rig.signal(alice, ClientCommand::PublishSettings);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "REG-03/unknown",
        title: "settings of a client that is not bound are refused with 404 and warning 141",
        requirements: &["24.379-7.3.4"],
        configuration: "",
        scenario: |rig| {
            let alice = rig.client(ALICE);
            rig.signal(alice, ClientCommand::PublishSettings);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "AFF-01/accepted",
        title: "an affiliation is accepted at once and told to the controlling function",
        requirements: &["24.379-9.2.2.2.3:8", "24.379-9.2.2.2.6"],
        configuration: "",
        scenario: |rig| members(rig, [ALICE]).map(|_| ()),
    },
    &Case {
        id: "AFF-01/expires",
        title: "an affiliation with a lifetime of its own choice, or without one, is refused with 423",
        requirements: &["24.379-9.2.2.2.3:5", "24.379-9.2.2.2.3:5b"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            for expires in ["Expires: 3600\r\n", ""] {
                rig.send_publish(alice, "presence", expires);
                rig.advance(MOMENT);
            }
            Ok(())
        },
    },
    &Case {
        id: "AFF-03/in-call",
        title: "who is no longer affiliated leaves the call by BYE of the server",
        requirements: &["24.379-10.1.1.4.4.3"],
        configuration: "",
        scenario: |rig| {
            let [alice, _, carol] = members(rig, [ALICE, BOB, CAROL])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(seconds(1));
            rig.signal(carol, ClientCommand::Deaffiliate);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "REG-06/event",
        title: "an unknown event package is refused with 489 and Allow-Events",
        requirements: &["24.379-7.3.6:event"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.send_publish(alice, "weather", "Expires: 4294967295\r\n");
            rig.advance(MOMENT);
            Ok(())
        },
    },
];
