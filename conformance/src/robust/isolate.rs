//! Which datagram of a batch does the harm.

use bytes::Bytes;

/// A target that can be asked whether it lives, and made anew.
pub trait Victim {
    /// A target that has seen nothing yet. `false`: it cannot be had.
    fn fresh(&mut self) -> bool;
    /// Sends it datagrams.
    fn send(&mut self, datagrams: &[Bytes]);
    /// Whether an honest exchange works.
    fn is_healthy(&mut self) -> bool;
}

/// What did the harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This datagram alone does it.
    Guilty(Bytes),
    /// These do it together; none of them could be left out.
    Together(Vec<Bytes>),
    /// It does not happen again.
    NotAgain,
    /// The target cannot be made anew, so nothing can be tried.
    Unknown,
}

/// Tries a batch after which the target was unhealthy once more, and ever smaller parts of it.
pub fn isolate(victim: &mut dyn Victim, batch: &[Bytes]) -> Found {
    let mut harms = |part: &[Bytes]| -> Option<bool> {
        if !victim.fresh() {
            return None;
        }
        victim.send(part);
        Some(!victim.is_healthy())
    };
    match harms(batch) {
        None => return Found::Unknown,
        Some(false) => return Found::NotAgain,
        Some(true) => {}
    }
    let mut guilty = batch.to_vec();
    let mut size = guilty.len();
    // Leaves out ever smaller pieces as long as the rest still does the harm.
    while size > 1 {
        size = size.div_ceil(2);
        let mut at = 0;
        while at < guilty.len() && guilty.len() > 1 {
            let end = (at + size).min(guilty.len());
            let rest: Vec<Bytes> = guilty[..at].iter().chain(&guilty[end..]).cloned().collect();
            match harms(&rest) {
                None => return Found::Unknown,
                Some(true) if !rest.is_empty() => guilty = rest,
                Some(_) => at = end,
            }
        }
    }
    match guilty.as_slice() {
        [one] => Found::Guilty(one.clone()),
        _ => Found::Together(guilty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dies of any datagram that begins with `x`, or of `a` followed by `b`.
    #[derive(Default)]
    struct Sick {
        heard: Vec<Bytes>,
        fresh: u32,
        /// It cannot be made anew.
        only_once: bool,
        /// It dies without a reason once.
        moody: bool,
    }

    impl Victim for Sick {
        fn fresh(&mut self) -> bool {
            self.fresh += 1;
            self.heard.clear();
            !self.only_once
        }

        fn send(&mut self, datagrams: &[Bytes]) {
            self.heard.extend_from_slice(datagrams);
        }

        fn is_healthy(&mut self) -> bool {
            let at = |what: &[u8]| self.heard.iter().position(|one| one.starts_with(what));
            let pair = matches!((at(b"a"), at(b"b")), (Some(a), Some(b)) if a < b);
            !(at(b"x").is_some() || pair) || self.moody
        }
    }

    fn batch(words: &[&'static str]) -> Vec<Bytes> {
        words.iter().map(|word| Bytes::from_static(word.as_bytes())).collect()
    }

    #[test]
    fn the_guilty_datagram_is_found_among_many() {
        let mut words = vec!["harmless"; 63];
        words.insert(41, "x marks it");
        let mut sick = Sick::default();
        let found = isolate(&mut sick, &batch(&words));
        assert_eq!(found, Found::Guilty(Bytes::from_static(b"x marks it")));
        assert!(sick.fresh < 40, "{} targets were needed", sick.fresh);
    }

    #[test]
    fn two_that_do_it_together_are_both_named() {
        let found = isolate(&mut Sick::default(), &batch(&["c", "a", "c", "c", "b", "c", "c"]));
        assert_eq!(found, Found::Together(batch(&["a", "b"])));
    }

    #[test]
    fn what_does_not_happen_again_and_what_cannot_be_tried_is_said() {
        let mut moody = Sick { moody: true, ..Sick::default() };
        assert_eq!(isolate(&mut moody, &batch(&["x"])), Found::NotAgain);
        let mut once = Sick { only_once: true, ..Sick::default() };
        assert_eq!(isolate(&mut once, &batch(&["x"])), Found::Unknown);
    }
}
