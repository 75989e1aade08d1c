//! What hostile traffic can make a user agent keep.

use rand_core::RngCore;

use super::*;

/// Everything that is kept of the network.
fn kept(rig: &Rig) -> usize {
    let ua = &rig.ua;
    let (clients, servers) = ua.transactions();
    clients
        + servers
        + ua.sessions.len()
        + ua.asked.len()
        + ua.renewed.len()
        + ua.served.len()
        + ua.merges.len()
        + ua.subscribing.len()
        + ua.referrals.len()
        + ua.unavailable.len()
        + ua.deadlines.len()
        + ua.streams.len()
        + ua.peer_names.len()
}

fn drain(rig: &mut Rig) {
    while rig.ua.poll_event().is_some() || rig.ua.poll_transmit().is_some() || rig.ua.poll_stream().is_some()
    {
    }
}

#[test]
fn rubbish_leaves_nothing() {
    let mut rig = Rig::new();
    let mut dice = ChaCha20Rng::from_seed([9; 32]);
    let whole = incoming("INVITE", 7, "").encode();
    for number in 0..100_000_u32 {
        let mut octets = vec![0; (dice.next_u32() % 64) as usize];
        dice.fill_bytes(&mut octets);
        if number % 10 == 0 {
            // The beginning of a request, and then rubbish.
            let cut = (dice.next_u32() as usize) % (whole.len() / 2);
            octets.splice(0..0, whole.slice(..cut));
        }
        rig.receive_octets(&octets.into());
        drain(&mut rig);
    }
    assert_eq!(kept(&rig), 0);
}

#[test]
fn half_open_invites_are_as_many_as_the_limit_and_end_by_themselves() {
    let mut own = settings();
    own.limits.transactions = crate::transaction::Limits { client: 50, server: 200, reserve: 50 };
    own.limits.dialogs.total = 100;
    let mut rig = Rig::with(own);
    let mut most = 0;
    for number in 0..10_000_u32 {
        let invite = with(incoming("INVITE", 7, ""), HeaderName::CallId, &format!("half-{number}"));
        let via = format!("SIP/2.0/UDP {PEER};branch=z9hG4bK-half{number};rport");
        rig.receive(with(invite, HeaderName::Via, &via));
        // Half of them ring, which makes an early dialog of each.
        while let Some(event) = rig.ua.poll_event() {
            if let UaEvent::Request { transaction, .. } = event
                && number % 2 == 0
            {
                rig.respond(transaction, 180);
            }
        }
        drain(&mut rig);
        most = most.max(kept(&rig));
    }
    // A transaction with its timer, the request with its alarm and its place among the merged ones, an early dialog.
    assert!(most <= 200 * 5 + 100, "{most}");
    assert_eq!(rig.ua.transactions().1, 200);
    // A session still gets its place.
    rig.receive(with(incoming("BYE", 8, "unknown"), HeaderName::CallId, "somebody"));
    assert_eq!(rig.sent(), ["481 BYE"]);
    rig.advance(300_000);
    drain(&mut rig);
    assert_eq!(kept(&rig), 0);
}

#[test]
fn streams_that_say_nothing_are_as_many_as_the_limit() {
    let mut own = settings();
    own.streams = 50;
    let mut rig = Rig::with(own);
    for number in 0..1_000_u16 {
        let remote = SocketAddr::new([192, 0, 2, 9].into(), 10_000 + number);
        let way = SipPath { transport: Transport::Tcp, remote, ..path() };
        let names = ["peer.example.org".to_owned()];
        rig.ua.handle_stream(rig.now, way, crate::transport::StreamEvent::Identified(&names));
        rig.ua.handle_stream(rig.now, way, crate::transport::StreamEvent::Octets(b"INVITE "));
        drain(&mut rig);
        assert!(rig.ua.streams.len() <= 50 && rig.ua.peer_names.len() <= 50);
    }
    rig.advance(60_000);
    drain(&mut rig);
    assert_eq!(rig.ua.streams.len(), 0);
}
