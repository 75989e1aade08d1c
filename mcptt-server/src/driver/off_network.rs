//! Gives a client without a network (an [`OffNetworkUe`]) sockets and a clock.
//!
//! MONP, voice and floor control of the client each have a socket at the address of the client, and one at the multicast
//! address of every group that is reached by it. What is sent goes as far as 255 hops (TS 24.379 10.2.1.1.1).

use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use call_control::off_network::{OffNetworkConfig, Reach};
use mcptt_codec::monp::{PORT, TIME_TO_LIVE};
use mcptt_codec::{Path, Transmit};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep_until;

use super::clock;
use super::udp::MAX_DATAGRAM;
use crate::ue::off_network::{OffNetworkUe, OffNetworkUeCommand, OffNetworkUeEvent, OffNetworkUeOutput};

/// Datagrams that wait to be handled; more are left to the operating system.
const WAITING: usize = 256;
/// Expedited forwarding for voice, class selector 5 for the rest.
const DSCP: [u32; 2] = [46, 40];

/// The sockets of one client.
#[derive(Debug)]
pub struct OffNetworkSockets {
    /// Those that are sent from, and read.
    own: Vec<(SocketAddr, Arc<UdpSocket>)>,
    /// Those of multicast groups, each with the address of the client on that port.
    groups: Vec<(SocketAddr, Arc<UdpSocket>)>,
}

impl OffNetworkSockets {
    /// Binds every port that the client and its groups use.
    ///
    /// # Errors
    /// The error of the operating system when an address is in use or not ours, or a group cannot be joined.
    pub fn bind(config: &OffNetworkConfig) -> io::Result<Self> {
        let mut ports = vec![(PORT, 1), (config.audio_port, 0), (config.floor_port, 1)];
        let mut groups = Vec::new();
        for group in &config.groups {
            let of_group = [(PORT, 1), (group.audio_port, 0), (group.floor_port, 1)];
            ports.extend(of_group);
            if group.reach == Reach::Multicast {
                for (port, _) in of_group {
                    groups.push((config.address, join(group.address, port, config.address)?, port));
                }
            }
        }
        ports.sort_unstable();
        ports.dedup_by_key(|(port, _)| *port);
        let own = ports.into_iter().map(|(port, kind)| {
            let at = SocketAddr::new(config.address, port);
            Ok((at, Arc::new(open(at, DSCP[kind])?)))
        });
        let groups = groups.into_iter();
        Ok(Self {
            own: own.collect::<io::Result<_>>()?,
            groups: groups
                .map(|(own, socket, port)| (SocketAddr::new(own, port), Arc::new(socket)))
                .collect(),
        })
    }

    async fn send(&self, transmit: &Transmit) {
        let socket = self.own.iter().find(|(at, _)| *at == transmit.path.local);
        if let Some((_, socket)) = socket {
            // Who is out of reach is what this client is made for: repetition belongs to the protocols.
            let _ = socket.send_to(&transmit.payload, transmit.path.remote).await;
        }
    }

    /// Reads all sockets until the set is dropped.
    fn read(&self, datagrams: &mpsc::Sender<(Path, Bytes)>) -> JoinSet<()> {
        let mut readers = JoinSet::new();
        for (local, socket) in self.own.iter().chain(&self.groups) {
            let (local, socket, datagrams) = (*local, Arc::clone(socket), datagrams.clone());
            readers.spawn(async move {
                let mut buffer = vec![0; MAX_DATAGRAM];
                loop {
                    // An error is that of an earlier datagram of ours, such as a port that nobody listens on.
                    let Ok((length, remote)) = socket.recv_from(&mut buffer).await else { continue };
                    let octets = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
                    if datagrams.send((Path { local, remote }, octets)).await.is_err() {
                        return;
                    }
                }
            });
        }
        readers
    }
}

fn socket(at: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A socket at the address of the client.
fn open(at: SocketAddr, dscp: u32) -> io::Result<UdpSocket> {
    let (socket, hops) = (socket(at)?, u32::from(TIME_TO_LIVE));
    match at.ip() {
        IpAddr::V4(own) => {
            socket.set_ttl_v4(hops)?;
            socket.set_multicast_ttl_v4(hops)?;
            socket.set_multicast_if_v4(&own)?;
            socket.set_tos_v4(dscp << 2)?;
        }
        IpAddr::V6(_) => {
            socket.set_unicast_hops_v6(hops)?;
            socket.set_multicast_hops_v6(hops)?;
            socket.set_tclass_v6(dscp << 2)?;
        }
    }
    socket.bind(&at.into())?;
    UdpSocket::from_std(socket.into())
}

/// A socket at a port of a group. Several clients of one machine may share it.
fn join(group: IpAddr, port: u16, own: IpAddr) -> io::Result<UdpSocket> {
    let at = SocketAddr::new(group, port);
    let socket = socket(at)?;
    socket.set_reuse_address(true)?;
    match group {
        IpAddr::V4(group) => {
            let own = if let IpAddr::V4(own) = own { own } else { Ipv4Addr::UNSPECIFIED };
            socket.join_multicast_v4(&group, &own)?;
        }
        IpAddr::V6(group) => socket.join_multicast_v6(&group, 0)?,
    }
    socket.bind(&at.into())?;
    UdpSocket::from_std(socket.into())
}

/// What the user of a client says to it while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum OffNetworkOrder {
    /// Something that the user wants.
    Command(OffNetworkUeCommand),
    /// A packet of encoded voice; it is sent if the floor is ours.
    Voice(Bytes),
}

/// Runs the client until nobody can give it orders any more.
pub async fn run(
    mut client: OffNetworkUe,
    sockets: OffNetworkSockets,
    mut orders: mpsc::Receiver<OffNetworkOrder>,
    events: mpsc::UnboundedSender<OffNetworkUeEvent>,
) {
    let (sender, mut datagrams) = mpsc::channel(WAITING);
    let _readers = sockets.read(&sender);
    loop {
        while let Some(output) = client.poll_output() {
            match output {
                OffNetworkUeOutput::Transmit { transmit, .. } => sockets.send(&transmit).await,
                // Nobody has to listen.
                OffNetworkUeOutput::Event(event) => drop(events.send(event)),
            }
        }
        let wake = client.poll_timeout();
        let sleep = async {
            match wake {
                Some(wake) => sleep_until(wake.into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            Some((path, octets)) = datagrams.recv() => client.handle_datagram(clock::now(), path, &octets),
            order = orders.recv() => match order {
                Some(OffNetworkOrder::Command(command)) => client.command(clock::now(), command),
                Some(OffNetworkOrder::Voice(payload)) => {
                    client.send_voice(clock::now(), &payload);
                }
                None => return,
            },
            () = sleep => client.handle_timeout(clock::now()),
        }
    }
}

#[cfg(test)]
mod tests;
