//! The bodies of section 21 of the call control digest other than mcptt-info, and what surrounds them.

use super::super::affiliation::*;
use super::super::affiliation_command::AffiliationCommand;
use super::super::poc_settings::{AnswerMode, PocSettings};
use super::super::resource_lists::*;
use super::super::*;
use crate::id::{ClientId, FunctionalAlias, GroupId, McpttId};
use crate::sip::Method;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const CLIENT: &str = "urn:uuid:00000000-0000-4000-8000-0000000000a1";
const ALICE: &str = "sip:alice@mc.example.org";

fn declared(text: &str) -> String {
    format!("{DECLARATION}{text}")
}

fn group(number: u8) -> GroupId {
    GroupId::new(format!("sip:rescue-{number}@mc.example.org").as_str())
}

#[test]
fn poc_settings_21_2() {
    let body = format!(
        "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\" xmlns:mcs=\"urn:3gpp:mcsSettings:1.0\">\n\
         \x20<entity id=\"{CLIENT}\">\n  <am-settings><answer-mode>automatic</answer-mode></am-settings>\n  \
         <mcs:selected-user-profile-index><mcs:user-profile-index>1</mcs:user-profile-index>\
         </mcs:selected-user-profile-index>\n </entity>\n</poc-settings>"
    );
    let settings = PocSettings::parse(body.as_bytes()).unwrap();
    assert_eq!(settings, PocSettings::of(CLIENT.into(), AnswerMode::Automatic, Some(1)));
    let written = format!(
        "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\" xmlns:mcs10Set=\"urn:3gpp:mcsSettings:1.0\">\
         <entity id=\"{CLIENT}\"><am-settings><answer-mode>automatic</answer-mode></am-settings>\
         <mcs10Set:selected-user-profile-index><mcs10Set:user-profile-index>1</mcs10Set:user-profile-index>\
         </mcs10Set:selected-user-profile-index></entity></poc-settings>"
    );
    assert_eq!(settings.to_xml(), declared(&written));
}

#[test]
fn settings_of_another_service_are_kept_and_mean_nothing() {
    let text = "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"c\">\
                <am-settings><answer-mode>manual</answer-mode></am-settings>\
                <isb-settings><incoming-session-barring active=\"false\"/></isb-settings></entity></poc-settings>";
    let settings = PocSettings::parse(text.as_bytes()).unwrap();
    let entity = &settings.entities[0];
    assert_eq!((&entity.answer_mode, entity.user_profile_index), (&Some(AnswerMode::Manual), None));
    assert_eq!(settings.to_xml(), declared(text));
    let other = text.replace("manual", "busy");
    let settings = PocSettings::parse(other.as_bytes()).unwrap();
    assert_eq!(settings.entities[0].answer_mode, Some(AnswerMode::Other("busy".into())));
    for broken in [text.replace(" id=\"c\"", ""), text.replace("</entity>", "<am-settings/></entity>")] {
        assert!(PocSettings::parse(broken.as_bytes()).is_err(), "{broken}");
    }
}

//= 24.379-9.2.1.2 test
#[test]
fn affiliation_publication_21_3() {
    let body = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:mcpttPI10=\"urn:3gpp:ns:mcpttPresInfo:1.0\" \
         entity=\"{ALICE}\">\n <tuple id=\"{CLIENT}\"><status>\n  \
         <mcpttPI10:affiliation group=\"sip:rescue-1@mc.example.org\"/>\n  \
         <mcpttPI10:affiliation group=\"sip:rescue-2@mc.example.org\"/>\n </status></tuple>\n \
         <mcpttPI10:p-id>p-7781</mcpttPI10:p-id>\n</presence>"
    );
    let presence = PresenceDocument::parse(body.as_bytes()).unwrap();
    let expected = PresenceDocument {
        entity: ALICE.into(),
        tuples: vec![Tuple {
            id: CLIENT.into(),
            affiliations: vec![
                Affiliation { group: Some(group(1)), ..Affiliation::default() },
                Affiliation { group: Some(group(2)), ..Affiliation::default() },
            ],
            ..Tuple::default()
        }],
        p_id: Some("p-7781".into()),
        ..PresenceDocument::default()
    };
    assert_eq!(presence, expected);
    let (user, client) = (McpttId::new(ALICE), ClientId::new(CLIENT));
    let groups = [group(1), group(2)];
    let publication = PresenceDocument::publication(&user, &client, &groups, "p-7781");
    assert_eq!(publication, expected);
    assert_eq!(
        publication.to_xml(),
        declared(&body.replace('\n', "").replace("  ", "").replace("> <", "><"))
    );
}

