//! Declares the typed messages of a protocol: the enumeration, what all of them have in common, and the way from a
//! subtype to its message and back.

/// One line per message: variant, what it holds, its number, and `ack` where the message table has the variant with the
/// acknowledgment bit.
macro_rules! messages {
    (
        $(#[$enum_doc:meta])*
        $message:ident: $protocol:ident, $field:ident, $packet:ident, $releases:expr;
        $($(#[$doc:meta])* $variant:ident($body:ident) = $number:ident $($ack:ident)?,)+
    ) => {
        $(#[$enum_doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $message {
            $($(#[$doc])* $variant($body),)+
            /// A subtype that the message table does not list, or lists without acknowledgment bit only: to be
            /// ignored, and never acknowledged (TS 24.380 8.1.4). Its fields are not read; a lossless packet has them.
            Unknown {
                /// All five subtype bits.
                subtype: $protocol,
                /// The sender.
                ssrc: $crate::id::Ssrc,
            },
        }

        impl $message {
            /// Reads the message straight from the octets of one packet, as cut out by
            /// [`rtcp::split`](crate::rtcp::split). A message of ordinary fields that deviates nowhere costs no
            /// allocation; lists and the first deviation do.
            ///
            /// # Errors
            /// [`DecodeError`](crate::DecodeError), offsets from the start of the packet, when this is no packet of the
            /// protocol, when its padding bit is set or when it is cut short: it is to be ignored. Fields never make it
            /// fail: what cannot be read is absent and noted in [`Decoded::deviations`](crate::Decoded::deviations)
            /// under a name of [`requirement`](crate::rtcp::requirement).
            pub fn decode(packet: &bytes::Bytes) -> Result<$crate::Decoded<Self>, $crate::DecodeError> {
                $crate::rtcp::message::decode(packet)
            }

            /// Reads the message from a lossless packet.
            pub fn from_packet(packet: &$packet) -> $crate::Decoded<Self> {
                $crate::rtcp::message::from_packet(packet)
            }

            /// The lossless packet of this message: fields in the order of the message table, padding and spare bits
            /// zero.
            pub fn to_packet(&self) -> $packet {
                $crate::rtcp::message::to_packet(self)
            }

            /// The lossless packet as a sender of this release sends it: fields, bits and locations that the release
            /// does not have are left out, causes that it does not have become "other".
            ///
            /// # Errors
            /// [`NotInRelease`](crate::NotInRelease) when the release does not have the message.
            pub fn to_packet_for(
                &self,
                release: $crate::Release,
            ) -> Result<$packet, $crate::NotInRelease> {
                $crate::rtcp::message::to_packet_for(self, release)
            }

            /// The octets of this message.
            ///
            /// # Errors
            /// [`EncodeError`](crate::EncodeError) when a field is longer than its length can say.
            pub fn encode(&self) -> Result<bytes::Bytes, $crate::EncodeError> {
                $crate::rtcp::message::encode(self)
            }

            /// The octets of this message as a sender of this release sends it, see
            /// [`to_packet_for`](Self::to_packet_for).
            ///
            /// # Errors
            /// [`EmitError`](crate::EmitError) when the release does not have the message or a field is too long.
            pub fn encode_for(&self, release: $crate::Release) -> Result<bytes::Bytes, $crate::EmitError> {
                $crate::rtcp::message::encode_for(self, release)
            }

            /// All five subtype bits.
            pub fn subtype(&self) -> $protocol {
                let number = match self {
                    $(Self::$variant(_) => $protocol::$number,)+
                    Self::Unknown { subtype, .. } => return *subtype,
                };
                $crate::rtcp::message::with_ack_bit(number, self.ack_requested())
            }

            /// SSRC of the header: the sender of the message.
            pub fn ssrc(&self) -> $crate::id::Ssrc {
                match self {
                    $(Self::$variant(message) => message.ssrc,)+
                    Self::Unknown { ssrc, .. } => *ssrc,
                }
            }

            /// Replaces the SSRC of the header: a peer that announced `mc_floor_ssrc` wants that value in messages to
            /// it.
            //= 24.380-14.2.7
            pub fn set_ssrc(&mut self, sender: $crate::id::Ssrc) {
                let place = match self {
                    $(Self::$variant(message) => &mut message.ssrc,)+
                    Self::Unknown { ssrc, .. } => ssrc,
                };
                *place = sender;
            }

            /// Whether the sender asks for an acknowledgment. Never true of a message that has to be ignored.
            pub fn ack_requested(&self) -> bool {
                match self {
                    $(Self::$variant(_message) => $crate::rtcp::messages!(@ack _message $($ack)?),)+
                    Self::Unknown { .. } => false,
                }
            }

            /// Name of the message in the words of the message table.
            pub fn name(&self) -> &'static str {
                self.subtype().message_name().unwrap_or("unknown message")
            }
        }

        impl $crate::rtcp::message::Message for $message {
            type Protocol = $protocol;
            type Field = $field;

            const FIRST_RELEASES: &'static $crate::rtcp::FirstReleases = &$releases;

            #[inline]
            fn start(subtype: $protocol, ssrc: $crate::id::Ssrc) -> Self {
                use $crate::rtcp::Protocol;
                let (number, ack_bit) = subtype.number_and_ack();
                let ack_requested = ack_bit == Some(true);
                match <$protocol as Protocol>::from_bits(number) {
                    $($protocol::$number if $crate::rtcp::messages!(@admits ack_requested $($ack)?) => {
                        Self::$variant($crate::rtcp::messages!(@start $body ssrc ack_requested $($ack)?))
                    })+
                    _ => Self::Unknown { subtype, ssrc },
                }
            }

            #[inline]
            fn fill<'a>(
                &mut self,
                steps: impl Iterator<Item = $crate::rtcp::Step<'a>>,
                notes: &mut $crate::rtcp::Notes,
            ) {
                use $crate::rtcp::message;
                match self {
                    $(Self::$variant(body) => message::fill(body, steps, notes),)+
                    Self::Unknown { subtype, .. } => notes.add(message::unknown_subtype(*subtype)),
                }
            }

            fn subtype(&self) -> $protocol {
                Self::subtype(self)
            }

            fn ssrc(&self) -> $crate::id::Ssrc {
                Self::ssrc(self)
            }

            fn each_field(&self, sink: &mut dyn FnMut($field)) {
                match self {
                    $(Self::$variant(body) => $crate::rtcp::message::Body::each_field(body, sink),)+
                    Self::Unknown { .. } => {}
                }
            }
        }
    };
    (@ack $message:ident) => { false };
    (@ack $message:ident ack) => { $message.ack_requested };
    (@admits $requested:ident) => { !$requested };
    (@admits $requested:ident ack) => { true };
    (@start $body:ident $ssrc:ident $requested:ident) => { $body { $ssrc, ..Default::default() } };
    (@start $body:ident $ssrc:ident $requested:ident ack) => {
        $body { $ssrc, $requested, ..Default::default() }
    };
}

/// Says which field of the protocol goes where in a message, in the order of the message table. For messages without
/// lists and without fields that belong together.
macro_rules! fields {
    ($body:ident: $field:ident { $($variant:ident => $place:ident,)+ }) => {
        impl $crate::rtcp::message::Body for $body {
            type Field = $field;
            type Pending = ();

            fn put(
                &mut self,
                _: &mut (),
                field: &$crate::rtcp::FieldRef<'_>,
                notes: &mut $crate::rtcp::Notes,
            ) -> Result<$crate::rtcp::message::Put, $crate::rtcp::FieldError> {
                use $crate::rtcp::message::{Put, put};
                Ok(match <$field as $crate::rtcp::FieldValue>::decode(field, notes)? {
                    $($field::$variant(value) => put(&mut self.$place, value),)+
                    #[allow(unreachable_patterns, reason = "a message may have all fields of its protocol")]
                    _ => Put::NotListed,
                })
            }

            fn each_field(&self, sink: &mut dyn FnMut($field)) {
                $($crate::rtcp::message::emit(sink, &self.$place, $field::$variant);)+
            }
        }
    };
}

pub(crate) use {fields, messages};
