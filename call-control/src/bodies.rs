//! The bodies of the messages: what is read out of them and how they are put together.

use bytes::Bytes;
use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{HeaderName, Headers, Limits, Part, multipart};
use mcptt_codec::xml::affiliation::PresenceDocument;
use mcptt_codec::xml::mbms_usage_info::MbmsUsageInfo;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, SessionType};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::poc_settings::PocSettings;
use mcptt_codec::xml::regroup::Regroup;

use crate::policy::Refusal;

/// The types that this crate reads, for Accept.
pub(crate) const ACCEPTED: [&str; 5] =
    [mime::SDP, mime::MCPTT_INFO, mime::PIDF, mime::POC_SETTINGS, mime::MULTIPART_MIXED];

/// Types that may come along without being read here: they are for others or for later procedures.
const PASSED_ON: [&str; 10] = [
    mime::LOCATION_INFO,
    mime::RESOURCE_LISTS,
    mime::MIKEY,
    mime::SIP,
    mime::AFFILIATION_COMMAND,
    mime::SIMPLE_FILTER,
    mime::CONFERENCE_INFO,
    mime::FLOOR_REQUEST,
    mime::MBMS_USAGE_INFO,
    mime::REGROUP,
];

/// The kinds of group call that `<session-type>` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Prearranged,
    Chat,
    Adhoc,
}

/// The parts of one message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bodies {
    /// Every part, for passing it on.
    pub parts: Vec<Part>,
    /// `mcptt-info`. A part that is there but can not be read fails the message.
    pub info: Option<McpttInfo>,
}

impl Bodies {
    /// Takes the body of a message apart.
    ///
    /// # Errors
    /// [`Refusal::BodyUnreadable`] for a multipart or an mcptt-info that can not be read, and
    /// [`Refusal::BodyUnsupported`] for a part that must be understood and is not.
    pub fn read(headers: &Headers, body: &Bytes) -> Result<Self, Refusal> {
        //= 24.379-6.5:400
        let parts =
            multipart::body_parts(headers, body, &Limits::DEFAULT).map_err(|_| Refusal::BodyUnreadable)?;
        let info = match parts.iter().find(|part| part.is(mime::MCPTT_INFO)) {
            Some(part) => Some(McpttInfo::parse(&part.body).map_err(|_| Refusal::BodyUnreadable)?),
            None => None,
        };
        //= 24.379-6.5:415
        let explicit =
            |part: &Part| part.headers.contains(&HeaderName::ContentDisposition) || parts.len() == 1;
        let known = |part: &Part| ACCEPTED.iter().chain(&PASSED_ON).any(|mime| part.is(mime));
        if parts.iter().any(|part| explicit(part) && part.is_required() && !known(part)) {
            return Err(Refusal::BodyUnsupported);
        }
        Ok(Self { parts, info })
    }

    /// The session description. `Ok(None)`: there is none.
    ///
    /// # Errors
    /// [`Refusal::BodyUnreadable`] when there is one that can not be read.
    pub fn description(&self) -> Result<Option<SessionDescription>, Refusal> {
        let Some(part) = self.part(mime::SDP) else { return Ok(None) };
        SessionDescription::decode(&part.body).map(Some).map_err(|_| Refusal::BodyUnreadable)
    }

    /// The presence document with the wanted affiliations.
    ///
    /// # Errors
    /// [`Refusal::BodyUnreadable`] when it can not be read.
    pub fn presence(&self) -> Result<Option<PresenceDocument>, Refusal> {
        let Some(part) = self.part(mime::PIDF) else { return Ok(None) };
        PresenceDocument::parse(&part.body).map(Some).map_err(|_| Refusal::BodyUnreadable)
    }

    /// The settings of the client.
    ///
    /// # Errors
    /// [`Refusal::BodyUnreadable`] when they can not be read.
    pub fn settings(&self) -> Result<Option<PocSettings>, Refusal> {
        let Some(part) = self.part(mime::POC_SETTINGS) else { return Ok(None) };
        PocSettings::parse(&part.body).map(Some).map_err(|_| Refusal::BodyUnreadable)
    }

