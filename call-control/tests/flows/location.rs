//! Where clients are: configuration, triggers and their interval, requests, emergencies, and who learns of it.

use std::time::Duration;

use call_control::MediaCommand;
use call_control::client::{
    AffiliationRule, Announcement, ClientCommand, ClientEvent, GroupAnnouncement, RemoteRequest,
};
use call_control::config::Config;
use call_control::location::{Place, Position};
use mcptt_codec::floor::Location;
use mcptt_codec::sip::{HeaderName, Limits, Request};
use mcptt_codec::xml::location_info::{
    Configuration, Coordinate, GeographicalArea, LocationInfo, LocationItem, Report, ReportType,
};
use mcptt_codec::xml::mime;

use crate::rig::*;

pub const CELL_1: &str = "2620010000000000000000000000000001";
pub const CELL_2: &str = "2620010000000000000000000000000010";

/// A square of two by two kilometres around 48.20 16.40.
const SQUARE: &str = "<PolygonArea><Corner><longitude>762259</longitude><latitude>4491668</latitude></Corner>\
    <Corner><longitude>765102</longitude><latitude>4491668</latitude></Corner>\
    <Corner><longitude>765102</longitude><latitude>4493532</latitude></Corner>\
    <Corner><longitude>762259</longitude><latitude>4493532</latitude></Corner></PolygonArea>";

fn configuration(criteria: &str) -> Configuration {
    let text = format!(
        "<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"><Configuration ConfigScope=\"Full\">\
         <NonEmergencyLocationInformation><ServingEcgi/><minimumIntervalLength>60</minimumIntervalLength>\
         </NonEmergencyLocationInformation>\
         <EmergencyLocationInformation><ServingEcgi/><GeographicalCoordinate/>\
         <minimumIntervalLength>5</minimumIntervalLength></EmergencyLocationInformation>\
         <TriggeringCriteria>{criteria}</TriggeringCriteria></Configuration></location-info>"
    );
    let examined = LocationInfo::examine(text.as_bytes()).unwrap();
    assert!(examined.deviations.is_empty(), "{:?}", examined.deviations);
    match examined.value.items.into_iter().next() {
        Some(LocationItem::Configuration(configuration)) => *configuration,
        other => panic!("{other:?}"),
    }
}

pub fn located(criteria: &str) -> Config {
    let mut config = config();
    config.location.configuration = Some(configuration(criteria));
    config
}

fn place(cell: &str, latitude: f64, longitude: f64) -> Place {
    Place { serving_ecgi: Some(cell.into()), ..Place::at(Position::new(latitude, longitude).unwrap()) }
}

pub fn go(rig: &mut Rig, at: usize, cell: &str, latitude: f64, longitude: f64) {
    rig.command(at, ClientCommand::MoveTo(Box::new(place(cell, latitude, longitude))));
}

fn document(request: &Request) -> LocationInfo {
    let parts = request.parts(&Limits::default()).unwrap();
    let part = parts.iter().find(|part| part.is(mime::LOCATION_INFO)).expect("a location");
    LocationInfo::parse(&part.body).unwrap()
}

fn report(request: &Request) -> Report {
    document(request).reports().next().expect("a report").clone()
}

/// How many reports a client has sent.
fn reports(rig: &Rig, name: &str) -> usize {
    let message = format!("{name}>pf MESSAGE");
    rig.trace().iter().filter(|line| **line == message).count()
}

fn serving(report: &Report) -> Option<String> {
    let current = report.current_location.as_ref()?;
    current.serving_ecgi.as_ref()?.value().map(str::to_owned)
}

//= 24.379-13.2.2 test
#[test]
fn a_client_is_configured_once_it_is_authorised_and_not_before_it_is_answered() {
    let mut rig = Rig::new(located("<PeriodicReport TriggerId=\"p\">300</PeriodicReport>"));
    rig.add(client_config(0));
    rig.command(0, ClientCommand::Register);
    let trace = rig.trace();
    let at = |line: &str| trace.iter().position(|seen| seen == line).expect(line);
    assert!(at("pf>alice 200 REGISTER") < at("pf>alice MESSAGE"), "{trace:#?}");
    let message = rig.request("pf", "alice", "MESSAGE");
    assert_eq!(values(&message.headers, &HeaderName::PAssertedIdentity), [format!("<{PF_IDENTITY}>")]);
    assert!(matches!(&document(&message).items[..], [LocationItem::Configuration(_)]));
    assert!(rig.events_of(0).contains(&ClientEvent::LocationConfigured { triggers: true }));
    // It stays as it is: settings that are published again bring no second one.
    rig.forget();
    rig.command(0, ClientCommand::PublishSettings);
    assert!(!rig.trace().contains(&"pf>alice MESSAGE".to_owned()));
}

