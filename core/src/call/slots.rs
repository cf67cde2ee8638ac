//! What the tables of calls hold, and what goes in and out with it.

use super::features::camp::Camps;
use super::features::hold::Holds;
use super::features::hunt::Hunt;
use super::features::overrides::Overrides;
use super::{Cause, Dialing, Edge, Leg, Passed};
use crate::account::Typed;
use crate::base::{Digits, Handle, Instant};
use crate::media::{Change, Marks, Pass, Path, Places, Relayed, Side, Summary};
use crate::policy::emergency::Tried;
use crate::policy::{Authority, Choice, Mode, Party, Rule};

/// A leg in the table.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct LegSlot {
    /// Its machine.
    pub leg: Leg,
    /// Its call.
    pub call: Handle,
    /// Who it leads to.
    pub party: Party,
    /// Whether the outside drives it by neutral signals instead of SIP.
    pub neutral: bool,
    /// It leads to whom a call for help is for: wherever that leg goes, help goes (law 4), and a call that it has left has none.
    pub help: bool,
    /// Its party is off hook and takes the call of another ([`pickup`](super::features::pickup)).
    pub takes: bool,
    /// What its party has offered last, until it is answered.
    pub offered: Summary,
    /// How that offer was passed on.
    pub pass: Pass,
    /// Where its party awaits media, by what it has said last.
    pub places: Places,
    /// How far the relay is with these places.
    pub relayed: Relayed,
    /// The keys that its party has told last, and the leg of whom they were told; one of them was told to another before.
    pub marks: Marks,
    /// See [`Self::marks`].
    pub told: Handle,
    /// See [`Self::marks`].
    pub stale: bool,
}

/// Media is the larger part of a leg, and there are many legs.
const _: () = {
    let places = size_of::<Places>().saturating_add(size_of::<Relayed>());
    let keys = size_of::<Marks>().saturating_add(size_of::<Handle>()).saturating_add(size_of::<bool>());
    let media =
        size_of::<Summary>().saturating_add(size_of::<Pass>()).saturating_add(places).saturating_add(keys);
    assert!(media <= 512, "the media of a leg has outgrown its place");
};

impl LegSlot {
    /// A leg that is not part of a call yet.
    #[must_use]
    pub const fn new(party: Party, call: Handle, neutral: bool) -> Self {
        Self {
            leg: Leg::new(),
            call,
            party,
            neutral,
            help: false,
            takes: false,
            offered: Summary::NONE,
            pass: Pass::WithKeys,
            places: Places::NONE,
            relayed: Relayed::No,
            marks: Marks::NONE,
            told: Handle::NONE,
            stale: false,
        }
    }

    /// A leg to whom a choice names.
    #[must_use]
    pub fn called(choice: &Choice, call: Handle, neutral: bool) -> Self {
        Self { help: choice.rule == Rule::Emergency, ..Self::new(choice.to, call, neutral) }
    }

    /// Notes the keys that the party tells. They are old ones if another than this peer has heard of one of them.
    pub fn tells(&mut self, marks: &Marks, peer: Handle) {
        self.stale = self.told != Handle::NONE && self.told != peer && self.marks.shares(marks);
        if !self.stale && !marks.is_empty() {
            self.marks = *marks;
        }
    }

    /// Where the other party is to send media for this one, by what it was told.
    #[must_use]
    pub const fn told(&self, anchored: bool) -> &Places {
        match &self.relayed {
            Relayed::At(places) if anchored => places,
            Relayed::At(_) | Relayed::No | Relayed::Asked(_) | Relayed::Failed => &self.places,
        }
    }
}

/// A leg and whom it leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Seat {
    /// The leg.
    pub leg: Handle,
    /// Its party.
    pub party: Party,
}

/// What a leg's leaving means for its edge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Leave {
    /// It is the first to go.
    First,
    /// The other went before.
    Last,
    /// It was not part of the edge.
    Stranger,
}

/// A call in the table, or the dialing before it: who is off hook has a place for the call that may come of it.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most are placed, and there is no heap to put them on")]
pub enum Call {
    /// No call yet: one leg.
    Dialing(Dialing),
    /// Two legs and an edge.
    Placed(Placed),
    /// No call of its own: one more leg rings for another ([`beside`](super::features::beside)).
    Beside(Beside),
}

/// Who rings for a call beside the one whom it faces.
#[derive(Clone, Debug)]
pub struct Beside {
    pub(super) edge: Edge,
    pub(super) choice: Choice,
    /// The place of that call.
    pub(super) of: Handle,
}

