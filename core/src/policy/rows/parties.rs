//! Rows of parties: devices, trunks, and where they are.

use crate::base::Transport;
use crate::policy::row::{Run, Str, row};

row! {
    /// What decisions need of a device.
    DeviceRow, section 5 {
        /// COS table row plus one, by mode.
        cos: [u8; 3],
        /// COR number by mode, 0 none.
        cor: [u8; 3],
        /// Interconnect Number, 1-64.
        interconnect: u8,
        /// Zone table row plus one.
        zone: u8,
        /// Digest algorithms offered in this order, two bits each from the lowest: 1 MD5, 2 SHA-256, 3 SHA-512-256, 0 end.
        digest: u8,
        /// Encryption of its media: 0 best effort, 1 off, 2 required.
        srtp: u8,
        /// Transports it may register and call over: bit n is the one of that number.
        transports: u8,
    }
}

impl DeviceRow {
    /// Whether it may register and call over a transport.
    #[must_use]
    pub const fn may_use(&self, transport: Transport) -> bool {
        self.transports & 1 << transport.number() != 0
    }
}

row! {
    /// What people and messages need of a device; same row number as its [`DeviceRow`].
    DeviceTextRow, section 6 {
        /// The directory number.
        dn: Str,
        /// The user's name.
        name: Str,
        /// The digest username.
        username: Str,
        /// Caller ID on public calls.
        public_number: Str,
        /// Emergency call-back number.
        cesid: Str,
        /// Emergency location.
        location: Str,
        /// The account code recorded when none is dialed.
        account_code: Str,
        /// Row of its intercept treatments plus one; 0: it hears the tone.
        intercept: u8,
        /// Line of the policy file.
        line: u32,
    }
}

row! {
    /// Where who is refused goes instead; in order of number.
    InterceptRow, section 44 {
        /// Its number, 1-64.
        id: u8,
        /// Device table row plus one by [`Condition`](crate::policy::Condition); 0: the tone.
        to: [u32; 6],
    }
}

row! {
    /// Where the administrator has calls to a device go instead; in order of device, few have a row.
    ForwardRow, section 38 {
        /// Device table row.
        device: u32,
        /// Always.
        always: Str,
        /// When it is busy, or wants no calls.
        busy: Str,
        /// When nobody answers there.
        no_answer: Str,
        /// When it is not there.
        out_of_service: Str,
    }
}

row! {
    /// A device of a pickup group; in order of device, then group.
    PickupRow, section 39 {
        /// Device table row.
        device: u32,
        /// The group's number.
        group: u16,
    }
}

row! {
    /// A hot-desk user: a device without a phone, who logs in at those of others. In the device table they stand behind all
    /// phones, in order; user n is the n-th of them.
    UserRow, section 43 {
        /// Device table row of the user: classes, name and numbers.
        device: u32,
        /// Minutes after which the user is logged out, 0: never.
        logout_min: u16,
    }
}

row! {
    /// A set: a phone on the set protocol; in order of device. Set n is the n-th of them.
    SetRow, section 45 {
        /// Device table row.
        device: u32,
        /// Its MAC address; zeros: that of the first set that has code and PIN (R72).
        mac: [u8; 6],
        /// Its type.
        set_type: Str,
        /// The element that it belongs to, row plus one, 0 any; and the one that stands in.
        homes: [u8; 2],
    }
}

row! {
    /// A controller or gateway that shares this policy.
    ElementRow, section 46 {
        /// Its name.
        name: Str,
        /// Where it is reached, `host:port`.
        address: Str,
        /// Number of the transport there.
        transport: u8,
    }
}

/// The most elements.
pub const MAX_ELEMENTS: usize = 250;
/// The most sets: a keyring tells their PINs from those of users by the bit above.
pub const MAX_SETS: usize = 0x7FF0;

row! {
    /// A hunt group: a device without a phone, whose calls go to its members. These are the last rows of the device table,
    /// in order, and the one that is here first is the first of them.
    HuntRow, section 41 {
        /// Device table row of the group itself.
        device: u32,
        /// [`LINEAR`], [`CIRCULAR`] or [`RING_ALL`].
        kind: u8,
        /// Seconds that a member rings.
        member_s: u16,
        /// Its members, in order: at most [`MAX_MEMBERS`].
        members: Run,
    }
}

row! {
    /// A member of a hunt group.
    HuntMemberRow, section 42 {
        /// Device table row.
        device: u32,
    }
}