//= 24.379-13.3 test
//= 24.379-13.2.4 test
#[test]
fn triggers_fire_reports_and_the_minimum_interval_keeps_them_apart() {
    let criteria = "<CellChange><AnyCellChange TriggerId=\"cell\"/></CellChange>\
                    <TravelledDistance TriggerId=\"way\">1000</TravelledDistance>";
    let mut rig = Rig::ready(located(criteria), 1);
    go(&mut rig, 0, CELL_1, 48.0, 16.0);
    assert_eq!(reports(&rig, "alice"), 0);
    go(&mut rig, 0, CELL_2, 48.0, 16.0);
    assert_eq!(reports(&rig, "alice"), 1);
    let first = report(&rig.request("alice", "pf", "MESSAGE"));
    assert_eq!((first.trigger_ids, first.report_type), (vec!["cell".into()], Some(ReportType::NonEmergency)));
    assert!(rig.trace().contains(&"pf>alice 200 MESSAGE".to_owned()));
    // Both triggers fire in the interval; one report when it is over, with the place of then.
    rig.seconds(10);
    go(&mut rig, 0, CELL_1, 48.0, 16.0);
    go(&mut rig, 0, CELL_1, 48.02, 16.0);
    go(&mut rig, 0, CELL_2, 48.03, 16.0);
    rig.seconds(49);
    assert_eq!(reports(&rig, "alice"), 1);
    rig.seconds(2);
    assert_eq!(reports(&rig, "alice"), 2);
    let held = report(&rig.request("alice", "pf", "MESSAGE"));
    assert_eq!(held.trigger_ids, ["cell", "way"]);
    assert_eq!(serving(&held).as_deref(), Some(CELL_2));
    // The coordinates are not asked for outside of an emergency.
    assert!(held.current_location.unwrap().coordinate.is_none());
    // Nothing has fired since: nothing more comes.
    rig.seconds(300);
    assert_eq!(reports(&rig, "alice"), 2);
    let places = rig.media.iter().filter(|one| matches!(one, MediaCommand::UserLocation { .. })).count();
    assert_eq!(places, 2);
}

//= 24.379-13.3 test
#[test]
fn areas_periods_and_signalling_events_are_watched() {
    let criteria = format!(
        "<PeriodicReport TriggerId=\"p\">300</PeriodicReport>\
         <McpttSignallingEvent><LocationConfigurationReceived TriggerId=\"c\"/>\
         <GroupCallNonEmergency TriggerId=\"g\"/></McpttSignallingEvent>\
         <GeographicalAreaChange><EnterSpecificArea TriggerId=\"in\"><GeographicalArea>{SQUARE}</GeographicalArea>\
         </EnterSpecificArea></GeographicalAreaChange>"
    );
    let mut rig = Rig::new(located(&criteria));
    rig.add(client_config(0));
    rig.register(0);
    rig.affiliate(0);
    let ids = |rig: &Rig| report(&rig.request("alice", "pf", "MESSAGE")).trigger_ids;
    assert_eq!(ids(&rig), ["c"]);
    rig.seconds(61);
    go(&mut rig, 0, CELL_1, 48.10, 16.40);
    go(&mut rig, 0, CELL_1, 48.20, 16.40);
    assert_eq!(ids(&rig), ["in"]);
    rig.seconds(240);
    assert_eq!(ids(&rig), ["p"]);
    rig.seconds(61);
    rig.call(0);
    assert_eq!(ids(&rig), ["g"]);
}

