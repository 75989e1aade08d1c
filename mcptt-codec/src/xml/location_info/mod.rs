//! `application/vnd.3gpp.mcptt-location-info+xml` (TS 24.379 F.3): where a client is, and when it has to say
//! so.
//!
//! The printed schema makes `GeographicalAreaChange` mandatory, which is not meant; nothing is mandatory here
//! but the root. A cell, an area or a trigger that cannot be meant does not spoil what is beside it: it is kept
//! as unknown, and [`LocationInfo::examine`] tells where it is.

use super::reader::{Cursor, Document};
use super::{Attribute, Element, Examined, Extra, Namespace, Node, XmlError, writer};
use crate::text::ByteStr;

mod area;
mod configuration;
mod encoding;
mod extension;
mod report;
#[cfg(test)]
mod tests;
mod trigger;

pub use area::{EllipsoidArc, GeographicalArea, MAX_CORNERS, MIN_CORNERS};
pub use configuration::{Configuration, RequestedLocation, Scope};
pub use encoding::LocationValue;
pub use extension::LocationExtensions;
pub use report::{Coordinate, CurrentLocation, Report, ReportType};
pub use trigger::{Trigger, TriggeringCriteria, trigger_name};

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttLocationInfo:1.0", prefix: "" };

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocationInfo {
    /// Its parts in their order.
    pub items: Vec<LocationItem>,
    /// Attributes of the root.
    pub attributes: Vec<Attribute>,
}

/// One part of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocationItem {
    /// When and what to report.
    Configuration(Box<Configuration>),
    /// Asks for a report at once.
    Request(Request),
    /// A report.
    Report(Box<Report>),
    /// Anything else.
    Other(Element),
}

/// `Request`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `RequestId`, which the report repeats as `ReportID`.
    pub request_id: Option<ByteStr>,
    /// `refresh`: how long the request holds, as it stands.
    pub refresh: Option<ByteStr>,
    /// `LocationFilter`: only users of this area are asked.
    pub filter: Option<LocationFilter>,
    /// What is not known.
    pub extra: Extra,
}

/// `LocationFilter` of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocationFilter {
    /// `AreaIdentifier`.
    pub area_identifier: Option<ByteStr>,
    /// `AreaIn`: whether inside or outside of the area counts.
    pub area_in: Option<bool>,
    /// What is not known.
    pub extra: Extra,
}

impl LocationInfo {
    /// A document with one configuration.
    pub fn configuration(configuration: Configuration) -> Self {
        Self { items: vec![LocationItem::Configuration(Box::new(configuration))], attributes: Vec::new() }
    }

    /// A document with one report.
    pub fn report(report: Report) -> Self {
        Self { items: vec![LocationItem::Report(Box::new(report))], attributes: Vec::new() }
    }

