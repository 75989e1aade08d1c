//! Location bodies: the examples, everything in them, and what is refused.

use super::encoding::Encoding;
use super::*;
use crate::id::FunctionalAlias;
use crate::xml::{MAX_DEVIATIONS, XmlErrorKind};

mod property;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const ECGI: &str = "0010100000000000000000000000000001";
const NCGI: &str = "001010000000000000000000000000000000000001";

fn declared(text: &str) -> String {
    format!("{DECLARATION}{text}")
}

fn document(children: &str) -> String {
    format!("<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\">{children}</location-info>")
}

#[test]
fn location_report_21_4() {
    let text = "<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"><Report ReportType=\"Emergency\">\
                <TriggerId>t1</TriggerId><CurrentLocation><CurrentCoordinate>\
                <longitude type=\"Normal\"><threebytes>524288</threebytes></longitude>\
                <latitude type=\"Normal\"><threebytes>5242880</threebytes></latitude>\
                </CurrentCoordinate></CurrentLocation></Report></location-info>";
    let location = CurrentLocation {
        coordinate: Some(Coordinate::new(524_288, 5_242_880)),
        ..CurrentLocation::default()
    };
    let report = Report {
        report_type: Some(ReportType::Emergency),
        trigger_ids: vec!["t1".into()],
        current_location: Some(location),
        ..Report::default()
    };
    let info = LocationInfo::report(report.clone());
    assert_eq!(LocationInfo::parse(text.as_bytes()), Ok(info.clone()));
    assert_eq!(info.reports().collect::<Vec<_>>(), [&report]);
    assert_eq!(info.to_xml(), declared(text));
    let bare = text.replace("<threebytes>", "").replace("</threebytes>", "");
    assert_eq!(LocationInfo::parse(bare.as_bytes()), Ok(info));
    let examined = LocationInfo::examine(text.replace("524288<", "16777216<").as_bytes()).unwrap();
    let [error] = &examined.deviations[..] else { panic!("one deviation") };
    let path = "/location-info/Report/CurrentLocation/CurrentCoordinate/longitude/threebytes";
    assert_eq!((error.path.as_str(), error.kind), (path, XmlErrorKind::Value("a number of 24 bits")));
}

#[test]
fn a_full_report_keeps_cells_encrypted_values_and_extensions() {
    let text = "<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\" v=\"1\"><Report ReportID=\"r\" \
                ReportType=\"NonEmergency\"><mcptt-reporting-uri>sip:a</mcptt-reporting-uri><CurrentLocation>\
                <CurrentServingEcgi type=\"Normal\"><Ecgi>0010100000000000000000000000000001</Ecgi></CurrentServingEcgi>\
                <NeighbouringEcgi type=\"Normal\"><Ecgi>0010100000000000000000000000000011</Ecgi></NeighbouringEcgi>\
                <NeighbouringEcgi type=\"Normal\" x=\"1\"><Ecgi>0010100000000000000000000000000010</Ecgi><y:z xmlns:y=\"urn:y\"/></NeighbouringEcgi>\
                <MbmsSaId type=\"Normal\"><SaId>65535</SaId></MbmsSaId>\
                <MbsfnArea type=\"Encrypted\"><x:EncryptedData xmlns:x=\"http://www.w3.org/2001/04/xmlenc#\"/></MbsfnArea>\
                <anyExt><locTimestamp>2026-03-01T12:00:00Z</locTimestamp></anyExt></CurrentLocation></Report>\
                <Request RequestId=\"q\" refresh=\"1\"><anyExt/></Request><New/></location-info>";
    let info = LocationInfo::parse(text.as_bytes()).unwrap();
    let location = info.reports().next().unwrap().current_location.as_ref().unwrap();
    let neighbours: Vec<_> = location.neighbouring_ecgi.iter().filter_map(LocationValue::value).collect();
    assert_eq!(neighbours, ["0010100000000000000000000000000011", "0010100000000000000000000000000010"]);
    assert_eq!(location.mbms_sa_id, Some(LocationValue::Normal("65535".into())));
    assert!(matches!(location.mbsfn_area, Some(LocationValue::Encrypted(_))));
    assert_eq!(location.mbsfn_area.as_ref().unwrap().value(), None);
    assert_eq!(info.to_xml(), declared(text));
}

