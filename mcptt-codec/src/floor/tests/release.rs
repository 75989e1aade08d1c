//! What a sender of an older release leaves out.

use super::*;
use crate::rtcp::FirstReleases;
use crate::rtcp::tests::laws::{every_row_governs, sent_by_all};
use crate::{EmitError, NotInRelease, Release};

#[test]
fn every_message_and_every_field_comes_with_its_first_release() {
    let messages: Vec<_> = golden().into_iter().map(|(_, message)| message).collect();
    every_row_governs(&messages);
}

/// The rows that are not of Release 13, written down a second time.
#[test]
fn what_came_after_release_13_is_known() {
    let FirstReleases { messages, fields, values } = FIRST_RELEASES;
    let later: Vec<_> = messages.iter().filter(|row| row.1 > Release::R13).copied().collect();
    assert_eq!(later, [(7, Release::R19), (11, Release::R17), (14, Release::R17), (15, Release::R15)]);
    let later: Vec<_> = fields.iter().map(|(id, release)| (id.0, release.number())).collect();
    let expected: Vec<_> = (0u8..26)
        .map(|id| match id {
            0..=14 => (id, 13),
            15..=20 => (id, 15),
            21..=24 => (id, 17),
            _ => (id, 19),
        })
        .collect();
    assert_eq!(later, expected);
    let later: Vec<_> = values
        .iter()
        .filter(|row| row.release > FIRST_RELEASES.field(row.field).unwrap())
        .map(|row| (row.message, row.field.0, row.value, row.release.number()))
        .collect();
    assert_eq!(later, [(Some(6), 2, 7, 19), (None, 13, 0x0080, 15), (None, 19, 7, 18)]);
}

/// Rows of the value table that belong to a field.
fn values_of(field: FieldId) -> impl Iterator<Item = (Option<u8>, u16, Release)> {
    let rows = FIRST_RELEASES.values.iter().filter(move |row| row.field == field);
    rows.map(|row| (row.message, row.value, row.release))
}

#[test]
fn a_cause_that_the_release_does_not_have_becomes_other() {
    let mut rows = 0;
    for (message, value, first) in values_of(FieldId::REJECT_CAUSE) {
        let phrase = Some("why".into());
        let (message, made): (_, fn(u16) -> FloorMessage) = match message {
            Some(3) => {
                let cause = Some(RejectCause(value));
                (FloorMessage::Deny(FloorDeny { cause, phrase, ..Default::default() }), |cause| {
                    let (cause, phrase) = (Some(RejectCause(cause)), Some("why".into()));
                    FloorMessage::Deny(FloorDeny { cause, phrase, ..Default::default() })
                })
            }
            _ => {
                let cause = Some(RevokeCause(value));
                (FloorMessage::Revoke(FloorRevoke { cause, phrase, ..Default::default() }), |cause| {
                    let (cause, phrase) = (Some(RevokeCause(cause)), Some("why".into()));
                    FloorMessage::Revoke(FloorRevoke { cause, phrase, ..Default::default() })
                })
            }
        };
        let sent = Release::ALL.map(|release| made(if release >= first { value } else { 255 }).encode().ok());
        assert_eq!(sent_by_all(&message), sent, "{value}");
        rows += 1;
    }
    assert_eq!(rows, 8 + 7);
    // The number of the procedure is of no table.
    let cause = Some(RevokeCause::REVOKED_BY_ANOTHER_CLIENT_IN_PROCEDURE);
    let revoke = FloorMessage::Revoke(FloorRevoke { cause, ..Default::default() });
    let sent = revoke.to_packet_for(Release::R19).unwrap();
    assert_eq!(sent.fields[0].value(), [0, 255]);
}

