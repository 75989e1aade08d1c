//! What the tester knows about the target (IXIT): addresses, timers, documents.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the judge is told before the first frame. Everything has a default; what is unknown keeps the
/// monitors that need it unarmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// SIP address of the participating function. `None`: learned, it is where REGISTER goes.
    pub participating: Option<SocketAddr>,
    /// SIP address of the controlling function. `None`: its messages are not told from those of others.
    pub controlling: Option<SocketAddr>,
    /// Timers and counters as configured in the target.
    pub timers: TimerValues,
    /// How long the target may take for an answer.
    pub response: Duration,
    /// How late the tester's own clock may be.
    pub jitter: Duration,
    /// The longest way of a datagram between the place of observation and the target. What happens within it
    /// has no certain order.
    pub path: Duration,
    /// Whether the observation begins before anything else does: who was not seen to register, affiliate or
    /// call has not. `None`: it does when the tester has written the target's documents, it does not in a
    /// capture from elsewhere.
    pub complete: Option<bool>,
    /// Requests that fit into the queue of a call. `None`: not known.
    pub queue_limit: Option<usize>,
    /// Users and groups as the target's documents have them. `None`: not known.
    pub documents: Option<Documents>,
    /// The release of the target. `None`: not known, and nothing is asked for that later releases brought.
    pub release: Option<u8>,
    /// Whose behaviour is judged.
    pub subjects: Subjects,
    /// The release of the clients. `None`: not known.
    pub client_release: Option<u8>,
    /// Timers and counters of the clients.
    pub client_timers: ClientTimers,
    /// Timers and counters of the participating function.
    pub function_timers: FunctionTimers,
    /// Paths of functions that relay, where no signalling tells them.
    pub paths: Vec<KnownPath>,
    /// There is no server: whatever is no signalling goes from one client to all others.
    pub off_network: bool,
}

/// A pair of addresses of a function that relays. Those of floor control are two ports higher on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KnownPath {
    /// The function.
    pub function: Function,
    /// On which side.
    pub side: Side,
    /// The number of the client whose call it is; the controlling side of a group has any.
    pub number: u8,
    /// Voice at the function.
    pub ours: SocketAddr,
    /// Voice at the other end.
    pub theirs: SocketAddr,
}

/// A function that relays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// The participating function.
    Participating,
    /// The non-controlling function of a group.
    NonControlling,
}

/// A side of such a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// That of a client.
    Client,
    /// That of the controlling function.
    Controlling,
}

/// Timers and counters of the participating function, TS 24.380 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FunctionTimers {
    /// Conversation.
    pub t15: Duration,
    /// Map Group To Bearer.
    pub t16: Duration,
    /// Unmap Group To Bearer.
    pub t17: Duration,
    /// Connect.
    pub t55: Duration,
    /// Disconnect.
    pub t56: Duration,
    /// Unmap Group To Bearer copies in all.
    pub c17: u64,
    /// Connect copies in all.
    pub c55: u64,
    /// Disconnect copies in all.
    pub c56: u64,
}

impl Default for FunctionTimers {
    fn default() -> Self {
        Self {
            t15: Duration::from_secs(30),
            t16: Duration::from_millis(500),
            t17: Duration::from_millis(200),
            t55: Duration::from_secs(2),
            t56: Duration::from_secs(2),
            c17: 3,
            c55: 3,
            c56: 3,
        }
    }
}

/// Whose behaviour is judged. Who is not is a tester that may do as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Subjects {
    /// The functions of the network.
    pub server: bool,
    /// The clients.
    pub participants: bool,
}

