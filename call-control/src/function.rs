//! What the participating and the controlling MCPTT function do alike: each is a SIP user agent behind an address of its own,
//! and where several nodes serve together, each serves its part only.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::sip::{HeaderName, Method, Request, Response, SipMessage};
use mcptt_codec::text::ByteStr;

use crate::Output;
use crate::counters::Counters;
use crate::dialog::Dialog;
use crate::directory::Directory;
use crate::durable::ParticipantRecord;
use crate::event::Function;
use crate::locate::{Answer, QueryId};
use crate::policy::ReleaseCause;
use crate::service::{self, Identity};
use crate::shard::{Round, Steering, Way};
use crate::transaction::{ClientTransactionId, ServerTransactionId};
use crate::transport::{SipPath, StreamEvent};
use crate::user_agent::{UaEvent, UserAgent, UserAgentSettings};

/// A request outside a dialog, with what is needed to answer it.
pub(crate) struct Incoming<'a> {
    pub transaction: ServerTransactionId,
    pub request: &'a Request,
    pub path: SipPath,
}

/// What a function is towards the network.
pub(crate) struct Front<'a> {
    pub agent: &'a mut UserAgent,
    /// Where this is one of several shards.
    pub steering: &'a mut Option<Steering>,
    pub out: &'a mut VecDeque<Output>,
}

/// One of the two functions.
pub(crate) trait McpttFunction {
    /// Which one.
    const FUNCTION: Function;

    fn agent(&self) -> &UserAgent;

    fn front(&mut self) -> Front<'_>;

    /// What a request outside all dialogs is about, by which its shard is found.
    fn subject_of(&self, path: SipPath, request: &Request) -> Option<String>;

    /// Whether the neighbour at the other end is one of ours.
    fn is_ours(&self, path: SipPath) -> bool;

    /// Deals with what the user agent has made of an input, and takes over what it wants done.
    fn settle(&mut self, now: Instant);

    /// How many SIP messages have come and gone.
    fn counters(&self) -> &Counters {
        self.agent().counters()
    }

    /// Sessions that are not over, as SIP sees it.
    fn session_count(&self) -> usize {
        self.agent().session_count()
    }

    fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        self.front().agent.handle_datagram(now, path, bytes);
        self.steer(now);
        self.settle(now);
    }

    fn handle_stream(&mut self, now: Instant, path: SipPath, event: StreamEvent<'_>) {
        self.front().agent.handle_stream(now, path, event);
        self.steer(now);
        self.settle(now);
    }

    /// A message that another shard has handed over: ours for certain, or on its round.
    fn handle_handed(&mut self, now: Instant, path: SipPath, message: SipMessage, round: Option<Round>) {
        match round {
            Some(_) => self.take(now, path, message, round),
            None => self.front().agent.handle_message(now, path, message),
        }
        self.settle(now);
    }

    fn handle_answer(&mut self, now: Instant, id: QueryId, answer: Answer) {
        self.front().agent.handle_answer(now, id, answer);
        self.settle(now);
    }

    fn handle_wait(&mut self, now: Instant, waited: Duration) {
        self.front().agent.handle_wait(now, waited);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.front().out.pop_front()
    }

    /// An answer that has not left is taken back, with 503.
    fn withdraw(&mut self, now: Instant, path: SipPath, octets: &Bytes, retry_after: u32) -> bool {
        let taken = self.front().agent.withdraw(now, path, octets, retry_after);
        self.settle(now);
        taken
    }

    /// Takes in what has arrived and is ours, and hands over the rest.
    fn steer(&mut self, now: Instant) {
        while let Some((path, message)) = self.front().agent.poll_arrived() {
            self.take(now, path, message, None);
        }
    }

    fn take(&mut self, now: Instant, path: SipPath, message: SipMessage, round: Option<Round>) {
        let way = self.elsewhere(path, &message, round);
        let Front { agent, out, .. } = self.front();
        match way {
            Some(Way { shard, round }) => {
                let (function, message) = (Self::FUNCTION, Box::new(message));
                out.push_back(Output::Handed { shard, function, path, message, round });
            }
            None => agent.handle_message(now, path, message),
        }
    }

    fn elsewhere(&mut self, path: SipPath, message: &SipMessage, round: Option<Round>) -> Option<Way> {
        let mut steering = self.front().steering.take()?;
        let is_cancelled = |cancel: &Request| self.agent().knows_cancelled(cancel);
        let way = steering.elsewhere(message, round, is_cancelled, |request| self.subject_of(path, request));
        *self.front().steering = Some(steering);
        way
    }

    /// Takes over what the user agent wants done.
    fn collect(&mut self) {
        let Front { agent, out, .. } = self.front();
        out.extend(std::iter::from_fn(|| agent.poll_transmit()).map(Output::Transmit));
        out.extend(std::iter::from_fn(|| agent.poll_stream()).map(Output::Stream));
        let (function, queries) = (Self::FUNCTION, std::iter::from_fn(|| agent.poll_query()));
        out.extend(queries.map(|query| Output::Query { function, query }));
    }

    /// What neighbours that are ours say about charging is said in our answers, too.
    fn repeat_charging(&mut self, event: &UaEvent) {
        if let UaEvent::Request { transaction, request, path, .. } = event
            && request.headers.contains(&HeaderName::PChargingVector)
            && self.is_ours(*path)
        {
            self.front().agent.repeat_charging(*transaction);
        }
    }

    /// Calls have ended with an earlier node: those at the other end of their dialogs are told, so that they need not wait for
    /// the session timer.
    fn end_dialogs(&mut self, now: Instant, participants: Vec<ParticipantRecord>) {
        let agent = self.front().agent;
        for participant in participants {
            let id = participant.dialog.id().clone();
            let Some(dialog) = Dialog::restored(participant.dialog) else { continue };
            agent.restore_session(dialog);
            let mut bye = Request::new(Method::Bye, ByteStr::EMPTY);
            bye.headers.push(HeaderName::Reason, format!("SIP;cause=200;text=\"{}\"", ReleaseCause::Restart));
            // A dialog that was just made takes a request.
            let _ = agent.request_in_dialog(now, &id, bye);
        }
    }
}

/// The settings of the user agent of a function: `further` are the methods that it answers besides those that every one does.
pub(crate) fn user_agent_settings(
    directory: &Directory,
    local: SocketAddr,
    identity: &Identity,
    further: &[Method],
) -> UserAgentSettings {
    let config = &directory.config;
    let mut settings = UserAgentSettings::new(local, identity.host.clone());
    settings.allow = service::allowed(further);
    settings.supported = service::supported();
    settings.accept = service::accepted();
    settings.ringing = config.policy.answer_within;
    settings.session_timer = Some(service::session_timer(&config.policy));
    settings.product = service::PRODUCT;
    settings.locate = config.locate;
    settings.stream_above = config.stream_above;
    settings.shard = config.shard.clone();
    settings.bound_sources(directory);
    settings.know_servers(directory);
    settings
}

/// What waits for a response: until it is final it waits for more.
pub(crate) fn awaiting<P: Clone>(
    pending: &mut BTreeMap<ClientTransactionId, P>,
    transaction: ClientTransactionId,
    response: &Response,
) -> Option<P> {
    match response.status.is_final() {
        true => pending.remove(&transaction),
        false => pending.get(&transaction).cloned(),
    }
}
