//! Header fields of one word and parameters.

use super::super::super::{AnswerMode, HeaderName as Name, Headers, ResourcePriority};
use super::super::{
    AccessNetwork, AnswerModeField, AnswerState, ChargingVector, ContentDisposition, ContentId, Event,
    FieldValue, InfoPackage, Join, Mechanism, Privacy, Reason, ReferSub, Replaces, ResourceShare, SessionId,
    SessionUuid, SubscriptionState, TargetDialog, Token, UserToUser, VisitedNetwork,
};
use super::{kept, lacks, read, refused, told, written};
use crate::sip::{Scheme, Uri};

//= 24.379-11.1.1.2.2.1:auto test
#[test]
fn answer_modes() {
    for name in [Name::AnswerMode, Name::PrivAnswerMode] {
        kept(&name, &["Auto", "Manual", "Manual;require", "Auto;require;x=y", "Later"]);
        written(&name, &[(" manual ; require ", "manual;require")]);
        told(
            &name,
            &[
                ("Automatic;require", "Auto;require", &[(0, "24.379-11.1.1.2.2.1:auto")]),
                (" automatic", "Auto", &[(1, "24.379-11.1.1.2.2.1:auto")]),
            ],
        );
        refused(&name, &[("", 0), ("Auto Manual", 5), ("Auto;require=yes", 13), ("Auto, Manual", 4)]);
    }
    let mode: AnswerModeField = read("auto;require");
    assert_eq!((mode.known(), mode.require()), (Some(AnswerMode::Auto), true));
    assert_eq!(read::<AnswerModeField>("Later").known(), None);
    assert_eq!(AnswerModeField::new(AnswerMode::Manual).to_string(), "Manual");
    kept(&Name::PAnswerState, &["Confirmed", "Unconfirmed", "Unconfirmed;x=y"]);
    assert_eq!(read::<AnswerState>("unconfirmed").state, AnswerState::UNCONFIRMED);
}

//= RFC8101-rp test
#[test]
fn resource_priorities() {
    for name in [Name::ResourcePriority, Name::AcceptResourcePriority] {
        kept(&name, &["mcpttp.15", "mcpttq.0, dsn.flash, wps.3, q735.0, drsn.flash-override-override"]);
        told(&name, &[("mcpttp.7, mcpttq.16", "mcpttp.7, mcpttq.16", &[(10, "RFC8101-rp")])]);
        refused(&name, &[("mcpttp", 0), ("mcpttp.1, a.b.c", 10), ("mcpttp.1;x", 0)]);
    }
    kept(&Name::AcceptResourcePriority, &[""]);
    lacks(&Name::ResourcePriority, &[("", "Resource-Priority")]);
    let headers: Headers =
        [(Name::ResourcePriority, "mcpttp.5"), (Name::ResourcePriority, "mcpttq.3")].into_iter().collect();
    let levels: Vec<_> = headers.list::<ResourcePriority>(&Name::ResourcePriority).unwrap();
    assert_eq!(levels.iter().map(ResourcePriority::mcptt_level).collect::<Vec<_>>(), [Some(5), Some(3)]);
}

#[test]
fn session_intervals() {
    for name in [Name::SessionExpires, Name::MinSe] {
        kept(&name, &["90", "1800;refresher=uac", "1800;refresher=uas"]);
        written(&name, &[("1800 ; Refresher=UAC", "1800;refresher=uac")]);
        refused(&name, &[("", 0), ("x", 0), ("1800,90", 4)]);
    }
}

