//! Pre-established sessions: set-up, modification and release (8.2 to 8.4), calls over them by REFER and by Connect
//! (10.1.1.3.1.2, 10.1.1.3.2), their end by REFER (11.1.3.2.1.2).

mod called;

use std::time::Duration;

use call_control::client::{
    CallId, ClientCommand, ClientEvent, GroupCall, PrivateCall, SessionCall, SessionConnected, SessionId,
    SessionTold,
};
use call_control::config::{Config, ResourceSharing};
use call_control::{Command, Event, MediaCommand, MediaIndication, SessionCommand};
use mcptt_codec::id::CallRef;
use mcptt_codec::session::{Connect, MediaStreams, ReasonCode, SessionType};
use mcptt_codec::sip::{HeaderName, Response, SipMessage};
use mcptt_codec::xml::mcptt_info::Content;

use crate::private::{PRIVATE_IDENTITY, private_config};
use crate::rig::*;

const SESSIONS: &str = "sip:sessions@pf.mc.example.org";
/// The first session of a client, and the first two of the node.
const OWN: SessionId = SessionId(1);
const FIRST: CallRef = CallRef(1 << 63 | 1);
const SECOND: CallRef = CallRef(1 << 63 | 2);

fn with_sessions(mut config: Config) -> Config {
    config.pre_established.identity = Some(SESSIONS.into());
    config
}

/// Members of the group; the first `sessions` of them have a session.
fn ready(count: usize, sessions: usize) -> Rig {
    let mut rig = Rig::ready(with_sessions(config()), count);
    for at in 0..sessions {
        establish(&mut rig, at);
    }
    rig.forget();
    rig
}

fn establish(rig: &mut Rig, at: usize) {
    rig.command(at, ClientCommand::EstablishSession { identity: SESSIONS.into() });
}

fn call(rig: &mut Rig, at: usize, call: SessionCall) -> CallId {
    rig.command(at, ClientCommand::CallOverSession { session: OWN, call });
    let started = rig.client_events.iter().rev().find_map(|(client, event)| match event {
        ClientEvent::CallStarted { call, .. } if *client == at => Some(*call),
        _ => None,
    });
    started.expect("a call")
}

fn group_call(rig: &mut Rig, at: usize) -> CallId {
    call(rig, at, SessionCall::Group(GroupCall::new(GROUP)))
}

/// The commands about sessions, as words.
fn sessions(rig: &Rig) -> Vec<String> {
    let word = |command: &MediaCommand| match command {
        MediaCommand::Session(SessionCommand::Established { .. }) => Some("established".to_owned()),
        MediaCommand::Session(SessionCommand::Modified { .. }) => Some("modified".to_owned()),
        MediaCommand::Session(SessionCommand::Connect { session, .. }) => {
            Some(format!("connect {}", session.0 & 0xff))
        }
        MediaCommand::Session(SessionCommand::Disconnect { session, acknowledged: true }) => {
            Some(format!("disconnect {}", session.0 & 0xff))
        }
        MediaCommand::Session(SessionCommand::Released { .. }) => Some("released".to_owned()),
        _ => None,
    };
    rig.media.iter().filter_map(word).collect()
}

/// What the client was told by the last Connect, and where the call is relayed to.
fn connect(rig: &Rig) -> (Connect, std::net::SocketAddr) {
    let found = rig.media.iter().rev().find_map(|command| match command {
        MediaCommand::Session(SessionCommand::Connect { connect, controlling, .. }) => {
            Some(((**connect).clone(), controlling.audio.local))
        }
        _ => None,
    });
    found.expect("a Connect")
}

/// Tells a client what Connect says, as its floor control channel would.
fn tell(rig: &mut Rig, at: usize, connect: &Connect) {
    let told = SessionTold::Connected(SessionConnected {
        identity: connect.session_identity.as_ref().map(|identity| identity.uri.clone()).unwrap_or_default(),
        group: connect.group_identity.clone(),
        caller: connect.inviting_user.clone(),
        floor_control: connect.media_streams.is_some_and(|streams| streams.floor_control != 0),
        warning: None,
    });
    rig.command(at, ClientCommand::SessionTold { session: OWN, told });
}

