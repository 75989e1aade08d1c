//! Emergency alerts, and the end of what is in progress without a call.

use call_control::Event;
use call_control::client::{
    Announcement, CallPriority, ClientCommand, ClientEvent, GroupAnnouncement, Indicators, PriorityChange,
};
use call_control::config::Config;
use call_control::event::{AffiliationState, Function};
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mime;

use crate::priority::{authorised, told, told_of_group};
use crate::rig::*;

const LOCATION: &str = "<location-info xmlns=\"urn:3gpp:ns:mcpttLocationInfo:1.0\"/>";

fn say(rig: &mut Rig, at: usize, what: Announcement) -> (u16, Option<u16>, Indicators) {
    let location = (what == Announcement::Alert).then(|| LOCATION.into());
    let announcement = GroupAnnouncement {
        group: GROUP.into(),
        what,
        location,
        resource_priority: Some("mcpttp.15".into()),
    };
    rig.command(at, ClientCommand::Announce(announcement));
    let mut events = rig.client_events.iter().rev();
    let found = events.find_map(|(client, event)| match event {
        ClientEvent::AnnouncementAnswered { status, warning, told, .. } if *client == at => {
            Some((*status, *warning, told.clone()))
        }
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no answer in {:#?}", rig.client_events))
}

fn receipts(rig: &Rig, at: usize) -> Vec<(Option<bool>, Option<bool>)> {
    rig.client_events
        .iter()
        .filter_map(|(client, event)| match event {
            ClientEvent::GroupTold { told } if *client == at => {
                Some((told.alert_received, told.emergency_received))
            }
            _ => None,
        })
        .collect()
}

fn cancel(originated_by: Option<usize>, emergency: bool) -> Announcement {
    let originated_by = originated_by.map(|at| mcptt_id(at).as_str().into());
    Announcement::CancelAlert { originated_by, emergency }
}

//= 24.379-12.1.1.1 test
//= 24.379-12.1.2.1 test
//= 24.379-12.1.3.1:fan test
//= 24.379-12.1.3.1:nocall test
//= 24.379-12.1.3.1:20 test
//= 24.379-6.3.3.1.20 test
//= 24.379-6.3.3.1.12:loc test
//= 24.379-6.3.3.1.12:2 test
#[test]
fn an_alert_reaches_every_other_affiliated_member_and_starts_nothing() {
    let mut config = authorised();
    config.users[0].organisation = Some("Fire Dept 9".into());
    let mut rig = Rig::ready(config, 3);
    let (status, warning, _) = say(&mut rig, 0, Announcement::Alert);
    assert_eq!((status, warning), (200, None));
    for at in [1, 2] {
        assert_eq!(told_of_group(&rig, at), [(None, Some(true), None)]);
    }
    assert_eq!(receipts(&rig, 0), [(Some(true), None)]);
    let message = rig.request("pf", "bob", "MESSAGE");
    let parts = message.parts(&Default::default()).unwrap();
    let location = parts.iter().find(|part| part.is(mime::LOCATION_INFO)).expect("the location");
    assert_eq!(&location.body[..], LOCATION.as_bytes());
    let info = info_of(&SipMessage::Request(message));
    assert_eq!(info.mc_org.as_deref(), Some("Fire Dept 9"));
    assert_eq!(info.calling_user_id.unwrap().value().unwrap().as_str(), mcptt_id(0));
    assert_eq!(info.calling_group_id.unwrap().value().unwrap().as_str(), GROUP);
    assert!(!rig.trace().iter().any(|line| line.ends_with("INVITE")));
    assert!(rig.media.is_empty());
    let moved = rig.events.iter().any(|event| matches!(event, Event::PriorityStateChanged { .. }));
    assert!(!moved && rig.clients[0].alert_stands(&GROUP.into()));
}

//= 24.379-12.1.2.1:4 test
//= 24.379-12.1.3.1:4bi test
#[test]
fn an_alert_affiliates_its_sender_beyond_n2_but_not_beyond_what_the_node_can_keep() {
    let mut config = authorised();
    config.users[0].max_affiliations = Some(0);
    let mut rig = Rig::ready(config, 0);
    for at in 0..2 {
        rig.add(client_config(at));
        rig.register(at);
    }
    assert_eq!(say(&mut rig, 0, Announcement::Alert).0, 200);
    let affiliated = rig.events.iter().filter_map(|event| match event {
        Event::AffiliationChanged { function, to: AffiliationState::Affiliated, .. } => Some(*function),
        _ => None,
    });
    assert_eq!(affiliated.collect::<Vec<_>>(), [Function::Controlling, Function::Participating]);

    let mut config = authorised();
    config.limits.affiliations = 1;
    let mut rig = Rig::ready(config, 1);
    rig.add(client_config(1));
    rig.register(1);
    let (status, warning, _) = say(&mut rig, 1, Announcement::Alert);
    assert_eq!((status, warning), (403, Some(120)));
}

//= 24.379-12.1.3.1:4a test
//= 24.379-12.1.3.1:168 test
//= 24.379-12.1.3.1:2 test
//= 24.379-6.3.1:message test
#[test]
fn an_alert_needs_its_rights_its_group_and_its_service() {
    type Change = fn(&mut Config);
    type Answer = (u16, Option<u16>);
    let table: [(Change, Answer, Option<bool>); 5] = [
        (|config| config.users[0].emergency_alert = false, (403, None), Some(false)),
        (|config| config.groups[0].members[0].emergency_alert = false, (403, None), Some(false)),
        (
            |config| config.users[0].dedicated_alert_group = Some("sip:other@mc.example.org".into()),
            (403, None),
            Some(false),
        ),
        (|config| config.groups[0].preconfigured_use_only = true, (403, Some(168)), None),
        (|config| config.groups[0].disabled = true, (403, Some(115)), None),
    ];
    for (change, expected, alert) in table {
        let mut config = authorised();
        change(&mut config);
        let mut rig = Rig::ready(config, 2);
        let (status, warning, told) = say(&mut rig, 0, Announcement::Alert);
        assert_eq!(((status, warning), told.alert), (expected, alert));
        assert!(told_of_group(&rig, 1).is_empty());
    }
    // Whoever does not ask for MCPTT is not an alert, whatever its body says.
    let mut rig = Rig::ready(authorised(), 2);
    let message = Raw::new("MESSAGE", CF_IDENTITY, &impu(0)).info(&format!(
        "<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>\
         <mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>\
         <alert-ind><mcpttBoolean>true</mcpttBoolean></alert-ind>",
        mcptt_id(0)
    ));
    assert_eq!(outcome(&rig.ask(CORE, CF, &message.text())), (403, None));
    assert!(told_of_group(&rig, 1).is_empty());
}

//= 24.379-12.1.3.1:4biii test
//= 24.379-12.1.3.4 test
//= 24.379-9.2.2.3.3:14 test
#[test]
fn who_affiliates_later_hears_of_the_alerts_that_stand() {
    let mut rig = Rig::ready(authorised(), 2);
    rig.add(client_config(2));
    rig.register(2);
    say(&mut rig, 0, Announcement::Alert);
    rig.forget();
    rig.affiliate(2);
    assert_eq!(told_of_group(&rig, 2), [(None, Some(true), None)]);
    say(&mut rig, 1, cancel(Some(0), false));
    rig.command(2, ClientCommand::Deaffiliate);
    rig.forget();
    rig.affiliate(2);
    assert_eq!(told_of_group(&rig, 2), []);
}

//= 24.379-12.1.3.2:1a test
//= 24.379-12.1.3.2:2c test
//= 24.379-12.1.3.2:open test
#[test]
fn an_alert_is_cancelled_by_whoever_may_member_or_not() {
    let mut config = authorised();
    config.users[4].cancel_emergency_alert = true;
    let mut rig = Rig::ready(config, 3);
    for at in 3..5 {
        rig.add(client_config(at));
        rig.register(at);
    }
    say(&mut rig, 0, Announcement::Alert);
    rig.forget();
    let (status, _, told) = say(&mut rig, 2, cancel(Some(0), false));
    assert_eq!((status, told.alert), (403, Some(true)));
    let (status, _, told) = say(&mut rig, 0, cancel(None, false));
    assert_eq!((status, told.alert), (403, Some(true)));
    assert!(told_of_group(&rig, 1).is_empty());
    // Erin is no member of the group.
    assert_eq!(say(&mut rig, 4, cancel(Some(0), false)).0, 200);
    assert_eq!(told_of_group(&rig, 1), [(None, Some(false), None)]);
    let info = info_of(&SipMessage::Request(rig.request("pf", "bob", "MESSAGE")));
    assert_eq!(info.originated_by.unwrap().value().unwrap().as_str(), mcptt_id(0));
    assert_eq!(info.emergency_ind, None);
    assert_eq!(receipts(&rig, 4), [(Some(true), None)]);
}

//= 24.379-12.1.3.2:2d test
//= 24.379-12.1.3.2:1b test
#[test]
fn one_message_may_end_an_alert_and_an_emergency() {
    for (may_cancel_alert, alert) in [(true, Some(false)), (false, None)] {
        let mut config = authorised();
        config.users[1].cancel_emergency_alert = may_cancel_alert;
        let mut rig = Rig::ready(config, 4);
        let call = rig.call(0);
        let change = PriorityChange::Emergency { alert: true };
        let wanted = CallPriority { call, change, implicit_request: false, resource_priority: None };
        rig.command(0, ClientCommand::ChangePriority(wanted));
        for at in [1, 3] {
            let call = rig.established(at).call;
            rig.command(at, ClientCommand::Leave { call });
        }
        rig.forget();
        assert_eq!(say(&mut rig, 1, cancel(Some(0), true)).0, 200);
        // Participants by re-INVITE, the others by MESSAGE.
        assert_eq!(told(&rig, 0), [(Some(false), alert, None)]);
        assert_eq!(told(&rig, 2), [(Some(false), alert, None)]);
        assert_eq!(told_of_group(&rig, 3), [(Some(false), alert, None)]);
        assert_eq!(receipts(&rig, 1), [(may_cancel_alert.then_some(true), Some(true))]);
        let dropped =
            rig.events.iter().any(|event| matches!(event, Event::EmergencyAlert { stands: false, .. }));
        assert_eq!(dropped, may_cancel_alert);
    }
}

//= 24.379-12.1.3.3 test
//= 24.379-12.1.3.3:1a test
//= 24.379-10.1.6 test
#[test]
fn what_is_in_progress_ends_without_a_call_too() {
    for (change, what) in [
        (PriorityChange::Emergency { alert: false }, Announcement::CancelEmergency),
        (PriorityChange::ImminentPeril, Announcement::CancelImminentPeril),
    ] {
        let peril = change == PriorityChange::ImminentPeril;
        let mut rig = Rig::ready(authorised(), 3);
        let call = rig.call(0);
        let wanted = CallPriority { call, change, implicit_request: false, resource_priority: None };
        rig.command(0, ClientCommand::ChangePriority(wanted));
        rig.operator(call_control::Command::ReleaseAll);
        rig.forget();
        let (status, _, told) = say(&mut rig, 2, what.clone());
        assert_eq!(status, 403);
        assert_eq!((told.emergency, told.imminent_peril), ((!peril).then_some(true), peril.then_some(true)));
        assert_eq!(say(&mut rig, 1, what).0, 200);
        assert_eq!(told_of_group(&rig, 0), [(Some(false), None, peril.then_some(false))]);
        let over = rig.events.iter().any(|event| matches!(event, Event::PriorityStateChanged { .. }));
        assert!(over);
    }
}

#[test]
fn indicators_that_contradict_each_other_are_refused() {
    let mut rig = Rig::ready(authorised(), 1);
    let yes = |name: &str| format!("<{name}><mcpttBoolean>true</mcpttBoolean></{name}>");
    for indicators in [
        yes("alert-ind") + &yes("emergency-ind"),
        yes("emergency-ind"),
        yes("imminentperil-ind"),
        yes("alert-ind") + &yes("imminentperil-ind"),
    ] {
        let message = Raw::new("MESSAGE", PF_IDENTITY, &impu(0))
            .header(&format!("P-Asserted-Identity: <{}>", impu(0)))
            .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
            .header("Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit")
            .info(&format!(
                "<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>{indicators}"
            ));
        assert_eq!(outcome(&rig.ask(CORE, PF, &message.text())), (403, Some(150)), "{indicators}");
    }
    assert!(values(&rig.response("pf", "core", "403 MESSAGE").headers, &HeaderName::Warning).len() == 1);
}

//= 24.379-12.1.1.1:dedicated test
#[test]
fn an_alert_goes_to_the_dedicated_group() {
    let mut config = authorised();
    let mut other = config.groups[0].clone();
    other.group_id = "sip:sos@mc.example.org".into();
    config.groups.push(other);
    let mut rig = Rig::new(config);
    let mut own = client_config(0);
    own.profile.dedicated_alert_group = Some("sip:sos@mc.example.org".into());
    own.profile.dedicated_emergency_group = Some("sip:sos@mc.example.org".into());
    rig.add(own);
    rig.register(0);
    say(&mut rig, 0, Announcement::Alert);
    let info = info_of(&SipMessage::Request(rig.request("alice", "pf", "MESSAGE")));
    assert_eq!(info.request_uri.unwrap().value().unwrap().as_str(), "sip:sos@mc.example.org");
    let urgency = call_control::client::Urgency::Emergency { alert: true };
    rig.call_with(
        0,
        call_control::client::GroupCall { urgency, ..call_control::client::GroupCall::new(GROUP) },
    );
    let info = info_of(&SipMessage::Request(rig.request("alice", "pf", "INVITE")));
    assert_eq!(info.request_uri.unwrap().value().unwrap().as_str(), "sip:sos@mc.example.org");
}
