//! Every body that can be said survives writing and damage.

use proptest::prelude::*;

use super::super::*;
use crate::fuzzing::xml::xml_body;
use crate::xml::tests::generate::{extra, foreign, maybe, some, survives, text};

fn value(pattern: &'static str) -> impl Strategy<Value = LocationValue> {
    let encrypted = foreign().prop_map(|data| {
        LocationValue::Encrypted(NAMESPACE.element("longitude").with("type", "Encrypted").child(data))
    });
    prop_oneof![4 => pattern.prop_map(|value| LocationValue::Normal(value.into())), 1 => encrypted]
}

fn named(value: Option<LocationValue>, name: &'static str) -> Option<LocationValue> {
    value.map(|value| match value {
        LocationValue::Encrypted(element) => {
            LocationValue::Encrypted(Element { name: NAMESPACE.name(name), ..element })
        }
        normal => normal,
    })
}

fn extensions() -> impl Strategy<Value = LocationExtensions> {
    (any::<bool>(), maybe(any::<i16>()), some(foreign())).prop_map(|(time, altitude, elements)| {
        let mut extensions = LocationExtensions { elements, attributes: Vec::new() };
        if time {
            extensions.push("locTimestamp", None, "2026-03-01T12:00:00Z");
        }
        if let Some(altitude) = altitude {
            extensions.push("altitude", Some("twobytes"), altitude.to_string());
        }
        extensions
    })
}

fn coordinate() -> impl Strategy<Value = Coordinate> {
    (maybe(value("[0-9]{1,7}")), maybe(value("[0-9]{1,6}")), extensions(), extra()).prop_map(
        |(longitude, latitude, extensions, extra)| Coordinate {
            longitude: named(longitude, "longitude"),
            latitude: named(latitude, "latitude"),
            extensions,
            extra,
        },
    )
}

fn location() -> impl Strategy<Value = CurrentLocation> {
    let cell = || value("[0-9]{6}[01]{28}");
    let values = (maybe(cell()), some(cell()), maybe(value("[0-5][0-9]{1,4}")), maybe(value("[0-9]{1,2}")));
    (values, maybe(coordinate()), extensions(), extra()).prop_map(
        |(values, coordinate, extensions, extra)| {
            let neighbours = values.1.into_iter().filter_map(|ecgi| named(Some(ecgi), "NeighbouringEcgi"));
            CurrentLocation {
                serving_ecgi: named(values.0, "CurrentServingEcgi"),
                neighbouring_ecgi: neighbours.collect(),
                mbms_sa_id: named(values.2, "MbmsSaId"),
                mbsfn_area: named(values.3, "MbsfnArea"),
                coordinate,
                extensions,
                extra,
            }
        },
    )
}

fn report() -> impl Strategy<Value = Report> {
    let kind = maybe(text().prop_map(|text| ReportType::read(&text)));
    let about = (maybe(text()), kind, some(text()), maybe(text()));
    (about, maybe(location()), extensions(), extra()).prop_map(
        |(about, current_location, extensions, extra)| Report {
            report_id: about.0,
            report_type: about.1,
            trigger_ids: about.2,
            reporting_uri: about.3,
            current_location,
            extensions,
            extra,
        },
    )
}

fn trigger() -> impl Strategy<Value = Trigger> {
    let cell = "[0-9]{6}[01]{28}".prop_map(|cell| Trigger {
        name: "CellChange".into(),
        triggers: vec![
            Trigger::new("EnterSpecificCell", "1", Some(&cell)),
            Trigger::new("AnyCellChange", "2", None),
        ],
        ..Trigger::default()
    });
    let period = any::<u32>()
        .prop_map(|seconds| Trigger::new(trigger_name::PERIODIC_REPORT, "p", Some(&seconds.to_string())));
    let arc = (coordinate(), any::<u64>(), any::<u8>(), any::<u8>(), extra()).prop_map(
        |(center, radius, offset_angle, included_angle, extra)| EllipsoidArc {
            center,
            radius,
            offset_angle,
            included_angle,
            extra,
        },
    );
    let polygon = proptest::collection::vec(coordinate(), MIN_CORNERS..6);
    let area = (maybe(polygon), maybe(arc), extra());
    let area = area.prop_map(|(polygon, ellipsoid_arc, extra)| Trigger {
        name: "GeographicalAreaChange".into(),
        triggers: vec![Trigger {
            area: Some(Box::new(GeographicalArea { polygon, ellipsoid_arc, extra })),
            ..Trigger::new("EnterSpecificArea", "a", None)
        }],
        ..Trigger::default()
    });
    prop_oneof![cell, period, area]
}

fn criteria() -> impl Strategy<Value = TriggeringCriteria> {
    (some(trigger()), some(trigger()), extra()).prop_map(|(triggers, extensions, extra)| TriggeringCriteria {
        triggers,
        extensions,
        extra,
    })
}

fn requested() -> impl Strategy<Value = RequestedLocation> {
    let wanted = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (wanted, maybe(1_u64..100_000), extra()).prop_map(|(wanted, minimum_interval_seconds, extra)| {
        RequestedLocation {
            serving_ecgi: wanted.0,
            neighbouring_ecgi: wanted.1,
            mbms_sa_id: wanted.2,
            mbsfn_area: wanted.3,
            geographical_coordinate: wanted.4,
            minimum_interval_seconds,
            extra,
        }
    })
}

fn item() -> impl Strategy<Value = LocationItem> {
    let configuration = (
        maybe(text().prop_map(|text| Scope::read(&text))),
        (maybe(requested()), maybe(requested())),
        (maybe(criteria()), maybe(criteria())),
        extra(),
    );
    let configuration = configuration.prop_map(|(scope, requested, criteria, extra)| Configuration {
        scope,
        non_emergency: requested.0,
        emergency: requested.1,
        triggering_criteria: criteria.0,
        emergency_triggering_criteria: criteria.1,
        extra,
    });
    let filter = (maybe(text()), maybe(any::<bool>()), extra());
    let filter = filter.prop_map(|(area_identifier, area_in, extra)| LocationFilter {
        area_identifier,
        area_in,
        extra,
    });
    let request = (maybe(text()), maybe(text()), maybe(filter), extra());
    let request = request.prop_map(|(request_id, refresh, filter, extra)| Request {
        request_id,
        refresh,
        filter,
        extra,
    });
    prop_oneof![
        configuration.prop_map(|configuration| LocationItem::Configuration(Box::new(configuration))),
        request.prop_map(LocationItem::Request),
        report().prop_map(|report| LocationItem::Report(Box::new(report))),
        foreign().prop_map(LocationItem::Other),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_body_survives(items in some(item()), damage: (prop::sample::Index, u8)) {
        let info = LocationInfo { items, attributes: Vec::new() };
        survives(&info, LocationInfo::to_xml, LocationInfo::parse, damage, xml_body)?;
    }
}
