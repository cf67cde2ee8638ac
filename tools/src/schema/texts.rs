//! Texts of a certain form: numbers, patterns, clocks, addresses.

use super::types::Text;
use std::net::{IpAddr, SocketAddr};
use strowger::policy::keyring::MAX_WEBHOOK;

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident($inner:ty), $expected:literal, |$text:ident| $read:expr;)+) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub(crate) struct $name(pub(crate) $inner);

        impl Text for $name {
            const EXPECTED: &'static str = $expected;
            fn read($text: &str) -> Option<Self> { $read.map(Self) }
        }
    )+ };
}

texts! {
    /// A number that can be dialed.
    Keys(String), "1 to 24 of the keys 0-9 * #", |text| keys(text, 24);
    /// A pattern of digits.
    Pattern(String), "digits 0-9 * # and wildcards N (2-9), X (0-9), Y (0-9 * #), at most 25",
        |text| (1..=25).contains(&text.len()).then(|| text.to_owned())
            .filter(|text| text.bytes().all(|c| is_key(c) || matches!(c, b'N' | b'X' | b'Y')));
    /// What an emergency row sends.
    Outpulse(String), "1 to 24 of the keys 0-9 * #", |text| keys(text, 24);
    /// A public number.
    Public(String), "digits with at most one + in front, at most 20", |text| public(text);
    /// An emergency call-back number.
    Cesid(String), "a public number of 7 to 12 digits",
        |text| keys(text, 12).filter(|text| text.len() >= 7 && digits(text));
    /// The CORs that a group blocks, bit n for COR n.
    Members(u128), "COR numbers from 1 to 96 and ascending ranges of them, such as \"1-10,16-64\"", |text| members(text);
    /// A system account code.
    Code(String), "2 to 12 digits", |text| Some(text.to_owned()).filter(|t| (2..=12).contains(&t.len()) && digits(t));
    /// A PIN.
    Pin(String), "up to 8 digits", |text| Some(text.to_owned()).filter(|t| t.len() <= 8 && digits(t));
    /// A password.
    Password(String), "a text without control characters",
        |text| Some(text.to_owned()).filter(|t| !t.is_empty() && !t.chars().any(char::is_control));
    /// A digest username or realm.
    Quoted(String), "a text without quotes, backslashes and control characters",
        |text| Some(text.to_owned()).filter(|t| !t.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')));
    /// HA1 by MD5.
    Ha1Md5([u8; 16]), "32 hexadecimal digits", |text| hex::<16>(text);
    /// HA1 by SHA-256.
    Ha1Sha256([u8; 32]), "64 hexadecimal digits", |text| hex::<32>(text);
    /// Host and optional port.
    Host(String), "a host name or address with an optional port, such as \"192.0.2.1:5060\"", |text| host(text);
    /// Address and port.
    Socket(SocketAddr), "an address and a port, such as \"127.0.0.1:5060\"", |text| text.parse().ok();
    /// An address range: address and bits that count.
    Subnet((IpAddr, u8)), "an address range, such as \"10.1.0.0/16\"", |text| subnet(text);
    /// A MAC address.
    Mac([u8; 6]), "a MAC address, such as \"08:00:0f:12:34:56\"", |text| mac(text);
    /// Days of the week: bit 0 Monday to bit 6 Sunday.
    Days(u8), "days, such as \"mon-fri\" or \"sat,sun\"", |text| days(text);
    /// A time of day, in minutes.
    Clock(u16), "a time from \"00:00\" to \"24:00\"", |text| clock(text);
    /// A calendar day.
    Date(jiff::civil::Date), "a date, such as \"2026-12-25\"", |text| text.parse().ok();
    /// A country.
    Country(String), "a country by its two capital letters, such as \"CA\"",
        |text| (text.len() == 2 && text.bytes().all(|c| c.is_ascii_uppercase())).then(|| text.to_owned());
    /// An access code of registration.
    AccessCode(String), "at most 10 of the keys 0-9 * #", |text| keys(text, 10);
    /// A zone of the time zone database.
    TimeZone(String), "a time zone of the IANA database, such as \"America/Toronto\"",
        |text| jiff::tz::TimeZoneDatabase::bundled().get(text).ok().map(|_| text.to_owned());
    /// An SMDR system id.
    SystemId(u16), "three digits, such as \"001\"", |text| Some(text).filter(|t| t.len() == 3 && digits(t))?.parse().ok();
    /// A place where an alarm is sent.
    Webhook(String), "an http or https URL of at most 512 octets, or nothing", |text| webhook(text).then(|| text.to_owned());
}

fn webhook(text: &str) -> bool {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = host.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    text.is_empty()
        || host.is_some_and(|host| !host.is_empty())
            && text.len() <= MAX_WEBHOOK
            && text.bytes().all(|c| c.is_ascii_graphic())
}

const fn is_key(c: u8) -> bool {
    c.is_ascii_digit() || matches!(c, b'*' | b'#')
}

fn digits(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit())
}

