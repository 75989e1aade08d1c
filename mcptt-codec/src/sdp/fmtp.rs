//! `a=fmtp:MCPTT`: the floor control parameters that the two ends agree on (TS 24.380 12.1 and clause 14).

use std::fmt;

use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, one_of, space0};
use nom::combinator::opt;
use nom::multi::{many0_count, many1_count};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::{MAX_FMTP_PARAMETERS, offset_in};
use crate::id::Ssrc;
use crate::text::ByteStr;
use crate::{DecodeError, Decoded, Deviation};

const QUEUEING: &str = "mc_queueing";
const PRIORITY: &str = "mc_priority";
const GRANTED: &str = "mc_granted";
const IMPLICIT_REQUEST: &str = "mc_implicit_request";
const SSRC: &str = "mc_ssrc";
const NO_FLOOR_CONTROL: &str = "mc_no_floor_ctrl";
const FLOOR_SSRC: &str = "mc_floor_ssrc";
const KNOWN: [&str; 7] = [QUEUEING, PRIORITY, GRANTED, IMPLICIT_REQUEST, SSRC, NO_FLOOR_CONTROL, FLOOR_SSRC];

/// The parameters of the floor control line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct McpttFmtp {
    /// `mc_queueing`: the sender can queue floor requests.
    pub queueing: bool,
    /// `mc_priority`: highest floor priority that the client may use, 1 to 255.
    pub priority: Option<u8>,
    /// `mc_granted`: in an offer a capability, in an answer the grant.
    pub granted: bool,
    /// `mc_implicit_request`: the SIP request is a floor request as well.
    pub implicit_request: bool,
    /// `mc_ssrc`: the audio SSRC that the client has to use.
    pub ssrc: Option<Ssrc>,
    /// `mc_no_floor_ctrl`: a call without floor control on a pre-established session; excludes the others.
    pub no_floor_control: bool,
    /// `mc_floor_ssrc`: the SSRC that floor messages towards the sender of the description carry.
    pub floor_ssrc: Option<Ssrc>,
    /// Parameters of other releases, in their order.
    pub unknown: Vec<FmtpParameter>,
}

/// A parameter that this project does not know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FmtpParameter {
    /// Its name.
    pub name: ByteStr,
    /// What follows the equals sign.
    pub value: Option<ByteStr>,
}

/// Where an offer stands in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfferPlace {
    /// The first one of a session on demand.
    OnDemand,
    /// The first one of a pre-established session, or one that opens a call on it.
    PreEstablished,
    /// A later one.
    Later,
    /// A later one that makes the call an emergency.
    EmergencyUpgrade,
}

