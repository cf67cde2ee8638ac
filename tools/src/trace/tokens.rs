//! What stands in a trace instead of secrets: tokens of the same length, of the same kind of characters.
//!
//! Equal secrets give equal tokens, so an exchange that is given tokens finds equal what was equal. The key of the tokens
//! is random and written nowhere: nobody can tell a secret from its token but by guessing both.

use std::net::IpAddr;
use std::ops::Range;
use strowger::account::{Length, split};
use strowger::base::{Crypto, Soft};
use strowger::policy::decide::class_of;
use strowger::policy::desk::number_and_pin;
use strowger::policy::rows::{FEATURE_ACCOUNT_CODE, FEATURE_HOT_DESK_LOGIN};
use strowger::policy::trie::{End, analyse};
use strowger::policy::{Image, Mode, Party};
use strowger::wire::sip::{Address, Message, Method};

/// What becomes of secrets in a trace.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub(super) kind: Kind,
    keyed: Soft,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// There are none.
    None,
    /// Keys, passwords and codes become tokens.
    Tokens,
    /// Digits are hashed as well.
    Redacted,
}

/// What must be known of an exchange to see what in a datagram is secret.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) image: Option<&'a Image<'a>>,
    pub(super) mode: Mode,
    /// Where the datagram comes from, or goes to.
    pub(super) peer: IpAddr,
    /// The digits of an account code that the sender has entered.
    pub(super) typed: &'a [u8],
}

/// What an exchange sends, with nothing but zeros where it proves who it is: it cannot do so again without its password.
pub(super) fn unproved(datagram: &[u8]) -> Vec<u8> {
    let mut out = datagram.to_vec();
    for at in all(datagram, b"response") {
        let value = digest_response(&out, at);
        out[value].fill(b'0');
    }
    out
}

