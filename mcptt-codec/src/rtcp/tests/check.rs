//! The rules of compound packets.

use super::{deviation, hex};
use crate::rtcp::requirement::{BYE_LAST, CNAME, LENGTHS, PADDING_LAST, REPORT_FIRST};
use crate::rtcp::{CompoundRules, MAX_DEVIATIONS, check};

const REPORT: &str = "80c9000111223344";
const NAME: &str = "81ca0003112233440102616200000000";
const BYE: &str = "81cb000111223344";
const APP: &str = "80cc0002112233444d435054";
const PADDED_REPORT: &str = "a0c900021122334400000004";

/// Checks a datagram by both sets of rules.
#[track_caller]
fn deviations(packets: &[&str], full: &[(usize, &'static str)], reduced: &[(usize, &'static str)]) {
    let datagram = hex(packets);
    for (rules, expected) in [(CompoundRules::Full, full), (CompoundRules::ReducedSize, reduced)] {
        let expected: Vec<_> = expected.iter().map(|(at, id)| deviation(*at, id)).collect();
        assert_eq!(check(&datagram, rules), expected, "{rules:?} {packets:?}");
    }
}

//= RFC3550-6.1:report test
//= RFC3550-6.1:cname test
//= RFC5506-reduced test
#[test]
fn a_compound_packet_begins_with_a_report_and_names_its_source() {
    deviations(&[REPORT, NAME], &[], &[]);
    deviations(&[REPORT, NAME, APP, BYE], &[], &[]);
    deviations(&[NAME, REPORT], &[(0, REPORT_FIRST)], &[]);
    deviations(&[REPORT], &[(0, CNAME)], &[]);
    // A description without a name is none.
    deviations(&[REPORT, "80ca0000"], &[(0, CNAME)], &[]);
    deviations(&[APP], &[(0, REPORT_FIRST), (0, CNAME)], &[]);
}

//= RFC3550-6.1:bye test
#[test]
fn a_goodbye_is_the_last_packet_of_its_source() {
    deviations(&[REPORT, NAME, BYE, APP], &[(32, BYE_LAST)], &[(32, BYE_LAST)]);
    // Another source may go on.
    deviations(&[REPORT, NAME, BYE, "80cc000255667788", "4d435054"], &[], &[]);
}

//= RFC3550-6.4.1:padding test
#[test]
fn only_the_last_packet_is_padded_and_by_words() {
    deviations(&[REPORT, NAME, PADDED_REPORT], &[], &[]);
    deviations(&[PADDED_REPORT, NAME], &[(0, PADDING_LAST)], &[(0, PADDING_LAST)]);
    let odd = "a0c900021122334400000003";
    deviations(&[REPORT, NAME, odd], &[(24, PADDING_LAST)], &[(24, PADDING_LAST)]);
}

//= RFC3550-6.4.1:length test
#[test]
fn lengths_add_up() {
    // An octet too many, a packet longer than the datagram, reports that are not there.
    deviations(&[REPORT, NAME, "00"], &[(24, LENGTHS)], &[(24, LENGTHS)]);
    deviations(&[REPORT, NAME, "80c9000211223344"], &[(26, LENGTHS)], &[(26, LENGTHS)]);
    deviations(&[REPORT, NAME, "81c9000111223344"], &[(32, LENGTHS)], &[(32, LENGTHS)]);
    deviations(
        &["a0c9000111223300", NAME],
        &[(7, LENGTHS), (0, PADDING_LAST)],
        &[(7, LENGTHS), (0, PADDING_LAST)],
    );
}

#[test]
fn a_hostile_datagram_has_a_bounded_list() {
    let datagram = [REPORT, NAME, BYE, &APP.repeat(1000)].concat();
    assert_eq!(check(&hex(&[&datagram]), CompoundRules::Full).len(), MAX_DEVIATIONS);
    assert_eq!(check(&hex(&[]), CompoundRules::ReducedSize), []);
}
