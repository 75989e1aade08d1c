//! The session timer of one dialog (RFC 4028).

use std::time::{Duration, Instant};

use mcptt_codec::sip::{HeaderName, Headers, Refresher, SessionExpires};

/// The longest interval that is counted; a peer that asks for more is answered with this.
pub(crate) const LONGEST: u32 = 7 * 86_400;

/// How long before its end a session is given up (RFC 4028 10), unless that is more than a third of it.
const MARGIN: Duration = Duration::from_secs(32);

/// How long a session lives without refresh, and who has to refresh it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    seconds: u32,
    we_refresh: bool,
    /// When the interval began.
    since: Instant,
    due: Instant,
    /// A refresh is under way or has failed.
    refreshing: bool,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Send a refresh; the timer is set again by its answer.
    Refresh,
    /// Nobody has refreshed the session in time.
    Expired,
}

/// The peer asked for less than we accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooSmall;

impl SessionTimer {
    /// The timer of a session that the peer offered: what its request says, else our own interval. `preferred` is who
    /// refreshes when the request leaves it open.
    pub fn answering(
        now: Instant,
        request: &Headers,
        own: Duration,
        minimum: Duration,
        preferred: Refresher,
    ) -> Result<Self, TooSmall> {
        let asked = request.session_expires().ok().flatten();
        // A peer that does not know session timers can not refresh. An interval without `Supported: timer` is that of a
        // proxy on the way, which names no refresher (RFC 4028 8.1).
        let knows = request.lists(&HeaderName::Supported, "timer")
            || asked.is_some_and(|asked| asked.refresher.is_some());
        let seconds = match asked {
            //= RFC4028-422
            Some(asked) if Duration::from_secs(asked.seconds.into()) < minimum => return Err(TooSmall),
            Some(asked) => asked.seconds,
            //= RFC4028-9:min-se
            None => seconds_of(own).max(least(request)),
        };
        let refresher = match asked.and_then(|asked| asked.refresher) {
            //= RFC4028-9:refresher
            _ if !knows => Refresher::Uas,
            Some(chosen) => chosen,
            None => preferred,
        };
        Ok(Self::running(now, seconds, refresher == Refresher::Uas))
    }

    /// The timer of a session that we offered: what the answer says. An answer without the header field leaves the
    /// refreshing to us.
    pub fn answered(now: Instant, response: &Headers, own: Duration) -> Self {
        match response.session_expires().ok().flatten() {
            //= RFC4028-7.2:uac
            Some(SessionExpires { seconds, refresher }) => {
                Self::running(now, seconds, refresher != Some(Refresher::Uas))
            }
            None => Self::running(now, seconds_of(own), true),
        }
    }

    /// The timer that an answer of ours states; `None` when it states none.
    pub fn stated(now: Instant, response: &Headers) -> Option<Self> {
        let SessionExpires { seconds, refresher } = response.session_expires().ok().flatten()?;
        Some(Self::running(now, seconds, refresher == Some(Refresher::Uas)))
    }

    fn running(now: Instant, seconds: u32, we_refresh: bool) -> Self {
        let seconds = seconds.clamp(SessionExpires::MINIMUM, LONGEST);
        let mut timer = Self { seconds, we_refresh, since: now, due: now, refreshing: false };
        timer.restart(now);
        timer
    }

    /// Sets the timer again after a refresh in either direction.
    pub fn restart(&mut self, now: Instant) {
        self.since = now;
        self.refreshing = false;
        self.due = match self.we_refresh {
            //= RFC4028-10:half
            true => now.checked_add(self.interval() / 2).unwrap_or(now),
            false => self.end(),
        };
    }

    /// What has to be done at `now`. A refresh is asked for once; without an answer to it the session expires.
    pub fn poll(&mut self, now: Instant) -> Option<Due> {
        if now < self.due {
            return None;
        }
        if !self.we_refresh || self.refreshing || now >= self.end() {
            return Some(Due::Expired);
        }
        self.refreshing = true;
        self.due = self.end();
        Some(Due::Refresh)
    }

    /// The refresh did not succeed or could not be sent: try again after `wait`, or half of what is left.
    pub fn again(&mut self, now: Instant, wait: Option<Duration>) {
        let left = self.end().saturating_duration_since(now);
        let wait = wait.filter(|wait| *wait < left).unwrap_or(left / 2);
        // Closer to the end than this one more attempt would not be answered in time.
        if left > MARGIN {
            self.refreshing = false;
            self.due = now.checked_add(wait).unwrap_or(self.due);
        }
    }

    /// The peer accepts no interval below this.
    pub fn raise(&mut self, seconds: u32) {
        self.seconds = self.seconds.max(seconds.min(LONGEST));
    }

