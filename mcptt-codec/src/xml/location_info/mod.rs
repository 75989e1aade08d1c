//! `application/vnd.3gpp.mcptt-location-info+xml` (TS 24.379 F.3): where a client is, and when it has to say
//! so.
//!
//! The printed schema makes `GeographicalAreaChange` mandatory, which is not meant; nothing is mandatory here
//! but the root.

use super::reader::{Cursor, Document};
use super::{Attribute, Element, Extra, Namespace, XmlError, XmlErrorKind, writer};
use crate::text::ByteStr;

mod configuration;
mod report;

pub use configuration::{Configuration, RequestedLocation, Trigger, TriggeringCriteria};
pub use report::{Coordinate, CurrentLocation, Report, ReportType};

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
    /// What is not known.
    pub extra: Extra,
}

/// A value of a location element: in the clear or encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationValue {
    /// Text, for instance a cell identity.
    Normal(ByteStr),
    /// `type="Encrypted"`: kept as it came.
    Encrypted(Element),
}

impl LocationInfo {
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
    /// [`XmlError`]: not XML, another document, an element twice that may occur once, or a value that is not
    /// of its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "location-info")?;
        let items = root.element_content()?.map(|child| {
            Ok(match child.local_in(NAMESPACE) {
                "Configuration" => LocationItem::Configuration(Box::new(Configuration::read(&child)?)),
                "Request" => LocationItem::Request(Request::read(&child)),
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
    fn read(at: &Cursor<'_>) -> Self {
        let mut extra = at.extra(&["RequestId"]);
        extra.children = at.elements().map(|child| child.element().clone()).collect();
        Self { request_id: at.attribute("RequestId"), extra }
    }

    fn write(&self) -> Element {
        NAMESPACE.element("Request").with_some("RequestId", self.request_id.clone()).extra(&self.extra)
    }
}

impl LocationValue {
    /// The value when it is in the clear.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Normal(value) => Some(value),
            Self::Encrypted(_) => None,
        }
    }

    /// Reads `<name type=".."><Kind>value</Kind></name>`, or the value directly in the element.
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        if at.attribute("type").as_deref() == Some("Encrypted") {
            return Ok(Self::Encrypted(at.element().clone()));
        }
        let mut inner = None;
        for child in at.elements().filter(|child| child.element().name.local.as_str() != "anyExt") {
            child.once(&mut inner, child.text())?;
        }
        let value = inner.unwrap_or_else(|| at.text());
        if value.is_empty() {
            return Err(at.error(XmlErrorKind::Missing("the value of a location")));
        }
        Ok(Self::Normal(value))
    }

    fn write(&self, name: &'static str, kind: &'static str) -> Element {
        match self {
            Self::Normal(value) => NAMESPACE
                .element(name)
                .with("type", "Normal")
                .child(NAMESPACE.element(kind).text(value.clone())),
            Self::Encrypted(element) => Element { name: NAMESPACE.name(name), ..element.clone() },
        }
    }
}
