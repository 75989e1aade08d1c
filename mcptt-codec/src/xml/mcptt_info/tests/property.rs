use proptest::prelude::*;

use super::super::extension::{ALL, Form};
use super::*;
use crate::fuzzing::xml::mcptt_info;
use crate::text::ByteStr;
use crate::xml::Node;
use crate::xml::tests::generate::{extra, foreign, maybe, some, survives, text, uri};

fn content<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Content<T>> {
    let encrypted = foreign().prop_map(|data| Encrypted { content: vec![Node::Element(data)] });
    prop_oneof![4 => value.prop_map(Content::Normal), 1 => encrypted.prop_map(Content::Encrypted)]
}

fn identity<T: std::fmt::Debug + Clone>(make: fn(ByteStr) -> T) -> impl Strategy<Value = Option<Content<T>>> {
    maybe(content(uri().prop_map(make)))
}

fn flag() -> impl Strategy<Value = Option<Content<bool>>> {
    maybe(content(any::<bool>()))
}

fn uri_list() -> impl Strategy<Value = UriList> {
    let entry = (maybe(uri()), maybe(text()), extra());
    let entry = entry.prop_map(|(uri, display_name, extra)| UriEntry { uri, display_name, extra });
    (some(entry), extra()).prop_map(|(entries, extra)| UriList { entries, extra })
}

fn value(form: Form) -> BoxedStrategy<ExtensionValue> {
    match form {
        Form::Text => text().prop_map(ExtensionValue::Text).boxed(),
        Form::Flag => any::<bool>().prop_map(ExtensionValue::Flag).boxed(),
        Form::Number => any::<u64>().prop_map(ExtensionValue::Number).boxed(),
        Form::String => content(text()).prop_map(ExtensionValue::String).boxed(),
        Form::Uri => content(uri().prop_map(McpttUri)).prop_map(ExtensionValue::Uri).boxed(),
        Form::Boolean => content(any::<bool>()).prop_map(ExtensionValue::Boolean).boxed(),
        Form::UriList => uri_list().prop_map(ExtensionValue::UriList).boxed(),
        Form::UserProfileIndex => any::<u8>().prop_map(ExtensionValue::UserProfileIndex).boxed(),
        Form::Structure => panic!("a structure is built below"),
    }
}

fn extension() -> impl Strategy<Value = Extension> {
    let known: Vec<_> = ALL.iter().filter(|(_, form)| *form != Form::Structure).collect();
    let known = prop::sample::select(known).prop_flat_map(|(name, form)| {
        value(*form).prop_map(|value| Extension { name: (*name).into(), value, extra: Extra::default() })
    });
    let unknown = foreign().prop_map(|element| Extension {
        name: element.name.local.clone(),
        value: ExtensionValue::Element(element),
        extra: Extra::default(),
    });
    prop_oneof![4 => known, 1 => unknown]
}

fn any_ext() -> impl Strategy<Value = AnyExt> {
    some(extension()).prop_map(|extensions| AnyExt { extensions, attributes: Vec::new() })
}

fn info() -> impl Strategy<Value = McpttInfo> {
    let identities = (
        identity(McpttUri),
        identity(McpttId),
        identity(McpttId),
        identity(GroupId),
        identity(GroupId),
        identity(McpttId),
        identity(ClientId),
        maybe(content(text().prop_map(AccessToken))),
    );
    let indicators = (flag(), flag(), flag(), flag(), flag());
    let plain = (
        maybe(text().prop_map(|text| SessionType::read(&text))),
        maybe(any::<bool>()),
        maybe(text()),
        maybe(text()),
        maybe(any::<bool>()),
        maybe(Just(NAMESPACE.element("MKFC-GKTPs").text("k"))),
    );
    let unknown = (extra(), any_ext(), extra(), any_ext());
    (identities, indicators, plain, unknown).prop_map(|(identities, indicators, plain, unknown)| McpttInfo {
        access_token: identities.7,
        session_type: plain.0,
        request_uri: identities.0,
        calling_user_id: identities.1,
        called_party_id: identities.2,
        calling_group_id: identities.3,
        required: indicators.0,
        emergency_ind: indicators.1,
        alert_ind: indicators.2,
        imminentperil_ind: indicators.3,
        broadcast_ind: plain.1,
        mc_org: plain.2,
        floor_state: plain.3,
        associated_group_id: identities.4,
        originated_by: identities.5,
        mkfc_gktps: plain.5,
        client_id: identities.6,
        alert_ind_rcvd: indicators.4,
        gw_mcptt_usage: plain.4,
        extra: unknown.0,
        any_ext: unknown.1,
        root_extra: unknown.2,
        root_any_ext: unknown.3,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_body_survives(info in info(), damage: (prop::sample::Index, u8)) {
        survives(&info, McpttInfo::to_xml, McpttInfo::parse, damage, mcptt_info)?;
    }
}
