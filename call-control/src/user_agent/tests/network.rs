//! Two user agents on a network that loses, repeats and reorders, and one user agent against rubbish. Virtual time.

use std::net::SocketAddr;

use std::collections::{BTreeMap, BTreeSet};

use mcptt_codec::Transmit;
use proptest::prelude::*;
use rand_core::RngCore;

use super::*;

/// Datagrams under way, by arrival.
struct Network {
    rng: ChaCha20Rng,
    /// Lost datagrams in 256.
    loss: u8,
    under_way: BTreeMap<(Instant, u64), Transmit>,
    sent: u64,
}

impl Network {
    fn send(&mut self, now: Instant, transmit: &Transmit) {
        // Some are lost, some arrive twice, all take 1 to 400 ms.
        let copies = match self.rng.next_u32() % 256 {
            dice if dice < u32::from(self.loss) => 0,
            dice if dice > 240 => 2,
            _ => 1,
        };
        for _ in 0..copies {
            self.sent += 1;
            let delay = Duration::from_millis(1 + u64::from(self.rng.next_u32() % 400));
            self.under_way.insert((now + delay, self.sent), transmit.clone());
        }
    }
}

/// What the caller side of a test decided and saw.
#[derive(Default)]
struct Book {
    asked: BTreeMap<ClientTransactionId, u32>,
    answered: BTreeSet<ServerTransactionId>,
    settled: BTreeSet<ServerTransactionId>,
}

struct World {
    agents: [UserAgent; 2],
    books: [Book; 2],
    network: Network,
    dice: ChaCha20Rng,
    now: Instant,
    /// By how many milliseconds the driver may be late.
    lateness: u32,
    seen: BTreeSet<String>,
}

impl World {
    fn new(seed: u8, loss: u8) -> Self {
        let mut first = settings();
        first.local = PEER.parse().unwrap();
        first.contact = format!("sip:{PEER}").into();
        let rng = |stream| {
            let mut rng = ChaCha20Rng::from_seed([seed; 32]);
            rng.set_stream(stream);
            rng
        };
        Self {
            agents: [agent(first, seed), agent(settings(), seed.wrapping_add(100))],
            books: [Book::default(), Book::default()],
            network: Network { rng: rng(1), loss, under_way: BTreeMap::new(), sent: 0 },
            dice: rng(2),
            now: t0(),
            lateness: 0,
            seen: BTreeSet::new(),
        }
    }

    fn roll(&mut self, sides: u32) -> u32 {
        self.dice.next_u32() % sides
    }

    fn call(&mut self, side: usize) {
        let mut invite = Request::new(Method::Invite, "sip:other@example.org");
        if self.roll(4) == 0 {
            // Then the 2xx brings the offer.
        } else {
            invite.headers.push(HeaderName::ContentType, "application/sdp");
            invite.body = Bytes::from_static(b"v=0\r\n");
        }
        let destination = self.agents[1 - side].settings().local;
        let id = self.agents[side].request(self.now, invite, destination);
        self.books[side].asked.insert(id, 0);
        if self.roll(3) == 0 {
            self.agents[side].cancel(self.now, id);
        }
    }

    /// Delivers the next datagram or lets the next timer fire. `false` when nothing is left to happen.
    fn step(&mut self) -> bool {
        for side in 0..2 {
            while let Some(event) = self.agents[side].poll_event() {
                self.decide(side, event);
            }
            while let Some(transmit) = self.agents[side].poll_transmit() {
                self.network.send(self.now, &transmit);
            }
        }
        let arrival = self.network.under_way.keys().next().map(|(at, _)| *at);
        let wake_up = self.agents.iter().filter_map(UserAgent::poll_timeout).min();
        let Some(next) = arrival.into_iter().chain(wake_up).min() else { return false };
        let late = self.roll(self.lateness + 1);
        self.now = self.now.max(next) + Duration::from_millis(late.into());
        while let Some(first) = self.network.under_way.first_entry().filter(|first| first.key().0 <= self.now)
        {
            let transmit = first.remove();
            let path = SipPath {
                transport: Transport::Udp,
                local: transmit.path.remote,
                remote: transmit.path.local,
            };
            let agent = self.agents.iter_mut().find(|agent| agent.settings.local == path.local).unwrap();
            agent.handle_datagram(self.now, path, &transmit.payload);
        }
        for agent in &mut self.agents {
            agent.handle_timeout(self.now);
        }
        true
    }

