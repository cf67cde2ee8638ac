//! What can happen, named: an action is the same in every world in which it can be done.

/// One thing that happens. Legs are named by their slot, parties, numbers and codes by their place in the abstraction.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Action {
    /// A party dials a number, all digits at once.
    Setup {
        from: u16,
        number: u16,
    },
    /// A party goes off hook.
    OffHook {
        from: u16,
    },
    /// Who is off hook dials a number.
    Dial {
        leg: u8,
        number: u16,
    },
    /// Who is asked for an account code enters one.
    Code {
        leg: u8,
        code: u16,
    },
    Alerting {
        leg: u8,
    },
    Answer {
        leg: u8,
    },
    /// It hangs up.
    Release {
        leg: u8,
    },
    /// It is busy.
    Refuse {
        leg: u8,
    },
    /// It transfers its peer to a number.
    Transfer {
        leg: u8,
        number: u16,
    },
    /// It joins its peers on two legs.
    Join {
        leg: u8,
        other: u8,
    },
    /// It goes on hook on one leg, and holds its peer on the other.
    OnHook {
        leg: u8,
        other: u8,
    },
    /// A party takes a call that rings elsewhere or is parked.
    Take {
        from: u16,
        take: u16,
    },
    /// It parks its peer.
    Park {
        leg: u8,
        take: u16,
    },
    /// A hot-desk user logs in at a phone.
    LogIn {
        from: u16,
        user: u16,
    },
    /// It holds its peer for longer than it may.
    Overhold {
        leg: u8,
    },
    /// It takes its peer back from hold while it talks to another.
    Confer {
        leg: u8,
    },
    /// Whoever is logged in there leaves it.
    LogOut {
        from: u16,
    },
    /// The time of this leg is up.
    Due {
        leg: u8,
    },
    /// The service mode changes.
    Mode {
        mode: u8,
    },
}

impl Action {
    /// The slot of the leg that acts.
    pub(super) const fn slot(self) -> Option<u8> {
        match self {
            Self::Dial { leg, .. }
            | Self::Code { leg, .. }
            | Self::Alerting { leg }
            | Self::Answer { leg }
            | Self::Release { leg }
            | Self::Refuse { leg }
            | Self::Transfer { leg, .. }
            | Self::Join { leg, .. }
            | Self::OnHook { leg, .. }
            | Self::Park { leg, .. }
            | Self::Overhold { leg }
            | Self::Confer { leg }
            | Self::Due { leg } => Some(leg),
            Self::Setup { .. }
            | Self::Take { .. }
            | Self::OffHook { .. }
            | Self::LogIn { .. }
            | Self::LogOut { .. }
            | Self::Mode { .. } => None,
        }
    }
}