//= 24.379-13.2.2:schema test
#[test]
fn location_configuration_21_13() {
    let text = "<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"><Configuration ConfigScope=\"Full\">\
                <NonEmergencyLocationInformation><ServingEcgi/><minimumIntervalLength>60</minimumIntervalLength>\
                </NonEmergencyLocationInformation><TriggeringCriteria>\
                <CellChange><AnyCellChange TriggerId=\"c1\"/><EnterSpecificCell TriggerId=\"c2\">0010100000000000000000000000000001</EnterSpecificCell>\
                </CellChange><PeriodicReport TriggerId=\"p1\">300</PeriodicReport><anyExt><RatTypeChange/></anyExt>\
                </TriggeringCriteria><anyExt><EmergencyTriggeringCriteria/></anyExt></Configuration></location-info>";
    let info = LocationInfo::parse(text.as_bytes()).unwrap();
    let LocationItem::Configuration(configuration) = &info.items[0] else { panic!("a configuration") };
    let requested = RequestedLocation {
        serving_ecgi: true,
        minimum_interval_seconds: Some(60),
        ..RequestedLocation::default()
    };
    assert_eq!(configuration.scope, Some(Scope::Full));
    assert_eq!((&configuration.non_emergency, &configuration.emergency), (&Some(requested), &None));
    let trigger = |name: &str, id: &str, value: Option<&str>| Trigger {
        name: name.into(),
        trigger_id: Some(id.into()),
        value: value.map(Into::into),
        ..Trigger::default()
    };
    let cells = vec![
        trigger("AnyCellChange", "c1", None),
        trigger("EnterSpecificCell", "c2", Some("0010100000000000000000000000000001")),
    ];
    let expected = [
        Trigger { name: "CellChange".into(), triggers: cells, ..Trigger::default() },
        trigger("PeriodicReport", "p1", Some("300")),
    ];
    assert_eq!(configuration.triggering_criteria.as_ref().unwrap().triggers, expected);
    assert_eq!(info.to_xml(), declared(text));
}

#[test]
fn every_value_of_a_report_is_seen() {
    let text = document(&format!(
        "<Report ReportType=\"NonEmergency\"><CurrentLocation>\
         <CurrentCoordinate><longitude type=\"Normal\"><threebytes>1</threebytes></longitude><anyExt>\
         <altitude type=\"Normal\"><twobytes>-12</twobytes></altitude><horizontalAccuracy>127</horizontalAccuracy>\
         <vertical-accuracy type=\"Normal\"><onebyte>3</onebyte></vertical-accuracy></anyExt></CurrentCoordinate>\
         <anyExt a=\"1\"><CurrentServingNcgi type=\"Normal\"><anyExt><Ncgi>{NCGI}</Ncgi></anyExt></CurrentServingNcgi>\
         <NeighbouringNcgi type=\"Normal\"><anyExt><Ncgi>{NCGI}</Ncgi></anyExt></NeighbouringNcgi>\
         <NeighbouringNcgi type=\"Encrypted\"><anyExt>secret</anyExt></NeighbouringNcgi>\
         <bearingAndSpeed>0123456789aBcD</bearingAndSpeed><locTimestamp>2026-03-01T12:00:00Z</locTimestamp>\
         <new/></anyExt></CurrentLocation><anyExt><FunctionalAlias>sip:fa</FunctionalAlias></anyExt></Report>"
    ));
    let info = LocationInfo::parse(text.as_bytes()).unwrap();
    let report = info.reports().next().unwrap();
    let location = report.current_location.as_ref().unwrap();
    let at = &location.coordinate.as_ref().unwrap().extensions;
    let numbers = (at.altitude(), at.horizontal_accuracy(), at.vertical_accuracy());
    assert_eq!(numbers, (Some(-12), Some(127), Some(3)));
    let beside = &location.extensions;
    assert_eq!(beside.serving_ncgi().as_deref(), Some(NCGI));
    assert_eq!(beside.neighbouring_ncgi().collect::<Vec<_>>(), [NCGI]);
    assert_eq!(beside.bearing_and_speed().as_deref(), Some("0123456789aBcD"));
    assert_eq!(beside.timestamp().as_deref(), Some("2026-03-01T12:00:00Z"));
    assert_eq!(report.extensions.functional_aliases().collect::<Vec<_>>(), [FunctionalAlias::new("sip:fa")]);
    assert_eq!(beside.altitude(), None);
    assert_eq!(info.to_xml(), declared(&text));
}