fn failed_session(rig: &Rig, at: usize) -> Option<(u16, Option<u16>)> {
    rig.client_events.iter().rev().find_map(|(client, event)| match event {
        ClientEvent::SessionFailed { status, warning, .. } if *client == at => Some((*status, *warning)),
        _ => None,
    })
}

/// An INVITE for a session as it comes over a SIP core.
fn invite(at: usize, description: &str) -> Raw {
    Raw::new("INVITE", SESSIONS, &impu(at))
        .header(&format!("P-Asserted-Identity: <{}>", impu(at)))
        .header(&format!("Contact: <sip:ue@198.51.100.1:5060>;{TAG}"))
        .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .header("Supported: timer, norefersub")
        .part("application/sdp", description)
}

fn refused(mut change: impl FnMut(&mut Config), description: &str) -> (u16, Option<u16>, Option<String>) {
    let mut config = with_sessions(config());
    change(&mut config);
    let mut rig = Rig::ready(config, 1);
    let answer = rig.ask(CORE, PF, &invite(0, description).text());
    let text = answer.headers.get(&HeaderName::Warning).map(ToString::to_string);
    let (status, warning) = outcome(&answer);
    (status, warning, text)
}

//= 24.379-8.2.1 test
//= 24.379-8.2.2:9 test
//= 24.379-4.2 test
#[test]
fn a_session_is_offered_without_a_call_and_answered_with_a_uri_of_its_own() {
    let mut rig = ready(1, 0);
    establish(&mut rig, 0);
    assert_eq!(rig.trace(), ["alice>pf INVITE", "pf>alice 200 INVITE", "alice>pf ACK"]);
    let invite = rig.request("alice", "pf", "INVITE");
    assert_eq!(invite.uri, SESSIONS);
    assert_eq!(info_of(&SipMessage::Request(invite.clone())).session_type, None);
    let offered = description_of(&SipMessage::Request(invite));
    assert!(offered.audio().is_some() && offered.floor_control().is_some());

    let answer = rig.response("pf", "alice", "200 INVITE");
    let headers = &answer.headers;
    let contact = headers.contact().unwrap().uri.to_string();
    assert!(contact.starts_with("sip:pre-") && contact.ends_with("@192.0.2.1:5060"), "{contact}");
    assert_eq!(values(headers, &HeaderName::SessionExpires), ["1800;refresher=uac"]);
    assert_eq!(values(headers, &HeaderName::PAssertedIdentity), ["<sip:pf@pf.mc.example.org>"]);
    assert!(headers.lists(&HeaderName::Supported, "norefersub"));
    let answered = description_of(&SipMessage::Response(answer));
    let (audio, floor) = (answered.audio().unwrap(), answered.floor_control().unwrap());
    assert!((26000..=26015).contains(&audio.port) && (26016..=26023).contains(&floor.port));
    // What concerns one call is for that call.
    let parameters = floor.mcptt_fmtp().unwrap().unwrap();
    assert!(!parameters.granted && !parameters.implicit_request && parameters.queueing);
    assert_eq!(sessions(&rig), ["established"]);
    assert!(matches!(rig.events[..], [Event::SessionEstablished { session: FIRST, .. }]));
}

//= 24.379-8.2.2:1 test
//= 24.379-8.2.2:2 test
//= 24.379-8.2.2:6 test
//= 24.379-8.1A test
#[test]
fn a_session_that_may_not_be_is_refused_with_the_reason() {
    let deaf = OFFER.replace("m=audio 50000", "m=audio 0");
    let without_floor = OFFER.split("m=application").next().unwrap();
    let ours = OFFER.replace("198.51.100.1", "192.0.2.1").replace("m=audio 50000", "m=audio 26000");
    let none = |_: &mut Config| {};
    assert_eq!(refused(none, OFFER), (200, None, None));
    assert_eq!(refused(none, &deaf), (488, None, None));
    assert_eq!(refused(none, without_floor), (488, None, None));
    assert_eq!(refused(none, &ours), (488, None, None));
    let not_supported =
        "399 pf.mc.example.org \"100 function not allowed due to pre-established session not supported\"";
    let told = (403, Some(100), Some(not_supported.to_owned()));
    assert_eq!(refused(|config| config.users[0].pre_established_sessions = false, OFFER), told);
    // Alice registered directly: nobody has announced anything for her.
    let announced = |config: &mut Config| {
        config.pre_established.resource_sharing = ResourceSharing::Announced;
    };
    assert_eq!(refused(announced, OFFER), told);
    let full = |config: &mut Config| config.limits.relayed_sessions = 0;
    let mut config = with_sessions(config());
    full(&mut config);
    assert!(config.validate().is_err());
    // One session fills a function that has room for one.
    let mut config = with_sessions(crate::rig::config());
    config.limits.relayed_sessions = 1;
    let mut rig = Rig::ready(config, 2);
    establish(&mut rig, 0);
    establish(&mut rig, 1);
    assert_eq!(failed_session(&rig, 1), Some((500, None)));
}

