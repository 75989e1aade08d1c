//! Answers to requests that are refused, with what their status asks for.

use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Method, Request, Response};

use super::{Incoming, Participating};
use crate::Output;
use crate::event::Function;
use crate::event_package::Package;
use crate::policy::Refusal;
use crate::service;

impl Participating {
    /// Answers a request that is refused, with the header fields its status asks for.
    pub(super) fn refuse(&mut self, now: Instant, incoming: &Incoming<'_>, refusal: Refusal) {
        let response = self.identity.refuse(refusal);
        self.refuse_with(now, incoming, refusal, response);
    }

    pub(super) fn refuse_with(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        refusal: Refusal,
        mut response: Response,
    ) {
        let policy = &self.directory.config;
        match refusal {
            //= RFC6665-489
            Refusal::UnknownEvent => {
                response.headers.push(HeaderName::AllowEvents, Package::names());
            }
            //= 24.379-9.2.2.2.3:5
            Refusal::AffiliationExpires => {
                response.headers.push(HeaderName::MinExpires, service::FOR_EVER.to_string());
            }
            //= RFC6665-4.2.1.1:min
            Refusal::SubscriptionTooBrief => {
                response.headers.push(HeaderName::MinExpires, shortest(incoming.request).to_string());
            }
            Refusal::CredentialsMissing | Refusal::CredentialsStale => {
                let stale = refusal == Refusal::CredentialsStale;
                for challenge in self.authenticator.challenge(now, stale) {
                    response.headers.push(HeaderName::WwwAuthenticate, challenge);
                }
            }
            Refusal::IntervalTooBrief => {
                let minimum = policy.registration.minimum.as_secs().to_string();
                response.headers.push(HeaderName::MinExpires, minimum);
            }
            Refusal::SessionIntervalTooSmall => {
                let minimum = policy.policy.min_session_expires.as_secs().to_string();
                response.headers.push(HeaderName::MinSe, minimum);
            }
            Refusal::BodyUnsupported => {
                response.headers.push(HeaderName::Accept, crate::bodies::ACCEPTED.join(", "));
            }
            Refusal::StoreUnavailable => {
                let seconds = self.store_fails.unwrap_or_default();
                response.headers.push(HeaderName::RetryAfter, seconds.to_string());
            }
            _ => {}
        }
        let mcptt_id = self.claimed_user(incoming).map(|user| user.mcptt_id.clone());
        self.out.push_back(Output::Event(service::refused(
            Function::Participating,
            incoming.request,
            incoming.path,
            mcptt_id,
            None,
            refusal,
        )));
        self.agent.respond(now, incoming.transaction, response);
    }
}

/// The shortest time that the package of a request allows.
fn shortest(request: &Request) -> u32 {
    let package = request.headers.get(&HeaderName::Event).and_then(|event| Package::named(event));
    let published = request.method == Method::Publish;
    let lifetimes =
        package.and_then(|package| if published { package.published } else { Some(package.watched) });
    lifetimes.map_or(0, |lifetimes| lifetimes.minimum)
}
