//! What is served when there is more than can be served (the idea of RFC 7339, applied to ourselves).
//!
//! Whoever drives the node measures how long messages have waited before they were handled. From that a share of requests
//! is refused that grows while the wait is too long and shrinks when it is not: calls that are to begin first, then every
//! other request outside a session, then what is urgent. What belongs to a session is never refused, because it ends work.

use std::time::{Duration, Instant};

use mcptt_codec::sip::{HeaderName, Method, Request, ResourcePriority};

/// What a request is worth in overload, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Worth {
    /// It would begin a call.
    NewCall,
    /// It is outside a session and begins no call: registration, publication, subscription.
    Other,
    /// It claims the priority of an emergency or of imminent peril.
    Urgent,
    /// It belongs to something that exists, or ends it.
    InSession,
}

impl Worth {
    /// The worth of a request.
    pub fn of(request: &Request) -> Self {
        let in_dialog = request.headers.has_tag(&HeaderName::To);
        match request.method {
            _ if in_dialog => Self::InSession,
            Method::Ack | Method::Cancel | Method::Bye | Method::Prack => Self::InSession,
            _ if is_urgent(request) => Self::Urgent,
            Method::Invite => Self::NewCall,
            _ => Self::Other,
        }
    }
}

/// Whether a request claims a priority that pre-empts others (RFC 8101: the namespace `mcpttp`).
pub(crate) fn is_urgent(request: &Request) -> bool {
    let values = request.headers.values(&HeaderName::ResourcePriority);
    values.into_iter().any(|value| {
        ResourcePriority::parse(value).is_ok_and(|value| value.namespace.eq_ignore_ascii_case("mcpttp"))
    })
}

/// When messages wait too long, and how fast that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverloadSettings {
    /// A wait that is still good. Default 20 ms.
    pub target: Duration,
    /// How often the share is changed. Default 100 ms.
    pub interval: Duration,
}

impl Default for OverloadSettings {
    fn default() -> Self {
        Self { target: Duration::from_millis(20), interval: Duration::from_millis(100) }
    }
}

/// The steps of one class: what is refused is counted in these.
const WHOLE: u32 = 1_000;
/// The classes that may be refused.
const CLASSES: u32 = 3;
/// By how much the share grows in one interval for each target that the wait is too long, and the most.
const STEP: u32 = 100;
const MOST: u32 = 600;
/// By how much it shrinks in a good interval.
const RELIEF: u32 = 50;

/// The measured load, and what follows from it.
#[derive(Clone, Debug)]
pub struct Overload {
    settings: OverloadSettings,
    /// 0: everything is served; each [`WHOLE`] refuses one more class.
    pressure: u32,
    /// The shortest wait of the present interval: a burst that is worked off within it is no overload.
    shortest: Option<Duration>,
    ends: Option<Instant>,
    /// Refused share that has not made a whole refusal yet, for each class.
    owed: [u32; CLASSES as usize],
}

impl Overload {
    /// No load.
    pub const fn new(settings: OverloadSettings) -> Self {
        Self { settings, pressure: 0, shortest: None, ends: None, owed: [0; CLASSES as usize] }
    }

    /// A message has waited for this long.
    pub fn note(&mut self, now: Instant, waited: Duration) {
        let ends = *self.ends.get_or_insert(now.checked_add(self.settings.interval).unwrap_or(now));
        self.shortest = Some(self.shortest.map_or(waited, |shortest| shortest.min(waited)));
        if now < ends {
            return;
        }
        let shortest = self.shortest.take().unwrap_or_default();
        let target = self.settings.target.max(Duration::from_millis(1));
        //= RFC7339-5:reduce
        self.pressure = if shortest > target {
            let times = u32::try_from(shortest.as_micros() / target.as_micros()).unwrap_or(u32::MAX);
            self.pressure.saturating_add(times.saturating_mul(STEP).min(MOST)).min(WHOLE * CLASSES)
        } else {
            // A long silence counts as many good intervals.
            let late = now.saturating_duration_since(ends).as_millis();
            let intervals = late / self.settings.interval.as_millis().max(1);
            let intervals = u32::try_from(intervals).unwrap_or(u32::MAX).saturating_add(1);
            self.pressure.saturating_sub(RELIEF.saturating_mul(intervals))
        };
        self.ends = now.checked_add(self.settings.interval);
    }

    /// Whether anything is refused at present.
    pub const fn is_pressed(&self) -> bool {
        self.pressure > 0
    }

