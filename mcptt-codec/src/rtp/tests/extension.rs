//! The elements of RFC 8285.

use bytes::Bytes;

use crate::EncodeError;
use crate::rtcp::tests::hex;
use crate::rtp::{Element, Extension, ExtensionForm, Part, Stop};

const ONE: ExtensionForm = ExtensionForm::OneByte;
const TWO: ExtensionForm = ExtensionForm::TwoByte { app_bits: 0 };

fn element(id: u8, value: &[u8]) -> Part<'_> {
    Part::Element(Element { id, value })
}

/// An extension has these parts, and these parts make the same extension.
#[track_caller]
fn both_ways(form: ExtensionForm, octets: &Bytes, parts: &[Part<'_>]) {
    let extension = Extension { profile: form.profile(), data: octets.clone() };
    assert_eq!(extension.form(), Some(form));
    assert_eq!(extension.parts().collect::<Vec<_>>(), parts);
    assert_eq!(Extension::from_parts(form, parts.iter().copied()), Ok(extension));
}

//= RFC8285-4.1:padding test
//= RFC8285-4.2:length test
#[test]
fn the_one_byte_form_is_read_and_written() {
    let octets = hex(&[
        "10aa",     // id 1, one octet: audio level
        "0000",     // padding between elements
        "32bb0bcc", // id 3, three octets
        "ef",       // id 14, sixteen octets
        "000102030405060708090a0b0c0d0e0f",
        "000000", // padding behind the last one
    ]);
    let long: Vec<u8> = (0..16).collect();
    let parts = [
        element(1, &[0xaa]),
        Part::Padding(2),
        element(3, &[0xbb, 0x0b, 0xcc]),
        element(14, &long),
        Part::Padding(3),
    ];
    both_ways(ONE, &octets, &parts);
    let extension = Extension { profile: 0xbede, data: octets };
    assert_eq!(extension.elements().map(|element| element.id).collect::<Vec<_>>(), [1, 3, 14]);
    assert_eq!(extension.element(3), Some(&[0xbb, 0x0b, 0xcc][..]));
    assert_eq!(extension.element(2), None);
}

//= RFC8285-4.1:padding test
//= RFC8285-4.3:length test
#[test]
fn the_two_byte_form_is_read_and_written() {
    let octets = hex(&[
        "0100",       // id 1, no octets
        "00",         // padding of one octet, no length behind it
        "0f02aabb",   // id 15 is an id like any other here
        "ff01cc",     // id 255, one octet
        "0000000000", // padding, more than the word asks for
        "07",         // cut off behind the id
    ]);
    let parts = [
        element(1, &[]),
        Part::Padding(1),
        element(15, &[0xaa, 0xbb]),
        element(255, &[0xcc]),
        Part::Padding(5),
        Part::Rest { stop: Stop::Truncated, octets: &[7] },
    ];
    both_ways(TWO, &octets, &parts);
}

//= RFC8285-4.2:id0 test
//= RFC8285-4.2:id15 test
//= RFC8285-4.1:length test
#[test]
fn what_ends_the_elements_is_kept_and_ignored() {
    let cases: [(&str, Stop, &'static str); 4] = [
        // Id 0 with a length of 3, then what would be an element.
        ("03aabbcc 20dd 0000", Stop::PaddingWithLength, "RFC8285-4.2:id0"),
        // Id 15: its length does not matter.
        ("f0aa 20dd", Stop::ReservedId, "RFC8285-4.2:id15"),
        ("ffaa 20dd", Stop::ReservedId, "RFC8285-4.2:id15"),
        // Id 2 with eight octets, three are there.
        ("27aabbcc", Stop::Truncated, "RFC8285-4.1:length"),
    ];
    for (rest, stop, requirement) in cases {
        let rest = hex(&[rest]);
        let octets = [&hex(&["10aa11bbcc000000"])[..], &rest[..]].concat().into();
        let expected = [
            element(1, &[0xaa]),
            element(1, &[0xbb, 0xcc]),
            Part::Padding(3),
            Part::Rest { stop, octets: &rest },
        ];
        both_ways(ONE, &octets, &expected);
        assert_eq!(stop.requirement(), requirement);
        let extension = Extension { profile: 0xbede, data: octets };
        // The first of two elements with one id.
        assert_eq!(extension.element(1), Some(&[0xaa][..]));
        assert_eq!(extension.element(2), None);
    }
}

//= RFC8285-4.3:appbits test
#[test]
fn the_profile_number_tells_the_form() {
    for app_bits in 0..16u8 {
        let form = ExtensionForm::TwoByte { app_bits };
        assert_eq!(form.profile(), 0x1000 | u16::from(app_bits));
        assert_eq!(ExtensionForm::from_profile(form.profile()), Some(form));
    }
    assert_eq!(ExtensionForm::from_profile(0xbede), Some(ONE));
    for other in [0, 0xbedf, 0x0fff, 0x1010, 0xffff] {
        assert_eq!(ExtensionForm::from_profile(other), None);
        let extension = Extension { profile: other, data: hex(&["10aa0000"]) };
        assert_eq!(extension.parts().count(), 0);
    }
}

#[test]
fn elements_choose_the_smaller_form_and_are_padded() {
    type Given = &'static [(u8, &'static [u8])];
    let cases: [(Given, u16, &str); 4] = [
        (&[], 0xbede, ""),
        (&[(1, &[0xaa]), (14, &[1, 2])], 0xbede, "10aa e10102 000000"),
        (&[(15, &[0xaa])], 0x1000, "0f01aa 00"),
        (&[(1, &[])], 0x1000, "0100 0000"),
    ];
    for (elements, profile, octets) in cases {
        let elements: Vec<_> = elements.iter().map(|(id, value)| Element { id: *id, value }).collect();
        let expected = Extension { profile, data: hex(&[octets]) };
        assert_eq!(Extension::from_elements(&elements), Ok(expected));
    }
}

#[test]
fn elements_that_do_not_fit_are_refused() {
    let long = [0; 256];
    let id = |limit, got| EncodeError { what: "header extension element id", limit, got };
    let value = |limit, got| EncodeError { what: "header extension element", limit, got };
    let cases = [
        (ONE, element(0, &[1]), id(14, 0)),
        (ONE, element(15, &[1]), id(14, 15)),
        (ONE, element(1, &[]), value(16, 0)),
        (ONE, element(1, &long[..17]), value(16, 17)),
        (TWO, element(0, &[1]), id(255, 0)),
        (TWO, element(1, &long), value(255, 256)),
        (
            TWO,
            Part::Padding(262_141),
            EncodeError { what: "RTP header extension", limit: 262_140, got: 262_141 },
        ),
    ];
    for (form, part, error) in cases {
        assert_eq!(Extension::from_parts(form, [part]), Err(error));
    }
    let whole = [Part::Padding(262_140), Part::Padding(1)];
    let error = EncodeError { what: "RTP header extension", limit: 262_140, got: 262_141 };
    assert_eq!(Extension::from_parts(TWO, whole), Err(error));
}
