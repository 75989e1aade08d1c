use super::super::*;
use crate::id::Ssrc;
use crate::{DecodeError, DecodeErrorKind};

fn unknown(name: &str, value: Option<&str>) -> FmtpParameter {
    FmtpParameter { name: name.into(), value: value.map(Into::into) }
}

#[test]
fn both_separators_and_blanks_are_read_and_one_form_is_written() {
    let call = McpttFmtp { queueing: true, priority: Some(5), granted: true, ..McpttFmtp::default() };
    let all = McpttFmtp {
        queueing: true,
        priority: Some(255),
        granted: true,
        implicit_request: true,
        ssrc: Some(Ssrc(1)),
        no_floor_control: false,
        floor_ssrc: Some(Ssrc(u32::MAX)),
        unknown: vec![unknown("mc_new", None), unknown("x", Some("a=b")), unknown("y", Some(""))],
    };
    let written = "mc_queueing;mc_priority=5;mc_granted";
    let all_written = "mc_queueing;mc_priority=255;mc_granted;mc_implicit_request;mc_ssrc=1;mc_floor_ssrc=4294967295;mc_new;x=a=b;y=";
    for (text, expected, canonical) in [
        (written, &call, written),
        ("mc_queueing:mc_priority=5:mc_granted", &call, written),
        ("  mc_granted ; mc_priority = 05 :\tmc_queueing ", &call, written),
        (";;mc_queueing; ;mc_priority=005;:mc_granted;", &call, written),
        (all_written, &all, all_written),
        ("", &McpttFmtp::default(), ""),
        (" ; ", &McpttFmtp::default(), ""),
    ] {
        let parsed = McpttFmtp::parse(text).unwrap();
        assert_eq!(&parsed, expected, "{text}");
        assert_eq!(parsed.to_string(), canonical);
        assert_eq!(parsed.is_empty(), canonical.is_empty());
    }
    let alone = McpttFmtp { no_floor_control: true, ..McpttFmtp::default() };
    assert_eq!(McpttFmtp::parse("mc_no_floor_ctrl").as_ref(), Ok(&alone));
    assert_eq!(alone.to_string(), "mc_no_floor_ctrl");
}

#[test]
fn broken_parameters_are_refused_with_the_octet() {
    const WHAT: &str = "fmtp parameter";
    for (text, error) in [
        ("mc_priority=0", DecodeError::invalid(0, WHAT)),
        ("mc_queueing;mc_priority=256", DecodeError::invalid(12, WHAT)),
        ("mc_priority=1000", DecodeError::invalid(0, WHAT)),
        ("mc_priority=0005", DecodeError::invalid(0, WHAT)),
        ("mc_priority=+5", DecodeError::invalid(0, WHAT)),
        ("mc_priority=", DecodeError::invalid(0, WHAT)),
        ("mc_priority", DecodeError::invalid(0, WHAT)),
        ("mc_queueing=1", DecodeError::invalid(0, WHAT)),
        ("mc_ssrc=4294967296", DecodeError::invalid(0, WHAT)),
        ("mc_floor_ssrc=0x10", DecodeError::invalid(0, WHAT)),
        ("mc_granted;mc_granted", DecodeError::invalid(11, WHAT)),
        ("x=1;x=2", DecodeError::invalid(4, WHAT)),
        ("mc_granted mc_queueing", DecodeError::invalid(10, WHAT)),
        ("=5", DecodeError::invalid(0, WHAT)),
        ("mc_größe", DecodeError::invalid(5, WHAT)),
        ("mc_no_floor_ctrl;mc_queueing", DecodeError::invalid(0, "mc_no_floor_ctrl")),
    ] {
        assert_eq!(McpttFmtp::parse(text), Err(error), "{text}");
    }
    let many: String = (0..=MAX_FMTP_PARAMETERS).map(|number| format!("p{number};")).collect();
    let kind = McpttFmtp::parse(&many).unwrap_err().kind;
    let limit = MAX_FMTP_PARAMETERS;
    assert_eq!(kind, DecodeErrorKind::TooLarge { limit, got: limit + 1 });
}

//= 24.379-6.2.2:answer test
//= 24.380-12.1.2.2:priority test
#[test]
fn an_answer_has_only_what_was_offered_and_not_more_priority() {
    for (offer, wanted, answer) in [
        ("", "mc_queueing;mc_priority=5;mc_granted;mc_implicit_request;mc_floor_ssrc=9", ""),
        ("mc_queueing", "mc_queueing;mc_priority=5", "mc_queueing"),
        ("mc_queueing;mc_priority=7", "mc_queueing;mc_priority=9", "mc_queueing;mc_priority=7"),
        ("mc_queueing;mc_priority=7", "mc_priority=3", "mc_priority=3"),
        ("mc_priority=7", "mc_queueing", ""),
        ("mc_granted;mc_implicit_request", "mc_implicit_request", "mc_implicit_request"),
        ("mc_floor_ssrc=1", "mc_floor_ssrc=2;mc_ssrc=3", "mc_ssrc=3;mc_floor_ssrc=2"),
        ("mc_queueing;future", "mc_queueing;future", "mc_queueing"),
        ("mc_no_floor_ctrl", "mc_no_floor_ctrl", "mc_no_floor_ctrl"),
        ("mc_no_floor_ctrl", "mc_queueing", ""),
    ] {
        let (offer, wanted) = (McpttFmtp::parse(offer).unwrap(), McpttFmtp::parse(wanted).unwrap());
        assert_eq!(offer.answer(&wanted).to_string(), answer, "{offer} / {wanted}");
    }
}

//= 24.380-14.3.3 test
#[test]
fn the_answered_priority_is_capped_by_user_and_service() {
    let offering = |priority| McpttFmtp { priority, ..McpttFmtp::default() };
    assert_eq!(offering(Some(200)).answered_priority(5, 8), Some(5));
    assert_eq!(offering(Some(200)).answered_priority(9, 8), Some(8));
    assert_eq!(offering(Some(3)).answered_priority(5, 8), Some(3));
    assert_eq!(offering(Some(3)).answered_priority(0, 8), Some(1));
    assert_eq!(offering(None).answered_priority(5, 8), None);
}

//= 24.380-14.5 test
#[test]
fn a_later_offer_neither_takes_a_grant_nor_asks_unless_it_upgrades() {
    let first = McpttFmtp::parse("mc_queueing;mc_priority=5;mc_granted;mc_implicit_request").unwrap();
    assert_eq!(first.for_later_offer(false).to_string(), "mc_queueing;mc_priority=5");
    assert_eq!(first.for_later_offer(true).to_string(), "mc_queueing;mc_priority=5;mc_implicit_request");
}
