//! Executive Busy Override: who comes into whose call, and what the rows say of that (R3, R5, R6, R36).

use super::abstraction::{Abstraction, Number, Target};
use super::judge::{Classes, Reading};
use super::liveness::Violation;
use super::story::{How, NO_NUMBER, Pair, Story};
use super::world::World;
use strowger::base::Handle;
use strowger::policy::rows::{CosRow, FEATURE_BUSY_OVERRIDE, Features};
use strowger::policy::{Mode, Party};

impl World {
    /// Who has dialed its way into a call, if the room of this leg of the resource came to be by that: the pair of that one.
    pub(super) fn overrider(&self, all: &Abstraction, mixer: Handle) -> Option<&Pair> {
        let calls = self.exchange.calls();
        let room = calls.room(mixer)?;
        let overrides = |pair: &&Pair| {
            all.numbers.get(usize::from(pair.story.number)).is_some_and(|number| number.overrides)
        };
        let mut opened = self.stories.pairs.iter().filter(|pair| pair.parties.1 == Party::Conference);
        opened.find(|pair| overrides(pair) && calls.room(pair.b) == Some(room))
    }
}

impl World {
    /// Who is in a conference is left with what mixes, and nobody else is there or on the way: nothing would end that but itself. Who has
    /// opened one by its name waits for whom it brings.
    pub(super) fn alone_in_room(&self, all: &Abstraction) -> Option<Violation> {
        let calls = self.exchange.calls();
        for pair in
            self.stories.pairs.iter().filter(|pair| pair.joined && pair.parties.1 == Party::Conference)
        {
            let named = |number: u16| {
                all.numbers.get(usize::from(number)).is_some_and(|number| number.target == Target::Conference)
            };
            let opened = pair.story.how == How::Called && named(pair.story.number);
            let room = calls.room(pair.b);
            let others =
                self.stories.pairs.iter().any(|other| other.a != pair.a && calls.room(other.b) == room);
            if !opened && !others {
                let text = format!("{} is in a conference, and nobody else is", all.name(pair.parties.0));
                return Some(Violation::new("stuck", text));
            }
        }
        None
    }
}

impl Abstraction {
    /// The directory numbers so far, behind the code for busy override, if anybody may use that and something mixes.
    pub(super) fn keep_overrides(&mut self, codes: &[(u32, Vec<u8>)]) {
        let may = |class: CosRow| class.features & Features::EXECUTIVE_BUSY_OVERRIDE.bits() != 0;
        if self.image.system().conference.len == 0 || !self.image.classes().iter().any(may) {
            return;
        }
        for (_, code) in codes.iter().filter(|(feature, _)| *feature == FEATURE_BUSY_OVERRIDE) {
            let plain = self
                .numbers
                .iter()
                .filter(|number| !number.camps && matches!(number.target, Target::Device(_)));
            let behind = |number: &Number| Number {
                dialed: [code.as_slice(), &number.meant].concat(),
                overrides: true,
                ..number.clone()
            };
            let behind: Vec<Number> = plain.map(behind).collect();
            self.numbers.extend(behind);
        }
    }

    /// What who comes into a call must be allowed whoever is there: to dial the number, and its class.
    pub(super) fn may_override(&self, by: &Classes, story: &Story) -> Result<(), &'static str> {
        if by.cos == 0 {
            return Err("cos");
        }
        if by.cor == 0 {
            return Err("cor");
        }
        if by.has(Features::FORCED_VERIFIED_ACCOUNT_CODE) && story.code.is_none() && story.how == How::Called
        {
            return Err("forced-code");
        }
        if !by.has(Features::EXECUTIVE_BUSY_OVERRIDE) || story.by.phone().is_none() {
            return Err("override");
        }
        Ok(())
    }

    /// Whether a party moves into the room of who comes into its call: that one may, and this one is not shielded from it.
    pub(super) fn may_move(&self, of: Party, story: &Story) -> Result<(), &'static str> {
        let reading = Reading { image: &self.image };
        let (by, own) = (reading.classes(story.by, story.mode), reading.classes(of, story.mode));
        self.may_override(&by, story)?;
        if own.has(Features::CALL_PRIVACY) {
            return Err("privacy");
        }
        if own.has(Features::BUSY_OVERRIDE_SECURITY) {
            return Err("security");
        }
        self.may_hear((of, story.by), story.mode)
    }

    /// Of a party that moves because somebody has come into its call: who that is. Nobody may, if it talks to help (law 4).
    pub(super) fn moved(&self, overrider: &Pair, mode: Mode, helped: bool) -> Story {
        let by = if helped { Party::Unknown } else { overrider.parties.0 };
        Story {
            how: How::Overridden,
            by,
            caller: by,
            number: NO_NUMBER,
            code: None,
            mode,
            reversed: false,
            tried: 0,
        }
    }
}