/// A call that was permitted.
#[derive(Clone, Debug)]
pub struct Placed {
    pub(super) edge: Edge,
    pub(super) dialed: Digits,
    pub(super) choice: Choice,
    pub(super) started: Instant,
    pub(super) answered: Option<Instant>,
    /// When its parties were told that it is over: who does not confirm that is not billed for it.
    pub(super) released: Option<Instant>,
    /// The ways of an emergency call that have failed.
    pub(super) tried: Tried,
    /// The longest it may last once answered, in seconds; 0: without limit.
    pub(super) longest_s: u32,
    pub(super) account: Typed,
    /// The zone of the caller's address, row plus one; 0: not told by it.
    pub(super) zone: u8,
    /// Whether its caller waits while the device is busy.
    pub(super) camps: Camps,
    /// Who of its two parties holds the other.
    pub(super) holds: Holds,
    /// What is being changed in its session.
    pub(super) change: Change,
    pub(super) media: Media,
    /// What its media is known by outside: a leg that it has or had.
    pub(super) known: Handle,
    /// The transfer that it has to do with, until that has come to its end.
    pub(super) transfer: Transfer,
    /// Who was joined last with whom it was set up for.
    pub(super) third: Option<Third>,
    /// A call over another trunk that is one with it: its record comes with this one's (R86).
    pub(super) linked: Handle,
    /// Who has called, for its record: another than who pays, once it was forwarded.
    pub(super) caller: Party,
    /// The devices that have forwarded it.
    pub(super) passed: Passed,
    /// Another has taken it than the device that it rang at.
    pub(super) picked_up: bool,
    /// A speed call's code was dialed for it; and whether no COR was asked for (R27).
    pub(super) speed: Option<bool>,
    /// The hunt group that it is for, and how far it is with that.
    pub(super) hunt: Option<Hunt>,
    /// The room that it belongs to: the call that has opened it.
    pub(super) room: Handle,
    /// Whose call its caller comes into.
    pub(super) overrides: Overrides,
}

/// What a call has to do with a transfer ([`transfer`](super::features::transfer)), or with a party that waits for another.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Transfer {
    /// Nothing.
    #[default]
    None,
    /// One of its parties is transferred: another call rings for it.
    Pending {
        /// The leg that rings.
        ringing: Handle,
        /// The leg of the party that transfers has left.
        left: bool,
    },
    /// It rings for a party that is transferred: its caller's leg is part of another call.
    Ringing {
        /// The leg of who transfers.
        by: Handle,
        /// Who that is.
        party: Party,
        /// Who has transferred has left, and is rung itself.
        recall: bool,
        /// It was offered the media of who transfers.
        described: bool,
    },
    /// One of its parties waits to be taken back ([`park`](super::features::park)); the other has left.
    Parked {
        /// At the directory number of this device.
        at: u32,
        /// Who has parked it.
        by: Party,
        /// When that party is rung.
        until: Instant,
    },
    /// Its caller, or who was transferred, waits until a busy device is idle ([`camp`](super::features::camp)); nobody faces it.
    Camped {
        /// The device.
        on: u32,
        /// Who has transferred it there, and is rung if nothing comes of it; absent: it has called itself.
        by: Option<Party>,
        /// When it has waited long enough.
        until: Instant,
    },
    /// That has come to its end, without an answer.
    Failed {
        /// It was a recall.
        recall: bool,
    },
}

/// An emergency call that has failed on a way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retry {
    /// Who is to be connected.
    pub from: Party,
    /// Who has dialed; another, if that one transfers.
    pub by: Party,
    /// The service mode in which it was dialed.
    pub mode: Mode,
    /// The ARS row.
    pub row: u32,
    /// Ways that have failed before this one.
    pub tried: Tried,
    /// The route that has failed now.
    pub route: u16,
    /// The zone of the address of who has dialed, row plus one; 0: not told by it.
    pub zone: u8,
}

/// A party that was transferred, or to whom somebody was, or that was in a conference with both.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Third {
    /// Who.
    pub party: Party,
    /// How it came there.
    pub how: Brought,
}

/// How a third party came to a call (R88).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Brought {
    /// By a transfer, when it had answered.
    Supervised,
    /// By a transfer, before that.
    Unsupervised,
    /// By a conference.
    Conference,
}

/// The media of a call.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Media {
    /// The way of what was offered last.
    pub offered: Path,
    /// The way of what was agreed on last.
    pub agreed: Path,
    /// The way that would fit, by what both have said.
    pub fitting: Path,
    /// The number of its open pinholes, from 1; 0: there are none.
    pub pinholes: u16,
    /// The relay knows of it.
    pub relayed: bool,
}

