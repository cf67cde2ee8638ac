//! `seeds DIR`: first inputs for every target, as simulated phones send them.

mod set_seeds;

use std::net::SocketAddr;
use std::path::Path;
use strowger::base::{Digit, Flow, Handle, Instant, Soft, Transport};
use strowger::exchange::{Exchange, Output, Ticked};
use strowger::phone::Taken;
use strowger_fuzz::{EXCHANGE, IMAGE, Memory, SOURCES, exchange, step};
use strowger_testkit::phone::{Ask, Behaviour, Phone, PhoneConfig};

/// What somebody does next.
type Act = (usize, fn(&mut Phone, Instant));

/// Stories that phones tell: each a row of acts, a second apart.
const STORIES: [&[Act]; 6] = [
    &[(0, |phone, now| phone.call(now, "202")), (1, Phone::hang_up)],
    &[
        (0, |phone, now| phone.call(now, "911")),
        (0, |phone, now| phone.reinvite(now, Ask::Same)),
        (2, Phone::hang_up),
    ],
    &[
        (2, |phone, now| phone.call(now, "5550120")),
        (0, |phone, now| phone.refer(now, "202", "")),
        (1, Phone::hang_up),
    ],
    &[(1, |phone, now| phone.call(now, "95551234")), (1, Phone::hang_up)],
    &[
        (0, |phone, now| phone.call(now, "*60")),
        (1, |phone, now| phone.call(now, "201")),
        (0, |phone, now| phone.register(now, 0)),
    ],
    &[(0, |phone, now| phone.call(now, "202")), (0, Phone::cancel), (2, |phone, now| phone.options(now))],
];

/// URIs of every kind.
const URIS: [&str; 6] = [
    "sips:201@[2001:db8::1]:5061;transport=tls;lr",
    "sip:%32%30;x=1:secret@elm.example?Subject=a%20b&Replaces=1",
    "tel:+1-613-555-0100;phone-context=+1",
    "urn:service:sos.fire",
    "mailto:a@elm.example",
    "sip:192.0.2.1",
];

fn main() {
    let folder = std::env::args().nth(1).expect("usage: seeds DIR");
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let folder = Path::new(&folder).join(target);
        std::fs::create_dir_all(&folder).expect("it can be made");
        std::fs::write(folder.join(name), bytes).expect("it can be written");
    };
    put("image", "policy", IMAGE);
    for (n, uri) in URIS.iter().enumerate() {
        put("uri", &format!("kind-{n}"), uri.as_bytes());
    }
    let stories = STORIES.iter().flat_map(|story| [Transport::Udp, Transport::Tls].map(|over| (story, over)));
    for (n, (story, over)) in stories.enumerate() {
        let told = tell(story, over);
        let (mut whole, mut stream) = (Vec::new(), vec![3, 200, 1, 90]);
        let mut last = Instant(1_000);
        for (m, (at, source, datagram)) in told.iter().enumerate() {
            put("sip", &format!("story-{n}-{m}"), datagram);
            let text = String::from_utf8_lossy(datagram);
            for line in text.lines() {
                if let Some((name, value)) = line.split_once(": ") {
                    put("values", &format!("story-{n}-{m}-{name}"), value.as_bytes());
                    let uri = value.split_once('<').and_then(|(_, behind)| behind.split_once('>'));
                    if let Some((uri, _)) = uri {
                        put("uri", &format!("story-{n}-{m}-{name}"), uri.as_bytes());
                    }
                }
            }
            if let Some((_, body)) = text.split_once("\r\n\r\n").filter(|(_, body)| !body.is_empty()) {
                put("sdp", &format!("story-{n}-{m}"), body.as_bytes());
            }
            let source = SOURCES
                .iter()
                .position(|known| SocketAddr::from(*known) == *source)
                .expect("it is one of them");
            let after = u16::try_from(at.since_ms(last)).unwrap_or(u16::MAX);
            let kind = u8::try_from(source).expect("there are few") | over.number() << 6;
            whole.extend(step(after, kind, datagram));
            stream.extend_from_slice(datagram);
            stream.extend_from_slice(if m % 3 == 0 { b"\r\n\r\n" } else { b"" });
            last = *at;
        }
        put("exchange", &format!("story-{n}"), &whole);
        put("stream", &format!("story-{n}"), &stream);
    }
    for (n, signals) in [&[4u8, 0][..], &[4, 3], &[5, 0], &[8, 0], &[9, 0], &[11, 0], &[13, 0], &[15, 0x8F]]
        .iter()
        .enumerate()
    {
        let mut whole = Vec::new();
        for kind in *signals {
            whole.extend(step(100, *kind, b"\x00202"));
        }
        put("exchange", &format!("signals-{n}"), &whole);
    }
    for (n, story) in USER.iter().enumerate() {
        put("phone", &format!("story-{n}"), &used(story));
    }
    for (n, input) in set_seeds::stories().iter().enumerate() {
        put("set", &format!("story-{n}"), input);
    }
}

