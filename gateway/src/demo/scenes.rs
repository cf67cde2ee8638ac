//! What the demo shows, and what must come of it.

/// What a phone does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Every phone registers.
    RegisterAll,
    /// A phone dials.
    Dial(&'static str, &'static str),
    /// A phone hangs up.
    HangUp(&'static str),
}

/// What must have happened after an act.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expect {
    /// Every phone is registered.
    AllRegistered,
    /// Both are talking, and each has the other's media address: media goes directly.
    Talking(&'static str, &'static str),
    /// The call was refused with this status.
    Refused(&'static str, u16),
    /// The call of this phone is over.
    Over(&'static str),
    /// The decision rested on this rule.
    Rule(&'static str),
    /// A record was written with this completion letter and called party.
    Record(char, &'static str),
}

/// One scene.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) title: &'static str,
    pub(super) acts: &'static [(Act, &'static [Expect])],
}

/// A scene in which a set does what its script says.
#[derive(Debug)]
pub(super) struct SetScene {
    pub(super) title: &'static str,
    pub(super) script: &'static str,
    /// A phone that dials when the set is there.
    pub(super) dials: Option<(&'static str, &'static str)>,
    pub(super) expected: &'static [Expect],
}

pub(super) const SET_SCENES: &[SetScene] = &[
    SetScene {
        title: "A set registers by MAC, type and PIN, and calls a SIP phone digit by digit",
        script: "wait-registered 5\noff\nwait-tone dial 5\n202\nwait-lamp 1 on 5\nwait 202 5\nwait-tone silence 5\nsleep 200\non\nsleep 200",
        dials: None,
        expected: &[Expect::Rule("internal"), Expect::Record('I', "202")],
    },
    SetScene {
        title: "A SIP phone calls the set, which holds it, retrieves it, and hangs up",
        script: "wait-registered 5\nwait-ring inside 5\nwait Reception 5\noff\nwait-lamp 1 on 5\nsleep 200\nhold\nwait-lamp 1 wink 5\nsleep 200\nl1\nwait-lamp 1 on 5\nsleep 200\non\nsleep 200",
        dials: Some(("201", "301")),
        expected: &[Expect::Rule("internal"), Expect::Record('I', "301"), Expect::Over("201")],
    },
];

pub(super) const SCENES: &[Scene] = &[
    Scene {
        title: "Four phones register with digest",
        acts: &[(Act::RegisterAll, &[Expect::AllRegistered])],
    },
    Scene {
        title: "An internal call is set up and cleared",
        acts: &[
            (Act::Dial("201", "202"), &[Expect::Rule("internal"), Expect::Talking("201", "202")]),
            (Act::HangUp("201"), &[Expect::Over("202"), Expect::Record('I', "202")]),
        ],
    },
    Scene {
        title: "An outside call over the carrier",
        acts: &[
            (Act::Dial("202", "95551234"), &[Expect::Rule("route"), Expect::Talking("202", "carrier")]),
            (Act::HangUp("carrier"), &[Expect::Over("202"), Expect::Record('A', "T001")]),
        ],
    },
    Scene {
        title: "An international call, refused by Class of Restriction",
        acts: &[(
            Act::Dial("202", "90114420794600"),
            &[Expect::Refused("202", 403), Expect::Rule("cor.route"), Expect::Record('T', "")],
        )],
    },
    Scene {
        title: "A joining, refused by Interconnect Restriction",
        acts: &[(Act::Dial("203", "201"), &[Expect::Refused("203", 403), Expect::Rule("interconnect")])],
    },
    Scene {
        title: "A phone that may dial nothing else is refused an internal call",
        acts: &[(Act::Dial("209", "201"), &[Expect::Refused("209", 403), Expect::Rule("cos.none")])],
    },
    Scene {
        title: "The same phone makes an emergency call",
        acts: &[
            (Act::Dial("209", "911"), &[Expect::Rule("emergency"), Expect::Talking("209", "carrier")]),
            (Act::HangUp("209"), &[Expect::Over("carrier"), Expect::Record('A', "T001")]),
        ],
    },
];