    /// What a caller might do with an event.
    fn decide(&mut self, side: usize, event: UaEvent) {
        let now = self.now;
        self.seen.insert(name(&event));
        match event {
            UaEvent::Request { transaction, request, .. } => {
                let body = |mut response: Response| {
                    response.headers.push(HeaderName::ContentType, "application/sdp");
                    response.body = Bytes::from_static(b"v=0\r\n");
                    response
                };
                let status = match (request.method, self.roll(4)) {
                    (Method::Invite, 0) => StatusCode::BUSY_HERE,
                    (Method::Invite, 1) => {
                        self.agents[side].respond(now, transaction, Response::new(StatusCode::RINGING));
                        StatusCode::OK
                    }
                    // Rings until somebody gives up.
                    (Method::Invite, 2) => {
                        self.agents[side].respond(now, transaction, Response::new(StatusCode::RINGING));
                        return;
                    }
                    _ => StatusCode::OK,
                };
                let mut response = Response::new(status);
                if status.is_success() {
                    response = body(response);
                    self.books[side].answered.insert(transaction);
                }
                self.agents[side].respond(now, transaction, response);
            }
            UaEvent::Response { transaction, dialog, response, .. } if response.status.is_final() => {
                *self.books[side].asked.entry(transaction).or_default() += 1;
                if let Some(dialog) = dialog.filter(|_| response.status.is_success()) {
                    self.go_on(side, &dialog);
                }
            }
            UaEvent::TransportOrTimeout { transaction, dialog } => {
                *self.books[side].asked.entry(transaction).or_default() += 1;
                if let Some(dialog) = dialog {
                    // Nobody there any more: hang up, which ends the dialog in any case.
                    let _ =
                        self.agents[side].bye(now, &dialog).map(|id| self.books[side].asked.insert(id, 0));
                }
            }
            UaEvent::Abandoned { transaction, .. } => {
                *self.books[side].asked.entry(transaction).or_default() += 1
            }
            UaEvent::Acknowledged { transaction, .. } => {
                assert!(self.books[side].settled.insert(transaction))
            }
            UaEvent::NotAcknowledged { transaction, dialog } => {
                assert!(self.books[side].settled.insert(transaction));
                let _ = self.agents[side].bye(now, &dialog).map(|id| self.books[side].asked.insert(id, 0));
            }
            _ => {}
        }
    }

    /// Acknowledges, and then talks or hangs up.
    fn go_on(&mut self, side: usize, dialog: &DialogId) {
        let now = self.now;
        let mut ack = Request::new(Method::Ack, "");
        ack.headers.push(HeaderName::ContentType, "application/sdp");
        ack.body = Bytes::from_static(b"v=0\r\n");
        let _ = self.agents[side].acknowledge(now, dialog, ack);
        let request = match self.roll(4) {
            0 => Request::new(Method::Invite, ""),
            1 => Request::new(Method::Update, ""),
            _ => Request::new(Method::Bye, ""),
        };
        if let Ok(id) = self.agents[side].request_in_dialog(now, dialog, request) {
            self.books[side].asked.insert(id, 0);
        } else if let Ok(id) = self.agents[side].bye(now, dialog) {
            self.books[side].asked.insert(id, 0);
        }
    }