/// What the user of a telephone does, a second apart: the kind of the step, and what belongs to it; or the phone it talks to does something.
type Use = Result<(u8, &'static str), fn(&mut Phone, Instant)>;

const USER: [&[Use]; 5] = [
    &[Ok((7, "202")), Ok((10, "")), Ok((11, "")), Ok((15, ""))],
    &[Err(|phone, now| phone.call(now, "201")), Ok((9, "")), Ok((12, "95551234")), Ok((15, ""))],
    &[Ok((7, "202")), Ok((10, "")), Ok((7, "95551234")), Ok((13 | 1 << 6, ""))],
    &[
        Ok((7, "911")),
        Err(|phone, now| phone.reinvite(now, Ask::Hold)),
        Ok((6, "")),
        Ok((15, "")),
        Ok((5, "")),
    ],
    &[Ok((7, "95551234")), Ok((14, "1")), Err(|phone, now| phone.call(now, "201")), Ok((15 | 1 << 4, ""))],
];

/// The steps of such a story: what its gateway sends, and what the user does.
fn used(story: &[Use]) -> Vec<u8> {
    let (mut memory, mut own) = (Box::new(Memory::new()), Box::new(strowger_fuzz::phone::Memory::new()));
    let mut exchange = exchange(&mut memory);
    let mut phone = strowger_fuzz::phone::phone(&mut own);
    let mut others: Vec<Phone> = [("202", "Harbour-light-blue-8", 1), ("carrier", "", 2)]
        .into_iter()
        .map(|(name, password, at)| {
            let mut config = PhoneConfig::new(name, password, SOURCES[at].into(), EXCHANGE.into());
            config.trunk = name == "carrier";
            config.behaviour = Behaviour::Answer { after_ms: 200 };
            Phone::new(config)
        })
        .collect();
    let (mut now, mut last, mut steps) = (Instant(1_000), Instant(1_000), Vec::new());
    let (mut sent, mut waiting) = (Datagrams::new(), Datagrams::new());
    others[0].register(now, 600);
    for act in [&Ok((4, ""))].into_iter().chain(story) {
        match act {
            Ok((kind, digits)) => {
                steps.extend(step(
                    u16::try_from(now.since_ms(last)).unwrap_or(u16::MAX),
                    *kind,
                    digits.as_bytes(),
                ));
                last = now;
                let line =
                    phone.lines().nth(usize::from(kind >> 4 & 3)).map_or(Handle::NONE, |(line, _)| line);
                let other = phone.lines().nth(usize::from(kind >> 6)).map_or(Handle::NONE, |(line, _)| line);
                let digits = digits.as_bytes();
                let _ = match kind & 15 {
                    4 => phone.register(now).map(|()| Taken::Done),
                    5 => phone.unregister(now).map(|()| Taken::Done),
                    6 => phone.lost(now, SocketAddr::from(EXCHANGE).into()).map(|()| Taken::Done),
                    7 => phone.dial(now, digits),
                    9 => phone.answer(now, line),
                    10 => phone.hold(now, line, true),
                    11 => phone.hold(now, line, false),
                    12 => phone.transfer(now, line, digits),
                    13 => phone.join(now, line, other),
                    14 => phone.press(now, line, Digit::HASH),
                    _ => phone.hang_up(now, line),
                }
                .expect("it was drained");
                drain(&mut phone, &mut waiting);
            }
            Err(act) => act(&mut others[0], now),
        }
        for _ in 0..100 {
            now = now.plus_ms(10);
            while exchange.next_deadline().is_some_and(|due| due <= now)
                && exchange.tick(now) == Ok(Ticked::More)
            {
                taken(&mut exchange, &mut sent);
            }
            taken(&mut exchange, &mut sent);
            for (to, datagram) in std::mem::take(&mut sent) {
                if to == SocketAddr::from(SOURCES[0]) {
                    steps.extend(step(u16::try_from(now.since_ms(last)).unwrap_or(u16::MAX), 0, &datagram));
                    last = now;
                    phone.receive(now, SocketAddr::from(EXCHANGE), &datagram).expect("it was drained");
                    drain(&mut phone, &mut waiting);
                } else if let Some(n) = [1, 2].iter().position(|n| to == SocketAddr::from(SOURCES[*n])) {
                    others[n].receive(now, EXCHANGE.into(), &datagram);
                }
            }
            let _ = phone.tick(now).expect("it was drained");
            drain(&mut phone, &mut waiting);
            for n in 0..others.len() {
                others[n].tick(now);
                while let Some((_, datagram)) = others[n].poll_transmit() {
                    waiting.push((SOURCES[n + 1].into(), datagram));
                }
            }
            for (from, datagram) in std::mem::take(&mut waiting) {
                exchange.receive(now, from, &datagram).expect("it was drained");
                taken(&mut exchange, &mut sent);
            }
        }
    }
    steps
}

/// Datagrams under way: from whom or to whom, and what.
type Datagrams = Vec<(SocketAddr, Vec<u8>)>;

/// What a telephone sends.
fn drain(phone: &mut strowger::phone::Phone<'_, Soft>, waiting: &mut Datagrams) {
    let mut buffer = [0; strowger::phone::MAX_DATAGRAM];
    while let Ok(Some(output)) = phone.poll(&mut buffer) {
        if let strowger::phone::Output::Send { len, .. } = output {
            waiting.push((SOURCES[0].into(), buffer[..len].to_vec()));
        }
    }
}

/// What an exchange sends.
fn taken(exchange: &mut Exchange<'_, Soft>, sent: &mut Datagrams) {
    let mut buffer = [0; 16_384];
    while let Ok(Some(output)) = exchange.poll(&mut buffer) {
        if let Output::Send { to, len } = output {
            sent.push((to.peer, buffer[..len].to_vec()));
        }
    }
}

/// Everything that the exchange hears in a story.
fn tell(story: &[Act], over: Transport) -> Vec<(Instant, SocketAddr, Vec<u8>)> {
    let mut memory = Box::new(Memory::new());
    let mut exchange = exchange(&mut memory);
    let names = [("201", "Copper-beech-lane-3"), ("202", "Harbour-light-blue-8"), ("carrier", "")];
    let mut phones: Vec<Phone> = names
        .into_iter()
        .zip(SOURCES)
        .map(|((name, password), address)| {
            let mut config = PhoneConfig::new(name, password, address.into(), EXCHANGE.into());
            config.trunk = name == "carrier";
            config.transport = over;
            config.behaviour = Behaviour::Answer { after_ms: 200 };
            Phone::new(config)
        })
        .collect();
    let mut now = Instant(1_000);
    let mut heard = Vec::new();
    phones[..2].iter_mut().for_each(|phone| phone.register(now, 600));
    for act in [None].into_iter().chain(story.iter().map(Some)) {
        if let Some((who, act)) = act {
            act(&mut phones[*who], now);
        }
        for _ in 0..100 {
            now = now.plus_ms(10);
            while exchange.next_deadline().is_some_and(|due| due <= now)
                && exchange.tick(now) == Ok(Ticked::More)
            {}
            deliver(&mut exchange, &mut phones, now);
            for n in 0..phones.len() {
                phones[n].tick(now);
                while let Some((_, datagram)) = phones[n].poll_transmit() {
                    let flow = Flow::new(SOURCES[n].into(), over);
                    exchange.receive(now, flow, &datagram).expect("it was drained");
                    heard.push((now, SOURCES[n].into(), datagram));
                    deliver(&mut exchange, &mut phones, now);
                }
            }
        }
    }
    heard
}

/// What the exchange sends reaches the phones.
fn deliver(exchange: &mut Exchange<'_, Soft>, phones: &mut [Phone], now: Instant) {
    let mut buffer = [0; 16_384];
    while let Ok(Some(output)) = exchange.poll(&mut buffer) {
        let Output::Send { to, len } = output else { continue };
        if let Some(at) = SOURCES.iter().position(|known| SocketAddr::from(*known) == to.peer) {
            phones[at].receive(now, EXCHANGE.into(), &buffer[..len]);
        }
    }
}
