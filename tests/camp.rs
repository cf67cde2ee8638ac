//! Camp-on: a number is called by the code for it, and who is busy there rings when it is idle (R5, R36, R64). Who has not the class for
//! it is refused; who waits is released when its time is up.

use crate::office;

use office::{Office, assert_talk, last_denial, neutral, records};
use strowger::base::{Handle, Instant};
use strowger::call::dialing::Tone;
use strowger::call::{Cause, Transfer};
use strowger::exchange::{Output, Signal, Taken};
use strowger::policy::{Camp, Image, Mode, Party, Rule, Verdict, camped};
use strowger_testkit::phone::Behaviour;
use strowger_testkit::sim::ExchangeBox;

const CODE: (&str, &str) = ("", "[features]\ncamp_on = \"*61\"\naccount_code = \"*55\"\n");
const CLASS: (&str, &str) =
    ("features = [\"hold\", \"smdr-external\"", "features = [\"hold\", \"camp-on\", \"smdr-external\"");

const TRANSFERS: (&str, &str) =
    ("features = [\"hold\", \"smdr-external\"", "features = [\"transfer\", \"camp-on\", \"smdr-external\"");

fn office(seed: u64) -> Office {
    Office::changed(seed, &[CODE, CLASS])
}

/// 201 and 202 talk, and 202 wants no second call; 203 calls it by the code.
fn waiting(office: &mut Office) {
    office.call("201", "202");
    office.until_talks("201");
    office.behaves("202", Behaviour::Busy);
    office.sim.run_ms(500);
    office.sim.ladder.clear();
    office.call("203", "*61202");
    office.sim.run_ms(500);
    office.behaves("202", Behaviour::Answer { after_ms: 1_000 });
}

/// R64: the caller hears 182, and the other rings as soon as it is idle; one record for each call.
#[test]
fn who_is_busy_rings_when_it_is_idle() {
    let mut office = office(1);
    waiting(&mut office);
    assert!(office.trace().contains("exchange -> 203: 182 Queued (INVITE)"), "{}", office.trace());
    office.sim.run_ms(20_000);
    office.sim.ladder.clear();
    office.hang_up("201");
    office.until_talks("203");
    assert_talk(&mut office, "203", "202");
    office.hang_up("203");
    office.assert_nothing_left();
    assert_eq!(records(&office), ["201,202,I,202,,", "203,202,I,202,,"]);
}

/// `camp_on_recall` of the caller's class: then it is busy after all.
#[test]
fn who_has_waited_long_enough_is_released() {
    let mut office =
        Office::changed(2, &[CODE, CLASS, ("ringing = 60\n", "ringing = 60\ncamp_on_recall = 20\n")]);
    waiting(&mut office);
    office.until_over("203");
    let id = office.phone("203");
    let told = office.sim.told(id);
    assert!(format!("{told:?}").contains("486"), "{told:?}");
    office.hang_up("201");
    office.assert_nothing_left();
}

#[test]
fn who_waits_may_hang_up() {
    let mut office = office(3);
    waiting(&mut office);
    office.hang_up("203");
    office.sim.run_ms(1_000);
    office.sim.ladder.clear();
    office.hang_up("201");
    office.assert_nothing_left();
    assert!(!office.trace().contains("exchange -> 202: INVITE"), "{}", office.trace());
}

/// R3, and what is no number behind the code. Help is called behind any code.
#[test]
fn r3_the_class_must_have_it() {
    let mut office = Office::changed(4, &[CODE]);
    assert_eq!(office.refused("203", "*61202").0, 403);
    assert_eq!(
        last_denial(&office).map(|(rule, party, _)| (rule, party)),
        Some((Rule::CosFeature, Party::Device(2)))
    );
    office.talks_and_ends("203", "*61911");
    let mut office = self::office(5);
    assert_eq!(office.refused("203", "*61*61202").0, 404);
    assert_eq!(office.refused("203", "*61777").0, 404);
    assert_eq!(office.refused("204", "*61205"), (403, "Q.850;cause=63;text=\"interconnect\"".into()));
    // Whoever is free rings at once, and who is busy elsewhere is busy.
    office.talks_and_ends("203", "*61202");
    office.behaves("202", Behaviour::Busy);
    assert_eq!(office.refused("203", "*61202").0, 486);
    office.assert_nothing_left();
}

const NOW: Instant = Instant(1_000);

struct Lines {
    exchange: ExchangeBox,
    now: Instant,
}