//= 24.379-13.2.2:schema test
#[test]
fn a_configuration_holds_every_trigger() {
    let corner = "<Corner><longitude type=\"Normal\"><threebytes>1</threebytes></longitude></Corner>";
    let center = corner.replace("Corner", "Center");
    let area =
        format!("<GeographicalArea><PolygonArea>{}</PolygonArea></GeographicalArea>", corner.repeat(3));
    let arc = format!(
        "<GeographicalArea><EllipsoidArcArea>{center}<Radius>100</Radius><OffsetAngle>90</OffsetAngle>\
         <IncludedAngle>255</IncludedAngle></EllipsoidArcArea></GeographicalArea>"
    );
    let text = document(&format!(
        "<Configuration ConfigScope=\"Update\"><TriggeringCriteria>\
         <CellChange><ExitSpecificCell TriggerId=\"1\">{ECGI}</ExitSpecificCell></CellChange>\
         <TrackingAreaChange><EnterSpecificTrackingArea TriggerId=\"2\">0010100000000000000001\
         </EnterSpecificTrackingArea></TrackingAreaChange>\
         <PlmnChange><AnyPlmnChange TriggerId=\"3\"/><EnterSpecificPlmn TriggerId=\"4\">001010</EnterSpecificPlmn></PlmnChange>\
         <MbmsSaChange><EnterSpecificMbmsSa TriggerId=\"5\">65535</EnterSpecificMbmsSa></MbmsSaChange>\
         <MbsfnAreaChange><EnterSpecificMbsfnArea TriggerId=\"6\">255</EnterSpecificMbsfnArea></MbsfnAreaChange>\
         <PeriodicReport TriggerId=\"7\">60</PeriodicReport><TravelledDistance TriggerId=\"8\">100</TravelledDistance>\
         <McpttSignallingEvent><InitialLogOn TriggerId=\"9\"/></McpttSignallingEvent>\
         <GeographicalAreaChange><EnterSpecificArea TriggerId=\"10\">{area}</EnterSpecificArea>\
         <ExitSpecificAreaType TriggerId=\"11\">{arc}</ExitSpecificAreaType></GeographicalAreaChange>\
         <anyExt><RatTypeChange TriggerId=\"12\"/><x:y xmlns:x=\"urn:x\"/></anyExt></TriggeringCriteria>\
         <anyExt><EmergencyTriggeringCriteria><PeriodicReport TriggerId=\"13\">5</PeriodicReport>\
         </EmergencyTriggeringCriteria><later/></anyExt></Configuration>\
         <Request RequestId=\"r\"><anyExt><LocationFilter><AreaIdentifier>a</AreaIdentifier><AreaIn>true</AreaIn>\
         </LocationFilter></anyExt></Request>"
    ));
    let info = LocationInfo::parse(text.as_bytes()).unwrap();
    let [LocationItem::Configuration(configuration), LocationItem::Request(request)] = &info.items[..] else {
        panic!("a configuration and a request")
    };
    assert_eq!(configuration.scope, Some(Scope::Update));
    let criteria = configuration.triggering_criteria.as_ref().unwrap();
    let ids: Vec<_> = criteria.trigger_ids().iter().map(|id| id.parse::<u8>().unwrap()).collect();
    assert_eq!(ids, (1..=12).collect::<Vec<_>>());
    let emergency = configuration.emergency_triggering_criteria.as_ref().unwrap();
    assert_eq!(emergency.triggers, [Trigger::new(trigger_name::PERIODIC_REPORT, "13", Some("5"))]);
    let areas = &criteria.triggers.last().unwrap().triggers;
    assert_eq!(areas[0].area.as_ref().unwrap().polygon.as_ref().unwrap().len(), 3);
    let arc = areas[1].area.as_ref().unwrap().ellipsoid_arc.as_ref().unwrap();
    assert_eq!((arc.radius, arc.offset_angle, arc.included_angle), (100, 90, 255));
    let filter = request.filter.as_ref().unwrap();
    assert_eq!((filter.area_identifier.as_deref(), filter.area_in), (Some("a"), Some(true)));
    assert_eq!(info.to_xml(), declared(&text));
}

