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

/// A request or a response over this transport.
pub(super) fn message(transport: &str, dice: &mut Dice) -> Bytes {
    let parts = parts(dice);
    // Where tshark does not read the length of a body, because of white space before the colon or because of the compact
    // name, it loses the boundaries of all messages of a stream.
    let whole = (&COLONS[..], &COMPACT[..]);
    let (colons, compact) = if transport == "UDP" { whole } else { (&COLONS[1..], &COMPACT[1..]) };
    respelled(&with_parts(transport, &parts, dice), colons, compact, dice)
}

/// A message that says rightly how long its body is, which is not what it should be.
pub(super) fn with_damaged_body(dice: &mut Dice) -> Bytes {
    let mut parts = parts(dice);
    for part in &mut parts {
        let text = String::from_utf8_lossy(&part.body).into_owned();
        part.body = damaged_text(&text, dice).into();
    }
    with_parts("UDP", &parts, dice)
}

/// A text in which a character or a line is another one, missing or there twice, or which is cut short.
fn damaged_text(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let line = dice.below(lines.len().max(1) as u32) as usize;
    let at = dice.below(text.len().max(1) as u32) as usize;
    match dice.below(6) {
        _ if text.is_empty() => String::new(),
        0 => {
            lines.remove(line);
            lines.concat()
        }
        1 => {
            lines.insert(line, lines[line]);
            lines.concat()
        }
        2 => text[..at].to_owned(),
        3 => format!("{}{}", &text[..at], &text[at + 1..]),
        4 => format!("{}{}{}", &text[..at], printable(dice), &text[at..]),
        _ => format!("{}{}{}", &text[..at], printable(dice), &text[at + 1..]),
    }
}

fn printable(dice: &mut Dice) -> char {
    char::from(b' ' + dice.below(95) as u8)
}

/// A message whose header section was damaged: a line dropped, repeated, moved, folded or unknown, a character changed, or
/// the body cut short.
pub(super) fn damaged(dice: &mut Dice) -> Bytes {
    let parts = parts(dice);
    let octets = with_parts("UDP", &parts, dice);
    let text = String::from_utf8_lossy(&octets).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return octets };
    let mut lines: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
    let line = 1 + dice.below(lines.len() as u32 - 1) as usize;
    match dice.below(8) {
        0 => drop(lines.remove(line)),
        1 => lines.insert(line, lines[line].clone()),
        2 => lines.swap(line, 1),
        3 => lines.insert(line, format!("X-{}: {}", dice.word(1, 8), dice.word(0, 20))),
        4 => lines[line] = lines[line].replacen(": ", ":\r\n ", 1),
        5 => return text[..text.len() - dice.below(body.len() as u32 + 1) as usize].to_owned().into(),
        _ => lines[line] = damaged_value(&lines[line], dice),
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n")).into()
}

/// A header field with one character of its value changed.
fn damaged_value(line: &str, dice: &mut Dice) -> String {
    let Some(value) = line.find(": ").map(|colon| colon + 2).filter(|value| *value < line.len()) else {
        return line.to_owned();
    };
    let at = value + dice.below((line.len() - value) as u32) as usize;
    match dice.below(3) {
        0 => format!("{}{}", &line[..at], &line[at + 1..]),
        1 => format!("{}{}{}", &line[..at], printable(dice), &line[at..]),
        _ => format!("{}{}{}", &line[..at], printable(dice), &line[at + 1..]),
    }
}

fn with_parts(transport: &str, parts: &[Part], dice: &mut Dice) -> Bytes {
    let method = *dice.pick(&METHODS);
    let mut request = Request::new(Method::from(method), sip_uri(dice));
    fields(&mut request, method, transport, dice);
    request.set_parts(parts);
    let message = if dice.one_in(3) {
        let mut response = Response::to(&request, StatusCode(*dice.pick(&STATUSES)));
        if dice.one_in(2) {
            response.headers.push(HeaderName::Server, format!("mcptt/{}", dice.word(1, 4)));
        }
        response.set_parts(parts);
        SipMessage::Response(response)
    } else {
        SipMessage::Request(request)
    };
    message.encode()
}

fn sip_uri(dice: &mut Dice) -> String {
    format!("sip:{}@{}.example.org", dice.word(1, 12), dice.word(1, 8))
}

fn fields(request: &mut Request, method: &str, transport: &str, dice: &mut Dice) {
    use HeaderName as Name;
    let tagged = |dice: &mut Dice| format!("<{}>;tag={}", sip_uri(dice), dice.word(6, 12));
    let (sequence, hops) = (dice.below(70_000), dice.below(71));
    let via = format!(
        "SIP/2.0/{transport} 192.0.2.{}:{};branch=z9hG4bK{}",
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

/// How a name is parted from its value, the usual way more often.
const COLONS: [&str; 8] = [" : ", ": ", ": ", ": ", ": ", ":", ":  ", ":\t"];

const COMPACT: [(&str, &str); 7] = [
    ("Content-Length", "l"),
    ("Via", "v"),
    ("From", "f"),
    ("To", "t"),
    ("Call-ID", "i"),
    ("Contact", "m"),
    ("Content-Type", "c"),
];

/// Compact names, other case and other white space: the same message.
fn respelled(octets: &[u8], colons: &[&str], compact: &[(&str, &str)], dice: &mut Dice) -> Bytes {
    let text = String::from_utf8_lossy(octets).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Bytes::copy_from_slice(octets) };
    let mut lines = head.split("\r\n");
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        let name = match (dice.below(12), compact.iter().find(|(long, _)| *long == name)) {
            (0, Some((_, short))) => (*short).to_owned(),
            (1, _) => name.to_ascii_lowercase(),
            (2, _) => name.to_ascii_uppercase(),
            _ => name.to_owned(),
        };
        let colon = *dice.pick(colons);
        out += &format!("\r\n{name}{colon}{value}");
    }
    out += "\r\n\r\n";
    out += body;
    out.into()
}
