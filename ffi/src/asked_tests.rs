//! Questions without a call: what would be decided, and where messages end.

use crate::exports::*;
use crate::status::stw_status_number::*;
use crate::tests::{World, status};
use crate::types::stw_party_kind::*;
use crate::types::*;
use core::ptr::{null, null_mut};
use std::format;
use std::vec::Vec;
use strowger::policy::Rule;

const TWO_ROUTES: &str = r#"
system = { name = "Asked", realm = "asked.test", country = "CA", area_code = "613", default_cesid = "6135550100" }
cos = [
  { id = 1, name = "Staff", features = ["smdr-internal"] },
  { id = 2, name = "Accountable", features = ["forced-non-verified-account-code"], account_code_length = 4 },
  { id = 50, name = "Line", features = ["smdr-external"] },
]
cor_group = [{ id = 1, name = "Not for COR 1", members = "1" }, { id = 2, name = "Not for the line", members = "30" }]
device = [
  { dn = "201", password = "Hedge-and-gate-1931", cos = 1, cor = { day = 1, night1 = 0, night2 = 1 } },
  { dn = "202", password = "Orchard-wall-1847", cos = 2, cor = 2 },
]
trunk = [{ name = "carrier", kind = "sip", host = "192.0.2.9", channels = 4, cos = "Line", cor = 30 }]
digit_modification = [{ id = 1, absorb = 1, insert = "1613" }]
route = [
  { id = 7, trunk = "carrier", cor_group = 1, digit_modification = 1 },
  { id = 8, trunk = "carrier", cor_group = 2, digit_modification = 1 },
  { id = 9, trunk = "carrier", emergency = true },
]
route_list = [{ id = 3, choices = [{ route = 7 }, { route = 8 }] }]
ars = [
  { digits = "9NXXXXXX", use = { list = 3 } },
  { digits = "8NXXXXXX", use = { route = 7 } },
  { digits = "911", emergency = true, use = { route = 9 } },
]
features = { forward_always = "*21" }
speed_call = [
  { code = "*01", number = "95551234" },
  { code = "*02", number = "85551234", cor_exempt = true },
]
schedule = [{ mode = "night1", days = "mon-sun", from = "00:00", to = "08:00" }]
"#;

fn world() -> World {
    World::of(TWO_ROUTES)
}

/// Status, decision, and what was passed over.
fn explain(world: &World, kind: u32, row: u32, dialed: &[u8]) -> (i32, stw_decision, Vec<(u32, u32)>) {
    let (mut skipped, mut count) = ([stw_skipped::default(); 4], 99);
    let mut out = core::mem::MaybeUninit::<stw_decision>::zeroed();
    // SAFETY: live pointers.
    let status = unsafe {
        stw_exchange_explain(
            world.x(),
            1000,
            kind,
            row,
            dialed.as_ptr(),
            dialed.len(),
            out.as_mut_ptr(),
            skipped.as_mut_ptr(),
            4,
            &mut count,
        )
    };
    let told = skipped.iter().take(count).map(|skipped| (skipped.route, skipped.rule)).collect();
    // SAFETY: it is of integers, and zeroed above.
    (status, unsafe { out.assume_init() }, told)
}

#[test]
fn an_explanation_is_what_the_set_up_decides_and_leaves_nothing() {
    let world = world();
    let parties =
        [(STW_PARTY_UNKNOWN, 0), (STW_PARTY_DEVICE, 0), (STW_PARTY_DEVICE, 1), (STW_PARTY_TRUNK, 0)];
    let numbers = [
        "202",
        "95551234",
        "85551234",
        "911",
        "7",
        "9555",
        "*",
        "",
        "20x",
        "*01",
        "*02",
        "*0",
        "*017",
        "6135550100",
    ];
    for (kind, row) in parties.map(|(kind, row)| (kind as u32, row)) {
        for number in numbers {
            let dialed = number.as_bytes();
            let (asked, told, _) = explain(&world, kind, row, dialed);
            assert!(world.kinds().is_empty(), "a question puts nothing out");
            let (done, decided) = world.setup(kind, row, dialed);
            assert_eq!(asked, done, "{kind} {row} dials {number:?}");
            if let Some(decided) = decided {
                let what = |of: &stw_decision| {
                    let classes = (of.cos, of.cor, of.mode);
                    (
                        of.verdict,
                        of.rule,
                        of.route,
                        of.row,
                        classes,
                        of.sip_status,
                        of.dialed.text,
                        of.outpulsed.text,
                    )
                };
                assert_eq!(what(&told), what(&decided), "{kind} {row} dials {number:?}");
                assert_eq!(told.leg, 0, "a question makes no leg");
                if decided.leg != 0 {
                    // SAFETY: a live exchange.
                    assert_eq!(unsafe { stw_exchange_release(world.x(), 1000, decided.leg, 0) }, 0);
                }
            }
            world.kinds();
        }
    }
    // What a feature code does, and the room of a conference, is more than a call; of who has no telephone they are numbers.
    for number in ["*21202", "*21", "conference"] {
        assert_eq!(explain(&world, 1, 0, number.as_bytes()).0, status(STW_NOT_NOW), "{number}");
        assert_eq!(
            explain(&world, 0, 0, number.as_bytes()).0,
            world.setup(0, 0, number.as_bytes()).0,
            "{number}"
        );
        world.kinds();
    }
}