//= 24.379-13:emergency test
#[test]
fn in_an_emergency_the_other_set_counts() {
    let mut config = located("<CellChange><AnyCellChange TriggerId=\"cell\"/></CellChange>");
    config.users[0].emergency_alert = true;
    config.users[0].cancel_emergency_alert = true;
    config.groups[0].members[0].emergency_alert = true;
    let mut rig = Rig::ready(config, 2);
    go(&mut rig, 0, CELL_1, 48.2, 16.4);
    let alert =
        |what| GroupAnnouncement { group: GROUP.into(), what, location: None, resource_priority: None };
    rig.command(0, ClientCommand::Announce(alert(Announcement::Alert)));
    // The alert itself says where, to everybody who gets it.
    for request in [rig.request("alice", "pf", "MESSAGE"), rig.request("pf", "bob", "MESSAGE")] {
        let sent = report(&request);
        assert_eq!(sent.report_type, Some(ReportType::Emergency));
        assert!(sent.current_location.unwrap().coordinate.is_some());
    }
    let before = reports(&rig, "alice");
    for cell in [CELL_2, CELL_1] {
        go(&mut rig, 0, cell, 48.2, 16.4);
        rig.seconds(6);
    }
    assert_eq!(reports(&rig, "alice"), before + 2);
    assert_eq!(report(&rig.request("alice", "pf", "MESSAGE")).report_type, Some(ReportType::Emergency));
    // Over: the interval of one minute and the smaller set count again.
    let end = Announcement::CancelAlert { originated_by: None, emergency: false };
    rig.command(0, ClientCommand::Announce(alert(end)));
    rig.seconds(60);
    go(&mut rig, 0, CELL_2, 48.2, 16.4);
    let after = report(&rig.request("alice", "pf", "MESSAGE"));
    assert_eq!(after.report_type, Some(ReportType::NonEmergency));
    assert!(after.current_location.unwrap().coordinate.is_none());
}

//= 24.379-13.2.4 test
#[test]
fn an_alert_without_a_place_gets_the_one_that_was_reported_last() {
    let mut config = located("<CellChange><AnyCellChange TriggerId=\"cell\"/></CellChange>");
    config.users[0].emergency_alert = true;
    config.groups[0].members[0].emergency_alert = true;
    let mut rig = Rig::ready(config, 2);
    go(&mut rig, 0, CELL_1, 48.2, 16.4);
    go(&mut rig, 0, CELL_2, 48.2, 16.4);
    rig.forget();
    let alert = core_message(0, &group_alert()).text();
    assert_eq!(rig.ask(CORE, PF, &alert).status.0, 200);
    let told = report(&rig.request("pf", "bob", "MESSAGE"));
    assert_eq!(serving(&told).as_deref(), Some(CELL_2));
    assert_eq!(told.report_type, Some(ReportType::Emergency));
}

fn group_alert() -> String {
    format!(
        "<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>\
         <alert-ind><mcpttBoolean>true</mcpttBoolean></alert-ind>\
         <mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>",
        client_id(0)
    )
}

/// A MESSAGE as it reaches the participating function over a SIP core.
fn core_message(at: usize, params: &str) -> Raw {
    Raw::new("MESSAGE", PF_IDENTITY, &impu(at))
        .header(&format!("P-Asserted-Identity: <{}>", impu(at)))
        .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .header("Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit")
        .info(params)
}

//= 24.379-13.2.3 test
#[test]
fn whoever_may_asks_where_a_user_is_and_the_identifier_of_the_request_comes_back() {
    let mut rig = Rig::ready(config(), 2);
    let ask = |rig: &mut Rig| {
        let request = RemoteRequest::Locate;
        rig.command(0, ClientCommand::AskUser { user: mcptt_id(1).as_str().into(), request });
    };
    ask(&mut rig);
    let refused = |event: &ClientEvent| {
        matches!(event, ClientEvent::RequestFailed { status: 403, warning: Some(100), .. })
    };
    assert!(rig.events_of(0).iter().any(refused) && rig.events_of(1).is_empty());

    let mut config = config();
    config.users[0].location_requests = true;
    let mut rig = Rig::ready(config, 2);
    go(&mut rig, 1, CELL_1, 48.2, 16.4);
    ask(&mut rig);
    let asked = document(&rig.request("pf", "bob", "MESSAGE"));
    let [LocationItem::Request(request)] = &asked.items[..] else { panic!("{asked:?}") };
    let answer = report(&rig.request("bob", "pf", "MESSAGE"));
    assert!(request.request_id.is_some());
    assert_eq!(answer.report_id, request.request_id);
    let told = rig.events_of(0).into_iter().find_map(|event| match event {
        ClientEvent::LocationTold { user, location, .. } => Some((user, location)),
        _ => None,
    });
    let (user, location) = told.expect("the location");
    assert_eq!(user, Some(mcptt_id(1).as_str().into()));
    assert!(matches!(location, Some(Location::Geographic(_))));
}

