//! Where clients are (TS 24.379 13.2): they are configured once they are authorised, asked, and what they report is kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{Method, Part, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::location_info::{LocationInfo, LocationItem, Report, ReportType};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;

use super::identity::Originator;
use super::{ClientKey, Incoming, Participating};
use crate::Output;
use crate::bodies::{Bodies, info_part};
use crate::event::Event;
use crate::location;
use crate::media::MediaCommand;
use crate::policy::{PrivateRefusal, Refusal};
use crate::service;

/// What is known about where clients are.
#[derive(Debug, Default)]
pub(super) struct Locations {
    /// Clients that have to be told what to report.
    unconfigured: BTreeSet<ClientKey>,
    /// The last report of each client that has the service.
    last: BTreeMap<ClientKey, Report>,
    /// Who has asked for the location of a client, by the identifier of the request; the oldest first.
    requests: VecDeque<(ClientKey, ByteStr, McpttId)>,
}

impl Locations {
    /// A client is authorised, or has come back from elsewhere.
    pub fn authorised(&mut self, key: &ClientKey) {
        self.unconfigured.insert(key.clone());
    }

    /// The last report of a client as a body.
    pub fn report_of(&self, key: &ClientKey, kind: ReportType) -> Option<Part> {
        let report = self.last.get(key)?.clone();
        Some(report_part(Report { report_type: Some(kind), report_id: None, ..report }))
    }

    /// The last report of a client.
    pub fn last(&self, key: &ClientKey) -> Option<&Report> {
        self.last.get(key)
    }

    fn forget(&mut self, key: &ClientKey) {
        self.unconfigured.remove(key);
        self.last.remove(key);
        self.requests.retain(|(client, ..)| client != key);
    }
}

impl Participating {
    /// Sends the configuration to those that have become authorised. Their own request has been answered by then.
    pub(super) fn configure_locations(&mut self, now: Instant) {
        let unconfigured = std::mem::take(&mut self.locations.unconfigured);
        let Some(configuration) = self.directory.config.location.configuration.clone() else { return };
        let document = LocationInfo::configuration(configuration);
        for key in unconfigured {
            //= 24.379-13.2.2
            let part = Part::new(mime::LOCATION_INFO, document.to_xml());
            self.message_client(now, &key, McpttInfo::default(), Some(part));
        }
    }

