//! `a=fmtp:MCPTT`: the floor control parameters that the two ends agree on (TS 24.380 12.1 and clause 14).

use std::fmt;

use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, one_of, space0};
use nom::combinator::opt;
use nom::multi::{many0_count, many1_count};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::{MAX_FMTP_PARAMETERS, offset_in};
use crate::DecodeError;
use crate::id::Ssrc;
use crate::text::ByteStr;

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

impl McpttFmtp {
    /// Reads what follows `MCPTT` in the attribute. The separator is a semicolon or a colon, with or without
    /// blanks around it: the clauses print both.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset in `text`: not the grammar, a value where none belongs or the other
    /// way round, a number out of range, a parameter given twice, `mc_no_floor_ctrl` beside another known
    /// parameter, too many parameters.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "fmtp parameter";
        let mut fmtp = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        let mut rest = leading(text);
        while !rest.is_empty() {
            let at = offset_in(text, rest);
            if seen.len() >= MAX_FMTP_PARAMETERS {
                let got = seen.len().saturating_add(1);
                return Err(DecodeError::too_large(at, "fmtp parameters", MAX_FMTP_PARAMETERS, got));
            }
            let invalid = DecodeError::invalid(at, WHAT);
            let (after, (name, value)) = parameter(rest).map_err(|_| invalid)?;
            if seen.contains(&name) {
                return Err(invalid);
            }
            seen.push(name);
            fmtp.set(name, value).ok_or(invalid)?;
            rest = match separators(after) {
                Ok((next, _)) => next,
                Err(_) if after.trim().is_empty() => "",
                Err(_) => return Err(DecodeError::invalid(offset_in(text, after), WHAT)),
            };
        }
        if fmtp.is_valid() { Ok(fmtp) } else { Err(DecodeError::invalid(0, "mc_no_floor_ctrl")) }
    }

    fn set(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        match (name, value) {
            ("mc_queueing", None) => self.queueing = true,
            ("mc_priority", Some(value)) => self.priority = Some(priority(value)?),
            ("mc_granted", None) => self.granted = true,
            ("mc_implicit_request", None) => self.implicit_request = true,
            ("mc_ssrc", Some(value)) => self.ssrc = Some(ssrc(value)?),
            ("mc_no_floor_ctrl", None) => self.no_floor_control = true,
            ("mc_floor_ssrc", Some(value)) => self.floor_ssrc = Some(ssrc(value)?),
            (
                "mc_queueing"
                | "mc_priority"
                | "mc_granted"
                | "mc_implicit_request"
                | "mc_ssrc"
                | "mc_no_floor_ctrl"
                | "mc_floor_ssrc",
                _,
            ) => return None,
            (name, value) => {
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
            flag(self.queueing, "mc_queueing"),
            self.priority.map(|priority| format!("mc_priority={priority}")),
            flag(self.granted, "mc_granted"),
            flag(self.implicit_request, "mc_implicit_request"),
            self.ssrc.map(|ssrc| format!("mc_ssrc={}", ssrc.0)),
            flag(self.no_floor_control, "mc_no_floor_ctrl"),
            self.floor_ssrc.map(|ssrc| format!("mc_floor_ssrc={}", ssrc.0)),
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