impl Lines {
    fn new(changes: &[(&str, &str)]) -> Self {
        let changes: Vec<_> = [CODE].iter().chain(changes).copied().collect();
        Self { exchange: neutral(&changes), now: NOW }
    }

    fn outputs(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        while let Ok(Some(output)) = self.exchange.poll(&mut [0; 2048]) {
            outputs.push(output);
        }
        outputs.retain(|output| !matches!(output, Output::Decision(_) | Output::Smdr(_)));
        outputs
    }

    fn signal(&mut self, signal: Signal<'_>) -> Vec<Output> {
        self.exchange.signal(self.now, &signal).expect("room");
        self.outputs()
    }

    /// Somebody calls: its leg, and that of who is called.
    fn calls(&mut self, from: u32, dialed: &[u8]) -> (Handle, Handle) {
        let setup = Signal::Setup { from: Party::Device(from), dialed };
        let Ok(Taken::SetUp { leg: a }) = self.exchange.signal(self.now, &setup) else { panic!("refused") };
        let rung = self.outputs().into_iter().find_map(|output| match output {
            Output::Setup { leg, .. } => Some(leg),
            _ => None,
        });
        (a, rung.expect("somebody rings"))
    }

    /// 201 and 202 talk: their legs.
    fn talk(&mut self) -> (Handle, Handle) {
        self.talks(0, b"202")
    }

    fn talks(&mut self, from: u32, dialed: &[u8]) -> (Handle, Handle) {
        let (a, b) = self.calls(from, dialed);
        self.signal(Signal::Answer(b));
        (a, b)
    }

    /// Somebody waits for 202: its leg, and what followed.
    fn camps(&mut self, from: u32) -> (Handle, Vec<Output>) {
        let (a, b) = self.calls(from, b"*61202");
        (a, self.signal(Signal::Release(b, Cause::BUSY)))
    }
}

fn tones(outputs: &[Output]) -> Vec<Handle> {
    let tone = |output: &Output| match output {
        Output::Tone(leg, Tone::CampOn) => Some(*leg),
        _ => None,
    };
    outputs.iter().filter_map(tone).collect()
}

fn rings(outputs: &[Output]) -> Vec<Handle> {
    let ring = |output: &Output| match output {
        Output::Setup { leg, to: Party::Device(1), .. } => Some(*leg),
        _ => None,
    };
    outputs.iter().filter_map(ring).collect()
}

/// R5: both hear the tone; who is secured against it hears nothing, and neither does who talks to such a party. It is waited all
/// the same.
#[test]
fn r5_the_tone_is_not_heard_where_it_is_secured_against() {
    let mut lines = Lines::new(&[CLASS]);
    let (_, b) = lines.talk();
    let (waits, followed) = lines.camps(2);
    assert_eq!(tones(&followed), [waits, b]);
    let secured = (CLASS.0, "features = [\"camp-on\", \"camp-on-tone-security\", \"smdr-external\"");
    let mut lines = Lines::new(&[secured]);
    let (a, _) = lines.talk();
    let (waits, followed) = lines.camps(2);
    assert_eq!(tones(&followed), [waits]);
    assert_eq!(rings(&lines.signal(Signal::Release(a, Cause::Normal))).len(), 1);
}

/// A shutdown ends what waits as well; and a time that is up is up once.
#[test]
fn who_waits_is_cleared_like_any_other() {
    let mut lines = Lines::new(&[CLASS]);
    lines.talk();
    let (waits, _) = lines.camps(2);
    lines.now = lines.exchange.calls().deadline(waits).expect("a time");
    assert_eq!(lines.exchange.tick(lines.now), Ok(strowger::exchange::Ticked::Done));
    assert!(matches!(lines.outputs().as_slice(), [Output::Release(leg, Cause::BUSY)] if *leg == waits));
    lines.camps(2);
    while lines.exchange.clear_calls(lines.now) == Ok(true) {}
    lines.outputs();
    assert_eq!(lines.exchange.calls_in_use(), 0);
    assert_eq!(lines.exchange.calls().legs().count(), 0);
}