//= RFC6665-event-id test
#[test]
fn events() {
    kept(&Name::Event, &["conference", "presence.winfo;id=7", "poc-settings", "refer;id=93809824"]);
    kept(&Name::AllowEvents, &["presence, conference, xcap-diff"]);
    refused(&Name::Event, &[("", 0), ("a b", 2), ("a;id", 2), ("a;id=\"x\"", 5), ("a, b", 1)]);
    let event: Event = read("Presence;id=A;x=y");
    assert_eq!((&event.package, event.id()), (&Event::PRESENCE, Some("A")));
    for (other, same) in
        [("presence;id=A", true), ("presence;id=a", false), ("presence", false), ("reg;id=A", false)]
    {
        assert_eq!(event.matches(&read(other)), same, "{other}");
    }

    kept(
        &Name::SubscriptionState,
        &[
            "active;expires=3600",
            "pending",
            "terminated;reason=noresource",
            "terminated;reason=probation;retry-after=60",
            "suspended;x=\"y\"",
        ],
    );
    refused(
        &Name::SubscriptionState,
        &[("", 0), ("active;expires=x", 15), ("active;expires", 7), ("a;reason=\"x\"", 9)],
    );
    let state: SubscriptionState = read("Terminated;Reason=Probation;retry-after=60");
    assert_eq!(state.state, SubscriptionState::TERMINATED);
    assert_eq!(
        (state.reason(), state.retry_after(), state.expires()),
        (Some(SubscriptionState::PROBATION), Some(60), None)
    );
    assert_eq!(SubscriptionState::active(90).to_string(), "active;expires=90");
    let over = SubscriptionState::terminated(&SubscriptionState::TIMEOUT);
    assert_eq!(over.to_string(), "terminated;reason=timeout");

    kept(&Name::InfoPackage, &["g.3gpp.mcptt-info", "g.3gpp.mcptt-floor-request;x=1"]);
    kept(&Name::RecvInfo, &["", "g.3gpp.mcptt-info, foo;a=b"]);
    assert_eq!(read::<InfoPackage>("g.3gpp.mcptt-info").package, InfoPackage::MCPTT_INFO);
}

//= RFC3261-param-once test
//= RFC3261-gen-value test
#[test]
fn parameters_that_stand_twice_or_are_no_values_are_told() {
    told(
        &Name::Event,
        &[
            ("a;id=1;ID=2", "a;id=1;ID=2", &[(7, "RFC3261-param-once")]),
            ("a;x=b/c", "a;x=b/c", &[(4, "RFC3261-gen-value")]),
            ("a;x=1;x=(", "a;x=1;x=(", &[(6, "RFC3261-param-once"), (8, "RFC3261-gen-value")]),
        ],
    );
    assert_eq!(read::<Event>("a;id=1;ID=2").id(), Some("1"));
    kept(&Name::Event, &["a;x=[::1];y=::1;z=host.example.org;v=\"/\""]);
}

#[test]
fn reasons() {
    kept(
        &Name::Reason,
        &[
            "SIP;cause=200;text=\"User requested release\"",
            "Q.850;cause=16;text=\"Terminated\", SIP;cause=600",
            "preemption;cause=1",
        ],
    );
    refused(&Name::Reason, &[("SIP;cause=x", 10), ("SIP;text=free", 9), ("SIP;cause", 4)]);
    lacks(&Name::Reason, &[("", "Reason")]);
    let reason: Reason = read("sip;cause=200;text=\"a \\\"b\\\"\"");
    assert_eq!((&reason.protocol, reason.cause()), (&Reason::SIP, Some(200)));
    assert_eq!(reason.text().as_deref(), Some("a \"b\""));
    assert_eq!(Reason::of(Reason::SIP, 200, "x").to_string(), "SIP;cause=200;text=\"x\"");
    kept(&Name::GeolocationError, &["100;code=\"Cannot Process Location\""]);
    refused(&Name::GeolocationError, &[("x", 0), ("100;code=1", 9)]);
}

