//! `slow TARGET sip|tls SECONDS CONNECTIONS`: keeps so many connections to an address on loopback, from 64 addresses of 127.67.0.0/16; each
//! says one octet in a second of a message, or of the beginning of TLS, that never ends. Who is cut off comes again. Goes on for so many
//! seconds, and until as many connections were open as it is to keep. Prints how many there were in all.
//!
//! It waits for no connection while it opens others: a target that takes them slowly has them all before it.
//! Bounded in time (a minute, whatever came of it) and number, and for nothing but 127.0.0.0/8: it refuses other targets.

use socket2::{Domain, Protocol, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const USAGE: &str = "slow TARGET sip|tls SECONDS CONNECTIONS";
/// Addresses that it comes from.
const SOURCES: usize = 64;
/// However few connections the target took.
const AT_MOST: Duration = Duration::from_secs(60);
/// Rounds in a second: in each a tenth of the connections says something.
const ROUNDS: usize = 10;
/// The beginning of a ClientHello of 16,000 octets (RFC 8446 section 4).
const HELLO: [u8; 9] = [0x16, 3, 1, 0x3E, 0x80, 1, 0, 0x3E, 0x7C];
/// EINPROGRESS of Linux.
const IN_PROGRESS: i32 = 115;
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
    let mut places: Vec<Option<(TcpStream, usize)>> = (0..connections).map(|_| None).collect();
    let (mut opened, begun) = (0, Instant::now());
    for round in 0.. {
        for (n, place) in places.iter_mut().enumerate().skip(round % ROUNDS).step_by(ROUNDS) {
            *place = match place.take() {
                Some((stream, said)) => match say(&stream, text.get(said).copied().unwrap_or(b'a')) {
                    Said::Yes => {
                        opened += u64::from(said == 0);
                        Some((stream, said + 1))
                    }
                    Said::NotYet => Some((stream, said)),
                    Said::CutOff => {
                        opened += u64::from(said == 0);
                        None
                    }
                    Said::Refused => None,
                },
                None => connect(target, n).ok().map(|stream| (stream, 0)),
            };
        }
        let took = begun.elapsed();
        if took >= AT_MOST || took >= Duration::from_secs(seconds) && opened >= connections as u64 {
            break;
        }
        std::thread::sleep(Duration::from_secs(1) / u32::try_from(ROUNDS).unwrap_or(1));
    }
    Ok(opened)
}

/// What came of an octet.
enum Said {
    Yes,
    /// The connection is not open yet, or takes nothing at the moment.
    NotYet,
    /// It was open, and is not any more.
    CutOff,
    /// It never was.
    Refused,
}

fn say(mut stream: &TcpStream, octet: u8) -> Said {
    let failed = |why: ErrorKind| match why {
        ErrorKind::WouldBlock | ErrorKind::NotConnected => Said::NotYet,
        ErrorKind::ConnectionRefused | ErrorKind::TimedOut => Said::Refused,
        _ => Said::CutOff,
    };
    match stream.read(&mut [0; 64]).map_err(|why| failed(why.kind())) {
        Ok(0) => return Said::CutOff,
        Err(gone @ (Said::CutOff | Said::Refused)) => return gone,
        Ok(_) | Err(Said::Yes | Said::NotYet) => {}
    }
    stream.write(&[octet]).map_or_else(|why| failed(why.kind()), |_| Said::Yes)
}

/// From one of the addresses, without waiting for it.
fn connect(target: SocketAddr, n: usize) -> std::io::Result<TcpStream> {
    let last = u8::try_from(n % SOURCES).unwrap_or(0) + 1;
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from(([127, 67, 0, last], 0)).into())?;
    match socket.connect(&target.into()) {
        Err(why) if why.raw_os_error() != Some(IN_PROGRESS) => Err(why),
        Ok(()) | Err(_) => Ok(socket.into()),
    }
}