#[test]
fn what_cannot_be_meant_is_kept_and_told_with_its_place() {
    let location = |inner: &str| format!("<Report><CurrentLocation>\n{inner}</CurrentLocation></Report>");
    let trigger = |inner: &str| {
        format!("<Configuration><TriggeringCriteria>\n{inner}</TriggeringCriteria></Configuration>")
    };
    let area = |inner: &str| {
        trigger(&format!(
            "<GeographicalAreaChange><EnterSpecificArea TriggerId=\"1\">{inner}</EnterSpecificArea></GeographicalAreaChange>"
        ))
    };
    let corners = |count: usize| {
        area(&format!(
            "<GeographicalArea><PolygonArea>{}</PolygonArea></GeographicalArea>",
            "<Corner/>".repeat(count)
        ))
    };
    let report = "Report/CurrentLocation/";
    let criteria = "Configuration/TriggeringCriteria/";
    let in_area = "GeographicalAreaChange/EnterSpecificArea";
    let not = |encoding: Encoding| XmlErrorKind::Value(encoding.expected());
    for (body, before, path, kind) in [
        (location("<MbmsSaId>65536</MbmsSaId>"), report, "MbmsSaId", not(Encoding::SaId)),
        (location("<MbmsSaId/>"), report, "MbmsSaId", XmlErrorKind::Missing("the value of a location")),
        (location("<MbmsSaId type=\"x\">1</MbmsSaId>"), report, "MbmsSaId", XmlErrorKind::Value("Normal or Encrypted")),
        (location("<MbmsSaId>1<SaId>2</SaId></MbmsSaId>"), report, "MbmsSaId", XmlErrorKind::Text),
        (location("<MbmsSaId><SaId>1</SaId><SaId>2</SaId></MbmsSaId>"), report, "MbmsSaId/SaId", XmlErrorKind::Repeated),
        (location("<MbsfnArea>256</MbsfnArea>"), report, "MbsfnArea", not(Encoding::MbsfnArea)),
        (
            location("<CurrentServingEcgi><Ecgi>00101000</Ecgi></CurrentServingEcgi>"),
            report,
            "CurrentServingEcgi/Ecgi",
            not(Encoding::Ecgi),
        ),
        (
            location(&format!("<NeighbouringEcgi>{}</NeighbouringEcgi>", ECGI.replace("01", "02"))),
            report,
            "NeighbouringEcgi",
            not(Encoding::Ecgi),
        ),
        (
            location("<anyExt><CurrentServingNcgi>1</CurrentServingNcgi></anyExt>"),
            report,
            "anyExt/CurrentServingNcgi",
            not(Encoding::Ncgi),
        ),
        (location("<anyExt><altitude>32768</altitude></anyExt>"), report, "anyExt/altitude", not(Encoding::Altitude)),
        (
            location("<anyExt><horizontalaccuracy>128</horizontalaccuracy></anyExt>"),
            report,
            "anyExt/horizontalaccuracy",
            not(Encoding::Accuracy),
        ),
        (
            location("<anyExt><bearingAndSpeed>0123456789abcg</bearingAndSpeed></anyExt>"),
            report,
            "anyExt/bearingAndSpeed",
            not(Encoding::BearingAndSpeed),
        ),
        (
            location("<anyExt><locTimestamp>noon</locTimestamp></anyExt>"),
            report,
            "anyExt/locTimestamp",
            not(Encoding::DateTime),
        ),
        (
            trigger("<CellChange><AnyCellChange/></CellChange>"),
            criteria,
            "CellChange/AnyCellChange",
            XmlErrorKind::Missing("TriggerId"),
        ),
        (trigger("<PeriodicReport>5</PeriodicReport>"), criteria, "PeriodicReport", XmlErrorKind::Missing("TriggerId")),
        (
            trigger("<TravelledDistance TriggerId=\"1\">far</TravelledDistance>"),
            criteria,
            "TravelledDistance",
            XmlErrorKind::Value("a number"),
        ),
        (
            trigger("<PlmnChange><EnterSpecificPlmn TriggerId=\"1\">00101</EnterSpecificPlmn></PlmnChange>"),
            criteria,
            "PlmnChange/EnterSpecificPlmn",
            not(Encoding::Plmn),
        ),
        (
            trigger("<TrackingAreaChange><ExitSpecificTrackingArea TriggerId=\"1\"/></TrackingAreaChange>"),
            criteria,
            "TrackingAreaChange/ExitSpecificTrackingArea",
            not(Encoding::Tai),
        ),
        (area(""), criteria, in_area, XmlErrorKind::Missing("GeographicalArea")),
        (
            corners(MIN_CORNERS - 1),
            criteria,
            "GeographicalAreaChange/EnterSpecificArea/GeographicalArea/PolygonArea",
            XmlErrorKind::Value("a polygon of 3 to 15 corners"),
        ),
        (
            corners(MAX_CORNERS + 1),
            criteria,
            "GeographicalAreaChange/EnterSpecificArea/GeographicalArea/PolygonArea",
            XmlErrorKind::Value("a polygon of 3 to 15 corners"),
        ),
        (
            area("<GeographicalArea><EllipsoidArcArea><Center/><Radius>1</Radius><OffsetAngle>256</OffsetAngle></EllipsoidArcArea></GeographicalArea>"),
            criteria,
            "GeographicalAreaChange/EnterSpecificArea/GeographicalArea/EllipsoidArcArea/OffsetAngle",
            XmlErrorKind::Value("an angle from 0 to 255"),
        ),
        (
            area("<GeographicalArea><EllipsoidArcArea><Center/><Radius>1</Radius></EllipsoidArcArea></GeographicalArea>"),
            criteria,
            "GeographicalAreaChange/EnterSpecificArea/GeographicalArea/EllipsoidArcArea",
            XmlErrorKind::Missing("OffsetAngle"),
        ),
        (
            "<Configuration>\n<EmergencyLocationInformation><minimumIntervalLength>0</minimumIntervalLength></EmergencyLocationInformation></Configuration>".to_owned(),
            "Configuration/EmergencyLocationInformation/",
            "minimumIntervalLength",
            XmlErrorKind::Value("a number above 0"),
        ),
    ] {
        // A report beside it is read all the same.
        let body = format!("{body}<Report ReportID=\"beside\"/>");
        let Examined { value, deviations } = LocationInfo::examine(document(&body).as_bytes()).unwrap();
        let told: Vec<_> = deviations.into_iter().map(|told| (told.line, told.path, told.kind)).collect();
        assert_eq!(told, [(2, format!("/location-info/{before}{path}"), kind)], "{body}");
        assert_eq!(value.reports().last().unwrap().report_id.as_deref(), Some("beside"));
        let written = value.to_xml();
        assert_eq!(LocationInfo::parse(written.as_bytes()).as_ref(), Ok(&value), "{body}");
        let content = |text: &str| text.replace(['\n', ' '], "").replace("></EnterSpecificArea>", "/>");
        assert_eq!(content(&written), content(&declared(&document(&body))));
    }
    for count in [MIN_CORNERS, MAX_CORNERS] {
        assert_eq!(LocationInfo::examine(document(&corners(count)).as_bytes()).unwrap().deviations, []);
    }
    let many = document(&trigger(&"<PeriodicReport>5</PeriodicReport>".repeat(MAX_DEVIATIONS + 1)));
    assert_eq!(LocationInfo::examine(many.as_bytes()).unwrap().deviations.len(), MAX_DEVIATIONS);
}