impl McpttFmtp {
    /// Reads what follows `MCPTT` in the attribute. The separator is a semicolon or a colon, with or without
    /// blanks around it: the clauses print both. Names are compared without case.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset in `text`: not the grammar, a value where none belongs or the other
    /// way round, a number out of range, a parameter given twice, `mc_no_floor_ctrl` beside another known
    /// parameter, too many parameters.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Self::examine(text).map(|decoded| decoded.value)
    }

    /// As [`Self::parse`], and reports what the grammar of the clause does not have: blanks, empty parameters, both
    /// separators in one list, a priority with leading zeros. Either separator alone is what a clause prints.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn examine(text: &str) -> Result<Decoded<Self>, DecodeError> {
        const WHAT: &str = "fmtp parameter";
        let mut fmtp = Decoded::clean(Self::default());
        let mut seen: Vec<&str> = Vec::new();
        let mut separator = None;
        let mut rest = leading(text);
        //= 24.380-12.1:separator
        let mut odd = (!rest.is_empty() && rest.len() != text.len()).then_some(0);
        while !rest.is_empty() {
            let at = offset_in(text, rest);
            if seen.len() >= MAX_FMTP_PARAMETERS {
                let got = seen.len().saturating_add(1);
                return Err(DecodeError::too_large(at, "fmtp parameters", MAX_FMTP_PARAMETERS, got));
            }
            let invalid = DecodeError::invalid(at, WHAT);
            let (after, (name, value)) = parameter(rest).map_err(|_| invalid)?;
            if seen.iter().any(|other| other.eq_ignore_ascii_case(name)) {
                return Err(invalid);
            }
            seen.push(name);
            fmtp.value.set(name, value).ok_or(invalid)?;
            let written = rest.len().saturating_sub(after.len());
            let wanted =
                value.map_or(name.len(), |value| name.len().saturating_add(1).saturating_add(value.len()));
            if written != wanted {
                odd = odd.or(Some(at));
            }
            //= 24.380-12.1.2.2:digits
            if value.is_some_and(|value| name.eq_ignore_ascii_case(PRIORITY) && value.starts_with('0')) {
                fmtp.deviations.push(Deviation { offset: at, requirement: "24.380-12.1.2.2:digits" });
            }
            let between = offset_in(text, after);
            rest = match separators(after) {
                Ok((next, _)) => next,
                Err(_) if after.trim().is_empty() => "",
                Err(_) => return Err(DecodeError::invalid(between, WHAT)),
            };
            let used = after.get(..after.len().saturating_sub(rest.len())).unwrap_or_default();
            let usual = match used {
                "" => true,
                ";" | ":" => !rest.is_empty() && *separator.get_or_insert(used) == used,
                _ => false,
            };
            if !usual {
                odd = odd.or(Some(between));
            }
        }
        if let Some(offset) = odd {
            fmtp.deviations.push(Deviation { offset, requirement: "24.380-12.1:separator" });
        }
        if fmtp.value.is_valid() { Ok(fmtp) } else { Err(DecodeError::invalid(0, "mc_no_floor_ctrl")) }
    }

    fn set(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        match (known, value) {
            (Some(QUEUEING), None) => self.queueing = true,
            (Some(PRIORITY), Some(value)) => self.priority = Some(priority(value)?),
            (Some(GRANTED), None) => self.granted = true,
            (Some(IMPLICIT_REQUEST), None) => self.implicit_request = true,
            (Some(SSRC), Some(value)) => self.ssrc = Some(ssrc(value)?),
            (Some(NO_FLOOR_CONTROL), None) => self.no_floor_control = true,
            (Some(FLOOR_SSRC), Some(value)) => self.floor_ssrc = Some(ssrc(value)?),
            (Some(_), _) => return None,
            (None, value) => {
                self.unknown.push(FmtpParameter { name: name.into(), value: value.map(ByteStr::from) });
            }
        }
        Some(())
    }

    /// Whether the parameters may stand together: `mc_priority` is not 0 and `mc_no_floor_ctrl` is alone.
    pub fn is_valid(&self) -> bool {
        let others = self.queueing
            || self.priority.is_some()
            || self.granted
            || self.implicit_request
            || self.ssrc.is_some()
            || self.floor_ssrc.is_some();
        self.priority != Some(0) && !(self.no_floor_control && others)
    }

    /// Whether there is no parameter.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The answer to this offer by an end that would like `wanted`.
    ///
    /// Only what was offered is in it, and the priority is the lower one. `mc_ssrc` is not an echo (an offer
    /// states the source with `a=ssrc`), so it is as wanted. Parameters of other releases are not answered.
    #[must_use]
    pub fn answer(&self, wanted: &Self) -> Self {
        if self.no_floor_control {
            let no_floor_control = wanted.no_floor_control;
            return Self { no_floor_control, ..Self::default() };
        }
        //= 24.379-6.2.2:answer
        Self {
            queueing: self.queueing && wanted.queueing,
            //= 24.380-12.1.2.2:priority
            priority: self.priority.zip(wanted.priority).map(|(offered, wanted)| offered.min(wanted)),
            granted: self.granted && wanted.granted,
            implicit_request: self.implicit_request && wanted.implicit_request,
            ssrc: wanted.ssrc,
            no_floor_control: false,
            floor_ssrc: self.floor_ssrc.and(wanted.floor_ssrc),
            unknown: Vec::new(),
        }
    }

    /// The priority that the controlling function answers: the lowest of the offer, the `<user-priority>` of
    /// the member and the `<num-levels-priority-hierarchy>` of the service; `None` when none was offered.
    pub fn answered_priority(&self, user_priority: u8, levels: u8) -> Option<u8> {
        //= 24.380-14.3.3
        self.priority.map(|offered| offered.min(user_priority).min(levels).max(1))
    }

    /// The parameters of this answer that the offer does not have. `mc_ssrc` is not among them: its offer is `a=ssrc`.
    pub fn not_offered(&self, offer: &Self) -> Vec<&'static str> {
        //= 24.379-6.2.2:answer
        let invented = [
            (QUEUEING, self.queueing && !offer.queueing),
            (PRIORITY, self.priority.is_some() && offer.priority.is_none()),
            (GRANTED, self.granted && !offer.granted),
            (IMPLICIT_REQUEST, self.implicit_request && !offer.implicit_request),
            (NO_FLOOR_CONTROL, self.no_floor_control && !offer.no_floor_control),
            (FLOOR_SSRC, self.floor_ssrc.is_some() && offer.floor_ssrc.is_none()),
        ];
        invented.into_iter().filter(|(_, invented)| *invented).map(|(name, _)| name).collect()
    }

    /// The requirements that this answer to `offer` breaks.
    pub fn answer_faults(&self, offer: &Self) -> Vec<&'static str> {
        let mut faults = Vec::new();
        if !self.not_offered(offer).is_empty() {
            faults.push("24.379-6.2.2:answer");
        }
        if self.priority.zip(offer.priority).is_some_and(|(answered, offered)| answered > offered) {
            faults.push("24.380-12.1.2.2:priority");
        }
        faults
    }

    /// The requirements that these parameters break in an offer. A first offer on demand must not have
    /// `mc_no_floor_ctrl`; a later one neither `mc_granted` nor, unless the call becomes an emergency,
    /// `mc_implicit_request`.
    pub fn offer_faults(&self, place: OfferPlace) -> Vec<&'static str> {
        let mut faults = Vec::new();
        if self.no_floor_control && place == OfferPlace::OnDemand {
            faults.push("24.379-11.1:fmtp");
        }
        let later = match place {
            OfferPlace::Later => Some(false),
            OfferPlace::EmergencyUpgrade => Some(true),
            OfferPlace::OnDemand | OfferPlace::PreEstablished => None,
        };
        if later.is_some_and(|upgrade| *self != self.for_later_offer(upgrade)) {
            faults.push("24.380-14.5");
        }
        faults
    }

    /// These parameters for an offer after the first one of the session, where neither the capability to take
    /// a grant nor, unless the call is being upgraded to an emergency, an implicit request belongs.
    #[must_use]
    pub fn for_later_offer(&self, emergency_upgrade: bool) -> Self {
        let implicit_request = self.implicit_request && emergency_upgrade;
        //= 24.380-14.5
        Self { granted: false, implicit_request, ..self.clone() }
    }
}

