//! Private calls.

use call_control::off_network::{OffNetworkCommand, OffNetworkEvent, PrivateCallState};

use super::radio::*;
use crate::ue::off_network::OffNetworkUeEvent;

fn call(radio: &mut Radio, manual: bool) {
    radio.client(0, OffNetworkCommand::CallUser { user: user(1), manual, emergency: false, location: None });
}

fn states(radio: &Radio) -> [PrivateCallState; 2] {
    [(0, 1), (1, 0)].map(|(of, with)| radio.clients[of].client().private_states(&user(with)).0)
}

//= 24.379-11.2.2:ack test
//= 24.379-11.2.2:manual test
#[test]
fn two_talk_in_turn_and_nobody_else_hears() {
    for manual in [false, true] {
        let mut radio = Radio::new(3, 9, Conditions::GOOD, |_| {});
        call(&mut radio, manual);
        radio.run(ms(100));
        if manual {
            assert!(radio.talkers().is_empty(), "{:?}", radio.talkers());
            radio.client(1, OffNetworkCommand::AcceptPrivateCall { user: user(0) });
            radio.run(ms(100));
        }
        assert_eq!(states(&radio), [PrivateCallState::Ongoing; 2]);
        assert_eq!(radio.talkers(), [0]);
        assert_eq!(radio.hears(secs(1)), [vec![], vec![ssrc(0)], vec![]]);
        radio.let_go(0);
        radio.run(secs(1));
        radio.press(1);
        radio.run(ms(500));
        assert_eq!(radio.talkers(), [1]);
        assert_eq!(radio.hears(secs(1)), [vec![ssrc(1)], vec![], vec![]]);
        radio.client(1, OffNetworkCommand::EndPrivateCall { user: user(0) });
        radio.run(ms(100));
        assert!(radio.talkers().is_empty(), "{:?}", radio.talkers());
        assert_eq!(states(&radio), [PrivateCallState::Ignoring; 2]);
    }
}

//= 24.379-11.2.2:ack test
#[test]
fn the_first_media_of_the_caller_stands_for_its_acknowledgement() {
    let mut radio = Radio::new(2, 9, Conditions::GOOD, |config| {
        // So long that nothing is repeated before the test is over.
        let timers = config.client.timers.clone();
        let timer = call_control::off_network::Timer::TFP4;
        config.client.timers = timers.with_timer(timer, secs(50)).expect("within its range");
    });
    // Only the request goes through, and media: the acknowledgement is lost.
    radio.deaf_to = Some((0, 1));
    call(&mut radio, false);
    radio.run(secs(1));
    assert_eq!(states(&radio), [PrivateCallState::Ongoing; 2]);
    assert!(radio.was_told(1, |event| matches!(event, OffNetworkEvent::PrivateCallEstablished { .. })));
}

#[test]
fn a_stranger_is_not_heard_in_a_private_call() {
    let mut radio = Radio::new(3, 9, Conditions::GOOD, |_| {});
    call(&mut radio, false);
    radio.run(ms(100));
    let path = mcptt_codec::Path { local: (address(1), 41_000).into(), remote: (address(2), 41_000).into() };
    radio.deliver(1, path, &bytes::Bytes::from_static(b"\x80\x61\0\x01\0\0\0\0\0\0\0\x09voice"));
    let dropped = radio.told.iter().any(|(of, event)| {
        *of == 1
            && matches!(event, OffNetworkUeEvent::Dropped { reason: "not from the peer of this call", .. })
    });
    assert!(dropped);
}
