//! Supervision of sessions (RFC 4028): whoever has agreed to refresh does so, and a session that is not refreshed is lost.

use std::time::{Duration, Instant};

use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{
    HeaderName, Headers, Method, Part, Refresher, Request, Response, SessionExpires, StatusCode,
};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mime;

use super::response::says_gone;
use super::session::{Alarm, Ending, Purpose, Session, Usage};
use super::{SessionLoss, UaEvent, UserAgent, plain};
use crate::dialog::{DialogId, State};
use crate::offer_answer;
use crate::session_timer::{Due, SessionTimer, TooSmall, least};

const TIMER: &str = "timer";

/// When a refresh is tried again that met another request of the dialog.
const BUSY: Duration = Duration::from_secs(4);

impl Session {
    /// Adds the running interval to a request that refreshes the session, unless the caller has.
    pub(super) fn ask_for_interval(&self, request: &mut Request) {
        let Some(timer) = &self.timer else { return };
        let refreshes = matches!(request.method, Method::Invite | Method::Update);
        if !refreshes || request.headers.contains(&HeaderName::SessionExpires) {
            return;
        }
        //= RFC4028-7.4:refresh
        request.headers.push(HeaderName::SessionExpires, timer.in_refresh());
        if self.peer.least_interval > SessionExpires::MINIMUM {
            request.headers.push(HeaderName::MinSe, self.peer.least_interval.to_string());
        }
        if !request.headers.lists(&HeaderName::Supported, TIMER) {
            request.headers.push(HeaderName::Supported, TIMER);
        }
    }

    /// A request that refreshes the session and changes nothing.
    fn refresh(&self) -> Request {
        let said = self.said.as_ref().filter(|_| self.peer.update == Some(false));
        let said = said.and_then(|said| SessionDescription::decode(said).ok());
        //= RFC4028-7.4:method
        let Some(said) = said else { return Request::new(Method::Update, ByteStr::EMPTY) };
        let mut invite = Request::new(Method::Invite, ByteStr::EMPTY);
        let description = offer_answer::later(&said).encode();
        invite.set_parts(&[Part::new(mime::SDP, description)]);
        invite
    }
}

impl UserAgent {
    /// The refusal of a request in a dialog whose interval is too short for us.
    pub(super) fn too_brief(&self, request: &Request) -> Option<Response> {
        let own = self.settings.session_timer?;
        let asked = request.headers.session_expires().ok().flatten()?;
        let refreshes = matches!(request.method, Method::Invite | Method::Update);
        //= RFC4028-9:reject
        let short = Duration::from_secs(asked.seconds.into()) < own.minimum;
        if !refreshes || !short || !request.headers.lists(&HeaderName::Supported, TIMER) {
            return None;
        }
        let mut response = plain(request, StatusCode::SESSION_INTERVAL_TOO_SMALL);
        response.headers.push(HeaderName::MinSe, own.minimum.as_secs().to_string());
        Some(response)
    }

    /// Adds the interval to a 2xx that belongs to a session, unless the caller has.
    pub(super) fn add_interval(
        &self,
        now: Instant,
        request: &Request,
        headers: &mut Headers,
        dialog: Option<&DialogId>,
    ) {
        let Some(own) = self.settings.session_timer else { return };
        let refreshes = matches!(request.method, Method::Invite | Method::Update);
        if !refreshes || headers.contains(&HeaderName::SessionExpires) {
            return;
        }
        let running = dialog.and_then(|id| self.sessions.get(id)).and_then(|session| session.timer);
        let preferred = match running {
            Some(timer) if !timer.peer_refreshes() => Refresher::Uas,
            _ => Refresher::Uac,
        };
        let timer = SessionTimer::answering(now, &request.headers, own.interval, own.minimum, preferred);
        // What is too short was refused, or comes from a proxy that will find out.
        let Ok(timer) = timer.or_else(|TooSmall| {
            SessionTimer::answering(now, &Headers::new(), own.minimum, own.minimum, preferred)
        }) else {
            return;
        };
        //= RFC4028-9:answer
        headers.push(HeaderName::SessionExpires, timer.in_answer());
        //= RFC4028-9:require
        if timer.peer_refreshes() && !headers.lists(&HeaderName::Require, TIMER) {
            headers.push(HeaderName::Require, TIMER);
        }
    }

    /// Our 2xx to INVITE or UPDATE has gone out: its interval begins.
    pub(super) fn supervise_stated(&mut self, now: Instant, dialog: &DialogId, headers: &Headers) {
        if self.settings.session_timer.is_some() {
            self.supervise(dialog, SessionTimer::stated(now, headers));
        }
    }

