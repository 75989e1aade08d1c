//! The notifying side of event subscriptions (RFC 6665 4.2), whatever the event package.
//!
//! [`Subscriptions`] knows who watches what, until when, and whose turn it is. It writes no message: a [`Notice`] says that
//! a NOTIFY is due, and its owner, who knows the package, fills and sends it. One NOTIFY is under way in a dialog at a
//! time; what changes meanwhile is told once, with the state as it then is. So a slow watcher costs no memory and no
//! watcher is told an old state last. Who has just asked is told at once; when something changes that many watch, they wait
//! for their turn ([`poll_in_turn`](Subscriptions::poll_in_turn)).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use mcptt_codec::text::ByteStr;

use crate::dialog::DialogId;

/// Why a subscription is over (RFC 6665 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It expired, was fetched once, or its subscriber has had enough.
    Timeout,
    /// What was watched is gone.
    NoResource,
}

impl End {
    const fn reason(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::NoResource => "noresource",
        }
    }
}

/// A NOTIFY is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice<R> {
    /// In this dialog.
    pub dialog: DialogId,
    /// About this.
    pub resource: R,
    /// The value of Event.
    pub event: ByteStr,
    /// The value of Subscription-State.
    pub state: ByteStr,
    /// How many there were before it.
    pub number: u32,
}

/// Lifetimes of an event package, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetimes {
    /// Without Expires.
    pub default: u32,
    /// What is asked for below this, and not zero, is refused with 423.
    pub minimum: u32,
}

impl Lifetimes {
    /// The lifetime of a subscription, zero for a fetch; `None` when the subscriber asks for too little.
    pub(crate) fn grant(self, asked: Option<u32>) -> Option<u32> {
        //= RFC6665-4.2.1.1:min
        match asked.unwrap_or(self.default) {
            0 => Some(0),
            asked if asked < self.minimum => None,
            asked => Some(asked),
        }
    }
}

/// A watcher hears of what comes and goes quickly no more often than this: with its next change it hears how things are then.
/// A limit that a watcher need not ask for, as RFC 6446 has it and RFC 3856 6.10 recommends.
const BRIEFLY: Duration = Duration::from_secs(1);

/// The number of the first NOTIFY after a restart: higher than before, so that a watcher asks for the whole state rather than
/// taking it for an old one.
const RESTORED: u32 = 1 << 20;

#[derive(Debug)]
struct Subscription<R> {
    resource: R,
    event: ByteStr,
    expires_at: Instant,
    flight: Flight,
    /// NOTIFY requests so far.
    told: u32,
    /// When the last one was.
    told_at: Option<Instant>,
    /// When it will hear of something that comes and goes quickly.
    later: Option<Instant>,
}

impl<R> Subscription<R> {
    const fn new(resource: R, event: ByteStr, expires_at: Instant, told: u32) -> Self {
        Self { resource, event, expires_at, flight: Flight::No, told, told_at: None, later: None }
    }

    /// From when on it may hear of what comes and goes quickly.
    fn briefly_from(&self, now: Instant) -> Instant {
        let from = self.told_at.and_then(|told_at| told_at.checked_add(BRIEFLY));
        from.map_or(now, |from| from.max(now))
    }
}

/// Whether a NOTIFY is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flight {
    No,
    /// It waits for its turn.
    Waiting,
    Yes,
    /// And there is more to tell when it has been answered.
    Stale,
}

/// A NOTIFY that waits for its turn.
#[derive(Debug)]
enum Waiting<R> {
    /// With the state that there will be then.
    Change(DialogId),
    /// The last one.
    End(Notice<R>),
}

/// Who watches what.
#[derive(Debug)]
pub(crate) struct Subscriptions<R> {
    limit: usize,
    of_dialog: BTreeMap<DialogId, Subscription<R>>,
    of_resource: BTreeMap<R, BTreeSet<DialogId>>,
    due: VecDeque<Notice<R>>,
    /// NOTIFY requests that wait for their turn.
    waiting: VecDeque<Waiting<R>>,
    /// Those that are to hear of something not before then.
    later: BTreeSet<(Instant, DialogId)>,
    /// What is not in the store as it is here.
    touched: BTreeSet<DialogId>,
}

