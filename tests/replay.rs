//! Law 8: a recorded trace gives the same decisions and outputs again, and no secret stands in it.

use crate::recorded;

use recorded::{CARRIER_PASSWORD, CODES, DIALED, KEYS, PASSWORDS, POLICY, Paper, World, recorded};
use std::net::SocketAddr;
use strowger::base::{Digits, Soft};
use strowger::exchange::{CONFERENCE, Config, Guest, Locked, Output, Registration, Restored, Signal, Taken};
use strowger::policy::{Image, Party, keyring};
use strowger::station::{Settings, When};
use strowger_tools::trace::{
    Engine, Input, Ladder, Outcome, Policy, Secrets, Sizes, Tables, Took, Trace, Writer, replay,
};

fn tokens() -> Secrets {
    Secrets::tokens(&[9; 32])
}

#[test]
fn a_trace_replays_to_the_same_decisions_and_outputs() {
    let (text, seen) = recorded(tokens());
    let trace = Trace::parse(&text).unwrap();
    let outcome = replay(&trace);
    let Outcome::Same { inputs, outputs } = outcome else { panic!("{outcome:?}") };
    println!("{inputs} inputs, {outputs} outputs, {} octets", text.len());
    assert!(inputs > 150 && outputs > 150, "{inputs} {outputs}");
    let decisions = seen.iter().filter(|output| matches!(output, Output::Decision(_))).count();
    assert_eq!(text.matches("{\"decision\":").count(), decisions);
    assert!(text.contains("account-code.forced-verified"));
    assert!(text.contains("\"from\":\"60188 at 20288\"") && text.contains("\"rule\":\"pin.wrong\""));
    for rule in ["internal", "route", "cor.route", "emergency", "account-code.wrong"] {
        assert!(text.contains(&format!("\"rule\":\"{rule}\"")), "{rule}");
    }
}

#[test]
fn a_trace_whose_secrets_are_left_in_it_is_no_different_exchange() {
    // What is not recorded does what is recorded does.
    let (_, seen) = recorded(tokens());
    let (_, none) = recorded(Secrets::none());
    let mut world = World::new(None);
    world.play();
    assert!(!world.engine.is_recorded());
    assert_eq!(world.outputs, seen);
    assert_eq!(none, seen);
}

#[test]
fn no_secret_of_the_policy_stands_in_a_trace() {
    let (text, _) = recorded(tokens());
    let lower = text.to_lowercase();
    let compiled = strowger_tools::compile_str(POLICY, "policy.toml").unwrap_or_else(|why| panic!("{why:?}"));
    let rows = &compiled.keyring[keyring::ROWS..];
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for row in rows[..PASSWORDS.len() * keyring::ROW].chunks_exact(keyring::ROW) {
        secrets.push(row[8..24].to_vec());
        secrets.push(row[24..].to_vec());
    }
    let trunk = &rows[PASSWORDS.len() * keyring::ROW..][..keyring::TRUNK_ROW];
    assert_eq!(&trunk[3..3 + CARRIER_PASSWORD.len()], CARRIER_PASSWORD.as_bytes());
    secrets.push(CARRIER_PASSWORD.as_bytes().to_vec());
    let codes = &rows[PASSWORDS.len() * keyring::ROW + keyring::TRUNK_ROW..];
    secrets.push(codes[..keyring::CODE_KEY].to_vec());
    for row in codes[keyring::CODE_KEY..].chunks_exact(keyring::CODE_ROW) {
        secrets.push(row[..keyring::CODE_MAC].to_vec());
    }
    secrets.extend(PASSWORDS.iter().map(|(_, password)| password.as_bytes().to_vec()));
    secrets.extend(CODES.iter().map(|code| code.as_bytes().to_vec()));
    secrets.extend(KEYS.iter().map(|key| key.as_bytes().to_vec()));
    secrets.extend(KEYS.iter().map(|key| unbase64(key)));
    secrets.push(b"guessed".to_vec());
    assert!(secrets.iter().all(|secret| secret.len() >= 7 && secret.iter().any(|octet| *octet != 0)));
    for secret in &secrets {
        let hex: String = secret.iter().map(|octet| format!("{octet:02x}")).collect();
        assert!(!lower.contains(&hex), "{secret:?} in hexadecimal");
        for in_base64 in base64s(secret) {
            assert!(!text.contains(&in_base64), "{secret:?} in base64");
        }
        if let Ok(plain) = std::str::from_utf8(secret) {
            assert!(!text.contains(plain), "{plain}");
        }
    }
    // Nor bit by bit: the keys of the account codes as they were pressed.
    let pressed: String = text
        .match_indices("Signal=")
        .filter_map(|(at, _)| text[at + 7..].chars().next())
        .chain(text.match_indices("\"digit\":\"").filter_map(|(at, _)| text[at + 9..].chars().next()))
        .collect();
    assert!(pressed.len() >= 8 + 8 + 3 + 16, "{pressed}");
    assert!(CODES.iter().all(|code| !pressed.contains(code)), "{pressed}");
    assert!(pressed.contains("911") && pressed.contains("95551234"), "{pressed}");
    // And no digest that a password could be guessed against.
    let responses: Vec<&str> =
        text.match_indices("response=").map(|(at, _)| &text[at + 11..at + 75]).collect();
    assert!(!responses.is_empty());
    // The carrier was answered, and believed us.
    assert!(
        text.contains("Proxy-Authorization: Digest username=\\\"elm\\\"")
            && text.contains("\"standing\":\"registered\"")
    );
    let (plain, _) = recorded(Secrets::none());
    let responses = responses.iter().filter(|response| !response.starts_with("00000000"));
    assert!(responses.clone().count() > 0);
    assert!(responses.clone().all(|response| !plain.contains(*response)));
}

