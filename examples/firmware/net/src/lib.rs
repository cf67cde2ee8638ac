//! One UDP socket over Ethernet, for C: see `net.h`. The stack is smoltcp.

#![no_std]

use core::mem::MaybeUninit;
use core::net::Ipv4Addr;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::udp;
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpCidr};

/// The longest frame: 1,500 octets and a header.
const FRAME: usize = 1_514;
/// Datagrams that wait, each way, and their octets.
const WAITING: usize = 4;
const OCTETS: usize = 4_096;

unsafe extern "C" {
    fn ethernet_receive(into: *mut u8, room: usize) -> usize;
    fn ethernet_send(frame: *const u8, len: usize);
}

/// The board's Ethernet, and where a frame lies between its arrival and its reading.
struct Board {
    heard: &'static mut [u8; FRAME],
    told: &'static mut [u8; FRAME],
}
struct Heard<'a>(&'a [u8]);
struct Told<'a>(&'a mut [u8]);

impl RxToken for Heard<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

impl TxToken for Told<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let frame = &mut self.0[..len];
        let result = write(frame);
        // SAFETY: the frame is `len` octets, and the board reads no more.
        unsafe { ethernet_send(frame.as_ptr(), frame.len()) };
        result
    }
}

impl Device for Board {
    type RxToken<'a> = Heard<'a>;
    type TxToken<'a> = Told<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Heard<'_>, Told<'_>)> {
        // SAFETY: the board writes no more than the room it is told of.
        let len = unsafe { ethernet_receive(self.heard.as_mut_ptr(), FRAME) };
        (len > 0).then_some((Heard(&self.heard[..len.min(FRAME)]), Told(self.told)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Told<'_>> {
        Some(Told(self.told))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut able = DeviceCapabilities::default();
        able.medium = Medium::Ethernet;
        able.max_transmission_unit = FRAME;
        able
    }
}

/// What the socket's queues are made of, where sockets stand, and a frame each way.
struct Room {
    frames: [[u8; FRAME]; 2],
    places: [SocketStorage<'static>; 1],
    heard: [udp::PacketMetadata; WAITING],
    heard_octets: [u8; OCTETS],
    told: [udp::PacketMetadata; WAITING],
    told_octets: [u8; OCTETS],
}

struct Net {
    board: Board,
    interface: Interface,
    sockets: SocketSet<'static>,
    socket: SocketHandle,
}

static mut ROOM: Room = Room {
    frames: [[0; FRAME]; 2],
    places: [SocketStorage::EMPTY; 1],
    heard: [udp::PacketMetadata::EMPTY; WAITING],
    heard_octets: [0; OCTETS],
    told: [udp::PacketMetadata::EMPTY; WAITING],
    told_octets: [0; OCTETS],
};
static mut NET: MaybeUninit<Net> = MaybeUninit::uninit();

/// # Safety
/// Once, before all others; the pointers are to so many octets as `net.h` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_init(mac: *const [u8; 6], address: *const [u8; 4], prefix: u8, port: u16) {
    // SAFETY: by what the caller has promised; there is one thread, and no interrupt calls here.
    let (mac, address, room) = unsafe { (*mac, *address, &mut *&raw mut ROOM) };
    let [heard, told] = &mut room.frames;
    let mut board = Board { heard, told };
    let mut config = Config::new(EthernetAddress(mac).into());
    config.random_seed =
        u64::from_le_bytes([mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], address[2], address[3]]);
    let mut interface = Interface::new(config, &mut board, Instant::ZERO);
    interface.update_ip_addrs(|own| {
        let _ = own.push(IpCidr::new(Ipv4Addr::from(address).into(), prefix));
    });
    let mut socket = udp::Socket::new(
        udp::PacketBuffer::new(&mut room.heard[..], &mut room.heard_octets[..]),
        udp::PacketBuffer::new(&mut room.told[..], &mut room.told_octets[..]),
    );
    let _ = socket.bind(port);
    let mut sockets = SocketSet::new(&mut room.places[..]);
    let socket = sockets.add(socket);
    // SAFETY: nobody else has it yet.
    unsafe { (*&raw mut NET).write(Net { board, interface, sockets, socket }) };
}

/// # Safety
/// After [`net_init`], from one thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_poll(now_ms: u64) {
    // SAFETY: by what the caller has promised.
    let net = unsafe { net() };
    let now = Instant::from_millis(i64::try_from(now_ms).unwrap_or(i64::MAX));
    net.interface.poll(now, &mut net.board, &mut net.sockets);
}

/// # Safety
/// After [`net_init`], from one thread; `into` is `room` octets, `from` four.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_receive(
    into: *mut u8,
    room: usize,
    from: *mut [u8; 4],
    port: *mut u16,
) -> usize {
    // SAFETY: by what the caller has promised.
    let (net, into) = unsafe { (net(), core::slice::from_raw_parts_mut(into, room)) };
    let Ok((datagram, meta)) = net.sockets.get_mut::<udp::Socket<'_>>(net.socket).recv() else {
        return 0;
    };
    let smoltcp::wire::IpAddress::Ipv4(source) = meta.endpoint.addr;
    let len = datagram.len().min(room);
    into[..len].copy_from_slice(&datagram[..len]);
    // SAFETY: by what the caller has promised.
    unsafe {
        *from = source.octets();
        *port = meta.endpoint.port;
    }
    len
}

/// # Safety
/// After [`net_init`], from one thread; `datagram` is `len` octets, `to` four.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn net_send(datagram: *const u8, len: usize, to: *const [u8; 4], port: u16) {
    // SAFETY: by what the caller has promised.
    let (net, datagram, to) = unsafe { (net(), core::slice::from_raw_parts(datagram, len), *to) };
    let _ =
        net.sockets.get_mut::<udp::Socket<'_>>(net.socket).send_slice(datagram, (Ipv4Addr::from(to), port));
}

/// # Safety
/// After [`net_init`], and nobody else has it.
unsafe fn net() -> &'static mut Net {
    // SAFETY: by what the caller has promised.
    unsafe { (*&raw mut NET).assume_init_mut() }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
