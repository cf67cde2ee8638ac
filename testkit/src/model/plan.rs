//! Numbering plans: of which country, and in which form numbers are sent.

/// The country whose numbering plan says what a number is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Country {
    /// Canada: trunk prefix 1, international prefix 011.
    #[default]
    Ca,
    /// The United States: the same plan, seen from the other side.
    Us,
}

impl Country {
    /// ISO 3166 alpha-2.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ca => "CA",
            Self::Us => "US",
        }
    }

    /// What is dialed before a number of another country.
    #[must_use]
    pub const fn international_prefix(self) -> &'static str {
        match self {
            Self::Ca | Self::Us => "011",
        }
    }

    /// What is dialed before a number of another area.
    #[must_use]
    pub const fn trunk_prefix(self) -> &'static str {
        match self {
            Self::Ca | Self::Us => "1",
        }
    }

    /// The digits of the calling code.
    #[must_use]
    pub const fn calling_code(self) -> &'static str {
        match self {
            Self::Ca | Self::Us => "1",
        }
    }
}

/// In which form a trunk sends the numbers of the plan.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NumberFormat {
    /// As digit modification leaves them.
    #[default]
    AsDialed,
    /// As dialed nationally, trunk or international prefix included.
    National,
    /// With `+` and calling code.
    E164,
}
