use super::*;
use crate::xml::XmlErrorKind;
use crate::xml::common_policy::action::AnyExt as ActionsExt;
use crate::xml::common_policy::{Actions, Conditions, Grant, Identity, One, Rule, Ruleset};

const POLICE: &str = include_str!("../../../tests/documents/user_profile_police.xml");
const PATROL: &str = "sip:streife-11@polizei.example.org";
const STATION: &str = "sip:revier@polizei.example.org";
const EMERGENCY: &str = "sip:notruf@polizei.example.org";
const NORTH: &str = "sip:streife-nord@polizei.example.org";

fn parse(text: &str) -> UserProfile {
    UserProfile::parse(text.as_bytes()).unwrap()
}

fn german(text: &str) -> Label {
    Label { language: Some("de".into()), ..Label::of(text) }
}

fn list(entries: Vec<Entry>) -> ListEntry {
    ListEntry { entries, ..ListEntry::default() }
}

fn initiation(info: EntryInfo, uri: &str) -> Option<GroupInitiation> {
    let entry = Some(Entry { entry_info: Some(info), ..Entry::of(uri) });
    Some(GroupInitiation { entry, ..GroupInitiation::default() })
}

fn rule(id: &str, user: &str, actions: Actions) -> Rule {
    let one = vec![One { id: user.into(), ..One::default() }];
    let identities = vec![Identity { one, ..Identity::default() }];
    let conditions = Some(Conditions { identities, ..Conditions::default() });
    Rule { id: Some(id.into()), conditions, actions: Some(actions), ..Rule::default() }
}

fn common() -> Common {
    let pro_se = |user: &str| ProSeUser { user_info_id: Some(user.into()), ..ProSeUser::default() };
    Common {
        index: Some("0".into()),
        user_alias: vec![UserAlias {
            alias_entries: vec![Label { index: Some("0".into()), ..german("Streife Nord") }],
            ..UserAlias::default()
        }],
        mcptt_user_id: Some(Entry { index: Some("0".into()), ..Entry::of(PATROL) }),
        private_call: Some(PrivateCall {
            private_call_list: Some(PrivateCallList {
                index: Some("0".into()),
                private_call_uris: vec![Entry { index: Some("0".into()), ..Entry::of(STATION) }],
                private_call_pro_se_users: vec![pro_se("0a0b0c0d0e0f")],
                ..PrivateCallList::default()
            }),
            emergency_call: Some(EmergencyCall {
                private_recipient: Some(PrivateRecipient {
                    entry: Some(Entry {
                        entry_info: Some(EntryInfo::UsePreConfigured),
                        ..Entry::of(STATION)
                    }),
                    pro_se_user: Some(ProSeUser {
                        discovery_group_id: Some("000001".into()),
                        ..pro_se("0a0b0c0d0e0f")
                    }),
                    ..PrivateRecipient::default()
                }),
                ..EmergencyCall::default()
            }),
            ..PrivateCall::default()
        }),
        group_call: Some(GroupCall {
            max_simultaneous_calls_n6: Some(3),
            emergency_call: Some(EmergencyCall {
                group_initiation: initiation(EntryInfo::DedicatedGroup, EMERGENCY),
                ..EmergencyCall::default()
            }),
            imminent_peril_call: Some(ImminentPerilCall {
                group_initiation: initiation(EntryInfo::UseCurrentlySelectedGroup, NORTH),
                ..ImminentPerilCall::default()
            }),
            emergency_alert: Some(EmergencyAlert {
                entry: Some(Entry { entry_info: Some(EntryInfo::DedicatedGroup), ..Entry::of(EMERGENCY) }),
                ..EmergencyAlert::default()
            }),
            priority: Some(12),
            ..GroupCall::default()
        }),
        mission_critical_organization: Some("Polizei Musterstadt".into()),
        participant_type: Some("patrol".into()),
        ..Common::default()
    }
}

