use super::*;
use crate::xml::{Attribute, Name, Node, XmlErrorKind};

#[test]
fn registration_21_1() {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>\n \
         <mcptt-access-token type=\"Normal\"><mcpttString>eyJhbGciOiJSUzI1NiJ9.eyJ</mcpttString></mcptt-access-token>\n \
         <mcptt-client-id type=\"Normal\"><mcpttString>{CLIENT}</mcpttString></mcptt-client-id>\n\
         </mcptt-Params></mcpttinfo>"
    );
    let info = McpttInfo::parse(body.as_bytes()).unwrap();
    let expected = McpttInfo {
        access_token: normal(AccessToken("eyJhbGciOiJSUzI1NiJ9.eyJ".into())),
        client_id: normal(CLIENT.into()),
        ..McpttInfo::default()
    };
    assert_eq!(info, expected);
    assert!(!format!("{info:?} {info:#?}").contains("eyJ"), "a token is never printed");
}

#[test]
fn emergency_group_call_21_4() {
    let children = format!(
        "<session-type>prearranged</session-type>\
         <mcptt-request-uri type=\"Normal\"><mcpttURI>sip:rescue-1@mc.example.org</mcpttURI></mcptt-request-uri>\
         <emergency-ind type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></emergency-ind>\
         <alert-ind type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></alert-ind>\
         <mcptt-client-id type=\"Normal\"><mcpttString>{CLIENT}</mcpttString></mcptt-client-id>"
    );
    let expected = McpttInfo {
        session_type: Some(SessionType::Prearranged),
        request_uri: normal("sip:rescue-1@mc.example.org".into()),
        emergency_ind: normal(true),
        alert_ind: normal(true),
        client_id: normal(CLIENT.into()),
        ..McpttInfo::default()
    };
    assert_eq!(parse(&children), expected);
    assert_eq!(written(&expected), params(&children));
}

#[test]
fn invitation_of_a_member_21_5() {
    let info = McpttInfo {
        session_type: Some(SessionType::Prearranged),
        request_uri: normal("sip:bob@mc.example.org".into()),
        calling_user_id: normal("sip:alice@mc.example.org".into()),
        calling_group_id: normal("sip:rescue-1@mc.example.org".into()),
        emergency_ind: normal(true),
        alert_ind: normal(true),
        ..McpttInfo::default()
    };
    let text = params(
        "<session-type>prearranged</session-type>\
         <mcptt-request-uri type=\"Normal\"><mcpttURI>sip:bob@mc.example.org</mcpttURI></mcptt-request-uri>\
         <mcptt-calling-user-id type=\"Normal\"><mcpttURI>sip:alice@mc.example.org</mcpttURI></mcptt-calling-user-id>\
         <mcptt-calling-group-id type=\"Normal\"><mcpttURI>sip:rescue-1@mc.example.org</mcpttURI></mcptt-calling-group-id>\
         <emergency-ind type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></emergency-ind>\
         <alert-ind type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></alert-ind>",
    );
    assert_eq!(written(&info), text);
    assert_eq!(McpttInfo::parse(text.as_bytes()), Ok(info));
}

//= 24.379-6.3.3.1.14 test
#[test]
fn refusal_of_an_emergency_21_7() {
    let text = params(
        "<emergency-ind type=\"Normal\"><mcpttBoolean>false</mcpttBoolean></emergency-ind>\
         <alert-ind type=\"Normal\"><mcpttBoolean>false</mcpttBoolean></alert-ind>",
    );
    assert_eq!(written(&McpttInfo::emergency_not_authorised()), text);
    assert_eq!(McpttInfo::parse(text.as_bytes()), Ok(McpttInfo::emergency_not_authorised()));
}

#[test]
fn alert_21_10_has_mc_org_in_its_place() {
    let info = McpttInfo {
        request_uri: normal("sip:bob@mc.example.org".into()),
        alert_ind: normal(true),
        mc_org: Some("Fire Dept 9".into()),
        client_id: normal(CLIENT.into()),
        ..McpttInfo::default()
    };
    let text = params(&format!(
        "<mcptt-request-uri type=\"Normal\"><mcpttURI>sip:bob@mc.example.org</mcpttURI></mcptt-request-uri>\
         <alert-ind type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></alert-ind><mc-org>Fire Dept 9</mc-org>\
         <mcptt-client-id type=\"Normal\"><mcpttString>{CLIENT}</mcpttString></mcptt-client-id>"
    ));
    assert_eq!(written(&info), text);
    assert_eq!(McpttInfo::parse(text.as_bytes()), Ok(info));
}

