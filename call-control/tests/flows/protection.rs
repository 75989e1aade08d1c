//! Bodies that are encrypted and signed by a client-server key (TS 24.379 4.8, 6.6).

use call_control::SignallingKey;
use call_control::client::{ClientCommand, ClientEvent};
use mcptt_codec::sip::SipMessage;

use crate::rig::*;

fn key(at: usize) -> SignallingKey {
    SignallingKey::new(0x2000_0000 + u32::try_from(at).unwrap(), [u8::try_from(at).unwrap() + 1; 16])
}

/// Clients that share keys with the participating function from the beginning.
fn protected(count: usize, change: impl FnOnce(&mut call_control::Config)) -> Rig {
    let mut config = config();
    change(&mut config);
    let mut rig = Rig::new(config);
    for at in 0..count {
        rig.add(client_config(at));
        rig.clients[at].set_signalling_key(Some(key(at)));
        rig.node.store_key(&mcptt_id(at).as_str().into(), key(at));
        rig.register(at);
        rig.affiliate(at);
    }
    rig
}

/// What went from one end to another, as text.
fn texts(rig: &Rig, from: &str, to: &str) -> Vec<String> {
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    let seen = rig.seen.iter().filter(|one| one.from == from && one.to == to);
    seen.map(|one| String::from_utf8_lossy(&one.message.encode()).into_owned()).collect()
}

fn of(at: usize) -> String {
    address(at).to_string()
}

//= 24.379-6.6.2 test
//= 24.379-6.6:default test
#[test]
fn a_call_is_made_by_protected_bodies_and_the_controlling_function_sees_them_in_the_clear() {
    let mut rig = protected(2, |_| {});
    rig.call(0);
    assert!(rig.client_events.iter().any(|(at, event)| {
        *at == 1 && matches!(event, ClientEvent::CallEstablished(_) | ClientEvent::CallReceived { .. })
    }));
    let invites = |from: &str, to: &str| -> Vec<String> {
        texts(&rig, from, to).into_iter().filter(|text| text.starts_with("INVITE ")).collect()
    };
    for (from, to) in [(of(0), PF.to_owned()), (PF.to_owned(), of(1))] {
        let invite = &invites(&from, &to)[0];
        let (_, body) = invite.split_once("\r\n\r\n").unwrap();
        assert!(body.contains("EncryptedData") && body.contains("SignatureValue"), "{invite}");
        assert!(!body.contains(GROUP), "{invite}");
    }
    let inner = &invites(PF, CF)[0];
    assert!(inner.contains(GROUP) && !inner.contains("EncryptedData") && !inner.contains("SignatureValue"));
}

//= 24.379-6.6:default test
#[test]
fn the_service_configuration_turns_it_off_towards_clients() {
    let mut rig = protected(2, |config| {
        config.service.confidentiality_protection = false;
        config.service.integrity_protection = false;
    });
    rig.call(0);
    let to_client = texts(&rig, PF, &of(1));
    let invite = to_client.iter().find(|text| text.starts_with("INVITE ")).unwrap();
    assert!(
        invite.contains(GROUP) && !invite.contains("EncryptedData") && !invite.contains("SignatureValue")
    );
}

/// The last request of this method of client 0, sent again as another transaction with something else in it.
fn again(rig: &mut Rig, method: &str, from: &str, to: &str) -> (u16, Option<u16>) {
    let sent =
        texts(rig, &of(0), PF).into_iter().rfind(|text| text.starts_with(&format!("{method} "))).unwrap();
    assert!(sent.contains(from), "{sent}");
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let number = rig.seen.len();
    let head = head.replace("z9hG4bK", &format!("z9hG4bK{number}"));
    let head = head.replace("Call-ID: ", &format!("Call-ID: {number}"));
    let body = body.replacen(from, to, 1);
    let head: Vec<String> = head
        .split("\r\n")
        .map(|line| match line.starts_with("Content-Length:") {
            true => format!("Content-Length: {}", body.len()),
            false => line.to_owned(),
        })
        .collect();
    let before = rig.seen.len();
    let text = format!("{}\r\n\r\n{body}", head.join("\r\n"));
    rig.inject(&of(0), PF, text.as_bytes());
    let answer = rig.seen[before..].iter().find_map(|one| match &one.message {
        SipMessage::Response(answer) if answer.status.is_final() && one.to == address(0) => Some(answer),
        _ => None,
    });
    outcome(answer.expect("it was answered"))
}

//= 24.379-6.6.3 test
//= 24.379-6.6.3:order test
#[test]
fn a_body_that_was_altered_is_refused_with_139_before_it_is_deciphered() {
    let mut rig = protected(1, |_| {});
    let cipher = "<xenc:CipherValue>";
    assert_eq!(again(&mut rig, "PUBLISH", cipher, "<xenc:CipherValue>AAAA"), (403, Some(139)));
    assert_eq!(
        again(&mut rig, "PUBLISH", "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
        (403, Some(139))
    );
    // As it was it is a matter of the procedures.
    assert_ne!(again(&mut rig, "PUBLISH", cipher, cipher).1, Some(139));
}

//= 24.379-7.3.1A test
#[test]
fn a_register_with_a_bad_signature_binds_nothing() {
    let mut rig = Rig::new(config());
    rig.add(client_config(0));
    rig.clients[0].set_signalling_key(Some(key(0)));
    // The function has been told another key.
    rig.node.store_key(&mcptt_id(0).as_str().into(), SignallingKey::new(0x2000_0000, [99; 16]));
    rig.command(0, ClientCommand::Register);
    let refused = texts(&rig, PF, &of(0));
    assert!(refused[0].starts_with("SIP/2.0 403 ") && refused[0].contains("\"139 "), "{refused:?}");
    assert!(!rig.events.iter().any(|event| matches!(event, call_control::Event::Registered { .. })));
}

//= 33.180-csk-end test
#[test]
fn with_the_last_client_of_a_user_the_key_ends() {
    let mut rig = protected(1, |_| {});
    rig.command(0, ClientCommand::Deregister);
    rig.command(0, ClientCommand::Register);
    let answers = texts(&rig, PF, &of(0));
    let last = answers.last().unwrap();
    assert!(last.starts_with("SIP/2.0 403 ") && last.contains("\"140 "), "{last}");
}
