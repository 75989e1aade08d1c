//! Sessions of called clients, private calls over sessions, sessions that move or end.

use super::*;

//= 24.379-6.3.2.2.5 test
//= 24.379-6.3.2.2.5.2:unconfirmed test
#[test]
fn a_called_client_with_a_session_is_not_invited_but_asked_on_its_channel() {
    let mut rig = ready(2, 2);
    rig.call(0);
    assert_eq!(
        rig.trace().iter().filter(|line| line.contains("bob")).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    let progress = rig.response("pf", "cf", "183 INVITE");
    assert_eq!(values(&progress.headers, &HeaderName::PAnswerState), ["Unconfirmed"]);
    assert_eq!(sessions(&rig), ["connect 2"]);
    let (said, _) = connect(&rig);
    assert_eq!(said.inviting_user.as_ref().map(|user| user.as_str()), Some(mcptt_id(0).as_str()));
    rig.forget();
    rig.indicate(MediaIndication::SessionAccepted { session: SECOND });
    let answer = rig.response("pf", "cf", "200 INVITE");
    assert_eq!(values(&answer.headers, &HeaderName::PAnswerState), ["Confirmed"]);
    assert!((26000..=26015).contains(&description_of(&SipMessage::Response(answer)).audio().unwrap().port));
    assert!(media_words(&rig.media).iter().any(|word| word.ends_with(&mcptt_id(1))));
    tell(&mut rig, 1, &said);
    assert!(rig.established(1).incoming);
    // The end comes by Disconnect.
    rig.forget();
    rig.operator(Command::ReleaseCall { call: CallRef(1) });
    assert_eq!(sessions(&rig), ["disconnect 2"]);
}

#[test]
fn a_client_that_refuses_or_says_nothing_is_not_in_the_call() {
    for (indication, status) in [
        (MediaIndication::SessionRefused { session: SECOND, code: ReasonCode::BUSY }, "486 INVITE"),
        (MediaIndication::SessionRefused { session: SECOND, code: ReasonCode::NOT_ACCEPTED }, "480 INVITE"),
        (MediaIndication::SessionNotAnswered { session: SECOND }, "480 INVITE"),
    ] {
        let mut rig = ready(2, 2);
        rig.call(0);
        rig.forget();
        rig.indicate(indication);
        rig.response("pf", "cf", status);
        // The media plane knows already that no call uses the session.
        assert_eq!(sessions(&rig), Vec::<String>::new());
        assert!(rig.events.iter().any(|event| matches!(event, Event::SessionFree { session: SECOND, .. })));
    }
}

#[test]
fn an_invitation_that_is_taken_back_is_taken_back_from_the_client() {
    let mut config = with_sessions(config());
    config.groups[0].minimum_to_start = 1;
    let mut rig = Rig::ready(config, 2);
    establish(&mut rig, 1);
    let call = rig.call(0);
    assert_eq!(sessions(&rig), ["established", "connect 1"]);
    rig.forget();
    rig.command(0, ClientCommand::CancelCall { call });
    assert_eq!(sessions(&rig), ["disconnect 1"]);
}

#[test]
fn who_answers_by_hand_is_invited_whether_it_has_a_session_or_not() {
    let mut rig = ready(2, 2);
    rig.command(1, ClientCommand::SetAnswerMode(mcptt_codec::xml::poc_settings::AnswerMode::Manual));
    rig.forget();
    rig.call(0);
    assert!(rig.trace().contains(&"pf>bob INVITE".to_owned()));
    assert_eq!(sessions(&rig), Vec::<String>::new());
}

//= 24.379-11.1:fmtp test
//= 24.379-11.1.1.2.2.1:auto test
#[test]
fn a_private_call_by_refer_names_its_callee_and_may_be_without_floor_control() {
    let mut rig = Rig::new(with_sessions(private_config()));
    for at in 0..2 {
        rig.add(client_config(at));
        rig.register(at);
    }
    establish(&mut rig, 0);
    rig.forget();
    let wanted = PrivateCall { floor_control: false, ..PrivateCall::new(mcptt_id(1).as_str()) };
    call(&mut rig, 0, SessionCall::User(wanted));
    let invite = rig.request("pf", "cf", "INVITE");
    assert_eq!(invite.uri, PRIVATE_IDENTITY);
    assert_eq!(values(&invite.headers, &HeaderName::AnswerMode), ["Auto"]);
    let invite = SipMessage::Request(invite);
    // The parameter is for the session only.
    assert!(description_of(&invite).floor_control().is_none());
    let asked = rig.request("alice", "pf", "REFER");
    assert!(String::from_utf8_lossy(&asked.body).contains("mc_no_floor_ctrl"));
    let (connect, _) = connect(&rig);
    assert_eq!(connect.media_streams, Some(MediaStreams { audio: 1, floor_control: 0 }));
    assert_eq!(connect.session_identity.unwrap().session_type, SessionType::PRIVATE);

    // By hand, with what one clause prints for Auto.
    let mut rig = Rig::new(with_sessions(private_config()));
    for at in 0..2 {
        rig.add(client_config(at));
        rig.register(at);
    }
    let dialog = rig_session(&mut rig);
    let callee = format!("{}&amp;Answer-Mode=Automatic", entry(&mcptt_id(0), "private"));
    assert_eq!(refer(&mut rig, &dialog, &[&callee]), ((200, None), true));
    assert!(rig.trace().contains(&"cf>pf 200 INVITE".to_owned()));
}

//= 24.379-8.3.2 test
#[test]
fn a_session_moves_by_re_invite_and_a_refresh_changes_nothing() {
    let mut rig = ready(1, 1);
    let (audio, floor) = ("192.0.2.10:41000".parse().unwrap(), "192.0.2.10:41002".parse().unwrap());
    rig.command(0, ClientCommand::ModifySession { session: OWN, audio, floor });
    assert_eq!(rig.trace(), ["alice>pf INVITE", "pf>alice 200 INVITE", "alice>pf ACK"]);
    let moved = rig.media.iter().find_map(|command| match command {
        MediaCommand::Session(SessionCommand::Modified { client, .. }) => Some(client.audio.remote),
        _ => None,
    });
    assert_eq!(moved, Some(audio));
    // The same again is a refresh.
    rig.forget();
    rig.command(0, ClientCommand::ModifySession { session: OWN, audio, floor });
    assert_eq!(sessions(&rig), Vec::<String>::new());
    // To where media would come back to us it does not move.
    let ours = "192.0.2.1:26000".parse().unwrap();
    rig.command(0, ClientCommand::ModifySession { session: OWN, audio: ours, floor });
    assert_eq!(failed_session(&rig, 0), Some((488, None)));
    // The timer of the session is kept by the client.
    rig.forget();
    rig.seconds(1000);
    assert!(rig.trace().contains(&"alice>pf UPDATE".to_owned()), "{:?}", rig.trace());
    assert_eq!(sessions(&rig), Vec::<String>::new());
}

//= 24.379-8.4.2 test
#[test]
fn a_session_that_ends_leaves_its_call_first() {
    let mut rig = ready(2, 1);
    group_call(&mut rig, 0);
    rig.forget();
    rig.command(0, ClientCommand::ReleaseSession { session: OWN });
    let trace = rig.trace();
    let place =
        |line: &str| trace.iter().position(|own| own == line).unwrap_or_else(|| panic!("{line}: {trace:?}"));
    assert!(place("pf>cf BYE") < place("pf>alice 200 BYE"));
    assert_eq!(sessions(&rig), ["released"]);
    assert!(rig.events_of(0).contains(&ClientEvent::SessionReleased { session: OWN }));

    // The function ends it, too: with the service of the client, when it is lost, and when the node shuts down.
    for end in [ClientCommand::LogOff, ClientCommand::Deregister] {
        let mut rig = ready(1, 1);
        rig.command(0, end);
        assert!(rig.trace().contains(&"pf>alice BYE".to_owned()), "{:?}", rig.trace());
        assert_eq!(sessions(&rig), ["released"]);
    }
    let mut rig = ready(1, 1);
    rig.operator(Command::ReleaseAll);
    assert_eq!(sessions(&rig), ["released"]);
    let mut rig = ready(1, 1);
    rig.dead.push(address(0));
    rig.advance(Duration::from_secs(3000));
    assert!(sessions(&rig).contains(&"released".to_owned()));
}

#[test]
fn an_emergency_is_raised_and_told_in_the_dialog_of_the_session() {
    use call_control::client::{CallPriority, PriorityChange};
    let mut config = with_sessions(config());
    config.users[0].emergency_group_call = true;
    config.groups[0].members[0].emergency_call = true;
    let mut rig = Rig::new(config);
    for at in 0..2 {
        let mut own = client_config(at);
        own.profile.emergency_calls = true;
        rig.add(own);
        rig.register(at);
        rig.affiliate(at);
        establish(&mut rig, at);
    }
    rig.forget();
    let call = group_call(&mut rig, 0);
    for (at, session) in [(0, FIRST), (1, SECOND)] {
        rig.indicate(MediaIndication::SessionAccepted { session });
        let said = rig.media.iter().find_map(|command| match command {
            MediaCommand::Session(SessionCommand::Connect { session: own, connect, .. })
                if *own == session =>
            {
                Some((**connect).clone())
            }
            _ => None,
        });
        tell(&mut rig, at, &said.unwrap());
    }
    rig.forget();
    let change = PriorityChange::Emergency { alert: false };
    rig.command(
        0,
        ClientCommand::ChangePriority(CallPriority {
            call,
            change,
            implicit_request: false,
            resource_priority: Some("mcpttp.15".into()),
        }),
    );
    rig.seconds(1);
    let trace = rig.trace();
    for line in
        ["alice>pf INVITE", "pf>cf INVITE", "cf>pf 200 INVITE", "pf>alice 200 INVITE", "pf>bob INVITE"]
    {
        assert!(trace.contains(&line.to_owned()), "{line}: {trace:?}");
    }
    assert!(
        rig.events_of(0)
            .iter()
            .any(|event| { matches!(event, ClientEvent::PriorityAnswered { status: 200, .. }) })
    );
    assert!(rig.events_of(1).iter().any(|event| {
        matches!(event, ClientEvent::PriorityTold { told, .. } if told.emergency == Some(true))
    }));
}
