//! URIs that lead to one device of a user (RFC 5627): a public one that says which, and temporary ones that say nothing.
//!
//! A temporary GRUU carries its number, the binding and a proof, so that any number of them costs no memory. All that were given
//! out stay good until the client registers with another Call-ID, or not at all.

use hmac::{Hmac, Mac};
use mcptt_codec::id::ClientId;
use mcptt_codec::sip::Uri;
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::McpttInfo;
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::Participating;
use super::registrar::{Binding, BindingRef, Registrar};
use crate::bodies::InfoValues;
use crate::directory::Canonical;
use crate::policy::Refusal;

/// The option tag.
pub(super) const OPTION_TAG: &str = "gruu";
/// How the user part of a temporary one begins.
const TEMPORARY: &str = "tgruu.";
/// Hexadecimal digits of the number and of the binding, and of the proof.
const NUMBER: usize = 16;
const PROOF: usize = 32;

/// Gives out temporary GRUUs and knows them again.
pub(super) struct Gruus {
    key: [u8; 32],
    next: u64,
}

impl Gruus {
    /// The key comes from another stream of the generator, which goes on as it was.
    pub fn new(rng: &ChaCha20Rng) -> Self {
        let mut key = [0; 32];
        let mut other = rng.clone();
        other.set_stream(other.get_stream().wrapping_add(1));
        other.fill_bytes(&mut key);
        Self { key, next: 1 }
    }

    /// The number of the next one.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// A new one for a binding.
    fn temporary(&mut self, at: BindingRef, binding: &Binding) -> Option<String> {
        let (_, host) = address_of(&binding.identity.0)?;
        let number = self.next;
        //= RFC5627-5.1:temp
        self.next = self.next.wrapping_add(1);
        let body = format!("{number:016x}{:016x}", at.number());
        let proof = self.proof(&body)?;
        Some(format!("sip:{TEMPORARY}{body}{proof}@{host};gr"))
    }

    /// The number and the binding that the user part of a temporary one names, if it is one of ours.
    fn read(&self, user: &str) -> Option<(u64, BindingRef)> {
        let text = user.strip_prefix(TEMPORARY)?;
        let (body, proof) = text.split_at_checked(2 * NUMBER)?;
        let own = self.proof(body)?;
        if !bool::from(own.as_bytes().ct_eq(proof.as_bytes())) {
            return None;
        }
        let (number, binding) = body.split_at_checked(NUMBER)?;
        let read = |digits| u64::from_str_radix(digits, 16).ok();
        Some((read(number)?, BindingRef::of_number(read(binding)?)))
    }

    fn proof(&self, body: &str) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(body.as_bytes());
        let digest = mac.finalize().into_bytes();
        Some(digest.iter().take(PROOF / 2).map(|octet| format!("{octet:02x}")).collect())
    }
}

/// Scheme and user, and the host of an identity.
fn address_of(identity: &str) -> Option<(&str, &str)> {
    identity.split_once('@')
}

impl Binding {
    /// The name of the device as it may stand in a URI.
    fn device_name(&self) -> Option<&str> {
        let instance = self.device.as_ref()?.instance.as_str();
        let name = instance.trim_matches('"').strip_prefix('<')?.strip_suffix('>')?;
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$".contains(&octet);
        (!name.is_empty() && name.bytes().all(plain)).then_some(name)
    }

    /// The public GRUU of the device, where the client has asked for one.
    pub fn public_gruu(&self) -> Option<ByteStr> {
        //= RFC5627-5.1:pub
        let name = self.device_name().filter(|_| self.wants_gruu)?;
        self.identity.as_str().starts_with("sip").then(|| format!("{};gr={name}", self.identity).into())
    }
}

impl Registrar {
    /// The contact behind a public GRUU: the latest flow of the device.
    fn behind_public(&self, user: &Canonical, device: &str) -> Option<BindingRef> {
        let own = self.of_user(user).filter(|(_, binding)| {
            binding.wants_gruu && binding.device_name().is_some_and(|name| name.eq_ignore_ascii_case(device))
        });
        own.map(|(at, _)| at).max()
    }
}

impl Participating {
    /// A contact in the list of bindings with its GRUUs.
    pub(super) fn listed_with_gruus(&mut self, at: BindingRef, seconds: u64) -> Option<String> {
        let binding = self.registrar.binding(at)?;
        let mut value = binding.listed(seconds);
        if let Some(public) = binding.public_gruu() {
            value.push_str(&format!(";pub-gruu=\"{public}\""));
            if let Some(temporary) = self.gruus.temporary(at, binding) {
                value.push_str(&format!(";temp-gruu=\"{temporary}\""));
            }
        }
        Some(value)
    }

    /// Whether a URI is, or was, a GRUU of a user.
    pub(super) fn names_device(&self, uri: &str) -> bool {
        let Some(uri) = Uri::parse(uri).ok().filter(|uri| uri.params.contains("gr")) else { return false };
        let temporary = uri.user.as_deref().is_some_and(|user| user.starts_with(TEMPORARY));
        temporary || Canonical::of_uri(&uri).is_some_and(|user| self.directory.user_of(&user).is_some())
    }

    /// The client that a request is for: the one that it names, or the one on the device that its GRUU names. `Ok(None)`: any.
    ///
    /// # Errors
    /// [`Refusal::CalledUserNotBound`] when the GRUU leads nowhere any more.
    pub(super) fn device_called(&self, uri: &str, info: &McpttInfo) -> Result<Option<ClientId>, Refusal> {
        match info.client()? {
            Some(client) => Ok(Some(client)),
            //= RFC5627-5.4:device
            None if self.names_device(uri) => {
                self.client_behind(uri).ok_or(Refusal::CalledUserNotBound).map(Some)
            }
            None => Ok(None),
        }
    }

    /// The client on the device that a GRUU names, while it holds.
    fn client_behind(&self, uri: &str) -> Option<ClientId> {
        let uri = Uri::parse(uri).ok()?;
        let at = match self.gruus.read(uri.user.as_deref().unwrap_or_default()) {
            Some((number, at)) => {
                //= RFC5627-5.1:valid
                let valid =
                    self.registrar.binding(at).is_some_and(|binding| number >= binding.first_temporary);
                Some(at).filter(|_| valid)
            }
            None => self.registrar.behind_public(&Canonical::of_uri(&uri)?, uri.params.get("gr")?),
        };
        self.registrar.binding(at?)?.client_id.clone()
    }
}
