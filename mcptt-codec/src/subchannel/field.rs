//! Fields of MBMS subchannel control (TS 24.380 8.4.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use crate::DecodeError;
use crate::cursor::{Reader, Writer};
use crate::floor::Plmn;
use crate::id::GroupId;
use crate::rtcp::{Field, FieldError, FieldId, FieldRef, FieldValue, Notes, requirement};
use crate::subchannel::Subtype;
use crate::value::{Keys, Place, Value, ViewError};

/// Fields of MCMC, MBMS subchannel control (TS 24.380 8.4.3).
impl FieldId {
    /// MBMS Subchannel.
    pub const MBMS_SUBCHANNEL: Self = Self(0);
    /// TMGI.
    pub const TMGI: Self = Self(1);
    /// MCPTT Group ID.
    pub const MCPTT_GROUP_ID: Self = Self(2);
    /// Monitoring State.
    pub const MONITORING_STATE: Self = Self(3);
}

/// Number of an m-line, 0 to 15.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct MediaLine(u8);

impl MediaLine {
    /// The number, or `None` above 15.
    pub const fn new(number: u8) -> Option<Self> {
        if number <= 15 { Some(Self(number)) } else { None }
    }

    /// The number, 0 to 15.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// Where media and floor control of a group are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MbmsSubchannel {
    /// Audio m-line of the announced SDP, counted from 1.
    pub audio: MediaLine,
    /// Floor control m-line and its port; `None` when floor control shares the media port.
    pub floor_control: Option<(MediaLine, u32)>,
    /// Media port: 32 bits on the wire, the upper half is zero.
    pub media_port: u32,
    /// Multicast address.
    pub address: IpAddr,
}

/// Temporary mobile group identity (TS 24.008 10.5.6.13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tmgi {
    /// MBMS service id.
    pub service_id: [u8; 3],
    /// Network; the local one when absent.
    pub plmn: Option<Plmn>,
}

impl fmt::Display for Tmgi {
    /// The octets in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plmn = self.plmn.iter().flat_map(|plmn| plmn.0);
        self.service_id.into_iter().chain(plmn).try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Monitoring State of an announced bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct MonitoringState(pub u8);

impl MonitoringState {
    /// Do not monitor.
    pub const INACTIVE: Self = Self(0);
    /// Monitor.
    pub const ACTIVE: Self = Self(1);
}

/// One subchannel control field, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubchannelField {
    /// Addresses of the group's media.
    MbmsSubchannel(MbmsSubchannel),
    /// A bearer.
    Tmgi(Tmgi),
    /// The group.
    GroupId(GroupId),
    /// Whether to monitor the bearer.
    MonitoringState(MonitoringState),
    /// A field that no release known to this project assigns.
    Unknown {
        /// Its id.
        id: FieldId,
        /// Its value, without padding.
        value: Bytes,
    },
}

impl SubchannelField {
    /// Reads a field of an MCMC packet. Spare bits and padding are not looked at.
    ///
    /// # Errors
    /// [`FieldError`] when the field has to be dropped (TS 24.380 8.1.4).
    pub fn decode(field: &Field) -> Result<Self, FieldError> {
        FieldValue::decode(&field.as_ref::<Subtype>(0), &mut Notes::default())
    }

    /// The field as it is sent.
    pub fn to_field(&self) -> Field {
        FieldValue::to_field(self)
    }
}

/// IP version nibble of IPv4.
const IPV4: u8 = 0;
/// IP version nibble of IPv6.
const IPV6: u8 = 1;

