//! Referrals: the answer to REFER, the NOTIFYs that follow, and who gets none.

use mcptt_codec::text::ByteStr;

use super::*;
use crate::refer::{Progress, Referral};

fn refer(sequence: u32, to_tag: &str) -> Request {
    with(incoming("REFER", sequence, to_tag), HeaderName::ReferTo, "<sip:carol@example.org>")
}

/// Accepts the REFER that has come.
fn accept(rig: &mut Rig) -> Option<ReferralId> {
    let (transaction, _, request) = rig.asked();
    let referral = rig.ua.read_referral(&request).unwrap();
    rig.ua.accept_referral(rig.now, transaction, &referral, Response::new(StatusCode::OK))
}

/// The NOTIFY that was sent last: its state, what it tells, and the request.
fn told(rig: &mut Rig) -> (String, u16, Request) {
    let notify = rig.sent_request();
    let state = notify.headers.get(&HeaderName::SubscriptionState).map(ToString::to_string);
    let progress = Progress::read(&notify).expect("a fragment");
    (state.unwrap_or_default(), progress.status.0, notify)
}

//= RFC3515-2.4.4:first test
//= RFC3515-2.4.5:sipfrag test
//= RFC3515-2.4.5:end test
//= RFC3515-2.4.6:id test
#[test]
fn a_referrer_is_told_how_its_referral_goes() {
    let mut rig = Rig::new();
    let dialog = rig.called();
    rig.receive(refer(8, &dialog.local_tag));
    let id = accept(&mut rig).expect("a subscription");
    assert_eq!(id.dialog(), &dialog);
    let sent = rig.messages();
    assert_eq!(sent.iter().map(label).collect::<Vec<_>>(), ["202 REFER", "NOTIFY"]);
    let SipMessage::Request(first) = &sent[1] else { panic!("a response") };
    assert_eq!(first.headers.get(&HeaderName::Event).map(ByteStr::as_str), Some("refer;id=8"));
    assert_eq!(Progress::read(first).map(|it| (it.status.0, it.over)), Some((100, false)));

    // While a NOTIFY is under way nothing is sent; then only what is true.
    for status in [180, 183] {
        rig.ua.tell_referrer(rig.now, &id, StatusCode(status));
    }
    assert_eq!(rig.sent(), Vec::<String>::new());
    rig.receive(reply(first, 200, ""));
    let (state, status, notify) = told(&mut rig);
    assert_eq!((state.as_str(), status), ("active;expires=212", 183));
    rig.receive(reply(&notify, 200, ""));
    rig.ua.tell_referrer(rig.now, &id, StatusCode::OK);
    let (state, status, notify) = told(&mut rig);
    assert_eq!((state.as_str(), status), ("terminated;reason=noresource", 200));
    rig.receive(reply(&notify, 200, ""));
    rig.ua.tell_referrer(rig.now, &id, StatusCode::BUSY_HERE);
    assert_eq!(rig.sent(), Vec::<String>::new());
    // The session goes on.
    assert!(rig.ua.dialog(&dialog).is_some() && rig.ua.referrals.is_empty());
}

//= RFC4488-4:agree test
#[test]
fn who_wants_no_subscription_gets_none() {
    let mut rig = Rig::new();
    let request = with(refer(1, ""), HeaderName::ReferSub, "false");
    rig.receive(with(request, HeaderName::Supported, "norefersub"));
    assert_eq!(accept(&mut rig), None);
    let answer = rig.sent_response();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers.get(&HeaderName::ReferSub).map(ByteStr::as_str), Some("false"));
    assert_eq!((rig.ua.dialogs().count(), rig.sent()), (0, Vec::new()));
}

#[test]
fn a_referral_outside_a_dialog_has_one_of_its_own_until_it_is_over() {
    let mut rig = Rig::new();
    rig.receive(refer(1, ""));
    let id = accept(&mut rig).expect("a subscription");
    let (_, _, first) = told(&mut rig);
    rig.receive(reply(&first, 200, ""));
    assert_eq!(rig.ua.dialogs().count(), 1);
    rig.ua.tell_referrer(rig.now, &id, StatusCode::DECLINE);
    let (state, status, last) = told(&mut rig);
    assert_eq!((state.as_str(), status), ("terminated;reason=noresource", 603));
    rig.receive(reply(&last, 200, ""));
    assert_eq!((rig.ua.dialogs().count(), rig.ua.referrals.len()), (0, 0));
}

#[test]
fn a_subscription_to_a_referral_ends_when_asked_and_in_time() {
    for unsubscribe in [true, false] {
        let mut rig = Rig::new();
        let dialog = rig.called();
        rig.receive(refer(8, &dialog.local_tag));
        accept(&mut rig).expect("a subscription");
        let (_, _, first) = told(&mut rig);
        rig.receive(reply(&first, 200, ""));
        if unsubscribe {
            let subscribe =
                with(incoming("SUBSCRIBE", 9, &dialog.local_tag), HeaderName::Event, "refer;id=8");
            rig.receive(with(subscribe, HeaderName::Expires, "0"));
        } else {
            rig.advance(212_000);
        }
        let (state, status, last) = told(&mut rig);
        assert_eq!((state.as_str(), status), ("terminated;reason=timeout", 100));
        rig.receive(reply(&last, 200, ""));
        assert!(rig.ua.referrals.is_empty());
        assert_eq!(rig.events(), Vec::<String>::new());
    }
}

#[test]
fn what_can_not_be_carried_out_is_refused_with_its_code() {
    let mut own = settings();
    own.limits.referrals = 1;
    let mut rig = Rig::with(own);
    let dialog = rig.called();
    let read = |rig: &Rig, request: &Request| rig.ua.read_referral(request).map_err(|answer| answer.status.0);
    let none = incoming("REFER", 8, &dialog.local_tag);
    assert_eq!(read(&rig, &none), Err(400));
    assert!(read(&rig, &refer(8, &dialog.local_tag)).is_ok());
    rig.receive(refer(8, &dialog.local_tag));
    accept(&mut rig).expect("a subscription");
    assert_eq!(read(&rig, &refer(9, &dialog.local_tag)), Err(503));
    // One that needs no subscription needs no room.
    let quiet = with(refer(9, &dialog.local_tag), HeaderName::ReferSub, "false");
    assert!(matches!(read(&rig, &quiet), Ok(Referral { subscribe: false, .. })));
}

#[test]
fn a_referrer_that_does_not_take_its_notify_is_not_told_any_more() {
    let mut rig = Rig::new();
    let dialog = rig.called();
    rig.receive(refer(8, &dialog.local_tag));
    let id = accept(&mut rig).expect("a subscription");
    let (_, _, first) = told(&mut rig);
    rig.receive(reply(&first, 481, ""));
    rig.ua.tell_referrer(rig.now, &id, StatusCode::OK);
    assert_eq!((rig.sent(), rig.events()), (Vec::new(), Vec::new()));
    assert!(rig.ua.referrals.is_empty() && rig.ua.dialog(&dialog).is_some());
}