/// First come, first served; who is busy once more is waited for again, and no longer than from the beginning.
#[test]
fn the_first_who_waits_is_served_first() {
    let mut lines = Lines::new(&[CLASS]);
    let (_, b) = lines.talk();
    let (first, _) = lines.camps(2);
    let until = lines.exchange.calls().deadline(first).expect("some time");
    assert_eq!(until, NOW.plus_s(60));
    lines.now = NOW.plus_s(10);
    let (second, _) = lines.camps(3);
    let rung = rings(&lines.signal(Signal::Release(b, Cause::Normal)));
    let [rung] = rung.as_slice() else { panic!("{rung:?}") };
    assert_eq!(lines.exchange.calls().peer(*rung), Some(first));
    // 202 has gone off hook instead.
    let (call, _) = lines.calls(1, b"205");
    lines.signal(Signal::Release(*rung, Cause::BUSY));
    assert_eq!(lines.exchange.calls().deadline(first), Some(until), "it waits on");
    let rung = rings(&lines.signal(Signal::Release(call, Cause::Normal)));
    let [rung] = rung.as_slice() else { panic!("{rung:?}") };
    lines.signal(Signal::Answer(*rung));
    assert_eq!(lines.exchange.calls().peer(*rung), Some(first));
    let rung = rings(&lines.signal(Signal::Release(*rung, Cause::Normal)));
    let [rung] = rung.as_slice() else { panic!("{rung:?}") };
    assert_eq!(lines.exchange.calls().peer(*rung), Some(second));
    lines.signal(Signal::Release(*rung, Cause::BUSY));
    lines.signal(Signal::Release(first, Cause::Normal));
    lines.signal(Signal::Release(second, Cause::Normal));
    assert_eq!(lines.exchange.calls_in_use(), 0);
}

/// R36: the matrix is asked at the moment when the device is to ring, and only for the device that was called.
#[test]
fn r36_the_matrix_is_asked_when_the_device_is_idle() {
    let (image, _) = office::policy();
    let image = Image::load(image, &mut strowger::base::Soft::new(&[0; 32])).expect("it loads");
    let authority =
        strowger::policy::Authority { party: Party::Device(3), cos: 1, cor: 1, mode: Mode::Day, code: None };
    let ask = |of, on, to| {
        camped(&image, &Camp { on, to: Party::Device(to), of: Party::Device(of), authority, mode: Mode::Day })
    };
    let rule = |verdict| match verdict {
        Verdict::Deny(denial) => Some(denial.rule),
        Verdict::Allow(_) | Verdict::NeedsCode(_) => None,
    };
    assert_eq!(rule(ask(3, 1, 1)), None);
    assert_eq!(rule(ask(3, 4, 4)), Some(Rule::Interconnect));
    assert_eq!(rule(ask(3, 3, 3)), Some(Rule::CallSelf));
    assert_eq!(rule(ask(3, 1, 2)), Some(Rule::NumberVacant));
}

/// The same for who is transferred by the code; for who has transferred it is done as soon as the other waits.
#[test]
fn who_is_transferred_waits_on_as_well() {
    let mut lines = Lines::new(&[TRANSFERS]);
    let (_, busy) = lines.talks(6, b"202");
    let (first, by) = lines.talks(2, b"201");
    // 201 transfers 203 to 202, which is busy.
    let heard = lines.signal(Signal::Transfer(by, b"*61202"));
    let [tried] = rings(&heard)[..] else { panic!("{heard:?}") };
    let heard = lines.signal(Signal::Release(tried, Cause::BUSY));
    assert!(heard.contains(&Output::Referred { leg: by, status: 200 }), "{heard:?}");
    assert!(heard.contains(&Output::Release(by, Cause::Normal)), "{heard:?}");
    let waits = |lines: &Lines| match lines.exchange.calls().transfer(first) {
        Some(Transfer::Camped { on: 1, by: Some(Party::Device(0)), until }) => Some(until),
        _ => None,
    };
    let until = waits(&lines).expect("203 waits");
    assert_eq!(until, NOW.plus_s(60));
    // It rings, and has gone off hook for another call meanwhile.
    lines.now = lines.now.plus_s(10);
    let [again] = rings(&lines.signal(Signal::Release(busy, Cause::Normal)))[..] else { panic!("202 rings") };
    let (_, other) = lines.talks(1, b"205");
    lines.signal(Signal::Release(again, Cause::BUSY));
    assert_eq!(waits(&lines), Some(until), "it waits on");
    let [again] = rings(&lines.signal(Signal::Release(other, Cause::Normal)))[..] else {
        panic!("once more")
    };
    let heard = lines.signal(Signal::Answer(again));
    assert!(heard.contains(&Output::Joined { leg: first, with: again }), "{heard:?}");
    lines.signal(Signal::Release(first, Cause::Normal));
    assert_eq!(lines.exchange.calls_in_use(), 0);
}
