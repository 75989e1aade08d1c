//! [`MonpMessage`]: the messages, typed.

use bytes::{Bytes, BytesMut};

use crate::monp::body::*;
use crate::monp::content::Source;
use crate::monp::element::Element;
use crate::monp::packet::{DecodeOptions, MonpPacket};
use crate::monp::{MessageType, requirement};
use crate::{DecodeError, Decoded, Deviation, EncodeError};

/// Declares the message enumeration from the list of messages, their types and what they hold.
macro_rules! messages {
    ($($(#[$doc:meta])* $variant:ident($body:ident) = $message_type:ident,)+) => {
        /// An off-network call control message.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum MonpMessage {
            $($(#[$doc])* $variant($body),)+
            /// A message type that no table known to this project assigns: to be ignored.
            Unknown {
                /// The first octet.
                message_type: MessageType,
                /// Everything behind it.
                octets: Bytes,
            },
        }

        impl MonpMessage {
            fn read(packet: &MonpPacket, source: &mut Source<'_>) -> Result<Self, DecodeError> {
                Ok(match packet.message_type {
                    $(MessageType::$message_type => Self::$variant(Body::read(source)?),)+
                    message_type => {
                        source.deviations.push(Deviation { offset: 0, requirement: requirement::MESSAGE_TYPE });
                        Self::Unknown { message_type, octets: packet.rest.clone() }
                    }
                })
            }

            /// The first octet.
            pub const fn message_type(&self) -> MessageType {
                match self {
                    $(Self::$variant(_) => MessageType::$message_type,)+
                    Self::Unknown { message_type, .. } => *message_type,
                }
            }

            fn elements(&self) -> Vec<Element> {
                let mut elements = Vec::new();
                match self {
                    $(Self::$variant(body) => body.write(&mut elements),)+
                    Self::Unknown { .. } => {}
                }
                elements
            }
        }
    };
}

messages! {
    /// GROUP CALL PROBE.
    GroupCallProbe(GroupCallProbe) = GROUP_CALL_PROBE,
    /// GROUP CALL ANNOUNCEMENT.
    GroupCallAnnouncement(GroupCallAnnouncement) = GROUP_CALL_ANNOUNCEMENT,
    /// GROUP CALL ACCEPT.
    GroupCallAccept(GroupCallAccept) = GROUP_CALL_ACCEPT,
    /// GROUP CALL EMERGENCY END.
    GroupCallEmergencyEnd(GroupCallStateEnd) = GROUP_CALL_EMERGENCY_END,
    /// GROUP CALL IMMINENT PERIL END.
    GroupCallImminentPerilEnd(GroupCallStateEnd) = GROUP_CALL_IMMINENT_PERIL_END,
    /// GROUP CALL BROADCAST.
    GroupCallBroadcast(GroupCallBroadcast) = GROUP_CALL_BROADCAST,
    /// GROUP CALL BROADCAST END.
    GroupCallBroadcastEnd(GroupCallBroadcastEnd) = GROUP_CALL_BROADCAST_END,
    /// PRIVATE CALL SETUP REQUEST.
    PrivateCallSetupRequest(PrivateCallSetupRequest) = PRIVATE_CALL_SETUP_REQUEST,
    /// PRIVATE CALL RINGING.
    PrivateCallRinging(PrivateCallParties) = PRIVATE_CALL_RINGING,
    /// PRIVATE CALL ACCEPT.
    PrivateCallAccept(PrivateCallAccept) = PRIVATE_CALL_ACCEPT,
    /// PRIVATE CALL REJECT.
    PrivateCallReject(PrivateCallReject) = PRIVATE_CALL_REJECT,
    /// PRIVATE CALL RELEASE.
    PrivateCallRelease(PrivateCallParties) = PRIVATE_CALL_RELEASE,
    /// PRIVATE CALL RELEASE ACK.
    PrivateCallReleaseAck(PrivateCallParties) = PRIVATE_CALL_RELEASE_ACK,
    /// PRIVATE CALL ACCEPT ACK.
    PrivateCallAcceptAck(PrivateCallParties) = PRIVATE_CALL_ACCEPT_ACK,
    /// PRIVATE CALL EMERGENCY CANCEL.
    PrivateCallEmergencyCancel(PrivateCallParties) = PRIVATE_CALL_EMERGENCY_CANCEL,
    /// PRIVATE CALL EMERGENCY CANCEL ACK.
    PrivateCallEmergencyCancelAck(PrivateCallParties) = PRIVATE_CALL_EMERGENCY_CANCEL_ACK,
    /// GROUP EMERGENCY ALERT.
    GroupEmergencyAlert(GroupEmergencyAlert) = GROUP_EMERGENCY_ALERT,
    /// GROUP EMERGENCY ALERT ACK.
    GroupEmergencyAlertAck(GroupEmergencyAlertParties) = GROUP_EMERGENCY_ALERT_ACK,
    /// GROUP EMERGENCY ALERT CANCEL.
    GroupEmergencyAlertCancel(GroupEmergencyAlertParties) = GROUP_EMERGENCY_ALERT_CANCEL,
    /// GROUP EMERGENCY ALERT CANCEL ACK.
    GroupEmergencyAlertCancelAck(GroupEmergencyAlertParties) = GROUP_EMERGENCY_ALERT_CANCEL_ACK,
    /// MCDATA MESSAGE CARRIER.
    McdataMessageCarrier(MessageCarrier) = MCDATA_MESSAGE_CARRIER,
    /// MCVIDEO MESSAGE CARRIER.
    McvideoMessageCarrier(MessageCarrier) = MCVIDEO_MESSAGE_CARRIER,
}

impl MonpMessage {
    /// Reads the message that fills the datagram.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the datagram, when the message has to be ignored: it is empty, an
    /// element that must be there is cut short or is an identity that is not UTF-8, or there is an unknown element that
    /// must be understood. Everything else is noted in [`Decoded::deviations`] under a name of
    /// [`requirement`](crate::monp::requirement).
    pub fn decode(datagram: &Bytes) -> Result<Decoded<Self>, DecodeError> {
        Self::decode_with(datagram, DecodeOptions::default())
    }

    /// Reads the message that fills the datagram, tolerating what the options say.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_with(datagram: &Bytes, options: DecodeOptions) -> Result<Decoded<Self>, DecodeError> {
        Self::from_packet(&MonpPacket::decode_with(datagram, options)?)
    }

    /// Reads the message from a lossless packet.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn from_packet(packet: &MonpPacket) -> Result<Decoded<Self>, DecodeError> {
        let mut source = Source::new(packet);
        //= 24.379-15.1:unknown
        let value = Self::read(packet, &mut source)?;
        let mut deviations = source.deviations;
        if packet.message_type.message_name().is_some() {
            examine_optional(packet, &mut deviations)?;
        }
        deviations.sort_by_key(|deviation| deviation.offset);
        Ok(Decoded { value, deviations })
    }

    /// The lossless packet of this message: elements in the order of the message table.
    pub fn to_packet(&self) -> MonpPacket {
        let rest = match self {
            Self::Unknown { octets, .. } => octets.clone(),
            _ => Bytes::new(),
        };
        MonpPacket { message_type: self.message_type(), elements: self.elements(), rest }
    }

    /// The octets of this message.
    ///
    /// # Errors
    /// [`EncodeError`] when a value is longer than its length can say, 65535 octets.
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        let mut out = BytesMut::new();
        self.to_packet().encode(&mut out)?;
        Ok(out.freeze())
    }

    /// Name of the message in the words of the message table.
    pub fn name(&self) -> &'static str {
        self.message_type().message_name().unwrap_or("unknown message")
    }
}

/// Looks at the elements behind those that must be there.
fn examine_optional(packet: &MonpPacket, deviations: &mut Vec<Deviation>) -> Result<(), DecodeError> {
    let mut seen = Vec::new();
    for (offset, element) in packet.placed() {
        let Some(iei) = element.iei() else { continue };
        let noted = match element.kind() {
            //= 24.379-I.2:comprehension
            None if iei.must_be_understood() => {
                return Err(DecodeError::invalid(offset, "element that must be understood"));
            }
            None => Some(requirement::UNKNOWN_ELEMENT),
            //= 24.379-I.2:repeated
            Some(kind) if seen.contains(&kind) => Some(requirement::REPEATED),
            Some(kind) => {
                seen.push(kind);
                (kind.iei() != Some(iei)).then_some(requirement::IEI)
            }
        };
        deviations.extend(noted.map(|requirement| Deviation { offset, requirement }));
    }
    if !packet.rest.is_empty() {
        //= 24.379-I.2:overrun
        let offset = packet.encoded_len().saturating_sub(packet.rest.len());
        deviations.push(Deviation { offset, requirement: requirement::OVERRUN });
    }
    Ok(())
}
