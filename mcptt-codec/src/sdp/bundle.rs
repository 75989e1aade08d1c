//! Groups of media descriptions, and BUNDLE: several streams over one transport (RFC 5888, RFC 8843).

use super::{Group, GroupSemantics, MediaDescription, Mid, SessionDescription};

/// Which attribute breaks a rule: of the session or of a media description, and the how-manieth of its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AttributePlace {
    pub media: Option<usize>,
    pub name: &'static str,
    pub index: usize,
}

/// A broken rule of grouping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BundleFault {
    pub line: AttributePlace,
    pub requirement: &'static str,
}

impl SessionDescription {
    /// The groups that can be read, in their order.
    pub fn groups(&self) -> impl Iterator<Item = Group> + '_ {
        self.typed::<Group>().flatten()
    }

    /// The media description of this name.
    pub fn media_called(&self, mid: &Mid) -> Option<&MediaDescription> {
        self.media.iter().find(|media| media.first::<Mid>().as_ref() == Some(mid))
    }

    /// The media description whose address and port a stream uses: of a bundled stream the first one of its group that is
    /// not refused, else its own.
    pub fn transport_of<'a>(&'a self, media: &'a MediaDescription) -> &'a MediaDescription {
        let Some(mid) = media.first::<Mid>() else { return media };
        //= RFC8843-7:transport
        let bundle = self
            .groups()
            .find(|group| group.semantics == GroupSemantics::BUNDLE && group.mids.contains(&mid));
        let members = bundle.iter().flat_map(|group| &group.mids);
        members.filter_map(|mid| self.media_called(mid)).find(|media| !media.is_refused()).unwrap_or(media)
    }

    /// What is wrong with names and groups.
    pub(super) fn bundle_faults(&self) -> Vec<BundleFault> {
        let mut faults = Vec::new();
        let mut mids: Vec<Mid> = Vec::new();
        for (index, media) in self.media.iter().enumerate() {
            let Some(mid) = media.first::<Mid>() else { continue };
            //= RFC5888-4:unique
            if mids.contains(&mid) {
                let line = AttributePlace { media: Some(index), name: "mid", index: 0 };
                faults.push(BundleFault { line, requirement: "RFC5888-4:unique" });
            }
            mids.push(mid);
        }
        let mut bundled: Vec<Mid> = Vec::new();
        for (index, group) in self.typed::<Group>().enumerate() {
            let Ok(group) = group else { continue };
            let line = AttributePlace { media: None, name: "group", index };
            //= RFC5888-5:member
            if group.mids.iter().any(|mid| !mids.contains(mid)) {
                faults.push(BundleFault { line, requirement: "RFC5888-5:member" });
            }
            if group.semantics == GroupSemantics::BUNDLE {
                //= RFC8843-7:once
                if group.mids.iter().any(|mid| bundled.contains(mid)) {
                    faults.push(BundleFault { line, requirement: "RFC8843-7:once" });
                }
                bundled.extend(group.mids);
            }
        }
        //= RFC8843-6
        for (index, media) in self.media.iter().enumerate() {
            let alone = media.first::<Mid>().is_none_or(|mid| !bundled.contains(&mid));
            if media.is_bundle_only() && (alone || !media.is_refused()) {
                let line = AttributePlace { media: Some(index), name: "bundle-only", index: 0 };
                faults.push(BundleFault { line, requirement: "RFC8843-6" });
            }
        }
        faults
    }
}
