//! `flood TARGET KIND SECONDS RATE [SOURCES]`: sends datagrams to an address on loopback as fast as it can, at most RATE in a second, from
//! that many addresses of 127.66.0.0/16, and prints how many it sent. KIND is `register`, `invite`, `options` or `rubbish`.
//!
//! Bounded in time and rate, and for nothing but 127.0.0.0/8: it refuses other targets.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const USAGE: &str = "flood TARGET register|invite|options|rubbish SECONDS RATE [SOURCES]";
/// Where the number of a message goes.
const HOLE: &[u8] = b"########";
/// Sent between two looks at the clock.
const BURST: u64 = 32;

/// One of the addresses that it comes from.
struct Source {
    socket: UdpSocket,
    message: Vec<u8>,
    places: Vec<usize>,
}

fn main() {
    match flood(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(sent) => println!("{sent}"),
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(2);
        }
    }
}

fn flood(args: &[String]) -> Result<u64, String> {
    let [target, kind, seconds, rate, rest @ ..] = args else { return Err(USAGE.to_owned()) };
    let target = strowger_testkit::loopback::target(target)?;
    let seconds: u64 = seconds.parse().ok().filter(|seconds| *seconds <= 60).ok_or("at most 60 seconds")?;
    let rate: u64 = rate.parse().map_err(|_| USAGE)?;
    let count: u16 = rest.first().map_or(Ok(64), |count| count.parse()).map_err(|_| USAGE)?;
    let sockets = (0..count.max(1)).map(|n| {
        let [high, low] = n.to_be_bytes();
        let own = SocketAddr::from(([127, 66, high, low.max(1)], 0));
        let socket = UdpSocket::bind(own).map_err(|why| format!("{own}: {why}"))?;
        let here = socket.local_addr().map_err(|why| why.to_string())?;
        let message = message(kind, target, here).ok_or(USAGE)?;
        socket.set_nonblocking(true).map_err(|why| why.to_string())?;
        Ok::<_, String>(Source::new(socket, message))
    });
    let mut sockets = sockets.collect::<Result<Vec<_>, _>>()?;
    let (begin, mut sent) = (Instant::now(), 0u64);
    let end = begin + Duration::from_secs(seconds);
    loop {
        let now = Instant::now();
        if now >= end {
            return Ok(sent);
        }
        let due =
            u64::try_from((now - begin).as_micros()).unwrap_or(u64::MAX).saturating_mul(rate) / 1_000_000;
        if sent >= due {
            std::thread::sleep(Duration::from_micros(200));
            continue;
        }
        for _ in 0..BURST {
            let at = usize::try_from(sent % sockets.len() as u64).unwrap_or(0);
            let source = &mut sockets[at];
            source.numbered(sent);
            // What the network does not take is lost, as in a real flood.
            if source.socket.send_to(&source.message, target).is_ok() {
                sent += 1;
            }
        }
    }
}

/// A message with [holes](HOLE).
fn message(kind: &str, target: SocketAddr, here: SocketAddr) -> Option<Vec<u8>> {
    let (method, user) = match kind {
        "register" => ("REGISTER", "66########"),
        "invite" => ("INVITE", "3001"),
        "options" => ("OPTIONS", "3001"),
        "rubbish" => return Some(b"########\xff\x00 neither SIP nor anything else".to_vec()),
        _ => return None,
    };
    let text = format!(
        "{method} sip:{user}@{target} SIP/2.0\r\nVia: SIP/2.0/UDP {here};rport;branch=z9hG4bK########\r\nMax-Forwards: 70\r\n\
         From: <sip:66########@{target}>;tag=########\r\nTo: <sip:{user}@{target}>\r\nCall-ID: ########\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:66@{here}>\r\nContent-Length: 0\r\n\r\n"
    );
    Some(text.into_bytes())
}

impl Source {
    fn new(socket: UdpSocket, message: Vec<u8>) -> Self {
        let places = (0..message.len()).filter(|at| message[*at..].starts_with(HOLE)).collect();
        Self { socket, message, places }
    }

    /// Puts a number into the holes of its message.
    fn numbered(&mut self, n: u64) {
        let digits = format!("{:08}", n % 100_000_000);
        for at in &self.places {
            self.message[*at..*at + HOLE.len()].copy_from_slice(digits.as_bytes());
        }
    }
}