    /// A MESSAGE of this function to one of its clients.
    pub(super) fn message_client(
        &mut self,
        now: Instant,
        key: &ClientKey,
        info: McpttInfo,
        part: Option<Part>,
    ) {
        let known = self.clients.get(key).and_then(|known| self.registrar.binding(known.binding));
        let Some(binding) = known.cloned() else { return };
        let own = self.identity.uri.clone();
        let mut message = service::request(Method::Message, &binding.target, &own, binding.identity.as_str());
        binding.set_route(&mut message.headers);
        service::assert_function(&mut message.headers, &own);
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(&key.mcptt_id))),
            client_id: Some(Content::Normal(key.client_id.clone())),
            ..info
        };
        let mut parts = vec![info_part(&info)];
        parts.extend(part);
        message.set_parts(&parts);
        // A client that does not answer reports nothing either.
        self.agent.request(now, message, binding.flow);
    }

    /// A client says where it is, or asks where another user is. `false`: the message is about something else.
    pub(super) fn location_message(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        key: &ClientKey,
        bodies: &Bodies,
    ) -> Result<bool, Refusal> {
        let Some(document) = document_of(bodies)? else { return Ok(false) };
        if let Some(report) = document.reports().last() {
            //= 24.379-13.2.4
            self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
            self.reported(now, key, report);
            return Ok(true);
        }
        if request_of(&document).is_none() {
            return Err(Refusal::BodyUnreadable);
        }
        //= 24.379-13.2.3
        let user = self.rules_of(key);
        if !user.is_some_and(|user| user.location_requests) {
            return Err(PrivateRefusal::LocationRequestNotAllowed.into());
        }
        self.pass_to_user(now, incoming, originator, key, bodies)?;
        Ok(true)
    }

    /// Keeps the location that comes with an alert or an emergency call.
    pub(super) fn note_location(&mut self, key: &ClientKey, bodies: &Bodies) {
        let Ok(Some(document)) = document_of(bodies) else { return };
        if let Some(report) = document.reports().last() {
            self.keep(key, report);
        }
    }

    /// Somebody who may do so asks for the location of a client of this function; the report goes back to him.
    pub(super) fn note_location_request(&mut self, key: &ClientKey, by: Option<McpttId>, bodies: &Bodies) {
        let document = document_of(bodies).ok().flatten();
        let id = document.as_ref().and_then(request_of).cloned();
        let (Some(id), Some(by)) = (id, by) else { return };
        while self.locations.requests.len() >= self.directory.config.location.pending_requests {
            self.locations.requests.pop_front();
        }
        self.locations.requests.push_back((key.clone(), id, by));
    }

    fn reported(&mut self, now: Instant, key: &ClientKey, report: &Report) {
        self.keep(key, report);
        let Some(id) = &report.report_id else { return };
        let requests = &mut self.locations.requests;
        let asked = requests.iter().position(|(client, own, _)| client == key && own == id);
        let Some((.., by)) = asked.and_then(|at| requests.remove(at)) else { return };
        let peer = self.directory.participating_function_of(self.directory.user(by.as_str()));
        let own = self.identity.uri.clone();
        let mut message: Request = service::request(Method::Message, &peer.identity, &own, by.as_str());
        service::assert_function(&mut message.headers, &own);
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(&by))),
            calling_user_id: Some(Content::Normal(key.mcptt_id.clone())),
            ..McpttInfo::default()
        };
        message.set_parts(&[info_part(&info), report_part(report.clone())]);
        self.agent.request(now, message, peer.address);
    }

    fn keep(&mut self, key: &ClientKey, report: &Report) {
        self.place(key, report);
        self.said.locations.insert(key.clone());
        self.event(Event::LocationReported {
            mcptt_id: key.mcptt_id.clone(),
            client_id: key.client_id.clone(),
            emergency: report.report_type == Some(ReportType::Emergency),
        });
    }

    /// Remembers where a client is, and has it shown to those who hear it talk.
    pub(super) fn place(&mut self, key: &ClientKey, report: &Report) {
        let location = report.current_location.as_ref().and_then(location::floor_location);
        self.locations.last.insert(key.clone(), report.clone());
        let mcptt_id = key.mcptt_id.clone();
        self.out.push_back(Output::Media(MediaCommand::UserLocation { mcptt_id, location }));
    }

    /// The service has ended for a client: where it was is nobody's business any more.
    pub(super) fn end_location(&mut self, key: &ClientKey) {
        let known = self.locations.last.contains_key(key);
        self.locations.forget(key);
        if known {
            self.said.locations.insert(key.clone());
            let mcptt_id = key.mcptt_id.clone();
            self.out.push_back(Output::Media(MediaCommand::UserLocation { mcptt_id, location: None }));
        }
    }
}

fn document_of(bodies: &Bodies) -> Result<Option<LocationInfo>, Refusal> {
    let Some(part) = bodies.part(mime::LOCATION_INFO) else { return Ok(None) };
    LocationInfo::parse(&part.body).map(Some).map_err(|_| Refusal::BodyUnreadable)
}

/// The identifier of a request for the location.
fn request_of(document: &LocationInfo) -> Option<&ByteStr> {
    document.items.iter().find_map(|item| match item {
        LocationItem::Request(request) => request.request_id.as_ref(),
        _ => None,
    })
}

fn report_part(report: Report) -> Part {
    Part::new(mime::LOCATION_INFO, LocationInfo::report(report).to_xml())
}