    /// Whether a request of this worth is to be served now. The share that is refused is spread evenly.
    pub fn admits(&mut self, worth: Worth) -> bool {
        //= RFC7339-5:priority
        let class = match worth {
            Worth::NewCall => 0,
            Worth::Other => 1,
            Worth::Urgent => 2,
            Worth::InSession => return true,
        };
        let share = self.pressure.saturating_sub(class * WHOLE).min(WHOLE);
        let Some(owed) = self.owed.get_mut(class as usize) else { return true };
        *owed = owed.saturating_add(share);
        if *owed >= WHOLE {
            *owed -= WHOLE;
            return false;
        }
        true
    }

    /// Seconds after which it may be tried again: more under more pressure.
    pub const fn retry_after(&self) -> u32 {
        1 + self.pressure * 9 / (WHOLE * CLASSES)
    }

    /// Per mille of the requests of this worth that are refused at present.
    pub fn refused(&self, worth: Worth) -> u32 {
        let class = match worth {
            Worth::NewCall => 0,
            Worth::Other => 1,
            Worth::Urgent => 2,
            Worth::InSession => return 0,
        };
        self.pressure.saturating_sub(class * WHOLE).min(WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    fn request(method: Method, priority: &str, to: &str) -> Request {
        let mut request = Request::new(method, "sip:x@example.org");
        request.headers.push(HeaderName::To, to);
        if !priority.is_empty() {
            request.headers.push(HeaderName::ResourcePriority, priority);
        }
        request
    }

    #[test]
    fn a_request_is_worth_what_it_does() {
        let outside = "<sip:x@example.org>";
        for (method, priority, to, worth) in [
            (Method::Invite, "", outside, Worth::NewCall),
            (Method::Invite, "mcpttq.0", outside, Worth::NewCall),
            (Method::Invite, "mcpttp.15", outside, Worth::Urgent),
            (Method::Invite, "esnet.1, mcpttp.14", outside, Worth::Urgent),
            (Method::Register, "", outside, Worth::Other),
            (Method::Invite, "", "<sip:x@example.org>;tag=1", Worth::InSession),
            (Method::Cancel, "", outside, Worth::InSession),
        ] {
            assert_eq!(Worth::of(&request(method, priority, to)), worth, "{priority} {to}");
        }
    }

    /// Notes a wait for so many intervals.
    fn press(overload: &mut Overload, now: &mut Instant, waited: u64, intervals: u32) {
        for _ in 0..intervals * 10 {
            *now += Duration::from_millis(10);
            overload.note(*now, Duration::from_millis(waited));
        }
    }

    fn served(overload: &mut Overload, worth: Worth) -> usize {
        (0..100).filter(|_| overload.admits(worth)).count()
    }

    //= RFC7339-5:reduce test
    //= RFC7339-5:priority test
    #[test]
    fn calls_are_refused_first_and_sessions_never() {
        let (mut overload, mut now) = (Overload::new(OverloadSettings::default()), t0());
        press(&mut overload, &mut now, 5, 10);
        assert_eq!(served(&mut overload, Worth::NewCall), 100);
        press(&mut overload, &mut now, 50, 3);
        let some = served(&mut overload, Worth::NewCall);
        assert!((30..70).contains(&some), "{some}");
        assert_eq!((served(&mut overload, Worth::Other), served(&mut overload, Worth::Urgent)), (100, 100));
        press(&mut overload, &mut now, 50, 8);
        assert_eq!(served(&mut overload, Worth::NewCall), 0);
        let other = served(&mut overload, Worth::Other);
        assert!(other < 100, "{other}");
        assert_eq!(served(&mut overload, Worth::Urgent), 100);
        press(&mut overload, &mut now, 500, 20);
        let all = [Worth::NewCall, Worth::Other, Worth::Urgent, Worth::InSession];
        assert_eq!(all.map(|worth| served(&mut overload, worth)), [0, 0, 0, 100]);
        assert_eq!(overload.retry_after(), 10);
    }

    #[test]
    fn a_burst_is_no_overload_and_overload_ends() {
        let (mut overload, mut now) = (Overload::new(OverloadSettings::default()), t0());
        for _ in 0..100 {
            now += Duration::from_millis(10);
            overload.note(now, Duration::from_millis(300));
            overload.note(now, Duration::from_millis(1));
        }
        assert_eq!(served(&mut overload, Worth::NewCall), 100);
        press(&mut overload, &mut now, 500, 20);
        assert_eq!(served(&mut overload, Worth::NewCall), 0);
        now += Duration::from_secs(60);
        overload.note(now, Duration::from_millis(1));
        overload.note(now + Duration::from_millis(200), Duration::from_millis(1));
        assert_eq!((served(&mut overload, Worth::NewCall), overload.retry_after()), (100, 1));
    }
}
