//! Emergency alert (TS 24.379 12.2): whoever is in an emergency repeats the alert until it is cancelled; whoever hears it
//! acknowledges it once and remembers it until it is cancelled or no longer repeated.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::machine::TimerTable;
use mcptt_codec::monp::{GroupEmergencyAlert, GroupEmergencyAlertParties, MonpMessage, UserLocation};

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

use super::context::Context;
use super::timer::Timer;
use super::types::{MachineName, OffNetworkCommand, OffNetworkEvent, OffNetworkGroup};

const MACHINE: MachineName = MachineName::Alert;

/// Most users of one group whose alerts are remembered.
const MAX_ALERTS: usize = 256;

/// The machine of one group.
pub(super) struct Alert {
    machine: Machine,
    /// Whose alerts are known, and when TFE1 of each expires.
    known: BTreeMap<McpttId, Instant>,
    timers: TimerTable<Timer, 1>,
}

/// What exists in which state.
#[derive(Debug)]
enum Machine {
    NotInEmergency,
    Emergency { location: Option<UserLocation>, acknowledged: BTreeSet<McpttId> },
}

impl Alert {
    pub fn new() -> Self {
        Self {
            machine: Machine::NotInEmergency,
            known: BTreeMap::new(),
            timers: TimerTable::of([Timer::TFE2]),
        }
    }

    pub const fn state(&self) -> State {
        match self.machine {
            Machine::NotInEmergency => State::NotInEmergency,
            Machine::Emergency { .. } => State::Emergency,
        }
    }

    /// Whose alerts are known.
    pub fn known(&self) -> impl Iterator<Item = &McpttId> {
        self.known.keys()
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.known.values().copied().chain(self.timers.next()).min()
    }

    pub fn command(&mut self, command: &OffNetworkCommand, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        match command {
            OffNetworkCommand::Alert { location, .. } => {
                self.happens(Trigger::UserAlerts, cx, |this, cx| {
                    this.machine =
                        Machine::Emergency { location: location.clone(), acknowledged: BTreeSet::new() };
                    this.send_alert(group, cx);
                });
            }
            OffNetworkCommand::CancelAlert { user, .. } if *user == cx.config.user => {
                self.happens(Trigger::UserCancels, cx, |this, cx| {
                    //= 24.379-12.2:cancel
                    this.timers.stop(Timer::TFE2);
                    this.machine = Machine::NotInEmergency;
                    cx.send_to_group(group, &cancel(user, group, cx));
                });
            }
            OffNetworkCommand::CancelAlert { user, .. } => {
                self.happens(Trigger::UserCancelsOther, cx, |this, cx| {
                    //= 24.379-12.2:cancel
                    this.forget(user, Some(cx.config.user.clone()), group, cx);
                    cx.send_to_group(group, &cancel(user, group, cx));
                });
            }
            _ => {}
        }
    }

    /// A message of somebody at that address.
    pub fn receive(
        &mut self,
        message: &MonpMessage,
        from: IpAddr,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) {
        match message {
            MonpMessage::GroupEmergencyAlert(alert) => {
                self.happens(Trigger::Alert, cx, |this, cx| this.alerted(alert, from, group, cx));
            }
            MonpMessage::GroupEmergencyAlertAck(ack) if ack.originating_user == cx.config.user => {
                self.happens(Trigger::AlertAck, cx, |this, cx| this.acknowledged(ack, cx));
            }
            MonpMessage::GroupEmergencyAlertCancel(parties) => {
                let own = parties.originating_user == cx.config.user;
                let trigger = if own { Trigger::CancelOwn } else { Trigger::Cancel };
                self.happens(trigger, cx, |this, cx| this.cancelled(parties, from, group, cx));
            }
            MonpMessage::GroupEmergencyAlertCancelAck(_) => {
                self.happens(Trigger::CancelAck, cx, |_, _| {});
            }
            _ => cx.event(OffNetworkEvent::NotForUs { message: message.name() }),
        }
    }

    pub fn handle_timeout(&mut self, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let silent = |(user, deadline): (&McpttId, &Instant)| (*deadline <= cx.now).then(|| user.clone());
        let silent: Vec<McpttId> = self.known.iter().filter_map(silent).collect();
        for user in silent {
            //= 24.379-12.2:repeat
            self.happens(Trigger::Tfe1, cx, |this, cx| this.forget(&user, None, group, cx));
        }
        while self.timers.take_expired(cx.now).is_some() {
            //= 24.379-12.2:repeat
            self.happens(Trigger::Tfe2, cx, |this, cx| this.send_alert(group, cx));
        }
    }

