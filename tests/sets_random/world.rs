//! Two sets at an exchange, with phones on a network that loses and delays; and how time passes, under the laws.

use super::laws;
use crate::office::{Office, exchange_address, policy_of};
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use strowger::base::Instant;
use strowger::set::Config;
use strowger::wire::set::{Lamp, Up};
use strowger_testkit::sim::{Dice, Fate, SetId, Shown, Sim, Sizes, set_config};

/// Two sets; the calls of the second that cost need an account code. A user who may be at any of them.
pub(crate) const CHANGES: [(&str, &str); 2] = [
    (
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"transfer\", \"do-not-disturb\", \"camp-on\", \"hot-desk-accept\", \"hot-desk-login\", \"smdr-external\", \"smdr-internal\"]",
    ),
    (
        "",
        r#"
[[cos]]
id = 7
name = "Dock"
features = ["hold", "transfer", "forced-non-verified-account-code", "smdr-external"]
account_code_length = 4
[[device]]
dn = "301"
name = "Lobby"
kind = "set"
mac = "08:00:0f:12:34:56"
set_type = "console-8"
pin = "471193"
cos = 1
cor = 1
[[device]]
dn = "302"
name = "Dock"
kind = "set"
set_type = "console-8"
pin = "580264"
cos = 7
cor = 1
[features]
do_not_disturb = "*60"
camp_on = "*61"
hot_desk_login = "*50"
hot_desk_logout = "*51"
[[user]]
dn = "401"
name = "Visitor"
pin = "864205"
cos = 1
cor = 1
"#,
    ),
];

/// The network of the sets: what they say to the exchange does not leave its process.
const SETS: [u8; 3] = [10, 0, 4];
/// For so long the exchange has no call of a set, and it is idle: whatever was under way is there.
const IDLE_MS: u64 = 1_000;
/// Nothing is left of a set that has gone after so long, whatever its calls wait for.
const OVER_MS: u64 = 6_000;

/// A set and its user.
pub(crate) struct Hand {
    pub(crate) number: &'static str,
    pub(crate) id: SetId,
    device: u32,
    /// Each time that it registers it comes from another port.
    port: u16,
    /// The handset is lifted.
    pub(crate) off: bool,
    /// It is connected, and says that it is there.
    pub(crate) there: bool,
    /// It is connected, and says nothing.
    mute: bool,
    /// Since when.
    since: Instant,
    /// When it said something last.
    said: Instant,
    /// When the exchange had a call of it last.
    called: Instant,
}