#[test]
fn keyrings_of_traces_have_everybody_and_nothing() {
    let (text, _) = recorded(tokens());
    let header: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let octets = unbase64(header["policy"]["keyring"].as_str().unwrap());
    let image = unbase64(header["policy"]["image"].as_str().unwrap());
    let image = Image::load(&image, &mut Soft::new(&[0; 32])).unwrap();
    let blank = keyring::Keyring::load(&octets, &image, &mut Soft::new(&[0; 32])).unwrap();
    assert_eq!(blank.trunk_password(0), Some(&[][..]), "it has one, and not how long");
    for device in 0..5 {
        for algorithm in [strowger::base::Algorithm::Md5, strowger::base::Algorithm::Sha256] {
            assert!(blank.ha1(device, algorithm).unwrap().expose().iter().all(|octet| *octet == 0));
        }
    }
}

#[test]
fn the_first_difference_is_named() {
    let (text, _) = recorded(tokens());
    let changed = |old: &str, new: &str| {
        let at = text.find(old).unwrap_or_else(|| panic!("{old} is not there"));
        let line = text[..at].matches('\n').count() + 1;
        let outcome = replay(&Trace::parse(&text.replacen(old, new, 1)).unwrap());
        let Outcome::Differs(difference) = outcome else { panic!("{old}: {outcome:?}") };
        assert_eq!((difference.line, difference.input), (line, line as u64 - 1), "{old}: {difference}");
        difference
    };
    let decision = changed("\"rule\":\"cor.route\"", "\"rule\":\"cor.none\"");
    assert!(decision.what.ends_with(", decision, rule"), "{decision}");
    assert_eq!((decision.expected.as_str(), decision.got.as_str()), ("\"cor.none\"", "\"cor.route\""));
    let record = changed("\"completion\":\"I\"", "\"completion\":\"A\"");
    assert!(record.what.ends_with(", smdr, completion"), "{record}");
    let answer = changed("\"unequal\"", "\"equal\"");
    assert!(!answer.expected.is_empty() && !answer.got.is_empty(), "{answer}");
    let sent = changed("SIP/2.0 100 Trying", "SIP/2.0 100 Tryin9");
    assert!(sent.what.contains("send"), "{sent}");
    changed("\"took\":\"unknown leg\"", "\"took\":\"done\"");
    let code = text.find("\"code 0\"").expect("a good code was entered");
    assert!(text[code..].starts_with("\"code 0\""));
    changed("\"code 0\"", "\"no code\"");
    changed("\"tone\":\"silence\"", "\"tone\":\"busy\"");
    // An output more, and one less.
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let at = lines.iter().rposition(|line| line["out"].as_array().is_some_and(|out| out.len() > 1)).unwrap();
    for more in [true, false] {
        let mut lines = lines.clone();
        let out = lines[at]["out"].as_array_mut().unwrap();
        let last = out.pop().unwrap();
        if more {
            out.extend([last.clone(), last]);
        }
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let Outcome::Differs(difference) = replay(&Trace::parse(&text).unwrap()) else { panic!("{more}") };
        assert_eq!(difference.line, at + 1);
        assert_eq!(if more { difference.got } else { difference.expected }, "nothing");
    }
    // Another input leads somewhere else.
    let input = text.replacen("INVITE sip:20288@", "INVITE sip:20289@", 1);
    assert!(matches!(replay(&Trace::parse(&input).unwrap()), Outcome::Differs(_)));
}

