//! Emergency alert.

use mcptt_codec::monp::{MonpMessage, UserLocation};

use super::radio::*;
use crate::off_network::*;

use OffNetworkEvent as Ev;

fn alerted(size: usize) -> Radio {
    let mut radio = Radio::new(size);
    let location = Some(UserLocation("somewhere".into()));
    radio.command(0, OffNetworkCommand::Alert { group: group_id(), location });
    radio.run(ms(10));
    radio
}

fn cancel(radio: &mut Radio, by: usize, whose: usize) {
    radio.command(by, OffNetworkCommand::CancelAlert { group: group_id(), user: user(whose) });
    radio.run(ms(10));
}

fn known(radio: &Radio, of: usize) -> Vec<String> {
    radio.clients[of].alerts(&group_id()).map(ToString::to_string).collect()
}

fn ended(whose: usize, by: Option<usize>) -> OffNetworkEvent {
    Ev::AlertEnded { group: group_id(), user: user(whose), by: by.map(user) }
}

//= 24.379-12.2:repeat test
//= 24.379-12.2:ack test
#[test]
fn an_alert_is_repeated_and_acknowledged_once() {
    let mut radio = alerted(3);
    let [Ev::AlertReceived { user: who, organization, location, .. }] = &radio.told_to(1)[..] else {
        panic!("an alert");
    };
    assert_eq!((who, organization.as_str()), (&user(0), "Rescue"));
    assert_eq!(*location, Some(UserLocation("somewhere".into())));
    radio.run(secs(31));
    let sent = radio.sent();
    let alerts = sent.iter().filter(|one| one.message.name() == "GROUP EMERGENCY ALERT");
    let times: Vec<u64> = alerts.map(|one| one.at.as_secs()).collect();
    assert_eq!(times, [0, 5, 10, 15, 20, 25, 30]);
    let acks = sent.iter().filter(|one| one.message.name() == "GROUP EMERGENCY ALERT ACK");
    let mut acks: Vec<_> = acks.map(|one| (one.by, one.to.ip())).collect();
    acks.sort_unstable();
    assert_eq!(acks, [(1, address(0)), (2, address(0))]);
    assert_eq!(radio.clients[0].alert_state(&group_id()), Some(AlertState::Emergency));
}

//= 24.379-12.2:repeat test
#[test]
fn an_alert_that_is_not_repeated_is_forgotten_after_tfe1() {
    let mut radio = alerted(2);
    radio.run(secs(20));
    radio.cells[0] = 1;
    radio.run(secs(29));
    assert_eq!(known(&radio, 1), [user(0).to_string()], "the last one came at 20 seconds");
    radio.told();
    radio.sent();
    radio.run(secs(2));
    assert_eq!(radio.told_to(1), [ended(0, None)]);
    assert!(radio.sent().iter().all(|one| one.by == 0), "silently");
}

//= 24.379-12.2:ack test
#[test]
fn who_has_alerted_is_told_once_who_has_heard_it() {
    let mut radio = alerted(2);
    let heard = Ev::AlertAcknowledged { group: group_id(), user: user(1) };
    assert_eq!(radio.told_to(0), [heard]);
    let sent = radio.sent();
    let ack = sent.iter().find(|one| matches!(one.message, MonpMessage::GroupEmergencyAlertAck(_)));
    radio.inject(0, address(1), &ack.expect("it was acknowledged").message);
    assert_eq!(radio.told_to(0), []);
}

//= 24.379-12.2:cancel test
#[test]
fn a_cancelled_alert_is_removed_and_the_cancellation_acknowledged() {
    let mut radio = alerted(3);
    radio.sent();
    radio.told();
    cancel(&mut radio, 0, 0);
    let [cancelled, ack] = ["GROUP EMERGENCY ALERT CANCEL", "GROUP EMERGENCY ALERT CANCEL ACK"];
    let mut said = radio.said();
    said.sort_unstable();
    assert_eq!(said, [(0, cancelled), (1, ack), (2, ack)]);
    assert_eq!(radio.told_to(1), [ended(0, Some(0))]);
    assert_eq!(known(&radio, 2), Vec::<String>::new());
    radio.run(secs(60));
    assert_eq!(radio.said(), []);
}

//= 24.379-12.2:cancel test
#[test]
fn somebody_else_ends_the_alert_of_a_user() {
    let mut radio = alerted(3);
    radio.told();
    cancel(&mut radio, 2, 0);
    assert_eq!(radio.clients[0].alert_state(&group_id()), Some(AlertState::NotInEmergency));
    let told = radio.told();
    for of in 0..3 {
        assert!(told.contains(&(of, ended(0, Some(2)))), "{told:?}");
    }
    radio.sent();
    radio.run(secs(60));
    assert_eq!(radio.said(), [], "it is not repeated");
}