    fn assert_empty(&self) {
        for agent in &self.agents {
            assert_eq!(agent.transactions(), (0, 0));
            assert_eq!((agent.asked.len(), agent.served.len(), agent.merges.len()), (0, 0, 0));
            assert_eq!((agent.subscribing.len(), agent.deadlines.len()), (0, 0));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_request_has_one_outcome_and_nothing_is_left(seed: u8, loss in 0_u8..200, calls in 1_usize..12, lateness in 0_u32..3_000) {
        let mut world = World::new(seed, loss);
        world.lateness = lateness;
        for n in 0..calls {
            world.call(n % 2);
        }
        let mut steps = 0;
        while world.step() {
            steps += 1;
            prop_assert!(steps < 50_000, "it does not come to rest");
        }
        for book in &world.books {
            for (id, outcomes) in &book.asked {
                prop_assert_eq!(*outcomes, 1, "{:?}", id);
            }
            // No 2xx is settled that was not sent; one may stay open only if its dialog ended before.
            prop_assert!(book.settled.is_subset(&book.answered));
        }
        world.assert_empty();
        // A dialog may outlive the other side's; hanging up clears it.
        for side in 0..2 {
            let left: Vec<DialogId> = world.agents[side].dialogs().map(|dialog| dialog.id().clone()).collect();
            for dialog in left {
                let _ = world.agents[side].bye(world.now, &dialog);
            }
        }
        while world.step() {}
        for agent in &world.agents {
            prop_assert_eq!(agent.dialogs().count(), 0);
        }
        world.assert_empty();
    }

    #[test]
    fn rubbish_changes_nothing(noise in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..400, at in 0_usize..400, octet: u8) {
        let mut rig = Rig::new();
        let dialog = rig.called();
        let message = incoming("INVITE", 8, &dialog.local_tag).encode();
        let mut bent = message.to_vec();
        if let Some(place) = bent.get_mut(at) {
            *place = octet;
        }
        for octets in [Bytes::from(noise.clone()), message.slice(..cut.min(message.len())), Bytes::from([&message[..cut.min(message.len())], &noise].concat()), Bytes::from(bent)] {
            rig.receive_octets(&octets);
            for event in std::iter::from_fn(|| rig.ua.poll_event()).collect::<Vec<_>>() {
                if let UaEvent::Request { transaction, .. } = event {
                    rig.respond(transaction, 488);
                }
            }
        }
        prop_assert!(rig.ua.dialog(&dialog).is_some());
        rig.advance(200_000);
        prop_assert_eq!((rig.ua.transactions(), rig.ua.poll_timeout()), ((0, 0), None));
    }

    #[test]
    fn a_flood_is_bounded(count in 1_u32..200) {
        let mut own = settings();
        own.limits.transactions = crate::transaction::Limits { client: 4, server: 8, reserve: 2 };
        own.limits.dialogs.total = 4;
        let mut rig = Rig::with(own);
        for n in 0..count {
            let method = ["INVITE", "OPTIONS", "SUBSCRIBE", "BYE", "CANCEL"][n as usize % 5];
            let request = with(incoming(method, n + 1, if n % 3 == 0 { "x" } else { "" }), HeaderName::CallId, &format!("flood-{n}"));
            rig.receive(request);
            prop_assert!(rig.ua.transactions().1 <= 18);
            prop_assert!(rig.ua.served.len() <= 18 && rig.ua.merges.len() <= 18);
        }
        rig.advance(400_000);
        prop_assert_eq!((rig.ua.transactions(), rig.ua.poll_timeout()), ((0, 0), None));
        prop_assert_eq!(rig.ua.served.len(), 0);
    }
}

/// A fifth of all datagrams is lost, both ways: every request has its outcome within the time of the RFC, and 64*T1 after the
/// last word nothing is left of any.
#[test]
fn with_a_fifth_of_all_datagrams_lost_every_transaction_ends_as_the_rfc_says() {
    let t1 = crate::transaction::TimerSettings::default().t1();
    for seed in 0..30 {
        let mut world = World::new(seed, 51);
        (0..10).for_each(|n| world.call(n % 2));
        let mut last_word = world.now;
        let mut sent = 0;
        while world.step() {
            if world.network.sent != sent {
                (sent, last_word) = (world.network.sent, world.now);
            }
        }
        for book in &world.books {
            assert!(book.asked.values().all(|outcomes| *outcomes == 1), "{seed}: {:?}", book.asked);
        }
        world.assert_empty();
        // The last timers: J, L and M wait 64*T1 for what may still come, D at least 32 s.
        assert!(world.now <= last_word + t1 * 64 + Duration::from_millis(400), "{seed}");
    }
}

/// The property above is worth nothing if the world is too kind.
#[test]
fn a_bad_network_brings_everything_about() {
    let mut seen = BTreeSet::new();
    for seed in 0..40 {
        let mut world = World::new(seed, if seed % 2 == 0 { 60 } else { 210 });
        (0..10).for_each(|n| world.call(n % 2));
        while world.step() {}
        seen.append(&mut world.seen);
    }
    for expected in [
        "abandoned",
        "acknowledged",
        "cancelled in dialog",
        "not acknowledged",
        "request BYE in dialog",
        "request INVITE",
        "request INVITE in dialog",
        "request UPDATE in dialog",
        "response 180 in dialog",
        "response 200 in dialog",
        "response 486",
        "response 487",
        "timeout",
        "timeout in dialog",
    ] {
        assert!(seen.contains(expected), "{expected} is not in {seen:?}");
    }
}

#[test]
fn a_call_over_a_perfect_network_looks_like_this() {
    let mut world = World::new(7, 0);
    let mut invite = Request::new(Method::Invite, "sip:other@example.org");
    invite.body = Bytes::from_static(b"v=0\r\n");
    invite.headers.push(HeaderName::ContentType, "application/sdp");
    let [first, second] = &mut world.agents;
    let (now, mut trace) = (world.now, Vec::new());
    first.request(now, invite, OWN.parse::<SocketAddr>().unwrap());
    let mut hung_up = false;
    loop {
        let sent: Vec<Transmit> = std::iter::from_fn(|| first.poll_transmit())
            .chain(std::iter::from_fn(|| second.poll_transmit()))
            .collect();
        for transmit in &sent {
            trace.push(label(&decode(&transmit.payload)));
            let path = SipPath {
                transport: Transport::Udp,
                local: transmit.path.remote,
                remote: transmit.path.local,
            };
            let receiver = if path.local == OWN.parse().unwrap() { &mut *second } else { &mut *first };
            receiver.handle_datagram(now, path, &transmit.payload);
        }
        while let Some(event) = second.poll_event() {
            if let UaEvent::Request { transaction, .. } = event {
                second.respond(now, transaction, Response::new(StatusCode::OK));
            }
        }
        let confirmed = first.dialogs().next().map(|dialog| dialog.id().clone());
        if let Some(dialog) = confirmed.filter(|_| !hung_up) {
            hung_up = true;
            first.bye(now, &dialog).unwrap();
        }
        if sent.is_empty() {
            break;
        }
    }
    assert_eq!(trace, ["INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"]);
    assert_eq!((first.dialogs().count(), second.dialogs().count()), (0, 0));
}