    /// The peer's 2xx to INVITE or UPDATE has come: its interval begins.
    pub(super) fn supervise_answered(&mut self, now: Instant, dialog: &DialogId, headers: &Headers) {
        if let Some(own) = self.settings.session_timer {
            self.supervise(dialog, Some(SessionTimer::answered(now, headers, own.interval)));
        }
    }

    fn supervise(&mut self, dialog: &DialogId, timer: Option<SessionTimer>) {
        let Some(session) = self.sessions.get_mut(dialog) else { return };
        let runs = session.ending == Ending::No
            && session.usage == Usage::Session
            && session.dialog.state() == State::Confirmed;
        if runs {
            session.timer = timer;
            self.arm(dialog);
        }
    }

    fn arm(&mut self, dialog: &DialogId) {
        let timer = self.sessions.get(dialog).and_then(|session| session.timer);
        self.deadlines.set(Alarm::Session(dialog.clone()), timer.map(|timer| timer.due()));
    }

    /// Refreshes a session, or gives it up.
    pub(super) fn session_due(&mut self, now: Instant, dialog: DialogId) {
        let Some(session) = self.sessions.get_mut(&dialog).filter(|session| session.ending == Ending::No)
        else {
            return;
        };
        let due = session.timer.as_mut().and_then(|timer| timer.poll(now));
        match due {
            Some(Due::Refresh) => {
                let request = session.refresh();
                let sent = self.send_in_dialog(now, &dialog, request, Purpose::Refresh);
                // The request that is in the way refreshes the session, too, if it succeeds.
                if sent.is_err()
                    && let Some(session) = self.sessions.get_mut(&dialog)
                    && let Some(timer) = &mut session.timer
                {
                    timer.again(now, Some(BUSY));
                }
            }
            //= RFC4028-expiry
            Some(Due::Expired) => return self.lose(&dialog, SessionLoss::Expired),
            None => {}
        }
        self.arm(&dialog);
    }

    /// A refresh of ours has failed: without an answer, or with this one.
    pub(super) fn refresh_failed(
        &mut self,
        now: Instant,
        dialog: Option<&DialogId>,
        response: Option<&Response>,
    ) {
        let Some(dialog) = dialog else { return };
        //= RFC4028-10:gone
        let Some(response) = response.filter(|response| !says_gone(response.status)) else {
            return self.lose(dialog, SessionLoss::Unreachable);
        };
        let Some(session) = self.sessions.get_mut(dialog) else { return };
        let Session { timer: Some(timer), peer, .. } = session else { return };
        let known = peer.least_interval;
        peer.note(&response.headers);
        let wait = match response.status {
            //= RFC4028-7.3:raise
            StatusCode::SESSION_INTERVAL_TOO_SMALL if peer.least_interval > known => {
                timer.raise(peer.least_interval);
                Some(Duration::ZERO)
            }
            //= RFC4028-7.4:fallback
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED if session.said.is_some() => {
                let first = peer.update != Some(false) || !response.headers.contains(&HeaderName::Allow);
                peer.update = Some(false);
                first.then_some(Duration::ZERO)
            }
            //= RFC3261-14.1:glare
            StatusCode::REQUEST_PENDING => Some(self.tokens.after_glare(session.dialog.role())),
            _ => {
                let seconds = response.headers.number(&HeaderName::RetryAfter).ok().flatten();
                seconds.map(|seconds| Duration::from_secs(seconds.into()))
            }
        };
        timer.again(now, wait);
        self.arm(dialog);
    }

    fn lose(&mut self, dialog: &DialogId, cause: SessionLoss) {
        let Some(session) = self.sessions.get_mut(dialog) else { return };
        session.timer = None;
        self.arm(dialog);
        self.events.push_back(UaEvent::SessionLost { dialog: dialog.clone(), cause });
    }

    /// The same INVITE with the interval that the answer asks for; `None` when that makes no sense.
    pub(super) fn with_longer_interval(invite: &Request, refusal: &Response) -> Option<Request> {
        let least = least(&refusal.headers);
        let asked = invite.headers.session_expires().ok().flatten();
        if least > crate::session_timer::LONGEST || asked.is_some_and(|asked| asked.seconds >= least) {
            return None;
        }
        let cseq = invite.headers.cseq().ok()?;
        let mut again = invite.clone();
        //= RFC4028-7.3:retry
        let interval = SessionExpires { seconds: least, refresher: asked.and_then(|asked| asked.refresher) };
        again.headers.set(HeaderName::SessionExpires, interval.to_string());
        again.headers.set(HeaderName::MinSe, least.to_string());
        again.headers.set(HeaderName::CSeq, format!("{} INVITE", cseq.number.saturating_add(1)));
        Some(again)
    }
}
