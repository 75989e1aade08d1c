//! Look-ups against a small domain name system.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::testing::t0;

struct Rig {
    locator: Locator,
    rng: ChaCha20Rng,
    now: Instant,
    zone: BTreeMap<Question, Records>,
    asked: Vec<Question>,
    lifetime: Duration,
}

impl Rig {
    fn new(records: &[(Question, Records)]) -> Self {
        Self {
            locator: Locator::default(),
            rng: ChaCha20Rng::from_seed([5; 32]),
            now: t0(),
            zone: records.iter().cloned().collect(),
            asked: Vec::new(),
            lifetime: Duration::from_secs(60),
        }
    }

    /// The neighbours of a URI, when everything that was asked has been answered.
    fn locate(&mut self, uri: &str) -> Vec<String> {
        let uri = Uri::parse(uri).unwrap();
        let found = match self.locator.locate(self.now, &uri, &mut self.rng) {
            Located::Found(found) => found,
            Located::Later(id) => {
                while let Some(Query { id, question }) = self.locator.poll_query() {
                    let records = self.zone.get(&question).cloned();
                    self.asked.push(question);
                    let answer = match records {
                        Some(records) => Answer { records, lifetime: self.lifetime },
                        None => Answer::failed(),
                    };
                    self.locator.handle_answer(self.now, id, answer, &mut self.rng);
                }
                let (done, found) = self.locator.poll_located().expect("an end");
                assert_eq!(done, id);
                found
            }
        };
        found.iter().map(ToString::to_string).collect()
    }
}

fn services(name: &str, all: &[(u16, u16, &str, &str)]) -> (Question, Records) {
    let records = all.iter().map(|(order, preference, service, replacement)| Naptr {
        order: *order,
        preference: *preference,
        flags: "s".to_owned(),
        service: (*service).to_owned(),
        replacement: (*replacement).to_owned(),
    });
    (Question::Services(name.to_owned()), Records::Services(records.collect()))
}

fn servers(name: &str, all: &[(u16, u16, u16, &str)]) -> (Question, Records) {
    let records = all.iter().map(|(priority, weight, port, target)| Srv {
        priority: *priority,
        weight: *weight,
        port: *port,
        target: (*target).to_owned(),
    });
    (Question::Servers(name.to_owned()), Records::Servers(records.collect()))
}

fn host(name: &str, all: &[&str]) -> (Question, Records) {
    let addresses = all.iter().map(|address| address.parse().unwrap());
    (Question::Addresses(name.to_owned()), Records::Addresses(addresses.collect()))
}

/// The example of RFC 3263 4.1 with two servers.
fn example() -> Vec<(Question, Records)> {
    vec![
        services(
            "example.com",
            &[
                (50, 50, "SIPS+D2T", "_sips._tcp.example.com"),
                (90, 50, "SIP+D2T", "_sip._tcp.example.com"),
                (100, 50, "SIP+D2U", "_sip._udp.example.com"),
                (10, 50, "SIP+D2S", "_sip._sctp.example.com"),
            ],
        ),
        servers("_sips._tcp.example.com", &[(0, 1, 5061, "a.example.com")]),
        servers("_sip._tcp.example.com", &[(0, 1, 5060, "a.example.com"), (1, 1, 5070, "B.example.com")]),
        servers("_sip._udp.example.com", &[(0, 1, 5060, ".")]),
        host("a.example.com", &["192.0.2.1", "2001:db8::1"]),
        host("b.example.com", &["192.0.2.2"]),
    ]
}

//= RFC3263-4.1:numeric test
//= RFC3263-4.2:port test
//= RFC3263-4:maddr test
#[test]
fn an_address_or_a_port_needs_no_services() {
    let mut rig = Rig::new(&example());
    for (uri, expected) in [
        ("sip:x@192.0.2.9", vec!["udp:192.0.2.9:5060"]),
        ("sip:x@192.0.2.9:5080;transport=tcp", vec!["tcp:192.0.2.9:5080"]),
        ("sips:x@192.0.2.9", vec!["tls:192.0.2.9:5061"]),
        ("sip:x@[2001:db8::9]", vec!["udp:[2001:db8::9]:5060"]),
        ("sip:x@example.com;maddr=192.0.2.7", vec!["udp:192.0.2.7:5060"]),
        ("sip:x@example.com;transport=sctp", vec![]),
        ("sip:x@b.example.com:5090", vec!["udp:192.0.2.2:5090"]),
        ("sips:x@b.example.com:5090", vec!["tls:192.0.2.2:5090"]),
    ] {
        assert_eq!(rig.locate(uri), expected, "{uri}");
    }
    assert_eq!(rig.asked, [Question::Addresses("b.example.com".to_owned())]);
}