/// Every element of the schema, in its order.
const COMPLETE: &str = concat!(
    "<mcptt-access-token type=\"Normal\"><mcpttString>t</mcpttString></mcptt-access-token>",
    "<session-type>chat</session-type>",
    "<mcptt-request-uri type=\"Normal\"><mcpttURI>sip:1</mcpttURI></mcptt-request-uri>",
    "<mcptt-calling-user-id type=\"Normal\"><mcpttURI>sip:2</mcpttURI></mcptt-calling-user-id>",
    "<mcptt-called-party-id type=\"Normal\"><mcpttURI>sip:3</mcpttURI></mcptt-called-party-id>",
    "<mcptt-calling-group-id type=\"Normal\"><mcpttURI>sip:4</mcpttURI></mcptt-calling-group-id>",
    "<required type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></required>",
    "<emergency-ind type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></emergency-ind>",
    "<alert-ind type=\"Normal\"><mcpttBoolean>false</mcpttBoolean></alert-ind>",
    "<imminentperil-ind type=\"Normal\"><mcpttBoolean>false</mcpttBoolean></imminentperil-ind>",
    "<broadcast-ind>true</broadcast-ind>",
    "<mc-org>org</mc-org>",
    "<floor-state>idle</floor-state>",
    "<associated-group-id type=\"Normal\"><mcpttURI>sip:5</mcpttURI></associated-group-id>",
    "<originated-by type=\"Normal\"><mcpttURI>sip:6</mcpttURI></originated-by>",
    "<MKFC-GKTPs a=\"1\"><g:gktp xmlns:g=\"urn:g\">k</g:gktp></MKFC-GKTPs>",
    "<mcptt-client-id type=\"Normal\"><mcpttString>c</mcpttString></mcptt-client-id>",
    "<alert-ind-rcvd type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></alert-ind-rcvd>",
    "<gw-mcptt-usage>false</gw-mcptt-usage>",
    "<v:vendor xmlns:v=\"urn:v\" v:a=\"&lt;\">x<v:y/>z</v:vendor>",
    "<anyExt><release-reason>private-call-expiry</release-reason></anyExt>",
);

fn complete() -> McpttInfo {
    let mut any_ext = AnyExt::default();
    any_ext.push_text(extension_name::RELEASE_REASON, release_reason::PRIVATE_CALL_EXPIRY);
    let name = |namespace: &str, prefix: &str, local: &str| Name {
        namespace: namespace.into(),
        prefix: prefix.into(),
        local: local.into(),
    };
    let gktp = Element::new(name("urn:g", "g", "gktp")).text("k");
    let vendor = Element {
        attributes: vec![Attribute { name: name("urn:v", "v", "a"), value: "<".into() }],
        ..Element::new(name("urn:v", "v", "vendor"))
    };
    let vendor = vendor.text("x").child(Element::new(name("urn:v", "v", "y"))).text("z");
    McpttInfo {
        access_token: normal(AccessToken("t".into())),
        session_type: Some(SessionType::Chat),
        request_uri: normal("sip:1".into()),
        calling_user_id: normal("sip:2".into()),
        called_party_id: normal("sip:3".into()),
        calling_group_id: normal("sip:4".into()),
        required: normal(true),
        emergency_ind: normal(true),
        alert_ind: normal(false),
        imminentperil_ind: normal(false),
        broadcast_ind: Some(true),
        mc_org: Some("org".into()),
        floor_state: Some("idle".into()),
        associated_group_id: normal("sip:5".into()),
        originated_by: normal("sip:6".into()),
        mkfc_gktps: Some(NAMESPACE.element("MKFC-GKTPs").with("a", "1").child(gktp)),
        client_id: normal("c".into()),
        alert_ind_rcvd: normal(true),
        gw_mcptt_usage: Some(false),
        extra: Extra { children: vec![vendor], ..Extra::default() },
        any_ext,
        root_extra: Extra::default(),
        root_any_ext: AnyExt::default(),
    }
}

