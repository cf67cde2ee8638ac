//! Writing: a [`Sink`] takes bytes, a [`Buffer`] keeps them in the caller's memory or says how many it lacks.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where rendered bytes go. Only [`put`](Sink::put) is to be written; everything else is built on it.
pub trait Sink {
    /// Takes `bytes` as they are.
    fn put(&mut self, bytes: &[u8]);

    /// Puts `n` in decimal, without leading zeros: 1 to 20 bytes.
    fn number(&mut self, n: u64) {
        let mut digits = [0u8; 20];
        let mut left = n;
        let mut used = 0usize;
        for slot in digits.iter_mut().rev() {
            // The remainder is below ten.
            *slot = b'0'.wrapping_add((left % 10) as u8);
            left /= 10;
            used = used.wrapping_add(1);
            if left == 0 {
                break;
            }
        }
        self.put(digits.get(digits.len().saturating_sub(used)..).unwrap_or_default());
    }

    /// Puts two lower-case hexadecimal digits for each of `bytes`.
    fn hex(&mut self, bytes: &[u8]) {
        // Eight at a time: a sink's work is by the call.
        for chunk in bytes.chunks(8) {
            let mut digits = [0; 16];
            for (pair, byte) in digits.chunks_exact_mut(2).zip(chunk) {
                pair.copy_from_slice(&[hex_digit(byte >> 4), hex_digit(byte & 15)]);
            }
            self.put(digits.get(..chunk.len().saturating_mul(2)).unwrap_or_default());
        }
    }

    /// Puts `parts` one after the other, then CRLF.
    fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.put(part);
        }
        self.put(b"\r\n");
    }

    /// Puts an address as SDP has it: IPv6 without brackets, in the form of RFC 5952 (RFC 8866 5.7).
    fn ip(&mut self, ip: IpAddr) {
        match ip {
            IpAddr::V4(v4) => put_v4(self, v4),
            IpAddr::V6(v6) => put_v6(self, v6),
        }
    }

    /// Puts an address as a host of SIP has it: IPv6 in brackets (RFC 3261 25.1 `host`).
    fn host(&mut self, ip: IpAddr) {
        match ip {
            IpAddr::V4(v4) => put_v4(self, v4),
            IpAddr::V6(v6) => {
                self.put(b"[");
                put_v6(self, v6);
                self.put(b"]");
            }
        }
    }

    /// Puts `host:port`; IPv6 in brackets, its zone and flow are left out.
    fn socket_address(&mut self, address: SocketAddr) {
        self.host(address.ip());
        self.put(b":");
        self.number(u64::from(address.port()));
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn put(&mut self, bytes: &[u8]) {
        (**self).put(bytes);
    }
}

/// A [`Sink`] over the caller's bytes. What does not fit is counted, not written: the first piece that does not
/// fit and everything after it. An empty slice makes it a counter.
#[derive(Debug)]
pub struct Buffer<'b> {
    free: &'b mut [u8],
    capacity: usize,
    needed: usize,
}

impl<'b> Buffer<'b> {
    /// Writes to `bytes` from its beginning.
    pub fn new(bytes: &'b mut [u8]) -> Self {
        let capacity = bytes.len();
        Self { free: bytes, capacity, needed: 0 }
    }

    /// How many bytes were put so far, whether they fitted or not.
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// The length of what was written.
    ///
    /// # Errors
    ///
    /// [`Short`] if anything did not fit; what the slice then holds is of no use.
    pub fn finish(self) -> Result<usize, Short> {
        if self.needed > self.capacity { Err(Short { needed: self.needed }) } else { Ok(self.needed) }
    }
}

impl Sink for Buffer<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.needed = self.needed.saturating_add(bytes.len());
        // A second short piece must not land in the gap a long one left.
        if let Some((place, free)) = core::mem::take(&mut self.free).split_at_mut_checked(bytes.len()) {
            place.copy_from_slice(bytes);
            self.free = free;
        }
    }
}

/// The caller's buffer is too small; a second try with `needed` bytes will do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Short {
    /// Bytes the whole text has.
    pub needed: usize,
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "buffer too short: {} bytes needed", self.needed)
    }
}

