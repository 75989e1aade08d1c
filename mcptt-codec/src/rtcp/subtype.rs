//! What the subtype types of the APP protocols have in common, written once.

/// Implements [`Protocol`](crate::rtcp::Protocol) for a subtype type, which is one octet with a `message_name`.
/// `acknowledged`: the uppermost of the five bits asks for an acknowledgment, the others are the message number;
/// `plain`: all five are the message number.
macro_rules! subtype {
    (acknowledged $subtype:ty = $name:literal { $($more:tt)* }) => {
        impl $subtype {
            /// The bit that asks the receiver for an acknowledgment.
            pub const ACK_BIT: u8 = $crate::rtcp::message::ACK_BIT;

            /// The message number: the subtype without the acknowledgment bit.
            pub const fn number(self) -> Self {
                Self(self.0 & 0x0f)
            }

            /// Whether the acknowledgment bit is set.
            pub const fn ack_requested(self) -> bool {
                self.0 & Self::ACK_BIT != 0
            }

            /// The same message with the acknowledgment bit set or cleared.
            pub const fn with_ack(self, requested: bool) -> Self {
                if requested { Self(self.number().0 | Self::ACK_BIT) } else { self.number() }
            }
        }

        $crate::rtcp::subtype!(protocol $subtype = $name {
            fn number_and_ack(self) -> (u8, Option<bool>) {
                (self.number().0, Some(self.ack_requested()))
            }

            $($more)*
        });
    };
    (plain $subtype:ty = $name:literal) => {
        $crate::rtcp::subtype!(protocol $subtype = $name {
            fn number_and_ack(self) -> (u8, Option<bool>) {
                (self.0, None)
            }
        });
    };
    (protocol $subtype:ty = $name:literal { $($more:tt)* }) => {
        impl $crate::rtcp::Protocol for $subtype {
            const NAME: [u8; 4] = *$name;

            fn from_bits(bits: u8) -> Self {
                Self(bits & 0x1f)
            }

            fn bits(self) -> u8 {
                self.0
            }

            fn message_name(self) -> Option<&'static str> {
                Self::message_name(self)
            }

            $($more)*
        }
    };
}
pub(crate) use subtype;