pub(crate) struct World {
    pub(crate) office: Office,
    pub(crate) hands: [Hand; 2],
    /// Line keys of a set.
    lines: u8,
    /// Of the step that is being taken.
    pub(crate) dice: Dice,
    /// Thousandths of what phones send and are sent that meet trouble.
    pub(crate) trouble: Rc<Cell<u64>>,
    /// Looks in which somebody was held.
    pub(crate) held: usize,
    /// Connections that were taken up again.
    pub(crate) back: usize,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut office = Office::with_sizes(seed, &Sizes::for_calls(12, 2, 8), &CHANGES);
        office.register();
        let lines = if seed.is_multiple_of(3) { 2 } else { 4 };
        let hands = ["301", "302"].map(|number| Hand::new(&mut office, number, lines));
        let trouble = Rc::new(Cell::new(0));
        let (often, mut fate) = (Rc::clone(&trouble), Dice::new(!seed));
        office.sim.decide_fates(move |datagram| {
            let inside = [datagram.from, datagram.to].iter().any(|at| is_set(*at));
            if inside || !fate.chance(often.get()) {
                return Fate::Sent;
            }
            match fate.below(3) {
                0 => Fate::Lost,
                1 => Fate::Late(fate.below(1_500)),
                _ => Fate::Twice(fate.below(500)),
            }
        });
        let mut world = Self { office, hands, lines, dice: Dice::new(0), trouble, held: 0, back: 0 };
        world.pass(1_000);
        world
    }

    /// Time passes. Sets say that they are there, and every law is looked at again and again.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.office.sim.now.plus_ms(ms);
        loop {
            self.look();
            let left = until.since_ms(self.office.sim.now);
            if left == 0 {
                return;
            }
            self.office.sim.run_ms(left.min(50));
            let now = self.office.sim.now;
            for n in 0..self.hands.len() {
                if self.hands[n].there && now.since_ms(self.hands[n].said) > 20_000 {
                    self.say(n, Up::Alive);
                }
            }
        }
    }

    /// A set says something, if it is connected.
    pub(crate) fn say(&mut self, n: usize, up: Up<'_>) {
        let hand = &mut self.hands[n];
        if hand.there {
            hand.said = self.office.sim.now;
            self.office.sim.set_says(hand.id, up);
            self.look();
        }
    }

    pub(crate) fn shown(&self, n: usize) -> &Shown {
        self.office.sim.shown(self.hands[n].id)
    }

    /// Whether a call of a set is up or being set up.
    pub(crate) fn is_busy(&self, n: usize) -> bool {
        self.office.sim.set(self.hands[n].id).is_busy()
    }

    /// Whether nothing is left of what a set was.
    pub(crate) fn is_over(&self, n: usize) -> bool {
        self.office.sim.set_end(self.hands[n].id).1
    }

    /// Every law, of every set that is connected; what another shows is not ours to say.
    fn look(&mut self) {
        let now = self.office.sim.now;
        for n in 0..self.hands.len() {
            let device = self.hands[n].device;
            let exchange = self.office.sim.exchange(0);
            let called = exchange.calls().legs().any(|(_, leg)| leg.party.phone() == Some(device));
            let registered = exchange.is_registered(device);
            let hand = &mut self.hands[n];
            if called {
                hand.called = now;
            }
            let idle = now.since_ms(hand.called) > IDLE_MS;
            if hand.mute {
                continue;
            }
            if !hand.there {
                let (busy, over) = (self.is_busy(n), self.is_over(n));
                let hand = &mut self.hands[n];
                if busy {
                    hand.since = now;
                }
                let late = now.since_ms(hand.since) > OVER_MS && !over;
                assert!(!late, "broken: a set without connection and call is over: {}", hand.number);
                continue;
            }
            let (id, settled) = (hand.id, now.since_ms(hand.since) > IDLE_MS);
            for frame in self.office.sim.set_frames(id) {
                assert!(laws::hides(&frame), "broken: no digit of a PIN is told: {frame}");
            }
            let shown = self.office.sim.shown(id);
            self.held += usize::from(shown.lamps.values().any(|lamp| *lamp == Lamp::Wink));
            let registers = (!settled || registered, "a set that is connected is registered");
            let mut laws = laws::all(self.office.sim.set(id), shown, self.lines, idle).chain([registers]);
            let law = laws.find(|(kept, _)| !kept).map(|(_, law)| law);
            let lines: Vec<_> = self.office.sim.set(id).phone().lines().collect();
            assert!(law.is_none(), "broken: {law:?} of {}\n{shown:?}\n{lines:?}", self.hands[n].number);
        }
    }

    /// The set is there on another connection at once: what it is told then is what it was told before.
    pub(crate) fn take_over(&mut self, n: usize) {
        if self.hands[n].there {
            let before = Shown { clock: None, ..self.shown(n).clone() };
            self.connect(n, true);
            let after = Shown { clock: None, ..self.shown(n).clone() };
            assert!(before == after, "the snapshot is not what was told before: {before:?}\n{after:?}");
        }
    }

    /// The connection of a set is lost, or there again.
    pub(crate) fn connect(&mut self, n: usize, there: bool) {
        let (now, hand) = (self.office.sim.now, &mut self.hands[n]);
        (hand.there, hand.said, hand.since) = (there, now, now);
        self.office.sim.connect_set(hand.id, there);
    }

    /// The set says or does something by which its connection ends, and is told so.
    pub(crate) fn goes(&mut self, n: usize, how: impl FnOnce(&mut Sim, SetId)) {
        (self.hands[n].there, self.hands[n].since) = (false, self.office.sim.now);
        how(&mut self.office.sim, self.hands[n].id);
        assert!(self.office.sim.set_end(self.hands[n].id).0.is_some(), "it was told so");
    }

    /// The set says nothing of itself until it is taken for gone.
    pub(crate) fn is_silent(&mut self, n: usize) {
        let id = self.hands[n].id;
        (self.hands[n].there, self.hands[n].mute) = (false, true);
        self.office.sim.set_frames(id);
        // It answers what is opened.
        let gone = (0..400).any(|_| {
            self.pass(1_000);
            self.office.sim.set_frames(id).iter().any(|frame| frame == "Bye(Silence)")
        });
        assert!(gone, "a set that says nothing is gone");
        (self.hands[n].mute, self.hands[n].since) = (false, self.office.sim.now);
    }

    /// The set registers anew: nothing is known of what it was.
    pub(crate) fn register(&mut self, n: usize) {
        let hand = &mut self.hands[n];
        hand.port += 1;
        let off = hand.off;
        hand.enter(&mut self.office, self.lines);
        hand.there = true;
        // The handset is taken to be on.
        if off {
            self.say(n, Up::Hook { off: true });
        }
    }
}

impl Hand {
    fn new(office: &mut Office, number: &'static str, lines: u8) -> Self {
        let device = office.sim.exchange(0).image().expect("a policy").phone_by_dn(number.as_bytes());
        let device = device.expect("a set of this policy");
        let now = office.sim.now;
        let id = add(office, number, 0, lines);
        Self {
            number,
            id,
            device,
            port: 0,
            off: false,
            there: true,
            mute: false,
            since: now,
            said: now,
            called: now,
        }
    }

    fn enter(&mut self, office: &mut Office, lines: u8) {
        self.id = add(office, self.number, self.port, lines);
        (self.said, self.since) = (office.sim.now, office.sim.now);
    }
}

fn add(office: &mut Office, number: &'static str, port: u16, lines: u8) -> SetId {
    let (image, keyring) = policy_of(number, &CHANGES);
    let (name, host) = if number == "301" { ("Lobby", 1) } else { ("Dock", 2) };
    let peer = SocketAddr::from(([SETS[0], SETS[1], SETS[2], host], 40_000 + port));
    let config = Config { name, lines, ..set_config(number, peer, exchange_address()) };
    office.sim.add_set(number, 0, config, (&image, &keyring))
}

fn is_set(at: SocketAddr) -> bool {
    matches!(at.ip(), std::net::IpAddr::V4(ip) if ip.octets().starts_with(&SETS))
}
