use super::*;
use crate::xml::XmlErrorKind;

//= 24.379-6.5:unknown test
#[test]
fn unknown_extensions_do_not_fail_and_are_kept() {
    let children = "<session-type>chat</session-type><anyExt><brand-new a=\"1\"><deep>x</deep></brand-new>\
                    <release-reason>not selected for call</release-reason><o:other xmlns:o=\"urn:o\"/></anyExt>";
    let info = parse(children);
    assert_eq!(info.session_type, Some(SessionType::Chat));
    let names: Vec<_> = info.any_ext.extensions.iter().map(|extension| extension.name.as_str()).collect();
    assert_eq!(names, ["brand-new", "release-reason", "other"]);
    assert_eq!(
        info.any_ext.text(extension_name::RELEASE_REASON),
        Some(release_reason::NOT_SELECTED_FOR_CALL)
    );
    assert_eq!((info.any_ext.text("brand-new"), info.any_ext.flag("brand-new")), (None, None));
    assert!(info.any_ext.find("other").is_none(), "an element of another namespace has another name");
    assert_eq!(written(&info), params(children));
}

#[test]
fn each_form_is_read_and_written_as_it_came() {
    let children = "<anyExt><request-type>private-call-call-back-request</request-type>\
                    <req-type type=\"Normal\"><mcpttString>new</mcpttString></req-type>\
                    <functional-alias-URI type=\"Normal\"><mcpttURI>sip:fa</mcpttURI></functional-alias-URI>\
                    <called-functional-alias-URI>sip:bare</called-functional-alias-URI>\
                    <user-requested-priority>200</user-requested-priority>\
                    <call-to-functional-alias-ind>true</call-to-functional-alias-ind>\
                    <multiple-devices-ind type=\"Normal\"><mcpttBoolean>false</mcpttBoolean></multiple-devices-ind>\
                    <non-acknowledged-user type=\"Normal\"><mcpttURI>sip:1</mcpttURI></non-acknowledged-user>\
                    <non-acknowledged-user type=\"Encrypted\">AQID</non-acknowledged-user>\
                    <forwarding-immediate-list><entry/></forwarding-immediate-list></anyExt>";
    let info = parse(children);
    let any_ext = &info.any_ext;
    assert_eq!(
        any_ext.text(extension_name::REQUEST_TYPE),
        Some(request_type::PRIVATE_CALL_CALL_BACK_REQUEST)
    );
    assert_eq!(any_ext.text("req-type"), Some("new"));
    assert_eq!(any_ext.text(extension_name::FUNCTIONAL_ALIAS_URI), Some("sip:fa"));
    assert_eq!(any_ext.text(extension_name::CALLED_FUNCTIONAL_ALIAS_URI), Some("sip:bare"));
    assert_eq!(any_ext.number(extension_name::USER_REQUESTED_PRIORITY), Some(200));
    assert_eq!(any_ext.flag(extension_name::CALL_TO_FUNCTIONAL_ALIAS_IND), Some(true));
    assert_eq!(any_ext.flag(extension_name::MULTIPLE_DEVICES_IND), Some(false));
    let users: Vec<_> =
        any_ext.all(extension_name::NON_ACKNOWLEDGED_USER).map(ExtensionValue::as_text).collect();
    assert_eq!(users, [Some("sip:1"), None]);
    assert_eq!(any_ext.text(extension_name::AMBIENT_LISTENING_TYPE), None);
    assert_eq!(written(&info), params(children));
}

#[test]
fn extensions_are_built_in_the_form_of_the_schema() {
    let mut info = McpttInfo::default();
    assert!(info.any_ext.is_empty());
    info.any_ext.push_text(extension_name::NON_ACKNOWLEDGED_USER, "sip:1");
    info.any_ext.push_text("resp-type", "r");
    info.any_ext.push_text(extension_name::URGENCY_IND, "high");
    info.any_ext.push_flag(extension_name::EMERGENCY_IND_RCVD, true);
    info.any_ext.push_flag(extension_name::GROUP_GEO_AREA_IND, false);
    info.any_ext.push_number(extension_name::USED_PRIORITY, 7);
    info.root_any_ext.push_flag(extension_name::ADHOC_EMERGENCY_IND, true);
    info.root_any_ext.push_flag(extension_name::END_TO_END_SECURITY, true);
    let text = "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params><anyExt>\
                <non-acknowledged-user type=\"Normal\"><mcpttURI>sip:1</mcpttURI></non-acknowledged-user>\
                <resp-type type=\"Normal\"><mcpttString>r</mcpttString></resp-type><urgency-ind>high</urgency-ind>\
                <emergency-ind-rcvd type=\"Normal\"><mcpttBoolean>true</mcpttBoolean></emergency-ind-rcvd>\
                <group-geo-area-ind>false</group-geo-area-ind><used-priority>7</used-priority></anyExt></mcptt-Params>\
                <anyExt><adhoc-emergency-ind>true</adhoc-emergency-ind><end-to-end-security>true</end-to-end-security>\
                </anyExt></mcpttinfo>";
    assert_eq!(written(&info), text);
    assert_eq!(McpttInfo::parse(text.as_bytes()), Ok(info.clone()));
    assert_eq!(info.root_any_ext.flag(extension_name::END_TO_END_SECURITY), Some(true));
}

