//! One world: an exchange with nobody but neutral parties, its time, and the stories of its calls.
//!
//! Time stands still. A timer that runs out is an event like any other: the exchange is told that the time of one leg is
//! up, so every order in which timers can run out is tried, whatever their lengths. With a clock ([`World::on_the_clock`])
//! time passes instead as it would: that is how a counterexample is tried out before it is shown.

use super::abstraction::Abstraction;
use super::actions::Action;
use super::conference::Mixed;
use super::origin::Acting;
use super::recorded::Gave;
use super::room::Rooms;
use super::story::{How, Owed, Pair, Stories};
use smallvec::SmallVec;
use std::hash::Hasher;
use strowger::base::{Algorithm, Crypto, Digit, Handle, Instant, Soft, WallTime, crypto::Hashed};
use strowger::call::join::Progress;
use strowger::call::{Cause, Transfer};
use strowger::exchange::{
    Config, DeviceSlot, Exchange, MAX_OUTPUTS, MAX_RECORDS, Memory, Output, Signal, Taken, Ticked, TrunkSlot,
};
use strowger::policy::{Condition, Party, Rule};
use strowger::table::{Due, Slot};

/// When everything happens.
pub(super) const NOW: Instant = Instant(1_000_000);
/// What the clock shows then: a Monday at noon, UTC.
pub(super) const NOON: WallTime = WallTime { unix_s: 1_795_435_200, offset_min: 0 };
/// Calls kept free for emergency.
pub(super) const RESERVED: u32 = 1;
/// The number in its handles.
pub(super) const CONFIG_INSTANCE: u16 = 1;

/// Where nobody reaches it.
pub(super) fn address() -> std::net::SocketAddr {
    std::net::SocketAddr::from(([192, 0, 2, 1], 5060))
}

/// Cryptography without secrets and without chance: the same world comes of the same events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Still;

impl Crypto for Still {
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
        Soft::new(&[0; 32]).digest(algorithm, parts)
    }

    fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
        Soft::new(&[0; 32]).mac(parts)
    }

    fn random(&mut self, out: &mut [u8]) {
        out.fill(7);
    }
}

/// What followed from an action.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) outputs: Vec<Output>,
    pub(super) taken: Option<Taken>,
    /// Outputs that did not stop, deadlines that did not go.
    pub(super) restless: bool,
    /// The leg that acted.
    pub(super) acted: Handle,
    /// Another leg of its party that is to be gone then.
    pub(super) also: Handle,
    /// A call that was being set up, whose called party has failed, and no other way was tried.
    pub(super) failed: Option<Pair>,
    /// A conference that has come about.
    pub(super) mixed: Option<Mixed>,
    /// Who was in the conferences of the resource before.
    pub(super) rooms: Rooms,
}

impl Heard {
    /// The rule by which a party was refused, if that is one for which it can be put through to another.
    pub(super) fn refused(&self, party: Party) -> Option<Rule> {
        let rules = self.outputs.iter().filter_map(|output| match output {
            Output::Decision(decision) if decision.from == party => Some(decision.denial()?.rule),
            _ => None,
        });
        rules.into_iter().find(|rule| Condition::of(*rule).is_some())
    }
}

/// A world.
pub(super) struct World {
    pub(super) exchange: Exchange<'static, Still>,
    pub(super) stories: Stories,
    pub(super) now: Instant,
    clock: bool,
    /// What the exchange was given by the clock.
    pub(super) given: Option<Vec<(Instant, Gave)>>,
}

fn leak<T>(items: Vec<T>) -> &'static mut [T] {
    Box::leak(items.into_boxed_slice())
}

/// Memory for a world. It is never given back: a search needs few, and uses them again.
fn memory(devices: usize, trunks: usize, calls: usize) -> Memory<'static> {
    Memory {
        devices: leak(vec![DeviceSlot::EMPTY; devices]),
        trunks: leak(vec![TrunkSlot::EMPTY; trunks]),
        calls: leak((0..calls).map(|_| Slot::EMPTY).collect()),
        legs: leak((0..2 * calls).map(|_| Slot::EMPTY).collect()),
        dialogs: leak(Vec::new()),
        transactions: leak(Vec::new()),
        index: leak(Vec::new()),
        heap: leak(vec![Due::EMPTY; 2 * calls]),
        places: leak(vec![0; 2 * calls]),
        lapse_heap: leak(Vec::new()),
        lapse_places: leak(Vec::new()),
        renewal_heap: leak(Vec::new()),
        renewal_places: leak(Vec::new()),
        pages: leak(Vec::new()),
        outgoing: leak(vec![None; MAX_OUTPUTS]),
        events: leak(vec![None; MAX_OUTPUTS]),
        records: leak(vec![None; MAX_RECORDS + 1]),
    }
}

