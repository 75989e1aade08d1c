use proptest::prelude::*;

use crate::fuzzing::xml::{mcptt_info, xml_body};

/// One document of each kind with known, unknown and foreign parts, to be damaged.
const DOCUMENTS: [&str; 7] = [
    "<?xml version=\"1.0\"?><m:mcpttinfo xmlns:m=\"urn:3gpp:ns:mcpttInfo:1.0\" xmlns:x=\"urn:x\"><m:mcptt-Params x:a=\"1\">\
     <m:session-type>chat</m:session-type><m:mcptt-request-uri type=\"Normal\"><m:mcpttURI>sip:a&amp;b</m:mcpttURI>\
     </m:mcptt-request-uri><m:emergency-ind>true</m:emergency-ind><m:alert-ind type=\"Normal\"><m:mcpttBoolean>0\
     </m:mcpttBoolean></m:alert-ind><x:y>text<x:z/></x:y><m:anyExt><m:release-reason>r</m:release-reason>\
     <m:used-priority>7</m:used-priority><u/></m:anyExt></m:mcptt-Params></m:mcpttinfo>",
    "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" xmlns:cc=\"urn:ietf:params:xml:ns:copycontrol\">\
     <list name=\"n\"><entry uri=\"sip:b\" cc:copyControl=\"to\" cc:x=\"1\"><d>&#65;</d></entry><list/></list></resource-lists>",
    "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:p=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"e\">\
     <tuple id=\"t\"><status><p:affiliation group=\"g\" status=\"affiliated\"/><p:functionalAlias functionalAliasID=\"f\"/>\
     </status><note xml:lang=\"en\">n</note></tuple><p:p-id>1</p:p-id></presence>",
    "<command-list xmlns=\"urn:q\"><affiliate><group>sip:g</group></affiliate><de-affiliate/></command-list>",
    "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\" xmlns:m=\"urn:3gpp:mcsSettings:1.0\"><entity id=\"i\">\
     <am-settings><answer-mode>manual</answer-mode></am-settings><m:selected-user-profile-index><m:user-profile-index>1\
     </m:user-profile-index></m:selected-user-profile-index></entity></poc-settings>",
    "<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"><Report ReportType=\"Emergency\"><CurrentLocation>\
     <CurrentCoordinate><longitude><threebytes>1</threebytes></longitude></CurrentCoordinate></CurrentLocation></Report>\
     <Configuration><TriggeringCriteria><PeriodicReport TriggerId=\"p\">3</PeriodicReport></TriggeringCriteria>\
     </Configuration></location-info>",
    "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"g\" version=\"1\"><users><user entity=\"u\">\
     <endpoint><status>connected</status></endpoint></user></users></conference-info>",
];

fn laws(octets: &[u8]) {
    mcptt_info(octets);
    xml_body(octets);
}

/// Pieces of which trees are made that are nearly documents.
fn fragment() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("m:emergency-ind"),
        Just("m:alert-ind"),
        Just("m:session-type"),
        Just("m:mcptt-request-uri"),
        Just("m:broadcast-ind"),
        Just("m:anyExt"),
        Just("m:release-reason"),
        Just("m:req-type"),
        Just("m:used-priority"),
        Just("m:emergency-ind-rcvd"),
        Just("x:foreign"),
        Just("bare"),
        Just("m:mcpttBoolean"),
        Just("m:mcpttURI"),
        Just("m:mcpttString"),
        Just("m:MKFC-GKTPs"),
        Just("m:affiliation-required"),
    ];
    let attribute = prop_oneof![
        Just(""),
        Just(" type=\"Normal\""),
        Just(" type=\"Encrypted\""),
        Just(" x:a='&lt;'"),
        Just(" xmlns=\"urn:d\""),
        Just(" xmlns:x=\"urn:d\" x:b=\"\""),
        Just(" xmlns=\"\""),
    ];
    let text = prop_oneof![
        Just(""),
        Just("true"),
        Just("0"),
        Just(" 17 "),
        Just("sip:a"),
        Just("&amp;"),
        Just("<![CDATA[<]]>"),
        Just("\r\n"),
    ];
    let leaf = (name.clone(), attribute.clone(), text.clone())
        .prop_map(|(name, attribute, text)| format!("<{name}{attribute}>{text}</{name}>"));
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let content = proptest::collection::vec(inner, 0..4);
        (name.clone(), attribute.clone(), text.clone(), content).prop_map(
            |(name, attribute, text, content)| {
                format!("<{name}{attribute}>{text}{}</{name}>", content.concat())
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_prefix_and_mutation_is_survived(which in 0..DOCUMENTS.len(), at: prop::sample::Index, cut: prop::sample::Index, octet: u8) {
        let mut octets = DOCUMENTS[which].as_bytes().to_vec();
        laws(&octets);
        let at = at.index(octets.len());
        octets[at] = octet;
        laws(&octets);
        octets.remove(at);
        laws(&octets);
        octets.truncate(cut.index(octets.len()));
        laws(&octets);
    }

    #[test]
    fn pieces_change_places_without_harm(from in 0..DOCUMENTS.len(), to in 0..DOCUMENTS.len(), a: prop::sample::Index, b: prop::sample::Index, at: prop::sample::Index) {
        let (from, to) = (DOCUMENTS[from].as_bytes(), DOCUMENTS[to].as_bytes());
        let (a, b) = (a.index(from.len()), b.index(from.len()));
        let at = at.index(to.len());
        laws(&[&to[..at], &from[a.min(b)..a.max(b)], &to[at..]].concat());
    }

    #[test]
    fn nearly_valid_trees_survive_writing(in_params in proptest::collection::vec(fragment(), 0..4), in_root in proptest::collection::vec(fragment(), 0..2)) {
        let text = format!(
            "<m:mcpttinfo xmlns:m=\"urn:3gpp:ns:mcpttInfo:1.0\" xmlns:x=\"urn:x\"><m:mcptt-Params>{}</m:mcptt-Params>{}</m:mcpttinfo>",
            in_params.concat(),
            in_root.concat()
        );
        laws(text.as_bytes());
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,80}|[<>/a-c:='\" &;!?\\[\\]-]{0,60}") {
        laws(text.as_bytes());
    }
}

#[test]
fn the_documents_are_read() {
    assert!(crate::xml::mcptt_info::McpttInfo::parse(DOCUMENTS[0].as_bytes()).is_ok());
    assert!(crate::xml::resource_lists::ResourceLists::parse(DOCUMENTS[1].as_bytes()).is_ok());
    assert!(crate::xml::affiliation::PresenceDocument::parse(DOCUMENTS[2].as_bytes()).is_ok());
    assert!(crate::xml::affiliation_command::AffiliationCommand::parse(DOCUMENTS[3].as_bytes()).is_ok());
    assert!(crate::xml::poc_settings::PocSettings::parse(DOCUMENTS[4].as_bytes()).is_ok());
    assert!(crate::xml::location_info::LocationInfo::parse(DOCUMENTS[5].as_bytes()).is_ok());
    assert!(crate::xml::conference_info::ConferenceInfo::parse(DOCUMENTS[6].as_bytes()).is_ok());
}
