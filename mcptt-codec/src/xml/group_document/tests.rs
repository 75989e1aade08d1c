use std::time::Duration;

use super::*;
use crate::id::{GroupId, McpttId};
use crate::xml::common_policy::{
    Action, Actions, Conditions, Except, Grant, Identity, Many, One, Rule, Ruleset, Subject, Validity, action,
};
use crate::xml::{Attribute, Element, Extra, Name, XmlErrorKind};

const FIRE: &str = include_str!("../../../tests/documents/group_fire_prearranged.xml");
const POLICE: &str = include_str!("../../../tests/documents/group_police_chat.xml");
const RAIL: &str = include_str!("../../../tests/documents/group_rail_temporary.xml");
const CONTROL_ROOM: &str = "sip:leitstelle@feuerwehr.example.org";
const CREW: &str = "sip:angriffstrupp@feuerwehr.example.org";

fn parse(text: &str) -> GroupDocument {
    GroupDocument::parse(text.as_bytes()).unwrap()
}

fn rule(id: &str, conditions: Conditions, actions: &[Action]) -> Rule {
    Rule {
        id: Some(id.into()),
        conditions: Some(conditions),
        actions: Some(Actions::allowing(actions.iter().copied())),
        ..Rule::default()
    }
}

fn only(user: &str) -> Conditions {
    let one = vec![One { id: user.into(), ..One::default() }];
    Conditions { identities: vec![Identity { one, ..Identity::default() }], ..Conditions::default() }
}

fn members() -> Conditions {
    Conditions { is_list_member: Some(Switch(true)), ..Conditions::default() }
}

fn fire() -> ListService {
    let entries = vec![
        Entry {
            display_name: Some(Label::of("Leitstelle")),
            user_priority: Some(250),
            participant_type: Some("dispatcher".into()),
            on_network_required: Some(Present),
            multi_talker_allowed: Some(Present),
            ..Entry::of(CONTROL_ROOM)
        },
        Entry { display_name: Some(Label::of("Angriffstrupp")), user_priority: Some(100), ..Entry::of(CREW) },
        Entry { on_network_recvonly: Some(Present), ..Entry::of("sip:presse@stadt.example.org") },
    ];
    let rules = vec![
        rule("members", members(), &[group_action::JOIN_HANDLING, group_action::ALLOW_MCPTT_EMERGENCY_CALL]),
        rule(
            "control-room",
            only(CONTROL_ROOM),
            &[
                group_action::ALLOW_INITIATE_CONFERENCE,
                group_action::ON_NETWORK_ALLOW_CONFERENCE_STATE,
                group_action::ON_NETWORK_ALLOW_GETTING_MEMBER_LIST,
            ],
        ),
    ];
    let encoding = |name: &str| Encoding { name: name.into(), ..Encoding::default() };
    ListService {
        uri: GroupId::from("sip:loeschzug-3@feuerwehr.example.org"),
        display_name: Some(Label { language: Some("de".into()), ..Label::of("Löschzug 3") }),
        list: Some(List { entries, ..List::default() }),
        ruleset: Some(Ruleset { rules, ..Ruleset::default() }),
        supported_services: Some(SupportedServices::mcptt()),
        owner: Some("Feuerwehr Musterstadt".into()),
        level_within_group_hierarchy: Some(2),
        on_network_group_priority: Some(200),
        on_network_max_participant_count: Some(40),
        on_network_invite_members: Some(true),
        preferred_voice_encodings: Some(Encodings {
            encodings: vec![encoding("AMR-WB"), encoding("opus")],
            ..Encodings::default()
        }),
        on_network_in_progress_emergency_state_cancellation_timeout: Some(Duration::from_secs(1800)),
        on_network_hang_timer: Some(Duration::from_secs(20)),
        on_network_maximum_duration: Some(Duration::from_secs(3600)),
        on_network_minimum_number_to_start: Some(2),
        on_network_timeout_for_acknowledgement_of_required_members: Some(Duration::from_secs(5)),
        on_network_action_upon_expiration: Some(ExpiryAction::Proceed),
        protect_media: Some(false),
        mcptt_on_network_audio_cut_in: Some(false),
        multi_talker_control: Some(Switch(true)),
        maximum_number_simultaneous_talkers: Some(2),
        ..ListService::default()
    }
}

