use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use media_plane::config::Multicast;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::*;
use crate::driver::clock;

const LOOPBACKS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn bound(ip: IpAddr) -> BoundSocket {
    BoundSocket::bind(SocketAddr::new(ip, 0), 46).unwrap()
}

fn transmit(local: SocketAddr, remote: SocketAddr, payload: Vec<u8>) -> Transmit {
    Transmit { path: Path { local, remote }, payload: payload.into(), dscp: 46 }
}

fn none_fails(path: Path, error: &io::Error) {
    panic!("{path:?}: {error}");
}

/// Reads until `count` datagrams have come.
async fn read(sockets: &mut Sockets, count: usize) -> Vec<(Path, Vec<u8>)> {
    let mut received = Received::new();
    let mut all = Vec::new();
    while all.len() < count {
        poll_fn(|cx| sockets.poll_receive(cx, &mut received)).await;
        all.extend(received.iter().map(|(path, bytes)| (path, bytes.to_vec())));
    }
    all
}

#[test]
fn more_than_a_batch_goes_out_and_comes_in_complete_and_in_order() {
    for ip in LOOPBACKS {
        let (here, there) = (bound(ip), bound(ip));
        let (local, remote) = (here.local(), there.local());
        runtime().block_on(async {
            let mut sending = Sockets::attach(vec![here]).unwrap();
            let mut receiving = Sockets::attach(vec![there]).unwrap();
            let sizes = (0..300_usize).map(|number| if number == 7 { 60_000 } else { number });
            let sent: Vec<Vec<u8>> = sizes.map(|size| vec![size.to_le_bytes()[0]; size]).collect();
            for payload in &sent {
                sending.send(transmit(local, remote, payload.clone()), none_fails).unwrap();
            }
            sending.flush(none_fails);
            let path = Path { local: remote, remote: local };
            let expected: Vec<_> = sent.into_iter().map(|payload| (path, payload)).collect();
            assert_eq!(read(&mut receiving, 300).await, expected);
        });
    }
}

#[test]
fn sockets_of_both_families_are_read_side_by_side() {
    let receivers = LOOPBACKS.map(bound);
    let addresses = [receivers[0].local(), receivers[1].local()];
    let senders = LOOPBACKS.map(bound);
    let from = [senders[0].local(), senders[1].local()];
    runtime().block_on(async {
        let mut sending = Sockets::attach(senders.into()).unwrap();
        let mut receiving = Sockets::attach(receivers.into()).unwrap();
        for round in 0..3_u8 {
            for (local, remote) in from.into_iter().zip(addresses) {
                sending.send(transmit(local, remote, vec![round]), none_fails).unwrap();
            }
            sending.flush(none_fails);
            let mut read = read(&mut receiving, 2).await;
            read.sort_by_key(|(path, _)| path.local.is_ipv6());
            let expected =
                from.into_iter().zip(addresses).map(|(remote, local)| (Path { local, remote }, vec![round]));
            assert_eq!(read, expected.collect::<Vec<_>>());
        }
    });
}

#[test]
fn what_cannot_be_sent_is_shown_and_the_others_leave() {
    let (here, there) = (bound(LOOPBACKS[0]), bound(LOOPBACKS[0]));
    let (local, remote) = (here.local(), there.local());
    // Larger than any datagram can be.
    let too_long = vec![0; MAX_DATAGRAM + 1];
    runtime().block_on(async {
        let mut sending = Sockets::attach(vec![here]).unwrap();
        let mut receiving = Sockets::attach(vec![there]).unwrap();
        for payload in [vec![1], too_long, vec![2]] {
            sending.send(transmit(local, remote, payload), none_fails).unwrap();
        }
        let mut failed = Vec::new();
        sending.flush(|path, error| failed.push((path, error.raw_os_error())));
        assert_eq!(failed, [(Path { local, remote }, Some(Errno::EMSGSIZE as i32))]);
        let payloads: Vec<_> =
            read(&mut receiving, 2).await.into_iter().map(|(_, payload)| payload).collect();
        assert_eq!(payloads, [[1], [2]]);
        let elsewhere = SocketAddr::new(LOOPBACKS[0], 9);
        let refused = sending.send(transmit(elsewhere, remote, vec![3]), none_fails);
        assert_eq!(refused.map_err(|error| error.kind()), Err(io::ErrorKind::AddrNotAvailable));
    });
}