#[test]
fn what_a_relay_says_is_replayed() {
    let relayed = POLICY.to_owned()
        + "\n[media]\nrtpengine = \"192.0.2.200:2223\"\n[[media_path]]\nbetween = [\"default\", \"default\"]\npath = \"anchored\"\n";
    let compiled =
        strowger_tools::compile_str(&relayed, "policy.toml").unwrap_or_else(|why| panic!("{why:?}"));
    let (image, keyring) = (compiled.image.leak(), compiled.keyring.leak());
    let policy = Policy::load(image, Some(keyring), &mut Soft::new(&[2; 32])).unwrap();
    let paper = Paper::default();
    let mut world = World::with(&policy, Some(Writer::new(paper.clone(), tokens())));
    for n in 0..5 {
        world.phone(n, |phone, now| phone.register(now, 3600));
    }
    world.run(500);
    world.call(0, "20288");
    world.call(3, "20555");
    world.give(&Input::RelayLost);
    world.run(2_000);
    world.phone(0, strowger_testkit::phone::Phone::hang_up);
    world.run(1_000);
    world.engine.finish().unwrap();
    let text = paper.text();
    for told in ["{\"relayed\":", "\"took\":\"held ", "{\"relay\":", "{\"relay_end\":", "\"relay_lost\""] {
        assert!(text.contains(told), "{told}");
    }
    let trace = Trace::parse(&text).unwrap();
    let outcome = replay(&trace);
    assert!(matches!(outcome, Outcome::Same { .. }), "{outcome:?}");
    assert!(Ladder::of(&trace).to_text().contains("forwards"));
}

/// What an engine is given back after a restart, and a lock-out that is lifted, are inputs like any other.
#[test]
fn what_was_there_before_a_restart_is_replayed() {
    for (secrets, redacted) in [(tokens(), false), (Secrets::redacted(&[9; 32]), true)] {
        let paper = Paper::default();
        let mut world = World::new(Some(Writer::new(paper.clone(), secrets)));
        let image = *world.engine.image().unwrap();
        let row = |dn: &str| image.device_by_dn(dn.as_bytes()).unwrap();
        let [to, gone] = [1, 2].map(|n| SocketAddr::from(([192, 0, 2, n], 5060)));
        let registered = |device, contact, to: SocketAddr| Restored::Registered {
            device,
            registration: Registration { contact, flow: to.into(), source: to.ip() },
            expires_s: 900,
        };
        let took = world.give(&Input::Restore(registered(row("20288"), b"sip:20288@192.0.2.1", to)));
        assert_eq!(took, Took::Restored(true));
        let took = world.give(&Input::Restore(registered(row("20288"), b"sip:20288@192.0.2.2", gone)));
        assert_eq!(took, Took::Restored(false), "it is there already");
        let mut settings = Settings::NONE;
        settings.set_forward(When::Busy, Digits::dialed(b"20555").unwrap());
        settings.toggle_do_not_disturb();
        assert_eq!(
            world.give(&Input::Restore(Restored::Set { device: row("20555"), settings })),
            Took::Restored(true)
        );
        let guest = Guest { user: row("60188"), left_s: Some(600) };
        assert_eq!(
            world.give(&Input::Restore(Restored::Seated { phone: row("20288"), guest })),
            Took::Restored(true)
        );
        for locked in [Locked::Device(row("20288")), Locked::Source(to.ip())] {
            assert_eq!(world.give(&Input::Unlock(locked)), Took::Unlocked(false));
        }
        world.run(1_000_000);
        world.engine.finish().unwrap();
        let text = paper.text();
        let trace = Trace::parse(&text).unwrap();
        let outcome = replay(&trace);
        if redacted {
            assert_eq!(outcome, Outcome::Redacted);
            assert!(!text.contains("20288") && !text.contains("20555") && !text.contains("60188"), "{text}");
        } else {
            assert!(matches!(outcome, Outcome::Same { .. }), "{outcome:?}");
            assert!(text.contains("sip:20288@192.0.2.1") && text.contains("\"took\":\"not locked\""));
            // Given back otherwise, something else follows: it lapses at another time.
            let other = text.replace("\"expires_s\":900}}", "\"expires_s\":800}}");
            assert_ne!(other, text);
            assert!(matches!(replay(&Trace::parse(&other).unwrap()), Outcome::Differs(_)));
        }
    }
}

