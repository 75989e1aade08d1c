//! What one user asks of another one's client: other affiliations, another selected group, a group call.

use call_control::Event;
use call_control::client::{ClientCommand, ClientEvent, RemoteRequest};
use call_control::config::Config;
use call_control::event::{AffiliationState, Function};

use crate::rig::*;

fn authorised() -> Config {
    let mut config = config();
    let dispatcher = &mut config.users[0];
    dispatcher.recommend_affiliation = true;
    dispatcher.remote_group_calls = true;
    dispatcher.remote_group_selection.push(mcptt_id(1).as_str().into());
    config
}

/// Alice asks Bob.
fn ask(rig: &mut Rig, request: RemoteRequest) {
    rig.command(0, ClientCommand::AskUser { user: mcptt_id(1).as_str().into(), request });
}

fn registered(config: Config) -> Rig {
    let mut rig = Rig::new(config);
    for at in 0..3 {
        rig.add(client_config(at));
        rig.register(at);
    }
    rig.forget();
    rig
}

fn refused(rig: &Rig) -> bool {
    rig.events_of(0)
        .iter()
        .any(|event| matches!(event, ClientEvent::RequestFailed { status: 403, warning: Some(100), .. }))
}

fn requests() -> [RemoteRequest; 3] {
    [
        RemoteRequest::Recommend { affiliate: vec![GROUP.into()], de_affiliate: vec![] },
        RemoteRequest::SelectGroup { group: GROUP.into(), affiliate: false },
        RemoteRequest::CallGroup { group: GROUP.into() },
    ]
}

//= 24.379-9.2.2.2:negotiated test
//= 24.379-10.1.4:perm test
//= 24.379-10.1.5:perm test
#[test]
fn whoever_may_not_ask_is_refused_and_the_other_hears_nothing() {
    for request in requests() {
        let mut rig = registered(config());
        ask(&mut rig, request.clone());
        assert!(refused(&rig), "{request:?}");
        assert!(rig.events_of(1).is_empty());
    }
    // The right to select a group is one over certain users.
    let mut rig = registered(authorised());
    let request = RemoteRequest::SelectGroup { group: GROUP.into(), affiliate: true };
    rig.command(0, ClientCommand::AskUser { user: mcptt_id(2).as_str().into(), request });
    assert!(refused(&rig) && rig.events_of(2).is_empty());
}

//= 24.379-9.2.1.4 test
//= 24.379-9.2.1.5 test
#[test]
fn a_recommended_affiliation_is_the_other_users_decision() {
    let mut rig = registered(authorised());
    let [request, ..] = requests();
    ask(&mut rig, request);
    let recommended = ClientEvent::AffiliationRecommended {
        by: Some(mcptt_id(0).as_str().into()),
        affiliate: vec![GROUP.into()],
        de_affiliate: vec![],
    };
    assert_eq!(rig.events_of(1), [recommended]);
    assert!(!rig.events.iter().any(|event| matches!(event, Event::AffiliationChanged { .. })));
}

//= 24.379-10.1.4:resp test
//= 24.379-10.1.4:relay test
#[test]
fn a_group_is_selected_for_a_user_who_becomes_affiliated_where_that_is_asked_for() {
    for (affiliate, expected) in [(true, 2), (false, 0)] {
        let mut rig = registered(authorised());
        ask(&mut rig, RemoteRequest::SelectGroup { group: GROUP.into(), affiliate });
        let selected = ClientEvent::GroupSelected { by: mcptt_id(0).as_str().into(), group: GROUP.into() };
        assert_eq!(rig.events_of(1), [selected]);
        let outcome = ClientEvent::RemoteOutcome { by: mcptt_id(1).as_str().into(), success: true };
        assert!(rig.events_of(0).contains(&outcome));
        let affiliated = rig.events.iter().filter(|event| {
            matches!(event, Event::AffiliationChanged { to: AffiliationState::Affiliated, .. })
        });
        assert_eq!(affiliated.count(), expected);
    }
}

//= 24.379-10.1.5 test
#[test]
fn a_client_calls_a_group_because_another_user_asks_for_it() {
    let mut rig = registered(authorised());
    for at in 1..3 {
        rig.affiliate(at);
    }
    rig.forget();
    ask(&mut rig, RemoteRequest::CallGroup { group: GROUP.into() });
    assert!(rig.established(2).incoming && !rig.established(1).incoming);
    let outcome = |success| ClientEvent::RemoteOutcome { by: mcptt_id(1).as_str().into(), success };
    assert!(rig.events_of(0).contains(&outcome(true)));

    // Bob is not affiliated: his call is refused, and Alice hears of it.
    let mut rig = registered(authorised());
    ask(&mut rig, RemoteRequest::CallGroup { group: GROUP.into() });
    assert_eq!(rig.failure(1), (403, Some(120)));
    assert!(rig.events_of(0).contains(&outcome(false)));
    assert!(
        !rig.events.iter().any(|event| {
            matches!(event, Event::AffiliationChanged { function: Function::Controlling, .. })
        })
    );
}
