//! The bodies that go with the documents: changes, regroups, signatures, floor requests between functions.

use crate::id::{GroupId, McpttId};
use crate::xml::floor_request::{FloorRequest, TrackInfo};
use crate::xml::regroup::{self, MAX_MEMBERS, Regroup, RegroupAction};
use crate::xml::signed::{MAX_SIGNATURES, Reference, Signatures};
use crate::xml::xcap_diff::*;
use crate::xml::{Element, Extra, Name, Namespace, Node, XmlErrorKind};

const CHANGES: &str = include_str!("../../../tests/documents/xcap_diff_police.xml");
const REGROUP: &str = include_str!("../../../tests/documents/regroup_fire_create.xml");
const SIGNED: &str = include_str!("../../../tests/documents/signed_rail.xml");
const FLOOR: &str = include_str!("../../../tests/documents/floor_request_rail.xml");
const GROUPS: &str = "org.openmobilealliance.groups/global/byGroupID/sip:";

fn group(name: &str) -> GroupId {
    GroupId::from(format!("sip:{name}@feuerwehr.example.org").as_str())
}

#[test]
fn changes_say_what_happened() {
    let sel = |name: &str| format!("{GROUPS}{name}@polizei.example.org").into();
    let entry = Namespace { uri: "urn:oma:xml:poc:list-service", prefix: "l" }
        .element("entry")
        .with("uri", "sip:streife-12@polizei.example.org");
    let operation = |kind, sel: &str, content| Operation {
        kind,
        sel: sel.into(),
        pos: None,
        node_type: None,
        ws: None,
        content,
        attributes: Vec::new(),
    };
    let add = Operation {
        pos: Some("prepend".into()),
        ..operation(OperationKind::Add, "*/list-service/list", vec![Node::Element(entry)])
    };
    let name = "*/list-service/display-name/text()";
    let replace = operation(OperationKind::Replace, name, vec![Node::Text("Nord".into())]);
    let remove = Operation {
        ws: Some("after".into()),
        ..operation(OperationKind::Remove, "*/list-service/list/entry[2]", Vec::new())
    };
    let document = |sel, new: Option<&str>, previous: Option<&str>| ChangedDocument {
        sel,
        new_etag: new.map(Into::into),
        previous_etag: previous.map(Into::into),
        ..ChangedDocument::default()
    };
    let profile =
        "org.3gpp.mcptt.user-profile/users/sip:streife-11@polizei.example.org/mcptt-user-profile-1.xml";
    let expected = XcapDiff {
        xcap_root: "https://gms.example.org/xcap/".into(),
        items: vec![
            XcapDiffItem::Document(document(sel("neu"), Some("e1"), None)),
            XcapDiffItem::Document(ChangedDocument {
                operations: vec![add, replace, remove],
                ..document(sel("streife-nord"), Some("e3"), Some("e2"))
            }),
            XcapDiffItem::Document(document(sel("alt"), None, Some("e9"))),
            XcapDiffItem::Document(ChangedDocument {
                body_not_changed: true,
                ..document(profile.into(), Some("f2"), Some("f1"))
            }),
            XcapDiffItem::Element(ChangedElement {
                sel: "a/~~/b".into(),
                exists: Some(false),
                ..ChangedElement::default()
            }),
            XcapDiffItem::Attribute(ChangedAttribute {
                sel: "a/~~/b/@c".into(),
                exists: Some(true),
                value: "wert".into(),
                ..ChangedAttribute::default()
            }),
        ],
        attributes: Vec::new(),
    };
    let changes = XcapDiff::parse(CHANGES.as_bytes()).unwrap();
    assert_eq!(changes, expected);
    assert_eq!(XcapDiff::parse(changes.to_xml().as_bytes()), Ok(changes.clone()));
    let kinds: Vec<_> = changes.documents().map(ChangedDocument::change).collect();
    assert_eq!(kinds, [Change::Created, Change::Modified, Change::Removed, Change::Modified]);
    assert_eq!(ChangedDocument::default().change(), Change::Unknown);
    assert!(changes.document(profile).unwrap().body_not_changed);
    assert_eq!(changes.document("nothing"), None);
}