//= 24.379-8.1A test
//= 24.379-6.7 test
#[test]
fn a_sip_core_says_whose_access_shares_resources_and_priority() {
    let register = |share: &str| {
        let inner = format!(
            "REGISTER sip:ims.example.org SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKinner\n\
             From: <{impu}>;tag=i\nTo: <{impu}>\nCall-ID: inner\nCSeq: 1 REGISTER\n\
             Contact: <sip:ue@198.51.100.9>;{TAG}\nContent-Length: 0\n\n",
            impu = impu(0)
        );
        let head = format!(
            "REGISTER {PF_IDENTITY} SIP/2.0\nFrom: <sip:core@ims.example.org>;tag={{id}}\nTo: <{}>\n\
             Contact: <sip:core@198.51.100.1:5060>\nExpires: 3600\n{share}Content-Type: message/sip\n\n{inner}",
            impu(0)
        );
        let mut config = with_sessions(config());
        config.pre_established.resource_sharing = ResourceSharing::Announced;
        let mut rig = Rig::new(config);
        assert_eq!(rig.ask(CORE, PF, &head).status.0, 200);
        // Service authorisation over the SIP core, then the session.
        let settings = Raw::new("PUBLISH", PF_IDENTITY, &impu(0))
            .header(&format!("P-Asserted-Identity: <{}>", impu(0)))
            .header("Event: poc-settings")
            .header("Expires: 4294967295")
            .info(&format!("<mcptt-client-id><mcpttString>{}</mcpttString></mcptt-client-id>", client_id(0)))
            .part(
                "application/poc-settings+xml",
                &format!(
                    "<poc-settings xmlns=\"urn:oma:params:xml:ns:poc:poc-settings\"><entity id=\"{}\">\
                     <am-settings><answer-mode>automatic</answer-mode></am-settings></entity></poc-settings>",
                    client_id(0)
                ),
            );
        assert_eq!(rig.ask(CORE, PF, &settings.text()).status.0, 200);
        let answer = rig.ask(CORE, PF, &invite(0, OFFER).text());
        let shares = values(&answer.headers, &HeaderName::PriorityShare).join(",");
        (answer.status.0, warnings(&answer).first().copied(), shares)
    };
    let none = String::new;
    assert_eq!(register("Resource-Share: supported\n"), (200, None, none()));
    let both = "Resource-Share: supported\nFeature-Caps: *;+g.3gpp.priority-share\n";
    assert_eq!(register(both), (200, None, "allowed".to_owned()));
    assert_eq!(register("Resource-Share: no-media-sharing\n"), (403, Some(100), none()));
    assert_eq!(register(""), (403, Some(100), none()));
}

#[test]
fn a_client_has_as_many_sessions_as_it_may() {
    let mut rig = ready(1, 1);
    for _ in 0..2 {
        establish(&mut rig, 0);
    }
    assert_eq!(sessions(&rig), ["established"]);
    assert_eq!(failed_session(&rig, 0), Some((403, Some(100))));
}

