//! Fuzz body of the readable view and of the way back from it.

use bytes::Bytes;

use crate::view::{self, Input};

/// The first three octets change a view, the rest is a datagram.
///
/// Every view gives its octets back. A changed view is refused or becomes octets whose own view gives them back; it never
/// does worse.
pub fn view_encode(octets: &[u8]) {
    let (change, octets) = octets.split_first_chunk::<3>().unwrap_or((&[0; 3], octets));
    let octets = Bytes::copy_from_slice(octets);
    for show in [rtcp, rtp, sip, monp] {
        let mut shown = show(&octets);
        assert_eq!(view::encode(&shown).as_ref(), Ok(&octets), "a view gives its octets back");
        let [place, kind, strip] = *change;
        if strip & 1 == 1 {
            forget_raw(&mut shown);
        }
        alter(&mut shown, &mut usize::from(place), kind);
        if let Ok(octets) = view::encode(&shown) {
            let again = show(&octets);
            assert_eq!(view::encode(&again), Ok(octets), "a view of written octets gives them back");
        }
    }
}

fn rtcp(octets: &Bytes) -> Input {
    Input::from(&view::datagram(octets))
}

fn rtp(octets: &Bytes) -> Input {
    Input::from(&view::rtp(octets))
}

fn sip(octets: &Bytes) -> Input {
    Input::from(&view::sip(octets))
}

fn monp(octets: &Bytes) -> Input {
    Input::from(&view::monp(octets))
}

/// Leaves the typed values only.
fn forget_raw(view: &mut Input) {
    match view {
        Input::List(values) => values.iter_mut().for_each(forget_raw),
        Input::Object(values) => {
            values.retain(|(key, _)| key != "raw");
            values.iter_mut().for_each(|(_, value)| forget_raw(value));
        }
        _ => {}
    }
}

/// Puts another value at the place of this number, counted in the order of the text.
fn alter(view: &mut Input, place: &mut usize, kind: u8) {
    let Some(next) = place.checked_sub(1) else {
        if *place == 0 {
            *view = other_value(kind);
            *place = usize::MAX;
        }
        return;
    };
    *place = next;
    match view {
        Input::List(values) => values.iter_mut().for_each(|value| alter(value, place, kind)),
        Input::Object(values) => values.iter_mut().for_each(|(_, value)| alter(value, place, kind)),
        _ => {}
    }
}

fn other_value(kind: u8) -> Input {
    match kind {
        0 => Input::Null,
        1 => Input::Bool(true),
        2 => Input::Integer(i128::MAX),
        3 => Input::Integer(-1),
        4 => Input::Fraction(f64::NAN),
        5 => Input::Text(String::new()),
        6 => Input::Text("80\r\n: ä".to_owned()),
        7 => Input::List(vec![Input::Null]),
        8 => Input::Object(vec![("id".to_owned(), Input::Integer(192))]),
        9 => Input::Text("sip:".repeat(80)),
        number => Input::Integer(number.into()),
    }
}
