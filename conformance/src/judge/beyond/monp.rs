//! Call control without a network (TS 24.379 10.2, 11.2, 12.2). Clients are told apart by their addresses, and everybody
//! hears what goes to a multicast address.

use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::monp::{GroupCallAnnouncement, MonpMessage as M};

use super::monp_belief::{MonpGroup, prevails};
use crate::judge::Rule;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Context, Duty, Step};

/// What a client has said.
fn said(fact: &Fact) -> Option<(SocketAddr, SocketAddr, &M)> {
    match fact {
        Fact::Monp { source, destination, message } => Some((*source, *destination, message)),
        _ => None,
    }
}

/// Whether this client has said exactly that.
fn says(fact: &Fact, by: SocketAddr, what: &M) -> bool {
    said(fact).is_some_and(|(source, _, message)| source == by && message == what)
}

/// The group to whose members a message goes.
pub(super) fn group_of(message: &M) -> Option<&str> {
    Some(match message {
        M::GroupCallProbe(one) => one.group_id.as_str(),
        M::GroupCallAnnouncement(one) => one.group_id.as_str(),
        M::GroupCallAccept(one) => one.group_id.as_str(),
        M::GroupCallEmergencyEnd(one) | M::GroupCallImminentPerilEnd(one) => one.group_id.as_str(),
        M::GroupCallBroadcast(one) => one.group_id.as_str(),
        M::GroupCallBroadcastEnd(one) => one.group_id.as_str(),
        M::GroupEmergencyAlert(one) => one.group_id.as_str(),
        M::GroupEmergencyAlertCancel(one) => one.group_id.as_str(),
        _ => return None,
    })
}

/// The private call that a message is of.
pub(super) fn private_call_of(message: &M) -> Option<u16> {
    Some(match message {
        M::PrivateCallSetupRequest(one) => one.call_identifier.0,
        M::PrivateCallAccept(one) => one.call_identifier.0,
        M::PrivateCallReject(one) => one.call_identifier.0,
        M::PrivateCallRinging(one)
        | M::PrivateCallRelease(one)
        | M::PrivateCallReleaseAck(one)
        | M::PrivateCallAcceptAck(one)
        | M::PrivateCallEmergencyCancel(one)
        | M::PrivateCallEmergencyCancelAck(one) => one.call_identifier.0,
        _ => return None,
    })
}

fn known<'a>(cx: &Context<'a>, message: &M) -> Option<&'a MonpGroup> {
    cx.belief.beyond.monp.groups.get(group_of(message)?)
}

/// A group is reached by its multicast address, a user by that of the user.
pub(super) const ADDRESSED: Rule = Rule {
    requirements: &["24.379-10.2:port"],
    watch: |cx, fact, todo| {
        let Some((_, destination, message)) = said(fact) else { return };
        let id = "24.379-10.2:port";
        let actual = || format!("{} to {destination}", message.name());
        if private_call_of(message).is_some() {
            let expected = "a message of a private call to the address of the other user";
            todo.judge(cx, id, !destination.ip().is_multicast(), expected, actual);
        } else if let Some(address) = known(cx, message).and_then(|group| group.address)
            && destination.ip().is_multicast()
        {
            let expected = format!("a message to the group at {address}");
            todo.judge(cx, id, destination.ip() == address, expected, actual);
        }
    },
};

/// Who has found no call for as long as TFG1 announces one, and not earlier.
pub(super) const FOUND_NONE: Rule = Rule {
    requirements: &["24.379-10.2.2:tfg1"],
    watch: |cx, fact, todo| {
        let Some((source, _, message @ M::GroupCallAnnouncement(_))) = said(fact) else { return };
        let Some(probing) = known(cx, message).and_then(|group| group.probing.get(&source)) else { return };
        // Who comes in the middle does not know which probe was the first.
        if !cx.profile.is_complete() {
            return;
        }
        if cx.now.saturating_sub(probing.last) > cx.profile.late(cx.profile.client_timers.tfg3) {
            return;
        }
        let tfg1 = cx.profile.client_timers.tfg1;
        let passed = cx.now.saturating_sub(probing.first);
        let right = (cx.profile.early(tfg1)..=cx.profile.late(tfg1)).contains(&passed);
        let expected = "GROUP CALL ANNOUNCEMENT of an own call TFG1 after the first GROUP CALL PROBE";
        let actual = || format!("it came after {} ms", passed.as_millis());
        todo.judge(cx, "24.379-10.2.2:tfg1", right, expected, actual);
    },
};

