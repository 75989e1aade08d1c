//! What an onlooker believes about calls without a network.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mcptt_codec::monp::{CallType, GroupCallAnnouncement, GroupEmergencyAlertParties, MonpMessage as M};

use super::monp::group_of;

/// Groups, users and clients that are kept apart.
const MOST: usize = 1024;

/// How long an alert is remembered that is not repeated (TFE1).
const ALERT: Duration = Duration::from_secs(30);
/// How long two probes may lie apart that belong together.
const SERIES: Duration = Duration::from_millis(200);

/// Everything that is known.
#[derive(Default)]
pub(in crate::judge) struct Monp {
    pub(super) groups: BTreeMap<String, MonpGroup>,
    /// The last request of each client for a private call, and how often it was said.
    requests: BTreeMap<SocketAddr, (M, u64)>,
}

/// A group.
#[derive(Default)]
pub(super) struct MonpGroup {
    /// The multicast address that its first message went to.
    pub(super) address: Option<IpAddr>,
    /// Who looks for a call, and nobody has announced one since.
    pub(super) probing: BTreeMap<SocketAddr, Probing>,
    /// A probe has been heard since the last announcement.
    pub(super) asked: bool,
    /// The last announcement.
    pub(super) last: Option<Announced>,
    /// The last announcement of each client.
    pub(super) announced: BTreeMap<SocketAddr, Announced>,
    /// The last end of an emergency or imminent peril of each client.
    pub(super) ended: BTreeMap<SocketAddr, Said>,
    /// The last broadcast.
    pub(super) broadcast: Option<Said>,
    /// Alerts by user.
    alerts: BTreeMap<String, Alert>,
}

/// A row of probes.
pub(super) struct Probing {
    pub(super) first: Duration,
    pub(super) last: Duration,
}

/// An announcement, without what it says of probes.
#[derive(Clone)]
pub(super) struct Announced {
    pub(super) source: SocketAddr,
    pub(super) at: Duration,
    pub(super) announcement: GroupCallAnnouncement,
}

/// Something that was said, when the last time and how often.
pub(super) struct Said {
    pub(super) source: SocketAddr,
    pub(super) message: M,
    pub(super) at: Duration,
    pub(super) copies: u64,
}

/// An alert.
pub(super) struct Alert {
    at: Duration,
    /// Users who have acknowledged it.
    pub(super) acknowledged: BTreeSet<String>,
}

/// Whether the first of two calls is the one that goes on; `None` when nothing tells.
pub(super) fn prevails(one: &GroupCallAnnouncement, other: &GroupCallAnnouncement) -> Option<bool> {
    let urgency = |call_type| match call_type {
        CallType::EMERGENCY_GROUP => 0,
        CallType::IMMINENT_PERIL_GROUP => 1,
        _ => 2,
    };
    let key =
        |one: &GroupCallAnnouncement| (urgency(one.call_type), one.call_start_time, one.call_identifier);
    let (one, other) = (key(one), key(other));
    (one != other).then(|| one < other)
}

impl Monp {
    pub(super) fn apply(&mut self, now: Duration, source: SocketAddr, destination: SocketAddr, message: &M) {
        match message {
            M::PrivateCallSetupRequest(_)
                if self.requests.len() < MOST || self.requests.contains_key(&source) =>
            {
                let copies = self.copies(source, message).saturating_add(1);
                self.requests.insert(source, (message.clone(), copies));
            }
            M::GroupEmergencyAlertAck(ack) => {
                let group = self.groups.get_mut(ack.group_id.as_str());
                let alert = group.and_then(|group| group.alerts.get_mut(ack.originating_user.as_str()));
                if let Some(alert) = alert.filter(|alert| alert.acknowledged.len() < MOST) {
                    alert.acknowledged.insert(ack.sending_user.to_string());
                }
            }
            _ => {}
        }
        let Some(group) = group_of(message) else { return };
        if self.groups.len() < MOST || self.groups.contains_key(group) {
            self.groups.entry(group.to_owned()).or_default().apply(now, source, destination, message);
        }
    }

    /// How often this client has said this request.
    pub(super) fn copies(&self, source: SocketAddr, request: &M) -> u64 {
        self.requests.get(&source).filter(|(last, _)| last == request).map_or(0, |(_, copies)| *copies)
    }

    /// The alert that such a message is about.
    pub(super) fn alert(&self, parties: &GroupEmergencyAlertParties) -> Option<&Alert> {
        self.groups.get(parties.group_id.as_str())?.alerts.get(parties.originating_user.as_str())
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let of_group = |group: &MonpGroup| {
            group.probing.len() + group.announced.len() + group.ended.len() + group.alerts.len()
        };
        self.requests.len() + self.groups.len() + self.groups.values().map(of_group).sum::<usize>()
    }
}

impl MonpGroup {
    fn apply(&mut self, now: Duration, source: SocketAddr, destination: SocketAddr, message: &M) {
        if destination.ip().is_multicast() {
            self.address.get_or_insert(destination.ip());
        }
        match message {
            M::GroupCallProbe(_) => self.probe(now, source),
            M::GroupCallAnnouncement(announcement) => self.announce(now, source, announcement),
            M::GroupCallEmergencyEnd(_) | M::GroupCallImminentPerilEnd(_)
                if self.ended.len() < MOST || self.ended.contains_key(&source) =>
            {
                let before = self.ended.remove(&source);
                self.ended.insert(source, Said::again(now, source, message, before));
            }
            M::GroupCallBroadcast(_) => {
                let before = self.broadcast.take();
                self.broadcast = Some(Said::again(now, source, message, before));
            }
            M::GroupEmergencyAlert(alert) => {
                let user = alert.originating_user.as_str();
                let known = self.alerts.get_mut(user).filter(|alert| now.saturating_sub(alert.at) <= ALERT);
                if let Some(alert) = known {
                    alert.at = now;
                } else if self.alerts.len() < MOST || self.alerts.contains_key(user) {
                    self.alerts.insert(user.to_owned(), Alert { at: now, acknowledged: BTreeSet::new() });
                }
            }
            M::GroupEmergencyAlertCancel(cancel) => {
                self.alerts.remove(cancel.originating_user.as_str());
            }
            _ => {}
        }
    }

    fn probe(&mut self, now: Duration, source: SocketAddr) {
        self.asked = true;
        let belongs = |probing: &&mut Probing| now.saturating_sub(probing.last) <= SERIES;
        if let Some(probing) = self.probing.get_mut(&source).filter(belongs) {
            probing.last = now;
        } else if self.probing.len() < MOST || self.probing.contains_key(&source) {
            self.probing.insert(source, Probing { first: now, last: now });
        }
    }

    fn announce(&mut self, now: Duration, source: SocketAddr, announcement: &GroupCallAnnouncement) {
        self.probing.clear();
        self.asked = false;
        let announcement = GroupCallAnnouncement { probe_response: false, ..announcement.clone() };
        let announced = Announced { source, at: now, announcement };
        if self.announced.len() < MOST || self.announced.contains_key(&source) {
            self.announced.insert(source, announced.clone());
        }
        self.last = Some(announced);
    }
}

impl Said {
    fn again(now: Duration, source: SocketAddr, message: &M, before: Option<Self>) -> Self {
        let before = before.filter(|before| before.source == source && before.message == *message);
        let copies = before.map_or(1, |before| before.copies.saturating_add(1));
        Self { source, message: message.clone(), at: now, copies }
    }
}
