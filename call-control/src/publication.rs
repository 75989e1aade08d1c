//! The publishing side of event packages (RFC 3903 6), whatever the package.
//!
//! [`Publications`] knows who has published, under which entity tag and until when. It reads no body and writes no message: a
//! [`Granted`] says what a PUBLISH does, and its owner, who knows the package, does it. Each key holds one publication: who
//! publishes anew without naming the old one, because it has started again, takes its place.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mcptt_codec::sip::{HeaderName, Headers};

use crate::service::FOR_EVER;
use crate::subscription::Lifetimes;

/// What a PUBLISH does (RFC 3903 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It publishes something for the first time.
    Initial,
    /// It gives more time to what was published.
    Refresh,
    /// It puts something else in the place of what was published.
    Modify,
    /// It takes back what was published.
    Remove,
}

/// Why a PUBLISH cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It names a publication that does not exist, or several.
    UnknownTag,
    /// It asks for less time than the package allows.
    TooBrief,
    /// It neither brings anything nor names what it means.
    Nothing,
    /// There is no room for another publication.
    Full,
}

/// What a PUBLISH may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub step: Step,
    /// How long it holds; zero for a removal.
    pub seconds: u32,
}

/// What a PUBLISH has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    pub wish: Wish,
    /// For SIP-ETag.
    pub tag: String,
    /// When it ends by itself; `None` for never, and for what is over.
    pub until: Option<Instant>,
}

/// What is published.
#[derive(Debug)]
pub(crate) struct Publications<K> {
    limit: usize,
    /// The entity tag of each.
    tags: BTreeMap<K, String>,
}

impl<K: Ord + Clone> Publications<K> {
    /// Room for so many.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, tags: BTreeMap::new() }
    }

    /// What a PUBLISH wants for this key; nothing is changed yet.
    ///
    /// # Errors
    /// [`Fault`], in the order of RFC 3903 6.
    pub(crate) fn check(
        &self,
        key: &K,
        lifetimes: Lifetimes,
        headers: &Headers,
        has_body: bool,
    ) -> Result<Wish, Fault> {
        let mut tags = headers.all(&HeaderName::SipIfMatch);
        let (tag, more) = (tags.next(), tags.next());
        let known = self.tags.get(key);
        //= RFC3903-412
        if more.is_some() || tag.is_some_and(|tag| known.is_none_or(|known| known.as_str() != tag.trim())) {
            return Err(Fault::UnknownTag);
        }
        let asked = headers.number(&HeaderName::Expires).map_err(|_| Fault::Nothing)?;
        //= RFC3903-6:min-expires
        let seconds = lifetimes.grant(asked).ok_or(Fault::TooBrief)?;
        let step = match (seconds, tag, has_body) {
            (0, ..) => Step::Remove,
            (_, Some(_), true) => Step::Modify,
            //= RFC3903-6:refresh
            (_, Some(_), false) => Step::Refresh,
            (_, None, true) if known.is_none() && self.tags.len() >= self.limit => return Err(Fault::Full),
            (_, None, true) => Step::Initial,
            (_, None, false) => return Err(Fault::Nothing),
        };
        Ok(Wish { step, seconds })
    }

    /// Does what was checked. `tag` is new: every 2xx has another one.
    pub(crate) fn commit(&mut self, now: Instant, key: &K, wish: Wish, tag: String) -> Granted {
        //= RFC3903-6:etag
        let until = match wish {
            Wish { step: Step::Remove, .. } => {
                self.tags.remove(key);
                None
            }
            Wish { seconds, .. } => {
                self.tags.insert(key.clone(), tag.clone());
                let lasts = (seconds != FOR_EVER).then(|| Duration::from_secs(seconds.into()));
                lasts.and_then(|lasts| now.checked_add(lasts))
            }
        };
        Granted { wish, tag, until }
    }

    /// The entity tag of what is published for a key.
    pub(crate) fn tag(&self, key: &K) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    /// Takes up what was published before a restart.
    pub(crate) fn restore(&mut self, key: K, tag: String) {
        self.tags.insert(key, tag);
    }

    /// What was published for a key is over: its time is, or who has published it is gone.
    pub(crate) fn forget(&mut self, key: &K) {
        //= RFC3903-6:expiry
        self.tags.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    const LIFETIMES: Lifetimes = Lifetimes { default: 3600, minimum: 60 };

    fn headers(if_match: Option<&str>, expires: Option<&str>) -> Headers {
        let mut headers = Headers::new();
        if let Some(tag) = if_match {
            headers.push(HeaderName::SipIfMatch, tag);
        }
        if let Some(expires) = expires {
            headers.push(HeaderName::Expires, expires);
        }
        headers
    }

    //= RFC3903-412 test
    //= RFC3903-6:min-expires test
    //= RFC3903-6:refresh test
    //= RFC3903-6:etag test
    //= RFC3903-6:expiry test
    #[test]
    fn a_publication_is_made_refreshed_changed_and_removed() {
        let now = t0();
        let mut all = Publications::new(1);
        let check = |all: &Publications<char>, key, tag, expires, body| {
            all.check(&key, LIFETIMES, &headers(tag, expires), body)
        };
        let wish = |step, seconds| Ok(Wish { step, seconds });
        assert_eq!(check(&all, 'a', None, None, false), Err(Fault::Nothing));
        assert_eq!(check(&all, 'a', Some("t0"), None, true), Err(Fault::UnknownTag));
        assert_eq!(check(&all, 'a', None, Some("59"), true), Err(Fault::TooBrief));
        assert_eq!(check(&all, 'a', None, Some("x"), true), Err(Fault::Nothing));
        let initial = check(&all, 'a', None, None, true);
        assert_eq!(initial, wish(Step::Initial, 3600));
        let granted = all.commit(now, &'a', initial.unwrap(), "t1".into());
        assert_eq!((granted.tag.as_str(), granted.until), ("t1", Some(now + Duration::from_secs(3600))));

        assert_eq!(check(&all, 'b', None, None, true), Err(Fault::Full));
        assert_eq!(check(&all, 'a', Some("t1"), Some("100"), false), wish(Step::Refresh, 100));
        assert_eq!(check(&all, 'a', Some("t1"), Some("100"), true), wish(Step::Modify, 100));
        all.commit(now, &'a', Wish { step: Step::Modify, seconds: 100 }, "t2".into());
        assert_eq!(check(&all, 'a', Some("t1"), Some("100"), true), Err(Fault::UnknownTag));
        // Who has started again does not know its tag.
        assert_eq!(check(&all, 'a', None, Some("100"), true), wish(Step::Initial, 100));
        let forever = all.commit(now, &'a', Wish { step: Step::Initial, seconds: FOR_EVER }, "t3".into());
        assert_eq!(forever.until, None);
        assert_eq!(check(&all, 'a', Some("t3"), Some("0"), false), wish(Step::Remove, 0));
        all.commit(now, &'a', Wish { step: Step::Remove, seconds: 0 }, "t4".into());
        assert_eq!(check(&all, 'a', Some("t3"), Some("100"), false), Err(Fault::UnknownTag));

        all.commit(now, &'a', Wish { step: Step::Initial, seconds: 100 }, "t5".into());
        all.forget(&'a');
        assert_eq!(check(&all, 'a', Some("t5"), Some("100"), false), Err(Fault::UnknownTag));
        let mut two = headers(Some("t5"), None);
        two.push(HeaderName::SipIfMatch, "t6");
        assert_eq!(all.check(&'a', LIFETIMES, &two, true), Err(Fault::UnknownTag));
    }
}