impl<R: Ord + Clone> Subscriptions<R> {
    /// Room for so many subscriptions.
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            limit,
            of_dialog: BTreeMap::new(),
            of_resource: BTreeMap::new(),
            due: VecDeque::new(),
            waiting: VecDeque::new(),
            later: BTreeSet::new(),
            touched: BTreeSet::new(),
        }
    }

    /// The subscriptions that have changed since the last time.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<DialogId> {
        std::mem::take(&mut self.touched)
    }

    /// Notes that what is stored of every subscription is no longer right.
    pub(crate) fn touch_all(&mut self) {
        self.touched.extend(self.of_dialog.keys().cloned());
    }

    /// What is watched by anybody.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &R> {
        self.of_resource.keys()
    }

    /// What is stored of a subscription: what is watched, the value of Event, when it expires.
    pub(crate) fn stored(&self, dialog: &DialogId) -> Option<(&R, &ByteStr, Instant)> {
        let found = self.of_dialog.get(dialog)?;
        Some((&found.resource, &found.event, found.expires_at))
    }

    /// Takes a stored subscription up again. Its watcher knows the state: nothing is told until it changes.
    pub(crate) fn restore(&mut self, dialog: DialogId, resource: R, event: ByteStr, expires_at: Instant) {
        self.of_resource.entry(resource.clone()).or_default().insert(dialog.clone());
        self.of_dialog.insert(dialog, Subscription::new(resource, event, expires_at, RESTORED));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.of_dialog.len()
    }

    /// Whether there is room for one more.
    pub(crate) fn has_room(&self) -> bool {
        self.of_dialog.len() < self.limit
    }

    /// A SUBSCRIBE was accepted for `seconds`; its first NOTIFY is due at once. Returns when it expires.
    pub(crate) fn open(
        &mut self,
        now: Instant,
        dialog: DialogId,
        resource: R,
        event: ByteStr,
        seconds: u32,
    ) -> Option<Instant> {
        //= RFC6665-4.2.1.2:first
        if seconds == 0 {
            //= RFC6665-4.2.1.2:fetch
            let state = terminated(End::Timeout);
            self.due.push_back(Notice { dialog, resource, event, state, number: 0 });
            return None;
        }
        let expires_at = after(now, seconds);
        self.of_resource.entry(resource.clone()).or_default().insert(dialog.clone());
        let new = Subscription::new(resource, event, expires_at, 0);
        self.of_dialog.insert(dialog.clone(), new);
        self.touched.insert(dialog.clone());
        self.tell(now, &dialog);
        Some(expires_at)
    }

    /// A SUBSCRIBE in the dialog asks for more time, or for none. Returns when it expires now; `None` when it is over or
    /// there is no such subscription.
    pub(crate) fn refresh(&mut self, now: Instant, dialog: &DialogId, seconds: u32) -> Option<Instant> {
        if seconds == 0 {
            self.end(dialog, End::Timeout);
            return None;
        }
        let subscription = self.of_dialog.get_mut(dialog)?;
        subscription.expires_at = after(now, seconds);
        let expires_at = subscription.expires_at;
        self.touched.insert(dialog.clone());
        self.tell(now, dialog);
        Some(expires_at)
    }

    /// Whether somebody watches something.
    pub(crate) fn is_watched(&self, resource: &R) -> bool {
        self.of_resource.get(resource).is_some_and(|watchers| !watchers.is_empty())
    }

    /// The state of something has changed: its watchers are told when it is their turn.
    pub(crate) fn changed(&mut self, resource: &R) {
        let watchers = self.of_resource.get(resource).into_iter().flatten();
        for dialog in watchers {
            if let Some(subscription) = self.of_dialog.get_mut(dialog) {
                wait(subscription, dialog, &mut self.waiting);
            }
        }
    }

    /// The state of something has changed that comes and goes quickly: a watcher hears of that once in `BRIEFLY`.
    pub(crate) fn changed_briefly(&mut self, now: Instant, resource: &R) {
        //= RFC6446-4.2
        let watchers = self.of_resource.get(resource).into_iter().flatten();
        for dialog in watchers {
            let Some(subscription) = self.of_dialog.get_mut(dialog) else { continue };
            if subscription.later.is_none() {
                let from = subscription.briefly_from(now);
                subscription.later = Some(from);
                self.later.insert((from, dialog.clone()));
            }
        }
        self.take_up(now);
    }

    /// Those whose time has come to hear of what comes and goes quickly wait for their turn.
    pub(crate) fn take_up(&mut self, now: Instant) {
        while self.later.first().is_some_and(|(from, _)| *from <= now)
            && let Some((from, dialog)) = self.later.pop_first()
        {
            // Whoever was told something meanwhile has heard of this, too.
            let Some(subscription) = self.of_dialog.get_mut(&dialog).filter(|own| own.later == Some(from))
            else {
                continue;
            };
            subscription.later = None;
            wait(subscription, &dialog, &mut self.waiting);
        }
    }

    /// When the next of them may hear of it.
    pub(crate) fn next_brief(&self) -> Option<Instant> {
        self.later.first().map(|(from, _)| *from)
    }

    /// The same where what has changed can be told only now.
    pub(crate) fn changed_now(&mut self, now: Instant, resource: &R) {
        let watchers: Vec<DialogId> = self.of_resource.get(resource).into_iter().flatten().cloned().collect();
        for dialog in watchers {
            self.tell(now, &dialog);
        }
    }

    /// A NOTIFY was answered. A watcher that does not know its subscription, or does not answer at all, has none any more
    /// (RFC 6665 4.2.2). Returns whether the subscription goes on.
    pub(crate) fn answered(&mut self, dialog: &DialogId, accepted: bool) -> bool {
        let Some(subscription) = self.of_dialog.get_mut(dialog) else { return false };
        if !accepted {
            //= RFC6665-4.2.2:failed
            self.forget(dialog);
            return false;
        }
        let stale = subscription.flight == Flight::Stale;
        subscription.flight = Flight::No;
        if stale {
            wait(subscription, dialog, &mut self.waiting);
        }
        true
    }

    /// Ends a subscription and tells its watcher.
    pub(crate) fn end(&mut self, dialog: &DialogId, why: End) {
        let last = self.last_of(dialog, why);
        self.due.extend(last);
    }

    /// Ends every subscription to something; its watchers are told when it is their turn.
    pub(crate) fn end_all(&mut self, resource: &R, why: End) {
        let watchers: Vec<DialogId> = self.of_resource.get(resource).into_iter().flatten().cloned().collect();
        for dialog in watchers {
            let last = self.last_of(&dialog, why);
            self.waiting.extend(last.map(Waiting::End));
        }
    }

    fn last_of(&mut self, dialog: &DialogId, why: End) -> Option<Notice<R>> {
        let Subscription { resource, event, told, .. } = self.forget(dialog)?;
        let state = terminated(why);
        Some(Notice { dialog: dialog.clone(), resource, event, state, number: told })
    }

    /// What the subscription of a dialog watches.
    pub(crate) fn resource(&self, dialog: &DialogId) -> Option<&R> {
        self.of_dialog.get(dialog).map(|subscription| &subscription.resource)
    }

    /// The next NOTIFY that is due at once, or of those that wait for their turn, if `free` says that there is room in it.
    pub(crate) fn poll_in_turn(&mut self, now: Instant, mut free: impl FnMut() -> bool) -> Option<Notice<R>> {
        loop {
            if let Some(notice) = self.due.pop_front() {
                return Some(notice);
            }
            while self.waiting.front().is_some_and(|first| !self.is_to_be_told(first)) {
                self.waiting.pop_front();
            }
            if self.waiting.is_empty() || !free() {
                return None;
            }
            match self.waiting.pop_front()? {
                Waiting::End(notice) => return Some(notice),
                Waiting::Change(dialog) => {
                    if let Some(subscription) = self.of_dialog.get_mut(&dialog) {
                        subscription.flight = Flight::No;
                    }
                    self.tell(now, &dialog);
                }
            }
        }
    }

    /// Whether somebody waits for its turn.
    pub(crate) fn has_waiting(&self) -> bool {
        self.waiting.iter().any(|waiting| self.is_to_be_told(waiting))
    }

    /// False for those that were told meanwhile, because they have asked, or are gone.
    fn is_to_be_told(&self, waiting: &Waiting<R>) -> bool {
        match waiting {
            Waiting::End(_) => true,
            Waiting::Change(dialog) => {
                self.of_dialog.get(dialog).is_some_and(|own| own.flight == Flight::Waiting)
            }
        }
    }

    /// Whether the dialog is that of a subscription.
    pub(crate) fn contains(&self, dialog: &DialogId) -> bool {
        self.of_dialog.contains_key(dialog)
    }

    /// A NOTIFY with the present state, now or as soon as the one that is under way was answered.
    fn tell(&mut self, now: Instant, dialog: &DialogId) {
        let Some(subscription) = self.of_dialog.get_mut(dialog) else { return };
        if matches!(subscription.flight, Flight::Yes | Flight::Stale) {
            subscription.flight = Flight::Stale;
            return;
        }
        subscription.flight = Flight::Yes;
        subscription.told_at = Some(now);
        subscription.later = None;
        let left = subscription.expires_at.saturating_duration_since(now).as_secs();
        self.due.push_back(Notice {
            dialog: dialog.clone(),
            resource: subscription.resource.clone(),
            event: subscription.event.clone(),
            state: format!("active;expires={left}").into(),
            number: subscription.told,
        });
        subscription.told = subscription.told.wrapping_add(1);
    }

    fn forget(&mut self, dialog: &DialogId) -> Option<Subscription<R>> {
        let subscription = self.of_dialog.remove(dialog)?;
        self.touched.insert(dialog.clone());
        if let Some(watchers) = self.of_resource.get_mut(&subscription.resource) {
            watchers.remove(dialog);
            if watchers.is_empty() {
                self.of_resource.remove(&subscription.resource);
            }
        }
        Some(subscription)
    }
}

