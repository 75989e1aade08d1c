//! What a user asks of another one's client by MESSAGE (10.1.4, 10.1.5, 11.1.5, 11.1.7) reaches that client, and its answer
//! who has asked.

use mcptt_codec::floor::FloorMessage;
use mcptt_codec::sip::{AnswerMode, HeaderName, Method};
use mcptt_codec::xml::mcptt_info::{SessionType, extension_name, request_type};

use super::answer_to;
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};

/// What is asked or answered, and the rule that says that it is handed on.
const HANDED_ON: &[(&str, &str)] = &[
    (request_type::PRIVATE_CALL_CALL_BACK_REQUEST, "24.379-11.1.5:relay"),
    (request_type::PRIVATE_CALL_CALL_BACK_RESPONSE, "24.379-11.1.5:relay"),
    (request_type::PRIVATE_CALL_CALL_BACK_CANCEL_REQUEST, "24.379-11.1.5:relay"),
    (request_type::PRIVATE_CALL_CALL_BACK_CANCEL_RESPONSE, "24.379-11.1.5:relay"),
    (request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST, "24.379-11.1.7:relay"),
    (request_type::REMOTELY_INITIATED_PRIVATE_CALL_RESPONSE, "24.379-11.1.7:relay"),
    (request_type::GROUP_SELECTION_CHANGE_REQUEST, "24.379-10.1.4:relay"),
    (request_type::GROUP_SELECTION_CHANGE_RESPONSE, "24.379-10.1.4:relay"),
    (request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST, "24.379-10.1.5"),
    (request_type::REMOTELY_INITIATED_GROUP_CALL_RESPONSE, "24.379-10.1.5"),
];

/// What a MESSAGE asks or answers.
fn kind(sent: &Sent) -> Option<&str> {
    let info = sent.info.as_ref().filter(|_| *sent.method() == Method::Message)?;
    [extension_name::REQUEST_TYPE, extension_name::RESPONSE_TYPE]
        .into_iter()
        .find_map(|name| info.any_ext.text(name))
}

/// It is handed on unless it is refused, and says who has asked.
pub(super) const TO_THE_USER: Rule = Rule {
    requirements: &["24.379-11.1.5:relay", "24.379-11.1.7:relay", "24.379-10.1.4:relay", "24.379-10.1.5"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if (sent.from, sent.to) != (Role::Client, Role::Participating) {
            return;
        }
        let row = kind(sent).and_then(|kind| HANDED_ON.iter().find(|(name, _)| *name == kind));
        let Some(((kind_of_it, requirement), target)) = row.zip(sent.target()) else { return };
        // The identity of who asks may have been told before the observation began.
        let asks = sent.user().and_then(|user| cx.belief.people.mcptt_id(&user).map(str::to_owned));
        let (frame, target) = (sent.frame, target.to_owned());
        let expected = format!("{kind_of_it} at the client of {target}, with the identity of who sends it");
        todo.watch(cx, Duty::must(requirement, cx.answer(), expected), move |fact| {
            if answer_to(fact, frame).is_some_and(|response| !response.status.is_success()) {
                return Step::Void;
            }
            match fact {
                Fact::Request(sent)
                    if sent.from == Role::Participating
                        && sent.to == Role::Client
                        && kind(sent) == Some(*kind_of_it)
                        && sent.target() == Some(target.as_str()) =>
                {
                    let told = sent.calling_user();
                    let right = told.is_some() && asks.as_deref().is_none_or(|asks| told == Some(asks));
                    Step::test(right, || format!("it comes from {told:?}"))
                }
                _ => Step::Wait,
            }
        });
    },
};

/// Whether it is the INVITE of a user that wants to listen to another one.
fn listens_to(sent: &Sent) -> bool {
    let info = sent.info.as_ref().filter(|_| sent.is_invite(Role::Participating, Role::Client));
    info.is_some_and(|info| {
        info.session_type == Some(SessionType::AmbientListening)
            && info.any_ext.text(extension_name::AMBIENT_LISTENING_TYPE) == Some(REMOTE)
    })
}

/// Who listens has called.
const REMOTE: &str = "remote-init";

/// The client of a user that is listened to is told to answer without a sign.
pub(super) const WITHOUT_A_SIGN: Rule = Rule {
    requirements: &["24.379-11.1.6:silent"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if !listens_to(sent) {
            return;
        }
        let mode = AnswerMode::of(&sent.request.headers, &HeaderName::PrivAnswerMode).ok().flatten();
        let held = mode == Some(AnswerMode::Auto);
        todo.judge(cx, "24.379-11.1.6:silent", held, "Priv-Answer-Mode: Auto", || format!("{mode:?}"));
    },
};

/// Who is listened to has the floor, as soon as its client has answered.
pub(super) const LISTENED_TO: Rule = Rule {
    requirements: &["24.379-11.1.6:type"],
    watch: |cx, fact, todo| {
        let Fact::Response { request, response } = fact else { return };
        let Some(user) = request.target().filter(|_| listens_to(request)) else { return };
        if !response.status.is_success() {
            return;
        }
        let (user, mut own) = (user.to_owned(), None);
        let expected = "Floor Granted to the user that is listened to";
        let duty = Duty::must("24.379-11.1.6:type", cx.answer(), expected);
        todo.watch(cx, duty, move |fact| match fact {
            Fact::LegOpened { leg, profile } if *profile.call == *user => {
                own = Some(*leg);
                Step::Wait
            }
            Fact::LegClosing { leg, .. } if own == Some(*leg) => Step::Void,
            Fact::Down { leg, message, .. } if own == Some(*leg) => match &**message {
                FloorMessage::Granted(_) => Step::Held,
                message @ (FloorMessage::Deny(_) | FloorMessage::Taken(_)) => Step::by(message.name()),
                _ => Step::Wait,
            },
            _ => Step::Wait,
        });
    },
};
