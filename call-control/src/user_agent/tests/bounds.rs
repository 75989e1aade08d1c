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

/// The bounds of one address, for everybody but 192.0.2.77.
fn bounded() -> UserAgentSettings {
    let mut own = settings();
    own.source_limits = Some(crate::user_agent::SourceLimits { per_second: 10, burst: 20, open_invites: 5 });
    own.unbounded = vec!["192.0.2.77".parse().unwrap()];
    own
}

/// Status of the answer to a request from an address, if there is one at once.
fn ask(rig: &mut Rig, method: &str, from: &str, number: u32, further: &[(HeaderName, &str)]) -> Option<u16> {
    let mut request = with(incoming(method, 7, ""), HeaderName::CallId, &format!("{from}-{number}"));
    for (name, value) in further {
        request.headers.push(name.clone(), *value);
    }
    let via = format!("SIP/2.0/UDP {from}:5060;branch=z9hG4bK-{from}-{method}-{number};rport");
    let octets = with(request, HeaderName::Via, &via).encode();
    let path = SipPath { remote: format!("{from}:5060").parse().unwrap(), ..path() };
    rig.ua.handle_datagram(rig.now, path, &octets);
    let answer = rig.messages().pop();
    answer.map(|answer| match answer {
        SipMessage::Response(response) => response.status.0,
        SipMessage::Request(_) => panic!("a request"),
    })
}

#[test]
fn one_address_opens_so_many_calls_and_others_do_not_notice() {
    let mut rig = Rig::with(bounded());
    for number in 0..5 {
        assert_eq!(ask(&mut rig, "INVITE", "192.0.2.50", number, &[]), None);
    }
    assert_eq!(ask(&mut rig, "INVITE", "192.0.2.50", 5, &[]), Some(503));
    // A retransmission, another request, another address and a trusted one.
    assert_eq!(ask(&mut rig, "INVITE", "192.0.2.50", 4, &[]), Some(100));
    assert_eq!(ask(&mut rig, "OPTIONS", "192.0.2.50", 6, &[]), Some(200));
    assert_eq!(ask(&mut rig, "INVITE", "192.0.2.51", 0, &[]), None);
    for number in 0..50 {
        assert_eq!(ask(&mut rig, "INVITE", "192.0.2.77", number, &[]), None);
    }
    // One that is answered makes room for one.
    let (first, _, _) = rig.asked();
    rig.respond(first, 486);
    rig.messages();
    assert_eq!(ask(&mut rig, "INVITE", "192.0.2.50", 7, &[]), None);
    assert_eq!(ask(&mut rig, "INVITE", "192.0.2.50", 8, &[]), Some(503));
    // When all of them are over there is room for all.
    rig.advance(300_000);
    drain(&mut rig);
    assert_eq!(ask(&mut rig, "INVITE", "192.0.2.50", 9, &[]), None);
}

#[test]
fn one_address_asks_so_often_and_may_always_end_what_it_has() {
    let mut rig = Rig::with(bounded());
    let asks = |rig: &mut Rig, from: &str, numbers: std::ops::Range<u32>| {
        let answers = numbers.map(|number| ask(rig, "OPTIONS", from, number, &[]));
        answers.filter(|answer| *answer == Some(200)).count()
    };
    assert_eq!(asks(&mut rig, "192.0.2.50", 0..50), 20);
    assert_eq!(asks(&mut rig, "192.0.2.77", 0..50), 50);
    // What claims to be urgent has some more.
    let urgent = [(HeaderName::ResourcePriority, "mcpttp.15")];
    assert_eq!(ask(&mut rig, "OPTIONS", "192.0.2.50", 60, &urgent), Some(200));
    assert_eq!(ask(&mut rig, "BYE", "192.0.2.50", 61, &[]), Some(481));
    rig.advance(1_000);
    drain(&mut rig);
    assert!((8..=10).contains(&asks(&mut rig, "192.0.2.50", 100..150)));
    // Who is silent is forgotten when room is needed.
    assert!(rig.ua.sources.len() <= 2);
}
