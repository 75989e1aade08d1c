//! Temporary groups of the configuration: the non-controlling function of a constituent group here, the controlling function
//! here or in another system.

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use call_control::config::{Config, Group, Member};
use call_control::media::ConstituentRequest;
use call_control::{MediaCommand, MediaIndication};
use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::{CallRef, Ssrc};
use mcptt_codec::sip::{HeaderName, Limits, SipMessage, StatusCode};
use mcptt_codec::xml::floor_request::FloorRequest;
use mcptt_codec::xml::mime;

use crate::rig::*;

const OTHER: &str = "sip:rescue-2@mc.example.org";
const TEMPORARY: &str = "sip:both@mc.example.org";
/// A temporary group of another system.
const FAR: &str = "sip:far-both@far.example.org";

fn member(at: usize) -> Member {
    Member { user_priority: 5, conference_state: true, ..Member::new(mcptt_id(at).as_str()) }
}

/// Alice and bob are in the one group, carol and dave in the other; both are in the temporary group.
fn groups() -> Config {
    let mut config = config();
    config.groups[0].members = vec![member(0), member(1)];
    config.groups.push(Group::prearranged(OTHER, vec![member(2), member(3)]));
    config.groups.push(Group {
        temporary: true,
        constituents: vec![GROUP.into(), OTHER.into()],
        ..Group::prearranged(TEMPORARY, Vec::new())
    });
    config
}

/// One group, which is part of a temporary group of another system.
fn far() -> Config {
    let mut config = config();
    config.groups[0].members = (0..4).map(member).collect();
    config.groups[0].regrouped_into = Some(FAR.into());
    config
}

fn rig(config: Config) -> Rig {
    let groups = config.groups.clone();
    let mut rig = Rig::new(config);
    for at in 0..4 {
        rig.add(client_config(at));
        rig.register(at);
        let own = groups.iter().filter(|group| !group.temporary);
        let own = own.filter(|group| group.member(&mcptt_id(at).as_str().into()).is_some());
        let groups = own.map(|group| group.group_id.clone()).collect();
        rig.command(at, ClientCommand::Affiliate { groups });
    }
    rig.forget();
    rig
}

/// The INVITE of the controlling function of the far temporary group.
fn focus_invite(group: &str, into: &str, further: &str) -> Raw {
    let params = format!(
        "<session-type>prearranged</session-type>\
         <mcptt-request-uri><mcpttURI>{group}</mcpttURI></mcptt-request-uri>\
         <mcptt-calling-user-id><mcpttURI>sip:stranger@far.example.org</mcpttURI></mcptt-calling-user-id>\
         <mcptt-calling-group-id><mcpttURI>{into}</mcpttURI></mcptt-calling-group-id>{further}"
    );
    Raw::new("INVITE", CF_IDENTITY, "sip:groups@far.example.org")
        .header(&format!("Contact: <sip:s-1@198.51.100.1:5060;gr=1>;{TAG};isfocus"))
        .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .header("Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit")
        .header("Supported: timer")
        .part("application/sdp", OFFER)
        .info(&params)
}

//= 24.379-6.3.1.1:ncf test
//= 24.379-10.1.1.5.1 test
#[test]
fn only_the_temporary_group_that_a_group_is_part_of_may_call_its_members() {
    let mut rig = rig(far());
    let refused = |rig: &mut Rig, group: &str, into: &str| {
        outcome(&rig.ask(CORE, CF, &focus_invite(group, into, "").text()))
    };
    assert_eq!(refused(&mut rig, GROUP, TEMPORARY), (403, Some(128)));
    assert_eq!(refused(&mut rig, "sip:nobody@mc.example.org", FAR), (404, Some(113)));
    assert_eq!(refused(&mut rig, GROUP, FAR), (200, None));
    // One function controls the call.
    assert_eq!(refused(&mut rig, GROUP, FAR), (403, Some(128)));
    // Not just anybody.
    let stranger = rig.ask("203.0.113.9:5060", CF, &focus_invite(GROUP, FAR, "").text());
    assert_eq!(outcome(&stranger), (403, None));
}