#[test]
fn r19_a_question_is_of_the_exchanges_own_time() {
    let world = world();
    // At ten hours of the clock it is ten in the morning; then the clock is set back to the beginning.
    let hour = 3_600_000;
    // SAFETY: a live exchange.
    unsafe {
        assert_eq!(stw_exchange_set_clock(world.x(), 10 * hour, 1_795_341_600, 0), 0);
        assert_eq!(stw_exchange_tick(world.x(), 10 * hour), 0);
        assert_eq!(stw_exchange_tick(world.x(), 1000), 0);
    }
    let (asked, told, _) = explain(&world, 1, 0, b"95551234");
    let (done, decided) = world.setup(1, 0, b"95551234");
    assert_eq!(
        (asked, told.mode),
        (done, decided.unwrap().mode),
        "no time has passed, and it is not night again"
    );
    assert_eq!(asked, status(STW_OK));
}

#[test]
fn what_a_route_list_passed_over_is_told() {
    let world = world();
    let (allowed, decision, skipped) = explain(&world, 1, 0, b"95551234");
    assert_eq!((allowed, decision.route), (status(STW_OK), 8));
    assert_eq!(skipped, [(7, u32::from(Rule::CorRoute.number()))]);
    let (mut count, mut out) = (99, core::mem::MaybeUninit::<stw_decision>::uninit());
    // SAFETY: live pointers, and no room for what was passed over.
    let status = unsafe {
        stw_exchange_explain(
            world.x(),
            1000,
            1,
            0,
            b"95551234".as_ptr(),
            8,
            out.as_mut_ptr(),
            null_mut(),
            0,
            &mut count,
        )
    };
    assert_eq!((status, count), (0, 1), "how many there were is told all the same");
}

#[test]
fn a_question_that_is_none_is_refused() {
    let world = world();
    assert_eq!(explain(&world, 1, 2, b"202").0, status(STW_ERR_UNKNOWN));
    assert_eq!(explain(&world, 9, 0, b"202").0, status(STW_ERR_ARGUMENT));
    let mut out = core::mem::MaybeUninit::<stw_decision>::uninit();
    let out = out.as_mut_ptr();
    // SAFETY: null, or live.
    unsafe {
        let ask = |x, dialed: *const u8, out, skipped: *mut stw_skipped, room| {
            stw_exchange_explain(x, 1000, 1, 0, dialed, 3, out, skipped, room, null_mut())
        };
        assert_eq!(ask(null_mut(), b"202".as_ptr(), out, null_mut(), 0), status(STW_ERR_ARGUMENT));
        assert_eq!(ask(world.x(), null(), out, null_mut(), 0), status(STW_ERR_ARGUMENT));
        assert_eq!(ask(world.x(), b"202".as_ptr(), null_mut(), null_mut(), 0), status(STW_ERR_ARGUMENT));
        assert_eq!(ask(world.x(), b"202".as_ptr(), out, null_mut(), 1), status(STW_ERR_ARGUMENT));
        let odd = core::ptr::without_provenance_mut(3);
        assert_eq!(ask(world.x(), b"202".as_ptr(), out, odd, 1), status(STW_ERR_ARGUMENT));
        assert_eq!(ask(world.x(), b"202".as_ptr(), out, null_mut(), 0), status(STW_OK));
    }
    let empty = World::new(&crate::tests::config());
    assert_eq!(
        explain(&empty, 1, 0, b"202").1.rule,
        u32::from(Rule::PolicyNone.number()),
        "without a policy"
    );
}

fn piece(came: &[u8], longest: usize) -> (i32, stw_piece) {
    let mut out = stw_piece { kind: 77, ..Default::default() };
    // SAFETY: live pointers.
    let status = unsafe { stw_stream_piece(came.as_ptr(), came.len(), longest, &mut out) };
    (status, out)
}

#[test]
fn rfc3261_18_3_pieces_of_a_stream() {
    let options = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 2\r\n\r\nhi";
    let came = format!("\r\n{options}\r\n\r\n\rX");
    let (first, message) = piece(came.as_bytes(), 2048);
    let len = options.len() as u64;
    assert_eq!(
        (first, message.kind, message.skip, message.length),
        (0, 1, 2, len),
        "a message behind an empty line"
    );
    let rest = &came.as_bytes()[2 + options.len()..];
    let (_, ping) = piece(rest, 2048);
    assert_eq!((ping.kind, ping.skip, ping.length), (2, 0, 4), "a keep-alive");
    let (_, last) = piece(&rest[4..], 2048);
    assert_eq!((last.kind, last.skip, last.length), (3, 0, 1), "no message begins so");
    for some in 0..2 + options.len() {
        let (more, untouched) = piece(&came.as_bytes()[..some], 2048);
        assert_eq!((more, untouched.kind), (status(STW_EMPTY), 77), "the first {some}");
    }
    let (_, long) = piece(came.as_bytes(), options.len() - 1);
    assert_eq!((long.kind, long.skip), (3, 2), "longer than what is taken");
    assert_eq!(piece(b"x", 3).0, status(STW_ERR_ARGUMENT));
    // SAFETY: null pointers are refused.
    unsafe {
        assert_eq!(stw_stream_piece(null(), 1, 9, &mut stw_piece::default()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_stream_piece(b"x".as_ptr(), 1, 9, null_mut()), status(STW_ERR_ARGUMENT));
    }
}