impl core::error::Error for Short {}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0'.wrapping_add(nibble) } else { b'a'.wrapping_sub(10).wrapping_add(nibble) }
}

fn put_v4<S: Sink + ?Sized>(sink: &mut S, ip: Ipv4Addr) {
    // At once: a sink's work is by the call.
    let mut text = heapless::Vec::<u8, 16>::new();
    for octet in ip.octets() {
        let (hundreds, tens) = (octet / 100, octet / 10 % 10);
        if hundreds > 0 {
            let _ = text.push(b'0'.wrapping_add(hundreds));
        }
        if octet >= 10 {
            let _ = text.push(b'0'.wrapping_add(tens));
        }
        let _ = text.push(b'0'.wrapping_add(octet % 10));
        let _ = text.push(b'.');
    }
    text.pop();
    sink.put(&text);
}

/// RFC 5952: the longest run of two or more zero groups becomes `::`, the first of equally long ones.
fn put_v6<S: Sink + ?Sized>(sink: &mut S, ip: Ipv6Addr) {
    if let [0, 0, 0, 0, 0, 0xffff, _, _] = ip.segments() {
        let [.., a, b, c, d] = ip.octets();
        sink.put(b"::ffff:");
        return put_v4(sink, Ipv4Addr::new(a, b, c, d));
    }
    let groups = ip.segments();
    let (mut best, mut best_length, mut run) = (8usize, 1usize, 0usize);
    for (at, group) in groups.iter().enumerate() {
        run = if *group == 0 { run.wrapping_add(1) } else { 0 };
        if run > best_length {
            best_length = run;
            best = at.wrapping_add(1).wrapping_sub(run);
        }
    }
    let end = best.wrapping_add(best_length);
    for (at, group) in groups.iter().enumerate() {
        if at == best {
            sink.put(b"::");
        }
        if (best..end).contains(&at) {
            continue;
        }
        if at != 0 && at != end {
            sink.put(b":");
        }
        let digits =
            [group >> 12, (group >> 8) & 15, (group >> 4) & 15, group & 15].map(|n| hex_digit(n as u8));
        let zeros = digits.iter().take(3).take_while(|digit| **digit == b'0').count();
        sink.put(digits.get(zeros..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    fn written(write: impl FnOnce(&mut Buffer<'_>)) -> String {
        let mut bytes = [0u8; 128];
        let mut buffer = Buffer::new(&mut bytes);
        write(&mut buffer);
        let used = buffer.finish().unwrap();
        String::from_utf8(bytes[..used].to_vec()).unwrap()
    }

    #[test]
    fn numbers_and_hex() {
        for n in [0, 1, 9, 10, 99, 100, 65535, u64::MAX] {
            assert_eq!(written(|b| b.number(n)), n.to_string());
        }
        assert_eq!(written(|b| b.hex(&[0, 0x9a, 0xff])), "009aff");
        assert_eq!(written(|b| b.line(&[b"a", b": ", b"b"])), "a: b\r\n");
    }

    #[test]
    fn addresses_as_the_standard_library_writes_them() {
        for text in [
            "0.0.0.0",
            "192.0.2.255",
            "::",
            "::1",
            "1::",
            "2001:db8::1",
            "2001:db8:0:1:1:1:1:1",
            "fe80::1:0:0:2",
            "1:0:0:2:0:0:0:3",
            "::ffff:192.0.2.1",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:0",
            "1:2:3:4:5:6:0:0",
            "0:0:1::",
            "a0b:c0d::ff0",
        ] {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(written(|b| b.ip(ip)), ip.to_string());
            let address = SocketAddr::new(ip, 5060);
            assert_eq!(written(|b| b.socket_address(address)), address.to_string());
        }
    }

    #[test]
    fn short_says_how_much() {
        for room in 0..12 {
            let mut bytes = Vec::new();
            bytes.resize(room, 0xee);
            let mut buffer = Buffer::new(&mut bytes);
            buffer.line(&[b"abcdef", b"g"]);
            buffer.put(b"h");
            assert_eq!(buffer.finish(), if room < 10 { Err(Short { needed: 10 }) } else { Ok(10) });
            if room == 2 || room == 3 {
                assert!(bytes.iter().all(|byte| *byte == 0xee), "nothing may be written behind a gap");
            }
        }
    }
}
