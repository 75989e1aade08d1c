//! Random identifiers (RFC 3261 19.3 and 8.1.1.7): told by a seed, unpredictable for the network.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use mcptt_codec::sip::{BRANCH_COOKIE, Request};
use mcptt_codec::text::ByteStr;
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

use crate::dialog::Role;
use crate::shard::Shard;

/// The source of tags, branches and Call-IDs.
#[derive(Debug)]
pub(super) struct Tokens {
    rng: ChaCha20Rng,
    salt: u64,
    shard: Option<Shard>,
}

impl Tokens {
    pub(super) fn new(mut rng: ChaCha20Rng, shard: Option<Shard>) -> Self {
        let salt = rng.next_u64();
        Self { rng, salt, shard }
    }

    /// What is unpredictable and does not change.
    pub(super) const fn salt(&self) -> u64 {
        self.salt
    }

    /// The randomness itself, for what draws an order.
    pub(super) const fn rng(&mut self) -> &mut ChaCha20Rng {
        &mut self.rng
    }

    /// 64 bits, twice what RFC 3261 19.3 asks for.
    pub(super) fn tag(&mut self) -> ByteStr {
        self.hex("", 1)
    }

    /// 128 bits: whoever cannot read our requests cannot forge answers to them.
    pub(super) fn branch(&mut self) -> ByteStr {
        self.hex(BRANCH_COOKIE, 2)
    }

    pub(super) fn call_id(&mut self, host: &str) -> ByteStr {
        format!("{}@{host}", self.hex("", 2)).into()
    }

    /// The first RSeq of an INVITE: 1 to 2^31 - 1 (RFC 3262 3).
    pub(super) fn first_sequence(&mut self) -> u32 {
        (self.rng.next_u32() >> 1).max(1)
    }

    /// A value from 0 to 10, for Retry-After.
    pub(super) fn up_to_ten(&mut self) -> u32 {
        self.rng.next_u32() % 11
    }

    /// How long to wait after a 491: the side that began the dialog longer than the other, so that they do not meet
    /// again (RFC 3261 14.1).
    pub(super) fn after_glare(&mut self, role: Role) -> Duration {
        let steps = |from: u32, to: u32, dice: u32| 10 * u64::from(from + dice % (to - from + 1));
        Duration::from_millis(match role {
            Role::Uac => steps(210, 400, self.rng.next_u32()),
            Role::Uas => steps(0, 200, self.rng.next_u32()),
        })
    }

    /// The tag of an answer that we keep nothing of: the same for every retransmission of one request
    /// (RFC 3261 8.2.7).
    pub(super) fn stateless_tag(&self, request: &Request) -> ByteStr {
        let mut hasher = DefaultHasher::new();
        self.salt.hash(&mut hasher);
        request.headers.call_id().map(ByteStr::as_str).unwrap_or_default().hash(&mut hasher);
        let via = request.headers.top_via().ok();
        via.as_ref().and_then(|via| via.branch()).unwrap_or_default().hash(&mut hasher);
        format!("{:016x}", hasher.finish()).into()
    }

    fn hex(&mut self, prefix: &str, words: usize) -> ByteStr {
        Shard::draw(self.shard.as_ref(), || {
            let mut text = String::with_capacity(prefix.len() + 16 * words);
            text.push_str(prefix);
            for _ in 0..words {
                // Writing to a String cannot fail.
                let _ = write!(text, "{:016x}", self.rng.next_u64());
            }
            text
        })
        .into()
    }
}