    /// The reports in their order.
    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.items.iter().filter_map(|item| match item {
            LocationItem::Report(report) => Some(report.as_ref()),
            _ => None,
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML or another document.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        Self::examine(body).map(|examined| examined.value)
    }

    /// Like [`LocationInfo::parse`], with the values that are not of their type, the triggers that nobody can report
    /// (without identifier, without the value that they need), the elements that occur again, of which the first
    /// counts, and the elements with text between their parts, which is passed over.
    ///
    /// # Errors
    /// As [`LocationInfo::parse`].
    pub fn examine(body: &[u8]) -> Result<Examined<Self>, XmlError> {
        let document = Document::parse(body)?;
        let value = Self::read(&document.enter(NAMESPACE, "location-info")?)?;
        Ok(Examined { value, deviations: document.into_deviations() })
    }

    fn read(root: &Cursor<'_>) -> Result<Self, XmlError> {
        let items = root.elements_beside_text().map(|child| {
            Ok(match child.local_in(NAMESPACE) {
                "Configuration" => LocationItem::Configuration(Box::new(Configuration::read(&child)?)),
                "Request" => LocationItem::Request(Request::read(&child)?),
                "Report" => LocationItem::Report(Box::new(Report::read(&child)?)),
                _ => LocationItem::Other(child.element().clone()),
            })
        });
        Ok(Self { items: items.collect::<Result<_, _>>()?, attributes: root.extra_attributes(&[]) })
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let items = self.items.iter().map(|item| match item {
            LocationItem::Configuration(configuration) => configuration.write(),
            LocationItem::Request(request) => request.write(),
            LocationItem::Report(report) => report.write(),
            LocationItem::Other(element) => element.clone(),
        });
        let mut root = NAMESPACE.element("location-info").children(items);
        root.attributes.extend(self.attributes.iter().cloned());
        writer::write(&root, &[NAMESPACE])
    }
}

impl Request {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut request = Self {
            request_id: at.attribute("RequestId"),
            refresh: at.attribute("refresh"),
            filter: None,
            extra: at.extra(&["RequestId", "refresh"]),
        };
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "anyExt" => read_any_ext(&child, &mut request.extra, |inner| {
                    let ours = inner.local_in(NAMESPACE) == "LocationFilter";
                    Ok(ours && inner.first_of(&mut request.filter, LocationFilter::read)?)
                })?,
                _ => child.keep(&mut request.extra),
            }
        }
        Ok(request)
    }

    fn write(&self) -> Element {
        let element = NAMESPACE
            .element("Request")
            .with_some("RequestId", self.request_id.clone())
            .with_some("refresh", self.refresh.clone());
        with_any_ext(element, self.filter.as_ref().map(LocationFilter::write), &self.extra)
    }
}

impl LocationFilter {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut filter = Self { extra: at.extra(&[]), ..Self::default() };
        for child in at.elements_beside_text() {
            match child.local_in(NAMESPACE) {
                "AreaIdentifier" => {
                    child.first_sound(&mut filter.area_identifier, &mut filter.extra, |at| Ok(at.text()));
                }
                "AreaIn" => child.first_sound(&mut filter.area_in, &mut filter.extra, Cursor::boolean),
                _ => child.keep(&mut filter.extra),
            }
        }
        Ok(filter)
    }

    fn write(&self) -> Element {
        NAMESPACE
            .element("LocationFilter")
            .children(NAMESPACE.some_text("AreaIdentifier", self.area_identifier.clone()))
            .children(NAMESPACE.some_text("AreaIn", self.area_in.map(|inside| inside.to_string())))
            .extra(&self.extra)
    }
}

/// Reads an `anyExt`. What `take` does not take is kept, in an `anyExt` of its own.
fn read_any_ext(
    at: &Cursor<'_>,
    extra: &mut Extra,
    mut take: impl FnMut(&Cursor<'_>) -> Result<bool, XmlError>,
) -> Result<(), XmlError> {
    let mut rest = NAMESPACE.element("anyExt");
    rest.attributes = at.extra_attributes(&[]);
    let mut taken = false;
    for child in at.elements_beside_text() {
        match take(&child)? {
            true => taken = true,
            false => rest = rest.child(child.element().clone()),
        }
    }
    if !taken || !rest.children.is_empty() || !rest.attributes.is_empty() {
        extra.children.push(rest);
    }
    Ok(())
}

/// The element with what was kept, and with the known elements of `anyExt` in front of those that were kept there.
fn with_any_ext(element: Element, known: impl IntoIterator<Item = Element>, extra: &Extra) -> Element {
    let mut known = known.into_iter().peekable();
    if known.peek().is_none() {
        return element.extra(extra);
    }
    let mut extra = extra.clone();
    match extra.children.iter_mut().find(|child| child.name.is(NAMESPACE.uri, "anyExt")) {
        Some(any_ext) => {
            let kept = std::mem::take(&mut any_ext.children);
            any_ext.children = known.map(Node::Element).chain(kept).collect();
        }
        None => extra.children.push(NAMESPACE.element("anyExt").children(known)),
    }
    element.extra(&extra)
}