/// An ordinary, an urgent and another ordinary socket that have this many datagrams each: in which order batches are read.
fn order_of_reading(datagrams: usize, batches: usize) -> Vec<usize> {
    let sockets = [Urgency::Ordinary, Urgency::Urgent, Urgency::Ordinary]
        .map(|urgency| bound(LOOPBACKS[0]).with_urgency(urgency));
    let addresses = [sockets[0].local(), sockets[1].local(), sockets[2].local()];
    let sender = bound(LOOPBACKS[0]);
    let local = sender.local();
    runtime().block_on(async {
        let mut sending = Sockets::attach(vec![sender]).unwrap();
        let mut receiving = Sockets::attach(sockets.into()).unwrap();
        for remote in addresses {
            for _ in 0..datagrams {
                sending.send(transmit(local, remote, vec![0]), none_fails).unwrap();
            }
        }
        sending.flush(none_fails);
        let mut received = Received::new();
        let mut order = Vec::new();
        for _ in 0..batches {
            poll_fn(|cx| receiving.poll_receive(cx, &mut received)).await;
            let (path, _) = received.iter().next().unwrap();
            order.push(addresses.iter().position(|address| *address == path.local).unwrap());
        }
        order
    })
}

#[test]
fn little_media_is_read_before_floor_control() {
    assert_eq!(order_of_reading(RECEIVE_BATCH - 1, 3), [0, 2, 1]);
}

#[test]
fn floor_control_is_read_between_batches_where_media_piles_up() {
    assert_eq!(order_of_reading(2 * RECEIVE_BATCH, 6), [0, 1, 2, 1, 0, 2]);
}

#[test]
fn a_socket_bound_everywhere_tells_its_addresses_apart() {
    let (many, one) = (BoundSocket::bind_everywhere(0, 46).unwrap(), bound(LOOPBACKS[0]));
    let port = many.local().port();
    let addresses = [2, 3, 4].map(|last| SocketAddr::from(([127, 77, 0, last], port)));
    let other = one.local();
    runtime().block_on(async {
        let mut many = Sockets::attach(vec![many]).unwrap();
        let mut one = Sockets::attach(vec![one]).unwrap();
        for round in 0..2_u8 {
            for address in addresses {
                one.send(transmit(other, address, vec![round]), none_fails).unwrap();
            }
            one.flush(none_fails);
            let expected = addresses.map(|local| (Path { local, remote: other }, vec![round]));
            assert_eq!(read(&mut many, 3).await, expected);
            for address in addresses {
                many.send(transmit(address, other, vec![round]), none_fails).unwrap();
            }
            many.flush(none_fails);
            let expected = addresses.map(|remote| (Path { local: other, remote }, vec![round]));
            assert_eq!(read(&mut one, 3).await, expected);
        }
    });
}

#[test]
fn the_kernel_notes_when_a_datagram_has_arrived() {
    let (plain, stamped) = (bound(LOOPBACKS[0]), bound(LOOPBACKS[0]).with_stamps());
    let (local, remote) = (plain.local(), stamped.local());
    runtime().block_on(async {
        let mut sending = Sockets::attach(vec![plain]).unwrap();
        let mut receiving = Sockets::attach(vec![stamped]).unwrap();
        let before = clock::wall();
        sending.send(transmit(local, remote, vec![1]), none_fails).unwrap();
        sending.flush(none_fails);
        let mut received = Received::new();
        poll_fn(|cx| receiving.poll_receive(cx, &mut received)).await;
        let arrived = received.arrived().expect("a time of arrival");
        // The wall clock of the kernel is coarser than ours by some milliseconds.
        assert!(
            arrived + Duration::from_millis(50) >= before
                && arrived <= clock::wall() + Duration::from_millis(50)
        );
        assert_eq!(received.iter().len(), 1);
    });
}

/// The code point of a datagram that has arrived.
fn arrived_with(receiver: &UdpSocket) -> u8 {
    let mut octets = [0; 16];
    let mut ancillary = nix::cmsg_space!(u8, i32);
    let mut into = [IoSliceMut::new(&mut octets)];
    let message = nix::sys::socket::recvmsg::<SockaddrStorage>(
        receiver.as_raw_fd(),
        &mut into,
        Some(&mut ancillary),
        MsgFlags::empty(),
    )
    .unwrap();
    let traffic_class = message.cmsgs().unwrap().find_map(|ancillary| match ancillary {
        ControlMessageOwned::Ipv4Tos(class) => Some(class),
        ControlMessageOwned::Ipv6TClass(class) => u8::try_from(class).ok(),
        _ => None,
    });
    traffic_class.unwrap() >> 2
}

/// A socket that is told the code point of what arrives.
fn watching(ip: IpAddr) -> UdpSocket {
    let socket = UdpSocket::bind(SocketAddr::new(ip, 0)).unwrap();
    match ip {
        IpAddr::V4(_) => setsockopt(&socket, sockopt::IpRecvTos, &true).unwrap(),
        IpAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvTClass, &true).unwrap(),
    }
    socket
}

