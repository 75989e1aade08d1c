//! Protected voice (RFC 3711): a talker that is not the one it says it is, that repeats what was said, or that has talked so
//! long that its sequence numbers begin again.

use bytes::{Bytes, BytesMut};
use mcptt_codec::Path;
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use mcptt_codec::sdp::{Crypto, KeySalt, SessionDescription};
use mcptt_codec::sip::{Limits, SipMessage};
use mcptt_codec::xml::mime;
use media_plane::crypto::{MediaProtection, Protection, Srtp};

use crate::case::Case;
use crate::case::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, everybody_is_there};
use crate::rig::{Actor, Rig, Unmet};

/// Somebody who sends for bob.
struct Sender {
    bob: Actor,
    key: Crypto,
    context: Srtp,
}

fn context(key: &Crypto) -> Result<Srtp, Unmet> {
    let both = MediaProtection { send: key.clone(), receive: key.clone() };
    Srtp::new(&both).map_err(|_| Unmet("a crypto suite that the tester has"))
}

/// The key that the client protects its voice with, as its session description says.
fn key_of(rig: &Rig, actor: Actor) -> Option<Crypto> {
    let [sip, ..] = rig.addresses(actor);
    let sent = rig.frames().iter().rev().filter(|frame| frame.source == sip);
    let mut bodies = sent.filter_map(|frame| {
        let limits = Limits::default();
        let parts = match SipMessage::decode(&frame.payload, &limits).ok()? {
            SipMessage::Request(request) => request.parts(&limits).ok()?,
            SipMessage::Response(response) => response.parts(&limits).ok()?,
        };
        let sdp = parts.into_iter().find(|part| part.is(mime::SDP))?;
        SessionDescription::decode(&sdp.body).ok()?.audio()?.crypto().next()?.ok()
    });
    bodies.next()
}

/// A call of bob, who asks for protection, with alice and carol; he holds the floor and his own machine is silent.
fn bob_may_talk(rig: &mut Rig) -> Result<Sender, Unmet> {
    let plain = |rig: &mut Rig, user| rig.client_with(user, |client| client.suites.clear());
    let actors = [plain(rig, ALICE), rig.client(BOB), plain(rig, CAROL)];
    for actor in actors {
        rig.log_in(actor, &[FIRE])?;
    }
    let bob = actors[1];
    rig.call(bob, FIRE, false)?;
    everybody_is_there(rig, &actors)?;
    rig.advance(MOMENT);
    rig.press(bob);
    rig.advance(MOMENT);
    let key = key_of(rig, bob).ok_or(Unmet("a key of the client"))?;
    let context = context(&key)?;
    Ok(Sender { bob, key, context })
}

impl Sender {
    /// A protected packet of this number.
    fn packet(&mut self, rig: &Rig, sequence: u16) -> Result<Vec<u8>, Unmet> {
        let timestamp = u32::from(sequence).wrapping_mul(320);
        let ssrc = rig.ssrc(self.bob);
        let header = RtpHeader { payload_type: 97, sequence, timestamp, ssrc, ..RtpHeader::default() };
        let packet = RtpPacket { header, payload: Bytes::from_static(&[0x11; 33]), padding: Bytes::new() };
        let mut octets = BytesMut::new();
        packet.encode(&mut octets).map_err(|_| Unmet("an encodable packet"))?;
        let mut octets = octets.to_vec();
        self.context.protect_rtp(&mut octets).map_err(|_| Unmet("a packet that can be protected"))?;
        Ok(octets)
    }

    fn send(&self, rig: &mut Rig, octets: &[u8]) -> Result<(), Unmet> {
        let remote = rig.audio_of(self.bob).ok_or(Unmet("an audio address of the target"))?;
        let [_, local, _] = rig.addresses(self.bob);
        rig.inject(Path { local, remote }, octets);
        rig.advance(MOMENT);
        Ok(())
    }

    /// Says this many packets from this number on.
    fn speaks(&mut self, rig: &mut Rig, from: u16, count: u16) -> Result<(), Unmet> {
        for number in 0..count {
            let octets = self.packet(rig, from.wrapping_add(number))?;
            self.send(rig, &octets)?;
        }
        Ok(())
    }
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "MED-02/tag",
        title: "a packet whose tag was changed on the way reaches nobody, and those behind it do",
        requirements: &["RFC3711-4.2", "24.380-6.3.4.4.5:4"],
        configuration: "",
        scenario: |rig| {
            let mut sender = bob_may_talk(rig)?;
            sender.speaks(rig, 100, 3)?;
            let mut changed = sender.packet(rig, 103)?;
            if let Some(last) = changed.last_mut() {
                *last ^= 1;
            }
            sender.send(rig, &changed)?;
            sender.speaks(rig, 104, 3)
        },
    },
    &Case {
        id: "MED-02/key",
        title: "a packet under another key reaches nobody, and those of the talker do",
        requirements: &["RFC3711-4.2", "24.380-6.3.4.4.5:4"],
        configuration: "",
        scenario: |rig| {
            let mut sender = bob_may_talk(rig)?;
            sender.speaks(rig, 100, 3)?;
            let length = sender.key.key.key_salt.as_bytes().len();
            let wrong = KeySalt::new(vec![0x5a; length]);
            let key = Crypto::new(sender.key.tag, sender.key.suite.clone(), wrong)
                .map_err(|_| Unmet("another key of that length"))?;
            let mut other = Sender { bob: sender.bob, context: context(&key)?, key };
            other.speaks(rig, 103, 1)?;
            sender.speaks(rig, 104, 3)
        },
    },
    &Case {
        id: "MED-02/replay",
        title: "a packet that comes once more is heard once",
        requirements: &["RFC3711-3.3.2", "24.380-6.3.4.4.5:4"],
        configuration: "",
        scenario: |rig| {
            let mut sender = bob_may_talk(rig)?;
            sender.speaks(rig, 100, 3)?;
            let octets = sender.packet(rig, 103)?;
            sender.send(rig, &octets)?;
            sender.send(rig, &octets)?;
            sender.speaks(rig, 104, 3)
        },
    },
    &Case {
        id: "MED-02/rollover",
        title: "a talk is heard on when its sequence numbers begin again",
        requirements: &["RFC3711-3.3.1", "24.380-6.3.4.4.5:4"],
        configuration: "",
        scenario: |rig| bob_may_talk(rig)?.speaks(rig, u16::MAX - 3, 8),
    },
];