//= 24.379-10.1.1.3.1.2 test
//= 24.379-10.1.1.3.1.2:refer test
//= 24.379-10.1.1.3.1.2:norefersub test
//= 24.380-9.1 test
#[test]
fn a_refer_with_one_entry_places_the_call_and_the_client_is_told_on_its_channel() {
    let mut rig = ready(2, 1);
    group_call(&mut rig, 0);
    assert_eq!(
        rig.trace(),
        [
            "alice>pf REFER",
            "pf>alice 200 REFER",
            "pf>cf INVITE",
            "cf>pf INVITE",
            "cf>pf 200 INVITE",
            "pf>bob INVITE",
            "pf>cf 183 INVITE",
            "pf>cf ACK",
            "bob>pf 200 INVITE",
            "pf>bob ACK",
            "pf>cf 200 INVITE",
            "cf>pf ACK",
        ]
    );
    let refer = rig.request("alice", "pf", "REFER");
    assert_eq!(values(&refer.headers, &HeaderName::ReferSub), ["false"]);
    assert!(refer.headers.lists(&HeaderName::Require, "multiple-refer"));
    let answer = rig.response("pf", "alice", "200 REFER");
    assert_eq!(values(&answer.headers, &HeaderName::ReferSub), ["false"]);

    // The INVITE is that of a call on demand, with the media of the relay; the REFER was a floor request too.
    let invite = SipMessage::Request(rig.request("pf", "cf", "INVITE"));
    let info = info_of(&invite);
    assert_eq!(info.request_uri.and_then(|uri| uri.value().map(ToString::to_string)).as_deref(), Some(GROUP));
    assert_eq!(info.calling_user_id, Some(Content::Normal(mcptt_id(0).as_str().into())));
    assert_eq!(info.client_id, Some(Content::Normal(client_id(0).as_str().into())));
    let offered = description_of(&invite);
    assert!((26000..=26015).contains(&offered.audio().unwrap().port));
    assert!(offered.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap().implicit_request);

    assert_eq!(sessions(&rig), ["connect 1"]);
    let (connect, _) = connect(&rig);
    let identity = connect.session_identity.clone().unwrap();
    assert_eq!(identity.session_type, SessionType::PREARRANGED);
    assert!(identity.uri.starts_with("sip:s-") && identity.uri.contains("@192.0.2.1:5060"));
    assert_eq!(connect.group_identity.as_ref().map(|group| group.as_str()), Some(GROUP));
    assert_eq!(connect.media_streams, Some(MediaStreams { audio: 1, floor_control: 2 }));
    assert!(connect.ack_requested && connect.inviting_user.is_none() && connect.warning_text.is_none());
    rig.indicate(MediaIndication::SessionAccepted { session: FIRST });
    tell(&mut rig, 0, &connect);
    let own = rig.established(0);
    assert!(!own.incoming && own.floor_parameters.implicit_request);
}

#[test]
fn a_referrer_that_wants_to_know_is_told_how_it_goes() {
    let mut rig = ready(2, 1);
    let dialog = rig_session(&mut rig);
    rig.forget();
    let refer = dialog.refer("<sip:rescue-1@mc.example.org?Content-Type=application/vnd.3gpp.mcptt-info%2Bxml&body=%3Cmcpttinfo%20xmlns=%22urn:3gpp:ns:mcpttInfo:1.0%22%3E%3Cmcptt-Params%3E%3Csession-type%3Eprearranged%3C/session-type%3E%3C/mcptt-Params%3E%3C/mcpttinfo%3E>");
    let answer = rig.ask_in(CORE, PF, &refer.text(), &dialog.call_id);
    assert_eq!(answer.status.0, 202);
    let told: Vec<String> = rig.trace().into_iter().filter(|line| line.ends_with("NOTIFY")).collect();
    assert_eq!(told, ["pf>core NOTIFY"]);
    assert!(rig.trace().contains(&"pf>cf INVITE".to_owned()));
}

/// A session that was established by hand over the SIP core.
struct Dialog {
    uri: String,
    from: String,
    to: String,
    call_id: String,
}

/// A session of bob over the SIP core.
fn rig_session(rig: &mut Rig) -> Dialog {
    let answer = rig.ask(CORE, PF, &invite(1, OFFER).text());
    assert_eq!(answer.status.0, 200);
    rig.acknowledge(CORE, PF, &answer);
    let get = |name: &HeaderName| answer.headers.get(name).unwrap().to_string();
    Dialog {
        uri: answer.headers.contact().unwrap().uri.to_string(),
        from: get(&HeaderName::From),
        to: get(&HeaderName::To),
        call_id: get(&HeaderName::CallId),
    }
}

impl Dialog {
    fn request(&self, method: &str) -> Raw {
        Raw::new(method, &self.uri, &impu(1))
            .without("From:")
            .without("To:")
            .header(&format!("From: {}", self.from))
            .header(&format!("To: {}", self.to))
            .header(&format!("P-Asserted-Identity: <{}>", impu(1)))
            .header(&format!("Contact: <sip:ue@198.51.100.1:5060>;{TAG}"))
            .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
            .header("Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit")
    }

