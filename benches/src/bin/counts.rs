//! `counts prepare DIR` compiles the policies; `counts NAME DIR` does one piece of work 20 times, for callgrind with
//! `--toggle-collect='*measured*'`; `counts list` names the pieces; `counts sizes` prints bytes of slots.

use std::hint::black_box;
use std::path::Path;
use strowger::base::{Instant, Soft};
use strowger::policy::{Code, Keyring};
use strowger_benches::{calls, guesses, long, media, policies, refresh};

/// Policies are made with so many rows.
const ROWS: [usize; 3] = [10, 1_000, 100_000];
/// How often a piece of work is done.
const TIMES: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => list(),
        ["sizes"] => sizes(),
        ["prepare", directory] => {
            for rows in ROWS {
                let compiled = policies::compile(rows);
                let path = Path::new(directory).join(format!("{rows}.stw"));
                std::fs::write(path, &compiled.image).expect("the directory can be written");
            }
            let compiled = calls::policy();
            for (name, octets) in [("calls.stw", &compiled.image), ("calls.keys", &compiled.keyring)] {
                std::fs::write(Path::new(directory).join(name), octets)
                    .expect("the directory can be written");
            }
        }
        [name, directory] => work(name, Path::new(directory)),
        _ => {
            eprintln!("usage: counts list | sizes | prepare DIR | NAME DIR");
            std::process::exit(2);
        }
    }
}

fn list() {
    println!(
        "parse-invite {TIMES}\nparse-register {TIMES}\nneutral-call {TIMES}\nidle-poll {TIMES}\nsip-call {TIMES}\nsip-register 1\nsip-refresh {TIMES}\ncheck-code {TIMES}\nmedia {TIMES}"
    );
    for (user, _) in guesses::USERS {
        println!("guess-{user} {TIMES}");
    }
    for (kind, _) in long::KINDS {
        long::SIZES.iter().for_each(|size| println!("long-{kind}-{size} {TIMES}"));
    }
    for (question, _) in policies::QUESTIONS {
        ROWS.iter().for_each(|rows| println!("decide-{question}-{rows} {TIMES}"));
    }
}

fn work(name: &str, directory: &Path) {
    match name {
        "parse-invite" => {
            let bytes = strowger_benches::invite();
            for _ in 0..TIMES {
                black_box(strowger_benches::parse_measured(black_box(&bytes)));
            }
        }
        "parse-register" => {
            let bytes = strowger_benches::register();
            for _ in 0..TIMES {
                black_box(strowger_benches::parse_measured(black_box(&bytes)));
            }
        }
        "neutral-call" | "idle-poll" => {
            let compiled = calls::policy();
            let mut memory = Box::new(calls::Memory::new());
            let mut engine = calls::engine(&mut memory, &compiled);
            for _ in 0..TIMES {
                black_box(match name {
                    "idle-poll" => calls::idle_poll_measured(&mut engine),
                    _ => calls::neutral_call_measured(&mut engine, Instant(1)),
                });
            }
        }
        "sip-call" | "sip-register" => {
            let recorded = calls::record(TIMES);
            let compiled = calls::policy();
            let mut memory = Box::new(calls::Memory::new());
            let mut engine = calls::engine(&mut memory, &compiled);
            let (registrations, calls) = recorded.inputs.split_at(recorded.registrations);
            let sent = if name == "sip-call" {
                // Not through the measured function: registering is not part of a call.
                play_unmeasured(&mut engine, registrations);
                calls::play_measured(&mut engine, calls)
            } else {
                calls::play_measured(&mut engine, &registrations[..registrations.len() / 2])
            };
            assert!(black_box(sent) > 0);
        }
        "sip-refresh" => assert!(black_box(refresh::refreshes(TIMES)) > 0),
        "check-code" => check_code(),
        name if name.starts_with("guess-") => {
            let found = guesses::USERS.into_iter().find(|(user, _)| name.ends_with(&format!("-{user}")));
            let Some((_, dn)) = found else { return unknown(name) };
            let inputs = guesses::record(dn, TIMES);
            let compiled = calls::policy();
            let mut memory = Box::new(calls::Memory::new());
            let mut engine = calls::engine(&mut memory, &compiled);
            assert!(black_box(calls::play_measured(&mut engine, &inputs)) > 0);
        }
        "media" => {
            let (offer, answer) = (media::description(&[1, 2]), media::description(&[1]));
            for _ in 0..TIMES {
                assert!(black_box(media::media_measured(black_box(&offer), black_box(&answer))) > 0);
            }
        }
        name if name.starts_with("long-") => {
            let parts = name.trim_start_matches("long-").rsplit_once('-');
            let found = parts.and_then(|(kind, size)| long::message(kind, size.parse().ok()?));
            let Some(bytes) = found else { return unknown(name) };
            for _ in 0..TIMES {
                black_box(long::read_measured(black_box(&bytes)));
            }
        }
        decide => {
            let parts: Vec<&str> = decide.rsplitn(2, '-').collect();
            let [rows, question] = parts.as_slice() else { return unknown(name) };
            let dialed = question.strip_prefix("decide-").and_then(|wanted| {
                policies::QUESTIONS.into_iter().find(|(known, _)| *known == wanted).map(|(_, dialed)| dialed)
            });
            let Some(dialed) = dialed else { return unknown(name) };
            let image = std::fs::read(directory.join(format!("{rows}.stw"))).expect("prepared");
            let image = policies::load(&image);
            for _ in 0..TIMES {
                black_box(policies::decide_measured(&image, black_box(dialed)));
            }
        }
    }
}

/// The first code and one that is none, by turns.
fn check_code() {
    let compiled = policies::with_codes();
    let mut crypto = Soft::new(&[1; 32]);
    let image = policies::load(&compiled.image);
    let keyring = Keyring::load(&compiled.keyring, &image, &mut crypto).expect("its own keyring");
    let class = image.classes().get(0).expect("there is a class");
    for turn in 0..TIMES {
        let code: &[u8] = if turn % 2 == 0 { b"1000000" } else { b"1000001" };
        let found = policies::check_code_measured(&image, &keyring, &class, black_box(code), &mut crypto);
        assert_eq!(matches!(found, Code::Verified(_)), turn % 2 == 0);
    }
}

fn unknown(name: &str) {
    eprintln!("no work is called {name}");
    std::process::exit(2);
}

/// The same as `play_measured`, under another name.
fn play_unmeasured(
    engine: &mut strowger::exchange::Exchange<'_, Soft>,
    inputs: &[(Instant, std::net::SocketAddr, Vec<u8>)],
) {
    let mut buffer = [0; 4096];
    for (now, source, bytes) in inputs {
        engine.receive(*now, *source, bytes).expect("drained");
        while let Ok(Some(_)) = engine.poll(&mut buffer) {}
    }
}

fn sizes() {
    use strowger::{call, exchange, signalling, table};
    println!("device slot {}", size_of::<exchange::DeviceSlot>());
    println!("leg slot {}", size_of::<table::Slot<call::LegSlot>>());
    println!("call slot {}", size_of::<table::Slot<call::Call>>());
    println!("dialog {}", size_of::<signalling::Dialog>());
    println!("transaction {}", size_of::<table::Slot<signalling::Transaction>>());
    println!("page {}", size_of::<table::Page>());
    println!("exchange {}", size_of::<exchange::Exchange<'_, Soft>>());
    println!("resources for 8 devices, 2 trunks, 4 calls {}", size_of::<exchange::Resources<8, 2, 4>>());
}