/// Tokens must not change what an exchange does, whatever it is sent: damaged datagrams, secrets in strange places.
#[test]
fn damaged_datagrams_replay_too() {
    let (plain, _) = recorded(Secrets::none());
    let mut datagrams: Vec<Vec<u8>> = Vec::new();
    for line in plain.lines().skip(1) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(text) = line["in"]["receive"]["datagram"]["text"].as_str() {
            datagrams.push(text.as_bytes().to_vec());
        }
    }
    const PIECES: [&[u8]; 12] = [
        b"inline:AAAA",
        b"response=\"0\"",
        b"sip:*3348291375",
        b"%34",
        b"@",
        b":",
        b"sips:201:pw@",
        b"\r\nk=clear:secret\r\n",
        b"Signal=9",
        b"*33",
        b"\"",
        b"\r\n",
    ];
    let rounds: u64 = std::env::var("STROWGER_DATAGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(6_000);
    let mut x = 0x2545_F491_4F6C_DD1Du64;
    let mut dice = move |below: usize| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 11) as usize % below.max(1)
    };
    let paper = Paper::default();
    let mut world = World::new(Some(Writer::new(paper.clone(), tokens())));
    for n in 0..5 {
        world.phone(n, |phone, now| phone.register(now, 3600));
    }
    world.run(500);
    for round in 0..rounds {
        let mut datagram = datagrams[dice(datagrams.len())].clone();
        for _ in 0..dice(4) {
            let at = dice(datagram.len());
            match dice(4) {
                0 if at < datagram.len() => datagram[at] = dice(256) as u8,
                1 => datagram.truncate(at),
                2 => _ = datagram.splice(at..at, PIECES[dice(PIECES.len())].iter().copied()).count(),
                _ => {
                    let other = &datagrams[dice(datagrams.len())];
                    let from = dice(other.len());
                    datagram.splice(at.., other[from..].iter().copied());
                }
            }
        }
        let source = SocketAddr::from(([192, 0, 2, [10, 11, 12, 13, 14, 99, 7][dice(7)]], 5060));
        world.give(&Input::Receive { source: source.into(), datagram: &datagram });
        if round % 8 == 0 {
            world.run(10 * dice(300) as u64);
        }
        if round % 40 == 0 {
            world.call(dice(5), ["20288", "*334829137595551234", "911", "95551234"][dice(4)]);
            world.press(2, ["4829", "91", "5"][dice(3)]);
        }
    }
    world.engine.finish().unwrap();
    let outcome = replay(&Trace::parse(&paper.text()).unwrap());
    let Outcome::Same { inputs, outputs } = outcome else { panic!("{outcome:?}") };
    println!("{inputs} inputs, {outputs} outputs");
}

#[test]
fn an_emergency_block_is_replayed() {
    let compiled = strowger_tools::compile_str(POLICY, "policy.toml").unwrap_or_else(|why| panic!("{why:?}"));
    let mut image = compiled.image;
    // The rest of the image may be damaged.
    image[40] ^= 1;
    let policy = Policy::block(image.leak(), &mut Soft::new(&[2; 32])).unwrap();
    let paper = Paper::default();
    let mut world = World::with(&policy, Some(Writer::new(paper.clone(), tokens())));
    world.phone(0, |phone, now| phone.register(now, 3600));
    world.call(0, "20288");
    world.call(1, "911");
    world.run(2_000);
    world.engine.finish().unwrap();
    let text = paper.text();
    assert!(text.contains("\"block\":true") && text.contains("\"rule\":\"emergency\""), "{text}");
    let outcome = replay(&Trace::parse(&text).unwrap());
    assert!(matches!(outcome, Outcome::Same { .. }), "{outcome:?}");
}