/// What a call to be set up has beside its permit.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What was dialed, without codes.
    pub dialed: Digits,
    /// How long the called party may ring, in seconds.
    pub ringing_s: u16,
    /// The longest it may last once answered, in seconds; 0: without limit.
    pub longest_s: u32,
    /// The account code, for its record.
    pub account: Typed,
    /// Whether the caller and the called party are driven by neutral signals.
    pub neutral: (bool, bool),
    /// The caller's leg, if it has been dialing.
    pub leg: Option<Handle>,
    /// The zone of the caller's address, row plus one; 0: not told by it.
    pub zone: u8,
    /// A speed call's code was dialed for it; and whether no COR was asked for (R27).
    pub speed: Option<bool>,
}

impl Terms {
    /// Of a call for which nobody has dialed anything.
    #[must_use]
    pub const fn undialed(ringing_s: u16, neutral: (bool, bool)) -> Self {
        Self {
            dialed: Digits::EMPTY,
            ringing_s,
            longest_s: 0,
            account: Typed::NONE,
            neutral,
            leg: None,
            zone: 0,
            speed: None,
        }
    }
}

/// What a finished call leaves for its record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Finished {
    /// Who called.
    pub from: Party,
    /// Who pays: the caller, or who has forwarded it last.
    pub payer: Party,
    /// Who has forwarded it last.
    pub forwarded_by: Option<Party>,
    /// Who was called.
    pub to: Party,
    /// Whose classes allowed it.
    pub authority: Authority,
    /// What was dialed.
    pub dialed: Digits,
    /// The route's row, if one was used.
    pub route: Option<u16>,
    /// Whether it was an emergency call.
    pub emergency: bool,
    /// When it was set up.
    pub started: Instant,
    /// When it was answered.
    pub answered: Option<Instant>,
    /// When it ended.
    pub ended: Instant,
    /// Why it ended.
    pub cause: Cause,
    /// `internal`, `route` or `emergency`.
    pub rule: Rule,
    /// The account code.
    pub account: Typed,
    /// Its media.
    pub media: Media,
    /// What its media is known by.
    pub known: Handle,
    /// Who was joined last with whom it was set up for.
    pub third: Option<Third>,
    /// Whether it is one with another (R86).
    pub tie: Tie,
    /// Another has taken it than the device that it rang at.
    pub picked_up: bool,
    /// A speed call's code was dialed for it.
    pub speed: bool,
}

/// Whether two records are about one call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tie {
    /// There is one.
    Alone,
    /// The other follows.
    First,
    /// The other came just before.
    Second,
}

/// Both legs of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pair {
    /// The caller's.
    pub a: Handle,
    /// The called party's.
    pub b: Handle,
}

impl Pair {
    /// The leg of a side.
    #[must_use]
    pub const fn of(self, side: Side) -> Handle {
        match side {
            Side::A => self.a,
            Side::B => self.b,
        }
    }
}

impl Placed {
    /// A call that was permitted and is not answered yet; `known` is what its media is known by.
    #[inline(always)]
    pub(super) fn new(now: Instant, edge: Edge, choice: Choice, terms: &Terms, known: Handle) -> Self {
        Self {
            edge,
            dialed: terms.dialed,
            choice,
            started: now,
            answered: None,
            released: None,
            tried: Tried::NONE,
            longest_s: terms.longest_s,
            account: terms.account,
            zone: terms.zone,
            change: Change::NONE,
            media: Media::default(),
            known,
            transfer: Transfer::None,
            third: None,
            linked: Handle::NONE,
            caller: choice.authority.party,
            passed: Passed::default(),
            picked_up: false,
            speed: terms.speed,
            hunt: None,
            room: Handle::NONE,
            overrides: None,
            camps: None,
            holds: Holds::default(),
        }
    }

    pub(super) fn finished(&self, now: Instant, cause: Cause) -> Finished {
        Finished {
            from: self.caller,
            payer: self.choice.authority.party,
            forwarded_by: self.passed.last().map(|(device, _)| Party::Device(device)),
            to: self.choice.to,
            authority: *self.edge.authority(),
            dialed: self.dialed,
            route: self.choice.route,
            emergency: self.choice.rule == Rule::Emergency,
            started: self.started,
            answered: self.answered,
            ended: self.released.unwrap_or(now),
            cause,
            rule: self.choice.rule,
            account: self.account,
            media: self.media,
            known: self.known,
            third: self.third,
            tie: Tie::Alone,
            picked_up: self.picked_up,
            speed: self.speed.is_some(),
        }
    }
}
