//! What the access network adds: P-Access-Network-Info, P-Charging-Vector, P-Charging-Function-Addresses,
//! P-Visited-Network-ID (RFC 7315), and the security agreement (RFC 3329).

use std::fmt;
use std::ops::Deref;

use super::super::grammar::whole;
use super::super::params::Params;
use super::FieldValue;
use super::accept::{Qvalue, qvalue};
use super::params::{
    Rule, check, decimal, flag, may, must, number_of, port, quoted, token, token_or_quoted, word_and_params,
};
use super::token::{Token, TokenOrQuoted};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded};

word_and_params! {
    /// One element of P-Access-Network-Info: how a user is attached.
    AccessNetwork, "P-Access-Network-Info",
    /// `3GPP-E-UTRAN-FDD`, `3GPP-NR-FDD`, `IEEE-802.11`, ...
    access: Token,
    [may("np", flag), may("network-provided", flag)]
}

impl AccessNetwork {
    /// The cell or location that the access type defines: the first of the parameters that hold one.
    pub fn cell(&self) -> Option<&str> {
        const NAMES: [&str; 7] = [
            "utran-cell-id-3gpp",
            "cgi-3gpp",
            "ci-3gpp2",
            "utran-sai-3gpp",
            "i-wlan-node-id",
            "dsl-location",
            "eth-location",
        ];
        NAMES.into_iter().find_map(|name| self.params.get(name))
    }

    /// Whether the network says so, and not the user.
    pub fn is_network_provided(&self) -> bool {
        self.params.contains("network-provided") || self.params.contains("np")
    }
}

/// Parameters without a word before them: P-Charging-Function-Addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ParamList(pub Params);

fn list(text: &ByteStr, what: &'static str, rules: &[Rule]) -> Result<Decoded<Params>, DecodeError> {
    let params = whole(text.as_str(), what, |input| Params::of_list(text, input))?;
    let deviations = check(text, &params, what, rules)?;
    Ok(Decoded { value: params, deviations })
}

impl FieldValue for ParamList {
    const WHAT: &'static str = "parameters";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let Decoded { value, deviations } = list(text, Self::WHAT, &[])?;
        Ok(Decoded { value: Self(value), deviations })
    }
}

impl Deref for ParamList {
    type Target = Params;
    fn deref(&self) -> &Params {
        &self.0
    }
}

impl fmt::Display for ParamList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().trim_start_matches(';'))
    }
}

/// P-Charging-Vector: what correlates charging records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChargingVector(pub ParamList);

impl ChargingVector {
    /// The identity of the charged session, quotes removed.
    pub fn icid(&self) -> &str {
        self.0.get("icid-value").unwrap_or_default()
    }

    /// The operator that the session comes from.
    pub fn orig_ioi(&self) -> Option<&str> {
        self.0.get("orig-ioi")
    }

    /// The operator that it goes to.
    pub fn term_ioi(&self) -> Option<&str> {
        self.0.get("term-ioi")
    }
}

impl FieldValue for ChargingVector {
    const WHAT: &'static str = "P-Charging-Vector";
    fn examine(text: &ByteStr) -> Result<Decoded<Self>, DecodeError> {
        let present = |value: Option<&str>| value.is_some();
        let rules = [
            must("icid-value", present),
            may("icid-generated-at", present),
            may("orig-ioi", present),
            may("term-ioi", present),
            may("transit-ioi", present),
        ];
        let Decoded { value, deviations } = list(text, Self::WHAT, &rules)?;
        Ok(Decoded { value: Self(ParamList(value)), deviations })
    }
}

impl fmt::Display for ChargingVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

word_and_params! {
    /// One element of P-Visited-Network-ID.
    VisitedNetwork, "P-Visited-Network-ID",
    /// The network, a name or a text.
    network: TokenOrQuoted,
    []
}

word_and_params! {
    /// One element of Security-Client, Security-Server or Security-Verify (RFC 3329, TS 33.203 Annex H).
    Mechanism, "security mechanism",
    /// `ipsec-3gpp`, `tls`, `digest`, ...
    name: Token,
    [
        may("q", qvalue),
        may("d-alg", token_or_quoted),
        may("d-qop", token_or_quoted),
        may("d-ver", quoted),
        may("alg", token),
        may("ealg", token),
        may("prot", token),
        may("mod", token),
        may("spi-c", decimal),
        may("spi-s", decimal),
        may("port-c", port),
        may("port-s", port),
    ]
}

impl Mechanism {
    /// The preference among several mechanisms.
    pub fn q(&self) -> Option<Qvalue> {
        Qvalue::of(&self.params, "q")
    }

    /// The security associations of the client and of the server side.
    pub fn spi(&self) -> Option<(u32, u32)> {
        Some((number_of(&self.params, "spi-c")?, number_of(&self.params, "spi-s")?))
    }

    /// The protected ports of the client and of the server side.
    pub fn ports(&self) -> Option<(u16, u16)> {
        let port = |name| number_of(&self.params, name).and_then(|port| u16::try_from(port).ok());
        Some((port("port-c")?, port("port-s")?))
    }
}