//= RFC3263-4.1:naptr test
#[test]
fn the_services_of_the_domain_say_what_it_prefers() {
    let mut rig = Rig::new(&example());
    assert_eq!(
        rig.locate("sip:x@Example.COM"),
        [
            "tls:192.0.2.1:5061",
            "tls:[2001:db8::1]:5061",
            "tcp:192.0.2.1:5060",
            "tcp:[2001:db8::1]:5060",
            "tcp:192.0.2.2:5070"
        ]
    );
    // A secure URI takes nothing that is not; a transport that is named needs no NAPTR.
    assert_eq!(rig.locate("sips:x@example.com"), ["tls:192.0.2.1:5061", "tls:[2001:db8::1]:5061"]);
    let tcp = rig.locate("sip:x@example.com;transport=tcp");
    assert_eq!(tcp, ["tcp:192.0.2.1:5060", "tcp:[2001:db8::1]:5060", "tcp:192.0.2.2:5070"]);
}

//= RFC3263-4.1:no-naptr test
//= RFC3263-4.2:no-srv test
#[test]
fn a_domain_without_services_is_asked_for_its_servers_and_then_for_its_addresses() {
    let mut rig = Rig::new(&[
        servers("_sip._tcp.plain.example", &[(0, 0, 5060, "sip.plain.example")]),
        host("sip.plain.example", &["192.0.2.3"]),
        host("bare.example", &["192.0.2.4"]),
    ]);
    assert_eq!(rig.locate("sip:x@plain.example"), ["tcp:192.0.2.3:5060"]);
    assert_eq!(rig.locate("sip:x@bare.example"), ["udp:192.0.2.4:5060"]);
    assert_eq!(rig.locate("sips:x@bare.example"), ["tls:192.0.2.4:5061"]);
    assert_eq!(rig.locate("sip:x@nobody.example"), Vec::<String>::new());
}

//= RFC3263-4.2:weight test
#[test]
fn servers_of_one_priority_share_by_their_weights() {
    let mut rig = Rig::new(&[
        servers(
            "_sip._udp.example.org",
            &[
                (1, 1, 5060, "heavy.example.org"),
                (0, 30, 5060, "a.example.org"),
                (0, 10, 5060, "b.example.org"),
            ],
        ),
        host("a.example.org", &["192.0.2.1"]),
        host("b.example.org", &["192.0.2.2"]),
        host("heavy.example.org", &["192.0.2.3"]),
    ]);
    let (mut first, mut second) = (0, 0);
    for _ in 0..400 {
        let found = rig.locate("sip:x@example.org;transport=udp");
        assert_eq!(found.len(), 3);
        assert_eq!(found[2], "udp:192.0.2.3:5060", "the other priority comes last");
        if found[0] == "udp:192.0.2.1:5060" { first += 1 } else { second += 1 }
    }
    assert!((250..350).contains(&first) && second > 50, "{first} {second}");
}

//= RFC3263-4:cache test
#[test]
fn answers_hold_as_long_as_they_say_and_questions_are_asked_once() {
    let mut rig = Rig::new(&[host("b.example.com", &["192.0.2.2"])]);
    for _ in 0..3 {
        rig.locate("sip:x@b.example.com:5060");
    }
    assert_eq!(rig.asked.len(), 1);
    rig.now += Duration::from_secs(61);
    rig.locate("sip:x@b.example.com:5060");
    assert_eq!(rig.asked.len(), 2);
    // Two look-ups that wait for the same answer ask once.
    let uri = Uri::parse("sip:x@new.example.com:5060").unwrap();
    for _ in 0..2 {
        assert!(matches!(rig.locator.locate(rig.now, &uri, &mut rig.rng), Located::Later(_)));
    }
    assert!(rig.locator.poll_query().is_some() && rig.locator.poll_query().is_none());
    // Nobody answers: that is an answer, too.
    let at = rig.locator.poll_timeout().expect("a time limit");
    rig.locator.handle_timeout(at, &mut rig.rng);
    let ends: Vec<_> = std::iter::from_fn(|| rig.locator.poll_located()).collect();
    assert!(ends.len() == 2 && ends.iter().all(|(_, found)| found.is_empty()));
    assert_eq!(
        (rig.locator.poll_timeout(), rig.locator.lookups.len(), rig.locator.asked.len()),
        (None, 0, 0)
    );
}

#[test]
fn what_is_kept_is_bounded() {
    let mut rig = Rig::new(&[]);
    for number in 0..10_000 {
        rig.locate(&format!("sip:x@n{number}.example.com:5060"));
    }
    assert!(rig.locator.cache.len() <= 8_192, "{}", rig.locator.cache.len());
    for number in 0..5_000 {
        let uri = Uri::parse(&format!("sip:x@m{number}.example.com:5060")).unwrap();
        rig.locator.locate(rig.now, &uri, &mut rig.rng);
    }
    assert_eq!(rig.locator.lookups.len(), 4_096);
}
