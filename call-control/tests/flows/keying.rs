//! Keys that clients send along when they register (TS 24.379 7.3.1A; TS 33.180).

use call_control::client::{ClientCommand, ClientEvent, ClientRequest};
use call_control::{Event, SignallingKey, UploadedKey};
use mcptt_codec::mikey::KeyMaterial;

use crate::rig::*;

const MESSAGE: &[u8] = b"ARoFAQ==";

fn key() -> SignallingKey {
    SignallingKey::new(0x2000_0001, [3; 16])
}

/// A client whose bodies are protected by a key that the node does not have yet.
fn rig() -> Rig {
    let mut config = config();
    config.key_uploads = true;
    let mut rig = Rig::new(config);
    rig.add(client_config(0));
    rig.clients[0].set_signalling_key(Some(key()));
    rig.clients[0].set_key_message(Some(KeyMaterial::new(MESSAGE.to_vec())));
    rig
}

fn of_alice() -> UploadedKey {
    UploadedKey::Key { user: mcptt_id(0).as_str().into(), key: key() }
}

fn authorised(rig: &Rig) -> bool {
    rig.events.iter().any(|event| matches!(event, Event::ServiceAuthorised { .. }))
}

//= 33.180-csk test
#[test]
fn a_request_waits_for_the_key_that_it_brings_and_is_read_with_it() {
    let mut rig = rig();
    rig.command(0, ClientCommand::Register);
    assert_eq!(rig.keys.len(), 1);
    assert_eq!(rig.keys[0].user, Some(mcptt_id(0).as_str().into()));
    assert_eq!(rig.keys[0].message.as_bytes(), MESSAGE);
    assert!(!format!("{:?}", rig.keys[0]).contains("ARoF"), "it is never printed");
    assert!(rig.events_of(0).is_empty(), "nothing is answered yet");
    rig.answer_key(of_alice());
    assert_eq!(rig.events_of(0), [ClientEvent::Registered { expires: 3600 }]);
    assert!(authorised(&rig), "who the client is stands in what was encrypted");
    let stored = Event::KeyStored { mcptt_id: mcptt_id(0).as_str().into() };
    assert!(rig.events.contains(&stored));
    rig.command(0, ClientCommand::PublishSettings);
    rig.answer_key(of_alice());
    assert!(rig.events_of(0).contains(&ClientEvent::SettingsPublished));
}

//= 33.180-csk test
#[test]
fn a_message_that_gives_no_key_refuses_the_request() {
    let unknown = UploadedKey::UnknownAuthority { uri: "kms.elsewhere.example.org".into() };
    for (outcome, status) in [(UploadedKey::Refused, 403), (unknown.clone(), 403), (UploadedKey::Busy, 503)] {
        let mut rig = rig();
        rig.command(0, ClientCommand::Register);
        rig.answer_key(outcome.clone());
        let failed = rig.events_of(0);
        assert!(
            matches!(failed[..], [ClientEvent::RequestFailed { what: ClientRequest::Registration, status: got, .. }] if got == status),
            "{failed:?}"
        );
        assert!(!authorised(&rig));
        let refused = rig.events.iter().any(|event| matches!(event, Event::KeyRefused { .. }));
        assert_eq!(refused, outcome == UploadedKey::Refused);
        let named = |event: &Event| matches!(event, Event::KeyAuthorityUnknown { uri, .. } if uri.as_str() == "kms.elsewhere.example.org");
        assert_eq!(rig.events.iter().any(named), outcome == unknown);
    }
}

#[test]
fn nobody_waits_for_ever_and_late_answers_are_nothing() {
    let mut rig = rig();
    rig.command(0, ClientCommand::Register);
    let upload = rig.keys[0].clone();
    rig.seconds(8);
    assert!(matches!(rig.events_of(0)[..], [ClientEvent::RequestFailed { status: 503, .. }]));
    rig.node.handle_key(rig.now, upload.id, of_alice());
    rig.settle();
    assert!(!authorised(&rig));
}

#[test]
fn where_keys_are_not_taken_messages_with_them_are_passed_over() {
    let mut rig = Rig::new(config());
    rig.add(client_config(0));
    rig.clients[0].set_key_message(Some(KeyMaterial::new(MESSAGE.to_vec())));
    rig.command(0, ClientCommand::Register);
    assert!(rig.keys.is_empty());
    assert_eq!(rig.events_of(0), [ClientEvent::Registered { expires: 3600 }]);
}
