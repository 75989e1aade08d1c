//! Third-party registration (7.3.2): a SIP core tells that a client has registered.

use std::time::Duration;

use mcptt_codec::sip::{HeaderName, Method};
use mcptt_codec::xml::mime;

use super::{NOT_BOUND, describe, final_answer, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};

/// How long it is watched what becomes of the user.
const WHILE: Duration = Duration::from_secs(60);

/// Whether the REGISTER of a client travels in it.
pub(in crate::judge) fn is_third_party(sent: &Sent) -> bool {
    let content_type = sent.request.headers.content_type().ok().flatten();
    *sent.method() == Method::Register && content_type.is_some_and(|kind| kind.is(mime::SIP))
}

/// It is answered without Contact, and the client with a token is in service from then on.
pub(super) const BOUND: Rule = Rule {
    requirements: &["24.379-7.3.2"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_third_party(request) || request.to != Role::Participating || !response.status.is_success() {
            return;
        }
        let bare = !response.headers.contains(&HeaderName::Contact);
        todo.judge(cx, "24.379-7.3.2", bare, "200 without Contact", || "200 with Contact".to_owned());
        let Ok(user) = request.request.headers.to_address().map(|to| to.uri.bare().to_string()) else {
            return;
        };
        if request.expires() == Some(0) || !has_token(request) {
            return;
        }
        let expected = "the client can publish its settings";
        todo.watch(cx, Duty::when("24.379-7.3.2", WHILE, expected), move |fact| match final_answer(fact) {
            Some((request, response))
                if request.is_publish_of("poc-settings") && request.user().as_ref() == Some(&user) =>
            {
                Step::test(!warnings(response).contains(&NOT_BOUND), || describe(response))
            }
            Some((request, _)) if *request.method() == Method::Register => Step::Void,
            _ => match fact {
                Fact::Request(sent) if sent.expires() == Some(0) => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// Whether the REGISTER of the client brings an access token.
fn has_token(sent: &Sent) -> bool {
    let text = String::from_utf8_lossy(&sent.request.body);
    text.contains("mcptt-access-token")
}
