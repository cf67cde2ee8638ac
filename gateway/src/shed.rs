//! Overload is shed before anything is read of it: strangers' datagrams beyond what the engine is meant to hear of them are dropped,
//! so that registered phones and trunks, and who calls for help, are heard while a flood lasts.
//!
//! | whose | how many in a second | at once |
//! | --- | --- | --- |
//! | an address where phones are registered, or a trunk's | 100 for each phone or channel there | two seconds' worth, 400 at least |
//! | any other address | 200 | 400 |
//! | all other addresses together | 4,000 | 8,000 |
//! | requests for an emergency number from other addresses | 400, beside those | 800 |
//!
//! A refusal would cost more than the flood, and go to whoever was named as its sender: nothing is answered.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Messages of one phone or channel in a second: a call is about ten, a registration two.
const OF_ONE: u32 = 100;
/// Of an address that nobody is registered at, unless told otherwise.
pub(crate) const OF_STRANGER: u32 = 200;
/// All of those together are so many.
const STRANGERS: u32 = 20;
/// Of those that ask for help.
const OF_HELP: u32 = 400;
/// Addresses of strangers that are remembered; for one more all are forgotten, which costs nothing but a fresh allowance.
const REMEMBERED: usize = 16_384;

/// What became of datagrams that were too many.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Dropped {
    pub(crate) strangers: u64,
    pub(crate) known: u64,
}

/// The allowance of each address.
pub(crate) struct Shed {
    /// Of an address that nobody is registered at; 0: everything is heard.
    of_stranger: u32,
    known: HashMap<IpAddr, Known>,
    /// Where each device is registered from, by its row.
    homes: HashMap<u32, IpAddr>,
    strangers: HashMap<IpAddr, Bucket>,
    all: Bucket,
    help: Bucket,
    dropped: Dropped,
}

#[derive(Clone, Copy)]
struct Known {
    phones: u32,
    channels: u32,
    bucket: Bucket,
}

/// Tokens that come back with time.
#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn full(now: Instant, rate: u32) -> Self {
        Self { tokens: f64::from(rate) * 2.0, at: now }
    }

    /// Takes one, if there is one. Two seconds' worth is the most there is.
    fn take(&mut self, now: Instant, rate: u32) -> bool {
        let since = now.saturating_duration_since(self.at);
        if since > Duration::ZERO {
            self.tokens = (self.tokens + since.as_secs_f64() * f64::from(rate)).min(f64::from(rate) * 2.0);
            self.at = now;
        }
        let taken = self.tokens >= 1.0;
        if taken {
            self.tokens -= 1.0;
        }
        taken
    }
}

impl Shed {
    /// Nobody is known.
    pub(crate) fn new(now: Instant, of_stranger: u32) -> Self {
        Self {
            of_stranger,
            known: HashMap::new(),
            homes: HashMap::new(),
            strangers: HashMap::new(),
            all: Bucket::full(now, of_stranger.saturating_mul(STRANGERS)),
            help: Bucket::full(now, OF_HELP),
            dropped: Dropped::default(),
        }
    }

    /// A device is registered at this address, and no longer at another.
    pub(crate) fn registered(&mut self, now: Instant, device: u32, ip: IpAddr) {
        self.gone(device);
        self.homes.insert(device, ip);
        self.at(now, ip).phones += 1;
    }

    /// A device is gone.
    pub(crate) fn gone(&mut self, device: u32) {
        let Some(ip) = self.homes.remove(&device) else { return };
        let Some(known) = self.known.get_mut(&ip) else { return };
        known.phones -= 1;
        if known.phones + known.channels == 0 {
            self.known.remove(&ip);
        }
    }

    /// No device is registered any more.
    pub(crate) fn forget_phones(&mut self) {
        let devices: Vec<u32> = self.homes.keys().copied().collect();
        devices.into_iter().for_each(|device| self.gone(device));
    }

    /// A trunk with so many channels is at this address, or trusts it. Beyond those that are remembered it is a stranger's.
    pub(crate) fn trunk(&mut self, now: Instant, ip: IpAddr, channels: u16) {
        if self.known.len() < REMEMBERED || self.knows(ip) {
            let known = self.at(now, ip);
            known.channels = known.channels.max(u32::from(channels));
        }
    }

    /// Whether phones or a trunk are at this address.
    pub(crate) fn knows(&self, ip: IpAddr) -> bool {
        self.known.contains_key(&ip)
    }

    fn at(&mut self, now: Instant, ip: IpAddr) -> &mut Known {
        let nobody = Known { phones: 0, channels: 0, bucket: Bucket::full(now, self.of_stranger) };
        self.known.entry(ip).or_insert(nobody)
    }

    /// Whether a datagram from this address is heard; `calls_help` is asked where it would not be. Constant work.
    pub(crate) fn hears(&mut self, now: Instant, ip: IpAddr, calls_help: impl FnOnce() -> bool) -> bool {
        if self.of_stranger == 0 {
            return true;
        }
        if let Some(known) = self.known.get_mut(&ip) {
            let rate = (known.phones + known.channels).saturating_mul(OF_ONE).max(self.of_stranger);
            let heard = known.bucket.take(now, rate) || calls_help() && self.help.take(now, OF_HELP);
            self.dropped.known += u64::from(!heard);
            return heard;
        }
        if self.strangers.len() >= REMEMBERED && !self.strangers.contains_key(&ip) {
            self.strangers.clear();
        }
        let rate = self.of_stranger;
        let own = self.strangers.entry(ip).or_insert_with(|| Bucket::full(now, rate));
        let heard = own.take(now, rate) && self.all.take(now, rate.saturating_mul(STRANGERS))
            || calls_help() && self.help.take(now, OF_HELP);
        self.dropped.strangers += u64::from(!heard);
        heard
    }