/// Where the value of a digest's `response`, which begins there, stands; nowhere if it is none.
fn digest_response(text: &[u8], at: usize) -> Range<usize> {
    let blank = |c: u8| matches!(c, b' ' | b'\t');
    let sign = run(text, at + 8, blank);
    if text.get(sign) != Some(&b'=') {
        return 0..0;
    }
    let from = run(text, sign + 1, |c| blank(c) || c == b'"');
    from..run(text, from, |c| !matches!(c, b'"' | b',' | b'\r' | b'\n'))
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// A key is known again by so many of its characters (`strowger::media::Marks`).
const MARKED: usize = 16;

impl Secrets {
    /// Nothing in this trace is secret: it was made up.
    #[must_use]
    pub fn none() -> Self {
        Self { kind: Kind::None, keyed: Soft::new(&[0; 32]) }
    }

    /// Keys, passwords and account codes become tokens. The salt must be random, and be kept nowhere.
    #[must_use]
    pub fn tokens(salt: &[u8; 32]) -> Self {
        Self { kind: Kind::Tokens, keyed: Soft::new(salt) }
    }

    /// Digits are hashed: the trace can be printed, not replayed. The salt as for [`Secrets::tokens`].
    #[must_use]
    pub fn redacted(salt: &[u8; 32]) -> Self {
        Self { kind: Kind::Redacted, keyed: Soft::new(salt) }
    }

    /// A datagram with tokens in it.
    pub(super) fn datagram(&self, view: &View<'_>, datagram: &[u8]) -> Vec<u8> {
        let mut out = datagram.to_vec();
        if self.kind == Kind::None {
            return out;
        }
        for marker in [&b"inline:"[..], b"a=ice-pwd:", b"mikey "] {
            for at in all(datagram, marker) {
                self.key(&mut out, at + marker.len());
            }
        }
        for at in all(datagram, b"\nk=") {
            let end = run(datagram, at + 3, |c| !matches!(c, b'\r' | b'\n'));
            let from = run(datagram, at + 3, |c| c != b':').min(end);
            self.alike("k", &mut out[from..end]);
        }
        for at in all(datagram, b"response") {
            self.response(&mut out, at);
        }
        for at in all(datagram, b"authorization") {
            self.basic(&mut out, at);
        }
        self.users(view, &mut out);
        self.key_pressed(view, &mut out);
        for range in hashed(view, datagram) {
            out[range.clone()].copy_from_slice(&datagram[range]);
        }
        out
    }

    /// A dialed number, with a token for the account code that may be in it.
    pub(super) fn dialed(&self, view: &View<'_>, from: Party, digits: &[u8]) -> Vec<u8> {
        let mut out = digits.to_vec();
        if let (Some(image), Some(_), true) = (view.image, from.phone(), self.kind != Kind::None) {
            self.number(image, view.mode, Some(from), &mut out);
        }
        out
    }

    /// An account code.
    pub(super) fn code(&self, image: Option<&Image<'_>>, code: &[u8]) -> Vec<u8> {
        (0..code.len()).map(|at| self.digit(image, &code[..at], code[at])).collect()
    }

    /// A digit of an account code. What could become an emergency number stays as it is (law 4): until a digit comes that
    /// rules it out. From then on each digit's token depends on all digits so far.
    pub(super) fn digit(&self, image: Option<&Image<'_>>, typed: &[u8], digit: u8) -> u8 {
        if self.kind == Kind::None || !digit.is_ascii_digit() {
            return digit;
        }
        let helps = |digit: u8| {
            let dialed = [typed, &[digit]].concat();
            let found = image.map(|image| analyse(image, &dialed, |_| false));
            found.is_some_and(|found| matches!(found.end(), End::Emergency(_)) || found.maybe_emergency())
        };
        if helps(digit) {
            return digit;
        }
        let drawn = self.keyed.clone().mac(&[b"code", typed, &[digit]]);
        let open = typed.iter().copied().scan(Vec::new(), |so_far, digit| {
            so_far.push(digit);
            Some(so_far.clone())
        });
        let ruled_out = open.into_iter().any(|so_far| {
            let found = image.map(|image| analyse(image, &so_far, |_| false));
            found.is_none_or(|found| !found.maybe_emergency())
        });
        let fits = |candidate: &u8| ruled_out || !helps(*candidate);
        drawn.iter().map(|octet| b'0' + octet % 10).find(fits).unwrap_or(digit)
    }

    /// A hash of digits or names, in letters: no number could be read in it.
    pub(super) fn hash(&self, text: &[u8]) -> String {
        let mac = self.keyed.clone().mac(&[b"hash", text]);
        let letters = mac.iter().take(8).map(|octet| char::from(b'a' + octet % 26));
        std::iter::once('~').chain(letters).collect()
    }

    /// A key of base64 characters.
    fn key(&self, out: &mut [u8], from: usize) {
        let end = run(out, from, |c| BASE64.contains(&c));
        let real = out[from..end].to_vec();
        let (known, rest) = real.split_at(real.len().min(MARKED));
        let drawn = self.draw(&[b"known", known], known.len()).into_iter();
        let drawn = drawn.chain(self.draw(&[b"rest", &real], rest.len()));
        out[from..end].iter_mut().zip(drawn).for_each(|(c, octet)| *c = BASE64[usize::from(octet & 63)]);
    }

    /// Characters of the same kind: digits for digits, letters for letters, hexadecimal ones if they are.
    fn alike(&self, domain: &str, text: &mut [u8]) {
        let drawn = self.draw(&[domain.as_bytes(), text], text.len());
        let hexadecimal = text.iter().all(u8::is_ascii_hexdigit);
        let letters = if hexadecimal { 6 } else { 26 };
        for (c, octet) in text.iter_mut().zip(drawn) {
            *c = match *c {
                b'0'..=b'9' => b'0' + octet % 10,
                b'a'..=b'z' => b'a' + octet % letters,
                b'A'..=b'Z' => b'A' + octet % letters,
                other => other,
            };
        }
    }

    fn draw(&self, parts: &[&[u8]], len: usize) -> Vec<u8> {
        let mut drawn = Vec::with_capacity(len + 32);
        for block in 0u32.. {
            if drawn.len() >= len {
                break;
            }
            let block = block.to_le_bytes();
            let mut all = vec![&block[..]];
            all.extend_from_slice(parts);
            drawn.extend_from_slice(&self.keyed.clone().mac(&all));
        }
        drawn.truncate(len);
        drawn
    }

    /// `response="…"` of a digest, but for one that is [none](unproved).
    fn response(&self, out: &mut [u8], at: usize) {
        let value = digest_response(out, at);
        if !out[value.clone()].iter().all(|c| *c == b'0') {
            self.alike("response", &mut out[value]);
        }
    }

    /// `Authorization: Basic …`: a password, as good as in clear.
    fn basic(&self, out: &mut [u8], at: usize) {
        let end = run(out, at, |c| !matches!(c, b'\r' | b'\n'));
        let scheme = all(&out[at..end], b"basic").next();
        if let Some(scheme) = scheme {
            let from = run(out, at + scheme + 5, |c| matches!(c, b' ' | b'\t'));
            self.key(out, from);
        }
    }

    /// Passwords in SIP URIs, and account codes among what is dialed: in user parts, and, of codes that begin with `*` or
    /// `#`, wherever they stand.
    fn users(&self, view: &View<'_>, out: &mut [u8]) {
        let whole = out.to_vec();
        let outside = |c: u8| matches!(c, b'<' | b'>' | b'"' | b' ' | b'\t' | b'\r' | b'\n');
        let mut users = Vec::new();
        for at in all(&whole, b"sip:").chain(all(&whole, b"sips:")) {
            let from = run(&whole, at, |c| c != b':') + 1;
            let end = run(&whole, from, |c| c != b'@' && !outside(c));
            if whole.get(end) == Some(&b'@') {
                let user = run(&whole, from, |c| c != b':').min(end);
                self.alike("password", &mut out[user..end]);
                users.push(from..user);
            }
        }
        let caller = view.image.and_then(|image| caller(image, view, &whole));
        let (Some(image), Some(caller)) = (view.image, caller) else { return };
        for end in all(&whole, b"@") {
            let before = whole[..end].iter().rposition(|c| outside(*c) || *c == b':');
            users.push(before.map_or(0, |before| before + 1)..end);
        }
        let key = |c: u8| matches!(c, b'*' | b'#');
        for at in (0..whole.len()).filter(|at| key(whole[*at]) || whole[*at..].starts_with(b"%2")) {
            let before = at.checked_sub(1).map(|before| whole[before]);
            if !before.is_some_and(|c| key(c) || c.is_ascii_alphanumeric()) {
                users.push(at..run(&whole, at, |c| key(c) || c == b'%' || c.is_ascii_hexdigit()));
            }
        }
        for user in users {
            let (plain, places) = unescaped(&whole[user.clone()]);
            let mut token = plain.clone();
            self.number(image, view.mode, caller.device(), &mut token);
            if token == plain {
                continue;
            }
            put(&mut out[user.clone()], &places, &token);
            // One of digits alone may be told again, as a display name say.
            if plain[0].is_ascii_digit() {
                let told = out[user.clone()].to_vec();
                for again in all(&whole, &whole[user]) {
                    out[again..again + told.len()].copy_from_slice(&told);
                }
            }
        }
    }

    /// The account code behind a feature code. Of whom it is not known whose it is, whatever stands there.
    fn number(&self, image: &Image<'_>, mode: Mode, from: Option<Party>, digits: &mut [u8]) {
        let End::Feature(feature, len) = analyse(image, digits, |_| false).end() else { return };
        if let Some((number, pin)) = log_in(image, digits) {
            let from = usize::from(len) + number.len();
            let token = match pin {
                Some(pin) => self.code(None, pin),
                // Nobody's number, and what else stands there may be somebody's PIN.
                None => nobody(image, number).unwrap_or_default(),
            };
            let from = if pin.is_some() { from } else { usize::from(len) };
            digits[from..].iter_mut().zip(token).for_each(|(place, digit)| *place = digit);
            return;
        }
        let Some(behind) = digits.get_mut(usize::from(len)..) else { return };
        if feature != FEATURE_ACCOUNT_CODE {
            // A number that calls are to go to: it may have a code in front.
            return self.number(image, mode, from, behind);
        }
        let class = from.and_then(|from| class_of(image, from, mode));
        let len = match class.and_then(|class| split(behind, Length::of(&class))) {
            Some((code, _)) => code.len(),
            None => behind.len(),
        };
        let token = self.code(Some(image), &behind[..len]);
        behind[..len].copy_from_slice(&token);
    }

    /// The key in the body of an INFO.
    fn key_pressed(&self, view: &View<'_>, out: &mut [u8]) {
        let whole = out.to_vec();
        let mut message = Message::new();
        if message.parse(&whole).is_err() || message.method() != Some(Method::Info) {
            return;
        }
        let body = whole.len() - message.body.len();
        let relay =
            message.content_type.is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/dtmf-relay"));
        let from = if relay {
            let Some(at) = all(message.body, b"signal").next() else { return };
            run(&whole, body + at + 6, |c| matches!(c, b' ' | b'\t' | b'='))
        } else {
            run(&whole, body, |c| c.is_ascii_whitespace())
        };
        // Two digits are the number of a key that no code has.
        if run(&whole, from, |c| c.is_ascii_digit()) == from + 1 {
            out[from] = self.digit(view.image, view.typed, whole[from]);
        }
    }
}

/// Of the digits of a hot-desk log-in the user's number, and the PIN behind it; all of them, and no PIN, if that is no user's.
pub(super) fn log_in<'d>(image: &Image<'_>, digits: &'d [u8]) -> Option<(&'d [u8], Option<&'d [u8]>)> {
    let End::Feature(FEATURE_HOT_DESK_LOGIN, len) = analyse(image, digits, |_| false).end() else {
        return None;
    };
    let behind = digits.get(usize::from(len)..)?;
    Some(match number_and_pin(image, behind) {
        Some((_, pin)) => (&behind[..behind.len() - pin.len()], Some(pin)),
        None => (behind, None),
    })
}