/// The state has changed: a NOTIFY waits for its turn, or for the answer to the one that is under way.
fn wait<R>(subscription: &mut Subscription<R>, dialog: &DialogId, waiting: &mut VecDeque<Waiting<R>>) {
    match subscription.flight {
        Flight::No => {
            subscription.flight = Flight::Waiting;
            waiting.push_back(Waiting::Change(dialog.clone()));
        }
        Flight::Waiting => {}
        Flight::Yes | Flight::Stale => subscription.flight = Flight::Stale,
    }
}

fn terminated(why: End) -> ByteStr {
    format!("terminated;reason={}", why.reason()).into()
}

fn after(now: Instant, seconds: u32) -> Instant {
    now.checked_add(Duration::from_secs(seconds.into())).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    fn dialog(name: &str) -> DialogId {
        DialogId { call_id: name.into(), local_tag: "l".into(), remote_tag: "r".into() }
    }

    fn due(now: Instant, subscriptions: &mut Subscriptions<char>) -> Vec<String> {
        due_in(now, subscriptions, usize::MAX)
    }

    /// In a turn that has room for so many.
    fn due_in(now: Instant, subscriptions: &mut Subscriptions<char>, room: usize) -> Vec<String> {
        let mut left = room;
        let mut free = || {
            let free = left > 0;
            left = left.saturating_sub(1);
            free
        };
        std::iter::from_fn(|| subscriptions.poll_in_turn(now, &mut free))
            .map(|notice| format!("{} {} {}", notice.dialog.call_id, notice.resource, notice.state))
            .collect()
    }

    fn at(now: Instant, seconds: u64) -> Instant {
        now + Duration::from_secs(seconds)
    }

    //= RFC6665-4.2.1.1:min test
    #[test]
    fn too_short_is_refused_and_nothing_is_a_fetch() {
        let lifetimes = Lifetimes { default: 3600, minimum: 60 };
        let granted = [None, Some(0), Some(59), Some(60), Some(u32::MAX)].map(|asked| lifetimes.grant(asked));
        assert_eq!(granted, [Some(3600), Some(0), None, Some(60), Some(u32::MAX)]);
    }

    //= RFC6665-4.2.1.2:first test
    //= RFC6665-4.2.1.2:fetch test
    #[test]
    fn every_subscription_is_told_at_once_and_a_fetch_is_over_with_it() {
        let now = t0();
        let mut all = Subscriptions::new(8);
        assert_eq!(all.open(now, dialog("a"), 'x', "presence".into(), 100), Some(at(now, 100)));
        assert_eq!(all.open(now, dialog("f"), 'x', "presence".into(), 0), None);
        assert_eq!(due(now, &mut all), ["a x active;expires=100", "f x terminated;reason=timeout"]);
        all.changed(&'x');
        assert!(all.contains(&dialog("a")) && !all.contains(&dialog("f")));
    }

    #[test]
    fn one_notify_is_under_way_and_changes_meanwhile_are_told_once() {
        let now = t0();
        let mut all = Subscriptions::new(8);
        all.open(now, dialog("a"), 'x', "presence".into(), 100);
        all.open(now, dialog("b"), 'y', "presence".into(), 100);
        due(now, &mut all);
        for _ in 0..3 {
            all.changed(&'x');
        }
        assert_eq!(due(now, &mut all), Vec::<String>::new());
        assert!(all.answered(&dialog("a"), true));
        assert_eq!(due(at(now, 10), &mut all), ["a x active;expires=90"]);
        assert!(all.answered(&dialog("a"), true));
        assert_eq!(due(now, &mut all), Vec::<String>::new());
    }

    //= RFC6665-4.2.2:failed test
    #[test]
    fn a_watcher_that_refuses_a_notify_has_no_subscription() {
        let now = t0();
        let mut all = Subscriptions::new(1);
        all.open(now, dialog("a"), 'x', "presence".into(), 100);
        assert!(!all.has_room());
        assert!(!all.answered(&dialog("a"), false));
        assert!(all.has_room());
        due(now, &mut all);
        all.changed(&'x');
        assert_eq!(due(now, &mut all), Vec::<String>::new());
    }

    #[test]
    fn ends_are_told_with_their_reason() {
        let now = t0();
        let mut all = Subscriptions::new(8);
        for name in ["a", "b", "c"] {
            all.open(now, dialog(name), 'x', "presence".into(), 100);
        }
        due(now, &mut all);
        assert_eq!(all.refresh(at(now, 50), &dialog("a"), 0), None);
        assert_eq!(all.refresh(at(now, 50), &dialog("b"), 200), Some(at(now, 250)));
        all.end(&dialog("c"), End::NoResource);
        all.end_all(&'x', End::NoResource);
        assert_eq!(
            due(now, &mut all),
            [
                "a x terminated;reason=timeout",
                "c x terminated;reason=noresource",
                "b x terminated;reason=noresource"
            ]
        );
    }

    #[test]
    fn many_watchers_are_told_in_turns_and_who_asks_is_told_at_once() {
        let now = t0();
        let mut all = Subscriptions::new(8);
        let names = ["a", "b", "c", "d", "e"];
        for name in names {
            all.open(now, dialog(name), 'x', "presence".into(), 100);
        }
        // The first ones need no turn.
        assert_eq!(due_in(now, &mut all, 0).len(), 5);
        for name in names {
            assert!(all.answered(&dialog(name), true));
        }
        all.changed(&'x');
        all.changed(&'x');
        assert_eq!(due_in(now, &mut all, 2), ["a x active;expires=100", "b x active;expires=100"]);
        // Who is waiting and asks has had its turn with the answer; who ends is told that alone.
        all.refresh(now, &dialog("d"), 50);
        all.end(&dialog("c"), End::Timeout);
        assert_eq!(due_in(now, &mut all, 0), ["d x active;expires=50", "c x terminated;reason=timeout"]);
        assert!(all.has_waiting());
        assert_eq!(due_in(at(now, 1), &mut all, 1), ["e x active;expires=99"]);
        assert!(!all.has_waiting());

        // The end of what they watch waits for its turn, too, and whoever is still being told hears it after that.
        all.end_all(&'x', End::NoResource);
        let last = |name: &str| format!("{name} x terminated;reason=noresource");
        assert_eq!(due_in(now, &mut all, 3), ["a", "b", "d"].map(last));
        assert_eq!(due_in(now, &mut all, 3), ["e"].map(last));
    }

    //= RFC6446-4.2 test
    #[test]
    fn what_comes_and_goes_quickly_is_told_once_a_second() {
        let now = t0();
        let mut all = Subscriptions::new(8);
        all.open(now, dialog("a"), 'x', "presence".into(), 100);
        assert_eq!(due(now, &mut all).len(), 1);
        all.answered(&dialog("a"), true);
        let tenth = |number: u32| now + Duration::from_millis(100) * number;
        for number in 1..10 {
            all.changed_briefly(tenth(number), &'x');
            assert_eq!(due(tenth(number), &mut all), Vec::<String>::new());
        }
        assert_eq!(all.next_brief(), Some(at(now, 1)));
        all.take_up(at(now, 1));
        assert_eq!(due(at(now, 1), &mut all), ["a x active;expires=99"]);
        all.answered(&dialog("a"), true);
        // Another change is told at once, and what was to be told with it.
        all.changed_briefly(tenth(12), &'x');
        all.changed(&'x');
        assert_eq!(due(tenth(15), &mut all).len(), 1);
        all.answered(&dialog("a"), true);
        all.take_up(tenth(24));
        assert_eq!(due(tenth(24), &mut all), Vec::<String>::new());
        // After a second of silence nobody waits.
        all.changed_briefly(tenth(26), &'x');
        assert_eq!(due(tenth(26), &mut all).len(), 1);
    }
}