/// Of elements that may occur once the first counts; the others are kept behind it and told.
/// Text where only elements belong can be taken for nothing: it costs nobody a report.
#[test]
fn text_between_elements_is_told_and_does_not_count() {
    let plain = document(&format!(
        "<Report ReportID=\"1\"><TriggerId>a</TriggerId><CurrentLocation><CurrentServingEcgi><Ecgi>{ECGI}</Ecgi>\
         </CurrentServingEcgi></CurrentLocation></Report><Request RequestId=\"2\"/>"
    ));
    let places = [
        ("<Report ReportID=\"1\">", "/location-info/Report"),
        ("</TriggerId>", "/location-info/Report"),
        ("<CurrentLocation>", "/location-info/Report/CurrentLocation"),
        ("</Report>", "/location-info"),
        ("</CurrentServingEcgi>", "/location-info/Report/CurrentLocation"),
    ];
    let expected = LocationInfo::examine(plain.as_bytes()).unwrap();
    assert_eq!(expected.deviations, []);
    for (place, path) in places {
        let text = plain.replace(place, &format!("{place} note "));
        let examined = LocationInfo::examine(text.as_bytes()).unwrap();
        assert_eq!(examined.value, expected.value, "{text}");
        let told: Vec<_> = examined.deviations.iter().map(|found| (&*found.path, &found.kind)).collect();
        assert_eq!(told, [(path, &XmlErrorKind::Text)], "{text}");
        assert_eq!(LocationInfo::parse(text.as_bytes()), Ok(expected.value.clone()));
    }
}

