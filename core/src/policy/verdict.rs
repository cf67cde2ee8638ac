//! The words of a decision: who asks, what is known of the moment, what the answer says.

use super::Mode;
use super::behalf::Behalf;
use super::class::NumberClass;
use super::rule::Rule;
use crate::base::Digits;

/// Who takes part in a call, by row of the image.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Party {
    /// A device.
    Device(u32),
    /// A hot-desk user at the phone where he is logged in (R18, R41): it is his classes and the phone's place that count.
    User {
        /// The user's row.
        user: u16,
        /// The phone's row of the device table.
        at: u32,
    },
    /// A trunk.
    Trunk(u16),
    /// The conference resource that the policy names: it mixes those who are joined with it.
    Conference,
    /// Somebody nobody knows: may reach emergency and nothing else.
    Unknown,
}

impl Party {
    /// Whoever is logged in there: the row of the phone in the device table.
    #[must_use]
    #[inline(always)]
    pub const fn phone(self) -> Option<u32> {
        match self {
            Self::Device(device) | Self::User { at: device, .. } => Some(device),
            Self::Trunk(_) | Self::Conference | Self::Unknown => None,
        }
    }
}

/// The account code that came with an attempt, as far as it was checked (R48).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Code {
    /// None was dialed.
    #[default]
    None,
    /// A verified one that the caller's COS permits: its row.
    Verified(u16),
    /// A non-verified one of the right length; the row that names it, if one does.
    NonVerified(Option<u16>),
    /// None that the caller may use.
    Wrong,
    /// Codes are refused for a while after too many wrong ones (R49).
    Locked,
}

impl Code {
    /// Whether it is a verified one: its classes are in force.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Verified(_))
    }

    /// The row of the account code table, if one has it.
    #[must_use]
    pub const fn row(self) -> Option<u16> {
        match self {
            Self::Verified(row) => Some(row),
            Self::NonVerified(row) => row,
            Self::None | Self::Wrong | Self::Locked => None,
        }
    }
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Who acts.
    pub from: Party,
    /// What was dialed, as it came, without a feature code and account code in front.
    pub dialed: &'a [u8],
    /// The service mode.
    pub mode: Mode,
    /// The minute of the local week, Monday 00:00 is 0; absent when no clock was told: then route plans are closed.
    pub minute: Option<u16>,
    /// The account code.
    pub code: Code,
    /// Whom the caller acts for, if not for itself.
    pub behalf: Option<Behalf>,
    /// The digits are those of a speed call that no COR is asked for (R27): COR groups and most digits count for nobody.
    pub exempt: bool,
}

impl<'a> Attempt<'a> {
    /// A question by day, without a clock and without a code.
    #[must_use]
    pub const fn new(from: Party, dialed: &'a [u8]) -> Self {
        Self { from, dialed, mode: Mode::Day, minute: None, code: Code::None, behalf: None, exempt: false }
    }
}

/// What a decision must know of the running system. A function that says whether a trunk has a free channel is one.
pub trait World {
    /// Whether a trunk could carry one more call.
    fn channel_free(&self, trunk: u16) -> bool;

    /// Whether the caller is locked out after failed log-ins.
    fn locked_out(&self) -> bool {
        false
    }

    /// The limit that one more public call of the caller would break.
    fn exceeded(&self) -> Option<Rule> {
        None
    }

    /// Who is at a phone that is called: its hot-desk user, if one is logged in.
    fn at(&self, phone: u32) -> Party {
        Party::Device(phone)
    }

    /// The zone that the caller's address is in, row plus one; 0: it tells none, and the policy's own zone counts.
    fn zone(&self) -> u8 {
        0
    }
}

impl<F: Fn(u16) -> bool> World for F {
    fn channel_free(&self, trunk: u16) -> bool {
        self(trunk)
    }
}

/// Whose classes a decision rested on. It follows the call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Authority {
    /// Who acts.
    pub party: Party,
    /// COS number, 0 none; of the verified code, if one was given.
    pub cos: u8,
    /// COR number, 0 none; of the verified code, if one was given.
    pub cor: u8,
    /// The service mode.
    pub mode: Mode,
    /// The row of the account code that was given.
    pub code: Option<u16>,
}

/// The table row that decided or led on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RowRef {
    /// None did.
    None,
    /// A Leading row.
    Leading(u32),
    /// An ARS row.
    Ars(u32),
}

/// The number class of what is outpulsed over a public route.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ClassRef {
    /// A class of the country's plan.
    Plan(NumberClass),
    /// The policy's own class: its row.
    Own(u8),
}

/// Why not. A value with everything in it that an answer, a record or an explanation shows (R9).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Denial {
    /// The rule.
    pub rule: Rule,
    /// Whose classes.
    pub authority: Authority,
    /// The row in question.
    pub row: RowRef,
    /// The route's row, where a route was denied.
    pub route: Option<u16>,
    /// The COR group's row, where one blocked.
    pub cor_group: Option<u8>,
    /// The number class, where one was denied.
    pub class: Option<ClassRef>,
    /// From and To Interconnect Numbers, where these two were compared.
    pub interconnect: Option<(u8, u8)>,
}

impl Denial {
    /// A denial that names nothing but its rule.
    #[must_use]
    pub const fn new(rule: Rule, authority: Authority, row: RowRef) -> Self {
        Self { rule, authority, row, route: None, cor_group: None, class: None, interconnect: None }
    }
}

/// The way a permitted call goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Choice {
    /// `internal`, `route` or `emergency`.
    pub rule: Rule,
    /// Who is called.
    pub to: Party,
    /// What is sent there.
    pub outpulsed: Digits,
    /// Whose classes allowed it.
    pub authority: Authority,
    /// The ARS row, if one led here.
    pub row: RowRef,
    /// The route's row, if one is used.
    pub route: Option<u16>,
    /// The number class, on a public route.
    pub class: Option<ClassRef>,
    /// The class is watched: whoever looks after toll fraud is to be told.
    pub watched: bool,
    /// The caller hears the warning tone (R63).
    pub warning: bool,
    /// From and To Interconnect Numbers.
    pub interconnect: Option<(u8, u8)>,
}

/// The answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// This way.
    Allow(Choice),
    /// No.
    Deny(Denial),
    /// Not without an account code; with one it can succeed, or the COS asks for it first (R44, R45).
    NeedsCode(Denial),
}

/// Hears what a decision passed over; `()` hears nothing and costs nothing.
pub trait Trace {
    /// A choice of a route list was skipped.
    fn skipped(&mut self, route: u16, rule: Rule);
}

impl Trace for () {
    fn skipped(&mut self, _route: u16, _rule: Rule) {}
}
