//! What must be so of a set at every moment.

use strowger::base::Handle;
use strowger::phone::line::State;
use strowger::wire::set::{Key, Lamp, MAX_LINES, Tone};
use strowger_testkit::sim::{SetBox, Shown};

/// Tones of who dials or is refused.
const DIALING: [Tone; 4] = [Tone::Dial, Tone::SecondDial, Tone::Busy, Tone::Reorder];
/// What may be heard in a call that is up: silence beside these.
const UP: [Tone; 4] = [Tone::CampOn, Tone::OnHold, Tone::Confirmation, Tone::Warning];

/// Whether it is kept, and what it is called.
pub(crate) type Law = (bool, &'static str);

/// Every law of a set with so many line keys. `idle`: the exchange has had no call of it for a while.
pub(crate) fn all(set: &SetBox, shown: &Shown, lines: u8, idle: bool) -> impl Iterator<Item = Law> {
    [face(set, shown, lines), tones(set, shown), streams(set, shown), rows(shown), dark(shown, idle)]
        .into_iter()
        .flatten()
}

/// Lamps of line keys that are so.
fn lamps(shown: &Shown, fits: impl Fn(Lamp) -> bool) -> usize {
    (1..=MAX_LINES).filter(|key| shown.lamps.get(key).is_some_and(|lamp| fits(*lamp))).count()
}

fn live(set: &SetBox) -> Vec<(Handle, State)> {
    set.phone().lines().filter(|(_, state)| !state.is_over()).collect()
}

/// Its user talks or dials where there is no key, for there was none free.
fn is_hidden(shown: &Shown) -> bool {
    shown.talks && lamps(shown, |lamp| lamp == Lamp::On) == 0
}

/// Lamps, ring and audio, with the calls that there are.
fn face(set: &SetBox, shown: &Shown, lines: u8) -> Vec<Law> {
    let live = live(set);
    // Who is being joined with somebody from where there is no key is nobody's to talk to any more.
    let joins =
        live.iter().any(|(_, state)| matches!(state, State::Referring { .. } | State::Proving { .. }));
    let live = live.len();
    let (lit, on) = (lamps(shown, |_| true), lamps(shown, |lamp| lamp == Lamp::On));
    let hidden = is_hidden(shown);
    let flashes = lamps(shown, |lamp| lamp == Lamp::Flash) > 0;
    let transfer = shown.lamps.contains_key(&Key::Transfer.number());
    let known = shown.lamps.keys().all(|key| (1..=lines).contains(key) || *key == Key::Transfer.number());
    vec![
        (known, "no lamp is lit that the set does not have"),
        (!(shown.ring.is_some() && shown.talks), "who talks is not rung"),
        (on == usize::from(shown.talks) || hidden, "one lamp is on where its user talks"),
        (shown.ring.is_none() || flashes, "what rings flashes"),
        (shown.ring.is_some() || shown.talks || !flashes, "what flashes rings, if nobody talks"),
        (
            transfer == (lamps(shown, |lamp| lamp == Lamp::Blink) == 1),
            "Transfer is lit as long as somebody is held for it",
        ),
        (
            lit == live || lit == live + 1 && on == 1 || lit + 1 == live && (hidden || joins),
            "a lamp is lit for each call, and one where its user dials",
        ),
    ]
}

/// Tones, with what is going on.
fn tones(set: &SetBox, shown: &Shown) -> Vec<Law> {
    let Some(tone) = shown.tone else { return Vec::new() };
    let lines = live(set);
    let dials = lamps(shown, |_| true) + usize::from(is_hidden(shown)) == lines.len() + 1;
    let talks =
        !dials && lines.iter().all(|(_, state)| state.is_up() || matches!(state, State::Ringing { .. }));
    let any = |fits: &dyn Fn(Handle, State) -> bool| lines.iter().any(|(line, state)| fits(*line, *state));
    let phone = set.phone();
    vec![
        (shown.talks, "a tone is heard by who talks"),
        (!DIALING.contains(&tone) || dials, "dial tone and refusal are for who dials"),
        (!talks || UP.contains(&tone), "a call that is up sounds of nothing else"),
        (tone != Tone::RingBack || any(&|_, state| state == State::Alerted), "ring back: it rings there"),
        (tone != Tone::AccountCode || any(&|line, _| phone.is_asked(line)), "a code is asked for"),
        (tone != Tone::OnHold || any(&|line, _| phone.is_held(line)), "on hold: they hold"),
        (
            tone != Tone::CampOn || dials || lamps(shown, |lamp| lamp == Lamp::Flash) > 0,
            "camp-on: somebody waits",
        ),
    ]
}

/// Streams, with the calls that have them.
fn streams(set: &SetBox, shown: &Shown) -> Vec<Law> {
    let lines = live(set);
    let of_call = |stream: u8| {
        let of = |line: Handle| line.index() == u32::from(stream);
        lines.iter().any(|(line, state)| of(*line) && !matches!(state, State::Ringing { .. }))
    };
    let open =
        |stream: &u8, generation: &u16| shown.open.get(stream).is_some_and(|open| open.contains(generation));
    let settled = lines.iter().all(|(_, state)| matches!(state, State::Talking | State::Ringing { .. }));
    let heard = shown.sends.values().filter(|(_, _, _, receives, _)| *receives).count();
    vec![
        (
            shown.open.values().all(|open| open.len() == 1),
            "one generation of each stream is open, for the set answers at once",
        ),
        (
            shown.sends.iter().all(|(stream, (generation, ..))| open(stream, generation)),
            "nothing is sent on a stream that is closed",
        ),
        (shown.sends.keys().all(|stream| of_call(*stream)), "what is sent belongs to a call"),
        (!settled || heard <= 1, "one is heard at a time"),
        (!settled || shown.talks || shown.sends.is_empty(), "who talks to nobody hears nobody"),
    ]
}

/// What stands behind the code of a log-in is not told.
pub(crate) fn hides(text: &str) -> bool {
    let mut pins = text.split("*50").skip(1).map(|behind| behind.split([' ', '"']).next().unwrap_or(""));
    pins.all(|pin| pin.chars().all(|c| c == '*'))
}

/// The display.
fn rows(shown: &Shown) -> Vec<Law> {
    let lit = lamps(shown, |_| true) > 0;
    vec![
        (
            shown.rows.iter().all(|(row, text)| *row < 3 && text.chars().count() <= 40),
            "rows that the set has",
        ),
        (shown.rows.values().all(|row| hides(row)), "no digit of a PIN is shown"),
        (!shown.row(0).is_empty(), "the first row says whose set it is"),
        (
            shown.row(1).is_empty() != (lit || shown.talks),
            "the second row says what goes on, if anything does",
        ),
    ]
}

/// Who has no call at the exchange may dial, and no more.
fn dark(shown: &Shown, idle: bool) -> Vec<Law> {
    let lit = lamps(shown, |_| true);
    vec![
        (!idle || lit <= usize::from(shown.talks), "no lamp but where its user dials"),
        (!idle || shown.ring.is_none() && shown.sends.is_empty(), "neither ring nor sound"),
    ]
}
