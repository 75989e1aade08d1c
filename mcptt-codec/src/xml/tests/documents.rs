//! The laws of the documents: whatever a document says survives writing, and damage is survived.

use std::fmt::Debug;

use proptest::prelude::*;

use crate::xml::XmlError;
use crate::xml::group_document::GroupDocument;
use crate::xml::record::generate::{Generate, Source};
use crate::xml::service_configuration::ServiceConfiguration;
use crate::xml::ue_configuration::UeConfiguration;
use crate::xml::ue_initial_configuration::UeInitialConfiguration;
use crate::xml::user_profile::UserProfile;

/// What happens to the text of a document.
#[derive(Clone, Copy, Debug)]
struct Damage {
    at: prop::sample::Index,
    octet: u8,
    cut: prop::sample::Index,
}

fn damage() -> impl Strategy<Value = Damage> {
    (any::<prop::sample::Index>(), any::<u8>(), any::<prop::sample::Index>())
        .prop_map(|(at, octet, cut)| Damage { at, octet, cut })
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..600)
}

fn laws<T: Generate + PartialEq + Debug>(
    octets: Vec<u8>,
    damage: Damage,
    parse: impl Fn(&[u8]) -> Result<T, XmlError>,
    write: impl Fn(&T) -> String,
) {
    let document = T::generate(&mut Source::new(octets));
    let text = write(&document);
    let again = parse(text.as_bytes());
    // Without the value: it is long, and the text says the same.
    assert!(again.as_ref() == Ok(&document), "{:?}: {text}", again.err());
    assert_eq!(again.map(|again| write(&again)), Ok(text.clone()));

    let mut damaged = text.into_bytes();
    let at = damage.at.index(damaged.len());
    damaged[at] = damage.octet;
    let survives = |octets: &[u8]| {
        if let Ok(document) = parse(octets) {
            let written = write(&document);
            assert!(parse(written.as_bytes()) == Ok(document), "{written}");
        }
    };
    survives(&damaged);
    damaged.truncate(damage.cut.index(damaged.len()));
    survives(&damaged);
}

macro_rules! laws_of {
    ($($test:ident: $document:ty,)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(256))]
            $(
                #[test]
                fn $test(octets in octets(), damage in damage()) {
                    laws(octets, damage, <$document>::parse, <$document>::to_xml);
                }
            )*
        }
    };
}

laws_of! {
    group_documents_survive: GroupDocument,
    user_profiles_survive: UserProfile,
    service_configurations_survive: ServiceConfiguration,
    ue_configurations_survive: UeConfiguration,
    ue_initial_configurations_survive: UeInitialConfiguration,
}