#[test]
fn every_element_is_read_and_written_in_the_order_of_the_schema() {
    assert_eq!(parse(COMPLETE), complete());
    assert_eq!(written(&complete()), params(COMPLETE));
}

#[test]
fn any_order_and_any_prefix_mean_the_same() {
    let document = crate::xml::reader::Document::parse(params(COMPLETE).as_bytes()).unwrap().root().clone();
    let mut backwards = document.clone();
    let Some(Node::Element(backwards_params)) = backwards.children.first_mut() else {
        panic!("mcptt-Params")
    };
    backwards_params.children.reverse();
    let backwards = writer::write(&backwards, &[]);
    let info = McpttInfo::parse(backwards.as_bytes()).unwrap();
    assert_eq!(info, complete());
    assert_eq!(written(&info), params(COMPLETE));

    let prefixed = params(COMPLETE).replace("</", "\u{1}").replace('<', "<m:").replace('\u{1}', "</m:");
    let prefixed = prefixed.replace("m:v:", "v:").replace("m:g:", "g:").replace("xmlns=", "xmlns:m=");
    assert_eq!(McpttInfo::parse(prefixed.as_bytes()), Ok(complete()));
}

#[test]
fn the_legacy_form_without_wrapper_is_read() {
    let legacy = parse(
        "<mcptt-request-uri> sip:1 </mcptt-request-uri><emergency-ind>1</emergency-ind>\
         <imminentperil-ind>false</imminentperil-ind><associated-group-id>sip:5</associated-group-id>\
         <mcptt-client-id><mcpttString>c</mcpttString></mcptt-client-id>\
         <alert-ind type=\"Normal\">0</alert-ind><broadcast-ind><mcpttBoolean>true</mcpttBoolean></broadcast-ind>\
         <session-type><mcpttString>private</mcpttString></session-type>\
         <originated-by><mcpttString>sip:6</mcpttString></originated-by>",
    );
    let expected = McpttInfo {
        session_type: Some(SessionType::Private),
        request_uri: normal("sip:1".into()),
        emergency_ind: normal(true),
        alert_ind: normal(false),
        imminentperil_ind: normal(false),
        broadcast_ind: Some(true),
        associated_group_id: normal("sip:5".into()),
        originated_by: normal("sip:6".into()),
        client_id: normal("c".into()),
        ..McpttInfo::default()
    };
    assert_eq!(legacy, expected);
    let text = written(&legacy);
    assert!(
        text.contains("<emergency-ind type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></emergency-ind>"),
        "{text}"
    );
}

#[test]
fn names_are_matched_as_a_whole() {
    let received = parse(
        "<alert-ind-rcvd type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></alert-ind-rcvd><anyExt>\
         <emergency-ind-rcvd type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></emergency-ind-rcvd></anyExt>",
    );
    assert_eq!((&received.alert_ind, &received.emergency_ind), (&None, &None));
    assert_eq!(received.alert_ind_rcvd, normal(true));
    assert_eq!(received.any_ext.flag(extension_name::EMERGENCY_IND_RCVD), Some(true));
    let foreign = parse("<emergency-ind xmlns=\"urn:other\">true</emergency-ind>");
    assert_eq!(foreign.emergency_ind, None);
    assert_eq!(foreign.extra.children.len(), 1);
}

#[test]
fn an_encrypted_value_is_kept_as_it_came() {
    let children = "<mcptt-request-uri type=\"Encrypted\"><xenc:EncryptedData \
                    xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" Type=\"http://www.w3.org/2001/04/xmlenc#Content\">\
                    <xenc:CipherData><xenc:CipherValue>AAEC</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>\
                    </mcptt-request-uri><emergency-ind type=\"Encrypted\">AQID</emergency-ind>";
    let info = parse(children);
    let Some(Content::Encrypted(encrypted)) = &info.request_uri else { panic!("encrypted") };
    assert_eq!(encrypted.cipher_value().as_deref(), Some("AAEC"));
    assert_eq!(info.request_uri.as_ref().unwrap().value(), None);
    assert!(matches!(info.emergency_ind, Some(Content::Encrypted(_))));
    assert_eq!(written(&info), params(children));
}

