//! The laws of the documents: whatever a document says survives writing, and damage is survived.

use std::fmt::Debug;

use proptest::prelude::*;

use crate::xml::floor_request::FloorRequest;
use crate::xml::gktp::{Gktp, Gktps};
use crate::xml::group_document::GroupDocument;
use crate::xml::record::generate::{Generate, Source};
use crate::xml::reg_info::{self, RegInfo, Registration};
use crate::xml::regroup::{Regroup, RegroupAction};
use crate::xml::service_configuration::ServiceConfiguration;
use crate::xml::signed::{self, Signatures};
use crate::xml::ue_configuration::UeConfiguration;
use crate::xml::ue_initial_configuration::UeInitialConfiguration;
use crate::xml::user_profile::UserProfile;
use crate::xml::xcap_diff::*;
use crate::xml::{Extra, Node, XmlError, writer};

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
    changes_survive: XcapDiff,
    registrations_survive: RegInfo,
    regroups_survive: Regroup,
    key_transports_survive: Gktps,
    signatures_survive: Signatures,
    floor_requests_survive: FloorRequest,
}

impl Generate for Regroup {
    fn generate(source: &mut Source) -> Self {
        let (groups, users) = (Generate::generate(source), Generate::generate(source));
        let preconfigured_group = Generate::generate(source);
        // Without the element there is nothing in it.
        let mut extra = |there: bool| if there { Generate::generate(source) } else { Extra::default() };
        Self {
            preconfigured_extra: extra(Option::is_some(&preconfigured_group)),
            groups_extra: extra(Option::is_some(&groups)),
            users_extra: extra(Option::is_some(&users)),
            preconfigured_group,
            regroup_uri: Generate::generate(source),
            groups,
            users,
            action: RegroupAction::generate(source),
            params_extra: Generate::generate(source),
            extra: Generate::generate(source),
        }
    }
}

impl Generate for Gktp {
    fn generate(source: &mut Source) -> Self {
        Self {
            id: Generate::generate(source),
            activation_time: Generate::generate(source),
            message: (0..source.octet() % 8).map(|_| source.octet()).collect(),
            extra: Generate::generate(source),
        }
    }
}

impl Generate for Signatures {
    fn generate(source: &mut Source) -> Self {
        let ds = |name| signed::XML_SIGNATURE.element(name);
        let signatures: Vec<_> = (0..source.octet() % 3)
            .map(|_| {
                let references = (0..=source.octet() % 3).map(|_| {
                    let value: Option<crate::text::ByteStr> = Generate::generate(source);
                    ds("Reference")
                        .with_some("URI", value.clone())
                        .children(value.map(|value| ds("DigestValue").text(value)))
                });
                let info = ds("SignedInfo").children(references.collect::<Vec<_>>());
                let key_name: Option<crate::text::ByteStr> = Generate::generate(source);
                let key = key_name.map(|name| ds("KeyInfo").child(ds("KeyName").text(name)));
                ds("Signature").child(info).child(ds("SignatureValue").text("AA==")).children(key)
            })
            .collect();
        let extra = Extra::generate(source);
        let root = signed::NAMESPACE.element("signatures").children(signatures).extra(&extra);
        Self::parse(writer::write(&root, &[]).as_bytes()).unwrap()
    }
}

impl Generate for RegInfo {
    fn generate(source: &mut Source) -> Self {
        Self {
            version: u32::generate(source),
            full: bool::generate(source),
            registrations: Generate::generate(source),
            extra: Generate::generate(source),
        }
    }
}

impl Generate for Registration {
    fn generate(source: &mut Source) -> Self {
        Self {
            aor: Generate::generate(source),
            id: Generate::generate(source),
            state: Generate::generate(source),
            contacts: Generate::generate(source),
            extra: Generate::generate(source),
        }
    }
}

impl Generate for reg_info::Contact {
    fn generate(source: &mut Source) -> Self {
        Self {
            id: Generate::generate(source),
            state: Generate::generate(source),
            event: Generate::generate(source),
            expires: Generate::generate(source),
            q: Generate::generate(source),
            uri: Generate::generate(source),
            pub_gruu: Generate::generate(source),
            extra: Generate::generate(source),
        }
    }
}

impl Generate for XcapDiff {
    fn generate(source: &mut Source) -> Self {
        let (xcap_root, items) = (Generate::generate(source), Generate::generate(source));
        Self { xcap_root, items, attributes: Extra::generate(source).attributes }
    }
}

impl Generate for XcapDiffItem {
    fn generate(source: &mut Source) -> Self {
        match source.octet() % 4 {
            0 => Self::Document(Generate::generate(source)),
            1 => {
                let (sel, exists) = (Generate::generate(source), Generate::generate(source));
                let attributes = Extra::generate(source).attributes;
                Self::Element(ChangedElement { sel, exists, content: content(source), attributes })
            }
            2 => Self::Attribute(ChangedAttribute {
                sel: Generate::generate(source),
                exists: Generate::generate(source),
                value: Generate::generate(source),
                extra: Generate::generate(source),
            }),
            _ => Self::Other(Generate::generate(source)),
        }
    }
}

impl Generate for ChangedDocument {
    fn generate(source: &mut Source) -> Self {
        Self {
            sel: Generate::generate(source),
            new_etag: Generate::generate(source),
            previous_etag: Generate::generate(source),
            body_not_changed: Generate::generate(source),
            operations: Generate::generate(source),
            extra: Generate::generate(source),
        }
    }
}

impl Generate for Operation {
    fn generate(source: &mut Source) -> Self {
        Self {
            kind: source.pick(&[OperationKind::Add, OperationKind::Replace, OperationKind::Remove]),
            sel: Generate::generate(source),
            pos: Generate::generate(source),
            node_type: Generate::generate(source),
            ws: Generate::generate(source),
            content: content(source),
            attributes: Extra::generate(source).attributes,
        }
    }
}

/// Elements, between them text with its white space.
fn content(source: &mut Source) -> Vec<Node> {
    let mut content = Vec::new();
    for _ in 0..source.octet() % 3 {
        content.push(Node::Element(Generate::generate(source)));
        content.push(Node::Text(" text\n".into()));
    }
    content
}
