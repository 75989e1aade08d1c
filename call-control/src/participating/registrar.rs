//! The bindings: which devices a user is registered with, and the way to each (RFC 3261 10.3, RFC 3327, RFC 5626).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{ClientId, McpttId, PublicUserId};
use mcptt_codec::sip::{HeaderName, Headers, NameAddr, Uri};
use mcptt_codec::text::ByteStr;

use crate::directory::Canonical;
use crate::transport::Hop;

/// One registered contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct BindingRef(pub u64);

impl BindingRef {
    pub const fn number(self) -> u64 {
        self.0
    }

    pub const fn of_number(number: u64) -> Self {
        Self(number)
    }
}

impl std::fmt::Display for BindingRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "c{}", self.0)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub public_user_id: Canonical,
    /// The identity in the spelling of the configuration.
    pub identity: PublicUserId,
    /// The Contact as it was registered, and in writing.
    pub contact: Uri,
    pub contact_text: ByteStr,
    /// The device behind the contact, and which of its flows this is (RFC 5626).
    pub device: Option<Device>,
    /// How much the user prefers it, as it was written.
    pub preference: Option<ByteStr>,
    /// The proxies on the way to it, nearest first (RFC 3327).
    pub path: Vec<ByteStr>,
    /// The Request-URI of requests to the client.
    pub target: ByteStr,
    /// Where requests to the client go, and where its requests come from.
    pub flow: Hop,
    pub call_id: ByteStr,
    pub sequence: u32,
    /// It was taken up again after a restart, so that a retransmission of the last REGISTER is not known as one.
    pub restored: bool,
    pub expires_at: Instant,
    /// It was registered more than once.
    pub refreshed: bool,
    /// The client has asked for GRUUs (RFC 5627).
    pub wants_gruu: bool,
    /// The first of its temporary GRUUs that still leads here.
    pub first_temporary: u64,
    /// The registration came with the token, or from a trusted network, or needs neither.
    pub proven: bool,
    /// The SIP core has said that the access shares resources between sessions.
    pub shares_resources: bool,
    /// The SIP core has said that it takes into account which sessions may share their priority.
    pub shares_priority: bool,
    /// Registered with us directly, and no client has had the service here yet.
    pub awaits_first_client: bool,
    /// The client that is authorised for the service here.
    pub client_id: Option<ClientId>,
    /// The user that it is authorised as; kept when the client logs off.
    pub served: Option<McpttId>,
}

/// A device, and one of its flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Device {
    /// `+sip.instance`, with its quotes.
    pub instance: ByteStr,
    /// `reg-id`; without it there is one flow.
    pub flow: Option<u32>,
}

impl Device {
    /// What a Contact says about its device.
    pub fn of(contact: &NameAddr) -> Option<Self> {
        let instance = contact.params.raw("+sip.instance")?.clone();
        let flow = contact.params.get("reg-id").and_then(|number| number.parse().ok());
        Some(Self { instance, flow: flow.filter(|number| *number > 0) })
    }
}

impl Binding {
    /// The contact in a list of bindings, with so many seconds to live.
    pub fn listed(&self, seconds: u64) -> String {
        let mut value = String::with_capacity(self.contact_text.as_bytes().len() + 32);
        value.push('<');
        value.push_str(&self.contact_text);
        value.push_str(">;expires=");
        value.push_str(&seconds.to_string());
        if let Some(preference) = &self.preference {
            value.push_str(&format!(";q={preference}"));
        }
        if let Some(device) = &self.device {
            value.push_str(&format!(";+sip.instance={}", device.instance));
            if let Some(flow) = device.flow {
                value.push_str(&format!(";reg-id={flow}"));
            }
        }
        value
    }

    /// Puts the proxies on the way into a request to the client.
    pub fn set_route(&self, headers: &mut Headers) {
        //= RFC3327-5.3:route
        for proxy in &self.path {
            headers.push(HeaderName::Route, proxy.clone());
        }
    }
}

/// All bindings.
#[derive(Debug, Default)]
pub(super) struct Registrar {
    bindings: BTreeMap<BindingRef, Binding>,
    of_user: BTreeMap<Canonical, Vec<BindingRef>>,
    /// Those that a connection holds: when it closes they are affected.
    on_stream: BTreeSet<(Hop, BindingRef)>,
    next: u64,
    /// What is not in the store as it is here; `None` while there is no store.
    touched: Option<BTreeSet<BindingRef>>,
}

