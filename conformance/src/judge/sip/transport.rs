//! What carries SIP (RFC 3261 18): streams in which messages are told apart by their length, and datagrams of any size.

use std::time::Duration;

use mcptt_codec::sip::{Method, Transport};

use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};

/// How long a transaction waits for an answer: 64 times T1.
const TRANSACTION: Duration = Duration::from_secs(32);
/// More than any network carries in one piece.
const LARGE: usize = 8_192;

/// Whether the function answers it by itself, if with 100.
fn is_answered_by_itself(sent: &Sent) -> bool {
    let own = matches!(
        sent.method(),
        Method::Invite | Method::Options | Method::Publish | Method::Register | Method::Subscribe
    );
    own && sent.to == Role::Participating && sent.from != Role::Controlling
}

/// A request over a stream is answered, and so is one that only just fits into a datagram.
pub(super) const ANSWERED: Rule = Rule {
    requirements: &["RFC3261-18.3:framing", "RFC3261-18.1.1:maximum"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if !is_answered_by_itself(sent) {
            return;
        }
        let stream = sent.request.headers.top_via().is_ok_and(|via| via.transport != Transport::Udp);
        let (requirement, expected) = match (stream, sent.octets > LARGE) {
            (true, _) => ("RFC3261-18.3:framing", "an answer, wherever in the stream the request begins"),
            (false, true) => ("RFC3261-18.1.1:maximum", "an answer to a request of this size"),
            (false, false) => return,
        };
        let frame = sent.frame;
        todo.watch(cx, Duty::must(requirement, TRANSACTION, expected), move |fact| match fact {
            Fact::Response { request, .. } if request.frame == frame => Step::Held,
            _ => Step::Wait,
        });
    },
};