#[test]
fn affiliation_notification_and_group_form_21_3() {
    let affiliation = Affiliation {
        status: Some(AffiliationStatus::Affiliated),
        expires: Some("2026-03-01T12:00:00Z".into()),
        ..Affiliation::to_group(&group(1))
    };
    let tuple = Tuple { affiliations: vec![affiliation], ..Tuple::of_client(&ClientId::new(CLIENT)) };
    let notification = PresenceDocument {
        tuples: vec![tuple],
        p_id: Some("p-7781".into()),
        ..PresenceDocument::of_user(&McpttId::new(ALICE))
    };
    let text = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:mcpttPI10=\"urn:3gpp:ns:mcpttPresInfo:1.0\" \
         entity=\"{ALICE}\"><tuple id=\"{CLIENT}\"><status><mcpttPI10:affiliation group=\"sip:rescue-1@mc.example.org\" \
         status=\"affiliated\" expires=\"2026-03-01T12:00:00Z\"/></status></tuple>\
         <mcpttPI10:p-id>p-7781</mcpttPI10:p-id></presence>"
    );
    assert_eq!(notification.to_xml(), declared(&text));
    assert_eq!(PresenceDocument::parse(text.as_bytes()), Ok(notification));

    let affiliation = Affiliation::of_client(&ClientId::new(CLIENT));
    let tuple = Tuple { affiliations: vec![affiliation], ..Tuple::of_user(&McpttId::new(ALICE)) };
    let about_group = PresenceDocument { tuples: vec![tuple], ..PresenceDocument::of_group(&group(1)) };
    let text = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:mcpttPI10=\"urn:3gpp:ns:mcpttPresInfo:1.0\" \
         entity=\"sip:rescue-1@mc.example.org\"><tuple id=\"{ALICE}\"><status>\
         <mcpttPI10:affiliation client=\"{CLIENT}\"/></status></tuple></presence>"
    );
    assert_eq!(about_group.to_xml(), declared(&text));
    assert_eq!(PresenceDocument::parse(text.as_bytes()), Ok(about_group));
}

#[test]
fn a_functional_alias_is_not_an_affiliation_and_the_unknown_is_kept() {
    let text = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:mcpttPIFA10=\"urn:3gpp:ns:mcpttPresInfoFA:1.0\" \
         entity=\"{ALICE}\" lang=\"en\"><tuple id=\"{CLIENT}\"><status><basic>open</basic>\
         <mcpttPIFA10:functionalAlias functionalAliasID=\"sip:leader@mc.example.org\" status=\"activated\" \
         expires=\"2026-03-01T12:00:00Z\" x=\"1\"/></status><v:other xmlns:v=\"urn:v\">text <v:in/> more</v:other>\
         <contact>{ALICE}</contact></tuple><note>hello</note>\
         <mcpttPIFA10:p-id-fa>fa-1</mcpttPIFA10:p-id-fa></presence>"
    );
    let presence = PresenceDocument::parse(text.as_bytes()).unwrap();
    let tuple = &presence.tuples[0];
    assert_eq!(tuple.affiliations, []);
    let attribute = Attribute { name: Name::local("x"), value: "1".into() };
    let expected = FunctionalAliasState {
        functional_alias: FunctionalAlias::new("sip:leader@mc.example.org"),
        status: Some(FunctionalAliasStatus::Activated),
        expires: Some("2026-03-01T12:00:00Z".into()),
        extra: Extra { attributes: vec![attribute], ..Extra::default() },
    };
    assert_eq!(tuple.functional_aliases, [expected]);
    assert_eq!((presence.p_id.clone(), presence.p_id_fa.clone()), (None, Some("fa-1".into())));
    assert_eq!(presence.to_xml(), declared(&text));
}

