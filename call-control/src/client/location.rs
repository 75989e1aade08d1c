//! Where the client is (TS 24.379 13.3, 9.2.1.7): what it was told to report, what fires, and how often at most.

use std::time::{Duration, Instant};

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{Method, Part};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::location_info::{
    Configuration, CurrentLocation, GeographicalArea, LocationInfo, LocationItem, Report, ReportType,
    RequestedLocation, Scope, TriggeringCriteria,
};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;

use super::{Client, ClientEvent, Deadline, Pending};
use crate::bodies::info_part;
use crate::location::{MAX_INTERVAL, Place, Triggers, floor_location, position_of, signalling_event};

/// What a client reports where the server has configured nothing: everything it knows.
fn everything() -> RequestedLocation {
    RequestedLocation {
        serving_ecgi: true,
        neighbouring_ecgi: true,
        mbms_sa_id: true,
        mbsfn_area: true,
        geographical_coordinate: true,
        ..RequestedLocation::default()
    }
}

/// A rule of the user profile: in an area the client is affiliated to a group, outside of it not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffiliationRule {
    /// The group.
    pub group: GroupId,
    /// Where.
    pub area: GeographicalArea,
}

/// The state of location reporting.
#[derive(Debug, Default)]
pub(super) struct Reporting {
    configuration: Option<Configuration>,
    place: Option<Place>,
    triggers: Triggers,
    emergency: bool,
    /// Triggers that have fired and wait for the minimum interval.
    held: Vec<ByteStr>,
    last: Option<Instant>,
    /// A log on that no configuration has been told of.
    logged_on: bool,
}

impl Reporting {
    /// The set that counts now.
    fn requested(&self) -> Option<&RequestedLocation> {
        let configuration = self.configuration.as_ref()?;
        match self.emergency {
            //= 24.379-13:emergency
            true => configuration.emergency.as_ref().or(configuration.non_emergency.as_ref()),
            false => configuration.non_emergency.as_ref(),
        }
    }

    fn criteria(&self) -> Option<&TriggeringCriteria> {
        let configuration = self.configuration.as_ref()?;
        let emergency = configuration.emergency_triggering_criteria.as_ref().filter(|_| self.emergency);
        emergency.or(configuration.triggering_criteria.as_ref())
    }

    fn interval(&self) -> Duration {
        let seconds = self.requested().and_then(|requested| requested.minimum_interval_seconds);
        Duration::from_secs(seconds.unwrap_or_default()).min(MAX_INTERVAL)
    }
}

impl Client {
    /// The UE has found out where it is.
    pub(super) fn moved(&mut self, now: Instant, to: Place) {
        let before = self.reporting.place.replace(to.clone());
        let fired = self.reporting.triggers.moved(before.as_ref(), &to);
        self.fire(now, fired);
        self.follow_rules(now, before.as_ref(), &to);
    }

    /// A configuration, a request or a report of the participating function. `false`: the body is none of them.
    pub(super) fn located(&mut self, now: Instant, by: Option<McpttId>, body: &[u8]) -> bool {
        let Ok(document) = LocationInfo::parse(body) else { return false };
        for item in document.items {
            match item {
                LocationItem::Configuration(configuration) => self.configured(now, *configuration),
                //= 24.379-13.2.3
                LocationItem::Request(request) => self.report(now, request.request_id),
                LocationItem::Report(report) => self.told_location(by.clone(), &report),
                _ => {}
            }
        }
        true
    }

    fn configured(&mut self, now: Instant, new: Configuration) {
        let own = &mut self.reporting;
        own.configuration = match (new.scope.as_ref(), own.configuration.take()) {
            // What an update does not speak of stays.
            (Some(Scope::Update), Some(old)) => Some(Configuration {
                scope: Some(Scope::Update),
                non_emergency: new.non_emergency.or(old.non_emergency),
                emergency: new.emergency.or(old.emergency),
                triggering_criteria: new.triggering_criteria.or(old.triggering_criteria),
                emergency_triggering_criteria: new
                    .emergency_triggering_criteria
                    .or(old.emergency_triggering_criteria),
                extra: new.extra,
            }),
            _ => Some(new),
        };
        self.arm(now);
        let mut fired = self.reporting.triggers.event(signalling_event::CONFIGURATION);
        if std::mem::take(&mut self.reporting.logged_on) {
            fired.extend(self.reporting.triggers.event(signalling_event::INITIAL_LOG_ON));
        }
        let triggers = !self.reporting.triggers.is_empty();
        self.event(ClientEvent::LocationConfigured { triggers });
        self.fire(now, fired);
    }

    /// Takes the triggers of the set that counts now; periods begin anew, and what has waited is not waited for.
    fn arm(&mut self, now: Instant) {
        for (at, _) in self.reporting.triggers.periods().collect::<Vec<_>>() {
            self.deadlines.set(Deadline::LocationPeriod(at), None);
        }
        self.deadlines.set(Deadline::LocationInterval, None);
        let own = &mut self.reporting;
        own.held.clear();
        own.triggers = Triggers::of(own.criteria());
        own.triggers.reported(own.place.as_ref());
        for (at, period) in self.reporting.triggers.periods().collect::<Vec<_>>() {
            self.deadlines.set(Deadline::LocationPeriod(at), now.checked_add(period));
        }
    }