#[test]
fn what_occurs_again_is_kept_and_told_with_its_place() {
    let interval = |seconds: u8| format!("<minimumIntervalLength>{seconds}</minimumIntervalLength>");
    let cases = [
        (
            "Report",
            "CurrentLocation",
            "<MbmsSaId>1</MbmsSaId>".to_owned(),
            "<MbmsSaId>2</MbmsSaId>".to_owned(),
        ),
        (
            "Report",
            "CurrentLocation",
            "<CurrentCoordinate/>".to_owned(),
            "<CurrentCoordinate><x/></CurrentCoordinate>".to_owned(),
        ),
        ("Configuration", "EmergencyLocationInformation", interval(1), interval(2)),
        (
            "Report",
            "",
            "<mcptt-reporting-uri>sip:a</mcptt-reporting-uri>".to_owned(),
            "<mcptt-reporting-uri>sip:b</mcptt-reporting-uri>".to_owned(),
        ),
        (
            "Report",
            "",
            "<CurrentLocation/>".to_owned(),
            "<CurrentLocation><MbsfnArea>1</MbsfnArea></CurrentLocation>".to_owned(),
        ),
        (
            "Configuration",
            "",
            "<TriggeringCriteria/>".to_owned(),
            "<TriggeringCriteria><New/></TriggeringCriteria>".to_owned(),
        ),
        (
            "Configuration",
            "anyExt",
            "<EmergencyTriggeringCriteria/>".to_owned(),
            "<EmergencyTriggeringCriteria><New/></EmergencyTriggeringCriteria>".to_owned(),
        ),
        (
            "Request",
            "anyExt",
            "<LocationFilter/>".to_owned(),
            "<LocationFilter><AreaIn>true</AreaIn></LocationFilter>".to_owned(),
        ),
    ];
    for (root, around, first, again) in cases {
        let name = again[1..].split(['>', '/']).next().unwrap();
        let inside = match around {
            "" => format!("{first}\n{again}"),
            around => format!("<{around}>{first}\n{again}</{around}>"),
        };
        let body = document(&format!("<{root}>{inside}</{root}><Report ReportID=\"beside\"/>"));
        let Examined { value, deviations } = LocationInfo::examine(body.as_bytes()).unwrap();
        let path = format!("/location-info/{root}/{around}/{name}").replace("//", "/");
        let told: Vec<_> = deviations.into_iter().map(|told| (told.line, told.path, told.kind)).collect();
        assert_eq!(told, [(2, path, XmlErrorKind::Repeated)], "{body}");
        assert_eq!(value.reports().last().unwrap().report_id.as_deref(), Some("beside"));
        let once = LocationInfo::examine(body.replace(&again, "").as_bytes()).unwrap();
        assert_eq!(once.deviations, []);
        let written = value.to_xml();
        assert_eq!(LocationInfo::parse(written.as_bytes()).as_ref(), Ok(&value), "{body}");
        assert!(written.contains(&again), "{written}");
    }
}