    fn refer(&self, target: &str) -> Raw {
        self.request("REFER").header(&format!("Refer-To: {target}"))
    }

    /// A REFER with these entries in a list.
    fn refer_list(&self, entries: &[&str]) -> String {
        let entries: String = entries.iter().map(|uri| format!("<entry uri=\"{uri}\"/>")).collect();
        let head = self
            .refer("<cid:l1@ue.example.org>")
            .header("Refer-Sub: false")
            .header("Supported: norefersub")
            .header("Require: multiple-refer")
            .header("Content-ID: <l1@ue.example.org>")
            .header("Content-Disposition: recipient-list")
            .header("Content-Type: application/resource-lists+xml")
            .text();
        format!(
            "{head}\n\n<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>{entries}</list>\
             </resource-lists>"
        )
    }
}

/// How a REFER in the session of bob is answered, and whether anything was sent to the controlling function.
fn refer(rig: &mut Rig, dialog: &Dialog, entries: &[&str]) -> ((u16, Option<u16>), bool) {
    rig.forget();
    let answer: Response = rig.ask_in(CORE, PF, &dialog.refer_list(entries), &dialog.call_id);
    (outcome(&answer), rig.trace().iter().any(|line| line.starts_with("pf>cf")))
}

/// The mcptt-info of an entry, with this session type.
fn entry(uri: &str, kind: &str) -> String {
    format!(
        "{uri}?Content-Type=application/vnd.3gpp.mcptt-info%2Bxml&amp;body=%3Cmcpttinfo%20xmlns=%22urn:3gpp:ns:\
         mcpttInfo:1.0%22%3E%3Cmcptt-Params%3E%3Csession-type%3E{kind}%3C/session-type%3E%3C/mcptt-Params%3E\
         %3C/mcpttinfo%3E"
    )
}

//= 24.379-10.1.1.3.1.2:multi test
#[test]
fn a_refer_without_one_callee_is_refused_and_nothing_is_sent() {
    let mut rig = ready(2, 0);
    let dialog = rig_session(&mut rig);
    let group = entry(GROUP, "prearranged");
    let (other, unknown) =
        (entry("sip:rescue-2@mc.example.org", "prearranged"), entry(GROUP, "no-such-type"));
    assert_eq!(refer(&mut rig, &dialog, &[&group, &other]), ((403, Some(145)), false));
    assert_eq!(refer(&mut rig, &dialog, &[]), ((400, None), false));
    assert_eq!(refer(&mut rig, &dialog, &[&unknown]), ((403, Some(100)), false));
    assert_eq!(refer(&mut rig, &dialog, &[&format!("{GROUP};method=MESSAGE")]), ((501, None), false));
    assert_eq!(refer(&mut rig, &dialog, &[&format!("{GROUP};method=BYE")]), ((404, None), false));
    // The session is none the worse for it.
    assert_eq!(refer(&mut rig, &dialog, &[&group]), ((200, None), true));
    // A second call while the first one uses the session.
    assert_eq!(refer(&mut rig, &dialog, &[&group]), ((491, None), false));
}

#[test]
fn a_refer_outside_the_dialog_is_for_the_session_that_its_uri_names_and_for_nobody_else() {
    let mut rig = ready(2, 0);
    let dialog = rig_session(&mut rig);
    let group = entry(GROUP, "prearranged");
    let outside = |from: usize, uri: &str| {
        let text = dialog.refer_list(&[&group]).replace(&dialog.uri, uri);
        let text = text.replace(&format!("To: {}", dialog.to), "To: <sip:x@pf.mc.example.org>");
        text.replace(
            &format!("P-Asserted-Identity: <{}>", impu(1)),
            &format!("P-Asserted-Identity: <{}>", impu(from)),
        )
    };
    let ask = |rig: &mut Rig, text: &str| rig.ask(CORE, PF, text).status.0;
    assert_eq!(ask(&mut rig, &outside(0, &dialog.uri)), 403);
    assert_eq!(ask(&mut rig, &outside(1, "sip:pre-0@192.0.2.1:5060")), 481);
    rig.forget();
    assert_eq!(ask(&mut rig, &outside(1, &dialog.uri)), 200);
    assert!(rig.trace().contains(&"pf>cf INVITE".to_owned()));
}

