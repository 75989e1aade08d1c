//! DTLS associations: one for RTCP on a port of its own, and one that follows another in the middle of a call.

use super::*;
use crate::crypto::Srtp;
use crate::crypto::dtls::{Association, HandshakeError, Identity, Peer, Progress, Role};
use crate::event::Stream;

const TALKER: u8 = 1;
const LISTENER: u8 = 2;

/// The other end of one association: it opens it, and has the keys that it was given last.
struct End {
    path: Path,
    association: Association,
    keys: Option<Srtp>,
}

impl End {
    fn new(path: Path, own: &Identity, server: &Identity, now: Instant) -> Self {
        let fingerprints = vec![server.fingerprint().clone()];
        let peer = Peer { role: Role::Active, fingerprints, rtcp_mux: true, id: None };
        Self { path, association: Association::new(own, peer, path.local, now).unwrap(), keys: None }
    }

    fn open(&mut self, packet: &Bytes) -> Result<Bytes, crate::crypto::ProtectionError> {
        let mut octets = packet.to_vec();
        self.keys.as_mut().expect("keys").unprotect_rtp(&mut octets).map(|()| octets.into())
    }
}

/// A call whose second participant has keys of DTLS, and what both show.
struct Scene {
    rig: Rig,
    server: Identity,
    own: Identity,
    ends: Vec<End>,
    /// What is sent to the listener beside handshakes, as it comes.
    heard: Vec<(Path, Bytes)>,
}

fn described(own: &Identity, rtcp_mux: bool, id: Option<&str>) -> Peer {
    let fingerprints = vec![own.fingerprint().clone()];
    Peer { role: Role::Passive, fingerprints, rtcp_mux, id: id.map(str::to_owned) }
}

fn scene(rtcp_mux: bool) -> Scene {
    let (server, own) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let mut rig = Rig::new(Config { dtls: Some(server.clone()), ..Config::default() });
    rig.initiate(CALL, settings());
    rig.connect(participant(TALKER), TALKER);
    let protection = Some(Keying::Dtls(described(&own, rtcp_mux, None)));
    rig.connect(Participant { protection, ..participant(LISTENER) }, LISTENER);
    rig.drain();
    Scene { rig, server, own, ends: Vec::new(), heard: Vec::new() }
}

impl Scene {
    fn begin(&mut self, port: u16) {
        let end = End::new(path(LISTENER, port), &self.own, &self.server, self.rig.now);
        self.ends.push(end);
    }

    /// Lets the datagrams of handshakes go to and fro until nobody says more; `lost` are those towards the server that are not
    /// delivered. Events are returned.
    fn settle(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let mut quiet = true;
            for end in &mut self.ends {
                while let Some(datagram) = end.association.poll_transmit() {
                    quiet = false;
                    self.rig.plane.handle_datagram(self.rig.now, end.path, &datagram);
                }
            }
            for output in self.rig.drain() {
                match output {
                    Output::Event(event) => events.push(event),
                    Output::Transmit(Transmit { path, payload, .. }) if (20..64).contains(&payload[0]) => {
                        quiet = false;
                        let end = self.ends.iter_mut().rfind(|end| end.path == path);
                        let Some(end) = end else { continue };
                        if let Progress::Keyed(keys) = end.association.handle_datagram(self.rig.now, &payload)
                        {
                            end.keys = Some(Srtp::new(&keys).unwrap());
                        }
                    }
                    Output::Transmit(Transmit { path, payload, .. })
                        if path.remote.ip() == endpoint(LISTENER, 0).remote.ip() =>
                    {
                        self.heard.push((path, payload));
                    }
                    _ => {}
                }
            }
            if quiet {
                return events;
            }
        }
    }

    /// One packet of the talker, as it goes to the listener.
    fn voice(&mut self, sequence: u16) -> Bytes {
        self.heard.clear();
        self.rig.media(TALKER, &rtp(TALKER, sequence));
        self.settle();
        let audio = self.heard.iter().rfind(|(to, _)| *to == path(LISTENER, AUDIO));
        audio.expect("it is sent").1.clone()
    }
}

fn keyed(events: &[Event]) -> Vec<Stream> {
    let keyed = events.iter().filter_map(|event| match event {
        Event::Keyed { stream, .. } => Some(*stream),
        _ => None,
    });
    keyed.collect()
}

