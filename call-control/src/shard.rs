//! Which of several nodes a message belongs to: consistent hashing of users, groups, sessions and of what we draw ourselves.
//!
//! A node keeps everything about some users, some groups and the dialogs that it has begun or answered. Where several nodes
//! serve together, each as one shard, every one of them can tell from a message alone whose it is ([`Ring::owner`]):
//!
//! * what begins something belongs to the user who asks, the group that is asked for, or the session that is joined;
//! * what belongs to a dialog names the tag that we drew for it, and an answer names our branch. A shard draws only tags,
//!   branches and session identities that the ring gives to itself ([`Shard::owns`]), so nothing has to be remembered;
//! * CANCEL has no body that names a group. Whoever has steered its INVITE remembers where it went; one that enters where its
//!   INVITE did not goes round until a shard knows it ([`Round`]).
//!
//! What all of them have to know, whosever it is, each tells the others ([`Notice`]): the aliases that are active, the
//! profiles that clients have selected, and who is affiliated to groups by which participants are found. So no state is shared and nothing is locked. A ring changes little when a shard is
//! added: only what falls to the new one moves (about one part of as many as there are shards).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use mcptt_codec::id::{ClientId, FunctionalAlias, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Request, SipMessage};
use mcptt_codec::text::ByteStr;

/// Points of one shard on the ring: enough that the shares differ by some tenths only.
const POINTS: u32 = 128;
/// INVITE requests whose way is remembered for a CANCEL.
const REMEMBERED: usize = 16_384;
/// Draws until an identifier is taken although it is another shard's: on a ring of 64 nobody ever gets there.
const DRAWS: usize = 10_000;

/// The most shards that one ring is made for.
pub const MOST_SHARDS: usize = 64;

/// Where keys fall. The same numbers make the same ring everywhere: it depends on neither time, seed nor machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    /// Places in rising order, with whose they are.
    points: Vec<(u64, usize)>,
    shards: usize,
}

impl Ring {
    /// A ring of the shards 0 to `shards` - 1; of one when that is 0.
    pub fn new(shards: usize) -> Self {
        let shards = shards.max(1);
        let mut points: Vec<_> = (0..shards)
            .flat_map(|shard| {
                (0..POINTS).map(move |point| (hash(&format!("shard {shard} point {point}")), shard))
            })
            .collect();
        points.sort_unstable();
        Self { points, shards }
    }

    /// Whose a key is: that of the first point at or behind its place.
    pub fn owner(&self, key: &str) -> usize {
        let place = hash(key);
        let next = self.points.partition_point(|(point, _)| *point < place);
        self.points.get(next).or(self.points.first()).map_or(0, |(_, shard)| *shard)
    }
}

/// FNV-1a with the finisher of SplitMix64: keys that differ in one character fall far apart. Not for secrets.
fn hash(key: &str) -> u64 {
    let mut hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// One place in a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    ring: Arc<Ring>,
    own: usize,
}

impl Shard {
    /// The shard of that number.
    pub const fn new(ring: Arc<Ring>, own: usize) -> Self {
        Self { ring, own }
    }

    /// Its number.
    pub const fn number(&self) -> usize {
        self.own
    }

    /// Whether a key is its own.
    pub fn owns(&self, key: &str) -> bool {
        self.ring.owner(key) == self.own
    }

    /// Draws until the identifier is its own.
    pub(crate) fn draw<T: AsRef<str>>(shard: Option<&Self>, mut draw: impl FnMut() -> T) -> T {
        let first = draw();
        let Some(shard) = shard else { return first };
        let mut drawn = first;
        for _ in 0..DRAWS {
            if shard.owns(drawn.as_ref()) {
                break;
            }
            drawn = draw();
        }
        drawn
    }
}

/// What a shard tells all others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Who is active under a functional alias from now on.
    Alias {
        /// The alias.
        alias: FunctionalAlias,
        /// Users with their clients, perhaps none.
        active: BTreeSet<(McpttId, ClientId)>,
    },
    /// A user is affiliated to a group from now on, or no longer; told of groups by which participants of ad hoc group calls
    /// are found.
    Affiliated {
        /// The group.
        group: GroupId,
        /// The user.
        mcptt_id: McpttId,
        /// Affiliated with any client.
        affiliated: bool,
    },
    /// The rules for a client are those of this profile of its user from now on.
    Profile {
        /// The user.
        mcptt_id: McpttId,
        /// The client.
        client_id: ClientId,
        /// The `user-profile-index`; `None`: that of the pre-selected one again.
        profile: Option<u8>,
    },
}

