//! The words of the contract, as our own client understands and speaks them.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall, Urgency};
use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::floor::FloorPriority;
use mcptt_codec::id::GroupId;
use mcptt_server::ue::{UeCommand, UeEvent};
use media_plane::floor::participant::Notification;

use crate::rig::{Actor, Rig};

/// The line is nothing our client can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported;

/// Longest voice that one line asks for.
const LONGEST: u64 = 3_600_000;

/// Does what a line says.
///
/// # Errors
/// [`Unsupported`] when the line says nothing that is known.
pub fn obey(rig: &mut Rig, actor: Actor, line: &str) -> Result<(), Unsupported> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let signal = |command| UeCommand::Client(command);
    match words.as_slice() {
        ["register"] => {
            rig.signal(actor, ClientCommand::Register);
            rig.signal(actor, ClientCommand::PublishSettings);
        }
        ["deregister"] => rig.signal(actor, ClientCommand::Deregister),
        ["affiliate", groups @ ..] if !groups.is_empty() => {
            let groups = groups.iter().map(|group| GroupId::from(*group)).collect();
            rig.signal(actor, ClientCommand::Affiliate { groups });
        }
        ["deaffiliate"] => rig.signal(actor, ClientCommand::Deaffiliate),
        ["call", group, how @ ..] if how.iter().all(|word| CALLS.contains(word)) => {
            let has = |word: &str| how.contains(&word);
            let urgency =
                if has("emergency") { Urgency::Emergency { alert: false } } else { Urgency::Normal };
            let (implicit_request, broadcast) = (has("implicit"), has("broadcast"));
            let call = GroupCall { implicit_request, broadcast, urgency, ..GroupCall::new(*group) };
            rig.signal(actor, ClientCommand::CallGroup(call));
        }
        ["leave"] => rig.leave(actor),
        ["ptt-down", how @ ..] => {
            let (mut priority, mut indicator) = (None, None);
            for word in how {
                match (*word, word.parse()) {
                    ("emergency", _) => indicator = Some(FloorIndicator::EMERGENCY),
                    (_, Ok(number)) => priority = Some(FloorPriority(number)),
                    _ => return Err(Unsupported),
                }
            }
            rig.command(actor, UeCommand::PressToTalk { priority, indicator });
        }
        ["ptt-up"] => rig.release(actor),
        ["accept"] => rig.command(actor, UeCommand::AcceptGrant),
        ["queue-position"] => rig.command(actor, UeCommand::AskQueuePosition),
        ["log-off"] => rig.command(actor, signal(ClientCommand::LogOff)),
        ["speak", milliseconds] => match milliseconds.parse() {
            Ok(milliseconds @ 0..=LONGEST) => rig.speak(actor, Duration::from_millis(milliseconds)),
            _ => return Err(Unsupported),
        },
        _ => return Err(Unsupported),
    }
    Ok(())
}

const CALLS: [&str; 3] = ["implicit", "emergency", "broadcast"];

/// The line for something that happened, if it is worth one.
pub fn tell(event: &UeEvent) -> Option<String> {
    Some(match event {
        UeEvent::Client(event) => match event {
            ClientEvent::Registered { .. } => "registered".to_owned(),
            ClientEvent::Deregistered => "deregistered".to_owned(),
            ClientEvent::Affiliated { .. } => "affiliated".to_owned(),
            ClientEvent::CallEstablished(call) => {
                let group = call.group.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("in-call {group}").trim_end().to_owned()
            }
            ClientEvent::CallEnded { .. } => "call-ended".to_owned(),
            ClientEvent::CallFailed { status, .. } => format!("failed call {status}"),
            ClientEvent::RequestFailed { what, status, .. } => {
                format!("failed {what:?} {status}").to_lowercase()
            }
            _ => return None,
        },
        UeEvent::Floor(notification) => match notification {
            Notification::Granted { .. } => "floor granted".to_owned(),
            Notification::GrantOffered { .. } => "floor offered".to_owned(),
            Notification::Denied { cause } => {
                format!("floor denied {}", cause.map_or(255, |cause| cause.0))
            }
            Notification::Revoked { cause } => {
                format!("floor revoked {}", cause.map_or(255, |cause| cause.0))
            }
            Notification::Queued { info } => {
                format!("floor queued {}", info.map_or(255, |info| info.position.0))
            }
            Notification::Taken { talkers, .. } => {
                let user = talkers.first().and_then(|talker| talker.user.as_ref());
                format!("floor taken {}", user.map(ToString::to_string).unwrap_or_default())
                    .trim_end()
                    .to_owned()
            }
            Notification::Idle => "floor idle".to_owned(),
            _ => return None,
        },
        // The first packets of a talk; a line for each of fifty a second would say nothing more.
        UeEvent::Voice { ssrc, sequence, .. } if sequence % 50 == 0 => format!("audio from {:08x}", ssrc.0),
        _ => return None,
    })
}