/// The conference resource has a name in a trace, and what is dialed for it is no number.
#[test]
fn a_conference_is_replayed() {
    let compiled = strowger_tools::compile_str(include_str!("../ci/mutants/mixing.toml"), "mixing.toml");
    let compiled = compiled.unwrap_or_else(|why| panic!("{why:?}"));
    let policy = Policy::load(compiled.image.leak(), None, &mut Soft::new(&[2; 32])).unwrap();
    let paper = Paper::default();
    let mut tables = Tables::new(&Sizes::for_calls(3, 1, 4));
    let config = Config { instance: 1, address: recorded::exchange(), reserved_calls: 0 };
    let writer = Writer::new(paper.clone(), tokens());
    let mut engine =
        Engine::new(&mut tables, &config, Some(&policy), Soft::new(&[1; 32]), Some(writer)).unwrap();
    let now = strowger::base::Instant(5);
    let mut own = Vec::new();
    for dialed in [&b"204"[..], CONFERENCE] {
        let setup = Signal::Setup { from: Party::Device(0), dialed };
        let Ok(Took::Signal(Taken::SetUp { leg })) = engine.input(now, &Input::Signal(setup)) else {
            panic!("not taken")
        };
        own.push(leg);
        let mut rings = None;
        while let Ok(Some(output)) = engine.poll(&mut [0; 2048]) {
            if let Output::Setup { leg, .. } = output {
                rings = Some(leg);
            }
        }
        engine.input(now, &Input::Signal(Signal::Answer(rings.unwrap()))).unwrap();
        while let Ok(Some(_)) = engine.poll(&mut [0; 2048]) {}
    }
    let brings = Input::Signal(Signal::Transfer(own[0], CONFERENCE));
    assert!(matches!(engine.input(now, &brings), Ok(Took::Signal(Taken::Done))));
    while let Ok(Some(_)) = engine.poll(&mut [0; 2048]) {}
    engine.finish().unwrap();
    drop(engine);
    let text = paper.text();
    assert!(text.contains("\"dialed\":\"conference\"") && text.contains("\"to\":\"conference\""), "{text}");
    let trace = Trace::parse(&text).unwrap();
    let outcome = replay(&trace);
    assert!(matches!(outcome, Outcome::Same { .. }), "{outcome:?}");
    let drawn = Ladder::of(&trace).to_text();
    assert!(drawn.contains("transfer to conference"), "{drawn}");
}

#[test]
fn a_damaged_trace_is_refused_by_its_line() {
    let (text, _) = recorded(tokens());
    let lines: Vec<&str> = text.lines().collect();
    let bad = |line: usize, new: &str| {
        let mut lines = lines.clone();
        lines[line - 1] = new;
        let why = Trace::parse(&lines.join("\n")).expect_err(new);
        assert_eq!(why.line, line, "{why}");
        why.text
    };
    assert_eq!(bad(1, "{}"), "not a trace");
    assert_eq!(bad(1, "strowger"), "not a trace");
    let later = lines[0].replace("\"strowger_trace\":1", "\"strowger_trace\":2");
    assert!(bad(1, &later).contains("version 2"));
    let at = lines[0].find("\"image\":\"").unwrap() + 60;
    let broken = format!(
        "{}{}{}",
        &lines[0][..at],
        if &lines[0][at..=at] == "A" { "B" } else { "A" },
        &lines[0][at + 1..]
    );
    assert!(bad(1, &broken).contains("image"));
    bad(1, &lines[0].replace("\"calls\":16", "\"calls\":99999999999"));
    bad(7, &lines[6][..lines[6].len() - 5]);
    bad(7, "");
    assert!(bad(7, lines[7]).contains("input 7 where 6 is due"));
    bad(7, &lines[6].replace("\"in\":", "\"on\":"));
    bad(7, &lines[6].replace("\"answers\":[\"", "\"answers\":[\"x"));
    assert!(bad(2, &lines[1].replace("trunk carrier", "trunk courier")).contains("courier"));
    let early = lines[20].replacen("\"at\":", "\"at\":0,\"was\":", 1);
    bad(21, &early);
    assert!(Trace::parse("").is_err());
}

#[test]
fn a_redacted_trace_holds_no_digits_and_is_drawn_all_the_same() {
    let (text, _) = recorded(Secrets::redacted(&[9; 32]));
    for (dn, password) in PASSWORDS {
        assert!(!text.contains(dn) && !text.contains(password), "{dn}");
    }
    for number in DIALED.into_iter().chain(CODES).chain(KEYS).chain(["6135550100", "5551234", "5559876"]) {
        // Three digits may be part of a time or a size.
        let number = if number.len() < 4 { format!("\"{number}\"") } else { number.to_owned() };
        assert!(!text.contains(&number), "{number}");
    }
    let trace = Trace::parse(&text).unwrap();
    assert_eq!(replay(&trace), Outcome::Redacted);
    let drawn = Ladder::of(&trace).to_text();
    assert!(drawn.contains("rule cor.route") && drawn.contains("200 OK (INVITE)"), "{drawn}");
    assert!(PASSWORDS.iter().all(|(dn, _)| !drawn.contains(dn)), "{drawn}");
    // The same phone has the same name wherever it is told.
    let name = drawn.split_whitespace().next().unwrap();
    assert!(name.starts_with('~') && drawn.matches(name).count() > 5, "{drawn}");
}

