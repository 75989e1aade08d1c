//! The keys of MBMS bearers on their way to clients (TS 33.180 E.4): how they are made and put into messages, others know; here
//! it is known who gets which.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::sdp::KeyManagement;
use mcptt_codec::sip::{Method, Part, Request};
use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::xml::gktp::{Gktp, GktpList};
use mcptt_codec::xml::mcptt_info::{self, Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;

use super::mbms::octets_of;
use super::{ClientKey, Participating};
use crate::Output;
use crate::bodies::info_part;
use crate::event::Event;
use crate::service;
use crate::transport::Hop;

/// The first release whose floor control on subchannels has a MuSiK.
const MUSIK_RELEASE: u8 = 14;

/// Keys that a user needs to hear a bearer: bring them to
/// [`CallControl::handle_bearer_keys`](crate::CallControl::handle_bearer_keys).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerKeyRequest {
    /// The user.
    pub user: McpttId,
    /// The bearer.
    pub tmgi: Tmgi,
}

/// The keys of a bearer, each in a MIKEY message that only one user can open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerKeys {
    /// That of the general purpose subchannel (MSCCK).
    pub control: KeyMaterial,
    /// That of floor control (MuSiK, in Release 13 MKFC).
    pub floor: KeyMaterial,
    /// What the latter is called.
    pub floor_id: u32,
}

/// The keys that are there, and those that were asked for.
#[derive(Debug, Default)]
pub(super) struct KnownKeys {
    known: BTreeMap<(McpttId, Vec<u8>), BearerKeys>,
    asked: BTreeSet<(McpttId, Vec<u8>)>,
}

impl KnownKeys {
    pub(super) fn of(&self, user: &McpttId, tmgi: Tmgi) -> Option<&BearerKeys> {
        self.known.get(&(user.clone(), octets_of(tmgi)))
    }

    /// The bearer has others from now on.
    pub(super) fn forget_bearer(&mut self, tmgi: Tmgi) {
        let octets = octets_of(tmgi);
        self.known.retain(|(_, bearer), _| *bearer != octets);
        self.asked.retain(|(_, bearer)| *bearer != octets);
    }

    pub(super) fn forget_user(&mut self, user: &McpttId) {
        self.known.retain(|(of, _), _| of != user);
    }
}

impl Participating {
    /// Whether a client can be told of a bearer; otherwise the keys for it are asked for.
    //= 33.180-mscck
    pub(super) fn has_bearer_keys(&mut self, client: &ClientKey, tmgi: Tmgi) -> bool {
        if !self.directory.config.mbms.protected {
            return true;
        }
        let user = &client.mcptt_id;
        let known = self.mbms.keys.of(user, tmgi).is_some();
        if !known && self.mbms.keys.asked.insert((user.clone(), octets_of(tmgi))) {
            let request = BearerKeyRequest { user: user.clone(), tmgi };
            self.out.push_back(Output::BearerKeys(request));
        }
        known
    }

    /// The keys of a bearer for a user; `None`: there are none, and its clients are not told of the bearer.
    pub fn handle_bearer_keys(&mut self, now: Instant, request: BearerKeyRequest, keys: Option<BearerKeys>) {
        let BearerKeyRequest { user, tmgi } = request;
        let place = (user.clone(), octets_of(tmgi));
        // What was not asked for, or is of an earlier time of the bearer.
        if !self.mbms.keys.asked.remove(&place) {
            return;
        }
        let Some(keys) = keys else {
            self.event(Event::BearerKeysMissing { mcptt_id: user, tmgi: tmgi.to_string().into() });
            return;
        };
        self.mbms.keys.known.insert(place, keys);
        let Some(bearer) = self.directory.config.mbms.bearer(tmgi).cloned() else { return };
        let clients: Vec<ClientKey> =
            self.clients.keys().filter(|client| client.mcptt_id == user).cloned().collect();
        for client in clients {
            self.announce(now, &client, &bearer, false);
        }
        self.drain(now);
    }

    /// A MESSAGE about bearers to a client, without its bodies.
    pub(super) fn bearer_message(&self, client: &ClientKey) -> Option<(Request, Hop, McpttInfo)> {
        let identity = self.directory.config.mbms.identity.clone()?;
        let binding = self.clients.get(client).and_then(|known| self.registrar.binding(known.binding))?;
        //= 24.379-14.2.2
        let to = binding.identity.as_str();
        let mut message = service::request(Method::Message, &binding.target, &identity, to);
        binding.set_route(&mut message.headers);
        service::assert_function(&mut message.headers, &identity);
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(&client.mcptt_id))),
            client_id: Some(Content::Normal(client.client_id.clone())),
            ..McpttInfo::default()
        };
        Some((message, binding.flow, info))
    }

    /// Gives the key of floor control on a bearer to a client: in a MESSAGE of its own, or along with the announcement.
    pub(super) fn give_floor_key(
        &mut self,
        now: Instant,
        client: &ClientKey,
        tmgi: Tmgi,
        info: &mut McpttInfo,
    ) {
        let Some(keys) = self.mbms.keys.of(&client.mcptt_id, tmgi).cloned() else { return };
        if self.directory.config.service.release < MUSIK_RELEASE {
            //= 33.180-mkfc
            let gktp = Gktp {
                id: Some(format!("{:08X}", keys.floor_id).into()),
                message: keys.floor.as_bytes().to_vec().into(),
                ..Gktp::default()
            };
            let list = GktpList { gktps: vec![gktp], ..GktpList::default() };
            info.mkfc_gktps = Some(list.to_element(mcptt_info::NAMESPACE.name("MKFC-GKTPs")));
            return;
        }
        //= 33.180-musik
        let Some((mut message, flow, info)) = self.bearer_message(client) else { return };
        message.set_parts(&[info_part(&info), Part::new(mime::MIKEY, keys.floor.as_bytes().to_vec())]);
        // Who does not get it hears floor control on the bearer as noise, and asks for unicast.
        self.agent.request(now, message, flow);
    }

    /// The key of the general purpose subchannel for a user, as its media line states it.
    //= 33.180-mscck
    pub(super) fn control_key(&self, user: &McpttId, tmgi: Tmgi) -> Option<KeyManagement> {
        let keys = self.mbms.keys.of(user, tmgi).filter(|_| self.directory.config.mbms.protected)?;
        Some(KeyManagement::mikey(keys.control.as_bytes().to_vec()))
    }
}
