//! What the messages of ad hoc group calls say (TS 24.379 17, 12.1A), for the functions and the client alike.
//!
//! Their indicators have names of their own. The procedures are those of every group call, so that a body is brought into
//! the common form when it comes in, and into its own when it goes out.

use mcptt_codec::id::McpttId;
use mcptt_codec::sip::Method;
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{AnyExt, Content, McpttInfo, extension_name};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::ResourceLists;

use crate::bodies::Bodies;
use crate::directory::Canonical;
use crate::policy::{AdhocRefusal, Refusal};

/// The text by which the initiator of an ad hoc group call releases it for everybody.
pub(crate) const RELEASE: &str = "SIP;cause=200;text=\"User requested release\"";

/// An element of `anyExt`, wherever the sender has put it: the schema has it under the root.
pub(crate) fn flag(info: &McpttInfo, name: &str) -> Option<bool> {
    info.root_any_ext.flag(name).or_else(|| info.any_ext.flag(name))
}

fn text<'a>(info: &'a McpttInfo, name: &'static str) -> Option<&'a str> {
    info.root_any_ext.text(name).or_else(|| info.any_ext.text(name))
}

/// The criteria by which participants are to be found.
pub(crate) fn criteria(info: &McpttInfo) -> Option<ByteStr> {
    let said = text(info, extension_name::CALL_PARTICIPANTS_CRITERIAS)?.trim();
    (!said.is_empty()).then(|| said.into())
}

/// The common form of the indicators.
///
/// # Errors
/// [`AdhocRefusal::AdhocInvalidCombination`]: emergency and imminent peril together, in whatever value.
pub(crate) fn common(info: &McpttInfo) -> Result<McpttInfo, AdhocRefusal> {
    let emergency = flag(info, extension_name::ADHOC_EMERGENCY_IND);
    let alert = flag(info, extension_name::ADHOC_ALERT_IND);
    //= 24.379-17.4.2.2:3A
    if emergency.is_some() && info.imminentperil_ind.is_some() {
        return Err(AdhocRefusal::AdhocInvalidCombination);
    }
    let mut common = info.clone();
    common.emergency_ind = emergency.map(Content::Normal).or(common.emergency_ind);
    common.alert_ind = alert.map(Content::Normal).or(common.alert_ind);
    // An emergency always says whether there is an alert, and here that may be left out.
    if emergency == Some(true) && common.alert_ind.is_none() {
        common.alert_ind = Some(Content::Normal(false));
    }
    without(&mut common.root_any_ext);
    without(&mut common.any_ext);
    Ok(common)
}

/// The form of an ad hoc group call.
pub(crate) fn own(mut info: McpttInfo) -> McpttInfo {
    let value = |content: Option<Content<bool>>| content.as_ref().and_then(Content::value).copied();
    let (emergency, alert) = (value(info.emergency_ind.take()), value(info.alert_ind.take()));
    for (said, name) in
        [(emergency, extension_name::ADHOC_EMERGENCY_IND), (alert, extension_name::ADHOC_ALERT_IND)]
    {
        if let Some(said) = said {
            info.root_any_ext.push_flag(name, said);
        }
    }
    info
}

fn without(any_ext: &mut AnyExt) {
    let indicators = [extension_name::ADHOC_EMERGENCY_IND, extension_name::ADHOC_ALERT_IND];
    any_ext.extensions.retain(|extension| !indicators.iter().any(|name| extension.name == *name));
}

/// Users that a request names, with what is to become of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// To be called.
    pub called: Vec<McpttId>,
    /// To be taken out.
    pub removed: Vec<McpttId>,
}

/// The users of the resource list, each once. `Ok(None)`: there is no list.
///
/// # Errors
/// [`Refusal::BodyUnreadable`] when it can not be read or names something else than users, and [`Refusal::XmlNotDecrypted`]
/// when an entry is encrypted.
pub(crate) fn named(bodies: &Bodies) -> Result<Option<Named>, Refusal> {
    let Some(part) = bodies.part(mime::RESOURCE_LISTS) else { return Ok(None) };
    let lists = ResourceLists::parse(&part.body).map_err(|_| Refusal::BodyUnreadable)?;
    let mut named = Named::default();
    let mut seen = std::collections::BTreeSet::new();
    for entry in lists.entries() {
        if !matches!(entry.encrypted_uri(), Ok(None)) {
            return Err(Refusal::XmlNotDecrypted);
        }
        let identity = Canonical::of(&entry.uri).ok_or(Refusal::BodyUnreadable)?;
        if !seen.insert(identity) {
            continue;
        }
        // The URI without what is to be done with it.
        let uri = entry.read_uri().map_err(|_| Refusal::BodyUnreadable)?;
        let user = McpttId::new(uri.bare().to_string());
        match entry.method() {
            Some(Method::Bye) => named.removed.push(user),
            Some(Method::Invite) | None => named.called.push(user),
            Some(_) => return Err(Refusal::BodyUnreadable),
        }
    }
    Ok(Some(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indicators_change_their_names_and_nothing_else() {
        let mut info = McpttInfo::default();
        info.root_any_ext.push_flag(extension_name::ADHOC_EMERGENCY_IND, true);
        let common = common(&info).unwrap();
        assert_eq!((common.emergency_ind.clone(), common.alert_ind.clone()), yes_no());
        assert!(common.root_any_ext.is_empty());
        let back = own(common);
        assert_eq!(flag(&back, extension_name::ADHOC_EMERGENCY_IND), Some(true));
        assert_eq!(flag(&back, extension_name::ADHOC_ALERT_IND), Some(false));
        assert!(back.emergency_ind.is_none() && back.alert_ind.is_none());
    }

    fn yes_no() -> (Option<Content<bool>>, Option<Content<bool>>) {
        (Some(Content::Normal(true)), Some(Content::Normal(false)))
    }

    #[test]
    fn emergency_and_imminent_peril_never_stand_together() {
        for value in [true, false] {
            let mut info =
                McpttInfo { imminentperil_ind: Some(Content::Normal(value)), ..McpttInfo::default() };
            assert!(common(&info).is_ok());
            info.root_any_ext.push_flag(extension_name::ADHOC_EMERGENCY_IND, value);
            assert_eq!(common(&info), Err(AdhocRefusal::AdhocInvalidCombination));
        }
    }
}