    /// What was dropped since it was last asked.
    pub(crate) fn dropped(&mut self) -> Dropped {
        std::mem::take(&mut self.dropped)
    }
}

/// The user part of the Request-URI of an INVITE, as far as it can be seen without reading the message: whom it calls.
pub(crate) fn called(datagram: &[u8]) -> Option<&[u8]> {
    let uri = datagram.strip_prefix(b"INVITE sip:")?;
    let end = uri.iter().take(64).position(|c| matches!(c, b'@' | b' ' | b';' | b'>'))?;
    uri.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u32) -> IpAddr {
        IpAddr::from(n.to_be_bytes())
    }

    /// How many of `offered` datagrams, spread over a second, are heard.
    fn heard(shed: &mut Shed, from: Instant, offered: u32, of: impl Fn(u32) -> IpAddr, help: bool) -> u32 {
        let step = Duration::from_secs(1) / offered;
        (0..offered).map(|n| u32::from(shed.hears(from + step * n, of(n), || help))).sum()
    }

    #[test]
    fn a_stranger_is_heard_two_hundred_times_a_second() {
        let begin = Instant::now();
        let mut shed = Shed::new(begin, OF_STRANGER);
        let first = heard(&mut shed, begin, 10_000, |_| ip(1), false);
        let second = heard(&mut shed, begin + Duration::from_secs(1), 10_000, |_| ip(1), false);
        assert!((598..=602).contains(&first) && (198..=202).contains(&second), "{first} {second}");
        assert_eq!(shed.dropped(), Dropped { strangers: u64::from(20_000 - first - second), known: 0 });
        assert_eq!(shed.dropped(), Dropped::default());
        assert_eq!(heard(&mut shed, begin + Duration::from_secs(2), 100, |_| ip(2), false), 100, "another");
    }

    #[test]
    fn many_strangers_are_heard_four_thousand_times_and_help_beside_them() {
        let begin = Instant::now();
        let mut shed = Shed::new(begin, OF_STRANGER);
        let all = heard(&mut shed, begin, 100_000, |n| ip(n % 5_000), false);
        assert!((11_900..=12_100).contains(&all), "{all}");
        let later = begin + Duration::from_secs(1);
        shed.registered(later, 7, ip(1));
        let own = heard(&mut shed, later, 150, |_| ip(1), false);
        assert_eq!(own, 150, "who has registered is not one of them");
        let help = (0..400).filter(|n| shed.hears(later, ip(90_000 + n), || true)).count();
        assert_eq!(help, 400, "all who call for help");
    }

    #[test]
    fn who_is_registered_has_what_its_phones_have() {
        let begin = Instant::now();
        let mut shed = Shed::new(begin, OF_STRANGER);
        for device in 0..50 {
            shed.registered(begin, device, ip(1));
            shed.registered(begin, device, ip(1));
        }
        let many = heard(&mut shed, begin, 20_000, |_| ip(1), false);
        assert!((5_300..=5_500).contains(&many), "{many}");
        for device in 0..50 {
            shed.registered(begin, device, ip(2));
        }
        assert!(!shed.knows(ip(1)), "they have moved");
        (0..60).for_each(|device| shed.gone(device));
        assert!(shed.known.is_empty() && shed.homes.is_empty());
        shed.trunk(begin, ip(3), 30);
        shed.trunk(begin, ip(3), 30);
        let trunk = heard(&mut shed, begin, 20_000, |_| ip(3), false);
        assert!((3_300..=3_500).contains(&trunk), "{trunk}: told twice it is still one");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let begin = Instant::now();
        let mut shed = Shed::new(begin, OF_STRANGER);
        (0..100_000).for_each(|n| {
            shed.hears(begin, ip(n), || false);
        });
        (0..100_000).for_each(|n| shed.trunk(begin, ip(n), 8));
        let mut open = Shed::new(begin, 0);
        assert_eq!(heard(&mut open, begin, 50_000, |_| ip(1), false), 50_000, "who wants none has none");
        assert!(shed.strangers.len() <= REMEMBERED && shed.known.len() <= REMEMBERED);
    }

    #[test]
    fn whom_an_invite_calls_is_seen_at_its_beginning() {
        let rows: [(&[u8], Option<&[u8]>); 6] = [
            (b"INVITE sip:911@10.0.0.1 SIP/2.0\r\n", Some(b"911")),
            (b"INVITE sip:911 SIP/2.0\r\n", Some(b"911")),
            (b"INVITE sip:911;phone-context=x@10.0.0.1 SIP/2.0\r\n", Some(b"911")),
            (b"REGISTER sip:911@10.0.0.1 SIP/2.0\r\n", None),
            (b"INVITE sip:", None),
            (b"", None),
        ];
        for (datagram, expected) in rows {
            assert_eq!(called(datagram), expected);
        }
    }
}