#[test]
fn wrong_values_are_refused_with_their_place() {
    for (children, path, kind) in [
        ("<emergency-ind>yes</emergency-ind>", "emergency-ind", XmlErrorKind::Value("a boolean")),
        ("<emergency-ind/>", "emergency-ind", XmlErrorKind::Value("a boolean")),
        ("<broadcast-ind>TRUE</broadcast-ind>", "broadcast-ind", XmlErrorKind::Value("a boolean")),
        ("<mcptt-request-uri/>", "mcptt-request-uri", XmlErrorKind::Value("a URI")),
        (
            "<alert-ind type=\"normal\">true</alert-ind>",
            "alert-ind",
            XmlErrorKind::Value("Normal or Encrypted"),
        ),
        (
            "<session-type>chat</session-type><session-type>chat</session-type>",
            "session-type",
            XmlErrorKind::Repeated,
        ),
        (
            "<alert-ind><mcpttBoolean>true</mcpttBoolean><mcpttBoolean>false</mcpttBoolean></alert-ind>",
            "alert-ind/mcpttBoolean",
            XmlErrorKind::Repeated,
        ),
        ("<alert-ind>true<mcpttBoolean>false</mcpttBoolean></alert-ind>", "alert-ind", XmlErrorKind::Text),
        ("<anyExt/><anyExt/>", "anyExt", XmlErrorKind::Repeated),
    ] {
        let error = McpttInfo::parse(params(children).as_bytes()).unwrap_err();
        assert_eq!((error.path, error.kind), (format!("/mcpttinfo/mcptt-Params/{path}"), kind), "{children}");
    }
    let twice = params("").replace("<mcptt-Params>", "<mcptt-Params/><mcptt-Params>");
    assert_eq!(McpttInfo::parse(twice.as_bytes()).unwrap_err().kind, XmlErrorKind::Repeated);
}

#[test]
fn session_types_and_identities_convert() {
    for text in ["prearranged", "chat", "private", "first-to-answer", "ambient-listening", "adhoc", "later"] {
        let info = parse(&format!("<session-type>{text}</session-type>"));
        assert_eq!(info.session_type.as_ref().unwrap().as_str(), text);
        assert_eq!(written(&info), params(&format!("<session-type>{text}</session-type>")));
    }
    let (group, user) = (GroupId::new("sip:g"), McpttId::new("sip:u"));
    assert_eq!(McpttUri::from(&group).to_group_id(), group);
    assert_eq!(McpttUri::from(&user).to_mcptt_id(), user);
    assert_eq!(Content::from(user.clone()), Content::Normal(user));
}

//= 24.379-6.5:unknown test
#[test]
fn what_stands_beside_a_value_is_kept() {
    let children = "<session-type x=\"1\">chat<in/></session-type>\
                    <mcptt-request-uri type=\"Normal\" x=\"2\"><mcpttURI>sip:1</mcpttURI><anyExt><later/></anyExt>\
                    </mcptt-request-uri><alert-ind type=\"Encrypted\" x=\"3\"><c:data xmlns:c=\"urn:c\"/></alert-ind>\
                    <broadcast-ind x=\"4\">true</broadcast-ind>\
                    <mc-org type=\"Encrypted\"><c:data xmlns:c=\"urn:c\"/></mc-org>";
    let info = parse(children);
    assert_eq!(info.request_uri, normal("sip:1".into()));
    assert_eq!((info.broadcast_ind, info.mc_org.as_deref()), (Some(true), Some("")));
    assert_eq!(written(&info), params(children));
}

#[test]
fn every_wrapped_element_may_be_encrypted() {
    let wrapped = COMPLETE.matches("type=\"Normal\"").count();
    let data = "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"><xenc:CipherData>\
                <xenc:CipherValue>AAEC</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>";
    let mut encrypted = COMPLETE.replace("type=\"Normal\"", "type=\"Encrypted\"");
    for element in ["mcpttURI", "mcpttString", "mcpttBoolean"] {
        while let Some(start) = encrypted.find(&format!("<{element}>")) {
            let end = format!("</{element}>");
            let after = encrypted[start..].find(&end).unwrap() + start + end.len();
            encrypted.replace_range(start..after, data);
        }
    }
    let info = parse(&encrypted);
    assert_eq!(written(&info), params(&encrypted));
    assert_eq!((written(&info).matches("EncryptedData>").count(), wrapped), (wrapped, 13));
    assert!(matches!(info.client_id, Some(Content::Encrypted(_))));
    assert_eq!(info.indicator_combination(), Err(InvalidIndicators::Encrypted));
}