//= 24.379-13.2.4 test
#[test]
fn what_is_no_report_is_refused_and_nothing_is_kept_of_it() {
    let mut rig = Rig::ready(config(), 1);
    let params = format!("<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>", client_id(0));
    for body in ["<location-info", "<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"/>"] {
        let message = core_message(0, &params).part(mime::LOCATION_INFO, body).text();
        assert_eq!(rig.ask(CORE, PF, &message).status.0, 400);
    }
    assert!(!rig.media.iter().any(|one| matches!(one, MediaCommand::UserLocation { .. })));
}

#[test]
fn a_location_is_forgotten_with_the_service() {
    let mut rig = Rig::ready(located("<CellChange><AnyCellChange TriggerId=\"cell\"/></CellChange>"), 1);
    go(&mut rig, 0, CELL_1, 48.2, 16.4);
    go(&mut rig, 0, CELL_2, 48.2, 16.4);
    rig.command(0, ClientCommand::LogOff);
    let last = rig.media.iter().rev().find_map(|command| match command {
        MediaCommand::UserLocation { location, .. } => Some(location.clone()),
        _ => None,
    });
    assert_eq!(last, Some(None));
}

#[test]
fn a_configuration_that_clients_cannot_keep_to_is_refused_at_the_start() {
    let flat = SQUARE.replace("765102", "762259");
    for (criteria, expected) in [
        (
            "<PeriodicReport TriggerId=\"p\">3</PeriodicReport>\
             <TravelledDistance TriggerId=\"p\">3</TravelledDistance>"
                .to_owned(),
            "two triggers have the TriggerId p",
        ),
        (
            format!(
                "<GeographicalAreaChange><EnterSpecificArea TriggerId=\"in\"><GeographicalArea>{flat}\
                 </GeographicalArea></EnterSpecificArea></GeographicalAreaChange>"
            ),
            "not all on one line",
        ),
    ] {
        let error = located(&criteria).validate().unwrap_err();
        assert_eq!(error.setting, "location.configuration");
        assert!(error.value.contains(expected), "{}", error.value);
    }
}

//= 24.379-9.2.1.7 test
#[test]
fn a_client_affiliates_by_the_rules_of_its_user_profile() {
    let mut rig = Rig::new(config());
    let corner = |latitude, longitude| {
        let codes = mcptt_codec::floor::Coordinates::from_degrees(latitude, longitude).unwrap();
        Coordinate::new(codes.longitude_raw, codes.latitude_raw)
    };
    let polygon = vec![corner(48.1, 16.3), corner(48.1, 16.5), corner(48.3, 16.5), corner(48.3, 16.3)];
    let area = GeographicalArea { polygon: Some(polygon), ..GeographicalArea::default() };
    let mut own = client_config(0);
    own.profile.affiliation_rules.push(AffiliationRule { group: GROUP.into(), area });
    rig.add(own);
    rig.register(0);
    let affiliated = |rig: &Rig| {
        rig.events_of(0).into_iter().rev().find_map(|event| match event {
            ClientEvent::Affiliated { groups } => Some(groups),
            _ => None,
        })
    };
    go(&mut rig, 0, CELL_1, 47.0, 16.4);
    assert_eq!(affiliated(&rig), None);
    go(&mut rig, 0, CELL_1, 48.2, 16.4);
    assert_eq!(affiliated(&rig), Some(vec![GROUP.into()]));
    rig.advance(Duration::from_secs(1));
    go(&mut rig, 0, CELL_1, 47.0, 16.4);
    assert_eq!(affiliated(&rig), Some(vec![]));
}