//= 24.379-6.3.4:invite test
//= 24.379-6.3.4:answer test
#[test]
fn the_function_invites_its_members_in_its_own_name_and_answers_by_its_own_rule() {
    let mut config = far();
    config.groups[0].minimum_to_start = 2;
    let mut rig = rig(config);
    let answer = rig.ask(CORE, CF, &focus_invite(GROUP, FAR, "").text());
    assert_eq!(outcome(&answer), (200, None));
    // Two members had accepted before the function did.
    let trace = rig.trace();
    let own = trace.iter().position(|line| line == "cf>core 200 INVITE").unwrap();
    assert!(trace[..own].iter().filter(|line| *line == "pf>cf 200 INVITE").count() >= 2);
    let invite = rig.request("cf", "pf", "INVITE");
    assert_eq!(
        values(&invite.headers, &HeaderName::PAssertedIdentity),
        [format!("<{CF_IDENTITY}>").as_str()]
    );
    let info = info_of(&SipMessage::Request(invite));
    assert_eq!(info.calling_group_id.unwrap().value().unwrap().as_str(), GROUP);
    assert_eq!(info.calling_user_id.unwrap().value().unwrap().as_str(), "sip:stranger@far.example.org");
    let offered = description_of(&SipMessage::Response(answer.clone()));
    assert!(offered.floor_control().is_some_and(|floor| !floor.is_refused()));
    assert!(answer.headers.get(&HeaderName::Contact).unwrap().contains("isfocus"));
    assert!(rig.media.iter().any(|command| matches!(command, MediaCommand::NonControllingInitiated { .. })));
    assert!(!rig.media.iter().any(|command| matches!(command, MediaCommand::CallInitiated { .. })));

    // With members that decline nobody comes in, and the function says so.
    let mut config = far();
    config.groups[0].minimum_to_start = 4;
    let mut rig = self::rig(config);
    rig.command(3, ClientCommand::Deaffiliate);
    let answer = rig.ask(CORE, CF, &focus_invite(GROUP, FAR, "").text());
    assert_eq!(answer.status, StatusCode::TEMPORARILY_UNAVAILABLE);
    assert_eq!(rig.node.call_count(), 0);
}

fn info_of_talker(message: &SipMessage) -> FloorRequest {
    let SipMessage::Request(request) = message else { panic!("{message:?}") };
    assert_eq!(request.headers.get(&HeaderName::InfoPackage).unwrap(), "g.3gpp.mcptt-floor-request");
    let parts = request.parts(&Limits::default()).unwrap();
    FloorRequest::parse(&parts.iter().find(|part| part.is(mime::FLOOR_REQUEST)).unwrap().body).unwrap()
}

const TALKER: ConstituentRequest = ConstituentRequest {
    ssrc: Ssrc(77),
    priority: 5,
    reference: 0x1234_5678,
    queueing: true,
    indicator: FloorIndicator::NORMAL,
};

//= 24.379-6.3.4:merge test
#[test]
fn a_running_call_becomes_part_of_the_call_of_the_temporary_group_and_is_its_own_again_afterwards() {
    // The call began before the group was regrouped.
    let mut config = far();
    config.groups[0].regrouped_into = None;
    let mut rig = rig(config);
    rig.call(0);
    rig.node.change_group(rig.now, far().groups[0].clone()).unwrap();
    rig.settle();
    rig.forget();
    let answer = rig.ask(CORE, CF, &focus_invite(GROUP, FAR, "").text());
    assert_eq!(outcome(&answer), (200, None));
    let words: Vec<bool> =
        rig.media.iter().map(|command| matches!(command, MediaCommand::ControlHandedOver { .. })).collect();
    assert_eq!(words, [true]);
    // Nobody is invited anew.
    assert!(!rig.trace().iter().any(|line| line == "cf>pf INVITE"));

    // Who talks is told as soon as the answer was acknowledged.
    rig.indicate(MediaIndication::TalkerHandedOver { call: CallRef(1), request: TALKER });
    assert!(!rig.trace().iter().any(|line| line == "cf>core INFO"));
    rig.acknowledge(CORE, CF, &answer);
    let told = info_of_talker(&SipMessage::Request(rig.request("cf", "core", "INFO")));
    assert_eq!((told.ssrc, told.floor_priority), (Some(77), Some(5)));
    let track = told.track_info.unwrap();
    assert_eq!(track.floor_participant_references, [0x1234_5678]);

    // The temporary group ends the call: the members talk on among themselves.
    rig.forget();
    let dialog = |name: HeaderName| answer.headers.get(&name).unwrap().to_string();
    let bye =
        format!("BYE sip:{CF} SIP/2.0\nFrom: {}\nTo: {}", dialog(HeaderName::From), dialog(HeaderName::To));
    let gone = rig.ask_in(CORE, CF, &bye, &dialog(HeaderName::CallId));
    assert_eq!(gone.status, StatusCode::OK);
    assert!(rig.media.iter().any(|command| matches!(command, MediaCommand::ControlResumed { .. })));
    assert!((0..4).all(|at| !rig.has_ended(at)));
    assert_eq!(rig.node.call_count(), 1);
}

