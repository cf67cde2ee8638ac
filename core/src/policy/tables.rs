//! The tables that a decision walks, for programs that compare or show whole policies.

use super::image::Image;
use super::row::Table;
use super::rows::{
    CellRow, ChoiceRow, ClassEdgeRow, ClassStateRow, DigitModificationRow, EdgeRow, ElementRow, ForwardRow,
    HolidayRow, HuntRow, InboundRow, InterceptRow, InterconnectRow, MaxDigitsRow, MediaPathRow, NodeRow,
    NotifyRow, OffsetRow, OwnChainRow, PickupRow, PlaceRow, ScheduleRow, SetRow, SubnetRow, TrustedRow,
    UserRow,
};

impl<'a> Image<'a> {
    /// States of the digit trie, by row.
    #[must_use]
    pub const fn nodes(&self) -> Table<'a, NodeRow> {
        self.nodes
    }

    /// Edges of the digit trie, by row.
    #[must_use]
    pub const fn edges(&self) -> Table<'a, EdgeRow> {
        self.edges
    }

    /// What there is at the first states of the digit trie, by the same row.
    #[must_use]
    pub const fn places(&self) -> Table<'a, PlaceRow> {
        self.places
    }

    /// The interconnect matrix: row n is From Interconnect Number n + 1.
    #[must_use]
    pub const fn interconnect(&self) -> Table<'a, InterconnectRow> {
        self.interconnect
    }

    /// Links of the own classes that digits match, by row.
    #[must_use]
    pub const fn own_chains(&self) -> Table<'a, OwnChainRow> {
        self.own_chains
    }

    /// States of the class automaton, by row.
    #[must_use]
    pub const fn class_states(&self) -> Table<'a, ClassStateRow> {
        self.class_states
    }

    /// Edges of the class automaton, by row.
    #[must_use]
    pub const fn class_edges(&self) -> Table<'a, ClassEdgeRow> {
        self.class_edges
    }

    /// Digit modifications, by row.
    #[must_use]
    pub const fn modifications(&self) -> Table<'a, DigitModificationRow> {
        self.modifications
    }

    /// Choices of route lists, by row.
    #[must_use]
    pub const fn choices(&self) -> Table<'a, ChoiceRow> {
        self.choices
    }

    /// Cells of route plans, by row.
    #[must_use]
    pub const fn cells(&self) -> Table<'a, CellRow> {
        self.cells
    }

    /// The most digits that a COR may dial, by COR.
    #[must_use]
    pub const fn max_digits(&self) -> Table<'a, MaxDigitsRow> {
        self.max_digits
    }

    /// Where the administrator has calls to devices go instead, in order of device.
    #[must_use]
    pub const fn forward_rows(&self) -> Table<'a, ForwardRow> {
        self.forwards
    }

    /// The devices of pickup groups, in order of device.
    #[must_use]
    pub const fn pickup_rows(&self) -> Table<'a, PickupRow> {
        self.pickups
    }

    /// Where who is refused goes instead, in order of number.
    #[must_use]
    pub const fn intercept_rows(&self) -> Table<'a, InterceptRow> {
        self.intercepts
    }

    /// Hot-desk users, in the order of their own rows of the device table.
    #[must_use]
    pub const fn users(&self) -> Table<'a, UserRow> {
        self.users
    }

    /// Hunt groups, in the order of their own rows of the device table.
    #[must_use]
    pub const fn hunt_rows(&self) -> Table<'a, HuntRow> {
        self.hunts
    }

    /// Sets, in order of device.
    #[must_use]
    pub const fn sets(&self) -> Table<'a, SetRow> {
        self.sets
    }

    /// The controllers and gateways that share this policy.
    #[must_use]
    pub const fn elements(&self) -> Table<'a, ElementRow> {
        self.elements
    }

    /// Numbers that trunks call, by row.
    #[must_use]
    pub const fn inbound_rows(&self) -> Table<'a, InboundRow> {
        self.inbound
    }

    /// Address ranges of trunks, the narrowest first.
    #[must_use]
    pub const fn trusted(&self) -> Table<'a, TrustedRow> {
        self.trusted
    }

    /// Address ranges of zones, the narrowest first.
    #[must_use]
    pub const fn subnets(&self) -> Table<'a, SubnetRow> {
        self.subnets
    }

    /// Which way media takes between zones, in order.
    #[must_use]
    pub const fn media_paths(&self) -> Table<'a, MediaPathRow> {
        self.media_paths
    }

    /// Devices that are told of emergency calls.
    #[must_use]
    pub const fn notified_devices(&self) -> Table<'a, NotifyRow> {
        self.notify
    }

    /// The week's service modes other than day, in order.
    #[must_use]
    pub const fn schedule(&self) -> Table<'a, ScheduleRow> {
        self.schedule
    }

    /// Holidays, in order.
    #[must_use]
    pub const fn holidays(&self) -> Table<'a, HolidayRow> {
        self.holidays
    }

    /// Transitions of the time zone, in order.
    #[must_use]
    pub const fn offsets(&self) -> Table<'a, OffsetRow> {
        self.offsets
    }
}
