//! Registration, settings and affiliation (TS 24.379 7.2.1, 7.2.2, 7.2.3, 9.2.1.2).

use std::time::{Duration, Instant};

use mcptt_codec::id::GroupId;
use mcptt_codec::sip::{HeaderName, Method, NameAddr, Part, Response};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::affiliation::PresenceDocument;
use mcptt_codec::xml::mcptt_info::{AccessToken, Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::poc_settings::PocSettings;
use rand_core::RngCore;

use super::{Client, ClientEvent, ClientRequest, Deadline, Pending};
use crate::bodies::{info_part, presence_part};
use crate::location::signalling_event;
use crate::service::{self, FOR_EVER};

/// What outlives one REGISTER or PUBLISH.
#[derive(Debug)]
pub(super) struct Registration {
    /// One Call-ID and rising sequence numbers for all (RFC 3261 10.2).
    call_id: String,
    sequence: u32,
    settings_tag: Option<ByteStr>,
    affiliation_tag: Option<ByteStr>,
}

impl Registration {
    pub fn new(rng: &mut impl RngCore) -> Self {
        Self { call_id: service::token(rng), sequence: 0, settings_tag: None, affiliation_tag: None }
    }
}

impl Client {
    pub(super) fn register(&mut self, now: Instant, expires: u32) {
        let own = self.config.public_user_id.as_str();
        let domain = format!("sip:{}", self.identity.host);
        let mut request = service::request(Method::Register, &domain, own, own);
        let headers = &mut request.headers;
        //= 24.379-7.2.1
        let contact = service::contact(&self.contact_uri(), false);
        headers.push(HeaderName::Contact, format!("{contact};expires={expires}"));
        self.registration.sequence = self.registration.sequence.wrapping_add(1);
        headers
            .push(HeaderName::CallId, format!("{}@{}", self.registration.call_id, self.config.address.ip()));
        headers.push(HeaderName::CSeq, format!("{} REGISTER", self.registration.sequence));
        headers.push(HeaderName::Supported, "path, gruu");
        //= 24.379-7.2.1:token
        let info = self.authorisation();
        let parts = match expires {
            0 => self.sealed(&[info_part(&info)]),
            _ => self.introduced(&[info_part(&info)]),
        };
        request.set_parts(&parts);
        let transaction = self.agent.request(now, request, self.config.participating());
        self.pending.insert(transaction, Pending::Register { removing: expires == 0 });
        self.deadlines.set(Deadline::Registration, None);
    }

    pub(super) fn registered(&mut self, now: Instant, removing: bool, response: &Response) {
        if !response.status.is_success() {
            self.failed(ClientRequest::Registration, response);
            return;
        }
        if removing {
            self.registration.settings_tag = None;
            self.registration.affiliation_tag = None;
            self.event(ClientEvent::Deregistered);
            return;
        }
        let own = mcptt_codec::sip::Uri::parse(&self.contact_uri()).ok();
        let contacts = response.headers.values(&HeaderName::Contact);
        let granted = contacts
            .filter_map(|contact| NameAddr::parse(contact).ok())
            .find(|contact| own.as_ref().is_some_and(|own| own.equivalent(&contact.uri)))
            .and_then(|contact| contact.params.get("expires").and_then(|text| text.parse::<u32>().ok()))
            .unwrap_or(self.config.registration_expires);
        self.deadlines
            .set(Deadline::Registration, now.checked_add(Duration::from_secs(u64::from(granted).max(2)) / 2));
        self.event(ClientEvent::Registered { expires: granted });
    }

    /// Settings with the token authorise the service; without it they only change what is known.
    pub(super) fn publish_settings(&mut self, now: Instant, with_token: bool) {
        //= 24.379-7.2.2
        //= 24.379-7.2.3
        let info = match with_token && self.config.access_token.is_some() {
            true => self.authorisation(),
            false => self.own_identity(),
        };
        let settings = PocSettings::of(self.config.client_id.clone(), self.answer_mode.clone(), None);
        let settings = Part::new(mime::POC_SETTINGS, settings.to_xml());
        self.publish(
            now,
            "poc-settings",
            FOR_EVER,
            &[info_part(&info), settings],
            Pending::Settings { removing: false },
        );
    }

    pub(super) fn log_off(&mut self, now: Instant) {
        let info = self.own_identity();
        self.publish(now, "poc-settings", 0, &[info_part(&info)], Pending::Settings { removing: true });
    }

    pub(super) fn publish_affiliation(&mut self, now: Instant, groups: Vec<GroupId>, removing: bool) {
        //= 24.379-9.2.1.2
        let p_id = format!("p-{:08x}", self.rng.next_u32());
        let document = PresenceDocument::publication(
            &self.config.mcptt_id,
            &self.config.client_id,
            &groups,
            p_id.as_str(),
        );
        let info = self.own_identity();
        let expires = if removing { 0 } else { FOR_EVER };
        let parts = [info_part(&info), presence_part(&document)];
        self.publish(now, "presence", expires, &parts, Pending::Affiliation { groups, removing });
    }

    fn publish(&mut self, now: Instant, event: &'static str, expires: u32, parts: &[Part], pending: Pending) {
        let mut request = self.service_request(Method::Publish);
        request.headers.push(HeaderName::Event, event);
        request.headers.push(HeaderName::Expires, expires.to_string());
        let tag = match pending {
            Pending::Settings { .. } => &self.registration.settings_tag,
            _ => &self.registration.affiliation_tag,
        };
        if let Some(tag) = tag {
            request.headers.push(HeaderName::SipIfMatch, tag.clone());
        }
        let parts = match pending {
            Pending::Settings { removing: false } => self.introduced(parts),
            _ => self.sealed(parts),
        };
        request.set_parts(&parts);
        let transaction = self.agent.request(now, request, self.config.participating());
        self.pending.insert(transaction, pending);
    }

    pub(super) fn settings_answered(&mut self, now: Instant, removing: bool, response: &Response) {
        self.registration.settings_tag = kept_tag(removing, response);
        if !response.status.is_success() {
            self.failed(ClientRequest::Settings, response);
        } else if removing {
            // The service has ended, and every affiliation with it.
            self.registration.affiliation_tag = None;
        } else {
            self.event(ClientEvent::SettingsPublished);
            self.signalled(now, signalling_event::INITIAL_LOG_ON);
        }
    }

    pub(super) fn affiliation_answered(&mut self, groups: Vec<GroupId>, removing: bool, response: &Response) {
        self.registration.affiliation_tag = kept_tag(removing, response);
        match response.status.is_success() {
            true => self.event(ClientEvent::Affiliated { groups }),
            false => self.failed(ClientRequest::Affiliation, response),
        }
    }

    pub(super) fn failed(&mut self, what: ClientRequest, response: &Response) {
        let warning = service::warning_codes(&response.headers).first().copied();
        self.event(ClientEvent::RequestFailed { what, status: response.status.0, warning });
    }

    /// The mcptt-info that authorises this client.
    fn authorisation(&self) -> McpttInfo {
        let token = self.config.access_token.as_ref();
        McpttInfo {
            access_token: token.map(|token| Content::Normal(AccessToken(token.reveal().clone()))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        }
    }

    /// The mcptt-info that says who publishes.
    fn own_identity(&self) -> McpttInfo {
        McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(&self.config.mcptt_id))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        }
    }
}

/// After a failure the publication starts anew, without a tag.
fn kept_tag(removing: bool, response: &Response) -> Option<ByteStr> {
    let keep = response.status.is_success() && !removing;
    keep.then(|| response.headers.get(&HeaderName::SipEtag).cloned()).flatten()
}
