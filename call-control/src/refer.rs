//! REFER: who is to contact whom, and how (RFC 3515, RFC 4488, RFC 4538, RFC 5368).
//!
//! [`Referral`] is what such a request says, read from one or written into one. What it takes to carry it out is the
//! business of the procedures; answering it and telling the referrer is [`UserAgent::accept_referral`].
//!
//! [`UserAgent::accept_referral`]: crate::user_agent::UserAgent::accept_referral

use bytes::Bytes;
use mcptt_codec::DecodeError;
use mcptt_codec::sip::field::{ContentId, Embedded, ReferSub, ReferTo, TargetDialog, TrueOrFalse};
use mcptt_codec::sip::{
    FieldValue, HeaderName, Headers, Limits, Method, NameAddr, Part, Request, Scheme, StatusCode, Uri,
    multipart,
};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

/// The option tag of RFC 5368.
pub const MULTIPLE_REFER: &str = "multiple-refer";
/// The option tag of RFC 4488.
pub const NO_SUBSCRIPTION: &str = "norefersub";
/// The disposition of a body with the addresses of several targets (RFC 5363).
const RECIPIENT_LIST: &str = "recipient-list";

/// A request to send requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Referral {
    /// What is to be sent: at least one.
    pub targets: Vec<Target>,
    /// They stand in a list in the body, be it a list of one.
    pub listed: bool,
    /// The referrer wants to be told what becomes of it.
    pub subscribe: bool,
    /// The dialog that gives the referrer the right to ask (RFC 4538).
    pub target_dialog: Option<TargetDialog>,
    /// Referred-By as it was written (RFC 3892).
    pub referred_by: Option<ByteStr>,
}

/// One request that is to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// To whom, without what the request is made of.
    pub uri: Uri,
    /// Which; INVITE unless the address says otherwise.
    pub method: Method,
    /// Its header fields, without those that no stranger may choose.
    pub headers: Headers,
    /// Its body; what it is stands in the header fields.
    pub body: Bytes,
}

impl Target {
    /// An INVITE to this address.
    pub fn invite(uri: Uri) -> Self {
        Self { uri, method: Method::Invite, headers: Headers::new(), body: Bytes::new() }
    }

    /// The parts of the body.
    ///
    /// # Errors
    /// [`DecodeError`] for a multipart that cannot be taken apart, and for a body that does not say what it is.
    pub fn parts(&self) -> Result<Vec<Part>, DecodeError> {
        multipart::body_parts(&self.headers, &self.body, &Limits::DEFAULT)
    }

    /// Replaces the body.
    pub fn set_parts(&mut self, parts: &[Part]) {
        self.body = multipart::set_body(&mut self.headers, parts);
    }

    fn read(uri: &Uri) -> Result<Self, StatusCode> {
        if !matches!(uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel) {
            return Err(StatusCode::UNSUPPORTED_URI_SCHEME);
        }
        let Embedded { method, headers: given, body } =
            uri.embedded().map_err(|_| StatusCode::BAD_REQUEST)?;
        let mut headers = Headers::new();
        for (name, value) in given.iter() {
            //= RFC3261-19.1.5:dangerous
            if !is_dangerous(name) {
                headers.push(name.clone(), value.clone());
            }
        }
        let mut uri = uri.clone();
        uri.headers.clear();
        uri.params.remove("method");
        Ok(Self { uri, method: method.unwrap_or(Method::Invite), headers, body: body.unwrap_or_default() })
    }

    fn write(&self) -> Uri {
        let method = (self.method != Method::Invite).then(|| self.method.clone());
        let body = (!self.body.is_empty()).then(|| self.body.clone());
        let mut uri = self.uri.clone();
        uri.set_embedded(&Embedded { method, headers: self.headers.clone(), body });
        uri
    }
}

/// What somebody else must not put into our requests (RFC 3261 19.1.5): the way, the dialog, and who we are.
fn is_dangerous(name: &HeaderName) -> bool {
    use HeaderName as Name;
    matches!(
        name,
        Name::Via
            | Name::From
            | Name::To
            | Name::CallId
            | Name::CSeq
            | Name::Contact
            | Name::MaxForwards
            | Name::Route
            | Name::RecordRoute
            | Name::Path
            | Name::ContentLength
            | Name::PAssertedIdentity
            | Name::PAssertedService
            | Name::Authorization
            | Name::ProxyAuthorization
            | Name::Identity
    )
}

impl Referral {
    /// A referral to these targets that nobody subscribes to, as TS 24.379 has it: in a list even if there is one only.
    pub const fn listed(targets: Vec<Target>) -> Self {
        Self { targets, listed: true, subscribe: false, target_dialog: None, referred_by: None }
    }

