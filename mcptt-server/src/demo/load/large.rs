//! One call with very many members that is set up while the small ones talk: how long it takes, and whether they notice.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::id::GroupId;

use super::super::DemoError;
use super::super::timeline::Step;
use super::crowd::{Crowd, Seen};
use super::samples::Samples;
use crate::driver::clock;
use crate::ue::{UeCommand, UeEvent};

/// Members that log in at the same time.
const LOG_INS: usize = 8;
/// Longest time without any progress.
const PATIENCE: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(10);
/// The small calls talk for so long before it begins.
const HEAD_START: Duration = Duration::from_secs(1);

/// What the large call and the others tell each other.
#[derive(Debug, Default)]
pub struct Large {
    /// Members that can be called.
    pub registered: AtomicUsize,
    /// Everybody can be.
    pub ready: AtomicBool,
    /// When the first member called, and when the last one was in the call.
    pub span: OnceLock<(Instant, Instant)>,
}

/// Everybody registers; a second after the others have begun to talk the first one calls. From the call to each answer.
pub async fn run(
    crowd: &mut Crowd,
    group: &GroupId,
    large: &Large,
    begin: &OnceLock<Instant>,
    stop: &AtomicBool,
) -> Result<Samples, DemoError> {
    log_in(crowd, group, large).await?;
    large.ready.store(true, Ordering::Relaxed);
    let from = loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(Samples::default());
        }
        let now = clock::now();
        if let Some(from) = begin.get().map(|begin| *begin + HEAD_START).filter(|from| *from <= now) {
            break from;
        }
        crowd.turn(now + LOOK).await;
        while crowd.next_seen().is_some() {}
    };
    let mut call = GroupCall::new(group.clone());
    call.implicit_request = false;
    let called = clock::now().max(from);
    crowd.command(called, 0, UeCommand::Client(ClientCommand::CallGroup(call)));
    let (mut joined, mut in_call) = (Samples::default(), 0);
    while !stop.load(Ordering::Relaxed) {
        crowd.turn(clock::now() + LOOK).await;
        while let Some((_, at, seen)) = crowd.next_seen() {
            let Seen::Event(event) = seen else { continue };
            if matches!(*event, UeEvent::Client(ClientEvent::CallEstablished(_))) {
                joined.add(called, at);
                in_call += 1;
                if in_call == crowd.len() {
                    let _ = large.span.set((called, at));
                }
            }
        }
    }
    Ok(joined)
}

async fn log_in(crowd: &mut Crowd, group: &GroupId, large: &Large) -> Result<(), DemoError> {
    let mut waiting: VecDeque<usize> = (0..crowd.len()).collect();
    let (mut logging_in, mut progress) = (0, clock::now());
    while large.registered.load(Ordering::Relaxed) < crowd.len() {
        let now = clock::now();
        while logging_in < LOG_INS
            && let Some(member) = waiting.pop_front()
        {
            logging_in += 1;
            crowd.command(now, member, UeCommand::Client(ClientCommand::Register));
        }
        crowd.turn(now + LOOK).await;
        while let Some((member, at, seen)) = crowd.next_seen() {
            let Seen::Event(event) = seen else { continue };
            let UeEvent::Client(event) = *event else { continue };
            progress = at;
            let next = match event {
                ClientEvent::Registered { .. } => ClientCommand::PublishSettings,
                ClientEvent::SettingsPublished => ClientCommand::Affiliate { groups: vec![group.clone()] },
                ClientEvent::Affiliated { .. } => {
                    large.registered.fetch_add(1, Ordering::Relaxed);
                    logging_in -= 1;
                    continue;
                }
                ClientEvent::RequestFailed { .. } => {
                    return Err(DemoError::Missing { step: Step::Registration, what: "2xx to a request" });
                }
                _ => continue,
            };
            crowd.command(at, member, UeCommand::Client(next));
        }
        if clock::now().saturating_duration_since(progress) > PATIENCE {
            return Err(DemoError::Missing { step: Step::Registration, what: "progress" });
        }
    }
    Ok(())
}