/// The longest wait for the answer to a probe.
const AFTER_PROBE: Duration = Duration::from_nanos(1_000_000_000 / 12);

/// Who announces a call after a probe says that it was asked.
pub(super) const PROBED: Rule = Rule {
    requirements: &["24.379-10.2.2:probe"],
    watch: |cx, fact, todo| {
        let Some((source, _, message @ M::GroupCallProbe(probe))) = said(fact) else { return };
        if known(cx, message).is_none_or(|group| group.last.is_none()) {
            return;
        }
        let group = probe.group_id.clone();
        let expected = "GROUP CALL ANNOUNCEMENT with probe response";
        let duty = Duty::when("24.379-10.2.2:probe", cx.profile.late(AFTER_PROBE), expected);
        todo.watch(cx, duty.counts_from(cx.profile.path), move |fact| match said(fact) {
            Some((by, _, M::GroupCallAnnouncement(one))) if by != source && one.group_id == group => {
                Step::test(one.probe_response, || "one without".to_owned())
            }
            _ => Step::Wait,
        });
    },
};

/// Two thirds of the time between announcements, the least there can be.
fn least_interval(announcement: &GroupCallAnnouncement) -> Duration {
    Duration::from_millis(u64::from(announcement.refresh_interval.0).saturating_mul(2) / 3)
}

/// What somebody else has just announced is not announced again.
pub(super) const SUPPRESSED: Rule = Rule {
    requirements: &["24.379-10.2.2:dup"],
    watch: |cx, fact, todo| {
        let Some((source, _, message @ M::GroupCallAnnouncement(one))) = said(fact) else { return };
        let Some(group) = known(cx, message) else { return };
        let Some(last) = group.last.as_ref().filter(|last| last.source != source) else { return };
        let plain = GroupCallAnnouncement { probe_response: false, ..one.clone() };
        let passed = cx.now.saturating_sub(last.at);
        // What was under way at the same time, or was asked for, has a reason.
        if group.asked || one.probe_response || last.announcement != plain || passed <= cx.answer() {
            return;
        }
        let right = passed >= cx.profile.early(least_interval(one));
        let expected = "no identical GROUP CALL ANNOUNCEMENT within two thirds of the refresh interval";
        let actual = || format!("one after {} ms", passed.as_millis());
        todo.judge(cx, "24.379-10.2.2:dup", right, expected, actual);
    },
};

/// Of two calls of a group, everybody who hears both stays in the more urgent, older, lower one.
pub(super) const MERGED: Rule = Rule {
    requirements: &["24.379-10.2.2:merge"],
    watch: |cx, fact, todo| {
        let Some((source, _, message @ M::GroupCallAnnouncement(one))) = said(fact) else { return };
        let Some(group) = known(cx, message) else { return };
        let Some(before) = group.announced.get(&source) else { return };
        let id = "24.379-10.2.2:merge";
        let same = |a: &GroupCallAnnouncement, b: &GroupCallAnnouncement| {
            a.call_identifier == b.call_identifier && a.originating_user == b.originating_user
        };
        let expected = "the more urgent, then the older, then the lower of two calls";
        if !same(&before.announcement, one) {
            let recent = cx.now.saturating_sub(before.at) <= least_interval(one).saturating_mul(2);
            if let Some(right) = prevails(one, &before.announcement).filter(|_| recent) {
                todo.judge(cx, id, right, expected, || format!("call {}", one.call_identifier.0));
            }
            return;
        }
        // What was announced by others since this client has, in time to be heard.
        let others = group.announced.iter().filter(|(by, _)| **by != source).map(|(_, other)| other);
        let heard = |at: Duration| at > before.at && cx.now.saturating_sub(at) > cx.answer();
        let mut others = others.filter(|other| heard(other.at) && !same(&other.announcement, one));
        if others.any(|other| prevails(&other.announcement, one) == Some(true)) {
            todo.judge(cx, id, false, expected, || format!("call {} goes on", one.call_identifier.0));
        }
    },
};