impl MbmsSubchannel {
    fn decode(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Self, FieldError> {
        let mut reader = Reader::new(field.value());
        let [lines, version] = reader.array("m-lines").map_err(|_| FieldError::Length)?;
        notes.add_if(version & 0x0f != 0, requirement::SPARE);
        let (audio, floor) = (MediaLine(lines >> 4), MediaLine(lines & 0x0f));
        let subchannel = Self::read(&mut reader, audio, floor, version >> 4)?;
        let subchannel = subchannel.map_err(|_| FieldError::Length)?;
        if reader.is_empty() { Ok(subchannel) } else { Err(FieldError::Length) }
    }

    fn read(
        reader: &mut Reader<'_>,
        audio: MediaLine,
        floor: MediaLine,
        version: u8,
    ) -> Result<Result<Self, DecodeError>, FieldError> {
        if version > IPV6 {
            return Err(FieldError::IpVersion);
        }
        let mut ports = || {
            let floor_control =
                if floor.0 > 0 { Some((floor, reader.u32("floor control port")?)) } else { None };
            let media_port = reader.u32("media port")?;
            let address = if version == IPV4 {
                IpAddr::V4(Ipv4Addr::from(reader.u32("IPv4 address")?))
            } else {
                IpAddr::V6(Ipv6Addr::from(reader.array::<16>("IPv6 address")?))
            };
            Ok(Self { audio, floor_control, media_port, address })
        };
        Ok(ports())
    }

    fn value_len(&self) -> usize {
        let floor = if self.floor_control.is_some() { 4 } else { 0 };
        let address = if self.address.is_ipv4() { 4 } else { 16 };
        6usize.saturating_add(floor).saturating_add(address)
    }

    fn write(&self, writer: &mut Writer<'_>) {
        let floor = self.floor_control.map_or(0, |(line, _)| line.0);
        writer.u8(self.audio.0 << 4 | floor);
        writer.u8(if self.address.is_ipv4() { IPV4 } else { IPV6 } << 4);
        if let Some((_, port)) = self.floor_control {
            writer.u32(port);
        }
        writer.u32(self.media_port);
        match self.address {
            IpAddr::V4(address) => writer.slice(&address.octets()),
            IpAddr::V6(address) => writer.slice(&address.octets()),
        }
    }

    fn describe(&self) -> Vec<(&'static str, Value)> {
        let (floor_line, floor_port) = match self.floor_control {
            Some((line, port)) => (line.0, port.into()),
            None => (0, Value::Null),
        };
        vec![
            ("audio_m_line", self.audio.0.into()),
            ("floor_m_line", floor_line.into()),
            ("ip_version", if self.address.is_ipv4() { 4u8 } else { 6 }.into()),
            ("floor_port", floor_port),
            ("media_port", self.media_port.into()),
            ("ip", Value::text(self.address)),
        ]
    }

    /// The inverse of [`describe`](Self::describe).
    fn from_view(keys: &mut Keys<'_>) -> Result<Self, ViewError> {
        let line = |place: Place<'_>| place.integer(0, 15).map(MediaLine);
        let audio = line(keys.need(&["audio_m_line"])?)?;
        let floor = keys.or_default(&["floor_m_line"], line)?;
        // The version follows from the address.
        keys.ignore(&["ip_version"]);
        let floor_control = match floor {
            MediaLine(0) => {
                keys.ignore(&["floor_port"]);
                None
            }
            line => Some((line, keys.need(&["floor_port"])?.u32()?)),
        };
        Ok(Self {
            audio,
            floor_control,
            media_port: keys.need(&["media_port"])?.u32()?,
            address: keys.need(&["ip"])?.parsed("an IP address")?,
        })
    }
}

impl Tmgi {
    /// The inverse of what is printed.
    fn from_view(place: &Place<'_>) -> Result<Self, ViewError> {
        match place.octets()?.as_ref() {
            [a, b, c] => Ok(Self { service_id: [*a, *b, *c], plmn: None }),
            [a, b, c, d, e, f] => Ok(Self { service_id: [*a, *b, *c], plmn: Some(Plmn([*d, *e, *f])) }),
            _ => Err(place.invalid("three or six octets")),
        }
    }
}

impl FieldValue for SubchannelField {
    fn is_assigned(id: FieldId) -> bool {
        id <= FieldId::MONITORING_STATE
    }

