//! The session timer of one dialog (RFC 4028).

use std::time::{Duration, Instant};

use mcptt_codec::sip::{HeaderName, Headers, Refresher, SessionExpires};

/// The longest interval that is counted; a peer that asks for more is answered with this.
const LONGEST: u32 = 7 * 86_400;

/// How long a session lives without refresh, and who has to refresh it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    seconds: u32,
    we_refresh: bool,
    due: Instant,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Send a refresh; the timer is set again by its answer.
    Refresh,
    /// The peer has not refreshed the session in time.
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
        let seconds = match asked {
            //= RFC4028-422
            Some(asked) if Duration::from_secs(asked.seconds.into()) < minimum => return Err(TooSmall),
            Some(asked) => asked.seconds,
            None => seconds_of(own),
        };
        // A peer that does not know session timers can not refresh.
        let knows = request.lists(&HeaderName::Supported, "timer") || asked.is_some();
        let refresher = match asked.and_then(|asked| asked.refresher) {
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
            Some(SessionExpires { seconds, refresher }) => {
                Self::running(now, seconds, refresher != Some(Refresher::Uas))
            }
            None => Self::running(now, seconds_of(own), true),
        }
    }

    fn running(now: Instant, seconds: u32, we_refresh: bool) -> Self {
        let seconds = seconds.clamp(SessionExpires::MINIMUM, LONGEST);
        let mut timer = Self { seconds, we_refresh, due: now };
        timer.restart(now);
        timer
    }

    /// Sets the timer again after a refresh in either direction.
    pub fn restart(&mut self, now: Instant) {
        let interval = Duration::from_secs(self.seconds.into());
        let wait = if self.we_refresh {
            interval / 2
        } else {
            // RFC 4028 10: the side that waits gives up a little before the end.
            interval.saturating_sub(Duration::from_secs(32).min(interval / 3))
        };
        self.due = now.checked_add(wait).unwrap_or(self.due);
    }

    /// When something has to be done.
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// What has to be done at `now`. A refresh is asked for once; if its answer does not come the session expires.
    pub fn poll(&mut self, now: Instant) -> Option<Due> {
        if now < self.due {
            return None;
        }
        if !self.we_refresh {
            return Some(Due::Expired);
        }
        // The transaction of the refresh has its own end; this only keeps us from asking twice.
        let interval = Duration::from_secs(self.seconds.into());
        self.due = now.checked_add(interval / 2)?;
        Some(Due::Refresh)
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

    #[test]
    fn the_answer_names_the_refresher_that_was_asked_for_or_left_open() {
        let timer = (HeaderName::Supported, "timer");
        let table = [
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

        let theirs = headers(&[(HeaderName::SessionExpires, "90;refresher=uas")]);
        let mut theirs = SessionTimer::answered(now, &theirs, OWN);
        assert_eq!((theirs.poll(at(59)), theirs.poll(at(60))), (None, Some(Due::Expired)));
    }
}
