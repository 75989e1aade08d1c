//! How many SIP messages have come and gone: the input of metrics.

use mcptt_codec::sip::{Method, SipMessage};

/// Methods that are counted by name; every other one is counted as [`OTHER_METHOD`].
pub const METHODS: [&str; 14] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REGISTER",
    "OPTIONS",
    "PRACK",
    "UPDATE",
    "INFO",
    "MESSAGE",
    "REFER",
    "SUBSCRIBE",
    "NOTIFY",
    "PUBLISH",
];

/// What all other methods are called together: their names are not ours to choose.
pub const OTHER_METHOD: &str = "other";

/// The SIP messages of one function, as they are on the wire: what is sent again counts again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests received.
    pub requests_received: ByMethod,
    /// Requests sent.
    pub requests_sent: ByMethod,
    /// Responses received.
    pub responses_received: ByClass,
    /// Responses sent.
    pub responses_sent: ByClass,
}

impl Counters {
    /// A message that could be read has come.
    pub(crate) fn received(&mut self, message: &SipMessage) {
        match message {
            SipMessage::Request(request) => self.requests_received.add(method_number(&request.method)),
            SipMessage::Response(response) => self.responses_received.add(response.status.0),
        }
    }

    /// A message of ours goes. What is no message, such as an answer to a keep-alive, does not count.
    pub(crate) fn sent(&mut self, octets: &[u8]) {
        if let Some(rest) = octets.strip_prefix(b"SIP/2.0 ") {
            let hundreds = rest.first().filter(|digit| digit.is_ascii_digit());
            self.responses_sent.add(hundreds.map_or(0, |digit| u16::from(digit - b'0') * 100));
        } else if octets.first().is_some_and(u8::is_ascii_uppercase) {
            let method = octets.split(|octet| *octet == b' ').next().unwrap_or_default();
            let number = METHODS.iter().position(|name| name.as_bytes() == method);
            self.requests_sent.add(number.unwrap_or(METHODS.len()));
        }
    }
}

fn method_number(method: &Method) -> usize {
    METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len())
}

/// Requests by method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByMethod([u64; METHODS.len() + 1]);

impl ByMethod {
    /// Each method with its count, [`OTHER_METHOD`] last.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        METHODS.into_iter().chain([OTHER_METHOD]).zip(self.0)
    }

    fn add(&mut self, number: usize) {
        if let Some(count) = self.0.get_mut(number) {
            *count = count.saturating_add(1);
        }
    }
}

/// Responses by the first digit of their status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByClass([u64; 6]);

impl ByClass {
    /// Each class, such as `2xx`, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx"].into_iter().zip(self.0)
    }

    fn add(&mut self, status: u16) {
        if let Some(count) = usize::from(status / 100).checked_sub(1).and_then(|class| self.0.get_mut(class))
        {
            *count = count.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_by_method_and_class() {
        let mut counters = Counters::default();
        let sent: [&[u8]; 7] = [
            b"INVITE sip:a@x SIP/2.0\r\n",
            b"FOO sip:a@x SIP/2.0\r\n",
            b"SIP/2.0 200 OK\r\n",
            b"SIP/2.0 404 Not Found\r\n",
            b"SIP/2.0 999 ?\r\n",
            b"\r\n",
            b"",
        ];
        sent.iter().for_each(|octets| counters.sent(octets));
        let requests: Vec<_> = counters.requests_sent.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(requests, [("INVITE", 1), ("other", 1)]);
        let responses: Vec<_> = counters.responses_sent.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(responses, [("2xx", 1), ("4xx", 1)]);
        assert_eq!(counters.requests_received, ByMethod::default());
    }
}