    pub(super) fn location_period(&mut self, now: Instant, at: usize) {
        let period = self.reporting.triggers.periods().find(|(own, _)| *own == at).map(|(_, period)| period);
        let (Some(period), Some(id)) = (period, self.reporting.triggers.id(at)) else { return };
        self.deadlines.set(Deadline::LocationPeriod(at), now.checked_add(period));
        self.fire(now, vec![id]);
    }

    /// The minimum interval is over: what has fired meanwhile is reported together.
    pub(super) fn location_interval_over(&mut self, now: Instant) {
        if !self.reporting.held.is_empty() {
            self.report(now, None);
        }
    }

    /// A signalling event.
    pub(super) fn signalled(&mut self, now: Instant, name: &'static str) {
        if name == signalling_event::INITIAL_LOG_ON {
            self.reporting.logged_on = self.reporting.configuration.is_none();
        }
        let fired = self.reporting.triggers.event(name);
        self.fire(now, fired);
    }

    fn fire(&mut self, now: Instant, fired: Vec<ByteStr>) {
        if fired.is_empty() || self.reporting.requested().is_none() {
            return;
        }
        let own = &mut self.reporting;
        for id in fired {
            if !own.held.contains(&id) {
                own.held.push(id);
            }
        }
        //= 24.379-13.3
        let free = own.last.and_then(|last| last.checked_add(own.interval()));
        match free.filter(|free| *free > now) {
            Some(free) => self.deadlines.set(Deadline::LocationInterval, Some(free)),
            None => self.report(now, None),
        }
    }

    /// Sends a report: of the triggers that have fired, or as the answer to a request.
    fn report(&mut self, now: Instant, report_id: Option<ByteStr>) {
        let own = &mut self.reporting;
        let report = Report {
            report_id,
            report_type: Some(if own.emergency { ReportType::Emergency } else { ReportType::NonEmergency }),
            trigger_ids: std::mem::take(&mut own.held),
            current_location: Some(own.current(false)),
            ..Report::default()
        };
        own.last = Some(now);
        own.triggers.reported(own.place.as_ref());
        self.deadlines.set(Deadline::LocationInterval, None);
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(&self.config.mcptt_id))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        };
        let mut message = self.service_request(Method::Message);
        message.set_parts(&[info_part(&info), report_part(report)]);
        let transaction = self.agent.request(now, message, self.config.participating());
        self.pending.insert(transaction, Pending::Told);
    }

    /// The report that goes with an emergency call or an alert; none where the place is not known.
    pub(super) fn emergency_location(&self) -> Option<Part> {
        //= 24.379-13:emergency
        self.reporting.place.as_ref()?;
        let report = Report {
            report_type: Some(ReportType::Emergency),
            current_location: Some(self.reporting.current(true)),
            ..Report::default()
        };
        Some(report_part(report))
    }

    /// Looks whether the client is in an emergency, after everything that may have changed it.
    pub(super) fn check_emergency(&mut self, now: Instant) {
        let emergency = !self.alerts.is_empty() || self.has_urgent_call();
        if emergency != self.reporting.emergency {
            self.reporting.emergency = emergency;
            self.arm(now);
        }
    }

    fn told_location(&mut self, user: Option<McpttId>, report: &Report) {
        let current = report.current_location.clone().unwrap_or_default();
        self.event(ClientEvent::LocationTold {
            user,
            position: position_of(&current),
            location: floor_location(&current),
        });
    }

    /// Affiliates by the rules of the user profile.
    fn follow_rules(&mut self, now: Instant, before: Option<&Place>, after: &Place) {
        let is_in = |place: Option<&Place>, rule: &AffiliationRule| {
            let position = place.and_then(|place| place.position);
            position.is_some_and(|position| position.is_inside(&rule.area) == Ok(true))
        };
        let mut wanted = self.wanted_groups.clone();
        for rule in &self.config.profile.affiliation_rules {
            match (is_in(before, rule), is_in(Some(after), rule)) {
                (false, true) => wanted.insert(rule.group.clone()),
                (true, false) => wanted.remove(&rule.group),
                _ => false,
            };
        }
        if wanted != self.wanted_groups {
            //= 24.379-9.2.1.7
            self.wanted_groups.clone_from(&wanted);
            self.publish_affiliation(now, wanted.into_iter().collect(), false);
        }
    }
}

impl Reporting {
    fn current(&self, emergency: bool) -> CurrentLocation {
        let configuration = self.configuration.as_ref();
        let asked = match emergency {
            true => configuration.and_then(|own| own.emergency.as_ref()).or_else(|| self.requested()),
            false => self.requested(),
        };
        let requested = asked.cloned().unwrap_or_else(everything);
        self.place.as_ref().map(|place| place.current(&requested)).unwrap_or_default()
    }
}

fn report_part(report: Report) -> Part {
    Part::new(mime::LOCATION_INFO, LocationInfo::report(report).to_xml())
}