//= 24.379-6.3.4:merge test
#[test]
fn the_controlling_function_asks_for_the_floor_in_the_place_of_a_talker_that_it_is_told_of() {
    let mut rig = rig(groups());
    rig.call_with(0, GroupCall::new(TEMPORARY));
    let handed = MediaIndication::TalkerHandedOver { call: CallRef(2), request: TALKER };
    rig.media.clear();
    rig.indicate(handed);
    assert_eq!(rig.trace().iter().filter(|line| *line == "cf>cf INFO").count(), 1);
    let told: Vec<&MediaCommand> =
        rig.media.iter().filter(|one| matches!(one, MediaCommand::ConstituentRequest { .. })).collect();
    let [MediaCommand::ConstituentRequest { call: CallRef(1), request, .. }] = told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(*request, TALKER);
}

//= 24.379-10.1.3.5 test
#[test]
fn who_watches_the_call_sees_the_members_of_all_groups() {
    let mut rig = rig(groups());
    rig.call_with(0, GroupCall::new(TEMPORARY));
    let (call, leaving) = (rig.established(0).call, rig.established(3).call);
    rig.forget();
    rig.command(0, ClientCommand::WatchCall { call, expires: 3_600 });
    let watched = |rig: &Rig| {
        let mut events = rig.client_events.iter().rev();
        let found = events.find_map(|(_, event)| match event {
            ClientEvent::CallWatched { participants, over: false, .. } => Some(participants.clone()),
            _ => None,
        });
        let mut found: Vec<String> = found.unwrap().into_iter().map(|user| user.to_string()).collect();
        found.sort();
        found
    };
    let all: Vec<String> = (0..4).map(mcptt_id).collect();
    assert_eq!(watched(&rig), all);
    // Only those in the call, as it changes.
    rig.command(3, ClientCommand::Leave { call: leaving });
    assert_eq!(watched(&rig), all[..3]);
    // The functions ask each other once.
    assert_eq!(rig.trace().iter().filter(|line| *line == "cf>cf SUBSCRIBE").count(), 2);
}

#[test]
fn a_function_that_refuses_does_not_keep_the_others_from_the_call() {
    let mut config = groups();
    config.groups[1].disabled = true;
    let mut rig = rig(config);
    rig.call_with(0, GroupCall::new(TEMPORARY));
    assert!(rig.established(1).incoming);
    assert!(rig.events_of(2).is_empty() && rig.events_of(3).is_empty());
}

#[test]
fn a_temporary_group_has_the_members_of_its_constituents_and_no_others() {
    let mut rig = rig(groups());
    let answer = rig.ask(CORE, CF, &controlling_invite(4, &group_call(TEMPORARY, "")).text());
    assert_eq!(outcome(&answer), (403, Some(116)));
    // Whoever is not affiliated to a constituent is not affiliated to the temporary group.
    rig.command(3, ClientCommand::Deaffiliate);
    rig.call_with(3, GroupCall::new(TEMPORARY));
    assert_eq!(rig.failure(3), (403, Some(120)));
}

#[test]
fn what_contradicts_itself_is_no_configuration() {
    let wrong = |change: fn(&mut Config)| {
        let mut config = groups();
        change(&mut config);
        config.validate().unwrap_err().setting
    };
    assert_eq!(
        wrong(|config| config.groups[2].constituents.push(TEMPORARY.into())),
        format!("groups[{TEMPORARY}].constituents")
    );
    assert_eq!(
        wrong(|config| config.groups[2].constituents.push(GROUP.into())),
        format!("groups[{TEMPORARY}].constituents")
    );
    assert_eq!(wrong(|config| config.groups[2].temporary = false), format!("groups[{TEMPORARY}].temporary"));
    assert_eq!(
        wrong(|config| {
            config.groups[1].temporary = true;
            config.groups[1].constituents.push(GROUP.into());
        }),
        format!("groups[{OTHER}].constituents")
    );
}