    fn send_alert(&mut self, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let Machine::Emergency { location, .. } = &self.machine else { return };
        let alert = GroupEmergencyAlert {
            group_id: group.group_id.clone(),
            originating_user: cx.config.user.clone(),
            organization_name: cx.config.organization.clone(),
            user_location: location.clone(),
        };
        cx.send_to_group(group, &MonpMessage::GroupEmergencyAlert(alert));
        self.timers.start(Timer::TFE2, cx.now, cx.duration(Timer::TFE2));
    }

    fn alerted(
        &mut self,
        alert: &GroupEmergencyAlert,
        from: IpAddr,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) {
        let user = &alert.originating_user;
        let Some(deadline) = cx.now.checked_add(cx.duration(Timer::TFE1)) else { return };
        if let Some(known) = self.known.get_mut(user) {
            //= 24.379-12.2:ack
            *known = deadline;
            return;
        }
        if self.known.len() >= MAX_ALERTS {
            return cx
                .event(OffNetworkEvent::LimitReached { setting: "alerts of a group", limit: MAX_ALERTS });
        }
        self.known.insert(user.clone(), deadline);
        let ack = MonpMessage::GroupEmergencyAlertAck(parties(user, group, cx));
        cx.send(from, &ack);
        cx.event(OffNetworkEvent::AlertReceived {
            group: group.group_id.clone(),
            user: user.clone(),
            organization: alert.organization_name.clone(),
            location: alert.user_location.clone(),
        });
    }

    fn acknowledged(&mut self, ack: &GroupEmergencyAlertParties, cx: &mut Context<'_>) {
        let Machine::Emergency { acknowledged, .. } = &mut self.machine else { return };
        if acknowledged.len() < MAX_ALERTS && acknowledged.insert(ack.sending_user.clone()) {
            let (group, user) = (ack.group_id.clone(), ack.sending_user.clone());
            cx.event(OffNetworkEvent::AlertAcknowledged { group, user });
        }
    }

    fn cancelled(
        &mut self,
        cancel: &GroupEmergencyAlertParties,
        from: IpAddr,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) {
        //= 24.379-12.2:cancel
        let user = &cancel.originating_user;
        let ack = MonpMessage::GroupEmergencyAlertCancelAck(parties(user, group, cx));
        cx.send(from, &ack);
        if *user == cx.config.user {
            if matches!(self.machine, Machine::Emergency { .. }) {
                self.timers.stop(Timer::TFE2);
                self.machine = Machine::NotInEmergency;
                ended(user, Some(cancel.sending_user.clone()), group, cx);
            }
        } else {
            self.forget(user, Some(cancel.sending_user.clone()), group, cx);
        }
    }

    fn forget(&mut self, user: &McpttId, by: Option<McpttId>, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        if self.known.remove(user).is_some() {
            ended(user, by, group, cx);
        }
    }

    fn happens(
        &mut self,
        trigger: Trigger,
        cx: &mut Context<'_>,
        procedure: impl FnOnce(&mut Self, &mut Context<'_>),
    ) {
        let Some(rule) = cx.rule(MACHINE, PROCEDURES, self.state(), trigger) else { return };
        procedure(self, cx);
        cx.moved(MACHINE, rule, self.state());
    }
}

fn ended(user: &McpttId, by: Option<McpttId>, group: &OffNetworkGroup, cx: &mut Context<'_>) {
    cx.event(OffNetworkEvent::AlertEnded { group: group.group_id.clone(), user: user.clone(), by });
}

fn parties(user: &McpttId, group: &OffNetworkGroup, cx: &Context<'_>) -> GroupEmergencyAlertParties {
    GroupEmergencyAlertParties {
        group_id: group.group_id.clone(),
        originating_user: user.clone(),
        sending_user: cx.config.user.clone(),
    }
}

fn cancel(user: &McpttId, group: &OffNetworkGroup, cx: &Context<'_>) -> MonpMessage {
    MonpMessage::GroupEmergencyAlertCancel(parties(user, group, cx))
}