/// Timers and counters of the floor participant, TS 24.380 11.1.1 and 11.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientTimers {
    /// Floor Release.
    pub t100: Duration,
    /// Floor Request.
    pub t101: Duration,
    /// Floor Queue Position Request.
    pub t104: Duration,
    /// Queued granted user action.
    pub t132: Duration,
    /// Floor Request, off-network.
    pub t201: Duration,
    /// Floor Granted, off-network.
    pub t205: Duration,
    /// Wait for call announcement, off-network.
    pub tfg1: Duration,
    /// Call probe retransmission, off-network.
    pub tfg3: Duration,
    /// Emergency end retransmission, off-network.
    pub tfg11: Duration,
    /// Imminent peril end retransmission, off-network.
    pub tfg12: Duration,
    /// Broadcast retransmission, off-network.
    pub tfb2: Duration,
    /// Private call request retransmission, off-network.
    pub tfp1: Duration,
    /// Emergency alert retransmission, off-network.
    pub tfe2: Duration,
    /// Floor Release copies in all.
    pub c100: u64,
    /// Floor Request copies in all.
    pub c101: u64,
    /// Floor Queue Position Request copies in all.
    pub c104: u64,
    /// Floor Request copies in all, off-network.
    pub c201: u64,
    /// Floor Granted copies in all, off-network.
    pub c205: u64,
    /// Repetitions of the end of an emergency, off-network.
    pub cfg11: u64,
    /// Repetitions of the end of an imminent peril, off-network.
    pub cfg12: u64,
    /// Repetitions of a request for a private call, off-network.
    pub cfp1: u64,
}

impl Default for ClientTimers {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            t100: seconds(1),
            t101: seconds(1),
            t104: seconds(1),
            t132: seconds(2),
            t201: Duration::from_millis(40),
            t205: Duration::from_millis(80),
            tfg1: Duration::from_millis(150),
            tfg3: Duration::from_millis(40),
            tfg11: seconds(1),
            tfg12: seconds(1),
            tfb2: seconds(3),
            tfp1: Duration::from_millis(40),
            tfe2: seconds(5),
            c100: 3,
            c101: 3,
            c104: 3,
            c201: 3,
            c205: 4,
            cfg11: 5,
            cfg12: 5,
            cfp1: 3,
        }
    }
}

/// Timers and counters of TS 24.380 clause 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimerValues {
    /// End of RTP media.
    pub t1: Duration,
    /// Stop talking.
    pub t2: Duration,
    /// Stop talking grace.
    pub t3: Duration,
    /// Inactivity. `None`: does not run.
    pub t4: Option<Duration>,
    /// Floor Idle.
    pub t7: Duration,
    /// Floor Revoke.
    pub t8: Duration,
    /// End of RTP media, of who talks over the talker.
    pub t11: Duration,
    /// Stop talking, of who talks over the talker.
    pub t12: Duration,
    /// Floor Granted.
    pub t20: Duration,
    /// Floor Idle copies in all.
    pub c7: u64,
    /// Floor Granted copies in all.
    pub c20: u64,
}

/// What the tester knows about users and groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Documents {
    /// By group identity.
    pub groups: BTreeMap<String, GroupFacts>,
    /// By MCPTT ID.
    pub users: BTreeMap<String, UserFacts>,
}

/// A group as the tester knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GroupFacts {
    /// The members by their MCPTT IDs.
    pub members: BTreeMap<String, MemberFacts>,
    /// Every use is refused.
    #[serde(skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// Prearranged, not chat.
    #[serde(skip_serializing_if = "is_false")]
    pub prearranged: bool,
    /// Every request interrupts the talker.
    #[serde(skip_serializing_if = "is_false")]
    pub audio_cut_in: bool,
    /// How many may talk at once. `None`: one.
    pub max_talkers: Option<u8>,
    /// A pre-emptive request is granted beside the talker.
    #[serde(skip_serializing_if = "is_false")]
    pub dual_floor: bool,
    /// It was formed of other groups for a time.
    #[serde(skip_serializing_if = "is_false")]
    pub temporary: bool,
}

/// A member of a group as the tester knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MemberFacts {
    /// May listen only.
    #[serde(skip_serializing_if = "is_false")]
    pub receive_only: bool,
    /// May talk while others do.
    #[serde(skip_serializing_if = "is_false")]
    pub talks_beside: bool,
    /// May have queued requests of others cancelled.
    #[serde(skip_serializing_if = "is_false")]
    pub cancels_queued: bool,
}

