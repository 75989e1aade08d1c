//! The participating MCPTT function: how a floor message or an RTP packet goes on (TS 24.380 6.4).
//!
//! It relays: what a client sends goes to the floor control server, what the floor control server sends goes to the
//! client, at once and octet by octet as it came. The one decision it takes is whether a client that listens to an MBMS
//! bearer hears a message there or gets it by unicast.

use mcptt_codec::floor::Subtype;

/// What is known about how a client receives the conversations of a bearer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MbmsReception {
    /// The latest report of the client (TS 24.379 14.2.3); `None`: there was none.
    pub report: Option<ListeningReport>,
    /// The client supports the MuSiK, with which floor control on subchannels is protected.
    pub musik: bool,
}

/// What a client reports about a bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListeningReport {
    /// It listens.
    Listening,
    /// It does not.
    NotListening,
}

/// A conversation that uses a subchannel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Floor control on the subchannel is protected.
    pub protected: bool,
}

/// How something goes to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// To this client alone.
    Unicast,
    /// The client hears it on the subchannel.
    Subchannel,
}

impl MbmsReception {
    /// Whether the latest report says that the client listens.
    pub fn listens(self) -> bool {
        //= 24.380-6.4.2:3aii
        //= 24.380-6.4.2:3aiii
        self.report == Some(ListeningReport::Listening)
    }
}

/// Whether a floor message can be heard on a subchannel at all.
pub fn is_for_everybody(message: Subtype) -> bool {
    matches!(
        message.number(),
        Subtype::FLOOR_IDLE | Subtype::FLOOR_TAKEN | Subtype::FLOOR_RELEASE_MULTI_TALKER
    )
}

/// How a floor message of the floor control server goes to a client. `conversation`: the one that uses MBMS, if any.
pub fn floor_message(
    message: Subtype,
    reception: MbmsReception,
    conversation: Option<Conversation>,
) -> Delivery {
    //= 24.380-6.4.2:2
    let Some(conversation) = conversation else { return Delivery::Unicast };
    //= 24.380-6.4.2:3ai
    if !is_for_everybody(message) || !reception.listens() {
        return Delivery::Unicast;
    }
    //= 24.380-6.4.2:3aiv
    if conversation.protected && !reception.musik {
        return Delivery::Unicast;
    }
    //= 24.380-6.4.2:3b
    Delivery::Subchannel
}

/// How an RTP packet goes to a client. `conversation`: the one that uses MBMS, if any.
pub fn media(reception: MbmsReception, conversation: Option<Conversation>) -> Delivery {
    //= 24.380-6.4.3
    match conversation {
        Some(_) if reception.listens() => Delivery::Subchannel,
        _ => Delivery::Unicast,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: [Subtype; 16] = {
        let mut messages = [Subtype(0); 16];
        let mut number = 0;
        while number < 16 {
            messages[number] = Subtype(number as u8);
            number += 1;
        }
        messages
    };

    const FOR_EVERYBODY: [Subtype; 3] =
        [Subtype::FLOOR_TAKEN, Subtype::FLOOR_IDLE, Subtype::FLOOR_RELEASE_MULTI_TALKER];

    const PLAIN: Option<Conversation> = Some(Conversation { protected: false });
    const PROTECTED: Option<Conversation> = Some(Conversation { protected: true });

    fn reception(report: Option<ListeningReport>, musik: bool) -> MbmsReception {
        MbmsReception { report, musik }
    }

    /// The messages that are not sent by unicast.
    fn heard(reception: MbmsReception, conversation: Option<Conversation>) -> Vec<Subtype> {
        let heard = |message: &Subtype| {
            let with_ack = floor_message(message.with_ack(true), reception, conversation);
            let plain = floor_message(*message, reception, conversation);
            assert_eq!(with_ack, plain, "{message}");
            plain == Delivery::Subchannel
        };
        MESSAGES.into_iter().filter(heard).collect()
    }

    //= 24.380-6.4.2:2 test
    #[test]
    fn without_a_conversation_on_mbms_everything_is_unicast() {
        for report in [None, Some(ListeningReport::NotListening), Some(ListeningReport::Listening)] {
            for musik in [false, true] {
                assert_eq!(heard(reception(report, musik), None), []);
            }
        }
    }

    //= 24.380-6.4.2:3ai test
    //= 24.380-6.4.2:3b test
    #[test]
    fn a_listening_client_hears_idle_taken_and_release_multi_talker_and_gets_the_rest() {
        let listens = reception(Some(ListeningReport::Listening), false);
        assert_eq!(heard(listens, PLAIN), FOR_EVERYBODY);
    }

    //= 24.380-6.4.2:3aii test
    #[test]
    fn a_client_that_reported_nothing_gets_everything() {
        assert_eq!(heard(reception(None, true), PLAIN), []);
    }

    //= 24.380-6.4.2:3aiii test
    #[test]
    fn a_client_that_reported_not_listening_gets_everything() {
        assert_eq!(heard(reception(Some(ListeningReport::NotListening), true), PLAIN), []);
    }

    //= 24.380-6.4.2:3aiv test
    #[test]
    fn a_client_without_musik_gets_everything_where_the_subchannel_is_protected() {
        let listening = Some(ListeningReport::Listening);
        assert_eq!(heard(reception(listening, false), PROTECTED), []);
        assert_eq!(heard(reception(listening, true), PROTECTED), FOR_EVERYBODY);
    }

    //= 24.380-6.4.3 test
    #[test]
    fn media_is_heard_only_by_who_listens() {
        let listening = Some(ListeningReport::Listening);
        for conversation in [PLAIN, PROTECTED] {
            assert_eq!(media(reception(listening, false), conversation), Delivery::Subchannel);
            for report in [None, Some(ListeningReport::NotListening)] {
                assert_eq!(media(reception(report, true), conversation), Delivery::Unicast);
            }
        }
        assert_eq!(media(reception(listening, true), None), Delivery::Unicast);
    }
}