#[test]
fn every_stream_of_a_node_carries_its_own_code_point_on_the_wire() {
    let text = [
        ("127.0.0.1:5060", "127.0.0.1:23500"),
        ("127.0.0.1:5062", "127.0.0.1:23502"),
        ("[20000, 20015]", "[23510, 23511]"),
        ("[20016, 20023]", "[23514, 23514]"),
        ("[26000, 26015]", "[23520, 23521]"),
        ("[26016, 26023]", "[23524, 23524]"),
        ("voice-dscp = 46", "voice-dscp = 44"),
        ("sip-dscp = 24", "sip-dscp = 25"),
    ];
    let text = text.iter().fold(crate::config::DEFAULT.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    let bound = crate::driver::bind(&crate::config::parse(&text).unwrap()).unwrap();
    let receiver = watching(LOOPBACKS[0]);
    let remote = receiver.local_addr().unwrap();
    let locals: Vec<SocketAddr> = bound.iter().map(BoundSocket::local).collect();
    runtime().block_on(async {
        let mut sending = Sockets::attach(bound).unwrap();
        for local in &locals {
            sending.send(transmit(*local, remote, vec![1]), none_fails).unwrap();
            sending.flush(none_fails);
            let expected = match local.port() {
                23500 | 23502 => 25,
                23514 | 23524 => 40,
                _ => 44,
            };
            assert_eq!(arrived_with(&receiver), expected, "{local}");
        }
    });
    assert_eq!(locals.len(), 8);
}

#[test]
fn code_points_are_in_the_traffic_class_of_both_families() {
    for ip in LOOPBACKS {
        let (receiver, here) = (watching(ip), bound(ip));
        let (local, remote) = (here.local(), receiver.local_addr().unwrap());
        runtime().block_on(async {
            let mut sending = Sockets::attach(vec![here]).unwrap();
            sending.send(transmit(local, remote, vec![1]), none_fails).unwrap();
            sending.flush(none_fails);
        });
        assert_eq!(arrived_with(&receiver), 46, "{ip}");
    }
}

#[test]
fn multicast_leaves_by_its_interface_and_reaches_any_source_and_source_specific_listeners() {
    let own = Ipv4Addr::LOCALHOST;
    let multicast = Multicast { ttl: 3, interface: Some(own), interface_index: 0 };
    let bound =
        BoundSocket::bind(SocketAddr::new(own.into(), 0), 46).unwrap().with_multicast(&multicast).unwrap();
    assert_eq!(SockRef::from(&bound.socket).multicast_ttl_v4().unwrap(), 3);
    for (group, specific) in [([239, 255, 77, 1], false), ([232, 77, 77, 1], true)] {
        let group = Ipv4Addr::from(group);
        let listener = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
        listener.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)).into()).unwrap();
        match specific {
            true => listener.join_ssm_v4(&own, &group, &own).unwrap(),
            false => listener.join_multicast_v4(&group, &own).unwrap(),
        }
        let listener = UdpSocket::from(listener);
        listener.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let port = listener.local_addr().unwrap().port();
        bound.socket.send_to(b"voice", (group, port)).unwrap();
        let mut heard = [0; 16];
        let (length, from) = listener.recv_from(&mut heard).unwrap();
        assert_eq!((&heard[..length], from), (b"voice".as_slice(), bound.local), "{group}");
    }
}

#[test]
fn multicast_of_ipv6_takes_its_hops() {
    let multicast = Multicast { ttl: 5, ..Multicast::default() };
    let Ok(bound) = BoundSocket::bind("[::1]:0".parse().unwrap(), 46) else { return };
    let bound = bound.with_multicast(&multicast).unwrap();
    assert_eq!(SockRef::from(&bound.socket).multicast_hops_v6().unwrap(), 5);
}

#[test]
fn what_the_kernel_had_no_room_for_is_counted() {
    const SENT: usize = 400;
    let (here, there) = (bound(LOOPBACKS[0]), bound(LOOPBACKS[0]).with_drops());
    // The smallest that the kernel allows.
    SockRef::from(&there.socket).set_recv_buffer_size(1).unwrap();
    let (local, remote) = (here.local(), there.local());
    runtime().block_on(async {
        let mut sending = Sockets::attach(vec![here]).unwrap();
        let mut receiving = Sockets::attach(vec![there]).unwrap();
        let mut send = |count: usize| {
            for _ in 0..count {
                sending.send(transmit(local, remote, vec![1]), none_fails).unwrap();
            }
            sending.flush(none_fails);
        };
        // Sent over loopback a datagram is at the other socket, or dropped, when the call comes back.
        send(SENT);
        let mut received = Received::new();
        let mut arrived = 0;
        while receiving.read(0, &mut received) {
            arrived += received.iter().len();
        }
        assert!((1..SENT).contains(&arrived), "{arrived}");
        assert_eq!(receiving.dropped(), 0, "what was there before says nothing");
        for expected in [0, SENT - arrived, SENT - arrived] {
            send(1);
            assert!(receiving.read(0, &mut received));
            assert_eq!(receiving.dropped(), expected as u64);
        }
        // Further ones, while room is there.
        send(SENT);
        let mut more = 0;
        while receiving.read(0, &mut received) {
            more += received.iter().len();
        }
        send(1);
        assert!(receiving.read(0, &mut received));
        assert_eq!(receiving.dropped(), (2 * SENT - arrived - more) as u64);
    });
}