/// Other digits in place of these, that begin with no user's number. What is no digit stays: it may be why nothing is dialed.
fn nobody(image: &Image<'_>, digits: &[u8]) -> Option<Vec<u8>> {
    let same = |to: u8| digits.iter().map(|c| if c.is_ascii_digit() { to } else { *c }).collect::<Vec<_>>();
    (b'0'..=b'9').map(same).find(|digits| number_and_pin(image, digits).is_none())
}

/// Whose classes say how long an account code in a datagram is.
#[derive(Clone, Copy)]
enum Caller {
    Device(u32),
    Nobody,
}

impl Caller {
    const fn device(self) -> Option<Party> {
        match self {
            Self::Device(row) => Some(Party::Device(row)),
            Self::Nobody => None,
        }
    }
}

/// The device that a datagram is from, or to: an answer names the same as its request. `None`: a trunk, which dials no codes.
fn caller(image: &Image<'_>, view: &View<'_>, datagram: &[u8]) -> Option<Caller> {
    let mut message = Message::new();
    let _ = message.parse(datagram);
    let of = |user: &[u8]| image.device_by_dn(user).or_else(|| image.device_by_username(user));
    let named = |address: &Option<Address<'_>>| of(address.as_ref()?.uri.user);
    match named(&message.from).or_else(|| named(&message.to)) {
        Some(device) => Some(Caller::Device(device)),
        None if image.trunk_by_source(view.peer).is_some() => None,
        None => Some(Caller::Nobody),
    }
}

