//! `[mbms]`.

use std::net::{IpAddr, SocketAddr};

use call_control::config as cc;
use mcptt_codec::floor::Plmn;
use mcptt_codec::subchannel::Tmgi;
use serde::Deserialize;

use super::{FileError, value};

/// MBMS bearers of the participating function.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Mbms {
    identity: Option<String>,
    audio_ports: [u16; 2],
    floor_ports: [u16; 2],
    protect: bool,
    #[serde(rename = "bearer")]
    bearers: Vec<Bearer>,
}

/// `[[mbms.bearer]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Bearer {
    tmgi: String,
    qci: u8,
    service_areas: Vec<u16>,
    #[serde(default)]
    frequencies: Vec<u32>,
    #[serde(default)]
    report_suspension: bool,
    general_purpose: SocketAddr,
    #[serde(default)]
    subchannels: Vec<Subchannel>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Subchannel {
    address: IpAddr,
    audio_port: u16,
    floor_port: u16,
}

/// Subchannels of one bearer: media lines are numbered with one octet, two for each and one for general purposes.
const MOST_SUBCHANNELS: usize = 64;

impl Default for Mbms {
    fn default() -> Self {
        let own = cc::MbmsConfig::default();
        Self {
            identity: None,
            audio_ports: [*own.audio_ports.start(), *own.audio_ports.end()],
            floor_ports: [*own.floor_ports.start(), *own.floor_ports.end()],
            protect: false,
            bearers: Vec::new(),
        }
    }
}

impl Mbms {
    /// What call control is told.
    ///
    /// # Errors
    /// [`FileError::Value`]: a TMGI that is none, or too many subchannels.
    pub(super) fn translate(self) -> Result<cc::MbmsConfig, FileError> {
        let range = |[first, last]: [u16; 2]| first..=last;
        Ok(cc::MbmsConfig {
            identity: self.identity.map(Into::into),
            audio_ports: range(self.audio_ports),
            floor_ports: range(self.floor_ports),
            protected: self.protect,
            bearers: self
                .bearers
                .into_iter()
                .enumerate()
                .map(|(index, one)| bearer(index, one))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn bearer(index: usize, bearer: Bearer) -> Result<cc::MbmsBearer, FileError> {
    let tmgi = tmgi(&bearer.tmgi).ok_or_else(|| {
        let setting = format!("mbms.bearer[{index}].tmgi");
        value(setting, &bearer.tmgi, "six hexadecimal digits, or twelve with the network")
    })?;
    if bearer.subchannels.len() > MOST_SUBCHANNELS {
        let setting = format!("mbms.bearer[{index}].subchannels");
        return Err(value(setting, bearer.subchannels.len(), "at most 64"));
    }
    Ok(cc::MbmsBearer {
        tmgi,
        qci: bearer.qci,
        frequencies: bearer.frequencies,
        service_areas: bearer.service_areas,
        report_suspension: bearer.report_suspension,
        general_purpose: bearer.general_purpose,
        subchannels: bearer
            .subchannels
            .into_iter()
            .map(|one| cc::MbmsSubchannelConfig {
                address: one.address,
                audio_port: one.audio_port,
                floor_port: one.floor_port,
            })
            .collect(),
    })
}

fn tmgi(text: &str) -> Option<Tmgi> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let octets: Vec<u8> = digits.chunks_exact(2).map(|pair| (pair[0] << 4) | pair[1]).collect();
    match (digits.len(), octets.as_slice()) {
        (6, &[a, b, c]) => Some(Tmgi { service_id: [a, b, c], plmn: None }),
        (12, &[a, b, c, x, y, z]) => Some(Tmgi { service_id: [a, b, c], plmn: Some(Plmn([x, y, z])) }),
        _ => None,
    }
}
