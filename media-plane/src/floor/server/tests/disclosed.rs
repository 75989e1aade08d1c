//! Functional alias and location of the talker (6.3.4.4.2 item 3).

use mcptt_codec::floor::{Coordinates, FloorMessage, FloorRequest, Location};
use mcptt_codec::id::LegRef;

use crate::floor::FloorSignalling;

use super::rig::{Rig, Setup, secs, send_all};

fn here() -> Location {
    Location::Geographic(Coordinates::from_degrees(48.2, 16.4).unwrap())
}

/// Participant 2 may talk as engine 1.
fn setup() -> Setup {
    Setup::with_participants(3)
        .parameters(2, |parameters| parameters.functional_aliases = vec!["sip:engine-1@example.org".into()])
        .policy(|policy| policy.share_location = true)
}

fn request(request: &mut FloorRequest) {
    request.functional_alias = Some("sip:engine-1@example.org".into());
    request.location = Some(here());
}

/// What Floor Taken says about participant 2 besides its SSRC: who, under which alias, and where it is.
fn announced(rig: &mut Rig) -> (bool, Option<String>, Option<Location>) {
    let taken = rig.drain().into_iter().find_map(|output| match output {
        crate::floor::FloorOutput::SendAll { message: FloorMessage::Taken(taken), .. } => Some(taken),
        _ => None,
    });
    let taken = taken.unwrap();
    let alias = taken.functional_alias.map(|alias| alias.as_str().to_owned());
    (taken.granted_party.is_some(), alias, taken.location)
}

//= 24.380-6.3.4.4.2:3aiii test
#[test]
fn the_others_see_alias_and_location_of_the_talker() {
    let mut rig = setup().idle();
    rig.request_with(2, request);
    let mut taken = rig.taken_message(2, 1);
    taken.functional_alias = Some("sip:engine-1@example.org".into());
    taken.location = Some(here());
    assert_eq!(rig.drain(), [rig.granted(2, 30), send_all(&[1, 3], FloorMessage::Taken(taken))]);
}

//= 24.380-6.3.4.4.2:3ai test
//= 24.380-6.3.4.4.2:3aiii test
#[test]
fn privacy_hides_all_of_it() {
    let mut rig = setup().parameters(2, |parameters| parameters.privacy = true).idle();
    rig.request_with(2, request);
    assert_eq!(announced(&mut rig), (false, None, None));
}

//= 24.380-6.3.4.4.2:3aiii test
#[test]
fn what_may_not_be_shown_and_what_is_not_known_is_left_out() {
    let alias = Some("sip:engine-1@example.org".to_owned());
    let mut rig = setup().policy(|policy| policy.share_location = false).idle();
    rig.request_with(2, request);
    assert_eq!(announced(&mut rig), (true, alias.clone(), None));

    let mut rig = setup().idle();
    rig.request_with(2, |own| {
        request(own);
        own.location = Some(Location::NotProvided);
    });
    assert_eq!(announced(&mut rig), (true, alias, None));

    // An alias of somebody else is not shown.
    let mut rig = setup().idle();
    rig.request_with(2, |own| {
        request(own);
        own.functional_alias = Some("sip:chief@example.org".into());
    });
    assert_eq!(announced(&mut rig), (true, None, Some(here())));
}

//= 24.380-6.3.4.4.2:3ai test
//= 24.380-6.3.4.4.2:3aiii test
#[test]
fn a_place_that_is_known_otherwise_is_shown_under_the_same_rules() {
    let elsewhere = Location::MbmsServiceArea(7);
    let located = FloorSignalling::Located { leg: LegRef(2), location: Some(elsewhere.clone()) };
    let mut rig = setup().idle();
    rig.signal(located.clone());
    rig.request(2);
    assert_eq!(announced(&mut rig).2, Some(elsewhere));
    // What the client says itself counts more.
    let mut rig = setup().idle();
    rig.signal(located.clone());
    rig.request_with(2, request);
    assert_eq!(announced(&mut rig).2, Some(here()));
    // Nothing is shown of whoever wants privacy, nor where nobody may be shown.
    for setup in [
        setup().parameters(2, |parameters| parameters.privacy = true),
        setup().policy(|policy| policy.share_location = false),
    ] {
        let mut rig = setup.idle();
        rig.signal(located.clone());
        rig.request(2);
        assert_eq!(announced(&mut rig).2, None);
    }
    // Nobody knows any more where the user is.
    let mut rig = setup().idle();
    rig.signal(located);
    rig.signal(FloorSignalling::Located { leg: LegRef(2), location: None });
    rig.request(2);
    assert_eq!(announced(&mut rig).2, None);
}

#[test]
fn a_request_that_waited_is_announced_with_what_it_said_last() {
    let mut rig = setup().queueing(&[2]).taken();
    rig.request(2);
    rig.request_with(2, request);
    rig.forget();
    rig.release(1);
    assert_eq!(announced(&mut rig), (true, Some("sip:engine-1@example.org".to_owned()), Some(here())));
    // Whoever comes later sees the same.
    rig.advance(secs(1));
    rig.forget();
    rig.release(3);
    let again = rig.drain().into_iter().find_map(|output| match output {
        crate::floor::FloorOutput::Send { message: FloorMessage::Taken(taken), .. } => Some(taken.location),
        _ => None,
    });
    assert_eq!(again, Some(Some(here())));
}

#[test]
fn the_lists_of_several_talkers_have_a_place_for_each() {
    let mut rig = setup().several(2).taken();
    rig.request_with(2, request);
    let taken = rig.drain().into_iter().find_map(|output| match output {
        crate::floor::FloorOutput::SendAll { message: FloorMessage::Taken(taken), .. } => Some(taken),
        _ => None,
    });
    let taken = taken.unwrap();
    assert_eq!(taken.functional_aliases, ["".into(), "sip:engine-1@example.org".into()]);
    assert_eq!(taken.locations, [Location::NotProvided, here()]);
    assert_eq!((taken.functional_alias, taken.location), (None, None));
}
