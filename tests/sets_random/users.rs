//! What users of sets and of phones do; and how all of it comes to an end.

use super::steps::{Does, Step};
use super::world::World;
use strowger::base::Digit;
use strowger::wire::set::{Key, Lamp, Tone, Up};
use strowger_testkit::phone::Ask;
use strowger_testkit::sim::Dice;

impl World {
    /// Something happens, and time passes.
    pub(crate) fn takes(&mut self, step: &Step) {
        self.dice = Dice::new(step.dice);
        let sim = &mut self.office.sim;
        let id =
            |dn: &str| crate::office::PHONES.iter().position(|(known, _)| *known == dn).expect("a phone");
        match &step.does {
            Does::Sense(n)
            | Does::Keys(n, _)
            | Does::Odd(n, _)
            | Does::Leaves(n, _)
            | Does::Nonsense(n)
            | Does::Silent(n)
            | Does::Lost(n, _)
                if !self.hands[*n].there =>
            {
                self.comes_back(*n);
            }
            Does::Sense(n) => {
                let keys = self.sensible(*n);
                self.types(*n, keys);
            }
            Does::Keys(n, keys) => self.types(*n, keys),
            Does::Odd(n, what) => self.is_odd(*n, *what),
            Does::Leaves(n, why) => self.goes(*n, |sim, id| sim.set_says(id, Up::Bye(*why))),
            // A frame that is none.
            Does::Nonsense(n) => self.goes(*n, |sim, id| sim.set_octets(id, &[0; 12])),
            Does::Silent(n) => self.is_silent(*n),
            Does::Lost(n, ms) => {
                self.connect(*n, false);
                if let Some(ms) = ms {
                    self.pass(*ms);
                    self.comes_back(*n);
                }
            }
            Does::Calls(dn, number) => {
                sim.with(self.office.phones[id(dn)], |phone, now| phone.call(now, number))
            }
            Does::HangsUp(dn) => sim.with(self.office.phones[id(dn)], |phone, now| phone.hang_up(now)),
            Does::Answers(dn) => sim.with(self.office.phones[id(dn)], |phone, now| phone.answer(now)),
            Does::Holds(dn, holds) => {
                let ask = if *holds { Ask::Hold } else { Ask::Resume };
                sim.with(self.office.phones[id(dn)], |phone, now| phone.reinvite(now, ask));
            }
            Does::Transfers(dn, number) => {
                sim.with(self.office.phones[id(dn)], |phone, now| phone.transfer(now, number));
            }
            Does::Behaves(dn, behaviour, early, late) => {
                let config = &mut sim.phone(self.office.phones[id(dn)]).config;
                (config.behaviour, config.early_media, config.late_offer) = (*behaviour, *early, *late);
            }
            Does::Network(trouble) => self.trouble.set(*trouble),
            Does::Jumps(jump) => sim.jump_at(0, *jump),
        }
        self.pass(step.ms);
        if let Some(n) = step.look {
            self.take_over(n);
        }
    }

    /// Keys, as fast as fingers are, or faster than the exchange answers.
    fn types(&mut self, n: usize, keys: &str) {
        for key in keys.chars() {
            let key = match key {
                '^' | '_' => {
                    self.hands[n].off = key == '^';
                    self.say(n, Up::Hook { off: key == '^' });
                    let ms = self.dice.below(400);
                    self.pass(ms);
                    continue;
                }
                'a' => Key::Line(1),
                'b' => Key::Line(2),
                'y' => Key::Line(3),
                'z' => Key::Line(4),
                'h' => Key::Hold,
                't' => Key::Transfer,
                'c' => Key::Cancel,
                'r' => Key::Redial,
                digit => Key::Digit(Digit::from_ascii(u8::try_from(digit).expect("ASCII")).expect("a key")),
            };
            for pressed in [true, false] {
                self.say(n, Up::Key { key, pressed });
                let ms = self.dice.below(150);
                self.pass(ms);
            }
        }
    }

