//! The only code that connects: a permit is spent here, and only here does a [`Connect`] come to be.

use super::slots::{Leave, Seat};
use crate::base::Handle;
use crate::policy::moved::Moved;
use crate::policy::{Authority, Permit};

/// How far two legs are joined.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Progress {
    /// Permitted; the called party may answer.
    Proposed,
    /// Talking.
    Joined,
}

/// The connection of two legs and on whose authority it stands. It can only be made by spending a [`Permit`].
#[derive(Clone, Debug)]
pub struct Edge {
    a: Handle,
    b: Handle,
    progress: Progress,
    authority: Authority,
    left: Option<Handle>,
}

/// Two legs are joined. No other code can make one:
///
/// ```compile_fail
/// let handle = strowger::base::Handle::NONE;
/// let forged = strowger::call::Connect { a: handle, b: handle };
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Connect {
    a: Handle,
    b: Handle,
}

impl Connect {
    /// The caller's leg.
    #[must_use]
    pub const fn a(&self) -> Handle {
        self.a
    }

    /// The leg that answered.
    #[must_use]
    pub const fn b(&self) -> Handle {
        self.b
    }
}

impl Edge {
    /// Spends a permit: `a` may be connected with `b` when that answers. `None` for anybody but the two whom it names.
    #[must_use]
    pub fn propose(permit: Permit<'_>, a: Seat, b: Seat) -> Option<Self> {
        let (progress, authority) = (Progress::Proposed, permit.choice().authority);
        let edge = Self { a: a.leg, b: b.leg, progress, authority, left: None };
        (permit.from() == a.party && permit.choice().to == b.party).then_some(edge)
    }

    /// Spends a permit for two parties who are both there: they are joined at once.
    #[must_use]
    pub fn join(permit: Permit<'_>, a: Seat, b: Seat) -> Option<(Self, Connect)> {
        let edge = Self::propose(permit, a, b)?;
        Some((Self { progress: Progress::Joined, ..edge }, Connect { a: a.leg, b: b.leg }))
    }

    /// Spends a new permit for another way of the same call, as long as nobody has answered. False if nothing has changed.
    #[must_use]
    pub fn repropose(&mut self, permit: Permit<'_>, a: Seat, b: Seat) -> bool {
        let open = self.progress == Progress::Proposed && a.leg == self.a;
        let Some(edge) = Self::propose(permit, a, b).filter(|_| open) else { return false };
        *self = edge;
        true
    }

    /// The same for a leg that faces nobody: it connects nobody either.
    pub(super) fn alone(&self, leg: Handle) -> Self {
        Self { a: Handle::NONE, b: leg, left: None, ..self.clone() }
    }

    /// The party named in a proposed edge answers on it, once; nobody else can.
    pub fn answer(&mut self, by: Handle) -> Option<Connect> {
        if self.progress != Progress::Proposed || by != self.b || self.left.is_some() {
            return None;
        }
        self.progress = Progress::Joined;
        Some(Connect { a: self.a, b: self.b })
    }

    /// A leg is gone.
    pub(super) fn leave(&mut self, leg: Handle) -> Leave {
        match self.left {
            None if leg == self.a || leg == self.b => {
                self.left = Some(leg);
                Leave::First
            }
            Some(first) if first != leg && (leg == self.a || leg == self.b) => Leave::Last,
            None | Some(_) => Leave::Stranger,
        }
    }

    /// The caller's leg.
    #[must_use]
    pub const fn a(&self) -> Handle {
        self.a
    }

    /// The called party's leg.
    #[must_use]
    pub const fn b(&self) -> Handle {
        self.b
    }

    /// The leg facing this one.
    #[must_use]
    pub fn other(&self, leg: Handle) -> Option<Handle> {
        if leg == self.a { Some(self.b) } else { (leg == self.b).then_some(self.a) }
    }

    /// The policy has changed: whoever has allowed it has another row.
    pub(super) fn moved(&mut self, moved: &Moved<'_>) {
        self.authority = moved.authority(self.authority);
    }

    /// Whether one of the two has gone.
    pub(super) const fn has_left(&self) -> bool {
        self.left.is_some()
    }

    /// How far they are joined.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        self.progress
    }

    /// Whose classes allowed it.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }
}