#[test]
fn other_dialogs() {
    kept(&Name::TargetDialog, &["pre-call@10.1.1.5;local-tag=a;remote-tag=b"]);
    kept(&Name::Replaces, &["425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only"]);
    kept(&Name::Join, &["12345600@a.example.com;from-tag=1234567;to-tag=23431"]);
    lacks(&Name::TargetDialog, &[("a@b;local-tag=1", "remote-tag"), ("a@b", "local-tag")]);
    lacks(&Name::Replaces, &[("a;to-tag=1", "from-tag")]);
    lacks(&Name::Join, &[("a;from-tag=1", "to-tag")]);
    refused(
        &Name::Replaces,
        &[("a;to-tag=1;from-tag=2;early-only=1", 33), ("a;to-tag;from-tag=2", 2), ("", 0)],
    );
    let target: TargetDialog = read("pre-call@10.1.1.5;remote-tag=b;local-tag=a");
    assert_eq!(
        (target.call_id.as_str(), target.local_tag(), target.remote_tag()),
        ("pre-call@10.1.1.5", "a", "b")
    );
    let replaces: Replaces = read("x;to-tag=1;from-tag=2;early-only");
    assert_eq!((replaces.to_tag(), replaces.from_tag(), replaces.early_only()), ("1", "2", true));
    let join: Join = read("x;to-tag=1;from-tag=2");
    assert_eq!((join.to_tag(), join.from_tag()), ("1", "2"));
    kept(&Name::ReferSub, &["true", "false;x=y"]);
    written(&Name::ReferSub, &[("FALSE", "false")]);
    refused(&Name::ReferSub, &[("no", 0), ("", 0)]);
    assert!(!read::<ReferSub>("False").subscribe.0);
    assert_eq!(ReferSub::NONE.to_string(), "false");
}

#[test]
fn bodies() {
    kept(
        &Name::ContentDisposition,
        &["session", "recipient-list;handling=optional", "x-new;handling=required"],
    );
    refused(&Name::ContentDisposition, &[("", 0), ("session;handling", 8), ("session;handling=\"x\"", 17)]);
    assert!(read::<ContentDisposition>("render;handling=Optional").is_optional());
    let list: ContentDisposition = read("Recipient-List");
    assert_eq!((&list.kind, list.is_optional()), (&ContentDisposition::RECIPIENT_LIST, false));
    kept(
        &Name::ContentType,
        &["application/sdp", "multipart/mixed;boundary=\"a b\"", "text/plain;charset=utf-8"],
    );
    refused(&Name::ContentType, &[("text/*", 5), ("*/*", 0), ("text", 4), ("multipart/mixed;boundary", 16)]);

    kept(&Name::ContentId, &["<l1@ue.example.org>"]);
    refused(
        &Name::ContentId,
        &[("l1@ue.example.org", 0), (" <l1>", 1), ("<a@b@c>", 0), ("<@b>", 0), ("<a b@c>", 0)],
    );
    let id: ContentId = read("<a+b%c@ue.example.org>");
    assert_eq!((id.as_str(), id.uri().scheme), ("a+b%c@ue.example.org", Scheme::Cid));
    assert_eq!(id.uri().to_string(), "cid:a%2Bb%25c@ue.example.org");
    assert_eq!(ContentId::of_uri(&id.uri()), Some(id));
    assert_eq!(ContentId::of_uri(&Uri::parse("sip:a@b").unwrap()), None);
}

#[test]
fn sharing() {
    kept(
        &Name::ResourceShare,
        &[
            "supported",
            "no-media-sharing;origin=session-initiator",
            "media-sharing;origin=session-receiver;rules=\"k1:k7:UL-DL,,k2::UL\";timestamp=55688",
        ],
    );
    refused(&Name::ResourceShare, &[("supported;timestamp=x", 20), ("", 0)]);
    let share: ResourceShare =
        read("media-sharing;origin=session-receiver;rules=\"k1:k7:UL-DL,,k2::UL\";timestamp=55688");
    assert_eq!(
        (&share.option, share.origin(), share.timestamp()),
        (&ResourceShare::MEDIA_SHARING, Some("session-receiver"), Some(55688))
    );
    assert_eq!(share.rules().collect::<Vec<_>>(), ["k1:k7:UL-DL", "", "k2::UL"]);
    kept(&Name::PriorityShare, &["allowed", "not-allowed"]);
}

#[test]
fn privacy() {
    kept(&Name::Privacy, &["id", "header;session;id;critical", "none"]);
    written(&Name::Privacy, &[("id ; user", "id;user")]);
    refused(&Name::Privacy, &[("", 0), ("id;", 2), ("id, user", 2)]);
    let privacy: Privacy = read("ID;critical");
    assert!(privacy.asks_for(&Privacy::ID) && !privacy.asks_for(&Privacy::USER));
}

