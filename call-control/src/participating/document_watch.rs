//! Who watches which documents (RFC 5875, TS 24.481 6.3.13): what has changed is told, the documents are read elsewhere.

use std::collections::BTreeMap;
use std::time::Instant;

use mcptt_codec::sip::{Part, percent};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::ResourceLists;
use mcptt_codec::xml::xcap_diff::{ChangedDocument, XcapDiff, XcapDiffItem};

use super::Participating;
use super::subscription::Watched;
use crate::bodies::Bodies;
use crate::config::User;
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::policy::Refusal;

/// Documents and collections that one subscription may name, and documents that one notification may.
const MOST_NAMED: usize = 64;
const MOST_TOLD: usize = 1_024;

/// The entity tags of documents, and what each watcher knows of them.
#[derive(Debug, Default)]
pub(super) struct Documents {
    tags: BTreeMap<ByteStr, ByteStr>,
    told: BTreeMap<DialogId, BTreeMap<ByteStr, ByteStr>>,
}

impl Documents {
    /// A watcher is gone.
    pub fn forget(&mut self, dialog: &DialogId) {
        self.told.remove(dialog);
    }

    /// Those that a selection names, a collection with everything in it.
    fn selected(&self, selection: &[ByteStr]) -> BTreeMap<ByteStr, ByteStr> {
        let named = |selector: &str| {
            selection.iter().any(|named| match named.ends_with('/') {
                true => selector.starts_with(named.as_str()),
                false => *named == *selector,
            })
        };
        let all = self.tags.iter().filter(|(selector, _)| named(selector)).take(MOST_TOLD);
        all.map(|(selector, tag)| (selector.clone(), tag.clone())).collect()
    }
}

impl Participating {
    /// What a SUBSCRIBE to `xcap-diff` watches.
    ///
    /// # Errors
    /// [`Refusal::BodyUnreadable`] without a list of documents, [`Refusal::AffiliationOfAnotherUser`] when the user may read
    /// none of them.
    pub(super) fn watched_documents(&self, user: &User, bodies: &Bodies) -> Result<Watched, Refusal> {
        let list = bodies.part(mime::RESOURCE_LISTS).ok_or(Refusal::BodyUnreadable)?;
        let list = ResourceLists::parse(&list.body).map_err(|_| Refusal::BodyUnreadable)?;
        //= RFC5875-4.4
        let named: Vec<ByteStr> = list.entries().take(MOST_NAMED).map(|entry| entry.uri.clone()).collect();
        if named.is_empty() {
            return Err(Refusal::BodyUnreadable);
        }
        //= RFC5875-4.6
        let mut readable: Vec<ByteStr> =
            named.into_iter().filter(|selector| self.may_read(user, selector)).collect();
        readable.sort_unstable();
        readable.dedup();
        if readable.is_empty() {
            Err(Refusal::AffiliationOfAnotherUser)
        } else {
            Ok(Watched::Documents(readable))
        }
    }

    /// A document has another entity tag now, or is gone.
    pub fn document_changed(&mut self, now: Instant, selector: &str, tag: Option<&str>) {
        match tag {
            Some(tag) => self.documents.tags.insert(selector.into(), tag.into()),
            None => self.documents.tags.remove(selector),
        };
        let covers = |named: &ByteStr| {
            *named == *selector || (named.ends_with('/') && selector.starts_with(named.as_str()))
        };
        let concerned = self.subscriptions.resources().filter(
            |watched| matches!(watched, Watched::Documents(selection) if selection.iter().any(covers)),
        );
        let concerned: Vec<Watched> = concerned.cloned().collect();
        self.changed.extend(concerned);
        self.tell_watchers(now);
        self.drain(now);
    }

    /// What a watcher does not know yet; everything for one that is new or has renewed.
    pub(super) fn documents_part(&mut self, dialog: &DialogId, selection: &[ByteStr]) -> Part {
        let present = self.documents.selected(selection);
        let known = self.documents.told.get(dialog).cloned().unwrap_or_default();
        let changed = |selector: &ByteStr| known.get(selector) != present.get(selector);
        let everything = known == present;
        let all = present.keys().chain(known.keys().filter(|selector| !present.contains_key(*selector)));
        //= RFC5875-4.7
        let items = all.filter(|selector| everything || changed(selector)).map(|selector| {
            XcapDiffItem::Document(ChangedDocument {
                sel: selector.clone(),
                new_etag: present.get(selector).cloned(),
                previous_etag: known.get(selector).filter(|_| !everything).cloned(),
                ..ChangedDocument::default()
            })
        });
        let xcap_root = self.directory.config.xcap_root.clone();
        let document = XcapDiff { xcap_root, items: items.collect(), attributes: Vec::new() };
        if self.subscriptions.contains(dialog) {
            self.documents.told.insert(dialog.clone(), present);
        }
        Part::new(mime::XCAP_DIFF, document.to_xml())
    }

    /// A user reads its own documents, those of the groups that it is a member of, and those that are there for everybody.
    fn may_read(&self, user: &User, selector: &str) -> bool {
        let behind =
            |mark: &str| selector.split_once(mark).map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
        if let Some(owner) = behind("/users/") {
            return Canonical::of(&percent::decode(owner)) == Canonical::of(user.mcptt_id.as_str());
        }
        if let Some(group) = behind("/global/byGroupID/") {
            let group = self.directory.group(&percent::decode(group));
            return group
                .is_some_and(|group| group.members.iter().any(|member| member.mcptt_id == user.mcptt_id));
        }
        behind("/global/").is_some_and(|document| !document.is_empty())
    }
}