    /// What is asked about a regroup.
    ///
    /// # Errors
    /// [`Refusal::BodyUnreadable`] when it can not be read.
    pub fn regroup(&self) -> Result<Option<Regroup>, Refusal> {
        let Some(part) = self.part(mime::REGROUP) else { return Ok(None) };
        Regroup::parse(&part.body).map(Some).map_err(|_| Refusal::BodyUnreadable)
    }

    /// What is said about MBMS bearers.
    ///
    /// # Errors
    /// [`Refusal::BodyUnreadable`] when it can not be read.
    pub fn mbms_usage(&self) -> Result<Option<MbmsUsageInfo>, Refusal> {
        let Some(part) = self.part(mime::MBMS_USAGE_INFO) else { return Ok(None) };
        MbmsUsageInfo::parse(&part.body).map(Some).map_err(|_| Refusal::BodyUnreadable)
    }

    /// The first part of a type.
    pub fn part(&self, mime: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.is(mime))
    }

    /// The parts with the mcptt-info replaced.
    pub fn with_info(&self, info: &McpttInfo) -> Vec<Part> {
        let mut replaced = false;
        let mut parts: Vec<Part> = self
            .parts
            .iter()
            .map(|part| match part.is(mime::MCPTT_INFO) {
                true => {
                    replaced = true;
                    info_part(info)
                }
                false => part.clone(),
            })
            .collect();
        if !replaced {
            parts.push(info_part(info));
        }
        parts
    }
}

/// What the procedures ask an mcptt-info for. A value that is encrypted counts as an error of its own, not as absent.
pub(crate) trait InfoValues {
    /// The kind of group call. `Ok(None)`: another kind of session.
    fn kind(&self) -> Option<Kind>;
    /// The target of the request.
    fn target(&self) -> Result<Option<&str>, Refusal>;
    /// The client instance.
    fn client(&self) -> Result<Option<ClientId>, Refusal>;
    /// The calling user, as a function has set it.
    fn caller(&self) -> Result<Option<McpttId>, Refusal>;
    /// The group on whose behalf the request is made.
    fn calling_group(&self) -> Option<GroupId>;
}

impl InfoValues for McpttInfo {
    fn kind(&self) -> Option<Kind> {
        match self.session_type {
            Some(SessionType::Prearranged) => Some(Kind::Prearranged),
            Some(SessionType::Chat) => Some(Kind::Chat),
            Some(SessionType::Adhoc) => Some(Kind::Adhoc),
            _ => None,
        }
    }

    fn target(&self) -> Result<Option<&str>, Refusal> {
        Ok(clear(self.request_uri.as_ref())?.map(|uri| uri.as_str()))
    }

    fn client(&self) -> Result<Option<ClientId>, Refusal> {
        Ok(clear(self.client_id.as_ref())?.cloned())
    }

    fn caller(&self) -> Result<Option<McpttId>, Refusal> {
        Ok(clear(self.calling_user_id.as_ref())?.cloned())
    }

    fn calling_group(&self) -> Option<GroupId> {
        self.calling_group_id.as_ref().and_then(Content::value).cloned()
    }
}

/// The value of an element that is there, unless it is encrypted.
pub(crate) fn clear<T>(content: Option<&Content<T>>) -> Result<Option<&T>, Refusal> {
    match content {
        None => Ok(None),
        Some(Content::Normal(value)) => Ok(Some(value)),
        //= 24.379-6.6.2:fail
        Some(Content::Encrypted(_)) => Err(Refusal::XmlNotDecrypted),
    }
}

/// An mcptt-info as a body part.
pub(crate) fn info_part(info: &McpttInfo) -> Part {
    Part::new(mime::MCPTT_INFO, info.to_xml())
}

/// A session description as a body part.
pub(crate) fn description_part(description: &SessionDescription) -> Part {
    Part::new(mime::SDP, description.encode())
}

/// Service settings as a body part.
pub(crate) fn settings_part(settings: &PocSettings) -> Part {
    Part::new(mime::POC_SETTINGS, settings.to_xml())
}

/// A regroup as a body part.
pub(crate) fn regroup_part(regroup: &Regroup) -> Part {
    Part::new(mime::REGROUP, regroup.to_xml())
}

/// A presence document as a body part.
pub(crate) fn presence_part(document: &PresenceDocument) -> Part {
    Part::new(mime::PIDF, document.to_xml())
}