//= 24.379-6.2.1:codec test
#[test]
fn the_fire_brigade_says_everything() {
    let document = parse(FIRE);
    assert_eq!(document, GroupDocument::of(fire()));
    assert_eq!(parse(&document.to_xml()), document);
    let group = document.group().unwrap();
    assert_eq!(group.check_mcptt_group(), Ok(()));
    assert_eq!(group.kind(), GroupKind::Prearranged);
    assert_eq!((group.priority(), group.minimum_to_start(), group.max_participants()), (200, 2, Some(40)));
    assert_eq!(group.acknowledgement_timeout(), Some(Duration::from_secs(5)));
    assert_eq!(group.upon_expiry(), UponExpiry::Proceed);
    assert_eq!(group.maximum_duration(), Some(Duration::from_secs(3600)));
    assert_eq!(group.hang_timer(), Some(Duration::from_secs(20)));
    assert_eq!((group.protects_media(), group.protects_floor_control()), (false, true));
    assert_eq!(group.voice_encodings().collect::<Vec<_>>(), ["AMR-WB", "opus"]);
    assert!(group.multi_talker());
    let kinds = |entry: &Entry| {
        (entry.priority(), entry.is_required(), entry.is_receive_only(), entry.may_talk_with_others())
    };
    assert_eq!(
        group.members().map(kinds).collect::<Vec<_>>(),
        [(250, true, false, true), (100, false, false, false), (0, false, true, false)]
    );
}