/// The end of an emergency or imminent peril is repeated by its timer, no more often than its counter says.
pub(super) const ENDED: Rule = Rule {
    requirements: &["24.379-10.2.3:emergend", "24.379-10.2.3:perilend"],
    watch: |cx, fact, todo| {
        let Some((source, _, message)) = said(fact) else { return };
        let timers = cx.profile.client_timers;
        let (id, timer, limit) = match message {
            M::GroupCallEmergencyEnd(_) => ("24.379-10.2.3:emergend", timers.tfg11, timers.cfg11),
            M::GroupCallImminentPerilEnd(_) => ("24.379-10.2.3:perilend", timers.tfg12, timers.cfg12),
            _ => return,
        };
        let Some(group) = known(cx, message) else { return };
        let Some(last) = group.ended.get(&source).filter(|last| last.message == *message) else { return };
        let passed = cx.now.saturating_sub(last.at);
        let in_time = (cx.profile.early(timer)..=cx.profile.late(timer)).contains(&passed);
        let expected = format!("{} at most {limit} times again, each after its timer", message.name());
        let actual = || format!("copy {} after {} ms", last.copies, passed.as_millis());
        todo.judge(cx, id, in_time && last.copies <= limit, expected, actual);
    },
};

/// A broadcast is repeated by TFB2, and ended by who has begun it.
pub(super) const BROADCAST: Rule = Rule {
    requirements: &["24.379-10.2.4:broadcast", "24.379-10.2.4:end"],
    watch: |cx, fact, todo| {
        let Some((source, _, message)) = said(fact) else { return };
        let Some(group) = known(cx, message) else { return };
        match message {
            M::GroupCallBroadcast(_) => {
                let Some(last) = group.broadcast.as_ref() else { return };
                if last.source != source || last.message != *message {
                    return;
                }
                let (timer, passed) = (cx.profile.client_timers.tfb2, cx.now.saturating_sub(last.at));
                let right = (cx.profile.early(timer)..=cx.profile.late(timer)).contains(&passed);
                let actual = || format!("after {} ms", passed.as_millis());
                let expected = "GROUP CALL BROADCAST every TFB2";
                todo.judge(cx, "24.379-10.2.4:broadcast", right, expected, actual);
            }
            M::GroupCallBroadcastEnd(end) => {
                let Some(last) = group.broadcast.as_ref() else { return };
                let M::GroupCallBroadcast(begun) = &last.message else { return };
                if begun.call_identifier != end.call_identifier {
                    return;
                }
                let expected = "GROUP CALL BROADCAST END of the originator";
                let actual = || format!("one of {source}");
                todo.judge(cx, "24.379-10.2.4:end", last.source == source, expected, actual);
            }
            _ => {}
        }
    },
};