#[test]
fn a_regroup_is_read_in_any_namespace_and_written_in_one() {
    let created = Regroup::create(
        group("muster-1"),
        group("grosslage-77"),
        vec![group("loeschzug-3"), group("loeschzug-4")],
    );
    assert_eq!(Regroup::parse(REGROUP.as_bytes()), Ok(created.clone()));
    assert_eq!(Regroup::parse(created.to_xml().as_bytes()), Ok(created.clone()));
    for text in [
        REGROUP.replace("urn:3gpp:ns:preconfiguredRegroup:1.0", "urn:3gpp:ns:mcpttRegroupInfo:1.0"),
        REGROUP.replace(" xmlns=\"urn:3gpp:ns:preconfiguredRegroup:1.0\"", ""),
        REGROUP.replace("<group>", "<mcpttURI>").replace("</group>", "</mcpttURI>"),
        REGROUP
            .replace("regroup-uri>", "regroup-uri><mcpttURI>")
            .replace("</mcptt-regroup-uri><mcpttURI>", "</mcpttURI></mcptt-regroup-uri>"),
    ] {
        assert_eq!(Regroup::parse(text.as_bytes()), Ok(created.clone()), "{text}");
    }
    let removed = Regroup::remove(group("grosslage-77"));
    assert_eq!(
        removed.to_xml(),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mcpttregroup xmlns=\"{}\"><mcpttregroup-Params>\
             <mcptt-regroup-uri>sip:grosslage-77@feuerwehr.example.org</mcptt-regroup-uri>\
             <regroup-action>remove</regroup-action></mcpttregroup-Params></mcpttregroup>",
            regroup::NAMESPACE.uri
        )
    );
    let users = Some(vec![McpttId::from("sip:a@b"), McpttId::from("tel:+49301")]);
    let later = RegroupAction::Other("merge".into());
    let name = Name { namespace: "urn:x".into(), prefix: "x".into(), local: "why".into() };
    let params_extra = Extra { children: vec![Element::new(name).text("drill")], ..Extra::default() };
    let of_users = Regroup { users, action: later, params_extra, ..removed };
    assert_eq!(Regroup::parse(of_users.to_xml().as_bytes()), Ok(of_users));
}

#[test]
fn what_stands_beside_the_addresses_of_a_regroup_is_kept() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <mcpttregroup xmlns=\"urn:3gpp:ns:preconfiguredRegroup:1.0\"><mcpttregroup-Params xmlns:x=\"urn:x\" x:a=\"1\">\
        <preconfig-group-id x:a=\"2\"><preconfigured-group x:a=\"3\">sip:p</preconfigured-group><x:b/></preconfig-group-id>\
        <mcptt-regroup-uri x:a=\"4\">sip:r</mcptt-regroup-uri>\
        <groups-for-regroup x:a=\"5\"><group x:a=\"6\">sip:g1</group><group>sip:g2<anyExt><x:c/></anyExt></group>\
        <anyExt><x:d/></anyExt></groups-for-regroup>\
        <users-for-regroup><user x:a=\"7\">sip:u</user></users-for-regroup>\
        <regroup-action x:a=\"8\">create</regroup-action></mcpttregroup-Params></mcpttregroup>";
    let regroup = Regroup::parse(text.as_bytes()).unwrap();
    assert_eq!(regroup.groups, Some(vec!["sip:g1".into(), "sip:g2".into()]));
    assert_eq!(regroup.preconfigured_group, Some("sip:p".into()));
    assert_eq!(regroup.to_xml(), text);
    // An element of its own around the address goes, what is in it stays.
    let wrapped = text
        .replace("<group x:a=\"6\">sip:g1", "<member x:a=\"6\"><id x:a=\"no\" x:e=\"9\">sip:g1</id>")
        .replace("</id></group>", "</id></member>");
    let regroup = Regroup::parse(wrapped.as_bytes()).unwrap();
    assert_eq!(regroup.to_xml(), text.replace("x:a=\"6\"", "x:a=\"6\" x:e=\"9\""));
}

