//! The UDP socket, with buffers for bursts and a clear sentence when it cannot be had.

use socket2::{Domain, Protocol, Socket, Type};
use std::net::SocketAddr;
use tokio::net::UdpSocket;

/// Room for several thousand datagrams while this process is not scheduled.
const BUFFER: usize = 8 << 20;

/// Binds `address`.
pub(crate) fn bind(address: SocketAddr) -> Result<UdpSocket, String> {
    let failed = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!(
                "{address} is in use by another program: stop it, or choose another address with --sip-udp"
            )
        }
        std::io::ErrorKind::AddrNotAvailable => {
            format!("{address} is not an address of this machine: choose one with --sip-udp")
        }
        std::io::ErrorKind::PermissionDenied => format!("{address}: not permitted ({why})"),
        _ => format!("{address} cannot be opened: {why}"),
    };
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // A smaller buffer than asked for is still a socket.
        let _ = socket.set_recv_buffer_size(BUFFER);
        let _ = socket.set_send_buffer_size(BUFFER);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        UdpSocket::from_std(socket.into())
    };
    open().map_err(failed)
}