/// What the engine makes something of by hashing it, which a token would change: it goes in as it is. No secret of a phone
/// is there.
fn hashed(view: &View<'_>, datagram: &[u8]) -> Vec<Range<usize>> {
    let mut message = Message::new();
    let _ = message.parse(datagram);
    let stranger =
        view.image.is_none_or(|image| matches!(caller(image, view, datagram), Some(Caller::Nobody)));
    let from = message.from.as_ref().filter(|_| stranger).map_or(&[][..], |from| from.uri.user);
    let via = message.via.as_ref().map_or(&[][..], |via| via.text);
    let place = |part: &[u8]| {
        let from = (part.as_ptr() as usize).checked_sub(datagram.as_ptr() as usize)?;
        let range = from..from.checked_add(part.len())?;
        (datagram.get(range.clone())? == part).then_some(range)
    };
    [via, message.call_id, from].into_iter().filter_map(place).collect()
}

/// Where a text stands, whatever its case.
fn all<'a>(whole: &'a [u8], text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let places = whole.windows(text.len().max(1)).enumerate();
    places.filter(move |(_, window)| window.eq_ignore_ascii_case(text)).map(|(at, _)| at)
}

/// Where characters of a kind end.
fn run(whole: &[u8], from: usize, kind: impl Fn(u8) -> bool) -> usize {
    let from = from.min(whole.len());
    from + whole[from..].iter().position(|c| !kind(*c)).unwrap_or(whole.len() - from)
}

/// Characters without their escapes, and where each of them stands.
fn unescaped(user: &[u8]) -> (Vec<u8>, Vec<usize>) {
    let (mut plain, mut places, mut at) = (Vec::new(), Vec::new(), 0);
    while at < user.len() {
        let escaped = user.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let octet = escaped.filter(|_| user[at] == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        plain.push(octet.unwrap_or(user[at]));
        places.push(at);
        at += if octet.is_some() { 3 } else { 1 };
    }
    (plain, places)
}

/// Puts digits back where they stood: an escaped digit is `%3` and the digit.
fn put(user: &mut [u8], places: &[usize], digits: &[u8]) {
    for (at, digit) in places.iter().zip(digits).filter(|(_, digit)| digit.is_ascii_digit()) {
        let at = if user[*at] == b'%' { at + 2 } else { *at };
        user[at] = *digit;
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
