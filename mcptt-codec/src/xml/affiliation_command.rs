//! `application/vnd.3gpp.mcptt-affiliation-command+xml` (TS 24.379 F.4): one user asks that another one be
//! affiliated. Only for negotiated mode (9.2.1.4, 9.2.1.5); it is not a body of a publication.

use super::reader::{Cursor, Document};
use super::{Element, Extra, Namespace, XmlError, XmlErrorKind, writer};
use crate::id::GroupId;

/// The namespace that is written. Sources for it are weak, so that any namespace is read.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:affiliationCommand:1.0", prefix: "" };

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AffiliationCommand {
    /// Groups to affiliate to.
    pub affiliate: Vec<GroupId>,
    /// Groups to leave.
    pub de_affiliate: Vec<GroupId>,
    /// What is not known in the list to affiliate to.
    pub affiliate_extra: Extra,
    /// What is not known in the list to leave.
    pub de_affiliate_extra: Extra,
    /// What is not known.
    pub extra: Extra,
}

impl AffiliationCommand {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, or a list twice.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter_any("command-list")?;
        let (mut affiliate, mut de_affiliate) = (None, None);
        let mut extra = root.extra(&[]);
        for child in root.element_content()? {
            match local(&child) {
                "affiliate" => child.once(&mut affiliate, read(&child)?)?,
                "de-affiliate" => child.once(&mut de_affiliate, read(&child)?)?,
                _ => child.keep(&mut extra),
            }
        }
        let (affiliate, affiliate_extra) = affiliate.unwrap_or_default();
        let (de_affiliate, de_affiliate_extra) = de_affiliate.unwrap_or_default();
        Ok(Self { affiliate, de_affiliate, affiliate_extra, de_affiliate_extra, extra })
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let root = NAMESPACE
            .element("command-list")
            .children(write("affiliate", &self.affiliate, &self.affiliate_extra))
            .children(write("de-affiliate", &self.de_affiliate, &self.de_affiliate_extra))
            .extra(&self.extra);
        writer::write(&root, &[NAMESPACE])
    }
}

/// The local name of an element of this document, whatever namespace the document uses.
fn local<'a>(at: &Cursor<'a>) -> &'a str {
    match at.local_as_parent() {
        "" => at.local_in(NAMESPACE),
        local => local,
    }
}

fn read(at: &Cursor<'_>) -> Result<(Vec<GroupId>, Extra), XmlError> {
    let (mut groups, mut extra) = (Vec::new(), at.extra(&[]));
    for child in at.element_content()? {
        match local(&child) {
            "group" if child.text().is_empty() => return Err(child.error(XmlErrorKind::Value("a URI"))),
            "group" => groups.push(GroupId(child.leaf_at(groups.len(), &mut extra))),
            _ => child.keep(&mut extra),
        }
    }
    Ok((groups, extra))
}

fn write(name: &'static str, groups: &[GroupId], extra: &Extra) -> Option<Element> {
    let elements = groups.iter().map(|group| NAMESPACE.element("group").text(group.0.clone()));
    let empty = groups.is_empty() && extra.is_empty();
    (!empty).then(|| NAMESPACE.element(name).children(elements).extra(extra))
}