//= 24.379-11.1.3.2.1.2 test
//= 24.379-11.1.3.2.1.2:server test
#[test]
fn a_call_is_ended_by_refer_and_the_session_stays() {
    let mut rig = ready(2, 1);
    let call = group_call(&mut rig, 0);
    let (said, _) = connect(&rig);
    tell(&mut rig, 0, &said);
    rig.forget();
    rig.command(0, ClientCommand::Leave { call });
    assert_eq!(rig.trace()[..3], ["alice>pf REFER", "pf>alice 200 REFER", "pf>cf BYE"]);
    assert_eq!(sessions(&rig), ["disconnect 1"]);
    rig.command(0, ClientCommand::SessionTold { session: OWN, told: SessionTold::Disconnected });
    assert!(rig.events_of(0).contains(&ClientEvent::CallEnded { call, by_peer: false }));
    // And another one over the same session.
    rig.forget();
    group_call(&mut rig, 0);
    assert_eq!(sessions(&rig), ["connect 1"]);
}

#[test]
fn a_call_that_is_given_up_before_it_is_answered_is_cancelled() {
    let mut config = with_sessions(config());
    config.groups[0].minimum_to_start = 1;
    let mut rig = Rig::ready(config, 2);
    establish(&mut rig, 0);
    rig.dead.push(address(1));
    let call = group_call(&mut rig, 0);
    rig.forget();
    rig.command(0, ClientCommand::CancelCall { call });
    rig.seconds(1);
    assert!(rig.trace().contains(&"pf>cf CANCEL".to_owned()), "{:?}", rig.trace());
    assert_eq!(sessions(&rig), ["disconnect 1"]);
}

//= 24.380-9.1 test
#[test]
fn a_refusal_of_the_controlling_function_is_told_by_disconnect() {
    let mut rig = ready(1, 1);
    rig.command(0, ClientCommand::Deaffiliate);
    rig.forget();
    let call = group_call(&mut rig, 0);
    assert!(rig.trace().contains(&"cf>pf 403 INVITE".to_owned()));
    assert_eq!(sessions(&rig), ["disconnect 1"]);
    rig.command(0, ClientCommand::SessionTold { session: OWN, told: SessionTold::Disconnected });
    assert!(
        rig.events_of(0).iter().any(|event| {
            matches!(event, ClientEvent::CallFailed { call: failed, .. } if *failed == call)
        })
    );
}

//= RFC4538-6:match test
#[test]
fn a_refer_outside_the_session_names_its_dialog() {
    let mut rig = ready(2, 0);
    let dialog = rig_session(&mut rig);
    let tag = |field: &str| field.split_once("tag=").unwrap().1.to_owned();
    let (own, ours) = (tag(&dialog.from), tag(&dialog.to));
    let group = entry(GROUP, "prearranged");
    let mut outside = |at: usize, target: &str| {
        rig.forget();
        let text = dialog.refer_list(&[&group]);
        let (head, body) = text.split_once("\n\n").unwrap();
        let head: Vec<String> = head
            .lines()
            .map(|line| match line.split_once(':').map(|(name, _)| name) {
                Some("From") => format!("From: <{}>;tag=outside", impu(at)),
                Some("To") => format!("To: <{PF_IDENTITY}>"),
                Some("P-Asserted-Identity") => format!("P-Asserted-Identity: <{}>", impu(at)),
                None => format!("REFER {PF_IDENTITY} SIP/2.0"),
                _ if line.starts_with("REFER ") => format!("REFER {PF_IDENTITY} SIP/2.0"),
                _ => line.to_owned(),
            })
            .collect();
        let text = format!("{}\nTarget-Dialog: {target}\n\n{body}", head.join("\n"));
        let answer: Response = rig.ask(CORE, PF, &text);
        (answer.status.0, rig.trace().iter().any(|line| line.starts_with("pf>cf INVITE")))
    };
    let named =
        |local: &str, remote: &str| format!("{};local-tag={local};remote-tag={remote}", dialog.call_id);
    assert_eq!(outside(1, &named(&own, "another")).0, 481, "no session of ours");
    assert_eq!(outside(0, &named(&own, &ours)).0, 403, "somebody else's");
    assert_eq!(outside(1, &named(&own, &ours)), (200, true));
}
