//! Flows that faults are tried in: what people do, one after the other.

use super::acts::Do::{
    self, Answer, Call, Change, HangUp, Is, Join, Options, Press, Register, RegisterAs, RelayDies,
    RelayRestarts, Transfer, Wait, With,
};
use super::offices::Where;
use strowger_testkit::phone::{Ask, Behaviour, PhoneConfig};

/// What people do, and what the office is put right with afterwards.
pub(crate) struct Flow {
    pub(crate) name: &'static str,
    pub(crate) at: Where,
    pub(crate) acts: &'static [Do],
    /// Decisions and records without faults.
    pub(crate) comes_to: &'static str,
    /// Two people do something at the same moment, and the network says who was first.
    pub(crate) is_a_race: bool,
    /// Dialed from there afterwards, without faults.
    pub(crate) mends: &'static [(&'static str, &'static str)],
}

const fn flow(name: &'static str, comes_to: &'static str, acts: &'static [Do]) -> Flow {
    Flow { name, at: Where::Busy, acts, comes_to, is_a_race: false, mends: &[] }
}

const OUTSIDE: &str = "95550100";

pub(crate) const FLOWS: &[Flow] = &[
    // Registration.
    flow("refresh", "201 registered", &[Register("201", 3600)]),
    flow("refresh by MD5", "202 registered", &[Register("202", 3600)]),
    flow("unregistering", "203 unregistered 203 registered", &[Register("203", 0), Register("203", 3600)]),
    flow(
        "all contacts removed",
        "203 unregistered 203 registered",
        &[RegisterAs("203", "*", Some(0)), Register("203", 3600)],
    ),
    flow("bindings asked for", "203 registered", &[RegisterAs("203", "", None)]),
    flow("too short", "203 not registered 423 203 registered", &[Register("203", 5), Register("203", 3600)]),
    flow("OPTIONS", "201 Options 200", &[Options("201")]),
    // Plain calls.
    flow("caller hangs up", "internal; 201,202,I,202,,,", &[Call("201", "202"), HangUp("201")]),
    flow("called hangs up", "internal; 201,202,I,202,,,", &[Call("201", "202"), HangUp("202")]),
    flow(
        "both hang up",
        "internal; 201,202,I,202,,,",
        &[Call("201", "202"), HangUp("201"), Wait(0), HangUp("202")],
    ),
    flow("busy", "internal; 201,202,B,202,,,", &[Is("202", Behaviour::Busy), Call("201", "202")]),
    flow("declined", "internal; 201,202,,202,,,", &[Is("202", Behaviour::Reject(603)), Call("201", "202")]),
    flow(
        "given up while it rings",
        "internal; 201,202,,202,,,",
        &[Is("202", Behaviour::Ring), Call("201", "202"), HangUp("201")],
    ),
    Flow {
        is_a_race: true,
        ..flow(
            "given up as it is answered",
            "internal; 201,202,I,202,,,",
            &[Is("202", Behaviour::Ring), Call("201", "202"), Answer("202"), Wait(0), HangUp("201")],
        )
    },
    flow(
        "rings in vain",
        "internal; 201,202,,202,,,",
        &[Is("202", Behaviour::Ring), Call("201", "202"), Wait(70_000)],
    ),
    flow(
        "phone is gone",
        "internal; 201,202,,202,,,",
        &[Is("202", Behaviour::Silent), Call("201", "202"), Wait(35_000)],
    ),
    flow(
        "late offer",
        "internal; 201,202,I,202,,,",
        &[With("201", |phone| phone.late_offer = true), Call("201", "202"), HangUp("201")],
    ),
    flow(
        "early media",
        "internal; 201,202,I,202,,,",
        &[With("202", |phone| phone.early_media = true), Call("201", "202"), HangUp("201")],
    ),
    flow(
        "provisional answers acknowledged",
        "internal; 201,202,I,202,,,",
        &[
            With("201", |phone| {
                "Supported: 100rel\r\n".clone_into(&mut phone.asks);
                phone.reliable = true;
            }),
            With("202", |phone| {
                phone.reliable = true;
                phone.early_media = true;
            }),
            Call("201", "202"),
            HangUp("201"),
        ],
    ),
    flow(
        "session timer",
        "internal; 201,202,I,202,,,",
        &[
            With("201", |phone| {
                "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\nMin-SE: 90\r\n"
                    .clone_into(&mut phone.asks);
            }),
            Call("201", "202"),
            Wait(120_000),
            HangUp("201"),
        ],
    ),
    flow(
        "SRTP",
        "internal; 203,204,I,204,,,",
        &[
            With("204", |phone| keyed(phone, "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")),
            With("203", |phone| keyed(phone, "inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj")),
            Call("203", "204"),
            HangUp("204"),
        ],
    ),
    // Refusals.
    flow("Interconnect denies", "denied: interconnect", &[Call("204", "205")]),
    flow("COR denies", "denied: cor.route; 203,95550100,T,,,,", &[Call("203", OUTSIDE)]),
    flow(
        "intercepted",
        "denied: number.vacant internal; 201,202,I,202,,,",
        &[Call("201", "778"), HangUp("201")],
    ),
    // In a call.
    flow(
        "held by the caller",
        "internal; 201,202,I,202,,,",
        &[Call("201", "202"), Change("201", Ask::Hold), Change("201", Ask::Resume), HangUp("201")],
    ),
    flow(
        "held by the called",
        "internal; 201,202,I,202,,,",
        &[Call("201", "202"), Change("202", Ask::Hold), Change("202", Ask::Resume), HangUp("201")],
    ),
    Flow {
        is_a_race: true,
        ..flow(
            "held by both at once",
            "internal; 201,202,I,202,,,; 202 Invite 491 201 Invite 491",
            &[
                Call("201", "202"),
                Change("201", Ask::Hold),
                Wait(0),
                Change("202", Ask::Hold),
                Wait(6_000),
                HangUp("201"),
            ],
        )
    },
    flow(
        "held by UPDATE",
        "internal; 201,202,I,202,,,",
        &[
            With("201", |phone| phone.updates = true),
            Call("201", "202"),
            Change("201", Ask::Hold),
            Change("201", Ask::Resume),
            HangUp("201"),
        ],
    ),
    flow(
        "refreshed",
        "internal; 201,202,I,202,,,",
        &[Call("201", "202"), Change("202", Ask::Same), HangUp("201")],
    ),
    flow(
        "asks for an offer",
        "internal; 201,202,I,202,,,",
        &[Call("201", "202"), Change("201", Ask::Offer), HangUp("202")],
    ),
    flow(
        "change is refused",
        "internal; 201,202,I,202,,,; 201 Invite 488",
        &[
            With("202", |phone| phone.refuse_changes = Some(488)),
            Call("201", "202"),
            Change("201", Ask::Hold),
            HangUp("201"),
        ],
    ),
    flow(
        "hold recalls",
        "internal; 201,202,I,202,,,",
        &[Call("201", "202"), Change("201", Ask::Hold), Wait(20_000), HangUp("201")],
    ),
    flow(
        "keys",
        "route; 201,95550100,A,T001,,,; 201 Info 405",
        &[Call("201", OUTSIDE), Press("201", '5'), HangUp("201")],
    ),
    // Trunks.
    flow("out", "route; 201,95550100,A,T001,,,", &[Call("201", OUTSIDE), HangUp("201")]),
    flow("in", "internal; T001,201,A,201,,,", &[Call("carrier", "6135550101"), HangUp("carrier")]),
    flow(
        "busy outside",
        "route; 201,95550100,B,T001,,,",
        &[Is("carrier", Behaviour::Busy), Call("201", OUTSIDE)],
    ),
    flow("emergency", "emergency; 203,911,A,T001,,,", &[Call("203", "911"), HangUp("203")]),
    flow(
        "emergency by the other carrier",
        "emergency emergency; 203,911,A,T002,,,",
        &[Is("carrier", Behaviour::Reject(503)), Call("203", "911"), HangUp("203")],
    ),
    Flow { at: Where::Known, ..flow("registration at a carrier is renewed", "", &[Wait(115_000)]) },
    Flow {
        at: Where::Known,
        ..flow("out by credentials", "route; 201,95550100,A,T001,,,", &[Call("201", OUTSIDE), HangUp("201")])
    },
    // Account codes, short numbers.
    flow(
        "account code first",
        "route; 201,95550100,A,T001,,,432",
        &[Call("201", "*3343295550100"), HangUp("201")],
    ),
    flow("speed call", "internal; 201,202,I,202,,,", &[Call("201", "*03"), HangUp("202")]),
    flow(
        "redial",
        "internal internal; 201,202,I,202,,, 201,202,I,202,,,",
        &[Call("201", "202"), HangUp("201"), Call("201", "*66"), HangUp("201")],
    ),
    // Transfers.
    flow(
        "blind transfer",
        "internal internal; 201,202,I,202,X,203,; 201 Refer 202",
        &[Call("201", "202"), Transfer("201", "203"), HangUp("203")],
    ),
    flow(
        "blind transfer outside",
        "internal route; 201,202,I,202,X,T001, 202,95550100,A,T001,X,201,; 202 Refer 202",
        &[Call("201", "202"), Transfer("202", OUTSIDE), HangUp("201")],
    ),
    flow(
        "transfer to who is busy",
        "internal internal; 201,203,B,203,,, 201,202,I,202,,,; 201 Refer 202",
        &[Is("203", Behaviour::Busy), Call("201", "202"), Transfer("201", "203"), HangUp("202")],
    ),
    flow(
        "denied transfer",
        "internal denied: interconnect; 201,204,I,204,,,; 201 Refer 403",
        &[Call("201", "204"), Transfer("201", "205"), HangUp("201")],
    ),
    flow(
        "attended transfer",
        "internal internal internal; 201,203,I,203,T,202, 201,202,I,202,T,203,; 201 Refer 202",
        &[Call("201", "202"), Change("201", Ask::Hold), Call("201", "203"), Join("201"), HangUp("203")],
    ),
    flow(
        "semi-attended transfer",
        "internal internal internal; 201,202,I,202,X,203,; 201 Refer 202",
        &[
            Call("201", "202"),
            Change("201", Ask::Hold),
            Is("203", Behaviour::Answer { after_ms: 8_000 }),
            Call("201", "203"),
            Join("201"),
            Wait(6_000),
            HangUp("202"),
        ],
    ),
    // Forwards and do not disturb.
    Flow {
        mends: &[("202", "*73")],
        ..flow(
            "forward always",
            "internal internal; 201,203,I,203,,202,",
            &[Call("202", "*72203"), Call("201", "202"), HangUp("201")],
        )
    },
    Flow {
        mends: &[("202", "*73")],
        ..flow(
            "forward busy",
            "internal internal; 201,203,I,203,,202,",
            &[Call("202", "*74203"), Is("202", Behaviour::Busy), Call("201", "202"), HangUp("203")],
        )
    },
    Flow {
        mends: &[("202", "*73")],
        ..flow(
            "forward no answer",
            "internal internal; 201,203,I,203,,202,",
            &[
                Call("202", "*75203"),
                Is("202", Behaviour::Ring),
                Call("201", "202"),
                Wait(10_000),
                HangUp("201"),
            ],
        )
    },
    flow(
        "do not disturb",
        "internal internal; 201,202,B,202,,, 201,202,I,202,,,",
        &[Call("202", "*60"), Call("201", "202"), Call("202", "*60"), Call("201", "202"), HangUp("201")],
    ),
    flow(
        "moved by 302",
        "internal internal; 201,203,I,203,,202,",
        &[Is("202", Behaviour::Move("203")), Call("201", "202"), HangUp("201")],
    ),
    // Taking calls.
    flow(
        "group pickup",
        "internal internal; 201,202,I,203,,,",
        &[Is("202", Behaviour::Ring), Call("201", "202"), Call("203", "*8"), HangUp("203")],
    ),
    flow(
        "directed pickup",
        "internal internal; 201,202,I,204,,,",
        &[Is("202", Behaviour::Ring), Call("201", "202"), Call("204", "*9202"), HangUp("201")],
    ),
    flow(
        "park and retrieve",
        "internal internal; 201,202,I,202,X,203,; 202 Refer 202",
        &[Call("201", "202"), Transfer("202", "*70"), Call("203", "*71202"), HangUp("203")],
    ),
    flow(
        "park recalls",
        "internal; 201,202,I,202,,,; 202 Refer 202",
        &[Call("201", "202"), Transfer("202", "*70"), Wait(25_000), HangUp("202")],
    ),
    flow(
        "camp-on",
        "internal internal; 201,202,I,202,,, 203,202,I,202,,,",
        &[
            Call("201", "202"),
            Is("202", Behaviour::Busy),
            Call("203", "*61202"),
            Is("202", Behaviour::Answer { after_ms: 1_000 }),
            HangUp("201"),
            HangUp("203"),
        ],
    ),
    flow(
        "transfer to who is busy",
        "internal internal internal; 207,202,I,202,,, 203,201,I,201,X,202,; 201 Refer 202",
        &[
            Call("207", "202"),
            Is("202", Behaviour::Busy),
            Call("203", "201"),
            Transfer("201", "*61202"),
            Is("202", Behaviour::Answer { after_ms: 1_000 }),
            HangUp("207"),
            HangUp("203"),
        ],
    ),
    flow(
        "hunt group",
        "internal internal internal; 201,600,I,204,,,",
        &[Is("203", Behaviour::Busy), Call("201", "600"), HangUp("201")],
    ),
    flow(
        "all ring",
        "internal internal internal; 201,601,I,204,,,",
        &[
            Is("203", Behaviour::Ring),
            Is("204", Behaviour::Ring),
            Call("201", "601"),
            Answer("204"),
            HangUp("204"),
        ],
    ),
    flow(
        "conference",
        "internal internal internal internal internal; 201,202,I,202,C,203, 201,203,I,203,C,202, 201,,I,,C,202,; 201 Refer 202 201 Refer 202",
        &[
            Call("201", "202"),
            Change("201", Ask::Hold),
            Call("201", "203"),
            Change("201", Ask::Hold),
            Call("201", "conference"),
            Transfer("201", "conference"),
            Transfer("201", "conference"),
            HangUp("202"),
            HangUp("203"),
            HangUp("201"),
        ],
    ),
    flow(
        "busy override",
        "internal internal internal internal; 203,202,I,,C,201, 201,202,I,202,C,203, 202,,I,,C,203,",
        &[Call("201", "202"), Call("203", "*62202"), HangUp("203"), HangUp("201")],
    ),
    Flow {
        mends: &[("206", "*50401864205"), ("206", "*51")],
        ..flow(
            "hot desk",
            "internal; 401,202,I,202,,,",
            &[Call("206", "*50401864205"), Call("206", "202"), HangUp("206"), Call("206", "*51")],
        )
    },
    Flow {
        mends: &[("206", "*50401864205"), ("206", "*51")],
        ..flow(
            "hot desk user is called",
            "internal internal; 201,401,I,401,,,",
            &[Call("206", "*50401864205"), Call("201", "401"), HangUp("206"), Call("206", "*51")],
        )
    },
    // Media over the relay: 205 is at home.
    flow("anchored", "internal; 201,205,I,205,,,", &[Call("201", "205"), HangUp("205")]),
    flow(
        "anchored and held",
        "internal; 201,205,I,205,,,",
        &[Call("201", "205"), Change("205", Ask::Hold), Change("205", Ask::Resume), HangUp("201")],
    ),
    flow(
        "anchored, and come into",
        "internal internal internal internal; 203,205,I,,C,201, 201,205,I,205,C,203, 205,,I,,C,203,",
        &[Call("201", "205"), Call("203", "*62205"), HangUp("203"), HangUp("201")],
    ),
    flow("no relay", "internal; 201,205,,205,,,", &[RelayDies, Call("201", "205")]),
    flow(
        "relay is restarted",
        "internal; 201,205,I,205,,,",
        &[Call("201", "205"), RelayRestarts, HangUp("201")],
    ),
    flow(
        "transferred home",
        "internal internal; 201,202,I,202,X,205,; 202 Refer 202",
        &[Call("201", "202"), Transfer("202", "205"), HangUp("201")],
    ),
];

fn keyed(phone: &mut PhoneConfig, key: &str) {
    "RTP/SAVP".clone_into(&mut phone.profile);
    phone.attributes = vec![format!("crypto:1 AES_CM_128_HMAC_SHA1_80 {key}")];
}
