use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use super::*;

/// A name in the form of the wire.
fn labels(name: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        octets.push(u8::try_from(label.len()).unwrap());
        octets.extend(label.as_bytes());
    }
    octets.push(0);
    octets
}

fn text(value: &str) -> Vec<u8> {
    [&[u8::try_from(value.len()).unwrap()], value.as_bytes()].concat()
}

/// What the server says about a name, by record type.
fn zone(name: &str, kind: u16) -> Vec<Vec<u8>> {
    match (name, kind) {
        ("example.org", 35) => vec![
            [&[0, 10, 0, 20][..], &text("s"), &text("SIP+D2T"), &text(""), &labels("_sip._tcp.example.org")]
                .concat(),
        ],
        ("_sip._tcp.example.org", 33) => {
            vec![[&[0, 1, 0, 2, 0x13, 0xce][..], &labels("sip.example.org")].concat()]
        }
        ("sip.example.org", 1) => vec![vec![192, 0, 2, 7]],
        _ => Vec::new(),
    }
}

/// A name server that knows the zone above. It ends with the test.
fn name_server() -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
            let query = &buffer[..length];
            let (mut at, mut name) = (12, String::new());
            while query[at] != 0 {
                let end = at + 1 + usize::from(query[at]);
                name.push_str(&String::from_utf8_lossy(&query[at + 1..end]).to_ascii_lowercase());
                name.push('.');
                at = end;
            }
            let question = &query[12..at + 5];
            let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
            let records = zone(name.trim_end_matches('.'), kind);
            let count = u8::try_from(records.len()).unwrap();
            let mut answer = [&query[..2], &[0x85, 0x80, 0, 1, 0, count, 0, 0, 0, 0], question].concat();
            for data in records {
                answer.extend([0xc0, 12]);
                answer.extend(kind.to_be_bytes());
                answer.extend([0, 1, 0, 0, 0, 120]);
                answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
                answer.extend(data);
            }
            socket.send_to(&answer, peer).unwrap();
        }
    });
    address
}

#[test]
fn services_servers_and_addresses_come_from_the_name_server() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let settings = Settings { servers: vec![name_server()] };
    let answers = runtime.block_on(async {
        let mut names = Names::attach(settings);
        let mut answers = Vec::new();
        for (number, question) in [
            Question::Services("example.org".to_owned()),
            Question::Servers("_sip._tcp.example.org".to_owned()),
            Question::Addresses("sip.example.org".to_owned()),
            Question::Servers("_sip._udp.example.org".to_owned()),
        ]
        .into_iter()
        .enumerate()
        {
            let id = QueryId(u64::try_from(number).unwrap());
            names.ask(Function::Participating, Query { id, question });
            let Answered { id: answered, answer, .. } = names.answered().await.unwrap();
            assert_eq!(answered, id);
            answers.push(answer);
        }
        answers
    });
    let lifetime = Duration::from_secs(120);
    let service = Naptr {
        order: 10,
        preference: 20,
        flags: "s".to_owned(),
        service: "SIP+D2T".to_owned(),
        replacement: "_sip._tcp.example.org".to_owned(),
    };
    let server = Srv { priority: 1, weight: 2, port: 5070, target: "sip.example.org".to_owned() };
    assert_eq!(
        answers,
        [
            Answer { records: Records::Services(vec![service]), lifetime },
            Answer { records: Records::Servers(vec![server]), lifetime },
            Answer { records: Records::Addresses(vec![IpAddr::from([192, 0, 2, 7])]), lifetime },
            Answer::failed(),
        ]
    );
}
