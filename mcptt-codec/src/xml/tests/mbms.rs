//! MBMS usage and notification filters.

use super::super::XmlErrorKind;
use super::super::mbms_usage_info::*;
use super::super::simple_filter::{Changed, FilterSet};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn mbms(children: &str) -> String {
    format!(
        "<mcptt-mbms-usage-info xmlns=\"urn:3gpp:ns:mcpttMbmsUsage:1.0\">{children}</mcptt-mbms-usage-info>"
    )
}

fn tmgi() -> HexBinary {
    HexBinary(vec![0, 0, 1, 0x13, 0xf0, 1])
}

#[test]
fn a_bearer_is_announced_and_taken_back_21_13() {
    let text = mbms(
        "<announcement><TMGI>00000113F001</TMGI><QCI>65</QCI><frequency>3100</frequency><mbms-service-areas>\
         <mbms-service-area-id>0001</mbms-service-area-id></mbms-service-areas><report-suspension>true</report-suspension>\
         </announcement><GPMS>2</GPMS><version>1</version>",
    );
    let areas = ServiceAreas { areas: vec![HexBinary(vec![0, 1])], ..ServiceAreas::default() };
    let announcement = Announcement {
        tmgi: tmgi(),
        qci: Some(65),
        frequency: vec![3100],
        service_areas: Some(areas),
        report_suspension: Some(true),
        ..Announcement::default()
    };
    assert!(!announcement.is_removal());
    assert!(
        Announcement { service_areas: Some(ServiceAreas::default()), ..announcement.clone() }.is_removal()
    );
    assert!(Announcement { service_areas: None, ..announcement.clone() }.is_removal());
    let info = MbmsUsageInfo {
        announcement: Some(announcement),
        general_purpose_media: Some(2),
        version: Some(1),
        ..MbmsUsageInfo::default()
    };
    assert_eq!(MbmsUsageInfo::parse(text.as_bytes()), Ok(info.clone()));
    assert_eq!(info.to_xml(), format!("{DECLARATION}{text}"));
    assert_eq!(MbmsUsageInfo::parse(text.replace("00000113F001", " 00000113f001 ").as_bytes()), Ok(info));
}

#[test]
fn a_status_is_read_in_both_forms_and_written_in_the_one_of_the_schema() {
    let text = mbms(
        "<mbms-listening-status><mbms-listening-status>listening</mbms-listening-status><session-id>sip:s</session-id>\
         <general-purpose>true</general-purpose><TMGI>00000113F001</TMGI></mbms-listening-status>\
         <mbms-suspension-status><mbms-suspension-status>not-suspending</mbms-suspension-status>\
         <number-of-reported-bearers>2</number-of-reported-bearers><suspended-TMGI>00000113F001</suspended-TMGI>\
         <other-TMGI>00000113F002</other-TMGI></mbms-suspension-status><version>3</version>",
    );
    let flat = mbms(
        "<mbms-listening-status>listening</mbms-listening-status><general-purpose>1</general-purpose>\
         <session-id>sip:s</session-id><TMGI>00000113F001</TMGI><mbms-suspension-status>not-suspending\
         </mbms-suspension-status><number-of-reported-bearers>2</number-of-reported-bearers>\
         <other-TMGI>00000113F002</other-TMGI><suspended-TMGI>00000113F001</suspended-TMGI><version>3</version>",
    );
    let info = MbmsUsageInfo::parse(text.as_bytes()).unwrap();
    let listening = info.listening.as_ref().unwrap();
    assert_eq!((&listening.status, listening.general_purpose), (&Listening::Listening, Some(true)));
    assert_eq!((listening.session_id.as_deref(), &listening.tmgi[..]), (Some("sip:s"), &[tmgi()][..]));
    let suspension = info.suspension.as_ref().unwrap();
    assert_eq!(
        (&suspension.status, suspension.number_of_reported_bearers),
        (&Suspension::NotSuspending, Some(2))
    );
    assert_eq!(suspension.suspended_tmgi, [tmgi()]);
    assert_eq!(MbmsUsageInfo::parse(flat.as_bytes()), Ok(info.clone()));
    assert_eq!(info.to_xml(), format!("{DECLARATION}{text}"));
}