impl World {
    /// The first world: nobody has done anything.
    pub(super) fn new(all: &Abstraction) -> Self {
        let memory = Self::memory(all);
        let config = Config { instance: CONFIG_INSTANCE, address: address(), reserved_calls: RESERVED };
        let mut exchange = Exchange::new(memory, &config, Still);
        // It cannot be refused: the memory was made for this policy.
        let _ = exchange.load(all.image, all.keyring);
        exchange.set_wall(NOW, NOON);
        exchange.set_mode(Some(all.modes[0]));
        let stories = Stories { mode: all.modes[0], ..Stories::default() };
        Self { exchange, stories, now: NOW, clock: false, given: None }
    }

    /// The first world, where time passes.
    pub(super) fn on_the_clock(all: &Abstraction) -> Self {
        Self { clock: true, given: Some(Vec::new()), ..Self::new(all) }
    }

    fn memory(all: &Abstraction) -> Memory<'static> {
        memory(all.image.devices().len(), all.image.trunks().len(), all.bounds.calls + RESERVED as usize)
    }

    /// A second world like this one.
    pub(super) fn copy(&self, all: &Abstraction) -> Self {
        self.copy_to(Self::memory(all))
    }

    /// Becomes like another.
    pub(super) fn become_like(self, other: &Self) -> Self {
        other.copy_to(self.exchange.into_memory())
    }

    fn copy_to(&self, memory: Memory<'static>) -> Self {
        Self {
            exchange: self.exchange.fork(memory),
            stories: self.stories.clone(),
            now: self.now,
            clock: self.clock,
            given: None,
        }
    }

    /// Tells what can matter later.
    pub(super) fn tell<H: Hasher + Clone>(&self, all: &Abstraction, hasher: &mut H) {
        self.exchange.canonical(self.now, |party| all.alike(party), hasher);
        self.stories.tell(all, hasher);
    }

    /// The leg in a slot.
    pub(super) fn leg(&self, slot: u8) -> Handle {
        self.exchange.calls().leg_at(slot.into()).unwrap_or(Handle::NONE)
    }

    /// Who is on the leg in a slot.
    pub(super) fn party(&self, slot: u8) -> Party {
        self.exchange.calls().leg(self.leg(slot)).map_or(Party::Unknown, |leg| leg.party)
    }

    /// Lets something happen.
    pub(super) fn apply(&mut self, all: &Abstraction, action: Action, heard: &mut Heard) {
        heard.outputs.clear();
        (heard.restless, heard.taken, heard.failed, heard.mixed) = (false, None, None, None);
        heard.rooms = self.rooms(all);
        let leg = action.slot().map_or(Handle::NONE, |slot| self.leg(slot));
        let other = match action {
            Action::Join { other, .. } | Action::OnHook { other, .. } => self.leg(other),
            _ => Handle::NONE,
        };
        (heard.acted, heard.also) =
            (leg, if let Action::OnHook { .. } = action { other } else { Handle::NONE });
        let by = match action {
            Action::Take { from, .. } => self.who(all, all.parties[usize::from(from)].party),
            _ => self.exchange.calls().leg(leg).map_or(Party::Unknown, |slot| slot.party),
        };
        match action {
            Action::Setup { from, number } => {
                let (from, dialed) =
                    (all.parties[usize::from(from)].party, &all.numbers[usize::from(number)].dialed);
                self.signal(&Signal::Setup { from, dialed }, heard);
            }
            Action::OffHook { from } => {
                self.signal(&Signal::OffHook { from: all.parties[usize::from(from)].party }, heard);
            }
            Action::Dial { number, .. } => self.keys(leg, &all.numbers[usize::from(number)].dialed, heard),
            Action::Code { code, .. } => {
                let hash = self.code_length(all, by) == 0;
                let mut digits = all.codes[usize::from(code)].digits.clone();
                digits.extend(hash.then_some(b'#'));
                self.stories.codes.push((leg, code));
                self.keys(leg, &digits, heard);
            }
            Action::Alerting { .. } => self.signal(&Signal::Alerting(leg), heard),
            Action::Answer { .. } => self.signal(&Signal::Answer(leg), heard),
            Action::Release { .. } => self.signal(&Signal::Release(leg, Cause::Normal), heard),
            Action::Refuse { .. } => self.signal(&Signal::Release(leg, Cause::BUSY), heard),
            Action::Transfer { number, .. } => {
                self.signal(&Signal::Transfer(leg, &all.numbers[usize::from(number)].dialed), heard);
            }
            Action::Join { .. } => self.signal(&Signal::Join(leg, other), heard),
            Action::OnHook { .. } => {
                self.signal(&Signal::Hold(leg), heard);
                self.signal(&Signal::OnHook(other), heard);
            }
            Action::Take { from, take } => {
                let from = all.parties[usize::from(from)].party;
                let dialed = &all.takes[usize::from(take)].dialed;
                self.signal(&Signal::Setup { from, dialed }, heard);
            }
            Action::Park { take, .. } => {
                self.signal(&Signal::Transfer(leg, &all.takes[usize::from(take)].dialed), heard);
            }
            Action::LogIn { from, .. } | Action::LogOut { from } => {
                self.stories.log_ins += u8::from(matches!(action, Action::LogIn { .. }));
                let (from, dialed) = (all.parties[usize::from(from)].party, all.desks.dialed(action));
                self.signal(&Signal::Setup { from, dialed: &dialed }, heard);
            }
            Action::Overhold { .. } => {
                self.signal(&Signal::Hold(leg), heard);
                self.due(leg, heard);
            }
            Action::Confer { .. } => {
                if self.exchange.calls().holds_until(leg).is_none() {
                    self.signal(&Signal::Hold(leg), heard);
                }
                let mixed = self.would_mix(leg);
                self.signal(&Signal::Retrieve(leg), heard);
                heard.mixed = mixed.filter(|_| heard.taken == Some(Taken::Done));
            }
            Action::Due { .. } => self.due(leg, heard),
            Action::Mode { mode } => {
                self.stories.mode = all.modes[usize::from(mode)];
                self.stories.mode_changes += 1;
                let mode = self.stories.mode;
                self.gave(|| Gave::Mode(mode));
                self.exchange.set_mode(Some(mode));
            }
        }
        self.exchange.forget_counts();
        self.note(all, action, &Acting { leg, other, by }, heard);
    }

    /// Digits of a party's account codes; 0: they end with `#`.
    pub(super) fn code_length(&self, all: &Abstraction, party: Party) -> usize {
        let class = strowger::policy::decide::class_of(&all.image, party, self.stories.mode);
        class.map_or(0, |class| class.code_length.into())
    }

    fn gave(&mut self, gave: impl FnOnce() -> Gave) {
        if let Some(given) = &mut self.given {
            given.push((self.now, gave()));
        }
    }

    fn signal(&mut self, signal: &Signal<'_>, heard: &mut Heard) {
        self.gave(|| signal.into());
        match self.exchange.signal(self.now, signal) {
            Ok(taken) => heard.taken = Some(taken),
            Err(_) => heard.restless = true,
        }
        self.poll(heard);
    }

    fn keys(&mut self, leg: Handle, digits: &[u8], heard: &mut Heard) {
        for digit in digits.iter().filter_map(|c| Digit::from_ascii(*c)) {
            // Nobody dials on where nothing is dialed any more.
            if self.exchange.calls().dialing(leg).is_none() {
                break;
            }
            self.signal(&Signal::Digit(leg, digit), heard);
        }
    }

    fn due(&mut self, leg: Handle, heard: &mut Heard) {
        if self.clock {
            self.now = self.exchange.calls().deadline(leg).unwrap_or(self.now).max(self.now);
        } else {
            self.exchange.hasten(self.now, leg);
        }
        for _ in 0..8 {
            self.gave(|| Gave::Tick);
            let ticked = self.exchange.tick(self.now);
            self.poll(heard);
            match ticked {
                Ok(Ticked::Done) => return,
                Ok(Ticked::More) | Err(_) => {}
            }
        }
        heard.restless = true;
    }

    fn poll(&mut self, heard: &mut Heard) {
        for _ in 0..64 {
            match self.exchange.poll(&mut []) {
                Ok(Some(output)) => heard.outputs.push(output),
                Ok(None) => return,
                Err(_) => break,
            }
        }
        heard.restless = true;
    }

    /// Brings the stories up to what has happened.
    fn note(&mut self, all: &Abstraction, action: Action, acting: &Acting, heard: &mut Heard) {
        let calls = self.exchange.calls();
        // Who faces whom now: for each called leg its edge.
        let mut pairs: SmallVec<[Pair; 4]> = SmallVec::new();
        let mut set_up: SmallVec<[Owed; 2]> = SmallVec::new();
        let mut helped: SmallVec<[(Handle, u16); 2]> = SmallVec::new();
        let mut forwarded: SmallVec<[Owed; 2]> = SmallVec::new();
        for (b, slot) in calls.legs() {
            let Some(edge) = calls.edge(b).filter(|edge| edge.b() == b) else { continue };
            let (a, joined) = (edge.a(), edge.progress() == Progress::Joined);
            if let Some(pair) = self.stories.pairs.iter().find(|pair| (pair.a, pair.b) == (a, b)) {
                pairs.push(Pair { joined, ..*pair });
                continue;
            }
            let Some(caller) = calls.leg(a) else { continue };
            let parties = (caller.party, slot.party);
            let (mut story, new) = self.story(all, action, acting, heard, (a, b, caller.party));
            if let Party::Trunk(trunk) = slot.party {
                story.tried |= 1 << (trunk % 64);
            }
            // A leg that was there before leads where it led before.
            let known = self.stories.pairs.iter().any(|pair| pair.a == b || pair.b == b);
            if all.is_help(story.number) && !known {
                helped.push((b, story.number));
            }
            let pair =
                Pair { a, b, parties, story, verdict: all.may_join(parties.0, parties.1, &story), joined };
            if matches!(story.how, How::Forwarded { .. } | How::Intercepted { late: true }) {
                // Its record tells of the number that it has gone on to.
                let before = self.stories.pairs.iter().find(|pair| pair.a == a && !pair.joined);
                forwarded
                    .extend(before.map(|pair| Owed { by: pair.story.caller, number: pair.story.number }));
            }
            // Of those who ring at once each is another way for one call.
            let again = pairs.iter().any(|other| other.a == a);
            if new && !again && all.owes(&pair) {
                set_up.push(Owed { by: story.caller, number: story.number });
            }
            pairs.push(pair);
        }
        // Who waits for a busy device has the call that it had.
        let waits =
            |pair: &&Pair| !pair.joined && matches!(calls.transfer(pair.a), Some(Transfer::Camped { .. }));
        pairs.extend(self.stories.pairs.iter().filter(waits).copied());
        for owed in forwarded {
            self.settle(Some(owed));
        }
        self.stories.owed.extend(set_up);
        self.stories.help.extend(helped);
        if let (Action::Join { .. } | Action::OnHook { .. }, Some(Taken::Done)) = (action, heard.taken) {
            // What only rang inside is told of by the record of the call that goes on.
            let rang = |pair: &&Pair| pair.a == acting.other && !pair.joined && all.is_inside(pair);
            let quiet = self.stories.pairs.iter().find(rang);
            self.settle(quiet.map(|pair| Owed { by: pair.story.caller, number: pair.story.number }));
        }
        for output in &heard.outputs {
            if let Output::Smdr(record) = output {
                let told = self.stories.owed.iter().find(|owed| all.records(owed, record)).copied();
                self.settle(told);
            }
        }
        if matches!(action, Action::Refuse { .. }) {
            let failed = self.stories.pairs.iter().find(|pair| pair.b == acting.leg && !pair.joined);
            heard.failed = failed.filter(|failed| pairs.iter().all(|pair| pair.a != failed.a)).copied();
        }
        self.left_waiting(&pairs);
        self.stories.pairs = pairs;
        let calls = self.exchange.calls();
        self.stories.help.retain(|(leg, _)| calls.leg(*leg).is_some());
        self.stories.codes.retain(|(leg, _)| calls.dialing(*leg).is_some());
    }

    fn settle(&mut self, told: Option<Owed>) {
        if let Some(at) = told.and_then(|told| self.stories.owed.iter().position(|owed| *owed == told)) {
            self.stories.owed.remove(at);
        }
    }
}
