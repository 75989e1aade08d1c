//! What the tester knows about the target (IXIT): addresses, timers, documents.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// What the judge is told before the first frame. Everything has a default; what is unknown keeps the
/// monitors that need it unarmed.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

/// Whose behaviour is judged. Who is not is a tester that may do as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subjects {
    /// The functions of the network.
    pub server: bool,
    /// The clients.
    pub participants: bool,
}

/// Timers and counters of the floor participant, TS 24.380 11.1.1 and 11.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientTimers {
    /// Floor Release.
    pub t100: Duration,
    /// Floor Request.
    pub t101: Duration,
    /// Floor Queue Position Request.
    pub t104: Duration,
    /// Queued granted user action.
    pub t132: Duration,
    /// Floor Release copies in all.
    pub c100: u64,
    /// Floor Request copies in all.
    pub c101: u64,
    /// Floor Queue Position Request copies in all.
    pub c104: u64,
}

impl Default for ClientTimers {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            t100: seconds(1),
            t101: seconds(1),
            t104: seconds(1),
            t132: seconds(2),
            c100: 3,
            c101: 3,
            c104: 3,
        }
    }
}

/// Timers and counters of TS 24.380 clause 11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// By group identity.
    pub groups: BTreeMap<String, GroupFacts>,
    /// By MCPTT ID.
    pub users: BTreeMap<String, UserFacts>,
}

/// A group as the tester knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFacts {
    /// The members by their MCPTT IDs.
    pub members: BTreeMap<String, MemberFacts>,
    /// Every use is refused.
    pub disabled: bool,
    /// Prearranged, not chat.
    pub prearranged: bool,
    /// Every request interrupts the talker.
    pub audio_cut_in: bool,
    /// How many may talk at once. `None`: one.
    pub max_talkers: Option<u8>,
    /// A pre-emptive request is granted beside the talker.
    pub dual_floor: bool,
}

/// A member of a group as the tester knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberFacts {
    /// May listen only.
    pub receive_only: bool,
    /// May talk while others do.
    pub talks_beside: bool,
    /// May have queued requests of others cancelled.
    pub cancels_queued: bool,
}

/// A user as the tester knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFacts {
    /// Most group calls at a time.
    pub max_group_calls: Option<u32>,
    /// May start emergency group calls.
    pub emergency: bool,
    /// May have the floor revoked from others.
    pub revokes_others: bool,
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
        }
    }
}

impl Profile {
    /// The group, if the documents have it.
    pub fn group(&self, group: &str) -> Option<&GroupFacts> {
        self.documents.as_ref()?.groups.get(group)
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
        timer.saturating_sub(self.jitter.saturating_add(self.path))
    }
}