//= 24.379-6.3.5.2:default test
#[test]
fn the_police_says_nothing_and_still_means_something() {
    let document = parse(POLICE);
    let entries = vec![
        Entry::of("sip:streife-11@polizei.example.org"),
        Entry { display_name: Some(Label::of("Revier")), ..Entry::of("tel:+4930110110") },
    ];
    let expected = ListService {
        uri: GroupId::from("sip:streife-nord@polizei.example.org"),
        list: Some(List { entries, ..List::default() }),
        ..ListService::default()
    };
    assert_eq!(document, GroupDocument::of(expected));
    let group = document.group().unwrap();
    assert_eq!(group.kind(), GroupKind::Chat);
    assert_eq!((group.priority(), group.minimum_to_start(), group.max_participants()), (0, 0, None));
    assert_eq!(group.members().map(Entry::priority).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(group.acknowledgement_timeout(), None);
    assert_eq!(group.upon_expiry(), UponExpiry::Abandon);
    assert_eq!((group.maximum_duration(), group.hang_timer()), (None, None));
    assert_eq!((group.protects_media(), group.protects_floor_control()), (true, true));
    assert_eq!((group.is_disabled(), group.audio_cut_in(), group.is_pattern_only()), (false, false, false));
    assert_eq!((group.multi_talker(), group.requires_affiliation()), (false, false));
    assert_eq!((group.requires_multicast_floor_control(), group.voice_encodings().count()), (false, 0));
    assert_eq!((group.constituents(), group.regrouped_into()), (None, None));
    assert_eq!(group.check_mcptt_group(), Err(NotMcpttGroup::NoSupportedServices));
}

#[test]
fn the_railway_has_a_temporary_group() {
    let document = parse(RAIL);
    let foreign = |local: &str| Name {
        namespace: "urn:example:bahn".into(),
        prefix: "bahn".into(),
        local: local.into(),
    };
    let section = Element::new(foreign("streckenabschnitt"))
        .with("von", "46.9")
        .with("bis", "47.4")
        .child(Element::new(foreign("gleis")).text("2"));
    let groups = ["sip:rangierer@bahn.example.org", "sip:fahrdienst@bahn.example.org"].map(GroupId::from);
    let temporary = ListService {
        uri: GroupId::from("sip:stoerung-4711@bahn.example.org"),
        display_name: Some(Label::of("Störung km 47,1")),
        list: Some(List::default()),
        on_network_temporary: Some(Temporary {
            constituents: Some(ConstituentGroups { group_ids: groups.to_vec(), extra: Extra::default() }),
            extra: Extra::default(),
        }),
        on_network_invite_members: Some(true),
        require_multicast_floor_control_signalling: Some(Present),
        off_network_queue_usage: Some(true),
        extra: Extra { children: vec![section], ..Extra::default() },
        ..ListService::default()
    };
    let constituent = ListService {
        uri: groups[0].clone(),
        on_network_disabled: Some(Present),
        on_network_regrouped: Some(Regrouped {
            temporary_group_id: temporary.uri.clone(),
            requestor: Some(McpttId::from("sip:disponent@bahn.example.org")),
            constituents: Some(ConstituentGroups::default()),
            protect_media: Some(true),
            ..Regrouped::default()
        }),
        preconfigured_group_use_only: Some(true),
        ..ListService::default()
    };
    assert_eq!(temporary.constituents(), Some(&groups[..]));
    assert_eq!(constituent.regrouped_into(), Some(&temporary.uri));
    assert!(constituent.is_disabled() && constituent.is_pattern_only());
    assert_eq!(document.list_services, [temporary, constituent]);
    assert_eq!(parse(&document.to_xml()), document);
}

#[test]
fn elements_are_written_in_the_order_of_the_schema() {
    let list = Some(List { entries: vec![Entry::of("sip:a@b")], ..List::default() });
    let group = ListService {
        uri: GroupId::from("sip:g@b"),
        display_name: Some(Label::of("G")),
        list,
        ruleset: Some(Ruleset {
            rules: vec![rule("1", members(), &[group_action::JOIN_HANDLING])],
            ..Ruleset::default()
        }),
        on_network_hang_timer: Some(Duration::from_millis(1500)),
        ..ListService::default()
    };
    assert_eq!(
        GroupDocument::of(group).to_xml(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <group xmlns=\"urn:oma:xml:poc:list-service\" xmlns:cp=\"urn:ietf:params:xml:ns:common-policy\" \
         xmlns:mcpttgi=\"urn:3gpp:ns:mcpttGroupInfo:1.0\"><list-service uri=\"sip:g@b\"><display-name>G</display-name>\
         <list><entry uri=\"sip:a@b\"/></list><cp:ruleset><cp:rule id=\"1\"><cp:conditions>\
         <is-list-member>true</is-list-member></cp:conditions><cp:actions><join-handling>true</join-handling>\
         </cp:actions></cp:rule></cp:ruleset><mcpttgi:on-network-hang-timer>PT1.5S</mcpttgi:on-network-hang-timer>\
         </list-service></group>"
    );
}

#[test]
fn each_of_the_five_conditions_makes_the_group() {
    let remove = |from: &str, until: &str| {
        let (before, rest) = FIRE.split_once(from).unwrap();
        let (_, after) = rest.split_once(until).unwrap();
        parse(&format!("{before}{after}")).group().unwrap().check_mcptt_group()
    };
    assert_eq!(
        remove("<oxe:supported-services>", "</oxe:supported-services>"),
        Err(NotMcpttGroup::NoSupportedServices)
    );
    assert_eq!(remove("<oxe:service ", "</oxe:service>"), Err(NotMcpttGroup::NoService));
    assert_eq!(
        remove(" enabler=\"urn:urn-7:3gpp-service.ims.icsi.mcptt\"", ""),
        Err(NotMcpttGroup::NoMcpttEnabler)
    );
    assert_eq!(remove("<oxe:group-media>", "</oxe:group-media>"), Err(NotMcpttGroup::NoGroupMedia));
    assert_eq!(remove("<mcpttgi:mcptt-speech/>", ""), Err(NotMcpttGroup::NoMcpttSpeech));
    let other = FIRE.replace("icsi.mcptt\"", "icsi.mcvideo\"");
    assert_eq!(parse(&other).group().unwrap().check_mcptt_group(), Err(NotMcpttGroup::NoMcpttEnabler));
}

#[test]
fn a_rule_grants_only_to_those_it_names() {
    let document = parse(FIRE);
    let group = document.group().unwrap();
    let granted = |user: &str| {
        let user = McpttId::from(user);
        group_action::ALL
            .iter()
            .filter(|a| group.grants(**a, &user, None))
            .map(|a| a.local)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        granted(CONTROL_ROOM),
        [
            "allow-initiate-conference",
            "join-handling",
            "allow-MCPTT-emergency-call",
            "on-network-allow-conference-state",
            "on-network-allow-getting-member-list"
        ]
    );
    assert_eq!(granted(CREW), ["join-handling", "allow-MCPTT-emergency-call"]);
    assert!(granted("sip:mallory@feuerwehr.example.org").is_empty());
    assert!(!parse(POLICE).group().unwrap().grants(
        group_action::ON_NETWORK_ALLOW_CONFERENCE_STATE,
        &McpttId::from("sip:streife-11@polizei.example.org"),
        None
    ));
}

#[test]
fn conditions_hold_together() {
    let holds = |conditions: &Conditions, subject: Subject<'_>| conditions.hold_for(&subject);
    let alice = Subject { identity: "sip:alice@mc.example.org", ..Subject::default() };
    assert!(Conditions::default().hold_for(&alice));
    assert!(holds(&only("SIP:alice@MC.example.org"), alice));
    assert!(!holds(&only("sip:Alice@mc.example.org"), alice));
    assert!(!holds(&members(), alice));
    assert!(holds(&members(), Subject { is_list_member: true, ..alice }));
    let both = Conditions { is_list_member: Some(Switch(true)), ..only("sip:alice@mc.example.org") };
    assert!(!holds(&both, alice) && holds(&both, Subject { is_list_member: true, ..alice }));

    let many = |domain: Option<&str>, except: Vec<Except>| Conditions {
        identities: vec![Identity {
            many: vec![Many { domain: domain.map(Into::into), except, ..Many::default() }],
            ..Identity::default()
        }],
        ..Conditions::default()
    };
    let except_id = |id: &str| Except { id: Some(id.into()), ..Except::default() };
    let except_domain = |domain: &str| Except { domain: Some(domain.into()), ..Except::default() };
    for (conditions, expected) in [
        (many(None, vec![]), true),
        (many(Some("mc.example.org"), vec![]), true),
        (many(Some("MC.EXAMPLE.ORG"), vec![]), true),
        (many(Some("example.org"), vec![]), false),
        (many(None, vec![except_id("sip:bob@mc.example.org")]), true),
        (many(None, vec![except_id("sip:alice@Mc.Example.Org")]), false),
        (many(None, vec![except_domain("mc.example.org")]), false),
        (many(None, vec![Except::default()]), true),
    ] {
        assert_eq!(holds(&conditions, alice), expected, "{conditions:?}");
    }

    let spans = vec![("2026-01-01T00:00:00Z".into(), "2026-01-02T00:00:00Z".into())];
    let validity =
        Conditions { validities: vec![Validity { spans, ..Validity::default() }], ..Conditions::default() };
    let at = |now| holds(&validity, Subject { now, ..alice });
    assert_eq!(
        [None, Some(1_767_225_599), Some(1_767_225_600), Some(1_767_311_999), Some(1_767_312_000)].map(at),
        [false, false, true, true, false]
    );
    let unknown = Extra { children: vec![Element::new(Name::local("weather"))], ..Extra::default() };
    assert!(!holds(&Conditions { extra: unknown, ..Conditions::default() }, alice));
}

#[test]
fn permissions_of_one_rule_are_only_given_when_never_refused() {
    let both = |one: Grant, other: Grant| Actions { grants: vec![one, other], ..Actions::default() };
    let (yes, no) = (Grant::allow(group_action::JOIN_HANDLING), Grant::deny(group_action::JOIN_HANDLING));
    assert_eq!(both(yes.clone(), no).value(group_action::JOIN_HANDLING), Some(false));
    assert_eq!(both(yes.clone(), yes).value(group_action::JOIN_HANDLING), Some(true));
    assert_eq!(Actions::default().value(group_action::JOIN_HANDLING), None);
    for known in [&action::group::ALL[..], &action::user::ALL[..]] {
        let mut names: Vec<_> = known.iter().map(|action| action.local).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), known.len(), "each permission is listed once");
    }
}