    fn decode(field: &FieldRef<'_>, notes: &mut Notes) -> Result<Self, FieldError> {
        let value = field.value();
        Ok(match field.id() {
            FieldId::MBMS_SUBCHANNEL => Self::MbmsSubchannel(MbmsSubchannel::decode(field, notes)?),
            FieldId::TMGI => {
                let (service_id, plmn) = value.split_first_chunk::<3>().ok_or(FieldError::Length)?;
                let plmn = match plmn {
                    [] => None,
                    plmn => Some(Plmn(plmn.try_into().map_err(|_| FieldError::Length)?)),
                };
                Self::Tmgi(Tmgi { service_id: *service_id, plmn })
            }
            FieldId::MCPTT_GROUP_ID => Self::GroupId(GroupId(field.text(value, notes))),
            FieldId::MONITORING_STATE => {
                let [state] = field.array()?;
                notes.add_if(state > MonitoringState::ACTIVE.0, requirement::ENUMERATION);
                Self::MonitoringState(MonitoringState(state))
            }
            id => Self::Unknown { id, value: field.share(value) },
        })
    }

    fn id(&self) -> FieldId {
        match self {
            Self::MbmsSubchannel(_) => FieldId::MBMS_SUBCHANNEL,
            Self::Tmgi(_) => FieldId::TMGI,
            Self::GroupId(_) => FieldId::MCPTT_GROUP_ID,
            Self::MonitoringState(_) => FieldId::MONITORING_STATE,
            Self::Unknown { id, .. } => *id,
        }
    }

    fn value_len(&self) -> usize {
        match self {
            Self::MbmsSubchannel(subchannel) => subchannel.value_len(),
            Self::Tmgi(tmgi) => {
                if tmgi.plmn.is_some() {
                    6
                } else {
                    3
                }
            }
            Self::GroupId(GroupId(uri)) => uri.as_bytes().len(),
            Self::MonitoringState(_) => 1,
            Self::Unknown { value, .. } => value.len(),
        }
    }

    fn write_value(&self, writer: &mut Writer<'_>) {
        match self {
            Self::MbmsSubchannel(subchannel) => subchannel.write(writer),
            Self::Tmgi(tmgi) => {
                writer.slice(&tmgi.service_id);
                if let Some(plmn) = tmgi.plmn {
                    writer.slice(&plmn.0);
                }
            }
            Self::GroupId(GroupId(uri)) => writer.slice(uri.as_bytes()),
            Self::MonitoringState(state) => writer.u8(state.0),
            Self::Unknown { value, .. } => writer.slice(value),
        }
    }

    fn describe(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::MbmsSubchannel(subchannel) => subchannel.describe(),
            Self::Tmgi(tmgi) => vec![("tmgi", Value::text(tmgi))],
            Self::GroupId(group) => vec![("group_id", Value::text(group))],
            Self::MonitoringState(state) => vec![("monitoring_state", state.0.into())],
            Self::Unknown { value, .. } => vec![("unknown", Value::hex(value))],
        }
    }

    fn from_view(id: FieldId, keys: &mut Keys<'_>) -> Result<Self, ViewError> {
        Ok(match id {
            FieldId::MBMS_SUBCHANNEL => Self::MbmsSubchannel(MbmsSubchannel::from_view(keys)?),
            FieldId::TMGI => Self::Tmgi(Tmgi::from_view(&keys.need(&["tmgi"])?)?),
            FieldId::MCPTT_GROUP_ID => Self::GroupId(GroupId(keys.need(&["group_id", "group"])?.byte_str()?)),
            FieldId::MONITORING_STATE => {
                Self::MonitoringState(MonitoringState(keys.need(&["monitoring_state"])?.u8()?))
            }
            id => Self::Unknown { id, value: keys.need(&["unknown"])?.octets()? },
        })
    }
}