#[test]
fn a_filter_that_cannot_be_meant_does_not_spoil_the_request() {
    let text = document(
        "<Request RequestId=\"r\"><anyExt><LocationFilter><AreaIdentifier>a</AreaIdentifier>\
         <AreaIn>perhaps</AreaIn></LocationFilter></anyExt></Request>",
    );
    let Examined { value, deviations } = LocationInfo::examine(text.as_bytes()).unwrap();
    let told: Vec<_> = deviations.iter().map(|told| (told.path.as_str(), told.kind)).collect();
    let path = "/location-info/Request/anyExt/LocationFilter/AreaIn";
    assert_eq!(told, [(path, XmlErrorKind::Value("a boolean"))]);
    let [LocationItem::Request(request)] = &value.items[..] else { panic!("a request") };
    let filter = request.filter.as_ref().unwrap();
    assert_eq!((request.request_id.as_deref(), filter.area_identifier.as_deref()), (Some("r"), Some("a")));
    assert_eq!((filter.area_in, filter.extra.children.len()), (None, 1));
    assert_eq!(value.to_xml(), declared(&text));
}

#[test]
fn what_is_beside_a_wrong_value_counts() {
    let text = document(&format!(
        "<Report><CurrentLocation><CurrentServingEcgi><Ecgi>1</Ecgi></CurrentServingEcgi>\
         <NeighbouringEcgi>{ECGI}</NeighbouringEcgi><MbmsSaId>7</MbmsSaId><anyExt><servingNcgi>1</servingNcgi>\
         <locTimestamp>2026-03-01T12:00:00Z</locTimestamp></anyExt></CurrentLocation></Report><Configuration>\
         <TriggeringCriteria><CellChange><AnyCellChange/><ExitSpecificCell TriggerId=\"1\">{ECGI}</ExitSpecificCell>\
         </CellChange><PeriodicReport TriggerId=\"2\">5</PeriodicReport></TriggeringCriteria></Configuration>"
    ));
    let info = LocationInfo::parse(text.as_bytes()).unwrap();
    let location = info.reports().next().unwrap().current_location.as_ref().unwrap();
    let serving = location.serving_ecgi.as_ref().unwrap();
    assert!(matches!(serving, LocationValue::Invalid(_)));
    assert_eq!((serving.value(), location.mbms_sa_id.as_ref().unwrap().value()), (None, Some("7")));
    assert_eq!(location.neighbouring_ecgi[0].value(), Some(ECGI));
    let extensions = &location.extensions;
    assert_eq!((extensions.serving_ncgi(), extensions.timestamp().is_some()), (None, true));
    let LocationItem::Configuration(configuration) = &info.items[1] else { panic!("a configuration") };
    let criteria = configuration.triggering_criteria.as_ref().unwrap();
    assert_eq!(criteria.trigger_ids(), [&ByteStr::from("1"), &"2".into()]);
}