    /// What whoever looks at his set would do.
    fn sensible(&mut self, n: usize) -> &'static str {
        let (off, shown) = (self.hands[n].off, self.shown(n));
        let (ring, talks, tone) = (shown.ring.is_some(), shown.talks, shown.tone);
        let lamp = |key: u8| shown.lamps.get(&key).copied();
        let a = lamp(1);
        let held = (1..=4).filter_map(lamp).any(|lamp| lamp != Lamp::On);
        let keys: &[&str] = match tone {
            _ if ring && !off => &["^", "^", "^", "c", if a == Some(Lamp::Flash) { "a" } else { "b" }],
            Some(Tone::Dial | Tone::SecondDial) => {
                &["201", "202", "204", "301", "302", "95551234", "_", "r", "911"]
            }
            Some(Tone::Busy | Tone::Reorder) => &["c", "_", "a", "b"],
            Some(Tone::RingBack) => &["c", "_", "t", "", ""],
            Some(Tone::AccountCode) => &["1234", "12#", "c"],
            _ if talks && held => &["a", "b", "y", "z", "t", "_", "c", "h"],
            _ if talks => &["h", "h", "t201", "t202", "t204", "t", "_", "c", "ab", ""],
            _ if held => &["a", "b", "y", "z", "^", "_"],
            _ if off => &["_", "202", "r"],
            _ => &["^", "^201", "^202", "202", "^95551234", "^302", "^301", "r"],
        };
        keys[usize::try_from(self.dice.below(keys.len() as u64)).expect("few")]
    }

    /// What a set says that is of no use, and changes nothing.
    fn is_odd(&mut self, n: usize, what: usize) {
        let off = self.hands[n].off;
        let odd = [
            Up::Hook { off },
            Up::Key { key: Key::Line(4), pressed: false },
            Up::Key { key: Key::Hold, pressed: false },
            Up::Opened { stream: 9, generation: 1, at: None },
            Up::Opened { stream: 0, generation: 60_000, at: Some(([10, 0, 4, 1], 9).into()) },
            Up::Alive,
        ];
        let mut before = self.shown(n).clone();
        self.say(n, odd[what]);
        let mut after = self.shown(n).clone();
        // The last words to its user go when a key is pressed, the wrong one too.
        before.rows.remove(&2);
        after.rows.remove(&2);
        assert_eq!(before, after, "{:?} changes something", odd[what]);
    }

    /// A set that has lost its connection is there again: within the grace by its token, later as a new one. In between, while what it was
    /// comes to an end, its token is not known any more and its number not free yet.
    fn comes_back(&mut self, n: usize) {
        if self.is_over(n) {
            self.register(n);
        } else if self.is_busy(n) {
            self.back += 1;
            self.connect(n, true);
            let off = self.hands[n].off;
            self.say(n, Up::Hook { off });
        }
    }

    /// The network mends and everybody hangs up: the sets first, for they must be able to; five minutes later nothing is left.
    pub(crate) fn end(&mut self) {
        self.trouble.set(0);
        self.office.sim.forget_jumps();
        self.pass(40_000);
        for n in 0..self.hands.len() {
            self.clears(n);
        }
        for id in self.office.phones.clone().into_iter().chain([self.office.carrier, self.office.other]) {
            for _ in 0..20 {
                if self.office.sim.phone(id).live_calls() > 0 {
                    self.office.sim.with(id, |phone, now| phone.hang_up(now));
                    self.pass(500);
                }
            }
        }
        for n in 0..self.hands.len() {
            self.clears(n);
        }
        self.pass(300_000);
        for n in 0..self.hands.len() {
            self.take_over(n);
            let shown = self.shown(n);
            let dark = shown.lamps.is_empty() && shown.tone.is_none() && shown.ring.is_none() && !shown.talks;
            assert!(dark && shown.rows.len() == 1 && shown.sends.is_empty(), "a set is not dark: {shown:?}");
            let phone = self.office.sim.set(self.hands[n].id).phone();
            assert_eq!(phone.lines().count(), 0, "a line is left");
            let (free, all) = phone.pages();
            assert!(all - free <= 1, "{free} of {all} pages of the set's own are free");
        }
        // Somebody may be registering again in this moment.
        for _ in 0..90 {
            if self.office.left().is_empty() {
                return;
            }
            self.pass(1_000);
        }
        panic!("left: {}", self.office.left());
    }

    /// A user gets rid of all his calls: each is retrieved and cleared. What is being transferred takes its time.
    fn clears(&mut self, n: usize) {
        for _ in 0..400 {
            if !self.hands[n].there {
                self.pass(1_000);
                self.comes_back(n);
                continue;
            }
            self.types(n, "_");
            let lit =
                (1u8..).zip(["a", "b", "y", "z"]).find(|(key, _)| self.shown(n).lamps.contains_key(key));
            let Some((_, key)) = lit else { return };
            self.types(n, key);
            self.pass(1_000);
            self.types(n, "c");
        }
        panic!("a user is not rid of his calls: {:?}", self.shown(n));
    }
}