#[test]
fn a_ladder_names_parties_and_tells_decisions() {
    let (text, _) = recorded(tokens());
    let ladder = Ladder::of(&Trace::parse(&text).unwrap());
    let drawn = ladder.to_text();
    if let Ok(folder) = std::env::var("STROWGER_DRAWN") {
        std::fs::write(format!("{folder}/trace.jsonl"), &text).unwrap();
        std::fs::write(format!("{folder}/ladder.txt"), &drawn).unwrap();
    }
    let head = drawn.lines().next().unwrap();
    for name in ["20177", "20288", "20399", "20466", "20555", "carrier", "gateway", "203.0.113.7:4711"] {
        assert!(head.contains(name), "{name} in {head}");
    }
    for told in [
        "20177 -> 20288: allow, rule internal, to 20288",
        "INVITE 20288 +sdp",
        "20177 is registered for 3600 s",
        "off hook",
        "tone accountcode",
        "mode night1",
        "REFER",
    ] {
        assert!(drawn.contains(told), "{told} in\n{drawn}");
    }
    assert!(CODES.iter().all(|code| !drawn.contains(code)));
    assert_eq!(ladder.to_mermaid().lines().next(), Some("sequenceDiagram"));
    assert!(ladder.to_svg().ends_with("</svg>\n"));
}

#[test]
fn an_exchange_without_a_policy_is_recorded_too() {
    let paper = Paper::default();
    let mut tables = Tables::new(&Sizes::for_calls(0, 0, 2));
    let config = Config { instance: 1, address: recorded::exchange(), reserved_calls: 0 };
    let writer = Writer::new(paper.clone(), Secrets::none());
    let mut engine = Engine::new(&mut tables, &config, None, Soft::new(&[1; 32]), Some(writer)).unwrap();
    let options = b"OPTIONS sip:x@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
    let input = Input::Receive { source: SocketAddr::from(([192, 0, 2, 1], 5060)).into(), datagram: options };
    engine.input(strowger::base::Instant(5), &input).unwrap();
    // Nobody polls: what is left is not what the trace is about.
    engine.finish().unwrap();
    let trace = Trace::parse(&paper.text()).unwrap();
    assert_eq!(replay(&trace), Outcome::Same { inputs: 1, outputs: 0 });
}

#[test]
fn a_disk_that_is_full_ends_the_trace_and_nothing_else() {
    struct Full(u8);
    impl std::io::Write for Full {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(1).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(octets.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut world = World::new(Some(Writer::new(Full(1), tokens())));
    world.engine.flush().unwrap();
    world.call(0, "20288");
    let why = world.engine.flush().unwrap_err();
    assert_eq!(why.kind(), std::io::ErrorKind::StorageFull);
    assert!(!world.engine.is_recorded());
    world.call(0, "20288");
    assert!(world.engine.flush().is_ok() && world.engine.finish().is_ok());
}

fn unbase64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a' + 26),
        b'0'..=b'9' => u32::from(c - b'0' + 52),
        b'+' => 62,
        _ => 63,
    };
    let text = text.trim_end_matches('=').as_bytes();
    let (mut octets, mut bits, mut have) = (Vec::new(), 0u32, 0);
    for c in text {
        bits = bits << 6 | digit(*c);
        have += 6;
        if have >= 8 {
            have -= 8;
            octets.push((bits >> have & 255) as u8);
        }
    }
    octets
}

/// What octets can look like inside of base64: by where they begin, less what depends on their neighbours.
fn base64s(octets: &[u8]) -> Vec<String> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let encode = |octets: &[u8]| -> String {
        let (threes, _) = octets.as_chunks::<3>();
        let bits = threes.iter().map(|[a, b, c]| u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c));
        bits.flat_map(|bits| [18, 12, 6, 0].map(|by| char::from(DIGITS[(bits >> by & 63) as usize])))
            .collect()
    };
    (0..3).map(|skip| encode(&octets[skip..])).filter(|text| text.len() >= 8).collect()
}
