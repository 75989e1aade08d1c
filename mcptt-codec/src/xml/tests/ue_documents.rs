use crate::id::GroupId;
use crate::xml::XmlErrorKind;
use crate::xml::group_document::Label;
use crate::xml::{ue_configuration as ue, ue_initial_configuration as initial};

const RAIL: &str = include_str!("../../../tests/documents/ue_configuration_rail.xml");
const FIRE: &str = include_str!("../../../tests/documents/ue_initial_configuration_fire.xml");

#[test]
fn a_ue_configuration_says_everything() {
    let train = || GroupId::from("sip:zug-7@bahn.example.org");
    let ue_id = ue::UeId {
        index: Some("0".into()),
        instance_id_urns: vec!["urn:uuid:00000000-0000-4000-8000-0000000000a1".into()],
        imei_ranges: vec![ue::ImeiRange {
            tac: Some("35332509".into()),
            snr: vec!["123456".into()],
            snr_ranges: vec![ue::SnrRange {
                low_snr: Some("200000".into()),
                high_snr: Some("200099".into()),
                ..ue::SnrRange::default()
            }],
            ..ue::ImeiRange::default()
        }],
        ..ue::UeId::default()
    };
    let group_call = ue::GroupCall {
        max_simul_call_n4: Some(2),
        max_simul_trans_n5: Some(3),
        prioritized_groups: Some(ue::PrioritizedGroups {
            group_priorities: vec![ue::GroupPriority {
                group_id: train(),
                group_priority_hierarchy: Some(1),
                ..ue::GroupPriority::default()
            }],
            ..ue::PrioritizedGroups::default()
        }),
        ..ue::GroupCall::default()
    };
    let expected = ue::UeConfiguration {
        domain: "bahn.example.org".into(),
        ue_ids: vec![ue_id],
        names: vec![Label { language: Some("de".into()), ..Label::of("Führerstand") }],
        common: Some(ue::Common {
            private_call: Some(ue::PrivateCall { max_simul_call_n10: Some(1), ..ue::PrivateCall::default() }),
            group_call: Some(group_call),
            ..ue::Common::default()
        }),
        on_network: Some(ue::OnNetwork {
            ipv6_preferred: Some(true),
            relay_service: Some(false),
            relayed_groups: vec![ue::RelayedGroup {
                group_id: train(),
                relay_service_code: Some("7".into()),
                ..ue::RelayedGroup::default()
            }],
            ..ue::OnNetwork::default()
        }),
        ..ue::UeConfiguration::default()
    };
    let document = ue::UeConfiguration::parse(RAIL.as_bytes()).unwrap();
    assert_eq!(document, expected);
    assert_eq!(ue::UeConfiguration::parse(document.to_xml().as_bytes()), Ok(document));
}

#[test]
fn a_ue_initial_configuration_says_everything() {
    let service = initial::PlmnService {
        mcptt_to_con_ref: Some("mcptt".into()),
        mc_common_core_to_con_ref: Some("core".into()),
        mc_id_to_con_ref: Some("id".into()),
        ..initial::PlmnService::default()
    };
    let servers = initial::AppServerInfo {
        idms_auth_endpoint: Some("https://idms.example.org/authorize".into()),
        idms_token_endpoint: Some("https://idms.example.org/token".into()),
        gms: Some("https://gms.example.org".into()),
        cms: Some("https://cms.example.org".into()),
        kms: Some("https://kms.example.org".into()),
        tls_tunnel_auth_method: Some(initial::TlsTunnelAuthMethod {
            mutual_authentication: Some(true),
            ..initial::TlsTunnelAuthMethod::default()
        }),
        ..initial::AppServerInfo::default()
    };
    let on_network = initial::OnNetwork {
        timers: Some(initial::OnNetworkTimers {
            t100: Some(1),
            t101: Some(1),
            t103: Some(4),
            t104: Some(1),
            t132: Some(2),
            ..initial::OnNetworkTimers::default()
        }),
        hplmn: Some(initial::Hplmn {
            plmn: "00101".into(),
            service: Some(service),
            vplmns: vec![initial::Vplmn {
                plmn: "00102".into(),
                service: Some(initial::PlmnService::default()),
                ..initial::Vplmn::default()
            }],
            ..initial::Hplmn::default()
        }),
        app_server_info: Some(servers),
        gms_uri: Some("sip:gms@mc.example.org".into()),
        group_creation_xui: Some("sip:new@mc.example.org".into()),
        gms_xcap_root_uri: Some("https://gms.example.org/xcap".into()),
        cms_xcap_root_uri: Some("https://cms.example.org/xcap".into()),
        integrity_protection_enabled: Some(false),
        confidentiality_protection_enabled: Some(false),
        any_ext: vec![initial::OnNetworkExt {
            service_details: vec![initial::ServiceDetails {
                server_uri: Some("sip:pf@pf.mc.example.org".into()),
                ..initial::ServiceDetails::default()
            }],
            ..initial::OnNetworkExt::default()
        }],
        ..initial::OnNetwork::default()
    };
    assert_eq!(on_network.server_uri(), Some("sip:pf@pf.mc.example.org"));
    let expected = initial::UeInitialConfiguration {
        domain: "feuerwehr.example.org".into(),
        names: vec![Label::of("Handfunkgerät")],
        default_user_profiles: vec![initial::DefaultUserProfile {
            user_id: "sip:gast@feuerwehr.example.org".into(),
            user_profile_index: 0,
            ..initial::DefaultUserProfile::default()
        }],
        on_network: Some(on_network),
        off_network: Some(initial::OffNetwork {
            timers: Some(initial::OffNetworkTimers {
                tfg1: Some(150),
                tfe2: Some(5),
                ..initial::OffNetworkTimers::default()
            }),
            counters: Some(initial::OffNetworkCounters {
                cfp1: Some(3),
                c205: Some(2),
                ..initial::OffNetworkCounters::default()
            }),
            ..initial::OffNetwork::default()
        }),
        ..initial::UeInitialConfiguration::default()
    };
    let document = initial::UeInitialConfiguration::parse(FIRE.as_bytes()).unwrap();
    assert_eq!(document, expected);
    assert_eq!(initial::UeInitialConfiguration::parse(document.to_xml().as_bytes()), Ok(document));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let ue = |from, to| ue::UeConfiguration::parse(RAIL.replacen(from, to, 1).as_bytes()).unwrap_err();
    let error = ue(" domain=\"bahn.example.org\"", "");
    assert_eq!((error.line, error.kind), (2, XmlErrorKind::Missing("domain")));
    let error = ue("<MCPTT-Group-ID>sip:zug-7@bahn.example.org</MCPTT-Group-ID>", "");
    let path = "/mcptt-UE-configuration/common/MCPTT-Group-Call/Prioritized-MCPTT-Group/MCPTT-Group-Priority";
    assert_eq!((error.line, error.path.as_str()), (14, path));
    assert_eq!(error.kind, XmlErrorKind::Missing("MCPTT-Group-ID"));
    let initial = FIRE.replacen("<T100>1", "<T100>256", 1);
    let error = initial::UeInitialConfiguration::parse(initial.as_bytes()).unwrap_err();
    let path = "/mcptt-UE-initial-configuration/on-network/Timers/T100";
    assert_eq!((error.line, error.path.as_str()), (6, path));
    assert_eq!(error.kind, XmlErrorKind::Value("a number from 0 to 255"));
}