impl Registrar {
    /// The bindings that have changed since the last time.
    pub fn take_touched(&mut self) -> BTreeSet<BindingRef> {
        self.touched.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// From now on what changes is noted: there is a store.
    pub fn keep(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// Notes that what is stored of every binding is no longer right.
    pub fn touch_all(&mut self) {
        if let Some(touched) = &mut self.touched {
            touched.extend(self.bindings.keys());
        }
    }

    /// Notes that a record is to be removed.
    pub fn touch(&mut self, at: BindingRef) {
        if let Some(touched) = &mut self.touched {
            touched.insert(at);
        }
    }

    /// Takes a stored binding up again, under its number.
    pub fn restore(&mut self, at: BindingRef, binding: Binding) {
        self.next = self.next.max(at.0);
        self.place(at, binding);
    }

    pub fn binding(&self, binding: BindingRef) -> Option<&Binding> {
        self.bindings.get(&binding)
    }

    pub fn binding_mut(&mut self, binding: BindingRef) -> Option<&mut Binding> {
        let found = self.bindings.get_mut(&binding)?;
        if let Some(touched) = &mut self.touched {
            touched.insert(binding);
        }
        Some(found)
    }

    pub fn of_user(&self, user: &Canonical) -> impl Iterator<Item = (BindingRef, &Binding)> {
        let refs = self.of_user.get(user).map(Vec::as_slice).unwrap_or_default();
        refs.iter().filter_map(|at| Some((*at, self.bindings.get(at)?)))
    }

    /// Whether an identity is registered from this address.
    pub fn is_flow_of(&self, user: &Canonical, flow: Hop) -> bool {
        self.of_user(user).any(|(_, binding)| binding.flow == flow)
    }

    /// How many there are of all users.
    pub fn len(&self) -> usize {
        self.bindings.len()
    }

    /// The binding that a registration of this contact replaces: that of the same flow of the same device, else that of the
    /// same address.
    pub fn same(
        &self,
        user: &Canonical,
        contact: &Uri,
        device: Option<&Device>,
    ) -> Option<(BindingRef, &Binding)> {
        let numbered = device.filter(|device| device.flow.is_some());
        self.of_user(user).find(|(_, binding)| match numbered {
            //= RFC5626-6:key
            Some(device) => binding.device.as_ref() == Some(device),
            // Most clients write the same every time, and what is written alike is the same.
            None => binding.contact == *contact || binding.contact.equivalent(contact),
        })
    }

    /// Another flow of the device of a binding, the latest one.
    pub fn sibling(&self, at: BindingRef) -> Option<BindingRef> {
        let own = self.bindings.get(&at)?;
        let instance = &own.device.as_ref()?.instance;
        let others = self.of_user(&own.public_user_id).filter(|(other, binding)| {
            *other != at && binding.device.as_ref().is_some_and(|device| device.instance == *instance)
        });
        others.map(|(at, _)| at).max()
    }

    pub fn insert(&mut self, binding: Binding) -> BindingRef {
        self.next = self.next.wrapping_add(1);
        let at = BindingRef(self.next);
        self.touch(at);
        self.place(at, binding);
        at
    }

    fn place(&mut self, at: BindingRef, binding: Binding) {
        self.of_user.entry(binding.public_user_id.clone()).or_default().push(at);
        self.note_stream(binding.flow, at);
        self.bindings.insert(at, binding);
    }

    fn note_stream(&mut self, flow: Hop, at: BindingRef) {
        if flow.transport.is_reliable() {
            self.on_stream.insert((flow, at));
        }
    }

    /// The bindings that a connection holds.
    pub fn on_flow(&self, flow: Hop) -> Vec<BindingRef> {
        let range = self.on_stream.range((flow, BindingRef(0))..=(flow, BindingRef(u64::MAX)));
        range.map(|(_, at)| *at).collect()
    }

    pub fn set_flow(&mut self, at: BindingRef, flow: Hop) {
        let Some(binding) = self.bindings.get_mut(&at) else { return };
        let before = std::mem::replace(&mut binding.flow, flow);
        if before == flow {
            return;
        }
        self.touch(at);
        self.on_stream.remove(&(before, at));
        self.note_stream(flow, at);
    }

    pub fn remove(&mut self, at: BindingRef) -> Option<Binding> {
        let binding = self.bindings.remove(&at)?;
        self.touch(at);
        self.on_stream.remove(&(binding.flow, at));
        if let Some(refs) = self.of_user.get_mut(&binding.public_user_id) {
            refs.retain(|other| *other != at);
            if refs.is_empty() {
                self.of_user.remove(&binding.public_user_id);
            }
        }
        Some(binding)
    }
}
