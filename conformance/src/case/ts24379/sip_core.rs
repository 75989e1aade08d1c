//! What every SIP entity owes its peers, in as far as call control depends on it.

use std::time::Duration;

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, MOMENT, members};

/// Longer than a request may wait for its answer.
const UNANSWERED: Duration = Duration::from_secs(33);

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "ROB-01/no-dialog",
        title: "a BYE outside of any dialog is answered 481",
        requirements: &["RFC3261-481"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.send_request(alice, "BYE", "", "");
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "ROB-01/cancel",
        title: "a CANCEL that matches nothing is answered 481",
        requirements: &["RFC3261-cancel"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.send_request(alice, "CANCEL", "", "");
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "ROB-01/max-forwards",
        title: "a request that may not be forwarded any more is answered 483",
        requirements: &["RFC3261-maxf"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.send_request(alice, "OPTIONS", "Max-Forwards: 0\r\n", "");
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "ROB-01/extension",
        title: "an extension nobody supports is answered 420 with Unsupported",
        requirements: &["RFC3261-ext"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.send_request(alice, "INVITE", "Require: levitation\r\n", "");
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "ROB-01/session-interval",
        title: "a session interval below 90 s is answered 422 with Min-SE",
        requirements: &["RFC4028-422"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.send_invite_with(alice, "Supported: timer\r\nSession-Expires: 30\r\n");
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "ROB-01/broken-body",
        title: "an INVITE whose mcptt-info cannot be read is refused, and the next one is served",
        requirements: &["24.379-6.5:400"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            let body = "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params><session-type>prearr";
            rig.send_request(alice, "INVITE", "Content-Type: application/vnd.3gpp.mcptt-info+xml\r\n", body);
            rig.advance(MOMENT);
            rig.call(alice, crate::case::actors::FIRE, false)
        },
    },
    &Case {
        id: "ROB-02/stream",
        title: "requests over one connection are told apart by their length: two in one piece, one in several",
        requirements: &["RFC3261-18.3:framing"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            let requests = [1, 2, 3].map(|number| rig.options_over_stream(alice, number));
            let [first, second, third] = requests.each_ref().map(String::len);
            // The second one ends in the piece in which it begins, the third one in the middle of a header and at its very end.
            let pieces = [first + second, third / 2, third / 2 - 3];
            let answered = rig.send_over_stream(alice, &requests, &pieces);
            rig.advance(if answered.is_ok() { MOMENT } else { UNANSWERED });
            answered
        },
    },
    &Case {
        id: "ROB-02/large",
        title: "a call whose INVITE is many times larger than what networks carry in one piece is set up",
        requirements: &["RFC3261-18.1.1:maximum"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, BOB])?;
            let filler = "x".repeat(20_000);
            let part = format!(
                "--raw\r\nContent-Type: application/vnd.example\r\n\
                Content-Disposition: render;handling=optional\r\n\r\n{filler}\r\n"
            );
            let answered = rig.call_with_more(alice, "", "mc_queueing", &part);
            rig.advance(if answered.is_ok() { MOMENT } else { UNANSWERED });
            answered.map(|_| ())
        },
    },
];