//= RFC5764-3:rtcp test
#[test]
fn rtcp_on_a_port_of_its_own_has_its_own_association() {
    let mut scene = scene(false);
    scene.begin(AUDIO);
    assert_eq!(keyed(&scene.settle()), [Stream::Audio]);
    let report = |ssrc: u8| vec![0x80, 201, 0, 1, 0x55, 0, 0, ssrc];
    // Under the keys of the audio nobody is understood there, and there are no others.
    let mut early = report(LISTENER);
    scene.ends[0].keys.as_mut().unwrap().protect_rtcp(&mut early).unwrap();
    scene.rig.raw(path(LISTENER, AUDIO_CONTROL), &early);
    assert_eq!(scene.rig.plane.counters().receiver_reports, 0);
    scene.begin(AUDIO_CONTROL);
    assert_eq!(keyed(&scene.settle()), [Stream::AudioControl]);
    let mut own = report(LISTENER);
    scene.ends[1].keys.as_mut().unwrap().protect_rtcp(&mut own).unwrap();
    scene.rig.raw(path(LISTENER, AUDIO_CONTROL), &own);
    assert_eq!(scene.rig.plane.counters().receiver_reports, 1);
    // Voice is under the keys of its own.
    scene.rig.grant(TALKER);
    let voice = scene.voice(1);
    assert!(scene.ends[1].open(&voice).is_err());
    assert_eq!(scene.ends[0].open(&voice), Ok(rtp(TALKER, 1)));
    assert_eq!(scene.rig.plane.counters().handshakes, 2);
}

#[test]
fn the_associations_of_a_leg_end_with_it() {
    for rtcp_mux in [true, false] {
        let mut scene = scene(rtcp_mux);
        scene.begin(AUDIO);
        scene.begin(AUDIO_CONTROL);
        scene.settle();
        scene.rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(LISTENER.into()) });
        scene.rig.drain();
        for port in [AUDIO, AUDIO_CONTROL] {
            assert!(!scene.rig.plane.routes.handshakes.has(&path(LISTENER, port)));
        }
    }
}

//= RFC8842-5.1 test
//= RFC8842-5.1:overlap test
#[test]
fn voice_goes_on_under_the_old_keys_until_the_new_handshake_is_done() {
    let mut scene = scene(true);
    scene.begin(AUDIO);
    assert_eq!(keyed(&scene.settle()), [Stream::Audio]);
    scene.rig.grant(TALKER);
    let mut sequence = 0;
    let mut heard = |scene: &mut Scene| {
        sequence += 1;
        let packet = scene.voice(sequence);
        let opened: Vec<usize> = (0..scene.ends.len())
            .filter(|at| {
                scene.ends[*at].keys.is_some() && scene.ends[*at].open(&packet) == Ok(rtp(TALKER, sequence))
            })
            .collect();
        opened
    };
    assert_eq!(heard(&mut scene), [0]);
    // The client announces another certificate; for as long as it does nothing, nothing changes.
    scene.own = Identity::generate().unwrap();
    let peer = Box::new(described(&scene.own, true, Some("another")));
    scene.rig.signal(Signalling::AssociationRenewed { call: CALL, leg: LegRef(LISTENER.into()), peer });
    assert_eq!(heard(&mut scene), [0]);
    scene.rig.advance(Duration::from_secs(2));
    assert_eq!(heard(&mut scene), [0]);
    // Its own packets under the old keys are taken during the handshake and, late ones, after it.
    let mut late = vec![0x80, 201, 0, 1, 0x55, 0, 0, LISTENER];
    scene.ends[0].keys.as_mut().unwrap().protect_rtcp(&mut late).unwrap();
    scene.begin(AUDIO);
    assert_eq!(keyed(&scene.settle()), [Stream::Audio]);
    scene.rig.raw(path(LISTENER, AUDIO), &late);
    assert_eq!(scene.rig.plane.counters().receiver_reports, 1);
    assert_eq!(heard(&mut scene), [1], "under the new keys alone");
    let mut own = vec![0x80, 201, 0, 1, 0x55, 0, 0, LISTENER];
    scene.ends[1].keys.as_mut().unwrap().protect_rtcp(&mut own).unwrap();
    scene.rig.raw(path(LISTENER, AUDIO), &own);
    assert_eq!(scene.rig.plane.counters().receiver_reports, 2);
    assert_eq!(scene.rig.plane.counters().handshakes, 2);
}

//= RFC8842-5.1 test
#[test]
fn a_new_handshake_with_somebody_else_leaves_the_old_keys_in_use() {
    let mut scene = scene(true);
    scene.begin(AUDIO);
    scene.settle();
    scene.rig.grant(TALKER);
    // What is announced is not what is shown.
    let announced = Identity::generate().unwrap();
    let peer = Box::new(described(&announced, true, None));
    scene.rig.signal(Signalling::AssociationRenewed { call: CALL, leg: LegRef(LISTENER.into()), peer });
    scene.begin(AUDIO);
    let failed = scene.settle().into_iter().find_map(|event| match event {
        Event::HandshakeFailed { stream, error, .. } => Some((stream, error)),
        _ => None,
    });
    assert_eq!(failed, Some((Stream::Audio, HandshakeError::Fingerprint)));
    let voice = scene.voice(1);
    assert_eq!(scene.ends[0].open(&voice), Ok(rtp(TALKER, 1)));
}

#[test]
fn a_leg_without_dtls_is_not_given_any() {
    let mut scene = scene(true);
    let peer = Box::new(described(&scene.own, true, None));
    scene.rig.signal(Signalling::AssociationRenewed { call: CALL, leg: LegRef(TALKER.into()), peer });
    assert!(!scene.rig.plane.routes.handshakes.has(&path(TALKER, AUDIO)));
}