impl fmt::Display for McpttFmtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = |set: bool, name: &str| set.then(|| name.to_owned());
        let known = [
            flag(self.queueing, QUEUEING),
            self.priority.map(|priority| format!("{PRIORITY}={priority}")),
            flag(self.granted, GRANTED),
            flag(self.implicit_request, IMPLICIT_REQUEST),
            self.ssrc.map(|ssrc| format!("{SSRC}={}", ssrc.0)),
            flag(self.no_floor_control, NO_FLOOR_CONTROL),
            self.floor_ssrc.map(|ssrc| format!("{FLOOR_SSRC}={}", ssrc.0)),
        ];
        let unknown = self.unknown.iter().map(|parameter| match &parameter.value {
            Some(value) => format!("{}={value}", parameter.name),
            None => parameter.name.to_string(),
        });
        let all: Vec<_> = known.into_iter().flatten().chain(unknown).collect();
        f.write_str(&all.join(";"))
    }
}

/// Skips separators and blanks at the start.
fn leading(text: &str) -> &str {
    let skipped: IResult<&str, usize> = many0_count(one_of(";: \t")).parse(text);
    skipped.map_or(text, |(rest, _)| rest)
}

/// One separator or several, with blanks around them.
fn separators(text: &str) -> IResult<&str, usize> {
    preceded(space0, many1_count((one_of(";:"), space0))).parse(text)
}

/// `name` or `name=value`.
fn parameter(text: &str) -> IResult<&str, (&str, Option<&str>)> {
    let token = |c: char| c.is_ascii_graphic() && !matches!(c, ';' | ':' | '=');
    let in_value = |c: char| c.is_ascii_graphic() && !matches!(c, ';' | ':');
    let value = preceded(delimited(space0, char('='), space0), take_while(in_value));
    (take_while1(token), opt(value)).parse(text)
}

/// One to three digits, 1 to 255.
fn priority(text: &str) -> Option<u8> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|priority| digits && *priority > 0)
}

fn ssrc(text: &str) -> Option<Ssrc> {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    text.parse().ok().filter(|_| digits).map(Ssrc)
}