/// A request for a private call is repeated by TFP1 until something is heard, at most CFP1 times.
pub(super) const REQUESTED: Rule = Rule {
    requirements: &["24.379-11.2.2:retry"],
    watch: |cx, fact, todo| {
        let Some((source, _, message @ M::PrivateCallSetupRequest(request))) = said(fact) else { return };
        // Who comes in the middle does not know how often it was said.
        if !cx.profile.is_complete() {
            return;
        }
        let (call, id) = (request.call_identifier.0, "24.379-11.2.2:retry");
        let (tfp1, limit) = (cx.profile.client_timers.tfp1, cx.profile.client_timers.cfp1);
        let copies = cx.belief.beyond.monp.copies(source, message).saturating_add(1);
        if copies > limit.saturating_add(1) {
            let expected = "PRIVATE CALL SETUP REQUEST at most CFP1 times again";
            return todo.judge(cx, id, false, expected, || format!("copy {copies}"));
        }
        if copies > limit {
            return;
        }
        let expected = "the same PRIVATE CALL SETUP REQUEST after TFP1";
        let duty = Duty::must(id, cx.profile.late(tfp1), expected).not_before(cx.profile.early(tfp1));
        let request = message.clone();
        todo.watch(cx, duty, move |fact| match said(fact) {
            _ if says(fact, source, &request) => Step::Held,
            Some((_, _, other)) if private_call_of(other) == Some(call) => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// What the other user acknowledges.
pub(super) const ACKNOWLEDGED: Rule = Rule {
    requirements: &["24.379-11.2.2:ack", "24.379-11.2.2:release", "24.379-11.2.3:cancel"],
    watch: |cx, fact, todo| {
        let Some((source, _, message)) = said(fact) else { return };
        type Test = fn(&M) -> bool;
        let (id, expected, is_ack): (_, _, Test) = match message {
            M::PrivateCallAccept(_) => ("24.379-11.2.2:ack", "PRIVATE CALL ACCEPT ACK", |other| {
                matches!(other, M::PrivateCallAcceptAck(_))
            }),
            M::PrivateCallRelease(_) => ("24.379-11.2.2:release", "PRIVATE CALL RELEASE ACK", |other| {
                matches!(other, M::PrivateCallReleaseAck(_))
            }),
            M::PrivateCallEmergencyCancel(_) => {
                ("24.379-11.2.3:cancel", "PRIVATE CALL EMERGENCY CANCEL ACK", |other| {
                    matches!(other, M::PrivateCallEmergencyCancelAck(_))
                })
            }
            _ => return,
        };
        let (call, is_release) = (private_call_of(message), matches!(message, M::PrivateCallRelease(_)));
        todo.watch(cx, Duty::must(id, cx.answer(), expected), move |fact| match said(fact) {
            Some((by, _, other)) if private_call_of(other) == call && by != source && is_ack(other) => {
                Step::Held
            }
            // Who releases the call acknowledges nothing else of it.
            Some((_, _, M::PrivateCallRelease(other)))
                if Some(other.call_identifier.0) == call && !is_release =>
            {
                Step::Void
            }
            _ => Step::Wait,
        });
    },
};

/// An alert is repeated by TFE2 until it is cancelled; everybody acknowledges it once, and its cancellation.
pub(super) const ALERT: Rule = Rule {
    requirements: &["24.379-12.2:repeat", "24.379-12.2:ack", "24.379-12.2:cancel"],
    watch: |cx, fact, todo| {
        let Some((source, _, message)) = said(fact) else { return };
        let monp = &cx.belief.beyond.monp;
        match message {
            M::GroupEmergencyAlert(alert) => {
                let tfe2 = cx.profile.client_timers.tfe2;
                let expected = "the same GROUP EMERGENCY ALERT after TFE2";
                let duty = Duty::must("24.379-12.2:repeat", cx.profile.late(tfe2), expected);
                let (again, user) = (message.clone(), alert.originating_user.clone());
                todo.watch(cx, duty.not_before(cx.profile.early(tfe2)), move |fact| match said(fact) {
                    _ if says(fact, source, &again) => Step::Held,
                    Some((_, _, M::GroupEmergencyAlertCancel(one))) if one.originating_user == user => {
                        Step::Void
                    }
                    _ => Step::Wait,
                });
            }
            M::GroupEmergencyAlertAck(ack) => {
                let Some(alert) = monp.alert(ack) else { return };
                let first = !alert.acknowledged.contains(ack.sending_user.as_str());
                let expected = "one GROUP EMERGENCY ALERT ACK of each user";
                todo.judge(cx, "24.379-12.2:ack", first, expected, || "another one".to_owned());
            }
            M::GroupEmergencyAlertCancel(cancel) => {
                let Some(alert) = monp.alert(cancel) else { return };
                let canceller = cancel.sending_user.as_str();
                if alert.acknowledged.iter().all(|user| user == canceller) {
                    return;
                }
                let user = cancel.originating_user.clone();
                let duty = Duty::must("24.379-12.2:cancel", cx.answer(), "GROUP EMERGENCY ALERT CANCEL ACK");
                todo.watch(cx, duty, move |fact| match said(fact) {
                    Some((by, _, M::GroupEmergencyAlertCancelAck(ack)))
                        if by != source && ack.originating_user == user =>
                    {
                        Step::Held
                    }
                    _ => Step::Wait,
                });
            }
            _ => {}
        }
    },
};