#[test]
fn indicator_bits_come_with_their_release() {
    assert_eq!(values_of(FieldId::FLOOR_INDICATOR).count(), 9);
    for (_, value, first) in values_of(FieldId::FLOOR_INDICATOR) {
        let idle = |bits| {
            let indicator = Some(FloorIndicator(bits));
            FloorMessage::Idle(FloorIdle { ssrc: SERVER, indicator, ..Default::default() })
        };
        let sent = Release::ALL.map(|release| idle(if release >= first { value } else { 0 }).encode().ok());
        assert_eq!(sent_by_all(&idle(value)), sent);
    }
    let all = FloorIdle { indicator: Some(FloorIndicator(0xffff)), ..Default::default() };
    let packet = FloorMessage::Idle(all).to_packet_for(Release::R19).unwrap();
    assert_eq!(packet.fields[0].value(), [0xff, 0x80], "bits that nobody has assigned are never sent");
}

#[test]
fn locations_come_with_their_release() {
    let located = |location: &Location| {
        let location = Some(location.clone());
        FloorMessage::Request(FloorRequest { ssrc: CLIENT, location, ..Default::default() })
    };
    let listed = |location: &Location| {
        let locations = vec![Location::MbsfnArea(1), location.clone()];
        FloorMessage::Taken(FloorTaken { ssrc: SERVER, locations, ..Default::default() })
    };
    let plmn = Plmn([0x42, 0xf0, 0x01]);
    let known = [
        Location::NotProvided,
        Location::Ecgi { plmn, eci: 1 },
        Location::TrackingArea { plmn, tac: 1 },
        Location::Plmn(plmn),
        Location::MbmsServiceArea(1),
        Location::MbsfnArea(1),
        Location::Geographic(Coordinates::default()),
        Location::Unknown { kind: LocationType::ALTITUDE, value: Bytes::from_static(&[0, 42]) },
    ];
    assert_eq!(values_of(FieldId::LOCATION).count(), known.len());
    for ((_, value, first), location) in values_of(FieldId::LOCATION).zip(&known) {
        assert_eq!(value, u16::from(location.kind().0));
        for made in [&located as &dyn Fn(&Location) -> FloorMessage, &listed] {
            let sent = Release::ALL.map(|release| match () {
                () if release >= first => made(location).encode().ok(),
                () if release >= Release::R15 => made(&Location::NotProvided).encode().ok(),
                () => FloorMessage::encode(&without_fields(&made(location))).ok(),
            });
            assert_eq!(sent_by_all(&made(location)), sent, "{location:?}");
        }
    }
}

fn without_fields(message: &FloorMessage) -> FloorMessage {
    let packet = FloorPacket::new(message.subtype(), message.ssrc());
    FloorMessage::from_packet(&packet).value
}

#[test]
fn a_message_that_the_release_does_not_have_is_refused_by_name() {
    let request = FloorMessage::RevokeRequest(FloorRevokeRequest::default());
    let refused =
        NotInRelease { what: "Floor Revoke Request", release: Release::R18, first: Some(Release::R19) };
    assert_eq!(request.to_packet_for(Release::R18), Err(refused));
    assert_eq!(request.encode_for(Release::R18), Err(EmitError::NotInRelease(refused)));
    assert_eq!(refused.to_string(), "Release 18 has no Floor Revoke Request");
    for subtype in [Subtype(12), Subtype(0x16)] {
        let unknown = FloorMessage::Unknown { subtype, ssrc: CLIENT };
        let refused = NotInRelease { what: "unknown message", release: Release::R19, first: None };
        assert_eq!(unknown.to_packet_for(Release::R19), Err(refused));
    }
    let long = FloorIdle { track_info: Some(track("LMR", &[0; 70])), ..Default::default() };
    let refused = EncodeError { what: "field value", limit: 255, got: 286 };
    assert_eq!(FloorMessage::Idle(long).encode_for(Release::R13), Err(EmitError::Encode(refused)));
}

#[test]
fn subtype_14_has_a_name_of_its_own_in_release_17() {
    let name = |release| Subtype::QUEUED_FLOOR_REQUESTS.with_ack(true).message_name_in(release);
    assert_eq!(name(Release::R16), None);
    assert_eq!(name(Release::R17), Some("Floor Queued Cancel"));
    assert_eq!(name(Release::R18), Some("Queued Floor Requests"));
    assert_eq!(Subtype::FLOOR_IDLE.message_name_in(Release::R13), Some("Floor Idle"));
    assert_eq!(Subtype(12).message_name_in(Release::R19), None);
}