/// The way of a message that nobody knows yet: from one shard to the next, until it is back at the one that it entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// The shard at which it entered.
    entered: usize,
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub shard: usize,
    /// It is looked for whose it is; without this it is that shard's.
    pub round: Option<Round>,
}

impl Way {
    const fn to(shard: usize) -> Self {
        Self { shard, round: None }
    }
}

/// Steers what arrives at one function of a shard.
#[derive(Debug)]
pub(crate) struct Steering {
    shard: Shard,
    /// Where an INVITE went, by its branch.
    invites: BTreeMap<ByteStr, usize>,
    /// Their branches, the oldest one first.
    oldest: VecDeque<ByteStr>,
}

impl Steering {
    pub(crate) const fn new(shard: Shard) -> Self {
        Self { shard, invites: BTreeMap::new(), oldest: VecDeque::new() }
    }

    /// Where a message goes that has arrived here, or whose round has come here; `None`: nowhere, it is ours. `key` names what a
    /// request outside all dialogs is about, `is_cancelled` whether the INVITE of a CANCEL is here.
    pub(crate) fn elsewhere(
        &mut self,
        message: &SipMessage,
        round: Option<Round>,
        is_cancelled: impl FnOnce(&Request) -> bool,
        key: impl FnOnce(&Request) -> Option<String>,
    ) -> Option<Way> {
        let way = match message {
            SipMessage::Response(response) => self.of_branch(&response.headers).map(Way::to),
            SipMessage::Request(request) if request.method == Method::Cancel => {
                self.of_cancel(request, round, is_cancelled)
            }
            SipMessage::Request(request) => match request.headers.tag(&HeaderName::To) {
                Some(tag) => Some(Way::to(self.shard.ring.owner(&tag))),
                None => self.of_initial(request, key).map(Way::to),
            },
        };
        way.filter(|way| way.shard != self.shard.own)
    }

    /// That of its INVITE: where it was sent from here, here, or where nobody has looked yet.
    fn of_cancel(
        &self,
        cancel: &Request,
        round: Option<Round>,
        is_cancelled: impl FnOnce(&Request) -> bool,
    ) -> Option<Way> {
        let via = cancel.headers.top_via().ok()?;
        if let Some(known) = self.invites.get(via.branch().unwrap_or_default()) {
            return Some(Way::to(*known));
        }
        if is_cancelled(cancel) {
            return None;
        }
        let round = round.unwrap_or(Round { entered: self.shard.own });
        let next = self.shard.own.saturating_add(1).checked_rem(self.shard.ring.shards)?;
        (next != round.entered).then_some(Way { shard: next, round: Some(round) })
    }

    fn of_branch(&self, headers: &mcptt_codec::sip::Headers) -> Option<usize> {
        let via = headers.top_via().ok()?;
        via.branch().map(|branch| self.shard.ring.owner(branch))
    }