#[test]
fn a_known_extension_with_a_wrong_value_is_refused() {
    for child in ["<used-priority>-1</used-priority>", "<affiliation-required>maybe</affiliation-required>"] {
        let error = McpttInfo::parse(params(&format!("<anyExt>{child}</anyExt>")).as_bytes()).unwrap_err();
        assert!(matches!(error.kind, XmlErrorKind::Value(_)), "{child}");
        assert!(error.path.starts_with("/mcpttinfo/mcptt-Params/anyExt/"), "{error}");
    }
}

#[test]
fn lists_and_indexes_have_a_value_of_their_own() {
    let in_params = "<anyExt><forwarding-immediate-list x=\"1\"><entry><uri-entry>sip:1</uri-entry>\
                     <display-name>One</display-name></entry><entry y=\"2\"><uri-entry>sip:2</uri-entry><later/></entry>\
                     <other/></forwarding-immediate-list><PrivateCallKMSURI><PrivateCallKMSURI>\
                     <uri-entry>https://kms.example.org</uri-entry></PrivateCallKMSURI></PrivateCallKMSURI></anyExt>";
    let in_root = "<anyExt><selected-user-profile-index><user-profile-index>3</user-profile-index>\
                   </selected-user-profile-index><adhoc-alert-participant-list><entry><uri-entry>sip:3</uri-entry></entry>\
                   </adhoc-alert-participant-list></anyExt>";
    let text = params(in_params).replace("</mcpttinfo>", &format!("{in_root}</mcpttinfo>"));
    let info = McpttInfo::parse(text.as_bytes()).unwrap();
    let (inner, outer) = (&info.any_ext, &info.root_any_ext);
    assert_eq!(inner.uris(extension_name::FORWARDING_IMMEDIATE_LIST), ["sip:1", "sip:2"]);
    assert_eq!(inner.uris(extension_name::PRIVATE_CALL_KMS_URI), ["https://kms.example.org"]);
    assert_eq!(outer.uris(extension_name::ADHOC_ALERT_PARTICIPANT_LIST), ["sip:3"]);
    assert_eq!(outer.user_profile_index(extension_name::SELECTED_USER_PROFILE_INDEX), Some(3));
    assert!(inner.uris(extension_name::FORWARDING_OTHER_LIST).is_empty());
    let Some(ExtensionValue::UriList(list)) = inner.find(extension_name::FORWARDING_IMMEDIATE_LIST) else {
        panic!("a list")
    };
    assert_eq!(list.entries[0].display_name.as_deref(), Some("One"));
    assert_eq!(written(&info), text);

    let mut built = McpttInfo::default();
    built.any_ext.push_uris(extension_name::FORWARDING_OTHER_LIST, ["sip:1"]);
    built.any_ext.push_uris(extension_name::PRIVATE_CALL_KMS_URI, ["https://kms"]);
    built.root_any_ext.push_user_profile_index(extension_name::SELECTED_USER_PROFILE_INDEX, 7);
    assert_eq!(McpttInfo::parse(built.to_xml().as_bytes()), Ok(built));
}

#[test]
fn every_extension_of_the_reference_is_known_by_its_local_name() {
    use super::extension::{ALL, Form};
    let mut names: Vec<_> = ALL.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 61);
    for (name, form) in ALL {
        let value = match form {
            Form::Text => "text",
            Form::Flag => "false",
            Form::Number => "17",
            Form::String => "<mcpttString>s</mcpttString>",
            Form::Uri => "<mcpttURI>sip:u</mcpttURI>",
            Form::Boolean => "<mcpttBoolean>true</mcpttBoolean>",
            Form::UriList => "<entry><uri-entry>sip:u</uri-entry></entry>",
            Form::UserProfileIndex => "<user-profile-index>1</user-profile-index>",
            Form::Structure => "<entry/>",
        };
        let kind = if value.starts_with("<mcptt") { " type=\"Normal\"" } else { "" };
        let element = format!("<{name}{kind} odd=\"1\">{value}<x:more xmlns:x=\"urn:x\"/></{name}>");
        let text = params(&format!("<anyExt k=\"v\">{element}</anyExt>"));
        let info = McpttInfo::parse(text.as_bytes()).unwrap();
        let found = info.any_ext.find(name).unwrap();
        let bare = matches!(form, Form::Text | Form::Structure);
        assert_eq!(matches!(found, ExtensionValue::Element(_)), bare, "{name}");
        assert_eq!(written(&info), text);
    }
}

#[test]
fn a_broken_list_or_index_is_refused_with_its_place() {
    let list = |content: &str| format!("<forwarding-other-list>{content}</forwarding-other-list>");
    let index =
        |content: &str| format!("<selected-user-profile-index>{content}</selected-user-profile-index>");
    for (child, path, kind) in [
        (list("text"), "forwarding-other-list", XmlErrorKind::Text),
        (list("<entry>text</entry>"), "forwarding-other-list/entry", XmlErrorKind::Text),
        (
            list("<entry><uri-entry/><uri-entry/></entry>"),
            "forwarding-other-list/entry/uri-entry",
            XmlErrorKind::Repeated,
        ),
        (
            index("<user-profile-index>256</user-profile-index>"),
            "selected-user-profile-index/user-profile-index",
            XmlErrorKind::Value("a user profile index"),
        ),
        (index(""), "selected-user-profile-index", XmlErrorKind::Missing("user-profile-index")),
    ] {
        let error = McpttInfo::parse(params(&format!("<anyExt>\n{child}</anyExt>")).as_bytes()).unwrap_err();
        let expected = (2, format!("/mcpttinfo/mcptt-Params/anyExt/{path}"), kind);
        assert_eq!((error.line, error.path, error.kind), expected, "{child}");
    }
}