/// [`HuntRow::kind`]: each call begins with the first member.
pub const LINEAR: u8 = 1;
/// [`HuntRow::kind`]: each call begins with the member after the one that rang last.
pub const CIRCULAR: u8 = 2;
/// [`HuntRow::kind`]: all members ring at once.
pub const RING_ALL: u8 = 3;
/// The most members of a hunt group.
pub const MAX_MEMBERS: u16 = 64;

row! {
    /// A trunk.
    TrunkRow, section 7 {
        /// COS table row plus one, by mode.
        cos: [u8; 3],
        /// COR number by mode, 0 none.
        cor: [u8; 3],
        /// Interconnect Number, 1-64.
        interconnect: u8,
        /// Zone table row plus one.
        zone: u8,
        /// Bit 0: belongs to the public network. Bits 1-2: what is sent ([`AS_DIALED`] …). Bit 3: we register there ([`REGISTERS`]).
        flags: u8,
        /// Encryption of its media: 0 best effort, 1 off, 2 required.
        srtp: u8,
        /// Number of the transport that it is reached over, or [`ANY_TRANSPORT`].
        transport: u8,
        /// Calls at once.
        channels: u16,
        /// Its name.
        name: Str,
        /// Host and optional port, as written.
        host: Str,
        /// Caller ID, absent: the caller's own number.
        caller_id: Str,
        /// The user that we are there; absent: we have no credentials.
        username: Str,
        /// Where the walk of its inbound numbers begins: node plus one; 0: it has none.
        inbound: u32,
        /// Line of the policy file.
        line: u32,
    }
}

impl TrunkRow {
    /// The transport that it is reached over; `None`: as DNS says, else UDP.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        Transport::ALL.get(usize::from(self.transport)).copied()
    }
}

/// [`TrunkRow::transport`]: the one that DNS says (RFC 3263).
pub const ANY_TRANSPORT: u8 = 3;
/// [`TrunkRow::flags`], bit 3: we register there.
pub const REGISTERS: u8 = 8;
/// [`TrunkRow::flags`], bits 1-2: digits go as the digit modification leaves them.
pub const AS_DIALED: u8 = 0;
/// [`TrunkRow::flags`], bits 1-2: a number of the country goes in its national form.
pub const NATIONAL: u8 = 1;
/// [`TrunkRow::flags`], bits 1-2: `+` and the whole number.
pub const E164: u8 = 2;

row! {
    /// A zone.
    ZoneRow, section 14 {
        /// Its name.
        name: Str,
        /// Emergency call-back number of its sets.
        cesid: Str,
        /// Its location.
        location: Str,
        /// 0 none, 1 route, 2 route list: its own emergency routes.
        emergency_leads: u8,
        /// Row of that table.
        emergency_index: u16,
    }
}

row! {
    /// A place of the username hash table.
    UsernameRow, section 17 {
        /// Device table row plus one; 0: empty.
        device: u32,
    }
}

row! {
    /// How the username table hashes.
    UsernameSeedRow, section 18 {
        /// Mixed into every hash.
        seed: u64,
        /// The longest run of places that a search looks at.
        longest_probe: u32,
    }
}

row! {
    /// An address range from which a trunk's requests come.
    TrustedRow, section 19 {
        /// Trunk table row.
        trunk: u16,
        /// IPv6, or IPv4 mapped into it.
        address: u128,
        /// Bits that count, of 128.
        prefix: u8,
    }
}

row! {
    /// A number that a trunk calls.
    InboundRow, section 32 {
        /// The pattern of a national number without trunk prefix.
        did: Str,
        /// Where it leads; each X takes the digit of its X in `did`.
        to: Str,
    }
}

row! {
    /// An address range of a zone; the narrowest first.
    SubnetRow, section 34 {
        /// Zone table row plus one.
        zone: u8,
        /// IPv6, or IPv4 mapped into it.
        address: u128,
        /// Bits that count, of 128.
        prefix: u8,
    }
}

row! {
    /// A device that is told of emergency calls.
    NotifyRow, section 35 {
        /// Device table row.
        device: u32,
        /// 1: whatever its COS says; 0: while its COS has `emergency-notify`.
        always: u8,
    }
}

row! {
    /// Which way media takes between two zones; in order of both.
    MediaPathRow, section 37 {
        /// Zone table row plus one, 0 the zone "default" that nobody describes; not above `b`.
        a: u8,
        /// The other zone.
        b: u8,
        /// 1 direct, 2 over the relay, 3 not at all.
        path: u8,
    }
}

/// The most devices that are told of one emergency call.
pub const MAX_NOTIFIED: usize = 8;
