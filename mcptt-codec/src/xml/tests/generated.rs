//! Every body that can be built survives writing, and no damage to one does harm.

use proptest::prelude::*;

use super::super::affiliation::*;
use super::super::affiliation_command::AffiliationCommand;
use super::super::conference_info::ConferenceInfo;
use super::super::mbms_usage_info::{HexBinary, MbmsUsageInfo};
use super::super::poc_settings::{AnswerMode, Entity, PocSettings};
use super::super::record::generate::{Generate, Source};
use super::super::resource_lists::*;
use super::super::simple_filter::FilterSet;
use super::super::{Element, Extra};
use super::generate::survives;
use crate::fuzzing::xml::xml_body;
use crate::id::ClientId;
use crate::text::ByteStr;

/// A type whose values are made field by field.
macro_rules! generate {
    ($($name:ident { $($field:ident),+ })+) => {
        $(impl Generate for $name {
            fn generate(source: &mut Source) -> Self {
                Self { $($field: Generate::generate(source)),+ }
            }
        })+
    };
}

/// An enumeration with other values.
macro_rules! words {
    ($($name:ident { $($word:ident),+ })+) => {
        $(impl Generate for $name {
            fn generate(source: &mut Source) -> Self {
                source.pick(&[$(Self::$word,)+ Self::Other("later".into())])
            }
        })+
    };
}

generate! {
    PresenceDocument { entity, tuples, p_id, p_id_fa, extra }
    Tuple { id, affiliations, functional_aliases, status_extra, extra }
    Affiliation { group, client, status, expires, user_input, extra }
    FunctionalAliasState { functional_alias, status, expires, extra }
    AffiliationCommand { affiliate, de_affiliate, affiliate_extra, de_affiliate_extra, extra }
    PocSettings { entities, extra }
    Entity { id, answer_mode, user_profile_index, answer_extra, profile_extra, extra }
    ResourceLists { lists, extra }
    Entry { uri, copy_control, anonymize, display_name, extra }
    Reference { target, display_name, extra }
}

words! {
    AffiliationStatus { Affiliating, Affiliated, Deaffiliating }
    UserInput { Active, Idle }
    FunctionalAliasStatus { Activating, Activated, Deactivating, Deactivated }
    AnswerMode { Automatic, Manual }
    CopyControl { To, Cc, Bcc }
}

impl Generate for ClientId {
    fn generate(source: &mut Source) -> Self {
        Self(ByteStr::generate(source))
    }
}

impl Generate for HexBinary {
    fn generate(source: &mut Source) -> Self {
        let octets = usize::from(source.octet() % 6) + 1;
        Self((0..octets).map(|_| source.octet()).collect())
    }
}

impl Generate for List {
    fn generate(source: &mut Source) -> Self {
        let mut extra = Extra::generate(source);
        // Unknown children of a list keep their place among its items.
        let unknown = std::mem::take(&mut extra.children).into_iter().map(ListItem::Other);
        let (name, display_name, items) =
            (Generate::generate(source), Generate::generate(source), Vec::<ListItem>::generate(source));
        Self { name, display_name, items: unknown.chain(items).collect(), extra }
    }
}

impl Generate for ListItem {
    fn generate(source: &mut Source) -> Self {
        match source.octet() % 8 {
            0..=3 => Self::Entry(Generate::generate(source)),
            // A list in a list holds entries only, so that the depth stays small.
            4 => {
                let entries = Vec::<Entry>::generate(source).into_iter().map(Self::Entry);
                Self::List(List { items: entries.collect(), ..List::default() })
            }
            5 => Self::EntryRef(Generate::generate(source)),
            6 => Self::External(Generate::generate(source)),
            _ => Self::Other(Element::generate(source)),
        }
    }
}

macro_rules! survive {
    ($($test:ident: $body:ty,)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(256))]
            $(
                #[test]
                fn $test(octets in proptest::collection::vec(any::<u8>(), 0..400), damage: (prop::sample::Index, u8)) {
                    let body = <$body>::generate(&mut Source::new(octets));
                    survives(&body, <$body>::to_xml, <$body>::parse, damage, xml_body)?;
                }
            )+
        }
    };
}

survive! {
    presence: PresenceDocument,
    affiliation_command: AffiliationCommand,
    poc_settings: PocSettings,
    resource_lists: ResourceLists,
    conference_info: ConferenceInfo,
    mbms_usage_info: MbmsUsageInfo,
    simple_filter: FilterSet,
}