#[test]
fn access_and_charging() {
    kept(
        &Name::PAccessNetworkInfo,
        &[
            "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000001",
            "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=\"00101\";network-provided, IEEE-802.11;i-wlan-node-id=ab",
        ],
    );
    refused(&Name::PAccessNetworkInfo, &[("3GPP;np=1", 8), ("a b", 2)]);
    let access: AccessNetwork = read("3GPP-NR-FDD;utran-cell-id-3gpp=\"00101\";network-provided");
    assert_eq!((access.cell(), access.is_network_provided()), (Some("00101"), true));

    kept(
        &Name::PChargingVector,
        &[
            "icid-value=ab12",
            "icid-value=\"1234bc9876e\";icid-generated-at=192.0.6.8;orig-ioi=home1.net;term-ioi=\"a\"",
        ],
    );
    lacks(&Name::PChargingVector, &[("orig-ioi=x", "icid-value")]);
    refused(&Name::PChargingVector, &[("", 0), (";icid-value=1", 0), ("icid-value", 0), ("icid-value=", 10)]);
    let vector: ChargingVector = read("icid-value=\"1234\";orig-ioi=home1.net");
    assert_eq!((vector.icid(), vector.orig_ioi(), vector.term_ioi()), ("1234", Some("home1.net"), None));
    kept(&Name::PChargingFunctionAddresses, &["ccf=192.0.8.1;ecf=\"x\";ccf-2=[2001:db8::1]"]);
    kept(&Name::PVisitedNetworkId, &["other.net, \"Visited network number 1\";x=y"]);
    assert_eq!(read::<VisitedNetwork>("\"a b\"").network.text(), "a b");

    for name in [Name::SecurityClient, Name::SecurityServer, Name::SecurityVerify] {
        kept(
            &name,
            &[
                "ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;prot=esp;mod=trans;spi-c=1;spi-s=4294967295;port-c=5062;port-s=5063;q=0.1",
                "tls;q=0.2, digest;d-alg=MD5;d-qop=auth;d-ver=\"0000000000000000000000000000a013\"",
            ],
        );
        refused(
            &name,
            &[
                ("ipsec-3gpp;port-c=65536", 18),
                ("tls;q=2", 6),
                ("tls;d-ver=a", 10),
                ("ipsec-3gpp;spi-c=x", 17),
            ],
        );
    }
    let mechanism: Mechanism = read("ipsec-3gpp;spi-c=1;spi-s=2;port-c=3;port-s=4;q=0.5");
    assert_eq!(
        (mechanism.spi(), mechanism.ports(), mechanism.q().map(|q| q.as_thousandths())),
        (Some((1, 2)), Some((3, 4)), Some(500))
    );
}

#[test]
fn sessions_and_users() {
    kept(
        &Name::SessionId,
        &[
            "ab30317f1a784dc48ff824d0d3715d86",
            "ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000",
        ],
    );
    refused(
        &Name::SessionId,
        &[
            ("AB30317F1A784DC48FF824D0D3715D86", 0),
            ("ab30", 0),
            ("ab30317f1a784dc48ff824d0d3715d86;remote=1", 40),
            ("ab30317f1a784dc48ff824d0d3715d86a", 0),
        ],
    );
    let id: SessionId = read("ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000");
    assert_eq!(id.remote(), Some(SessionUuid::NIL.as_str()));
    assert_eq!(SessionUuid::of([0xa1; 16]).as_str(), "a1".repeat(16));
    kept(
        &Name::UserToUser,
        &["56a390f3d2b7310023a2;encoding=hex;purpose=foo;content=bar", "\"a b\";encoding=x, 00"],
    );
    assert_eq!(read::<UserToUser>("\"a;b\"").data.text(), "a;b");
    assert_eq!(Token::parse("a b").map_err(|error| error.offset), Err(2));
}