#[test]
fn what_is_no_usage_of_mbms_is_refused_with_its_place() {
    for (children, path, kind) in [
        ("<announcement/>", "/announcement", XmlErrorKind::Missing("TMGI")),
        (
            "<announcement><TMGI>0</TMGI></announcement>",
            "/announcement/TMGI",
            XmlErrorKind::Value("hexadecimal octets"),
        ),
        (
            "<announcement><TMGI/></announcement>",
            "/announcement/TMGI",
            XmlErrorKind::Value("hexadecimal octets"),
        ),
        (
            "<announcement><TMGI>0g</TMGI></announcement>",
            "/announcement/TMGI",
            XmlErrorKind::Value("hexadecimal octets"),
        ),
        (
            "<mbms-listening-status><TMGI>00</TMGI></mbms-listening-status>",
            "/mbms-listening-status",
            XmlErrorKind::Missing("mbms-listening-status"),
        ),
        ("<version>1</version><version>2</version>", "/version", XmlErrorKind::Repeated),
        ("<version>-1</version>", "/version", XmlErrorKind::Value("a number from 0 to 18446744073709551615")),
        (
            "<mbms-listening-status>listening</mbms-listening-status><general-purpose>yes</general-purpose>",
            "/mbms-listening-status/general-purpose",
            XmlErrorKind::Value("true or false"),
        ),
    ] {
        let error = MbmsUsageInfo::parse(mbms(&format!("\n{children}")).as_bytes()).unwrap_err();
        assert_eq!(
            (error.line, error.path, error.kind),
            (2, format!("/mcptt-mbms-usage-info{path}"), kind),
            "{children}"
        );
    }
}

#[test]
fn a_filter_is_read_and_written() {
    let text = "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\" package=\"presence\"><ns-bindings>\
                <ns-binding prefix=\"pidf\" urn=\"urn:ietf:params:xml:ns:pidf\"/></ns-bindings>\
                <filter id=\"1\" uri=\"sip:rescue-1@mc.example.org\" enabled=\"true\"><what>\
                <include type=\"xpath\">/pidf:presence/pidf:tuple[@id=\"sip:alice@mc.example.org\"]</include>\
                <exclude>//pidf:note</exclude></what><trigger><changed from=\"1\" to=\"2\" by=\"3\" odd=\"4\">//a</changed>\
                <added>//b</added><removed>//c</removed></trigger></filter>\
                <filter id=\"2\" uri=\"sip:off@mc.example.org\" enabled=\"false\"/>\
                <filter id=\"3\" uri=\"sip:gone@mc.example.org\" remove=\"true\"/><later/></filter-set>";
    let filters = FilterSet::parse(text.as_bytes()).unwrap();
    assert_eq!(filters.resources().collect::<Vec<_>>(), ["sip:rescue-1@mc.example.org"]);
    let filter = &filters.filters[0];
    let what = filter.what.as_ref().unwrap();
    assert_eq!(what.include[0].expression, "/pidf:presence/pidf:tuple[@id=\"sip:alice@mc.example.org\"]");
    let Changed { from, to, by, .. } = &filter.triggers[0].changed[0];
    assert_eq!([from, to, by].map(Option::as_deref), [Some("1"), Some("2"), Some("3")]);
    assert_eq!(filters.to_xml(), format!("{DECLARATION}{text}"));
    let built = FilterSet::including("1", "sip:g", ["//tuple".into()]);
    assert_eq!(FilterSet::parse(built.to_xml().as_bytes()), Ok(built));
    for (from, to, path, kind) in [
        (" id=\"1\"", "", "/filter-set/filter", XmlErrorKind::Missing("id")),
        (" prefix=\"pidf\"", "", "/filter-set/ns-bindings/ns-binding", XmlErrorKind::Missing("prefix")),
        (
            "enabled=\"true\"",
            "enabled=\"on\"",
            "/filter-set/filter",
            XmlErrorKind::Value("true, false or nothing"),
        ),
        ("</what>", "</what><what/>", "/filter-set/filter/what", XmlErrorKind::Repeated),
    ] {
        let error = FilterSet::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!((error.line, error.path.as_str(), error.kind), (1, path, kind), "{to}");
    }
}
