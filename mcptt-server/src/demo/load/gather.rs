//! Everybody registers and is called: through SIP, as anybody would.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::id::GroupId;

use super::super::DemoError;
use super::super::timeline::Step;
use super::Shared;
use super::crowd::{Crowd, Seen};
use crate::driver::clock;
use crate::ue::{UeCommand, UeEvent};

/// Members that log in at the same time, and calls that are set up at the same time: so many that the server is busy, so few that
/// nobody waits long enough for it to refuse calls.
const LOG_INS: usize = 16;
const SET_UPS: usize = 4;
/// Longest time without any progress.
const PATIENCE: Duration = Duration::from_secs(15);

/// Registers the members of these groups and lets the first of each call the others.
pub async fn gather(
    crowd: &mut Crowd,
    groups: &[GroupId],
    members: usize,
    shared: &Shared,
) -> Result<(), DemoError> {
    let mut waiting: VecDeque<usize> = (0..crowd.len()).collect();
    let mut complete: VecDeque<usize> = VecDeque::new();
    let mut logged_in = vec![0; groups.len()];
    let mut in_call = vec![0; groups.len()];
    let (mut logging_in, mut setting_up, mut done) = (0, 0, 0);
    let mut progress = clock::now();
    while done < groups.len() {
        let now = clock::now();
        while logging_in < LOG_INS
            && let Some(member) = waiting.pop_front()
        {
            logging_in += 1;
            crowd.command(now, member, UeCommand::Client(ClientCommand::Register));
        }
        while setting_up < SET_UPS
            && let Some(call) = complete.pop_front()
        {
            setting_up += 1;
            let mut group_call = GroupCall::new(groups[call].clone());
            group_call.implicit_request = false;
            crowd.command(now, call * members, UeCommand::Client(ClientCommand::CallGroup(group_call)));
        }
        crowd.turn(now + Duration::from_millis(100)).await;
        while let Some((member, at, seen)) = crowd.next_seen() {
            let Seen::Event(event) = seen else { continue };
            let UeEvent::Client(event) = *event else { continue };
            progress = at;
            let call = member / members;
            match event {
                ClientEvent::Registered { .. } => {
                    crowd.command(at, member, UeCommand::Client(ClientCommand::PublishSettings));
                }
                ClientEvent::SettingsPublished => {
                    let groups = vec![groups[call].clone()];
                    crowd.command(at, member, UeCommand::Client(ClientCommand::Affiliate { groups }));
                }
                ClientEvent::Affiliated { .. } => {
                    shared.registered.fetch_add(1, Ordering::Relaxed);
                    logging_in -= 1;
                    logged_in[call] += 1;
                    if logged_in[call] == members {
                        complete.push_back(call);
                    }
                }
                ClientEvent::CallEstablished(_) => {
                    shared.in_call.fetch_add(1, Ordering::Relaxed);
                    in_call[call] += 1;
                    if in_call[call] == members {
                        setting_up -= 1;
                        done += 1;
                    }
                }
                ClientEvent::RequestFailed { .. } => {
                    return Err(DemoError::Missing { step: Step::Registration, what: "2xx to a request" });
                }
                ClientEvent::CallFailed { .. } | ClientEvent::CallEnded { .. } => {
                    return Err(DemoError::Missing { step: Step::SetUp, what: "call that stands" });
                }
                _ => {}
            }
        }
        if clock::now().saturating_duration_since(progress) > PATIENCE {
            let step = if logging_in > 0 { Step::Registration } else { Step::SetUp };
            return Err(DemoError::Missing { step, what: "progress" });
        }
    }
    Ok(())
}