fn on_network() -> OnNetwork {
    let presented = EntryExt { relative_presentation_priority: Some(7), ..EntryExt::default() };
    let north = Entry {
        index: Some("0".into()),
        display_name: Some(german("Streife Nord")),
        any_ext: vec![presented],
        ..Entry::of(NORTH)
    };
    let emergency = Entry { index: Some("1".into()), ..Entry::of(EMERGENCY) };
    let locally = Entry { entry_info: Some(EntryInfo::LocallyDetermined), ..Entry::default() };
    OnNetwork {
        index: Some("0".into()),
        group_info: vec![ListEntry { index: Some("0".into()), ..list(vec![north, emergency]) }],
        max_affiliations_n2: Some(5),
        max_simultaneous_transmissions_n7: Some(2),
        implicit_affiliations: vec![list(vec![Entry::of(EMERGENCY)])],
        private_emergency_alert: Some(EmergencyAlert { entry: Some(locally), ..EmergencyAlert::default() }),
        any_ext: vec![AnyExt {
            functional_alias_list: Some(list(vec![Entry::of("sip:schichtleiter@polizei.example.org")])),
            user_max_simultaneous_authorizations: Some(2),
            ..AnyExt::default()
        }],
        ..OnNetwork::default()
    }
}

fn police() -> UserProfile {
    let own = Actions {
        grants: vec![
            Grant::allow(user_action::ALLOW_PRIVATE_CALL),
            Grant::allow(user_action::ALLOW_EMERGENCY_GROUP_CALL),
            Grant::deny(user_action::ALLOW_FORCE_AUTO_ANSWER),
        ],
        any_ext: Some(ActionsExt::allowing([user_action::ALLOW_ADHOC_GROUP_CALL])),
        ..Actions::default()
    };
    let rules = vec![
        rule("own", PATROL, own),
        rule("other", STATION, Actions::allowing([user_action::ALLOW_REGROUP])),
    ];
    UserProfile {
        xui_uri: PATROL.into(),
        user_profile_index: 1,
        names: vec![german("Streife 11")],
        status: Some(true),
        profile_names: vec![german("Streifendienst")],
        pre_selected_indication: Some(Present),
        common: vec![common()],
        off_network: vec![OffNetwork {
            index: Some("0".into()),
            group_info: vec![list(vec![Entry::of(NORTH)])],
            user_info_id: Some("0a0b0c0d0e10".into()),
            ..OffNetwork::default()
        }],
        on_network: vec![on_network()],
        ruleset: Some(Ruleset { rules, ..Ruleset::default() }),
        ..UserProfile::default()
    }
}

#[test]
fn the_profile_says_everything() {
    let profile = parse(POLICE);
    assert_eq!(profile, police());
    assert_eq!(parse(&profile.to_xml()), profile);
    assert_eq!(profile.mcptt_id(), McpttId::from(PATROL));
    assert_eq!(profile.organisation(), Some("Polizei Musterstadt"));
    assert_eq!(profile.participant_type(), Some("patrol"));
    assert_eq!((profile.max_affiliations(), profile.max_group_calls()), (Some(5), Some(3)));
    assert_eq!((profile.max_transmissions(), profile.priority()), (Some(2), 12));
    assert_eq!(profile.max_authorisations(), Some(2));
    assert_eq!(profile.groups().collect::<Vec<_>>(), [NORTH, EMERGENCY]);
    assert_eq!(profile.implicit_affiliations().collect::<Vec<_>>(), [EMERGENCY]);
    assert_eq!(profile.functional_aliases().collect::<Vec<_>>(), ["sip:schichtleiter@polizei.example.org"]);
    assert_eq!(profile.private_call_list().collect::<Vec<_>>(), [STATION]);
    assert_eq!(profile.emergency_group(), Some(Target::Dedicated(EMERGENCY)));
    assert_eq!(profile.imminent_peril_group(), Some(Target::CurrentlySelected(Some(NORTH))));
    assert_eq!(profile.emergency_alert_group(), Some(Target::Dedicated(EMERGENCY)));
    assert_eq!(profile.emergency_recipient(), Some(Target::PreConfigured(STATION)));
    assert_eq!(profile.emergency_alert_recipient(), Some(Target::LocallyDetermined));
}

#[test]
fn forwarding_lists_are_found_whatever_they_are_called() {
    let lists = "<Forwarding-Immediate-List><entry><uri-entry>sip:a@b</uri-entry><display-name>A</display-name></entry>\
        <entry/></Forwarding-Immediate-List><later/><CallForwardingOtherList/>";
    let profile = parse(&POLICE.replace("</FunctionalAliasList>", &format!("</FunctionalAliasList>{lists}")));
    let found: Vec<_> = profile.on_network[0].any_ext[0].forwarding_lists().collect();
    let target = ForwardingTarget { uri: "sip:a@b".into(), display_name: Some("A".into()) };
    assert_eq!(
        found,
        [
            ForwardingList { name: "Forwarding-Immediate-List".into(), targets: vec![target] },
            ForwardingList { name: "CallForwardingOtherList".into(), targets: Vec::new() },
        ]
    );
    assert!(profile.to_xml().contains(lists));
}