    /// RFC 4028 10: who gives the session up does so a little before the end.
    fn end(&self) -> Instant {
        //= RFC4028-10:margin
        let interval = self.interval();
        let wait = interval.saturating_sub(MARGIN.min(interval / 3));
        self.since.checked_add(wait).unwrap_or(self.since)
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    /// When something has to be done.
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// The header value of our 2xx: `uac` or `uas` as seen from the peer that sent the request.
    pub fn in_answer(&self) -> String {
        let refresher = if self.we_refresh { Refresher::Uas } else { Refresher::Uac };
        SessionExpires { seconds: self.seconds, refresher: Some(refresher) }.to_string()
    }

    /// The header value of a refresh that we send.
    pub fn in_refresh(&self) -> String {
        let refresher = if self.we_refresh { Refresher::Uac } else { Refresher::Uas };
        SessionExpires { seconds: self.seconds, refresher: Some(refresher) }.to_string()
    }

    /// Whether the peer is the one that refreshes; then `Require: timer` belongs into our 2xx.
    pub const fn peer_refreshes(&self) -> bool {
        !self.we_refresh
    }
}

/// Min-SE of a message in seconds; zero when it says none.
pub(crate) fn least(headers: &Headers) -> u32 {
    let least = headers.get(&HeaderName::MinSe).and_then(|value| SessionExpires::parse(value).ok());
    least.map_or(0, |least| least.seconds)
}

fn seconds_of(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::t0;

    const OWN: Duration = Duration::from_secs(1800);
    const MINIMUM: Duration = Duration::from_secs(90);

    fn headers(fields: &[(HeaderName, &str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in fields {
            headers.push(name.clone(), *value);
        }
        headers
    }

    //= RFC4028-9:min-se test
    //= RFC4028-9:refresher test
    #[test]
    fn the_answer_names_the_refresher_that_was_asked_for_or_left_open() {
        let timer = (HeaderName::Supported, "timer");
        let proxied = (HeaderName::SessionExpires, "600");
        let table = [
            (vec![proxied], "600;refresher=uas"),
            (vec![timer.clone(), (HeaderName::MinSe, "3600")], "3600;refresher=uac"),
            (vec![timer.clone(), (HeaderName::SessionExpires, "1800")], "1800;refresher=uac"),
            (vec![timer.clone(), (HeaderName::SessionExpires, "600;refresher=uas")], "600;refresher=uas"),
            (vec![timer], "1800;refresher=uac"),
            (vec![], "1800;refresher=uas"),
        ];
        for (fields, expected) in table {
            let request = headers(&fields);
            let timer = SessionTimer::answering(t0(), &request, OWN, MINIMUM, Refresher::Uac).unwrap();
            assert_eq!(timer.in_answer(), expected);
        }
    }

    #[test]
    fn too_small_an_interval_is_told() {
        let request = headers(&[(HeaderName::SessionExpires, "89")]);
        let timer = SessionTimer::answering(t0(), &request, OWN, MINIMUM, Refresher::Uac);
        assert_eq!(timer, Err(TooSmall));
    }

    //= RFC4028-7.2:uac test
    //= RFC4028-10:half test
    //= RFC4028-10:margin test
    #[test]
    fn the_refresher_refreshes_at_half_time_and_the_other_side_gives_up_shortly_before_the_end() {
        let now = t0();
        let at = |seconds| now + Duration::from_secs(seconds);
        let ours = headers(&[(HeaderName::SessionExpires, "1800;refresher=uac")]);
        let mut ours = SessionTimer::answered(now, &ours, OWN);
        assert_eq!(
            (ours.poll(at(899)), ours.poll(at(900)), ours.poll(at(901))),
            (None, Some(Due::Refresh), None)
        );
        ours.restart(at(900));
        assert_eq!(ours.due(), at(1800));
        // A refresh that is not answered ends with the session, one that failed is tried again while there is time.
        assert_eq!((ours.poll(at(1800)), ours.due()), (Some(Due::Refresh), at(900 + 1800 - 32)));
        ours.again(at(1810), Some(Duration::from_secs(4)));
        assert_eq!((ours.poll(at(1813)), ours.poll(at(1814))), (None, Some(Due::Refresh)));
        assert_eq!(ours.poll(at(900 + 1800 - 32)), Some(Due::Expired));

        let theirs = headers(&[(HeaderName::SessionExpires, "90;refresher=uas")]);
        let mut theirs = SessionTimer::answered(now, &theirs, OWN);
        assert_eq!((theirs.poll(at(59)), theirs.poll(at(60))), (None, Some(Due::Expired)));
    }
}
