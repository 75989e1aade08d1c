//! `application/poc-settings+xml` (RFC 4354, TS 24.379 7.2.2): how a client wants to be called, and which
//! user profile it uses. Settings that only push-to-talk over cellular knows are kept and mean nothing here.

use super::open_enum::open_enum;
use super::reader::{Cursor, Document};
use super::{Element, Extra, Namespace, XmlError, writer};
use crate::id::ClientId;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:oma:params:xml:ns:poc:poc-settings", prefix: "" };
/// The namespace of the user profile index.
pub const MCS: Namespace = Namespace { uri: "urn:3gpp:mcsSettings:1.0", prefix: "mcs10Set" };

/// The document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PocSettings {
    /// One entity for each client.
    pub entities: Vec<Entity>,
    /// What is not known.
    pub extra: Extra,
}

/// The settings of one client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entity {
    /// MCPTT client ID.
    pub id: ClientId,
    /// How calls are answered.
    pub answer_mode: Option<AnswerMode>,
    /// The user profile that was selected; without it the pre-selected one is used.
    pub user_profile_index: Option<u8>,
    /// Attributes and further children of `am-settings`.
    pub answer_extra: Extra,
    /// Attributes and further children of `selected-user-profile-index`.
    pub profile_extra: Extra,
    /// What is not known.
    pub extra: Extra,
}

open_enum!(
    /// `answer-mode`.
    AnswerMode {
        /// `automatic`.
        Automatic = "automatic",
        /// `manual`.
        Manual = "manual",
    }
);

impl PocSettings {
    /// The settings of one client.
    pub fn of(id: ClientId, answer_mode: AnswerMode, user_profile_index: Option<u8>) -> Self {
        let entity = Entity { id, answer_mode: Some(answer_mode), user_profile_index, ..Entity::default() };
        Self { entities: vec![entity], extra: Extra::default() }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an entity without `id`, an element twice, an index beyond
    /// 255.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(body)?;
        let root = document.enter(NAMESPACE, "poc-settings")?;
        let mut settings = Self { entities: Vec::new(), extra: root.extra(&[]) };
        for child in root.element_content()? {
            match child.local_in(NAMESPACE) {
                "entity" => settings.entities.push(Entity::read(&child)?),
                _ => child.keep(&mut settings.extra),
            }
        }
        Ok(settings)
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        let entities = self.entities.iter().map(Entity::write);
        let root = NAMESPACE.element("poc-settings").children(entities).extra(&self.extra);
        writer::write(&root, &[NAMESPACE, MCS])
    }
}

impl Entity {
    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let id = ClientId(at.required_attribute("id")?);
        let mut entity = Self { id, extra: at.extra(&["id"]), ..Self::default() };
        let (mut answer, mut profile) = (None, None);
        for child in at.element_content()? {
            match (child.local_in(NAMESPACE), child.local_in(MCS)) {
                ("am-settings", _) => {
                    child.once(&mut answer, ())?;
                    entity.read_answer(&child)?;
                }
                (_, "selected-user-profile-index") => {
                    child.once(&mut profile, ())?;
                    entity.read_profile(&child)?;
                }
                _ => child.keep(&mut entity.extra),
            }
        }
        Ok(entity)
    }

    fn read_answer(&mut self, at: &Cursor<'_>) -> Result<(), XmlError> {
        self.answer_extra = at.extra(&[]);
        for child in at.element_content()? {
            match child.local_in(NAMESPACE) {
                "answer-mode" => child
                    .once(&mut self.answer_mode, AnswerMode::read(&child.leaf(&mut self.answer_extra)))?,
                _ => child.keep(&mut self.answer_extra),
            }
        }
        Ok(())
    }

    fn read_profile(&mut self, at: &Cursor<'_>) -> Result<(), XmlError> {
        self.profile_extra = at.extra(&[]);
        for child in at.element_content()? {
            match child.local_in(MCS) {
                "user-profile-index" => {
                    let index = child.small_number("a user profile index")?;
                    child.once(&mut self.user_profile_index, index)?;
                    child.leaf(&mut self.profile_extra);
                }
                _ => child.keep(&mut self.profile_extra),
            }
        }
        Ok(())
    }

    fn write(&self) -> Element {
        let answer_mode = self.answer_mode.as_ref().map(AnswerMode::as_str);
        let answer_mode = answer_mode.map(|mode| NAMESPACE.element("answer-mode").text(mode));
        let index = self.user_profile_index;
        let index = index.map(|index| MCS.element("user-profile-index").text(index.to_string()));
        NAMESPACE
            .element("entity")
            .with("id", self.id.0.clone())
            .children(holder(NAMESPACE.element("am-settings"), answer_mode, &self.answer_extra))
            .children(holder(MCS.element("selected-user-profile-index"), index, &self.profile_extra))
            .extra(&self.extra)
    }
}

/// The element around a setting, when there is something to put into it.
fn holder(element: Element, setting: Option<Element>, extra: &Extra) -> Option<Element> {
    let empty = setting.is_none() && extra.is_empty();
    (!empty).then(|| element.children(setting).extra(extra))
}