fn keys(text: &str, most: usize) -> Option<String> {
    ((1..=most).contains(&text.len()) && text.bytes().all(is_key)).then(|| text.to_owned())
}

fn public(text: &str) -> Option<String> {
    let rest = text.strip_prefix('+').unwrap_or(text);
    ((1..=20).contains(&rest.len()) && digits(rest)).then(|| text.to_owned())
}

fn members(text: &str) -> Option<u128> {
    let mut bits = 0;
    if text.trim().is_empty() {
        return Some(bits);
    }
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| Some(text.trim()).filter(|t| digits(t))?.parse::<u8>().ok();
        let (first, last) = (number(first)?, number(last)?);
        if first == 0 || last > 96 || first > last {
            return None;
        }
        (first..=last).for_each(|cor| bits |= 1 << cor);
    }
    Some(bits)
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut octets = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    for (octet, at) in octets.iter_mut().zip((0..).step_by(2)) {
        *octet = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(octets)
}

/// Six octets; zeros are nobody's.
fn mac(text: &str) -> Option<[u8; 6]> {
    let parts: Vec<&str> = text.split(':').collect();
    let whole = parts.len() == 6 && parts.iter().all(|part| part.len() == 2);
    hex(&parts.concat()).filter(|mac| whole && *mac != [0; 6])
}

fn host(text: &str) -> Option<String> {
    let port = |port: &str| digits(port) && port.parse::<u16>().is_ok_and(|port| port > 0);
    let name = |name: &str| {
        (1..=253).contains(&name.len())
            && name.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
            })
    };
    let good = text.parse::<IpAddr>().is_ok()
        || text.parse::<SocketAddr>().is_ok_and(|socket| socket.port() > 0)
        || text.rsplit_once(':').map_or_else(|| name(text), |(host, after)| name(host) && port(after));
    good.then(|| text.to_owned())
}

fn subnet(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = Some(prefix).filter(|prefix| digits(prefix))?.parse::<u8>().ok();
    Some((address, prefix.filter(|prefix| *prefix <= most)?))
}

/// `sat-mon` goes round the end of the week.
fn days(text: &str) -> Option<u8> {
    let day = |name: &str| {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().position(|day| *day == name.trim())
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        (0..=(last + 7 - first) % 7).for_each(|n| bits |= 1 << ((first + n) % 7));
    }
    Some(bits)
}

fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| Some(text).filter(|t| t.len() == 2 && digits(t))?.parse::<u16>().ok();
    let (hour, minute) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60 || (hour, minute) == (24, 0)).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_ranges_in_ascending_order() {
        assert_eq!(members(""), Some(0));
        assert_eq!(members("1-3, 96,2"), Some(0b1110 | 1 << 96));
        for bad in ["0", "97", "10-1", "1-", ",", "1,,2", "a", "+1", "1-2-3"] {
            assert_eq!(members(bad), None, "{bad}");
        }
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for good in ["127.0.0.1:5080", "10.0.0.1", "::1", "[::1]:5060", "sip.example", "sip.example:5061"] {
            assert!(host(good).is_some(), "{good}");
        }
        for bad in ["", "a b", "host:", "host:0", "host:65536", "sip:host", "a..b", "user@host"] {
            assert!(host(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn clocks_and_days() {
        assert_eq!((clock("00:00"), clock("18:30"), clock("24:00")), (Some(0), Some(1110), Some(1440)));
        assert!(clock("24:01").is_none() && clock("7:00").is_none() && clock("12:60").is_none());
        assert_eq!((days("mon-fri"), days("sat, sun"), days("sun-mon")), (Some(31), Some(96), Some(65)));
        assert_eq!(days("monday"), None);
    }
}
