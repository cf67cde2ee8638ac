//! `slow TARGET sip|tls SECONDS CONNECTIONS`: keeps so many connections to an address on loopback, from 64 addresses of 127.67.0.0/16; each
//! says one octet in a second of a message, or of the beginning of TLS, that never ends. Who is cut off comes again. Prints how many
//! connections there were in all.
//!
//! Bounded in time and number, and for nothing but 127.0.0.0/8: it refuses other targets.

use socket2::{Domain, Protocol, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const USAGE: &str = "slow TARGET sip|tls SECONDS CONNECTIONS";
/// Addresses that it comes from.
const SOURCES: usize = 64;
/// Rounds in a second: in each a tenth of the connections says something.
const ROUNDS: usize = 10;
/// The beginning of a ClientHello of 16,000 octets (RFC 8446 section 4).
const HELLO: [u8; 9] = [0x16, 3, 1, 0x3E, 0x80, 1, 0, 0x3E, 0x7C];
const MESSAGE: &[u8] = b"INVITE sip:3001@127.0.0.1 SIP/2.0\r\nSubject: ";

fn main() {
    match slow(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(opened) => println!("{opened}"),
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(2);
        }
    }
}

fn slow(args: &[String]) -> Result<u64, String> {
    let [target, kind, seconds, connections] = args else { return Err(USAGE.to_owned()) };
    let target = strowger_testkit::loopback::target(target)?;
    let seconds: u64 = seconds.parse().ok().filter(|seconds| *seconds <= 60).ok_or("at most 60 seconds")?;
    let connections: usize =
        connections.parse().ok().filter(|many| *many <= 10_000).ok_or("at most 10,000 connections")?;
    let text: &[u8] = match kind.as_str() {
        "sip" => MESSAGE,
        "tls" => &HELLO,
        _ => return Err(USAGE.to_owned()),
    };
    let mut open: Vec<Option<(TcpStream, usize)>> = (0..connections).map(|_| None).collect();
    let (mut opened, end) = (0, Instant::now() + Duration::from_secs(seconds));
    for round in 0.. {
        for (n, place) in open.iter_mut().enumerate().skip(round % ROUNDS).step_by(ROUNDS) {
            if Instant::now() >= end {
                return Ok(opened);
            }
            match place.take().and_then(|(stream, said)| say(stream, said, text)) {
                Some(going_on) => *place = Some(going_on),
                None => {
                    *place = connect(target, n).ok().map(|stream| (stream, 0));
                    opened += u64::from(place.is_some());
                }
            }
        }
        std::thread::sleep(Duration::from_secs(1) / u32::try_from(ROUNDS).unwrap_or(1));
    }
    Ok(opened)
}

/// Says the next octet; nothing if it has been cut off.
fn say(mut stream: TcpStream, said: usize, text: &[u8]) -> Option<(TcpStream, usize)> {
    let cut = match stream.read(&mut [0; 64]) {
        Ok(octets) => octets == 0,
        Err(why) => why.kind() != ErrorKind::WouldBlock,
    };
    let octet = text.get(said).copied().unwrap_or(b'a');
    let taken = stream.write(&[octet]).is_ok();
    (!cut && taken).then_some((stream, said + 1))
}

/// From one of the addresses.
fn connect(target: SocketAddr, n: usize) -> std::io::Result<TcpStream> {
    let last = u8::try_from(n % SOURCES).unwrap_or(0) + 1;
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SocketAddr::from(([127, 67, 0, last], 0)).into())?;
    socket.connect_timeout(&target.into(), Duration::from_millis(500))?;
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(true)?;
    Ok(stream)
}