#[test]
fn a_signature_says_what_it_covers() {
    let signed = Signatures::parse(SIGNED.as_bytes()).unwrap();
    let [signature] = &signed.signatures[..] else { panic!("one signature") };
    let reference = Reference {
        uri: Some("cid:info@bahn.example.org".into()),
        digest_method: Some("http://www.w3.org/2001/04/xmlenc#sha256".into()),
        digest_value: Some("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into()),
    };
    assert_eq!(reference.content_id(), Some("info@bahn.example.org"));
    assert_eq!(signature.references, [reference]);
    assert_eq!(signature.signature_value, "AAECAwQFBgc=");
    assert_eq!(signature.key_name.as_deref(), Some("IAAAAQ=="));
    let canonical = signature.canonicalization_method.as_deref();
    assert_eq!(canonical, Some("http://www.w3.org/2001/10/xml-exc-c14n#"));
    let method = signature.signature_method.as_deref();
    assert_eq!(method, Some("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"));
    assert_eq!(signed.over("info@bahn.example.org"), Some(signature));
    assert_eq!(signed.over("other@bahn.example.org"), None);
    // What was signed stays as it came, its white space included.
    let (start, end) = (SIGNED.find("<ds:Signature>").unwrap(), SIGNED.find("\n</signatures>").unwrap());
    assert!(signed.to_xml().contains(&SIGNED[start..end]));
    assert_eq!(Signatures::parse(signed.to_xml().as_bytes()), Ok(signed));
    for (uri, content_id) in [("", None), ("#a", None), ("cid:", None), ("CID:a@b", Some("a@b"))] {
        let reference = Reference { uri: Some(uri.into()), ..Reference::default() };
        assert_eq!(reference.content_id(), content_id, "{uri}");
    }
}

#[test]
fn a_floor_request_names_the_talker() {
    let expected = FloorRequest {
        floor_type: Some("general".into()),
        ssrc: Some(0x1234_5678),
        floor_priority: Some(7),
        user_id: Some(McpttId::from("sip:lokfuehrer-7@bahn.example.org")),
        track_info: Some(TrackInfo {
            queueing_capability: Some(1),
            participant_type: Some("driver".into()),
            floor_participant_references: vec![17, 42],
            ..TrackInfo::default()
        }),
        floor_indicator: Some(0x8000),
        ..FloorRequest::default()
    };
    let request = FloorRequest::parse(FLOOR.as_bytes()).unwrap();
    assert_eq!(request, expected);
    assert_eq!(FloorRequest::parse(request.to_xml().as_bytes()), Ok(request));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let params = "/mcpttregroup/mcpttregroup-Params";
    for (from, to, line, path, kind) in [
        (
            "<regroup-action>create</regroup-action>",
            "",
            3,
            params.to_owned(),
            XmlErrorKind::Missing("regroup-action"),
        ),
        (
            "<mcptt-regroup-uri>sip:grosslage-77@feuerwehr.example.org",
            "<mcptt-regroup-uri>",
            5,
            format!("{params}/mcptt-regroup-uri"),
            XmlErrorKind::Value("a URI"),
        ),
        (
            "<regroup-action>",
            "<regroup-action>remove</regroup-action><regroup-action>",
            7,
            format!("{params}/regroup-action"),
            XmlErrorKind::Repeated,
        ),
    ] {
        let error = Regroup::parse(REGROUP.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!((error.line, error.path, error.kind), (line, path, kind), "{to}");
    }
    let crowd = REGROUP.replace(
        "<groups-for-regroup>",
        &format!("<groups-for-regroup>{}", "<g>sip:g</g>".repeat(MAX_MEMBERS)),
    );
    let kind = Regroup::parse(crowd.as_bytes()).unwrap_err().kind;
    assert_eq!(kind, XmlErrorKind::TooLarge { what: "members", limit: MAX_MEMBERS, got: MAX_MEMBERS + 2 });

    let signed = |from: &str, to: &str| Signatures::parse(SIGNED.replace(from, to).as_bytes()).unwrap_err();
    let error = signed("SignatureValue>", "Value>");
    assert_eq!((error.line, error.path.as_str()), (3, "/signatures/Signature"));
    assert_eq!(error.kind, XmlErrorKind::Missing("SignatureValue"));
    let error = signed("ds:Reference", "ds:Later");
    assert_eq!((error.line, error.path.as_str()), (4, "/signatures/Signature/SignedInfo"));
    assert_eq!(error.kind, XmlErrorKind::Missing("Reference"));
    let many = "<ds:Reference/>".repeat(MAX_SIGNATURES + 1);
    let error = signed("<ds:SignedInfo>", &format!("<ds:SignedInfo>{many}"));
    let limit = MAX_SIGNATURES;
    assert_eq!(error.kind, XmlErrorKind::TooLarge { what: "references", limit, got: limit + 1 });

    let changes =
        |from: &str, to: &str| XcapDiff::parse(CHANGES.replacen(from, to, 1).as_bytes()).unwrap_err();
    assert_eq!(
        changes(" xcap-root=\"https://gms.example.org/xcap/\"", "").kind,
        XmlErrorKind::Missing("xcap-root")
    );
    let error = changes("<remove sel=\"*/list-service/list/entry[2]\"", "<remove");
    assert_eq!((error.line, error.path.as_str()), (7, "/xcap-diff/document/remove"));
    assert_eq!(error.kind, XmlErrorKind::Missing("sel"));
    let error = changes("exists=\"false\"", "exists=\"no\"");
    assert_eq!((error.line, error.kind), (11, XmlErrorKind::Value("true or false")));

    let error = FloorRequest::parse(FLOOR.replace(">7<", ">300<").as_bytes()).unwrap_err();
    assert_eq!((error.line, error.path.as_str()), (5, "/mcptt-floor-request/floor-priority"));
    assert_eq!(error.kind, XmlErrorKind::Value("a number from 0 to 255"));
}
