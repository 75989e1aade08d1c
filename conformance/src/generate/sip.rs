//! SIP messages as MCPTT clients and servers send them, in every spelling that the grammar allows.

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Method, Part, Request, Response, SipMessage, StatusCode};

use super::Dice;

const METHODS: [&str; 11] = [
    "REGISTER",
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "MESSAGE",
    "PUBLISH",
    "SUBSCRIBE",
    "NOTIFY",
    "REFER",
    "INFO",
];
const STATUSES: [u16; 12] = [100, 180, 183, 200, 202, 401, 403, 404, 480, 486, 500, 603];

/// A request or a response.
pub(super) fn message(dice: &mut Dice) -> Bytes {
    let method = *dice.pick(&METHODS);
    let mut request = Request::new(Method::from(method), sip_uri(dice));
    fields(&mut request, method, dice);
    let parts = parts(dice);
    request.set_parts(&parts);
    let message = if dice.one_in(3) {
        let mut response = Response::to(&request, StatusCode(*dice.pick(&STATUSES)));
        if dice.one_in(2) {
            response.headers.push(HeaderName::Server, format!("mcptt/{}", dice.word(1, 4)));
        }
        response.set_parts(&parts);
        SipMessage::Response(response)
    } else {
        SipMessage::Request(request)
    };
    respelled(&message.encode(), dice)
}

fn sip_uri(dice: &mut Dice) -> String {
    format!("sip:{}@{}.example.org", dice.word(1, 12), dice.word(1, 8))
}

fn fields(request: &mut Request, method: &str, dice: &mut Dice) {
    use HeaderName as Name;
    let tagged = |dice: &mut Dice| format!("<{}>;tag={}", sip_uri(dice), dice.word(6, 12));
    let (sequence, hops) = (dice.below(70_000), dice.below(71));
    let via = format!(
        "SIP/2.0/UDP 192.0.2.{}:{};branch=z9hG4bK{}",
        dice.u8(),
        1024 + dice.below(60_000),
        dice.word(8, 20)
    );
    request.headers.push(Name::Via, via);
    request.headers.push(Name::From, tagged(dice));
    let to = if dice.one_in(2) { tagged(dice) } else { format!("<{}>", sip_uri(dice)) };
    request.headers.push(Name::To, to);
    request.headers.push(Name::CallId, format!("{}@192.0.2.1", dice.word(8, 24)));
    request.headers.push(Name::CSeq, format!("{sequence} {method}"));
    request.headers.push(Name::MaxForwards, hops.to_string());
    if dice.one_in(2) {
        request.headers.push(Name::Contact, format!("<{}>;+g.3gpp.mcptt", sip_uri(dice)));
    }
    if dice.one_in(3) {
        request.headers.push(Name::Expires, dice.u32().to_string());
    }
    if dice.one_in(3) {
        request.headers.push(Name::Event, *dice.pick(&["presence", "poc-settings", "conference"]));
    }
    if dice.one_in(3) {
        request.headers.push(Name::PAssertedIdentity, format!("<{}>", sip_uri(dice)));
    }
    if dice.one_in(3) {
        request.headers.push(Name::AcceptContact, "*;+g.3gpp.mcptt;require;explicit");
    }
    if dice.one_in(4) {
        request.headers.push(Name::Route, format!("<sip:pcscf.{}.example.org;lr>", dice.word(1, 5)));
    }
    if dice.one_in(4) {
        request.headers.push(Name::UserAgent, format!("ue/{}", dice.word(1, 6)));
    }
}

fn parts(dice: &mut Dice) -> Vec<Part> {
    let mut parts = Vec::new();
    if dice.one_in(2) {
        let audio = 30_000 + 2 * dice.below(10_000);
        let floor = audio + 1;
        let text = format!(
            "v=0\r\no=- {} {} IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio {audio} RTP/AVP 105\r\n\
             a=rtpmap:105 AMR-WB/16000\r\na=sendrecv\r\nm=application {floor} udp MCPTT\r\n\
             a=fmtp:MCPTT mc_queueing;mc_priority={}\r\n",
            dice.u32(),
            dice.u16(),
            dice.below(16)
        );
        parts.push(Part::new("application/sdp", text));
    }
    if dice.one_in(2) {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>\
             <session-type>{}</session-type><mcptt-request-uri type=\"Normal\"><mcpttURI>{}</mcpttURI>\
             </mcptt-request-uri></mcptt-Params></mcpttinfo>",
            dice.pick(&["prearranged", "chat", "private"]),
            sip_uri(dice)
        );
        parts.push(Part::new("application/vnd.3gpp.mcptt-info+xml", text));
    }
    if dice.one_in(6) {
        parts.push(Part::new("text/plain", dice.word(1, 60)));
    }
    parts
}

/// Compact names, other case and other white space: the same message.
fn respelled(octets: &[u8], dice: &mut Dice) -> Bytes {
    const COMPACT: [(&str, &str); 7] = [
        ("Via", "v"),
        ("From", "f"),
        ("To", "t"),
        ("Call-ID", "i"),
        ("Contact", "m"),
        ("Content-Type", "c"),
        ("Content-Length", "l"),
    ];
    let text = String::from_utf8_lossy(octets).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Bytes::copy_from_slice(octets) };
    let mut lines = head.split("\r\n");
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        let name = match (dice.below(12), COMPACT.iter().find(|(long, _)| *long == name)) {
            (0, Some((_, short))) => (*short).to_owned(),
            (1, _) => name.to_ascii_lowercase(),
            (2, _) => name.to_ascii_uppercase(),
            _ => name.to_owned(),
        };
        let colon = *dice.pick(&[": ", ": ", ": ", ": ", ":", ":  ", " : ", ":\t"]);
        out += &format!("\r\n{name}{colon}{value}");
    }
    out += "\r\n\r\n";
    out += body;
    out.into()
}