#[test]
fn only_what_a_rule_of_the_user_gives_is_allowed() {
    let profile = parse(POLICE);
    let given = |profile: &UserProfile| {
        user_action::ALL.iter().filter(|action| profile.grants(**action, None)).count()
    };
    assert_eq!(given(&profile), 3);
    for action in [
        user_action::ALLOW_PRIVATE_CALL,
        user_action::ALLOW_EMERGENCY_GROUP_CALL,
        user_action::ALLOW_ADHOC_GROUP_CALL,
    ] {
        assert!(profile.grants(action, None), "{}", action.local);
    }
    // Refused, and given to somebody else only.
    assert!(!profile.grants(user_action::ALLOW_FORCE_AUTO_ANSWER, None));
    assert!(!profile.grants(user_action::ALLOW_REGROUP, None));
    assert_eq!(given(&UserProfile { ruleset: None, ..profile }), 0);
}

#[test]
fn the_selected_profile_is_used_else_the_preselected_one() {
    let with = |user_profile_index, preselected: bool| UserProfile {
        user_profile_index,
        pre_selected_indication: preselected.then_some(Present),
        ..UserProfile::default()
    };
    let profiles = [with(1, false), with(2, true), with(3, false)];
    let selected = |index| UserProfile::select(&profiles, index).map(|profile| profile.user_profile_index);
    assert_eq!([None, Some(3), Some(2), Some(9)].map(selected), [Some(2), Some(3), Some(2), None]);
    assert_eq!(UserProfile::select(&profiles[..1], None), None);
}

#[test]
fn an_entry_says_where_an_emergency_goes_to() {
    let target = |info: &str, uri: &str| {
        let entry_info = Some(EntryInfo::read(&info.into()));
        Entry { entry_info, ..Entry::of(uri) }.target().map(|target| format!("{target:?}"))
    };
    for (info, uri, expected) in [
        ("DedicatedGroup", "sip:g", Some("Dedicated(\"sip:g\")")),
        ("DedicatedGroup", "", None),
        ("UseCurrentlySelectedGroup", "", Some("CurrentlySelected(None)")),
        ("UsePreConfigured", "", None),
        ("LocallyDetermined", "sip:g", Some("LocallyDetermined")),
        ("Later", "sip:g", None),
    ] {
        assert_eq!(target(info, uri).as_deref(), expected, "{info} {uri}");
    }
    assert_eq!(Entry::of("sip:g").target(), None);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (from, to, line, path, kind) in [
        (" XUI-URI=\"sip:streife-11@polizei.example.org\"", "", 2, "", XmlErrorKind::Missing("XUI-URI")),
        (" user-profile-index=\"1\"", "", 2, "", XmlErrorKind::Missing("user-profile-index")),
        ("index=\"1\"", "index=\"256\"", 2, "", XmlErrorKind::Value("a number from 0 to 255")),
        (">true</Status>", ">on</Status>", 5, "/Status", XmlErrorKind::Value("true or false")),
        (
            "<MaxAffiliationsN2>5",
            "<MaxAffiliationsN2>-5",
            50,
            "/OnNetwork/MaxAffiliationsN2",
            XmlErrorKind::Value("a number from 0 to 4294967295"),
        ),
        (
            "<allow-private-call>true",
            "<allow-private-call>yes",
            63,
            "/ruleset/rule/actions/allow-private-call",
            XmlErrorKind::Value("true or false"),
        ),
        (
            "<Status>true</Status>",
            "<Status>1</Status><Status>0</Status>",
            5,
            "/Status",
            XmlErrorKind::Repeated,
        ),
        (
            "<anyExt><allow-adhoc-group-call>true",
            "<anyExt><allow-adhoc-group-call>",
            66,
            "/ruleset/rule/actions/anyExt/allow-adhoc-group-call",
            XmlErrorKind::Value("true or false"),
        ),
    ] {
        let error = UserProfile::parse(POLICE.replacen(from, to, 1).as_bytes()).unwrap_err();
        let path = format!("/mcptt-user-profile{path}");
        assert_eq!((error.line, error.path, error.kind), (line, path, kind), "{to}");
    }
}