    fn of_initial(
        &mut self,
        request: &Request,
        key: impl FnOnce(&Request) -> Option<String>,
    ) -> Option<usize> {
        let via = request.headers.top_via().ok()?;
        // Copied: it outlives the datagram that it came in.
        let branch = ByteStr::from(via.branch().unwrap_or_default());
        let key = key(request).or_else(|| Some(request.headers.call_id().ok()?.to_string()))?;
        let owner = self.shard.ring.owner(&key);
        if request.method == Method::Invite && self.invites.insert(branch.clone(), owner).is_none() {
            self.oldest.push_back(branch);
            if self.oldest.len() > REMEMBERED
                && let Some(oldest) = self.oldest.pop_front()
            {
                self.invites.remove(&oldest);
            }
        }
        Some(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(ring: &Ring, shards: usize, keys: usize) -> Vec<usize> {
        let mut shares = vec![0; shards];
        for key in 0..keys {
            shares[ring.owner(&format!("sip:user-{key}@mc.example.org"))] += 1;
        }
        shares
    }

    #[test]
    fn the_shares_are_about_equal() {
        for shards in [1, 2, 3, 8, 16] {
            let shares = shares(&Ring::new(shards), shards, 16_000);
            let (least, most) = (16_000 / shards * 6 / 10, 16_000 / shards * 15 / 10);
            assert!(shares.iter().all(|share| (least..=most).contains(share)), "{shards}: {shares:?}");
        }
    }

    #[test]
    fn a_new_shard_takes_its_part_and_nothing_else_moves() {
        let (before, after) = (Ring::new(4), Ring::new(5));
        let keys = || (0..10_000).map(|key| format!("key {key}"));
        let moved: Vec<usize> =
            keys().filter(|key| before.owner(key) != after.owner(key)).map(|key| after.owner(&key)).collect();
        assert!(moved.iter().all(|to| *to == 4), "only to the new one");
        assert!((1_000..3_000).contains(&moved.len()), "{}", moved.len());
    }

    #[test]
    fn the_ring_is_the_same_on_every_machine() {
        let ring = Ring::new(5);
        let owners = ["sip:alice@mc.example.org", "sip:rescue-1@mc.example.org", "z9hG4bK0", ""]
            .map(|key| ring.owner(key));
        assert_eq!(owners, [2, 0, 0, 2]);
    }

    #[test]
    fn what_a_shard_draws_is_its_own() {
        let ring = Arc::new(Ring::new(7));
        for own in 0..7 {
            let shard = Shard::new(Arc::clone(&ring), own);
            let mut number = 0;
            let drawn = Shard::draw(Some(&shard), || {
                number += 1;
                format!("tag {number}")
            });
            assert!(shard.owns(&drawn), "{own}: {drawn}");
        }
        assert_eq!(Shard::draw(None, || "any"), "any");
    }

    fn request(method: &str, branch: &str, to: &str) -> SipMessage {
        let text = format!(
            "{method} sip:x@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch={branch}\r\nFrom: <sip:a@example.org>;tag=1\r\n\
             To: <sip:x@example.org>{to}\r\nCall-ID: 1\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        SipMessage::decode(&text.into(), &mcptt_codec::sip::Limits::DEFAULT).unwrap()
    }

    #[test]
    fn dialogs_go_by_our_tag_and_cancel_goes_where_its_invite_went() {
        let ring = Arc::new(Ring::new(4));
        let mut steering = Steering::new(Shard::new(Arc::clone(&ring), 0));
        let elsewhere = |owner: usize| Some(Way::to(owner)).filter(|way| way.shard != 0);
        let nobody = |_: &Request| false;
        for tag in ["t1", "t2", "t3", "t4", "t5"] {
            let bye = request("BYE", "z9hG4bK1", &format!(";tag={tag}"));
            let way = steering.elsewhere(&bye, None, nobody, |_| panic!("no key is needed"));
            assert_eq!(way, elsewhere(ring.owner(tag)));
        }
        for group in ["g1", "g2", "g3", "g4", "g5"] {
            let branch = format!("z9hG4bK-{group}");
            let invite = request("INVITE", &branch, "");
            let way = steering.elsewhere(&invite, None, nobody, |_| Some(group.to_owned()));
            assert_eq!(way, elsewhere(ring.owner(group)));
            assert_eq!(steering.elsewhere(&request("CANCEL", &branch, ""), None, nobody, |_| None), way);
        }
    }

    #[test]
    fn a_cancel_that_enters_elsewhere_than_its_invite_goes_round_until_somebody_knows_it() {
        let ring = Arc::new(Ring::new(4));
        let mut shards: Vec<_> =
            (0..4).map(|own| Steering::new(Shard::new(Arc::clone(&ring), own))).collect();
        let cancel = request("CANCEL", "z9hG4bK-new", "");
        let mut turn = |at: usize, round, here| shards[at].elsewhere(&cancel, round, |_| here, |_| None);
        let round = Some(Round { entered: 2 });
        assert_eq!(turn(2, None, false), Some(Way { shard: 3, round }));
        assert_eq!(turn(3, round, false), Some(Way { shard: 0, round }));
        assert_eq!(turn(0, round, true), None, "the INVITE is here");
        assert_eq!(turn(1, round, false), None, "the last one answers that nobody knows it");
        // One that has steered the INVITE ends the search.
        let invite = request("INVITE", "z9hG4bK-new", "");
        let group = (0..).map(|number| format!("g{number}")).find(|group| ring.owner(group) == 1);
        shards[3].elsewhere(&invite, None, |_| false, |_| group);
        assert_eq!(shards[3].elsewhere(&cancel, round, |_| false, |_| None), Some(Way::to(1)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut steering = Steering::new(Shard::new(Arc::new(Ring::new(4)), 0));
        for number in 0..REMEMBERED + 100 {
            let invite = request("INVITE", &format!("z9hG4bK{number}"), "");
            steering.elsewhere(&invite, None, |_| false, |_| None);
        }
        assert_eq!((steering.invites.len(), steering.oldest.len()), (REMEMBERED, REMEMBERED));
    }
}