    /// Reads a REFER with at most `limit` targets.
    ///
    /// # Errors
    /// The status that refuses it: 400 for a request that says nothing usable or refers to two addresses at once, 416 for
    /// an address of a scheme that nothing can be sent to, 403 for more targets than the limit.
    pub fn read(request: &Request, limit: usize) -> Result<Self, StatusCode> {
        let headers = &request.headers;
        let bad = |_| StatusCode::BAD_REQUEST;
        let mut all = headers.shared_values(&HeaderName::ReferTo);
        //= RFC3515-2.4.2:one
        let (Some(refer_to), None) = (all.next(), all.next()) else { return Err(StatusCode::BAD_REQUEST) };
        let refer_to = ReferTo::read(&refer_to).map_err(bad)?;
        let (targets, listed) = match refer_to.content_id() {
            Some(id) => (listed(request, id.as_str(), limit)?, true),
            None => (vec![Target::read(&refer_to.uri)?], false),
        };
        let first = |name: &HeaderName| headers.shared_values(name).next();
        let subscribe = match first(&HeaderName::ReferSub) {
            Some(value) => ReferSub::read(&value).map_err(bad)?.subscribe.0,
            None => true,
        };
        let target_dialog = first(&HeaderName::TargetDialog);
        let target_dialog = target_dialog.map(|value| TargetDialog::read(&value)).transpose().map_err(bad)?;
        Ok(Self {
            targets,
            listed,
            //= RFC5368-5:nosub
            subscribe: subscribe && !listed,
            target_dialog,
            referred_by: first(&HeaderName::ReferredBy),
        })
    }

    /// Writes it into a REFER. `content_id` names the list, of the form `left@right`; it must be unique.
    pub fn write(&self, request: &mut Request, content_id: &ContentId) {
        let headers = &mut request.headers;
        if !self.subscribe {
            //= RFC4488-4:ask
            headers.push(HeaderName::ReferSub, ReferSub::new(TrueOrFalse(false)).to_string());
            headers.push(HeaderName::Supported, NO_SUBSCRIPTION);
        }
        if let Some(dialog) = &self.target_dialog {
            headers.push(HeaderName::TargetDialog, dialog.to_string());
        }
        if let Some(referrer) = &self.referred_by {
            headers.push(HeaderName::ReferredBy, referrer.clone());
        }
        match self.targets.as_slice() {
            [one] if !self.listed => {
                headers.push(HeaderName::ReferTo, bracketed(&one.write()));
            }
            all => {
                //= RFC5368-4:require
                headers.push(HeaderName::Require, MULTIPLE_REFER);
                headers.push(HeaderName::ReferTo, bracketed(&content_id.uri()));
                let entries = all.iter().map(|target| Entry::to(target.write().to_string()));
                let list = Part::new(mime::RESOURCE_LISTS, ResourceLists::of(entries).to_xml())
                    .with(HeaderName::ContentDisposition, RECIPIENT_LIST)
                    .with(HeaderName::ContentId, content_id.to_string());
                let mut parts = request.parts(&Limits::DEFAULT).unwrap_or_default();
                parts.push(list);
                request.set_parts(&parts);
            }
        }
    }
}

fn bracketed(uri: &Uri) -> String {
    format!("<{uri}>")
}

/// The targets in the list with this Content-ID.
fn listed(request: &Request, id: &str, limit: usize) -> Result<Vec<Target>, StatusCode> {
    let parts = request.parts(&Limits::DEFAULT).map_err(|_| StatusCode::BAD_REQUEST)?;
    let named = parts.iter().find(|part| part.content_id() == Some(id));
    let list = named.filter(|part| part.is(mime::RESOURCE_LISTS)).ok_or(StatusCode::BAD_REQUEST)?;
    let list = ResourceLists::parse(&list.body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut targets: Vec<Target> = Vec::new();
    for entry in list.entries() {
        if targets.len() >= limit {
            return Err(StatusCode::FORBIDDEN);
        }
        let target = Target::read(&entry.read_uri().map_err(|_| StatusCode::BAD_REQUEST)?)?;
        //= RFC5368-7:once
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.is_empty() { Err(StatusCode::BAD_REQUEST) } else { Ok(targets) }
}

/// What a NOTIFY says about a referral of ours (RFC 3515 2.4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How far the referred request is: the status of its last answer.
    pub status: StatusCode,
    /// The subscription is over with this.
    pub over: bool,
}

impl Progress {
    /// Reads a NOTIFY of the `refer` package; `None` for another one, and for one whose body says nothing.
    pub fn read(notify: &Request) -> Option<Self> {
        let event = notify.headers.get(&HeaderName::Event)?;
        if !event.split(';').next()?.trim().eq_ignore_ascii_case("refer") {
            return None;
        }
        let parts = notify.parts(&Limits::DEFAULT).ok()?;
        let fragment = parts.iter().find(|part| part.is(mime::SIPFRAG))?;
        let line = std::str::from_utf8(&fragment.body).ok()?.lines().next()?;
        let status: u16 = line.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
        let state = notify.headers.get(&HeaderName::SubscriptionState)?;
        let over = state.split(';').next()?.trim().eq_ignore_ascii_case("terminated");
        let status = StatusCode(status);
        status.is_valid().then_some(Self { status, over })
    }

    /// The body of a NOTIFY that says so.
    pub fn fragment(status: StatusCode) -> Part {
        Part::new(mime::SIPFRAG, format!("SIP/2.0 {status} {}\r\n", status.reason()))
    }
}

/// The address that Referred-By names.
pub fn referrer(referral: &Referral) -> Option<Uri> {
    NameAddr::read(referral.referred_by.as_ref()?).ok().map(|address| address.uri)
}

#[cfg(test)]
mod tests;