#[test]
fn presence_without_identities_is_refused() {
    for (from, to, path, kind) in [
        (" entity=\"a\"", "", "/presence", XmlErrorKind::Missing("entity")),
        (" id=\"b\"", "", "/presence/tuple", XmlErrorKind::Missing("id")),
        ("</tuple>", "<status/></tuple>", "/presence/tuple/status", XmlErrorKind::Repeated),
        ("</presence>", "<m:p-id/><m:p-id/></presence>", "/presence/p-id", XmlErrorKind::Repeated),
        ("<status>", "<status>x", "/presence/tuple/status", XmlErrorKind::Text),
    ] {
        let text = "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" \
                    entity=\"a\"><tuple id=\"b\"><status><m:affiliation/></status></tuple></presence>";
        let error = PresenceDocument::parse(text.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!((error.path.as_str(), error.kind), (path, kind));
    }
}

#[test]
fn resource_lists_21_4() {
    let text = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" \
                xmlns:cc=\"urn:ietf:params:xml:ns:copycontrol\">\
                <list><entry uri=\"sip:bob@mc.example.org\" cc:copyControl=\"to\"/></list></resource-lists>";
    let lists = ResourceLists::of([Entry::to("sip:bob@mc.example.org")]);
    assert_eq!(ResourceLists::parse(text.as_bytes()), Ok(lists.clone()));
    assert_eq!(lists.to_xml(), declared(text));
    let other_prefix = text.replace("cc", "q").replace("<resource-lists ", "\n<resource-lists ");
    assert_eq!(ResourceLists::parse(other_prefix.as_bytes()), Ok(lists));
}

#[test]
fn resource_lists_of_a_refer_21_8() {
    let uri =
        "sip:rescue-1@mc.example.org?Content-Type=application/vnd.3gpp.mcptt-info%2Bxml&body=%3Cmcpttinfo";
    let text = format!(
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list><entry uri=\"{}\"/></list></resource-lists>",
        uri.replace('&', "&amp;")
    );
    let lists = ResourceLists::of([Entry::plain(uri)]);
    assert_eq!(ResourceLists::parse(text.as_bytes()), Ok(lists.clone()));
    assert_eq!(lists.to_xml(), declared(&text));
}

#[test]
fn every_entry_is_seen_wherever_it_is() {
    let text = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" \
                xmlns:cc=\"urn:ietf:params:xml:ns:copycontrol\"><list name=\"a\" x=\"1\"><display-name>A</display-name>\
                <entry uri=\"sip:1\" cc:copyControl=\"bcc\" cc:anonymize=\"true\"><display-name>One</display-name></entry>\
                <list><entry uri=\"sip:2\" cc:copyControl=\"new\"/></list><entry-ref ref=\"r\"/></list>\
                <list><entry uri=\"sip:3\" cc:copyControl=\"cc\"/></list><other/></resource-lists>";
    let lists = ResourceLists::parse(text.as_bytes()).unwrap();
    let entries: Vec<_> =
        lists.entries().map(|entry| (entry.uri.as_str(), entry.copy_control.clone())).collect();
    let expected = [
        ("sip:1", Some(CopyControl::Bcc)),
        ("sip:2", Some(CopyControl::Other("new".into()))),
        ("sip:3", Some(CopyControl::Cc)),
    ];
    assert_eq!(entries, expected);
    assert_eq!(lists.lists[0].name.as_deref(), Some("a"));
    assert_eq!(lists.to_xml(), declared(text));
    let error = ResourceLists::parse(text.replace(" uri=\"sip:2\"", "").as_bytes()).unwrap_err();
    assert_eq!(
        (error.path.as_str(), error.kind),
        ("/resource-lists/list/list/entry", XmlErrorKind::Missing("uri"))
    );
}

#[test]
fn affiliation_commands_are_read_in_any_namespace() {
    let text = "<command-list xmlns=\"urn:3gpp:ns:affiliationCommand:1.0\"><affiliate><group>sip:rescue-1@mc.example.org\
                </group><group>sip:rescue-2@mc.example.org</group></affiliate><de-affiliate>\
                <group>sip:rescue-3@mc.example.org</group><new/></de-affiliate><later/></command-list>";
    let command = AffiliationCommand::parse(text.as_bytes()).unwrap();
    assert_eq!(
        (&command.affiliate[..], &command.de_affiliate[..]),
        (&[group(1), group(2)][..], &[group(3)][..])
    );
    assert_eq!(command.to_xml(), declared(text));
    for other in
        [text.replace("urn:3gpp:ns:affiliationCommand:1.0", "urn:other"), text.replace(" xmlns", " x")]
    {
        let other = AffiliationCommand::parse(other.as_bytes()).unwrap();
        assert_eq!(
            (other.affiliate, other.de_affiliate),
            (command.affiliate.clone(), command.de_affiliate.clone())
        );
    }
    for broken in ["<affiliate/><affiliate/>", "<affiliate><group/></affiliate>", "text"] {
        assert!(
            AffiliationCommand::parse(format!("<command-list>{broken}</command-list>").as_bytes()).is_err()
        );
    }
}

#[test]
fn lists_refer_to_other_documents_and_entries_say_what_to_do() {
    let text = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" \
                xmlns:cc=\"urn:ietf:params:xml:ns:copycontrol\"><list><display-name xml:lang=\"en\">L</display-name>\
                <entry uri=\"sip:1@mc.example.org;method=BYE\"><display-name>One</display-name></entry>\
                <entry-ref ref=\"resource-lists/users/sip:a/index/~~/x\"><display-name>R</display-name></entry-ref>\
                <external anchor=\"https://xcap.example.org/x\" odd=\"1\"/><x:new xmlns:x=\"urn:x\"/>\
                <entry uri=\"sip:2@mc.example.org?Subject=a%20b&amp;body=x\" cc:copyControl=\"to\" cc:anonymize=\"true\"/>\
                <entry uri=\"sip:Yw==;iv=aQ;key-id=aw;alg=128-aes-gcm@mc1-encrypted.3gppnetwork.org\"/>\
                </list></resource-lists>";
    let lists = ResourceLists::parse(text.as_bytes()).unwrap();
    let list = &lists.lists[0];
    assert_eq!(list.display_name.as_deref(), Some("L"));
    let target = |item: &ListItem| match item {
        ListItem::EntryRef(reference) | ListItem::External(reference) => Some(reference.target.to_string()),
        _ => None,
    };
    let targets: Vec<_> = list.items.iter().filter_map(target).collect();
    assert_eq!(targets, ["resource-lists/users/sip:a/index/~~/x", "https://xcap.example.org/x"]);
    let entries: Vec<_> = lists.entries().collect();
    assert_eq!(entries[0].method(), Some(Method::Bye));
    assert_eq!(entries[0].display_name.as_deref(), Some("One"));
    assert_eq!((entries[1].method(), entries[1].anonymize), (None, Some(true)));
    let uri = entries[1].read_uri().unwrap();
    assert_eq!((uri.header("Subject"), uri.headers.len()), (Some("a b".to_owned()), 2));
    assert_eq!(entries[1].encrypted_uri(), Ok(None));
    assert_eq!(entries[2].encrypted_uri().unwrap().unwrap().key_id, "aw");
    assert_eq!(lists.to_xml(), declared(text));
    for (from, to, path, kind) in [
        ("anonymize=\"true\"", "anonymize=\"yes\"", "entry", XmlErrorKind::Value("a boolean")),
        (" ref=", " x=", "entry-ref", XmlErrorKind::Missing("ref")),
        (" anchor=", " x=", "external", XmlErrorKind::Missing("anchor")),
        ("One</display-name>", "One</display-name>text", "entry", XmlErrorKind::Text),
        ("<external", "<display-name/><external", "display-name", XmlErrorKind::Repeated),
    ] {
        let error = ResourceLists::parse(text.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(
            (error.line, error.path, error.kind),
            (1, format!("/resource-lists/list/{path}"), kind),
            "{to}"
        );
    }
}

#[test]
fn nothing_beside_a_value_is_lost() {
    let presence = "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" \
                    entity=\"e\"><m:p-id x=\"1\">p</m:p-id></presence>";
    let again = PresenceDocument::parse(presence.as_bytes()).unwrap().to_xml();
    assert!(again.contains("p-id x=\"1\">p</"), "{again}");
    let settings = "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"c\">\
                    <am-settings><answer-mode x=\"1\">manual<in/></answer-mode></am-settings></entity></poc-settings>";
    assert_eq!(PocSettings::parse(settings.as_bytes()).unwrap().to_xml(), declared(settings));
    let command = "<command-list xmlns=\"urn:3gpp:ns:affiliationCommand:1.0\"><affiliate><group>sip:1</group>\
                   <group x=\"1\">sip:2</group></affiliate></command-list>";
    assert_eq!(AffiliationCommand::parse(command.as_bytes()).unwrap().to_xml(), declared(command));
}
