//! Conference state: what a document tells, and what is refused.

use super::super::XmlErrorKind;
use super::super::conference_info::*;
use crate::id::{FunctionalAlias, GroupId, McpttId};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn declared(text: &str) -> String {
    format!("{DECLARATION}{text}")
}

fn group(number: u8) -> GroupId {
    GroupId::new(format!("sip:rescue-{number}@mc.example.org").as_str())
}

//= 24.379-6.3.3.4:entity test
#[test]
fn conference_info_21_9() {
    let text = "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sip:rescue-1@mc.example.org\" \
                state=\"full\" version=\"0\"><users><user entity=\"sip:bob@mc.example.org\"><endpoint>\
                <status>connected</status><joining-method>dialed-out</joining-method></endpoint></user></users>\
                </conference-info>";
    let mut bob = User::connected(&McpttId::new("sip:bob@mc.example.org"));
    bob.endpoints[0].joining_method = Some(JoiningMethod::DialedOut);
    let info = ConferenceInfo::full(&group(1), 0, [bob]);
    assert_eq!(ConferenceInfo::parse(text.as_bytes()), Ok(info.clone()));
    assert_eq!(info.to_xml(), declared(text));
}

#[test]
fn conference_parts_are_kept_in_the_order_of_their_schema() {
    let text = "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sip:g\" state=\"partial\" \
                version=\"7\"><conference-description><subject>S</subject></conference-description>\
                <conference-state><user-count>2</user-count></conference-state><users state=\"partial\">\
                <user entity=\"sip:a\" state=\"deleted\"><display-text>A</display-text><roles><entry>x</entry></roles>\
                <endpoint entity=\"sip:1\" state=\"full\"><referred/><status>disconnected</status>\
                <disconnection-method>booted</disconnection-method><media id=\"1\"/></endpoint>\
                <endpoint><status>pending</status></endpoint></user></users><e:ext xmlns:e=\"urn:e\"/></conference-info>";
    let info = ConferenceInfo::parse(text.as_bytes()).unwrap();
    let users = info.users.as_ref().unwrap();
    assert_eq!(
        (info.state.clone(), info.version, users.state.clone()),
        (Some(State::Partial), Some(7), Some(State::Partial))
    );
    let user = &users.users[0];
    assert_eq!((user.state.clone(), user.display_text.as_deref()), (Some(State::Deleted), Some("A")));
    let status: Vec<_> = user.endpoints.iter().map(|endpoint| endpoint.status.clone().unwrap()).collect();
    assert_eq!(status, [EndpointStatus::Disconnected, EndpointStatus::Pending]);
    assert_eq!(user.endpoints[0].disconnection_method, Some(DisconnectionMethod::Booted));
    assert_eq!(info.to_xml(), declared(text));
    for (from, to) in [("version=\"7\"", "version=\"-1\""), (" entity=\"sip:a\"", "")] {
        assert!(ConferenceInfo::parse(text.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
    }
}

/// Everything that RFC 4575 has, with an extension of 3GPP.
const COMPLETE: &str = "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sip:rescue-1@mc.example.org\" \
    state=\"full\" version=\"4294967295\"><conference-description><display-text>D</display-text><subject>S</subject>\
    <free-text>F</free-text><keywords>k l</keywords><conf-uris state=\"partial\"><entry><uri>sip:c</uri>\
    <display-text>C</display-text><purpose>participation</purpose><modified><when>2026-03-01T12:00:00Z</when>\
    <reason>r</reason><by>sip:b</by></modified></entry></conf-uris><service-uris/><maximum-user-count>9</maximum-user-count>\
    <available-media><entry label=\"34567\"><display-text>speech</display-text><type>audio</type><status>sendrecv</status>\
    </entry></available-media></conference-description><host-info><display-text>H</display-text><web-page>https://h</web-page>\
    <uris/></host-info><conference-state><user-count>2</user-count><active>true</active><locked>false</locked>\
    </conference-state><users><user entity=\"sip:bob@mc.example.org\" state=\"full\"><display-text>Bob</display-text>\
    <associated-aors><entry><uri>tel:+1</uri></entry></associated-aors><roles><entry>lead</entry><entry>x</entry></roles>\
    <languages>en de</languages><cascaded-focus>sip:f</cascaded-focus><endpoint entity=\"sip:1\" state=\"full\">\
    <display-text>E</display-text><referred><by>sip:a</by></referred><status>disconnected</status>\
    <joining-method>dialed-in</joining-method><joining-info><when>2026-03-01T12:00:00Z</when></joining-info>\
    <disconnection-method>booted</disconnection-method><disconnection-info><reason>r</reason></disconnection-info>\
    <media id=\"1\"><display-text>M</display-text><type>audio</type><label>34567</label><src-id>17</src-id>\
    <status>recvonly</status></media><call-info><sip><display-text>T</display-text><call-id>c</call-id>\
    <from-tag>f</from-tag><to-tag>t</to-tag></sip></call-info></endpoint><m:anyExt xmlns:m=\"urn:3gpp:ns:mcpttConfInfo:1.0\">\
    <m:functional-alias>sip:fa</m:functional-alias></m:anyExt></user></users><sidebars-by-ref><entry><uri>sip:s</uri></entry>\
    </sidebars-by-ref><sidebars-by-val><entry entity=\"sip:s\"/></sidebars-by-val></conference-info>";

#[test]
fn everything_of_a_conference_is_seen() {
    let info = ConferenceInfo::parse(COMPLETE.as_bytes()).unwrap();
    let description = info.description.as_ref().unwrap();
    let conf_uris = description.conf_uris.as_ref().unwrap();
    assert_eq!((conf_uris.state.clone(), conf_uris.entries[0].uri.as_str()), (Some(State::Partial), "sip:c"));
    assert_eq!(description.available_media.as_ref().unwrap().entries[0].status, Some(MediaStatus::SendRecv));
    assert_eq!(info.conference_state.as_ref().unwrap().user_count, Some(2));
    let user = &info.users.as_ref().unwrap().users[0];
    assert_eq!(user.roles.as_ref().unwrap().entries, ["lead", "x"]);
    assert_eq!(user.functional_aliases(), [FunctionalAlias::new("sip:fa")]);
    let endpoint = &user.endpoints[0];
    assert_eq!(endpoint.status, Some(EndpointStatus::Disconnected));
    assert_eq!(endpoint.joining_method, Some(JoiningMethod::DialedIn));
    assert_eq!(endpoint.media[0].src_id.as_deref(), Some("17"));
    assert_eq!(endpoint.call_info.as_ref().unwrap().sip.as_ref().unwrap().from_tag, "f");
    assert_eq!(info.sidebars_by_ref.as_ref().unwrap().entries.len(), 1);
    assert_eq!(info.to_xml(), declared(COMPLETE));
}

#[test]
fn a_change_of_one_user_is_told_alone() {
    let user = User::disconnected(&McpttId::new("sip:bob@mc.example.org"), DisconnectionMethod::Departed);
    let text = "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sip:rescue-1@mc.example.org\" \
                state=\"partial\" version=\"1\"><users state=\"partial\"><user entity=\"sip:bob@mc.example.org\"><endpoint>\
                <status>disconnected</status><disconnection-method>departed</disconnection-method></endpoint></user></users>\
                </conference-info>";
    assert_eq!(ConferenceInfo::partial(&group(1), 1, [user]).to_xml(), declared(text));
}

#[test]
fn what_cannot_be_a_conference_is_refused_with_its_place() {
    let root = "/conference-info";
    for (from, to, path, kind) in [
        (" entity=\"sip:rescue-1@mc.example.org\"", "", "", XmlErrorKind::Missing("entity")),
        (
            "version=\"4294967295\"",
            "version=\"4294967296\"",
            "",
            XmlErrorKind::Value("a number from 0 to 4294967295"),
        ),
        ("<users>", "<users>x", "/users", XmlErrorKind::Text),
        ("</users>", "</users><users/>", "/users", XmlErrorKind::Repeated),
        (" id=\"1\"", "", "/users/user/endpoint/media", XmlErrorKind::Missing("id")),
        ("<to-tag>t</to-tag>", "", "/users/user/endpoint/call-info/sip", XmlErrorKind::Missing("to-tag")),
        ("<active>true", "<active>yes", "/conference-state/active", XmlErrorKind::Value("true or false")),
    ] {
        let text = COMPLETE.replacen(from, to, 1);
        let error = ConferenceInfo::parse(text.as_bytes()).unwrap_err();
        assert_eq!((error.line, error.path, error.kind), (1, format!("{root}{path}"), kind), "{to}");
    }
}