#[test]
fn an_unknown_action_upon_expiry_gives_up() {
    let read = |text: &str| parse(&FIRE.replace(">proceed<", text)).group().unwrap().upon_expiry();
    let (proceed, abandon) = (UponExpiry::Proceed, UponExpiry::Abandon);
    assert_eq!(
        [">proceed<", ">abandon<", "><", ">Proceed<", ">retry<"].map(read),
        [proceed, abandon, abandon, abandon, abandon]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let service = "/group/list-service";
    for (from, to, line, path, kind) in [
        (" uri=\"sip:loeschzug-3@feuerwehr.example.org\"", "", 7, service, XmlErrorKind::Missing("uri")),
        (
            " uri=\"sip:presse@stadt.example.org\"",
            "",
            21,
            "/group/list-service/list/entry",
            XmlErrorKind::Missing("uri"),
        ),
        (
            ">250<",
            ">256<",
            12,
            "/group/list-service/list/entry/user-priority",
            XmlErrorKind::Value("a number from 0 to 255"),
        ),
        (
            ">PT20S<",
            ">P1M<",
            57,
            "/group/list-service/on-network-hang-timer",
            XmlErrorKind::Value("a duration of days, hours, minutes and seconds"),
        ),
        (
            "<mcpttgi:protect-media>false",
            "<mcpttgi:protect-media>no",
            62,
            "/group/list-service/protect-media",
            XmlErrorKind::Value("true or false"),
        ),
        (
            "<join-handling>true",
            "<join-handling>allow",
            29,
            "/group/list-service/ruleset/rule/actions/join-handling",
            XmlErrorKind::Value("true or false"),
        ),
        (
            "<cp:one id=\"sip:leitstelle@feuerwehr.example.org\"/>",
            "<cp:one/>",
            34,
            "/group/list-service/ruleset/rule/conditions/identity/one",
            XmlErrorKind::Missing("id"),
        ),
        (
            "<mcpttgi:owner>",
            "<mcpttgi:protect-media>1</mcpttgi:protect-media><mcpttgi:owner>",
            62,
            "/group/list-service/protect-media",
            XmlErrorKind::Repeated,
        ),
        ("<display-name xml", "members<display-name xml", 7, service, XmlErrorKind::Text),
    ] {
        let error = GroupDocument::parse(FIRE.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!((error.line, error.path.as_str(), error.kind), (line, path, kind), "{to}");
    }
    let other = FIRE.replace("<group ", "<groups ").replace("</group>", "</groups>");
    assert_eq!(GroupDocument::parse(other.as_bytes()).unwrap_err().kind, XmlErrorKind::Root);
}

#[test]
fn attributes_and_elements_of_later_releases_stay() {
    let text = POLICE.replace("<list>", "<gi:later gi:x=\"1\">2</gi:later><list gi:y=\"3\">");
    let document = parse(&text);
    let group = document.group().unwrap();
    let name = |local: &str| Name {
        namespace: "urn:3gpp:ns:mcpttGroupInfo:1.0".into(),
        prefix: "gi".into(),
        local: local.into(),
    };
    let mut later = Element::new(name("later")).text("2");
    later.attributes.push(Attribute { name: name("x"), value: "1".into() });
    assert_eq!(group.extra.children, [later]);
    assert_eq!(
        group.list.as_ref().unwrap().extra.attributes,
        [Attribute { name: name("y"), value: "3".into() }]
    );
    assert_eq!(parse(&document.to_xml()), document);
}