/// A user as the tester knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UserFacts {
    /// Most group calls at a time.
    pub max_group_calls: Option<u32>,
    /// Most groups at a time to which the user may be affiliated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_affiliations: Option<u32>,
    /// Groups to which the user is affiliated when its service is authorised.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub implicit_affiliations: Vec<String>,
    /// May start emergency group calls.
    #[serde(skip_serializing_if = "is_false")]
    pub emergency: bool,
    /// May start imminent peril group calls.
    #[serde(skip_serializing_if = "is_false")]
    pub imminent_peril: bool,
    /// May have the floor revoked from others.
    #[serde(skip_serializing_if = "is_false")]
    pub revokes_others: bool,
    /// What the user may do in calls between users. `None`: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<PrivateFacts>,
}

/// What a user may do in calls between users.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PrivateFacts {
    /// May make them.
    pub allowed: bool,
    /// May call everybody.
    pub any_user: bool,
    /// Whom it may call besides.
    pub users: Vec<String>,
    /// May be called.
    pub participation: bool,
    /// May have the called client answer by itself.
    pub automatic: bool,
    /// May leave the answer to the called user.
    pub manual: bool,
    /// May have it answer by itself whatever its user wants.
    pub forces: bool,
    /// May call several of whom the first one to answer stays.
    pub first_to_answer: bool,
}

impl Default for TimerValues {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            t1: seconds(4),
            t2: seconds(30),
            t3: seconds(3),
            t4: None,
            t7: seconds(1),
            t8: seconds(1),
            t11: seconds(4),
            t12: seconds(30),
            t20: seconds(1),
            c7: 10,
            c20: 3,
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            participating: None,
            controlling: None,
            timers: TimerValues::default(),
            response: Duration::from_millis(200),
            jitter: Duration::ZERO,
            path: Duration::ZERO,
            complete: None,
            queue_limit: None,
            documents: None,
            subjects: Subjects { server: true, participants: false },
            release: None,
            client_release: None,
            client_timers: ClientTimers::default(),
            function_timers: FunctionTimers::default(),
            paths: Vec::new(),
            off_network: false,
        }
    }
}

impl Profile {
    /// The group, if the documents have it.
    pub fn group(&self, group: &str) -> Option<&GroupFacts> {
        self.documents.as_ref()?.groups.get(group)
    }

    /// The temporary groups that the documents have.
    pub fn temporary_groups(&self) -> impl Iterator<Item = &str> {
        let groups = self.documents.iter().flat_map(|documents| &documents.groups);
        groups.filter(|(_, facts)| facts.temporary).map(|(group, _)| group.as_str())
    }

    /// Whether the target has what this release brought.
    pub fn has_release(&self, release: u8) -> bool {
        self.release.is_some_and(|own| own >= release)
    }

    /// Whether what was not seen did not happen.
    pub fn is_complete(&self) -> bool {
        self.complete.unwrap_or(self.documents.is_some())
    }

    /// Twice the longest way: as long as something may be under way that was caused by what was seen before.
    pub fn way_and_back(&self) -> Duration {
        self.path.saturating_mul(2)
    }

    /// As long as something may be seen that was sent before: it was under way, or is noted late.
    pub fn crossing(&self) -> Duration {
        self.path.saturating_add(self.jitter)
    }

    /// How long after a stimulus its answer may be seen.
    pub fn answer(&self) -> Duration {
        self.response.saturating_add(self.jitter).saturating_add(self.way_and_back())
    }

    /// The latest moment for something that a timer of length `timer` brings about, counted from its start.
    pub fn late(&self, timer: Duration) -> Duration {
        timer.saturating_add(self.answer())
    }

    /// The earliest moment for it.
    pub fn early(&self, timer: Duration) -> Duration {
        timer.saturating_sub(self.crossing())
    }
}

/// What is not so is not written.
const fn is_false(is: &bool) -> bool {
    !*is
}
