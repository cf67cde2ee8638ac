//! Commands there and what is none.

use std::time::Duration;

use super::Command;
use crate::words::{Key, Lamp, Reason, Ring, Tone};

fn command(line: &str) -> Command {
    line.parse().unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn commands_are_read() {
    let seconds = Duration::from_secs_f64;
    let digits = |text: &str| Command::Keys(text.chars().filter_map(Key::digit).collect());
    for (line, wanted) in [
        ("off", Command::Hook(true)),
        (" on ", Command::Hook(false)),
        ("20*1#", digits("20*1#")),
        ("#", digits("#")),
        ("", Command::Nothing),
        ("# the first call", Command::Nothing),
        ("hold", Command::Keys(vec![Key::HOLD])),
        ("wait Call from Zoë 1.5", Command::Wait("Call from Zoë".into(), seconds(1.5))),
        ("wait-tone ring-back 2", Command::WaitTone(Tone::RingBack, seconds(2.0))),
        ("wait-ring 2", Command::WaitRing(None, seconds(2.0))),
        ("wait-ring outside 2", Command::WaitRing(Some(Ring::Outside), seconds(2.0))),
        ("wait-sound 50 3", Command::WaitSound(50, seconds(3.0))),
        ("wait-registered 3", Command::WaitRegistered(seconds(3.0))),
        ("wait-refused BadPin 3", Command::WaitRefused(Reason::BadPin, seconds(3.0))),
        ("sleep 250", Command::Sleep(seconds(0.25))),
        ("say one  two", Command::Say("one  two".into())),
        ("register", Command::Register(None)),
        ("lose", Command::Lose),
        ("back", Command::Back),
        ("quit", Command::Quit),
    ] {
        assert_eq!(command(line), wanted, "{line}");
    }
    for line in ["wait-lamp l2 flash 2", "wait-lamp 2 flash 2"] {
        assert_eq!(command(line), Command::WaitLamp(Key::line(2).expect("a key"), Lamp::Flash, seconds(2.0)));
    }
}

#[test]
fn what_is_no_command_is_refused() {
    for line in [
        "of",
        "l5",
        "12a",
        "off now",
        "wait",
        "wait 3",
        "wait x",
        "wait x -1",
        "wait x NaN",
        "wait-tone hum 3",
        "wait-lamp l1 3",
        "wait-ring loud 3",
        "wait-sound x 3",
        "wait-refused Never 3",
        "wait-registered x 3",
        "sleep",
    ] {
        assert!(line.parse::<Command>().is_err(), "{line}");
    }
}
