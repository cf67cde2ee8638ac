//! The ABI as C uses it: pointers good and bad, sizes, refusals that change nothing, one whole call.

use crate::exports::*;
use crate::guard::{self, stw_exchange};
use crate::memory::exchange::{STW_BYTES_CALL, STW_BYTES_DEVICE, STW_BYTES_FIXED, STW_BYTES_TRUNK};
use crate::names;
use crate::provider::Provider;
use crate::status::stw_status_number::{self, *};
use crate::types::*;
use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};
use std::collections::{BTreeMap, BTreeSet};
use strowger::base::{Algorithm, Crypto, Soft, Transport};
use strowger::policy::Rule;

const HEADER: &str = include_str!("../../include/strowger.h");
const POLICY: &str = include_str!("../../examples/c/policy.toml");

pub(crate) const fn config() -> stw_exchange_config {
    stw_exchange_config {
        struct_size: size_of::<stw_exchange_config>() as u32,
        abi_version: STW_ABI_VERSION,
        instance: 7,
        devices: 4,
        trunks: 1,
        calls: 2,
        reserved_calls: 0,
        transactions: 0,
        pages: 0,
        reserved: 0,
        address: stw_address { octets: [0; 16], scope: 0, port: 0, family: 0, transport: 0 },
        random_seed: [9; 32],
    }
}

fn address() -> stw_address {
    let mut octets = [0; 16];
    octets[..4].copy_from_slice(&[192, 0, 2, 1]);
    stw_address { octets, scope: 0, port: 5062, family: 4, transport: 0 }
}

pub(crate) fn status(number: stw_status_number) -> i32 {
    number as i32
}

/// An exchange in a block that is a few words longer than it needs.
pub(crate) struct World {
    block: Vec<u64>,
    size: usize,
    x: *mut stw_exchange,
    policy: Option<(Vec<u8>, Vec<u8>)>,
}

const CANARY: u64 = 0xC0DE_C0DE_C0DE_C0DE;

impl World {
    pub(crate) fn new(config: &stw_exchange_config) -> Self {
        let mut size = 0;
        // SAFETY: as C would, with pointers to live values.
        assert_eq!(unsafe { stw_exchange_size(config, &mut size) }, 0);
        let mut world = Self { block: vec![CANARY; size / 8 + 4], size, x: null_mut(), policy: None };
        let memory = world.block.as_mut_ptr().cast();
        // SAFETY: the block outlives the exchange: `Drop` ends it.
        assert_eq!(unsafe { stw_exchange_init(memory, size, config, &mut world.x) }, 0);
        world
    }

    fn loaded() -> Self {
        Self::of(POLICY)
    }

    pub(crate) fn x(&self) -> *mut stw_exchange {
        self.x
    }

    /// With this policy in force.
    pub(crate) fn of(policy: &str) -> Self {
        let mut world = Self::new(&config());
        let compiled = strowger_tools::compile_str(policy, "policy.toml").unwrap();
        assert_eq!(world.load(&compiled.image, &compiled.keyring), 0);
        world.policy = Some((compiled.image, compiled.keyring));
        world
    }

    fn load(&self, image: &[u8], keyring: &[u8]) -> i32 {
        // SAFETY: who calls keeps both in place where this succeeds (moving a Vec does not move its bytes).
        unsafe { stw_exchange_load(self.x, image.as_ptr(), image.len(), keyring.as_ptr(), keyring.len()) }
    }

    pub(crate) fn setup(&self, kind: u32, row: u32, dialed: &[u8]) -> (i32, Option<stw_decision>) {
        let mut out = MaybeUninit::uninit();
        // SAFETY: live pointers.
        let status = unsafe {
            stw_exchange_setup(self.x, 1000, kind, row, dialed.as_ptr(), dialed.len(), out.as_mut_ptr())
        };
        // SAFETY: written for OK and DENIED, so says the header.
        let written = [STW_OK, STW_DENIED, STW_NEEDS_CODE]
            .map(|s| s as i32)
            .contains(&status)
            .then(|| unsafe { out.assume_init() });
        (status, written)
    }

    fn poll(&self, buf: &mut [u8]) -> Option<stw_output> {
        let mut out = MaybeUninit::uninit();
        // SAFETY: live pointers.
        match unsafe { stw_exchange_poll(self.x, out.as_mut_ptr(), buf.as_mut_ptr(), buf.len(), null_mut()) }
        {
            // SAFETY: written for OK.
            0 => Some(unsafe { out.assume_init() }),
            other => {
                assert_eq!(other, status(STW_EMPTY));
                None
            }
        }
    }

    pub(crate) fn kinds(&self) -> Vec<u32> {
        let mut buf = [0; 4096];
        core::iter::from_fn(|| self.poll(&mut buf)).map(|output| output.kind).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !self.x.is_null() {
            // SAFETY: the exchange of `new`.
            assert_eq!(unsafe { stw_exchange_deinit(self.x) }, 0);
            let (used, rest) = self.block.split_at(self.size / 8);
            assert!(used.iter().all(|word| *word == 0), "deinit left something");
            assert!(rest.iter().all(|word| *word == CANARY), "something was written behind the block");
        }
    }
}

fn text(digits: &stw_digits) -> &str {
    // SAFETY: ended by a zero, so says the header.
    unsafe { CStr::from_ptr(digits.text.as_ptr()) }.to_str().unwrap()
}

#[test]
fn the_published_formula_covers_every_size() {
    for (devices, trunks, calls) in [(0, 0, 1), (1, 1, 1), (3, 1, 2), (64, 8, 31), (65_000, 100, 2_000)] {
        let config = stw_exchange_config { devices, trunks, calls, ..config() };
        let mut size = 0;
        // SAFETY: live pointers.
        assert_eq!(unsafe { stw_exchange_size(&config, &mut size) }, 0);
        let published = STW_BYTES_FIXED
            + devices as usize * STW_BYTES_DEVICE
            + trunks as usize * STW_BYTES_TRUNK
            + calls as usize * STW_BYTES_CALL;
        assert!(size <= published && published - size <= published / 5, "{size} of {published}");
    }
}

#[test]
fn memory_too_small_or_crooked_is_refused_and_left_alone() {
    let config = config();
    let (mut size, mut x) = (0, null_mut());
    // SAFETY: live pointers; what is refused is not used.
    unsafe {
        assert_eq!(stw_exchange_size(&config, &mut size), 0);
        let mut block = vec![CANARY; size / 8 + 2];
        let memory: *mut u8 = block.as_mut_ptr().cast();
        assert_eq!(stw_exchange_init(memory, size - 1, &config, &mut x), status(STW_ERR_MEMORY));
        assert_eq!(stw_exchange_init(memory, 0, &config, &mut x), status(STW_ERR_MEMORY));
        assert_eq!(stw_exchange_init(memory.add(4), size, &config, &mut x), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_exchange_init(null_mut(), size, &config, &mut x), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_exchange_init(memory, size, null(), &mut x), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_exchange_init(memory, size, &config, null_mut()), status(STW_ERR_ARGUMENT));
        assert!(x.is_null() && block.iter().all(|word| *word == CANARY));
    }
}

#[test]
fn a_config_out_of_range_or_of_another_abi_is_refused() {
    let size_of = |config: &stw_exchange_config| {
        let mut size = 0;
        // SAFETY: live pointers.
        unsafe { stw_exchange_size(config, &mut size) }
    };
    let base = config();
    for wrong in [
        stw_exchange_config { calls: 0, ..base },
        stw_exchange_config { calls: (1 << 22) + 1, ..base },
        stw_exchange_config { reserved_calls: 2, ..base },
        stw_exchange_config { devices: u32::MAX, ..base },
        stw_exchange_config { trunks: 65_537, ..base },
        stw_exchange_config { transactions: u32::MAX, ..base },
        stw_exchange_config { pages: u32::MAX, ..base },
    ] {
        assert_eq!(size_of(&wrong), status(STW_ERR_ARGUMENT));
    }
    for wrong in [
        stw_exchange_config { struct_size: 0, ..base },
        stw_exchange_config { struct_size: base.struct_size - 1, ..base },
        stw_exchange_config { struct_size: base.struct_size + 8, ..base },
        stw_exchange_config { abi_version: 0, ..base },
        stw_exchange_config { abi_version: STW_ABI_VERSION + 1, ..base },
        stw_exchange_config { abi_version: STW_ABI_VERSION + (1 << 16), ..base },
    ] {
        assert_eq!(size_of(&wrong), status(STW_ERR_ABI));
    }
    let (mut x, mut block) = (null_mut(), vec![0u64; 20_000]);
    for wrong in [
        stw_exchange_config { instance: 0, ..base },
        stw_exchange_config { instance: 65_536, ..base },
        stw_exchange_config { address: stw_address { family: 5, ..address() }, ..base },
    ] {
        // SAFETY: live pointers; what is refused is not used.
        let refused = unsafe { stw_exchange_init(block.as_mut_ptr().cast(), 160_000, &wrong, &mut x) };
        assert_eq!(refused, status(STW_ERR_ARGUMENT));
    }
}

/// Every function that takes an exchange, with everything else as it should be.
fn every_call(x: *mut stw_exchange) -> Vec<i32> {
    let (mut row, mut leg, mut needed, mut hash, mut buf) = (0, 0, 0, [0; 32], [0; 64]);
    let (address, dialed) = (address(), b"201");
    let mut decision = MaybeUninit::uninit();
    let mut output = MaybeUninit::uninit();
    let mut statistics = MaybeUninit::uninit();
    // SAFETY: `x` is null, an exchange, or memory that can be read; everything else is live.
    unsafe {
        vec![
            stw_exchange_load(x, buf.as_ptr(), 0, buf.as_ptr(), 0),
            stw_exchange_policy_hash(x, hash.as_mut_ptr()),
            stw_exchange_set_mode(x, 0),
            stw_exchange_set_clock(x, 0, 0, 0),
            stw_exchange_set_trunk_address(x, 0, &address),
            stw_exchange_device(x, dialed.as_ptr(), 3, &mut row),
            stw_exchange_trunk(x, dialed.as_ptr(), 3, &mut row),
            stw_exchange_setup(x, 0, 1, 0, dialed.as_ptr(), 3, decision.as_mut_ptr()),
            stw_exchange_load_emergency(x, buf.as_ptr(), 0),
            stw_exchange_off_hook(x, 0, 1, 0, &mut leg),
            stw_exchange_digit(x, 0, 1, u32::from(b'1')),
            stw_exchange_alerting(x, 0, 1),
            stw_exchange_answer(x, 0, 1),
            stw_exchange_release(x, 0, 1, 0),
            stw_exchange_receive(x, 0, &address, buf.as_ptr(), buf.len()),
            stw_exchange_tick(x, 0),
            stw_exchange_poll(x, output.as_mut_ptr(), buf.as_mut_ptr(), buf.len(), &mut needed),
            stw_exchange_clear(x, 0),
            stw_exchange_statistics(x, statistics.as_mut_ptr()),
        ]
    }
}

#[test]
fn what_is_no_exchange_is_refused_everywhere() {
    let mut zeros = vec![0u64; 4096];
    let mut world = World::new(&config());
    let mut moved = world.block.clone();
    // SAFETY: one past a word that exists.
    let crooked = unsafe { world.x.cast::<u8>().add(1) };
    for x in [null_mut(), zeros.as_mut_ptr().cast(), moved.as_mut_ptr().cast(), crooked.cast()] {
        assert!(every_call(x).into_iter().all(|refused| refused == status(STW_ERR_ARGUMENT)));
        // SAFETY: as in `every_call`.
        unsafe {
            assert_eq!(stw_exchange_deadline(x), u64::MAX);
            assert_eq!(stw_exchange_deinit(x), status(STW_ERR_ARGUMENT));
        }
    }
    // SAFETY: a live exchange, ended once; the second time is what is asked about.
    unsafe {
        assert_eq!(stw_exchange_deinit(world.x), 0);
        assert_eq!(stw_exchange_deinit(world.x), status(STW_ERR_ARGUMENT), "a second time");
    }
    world.x = null_mut();
}

#[test]
fn null_for_anything_else_is_refused_and_changes_nothing() {
    let world = World::loaded();
    let mut buf = [0u8; 8];
    // SAFETY: null where the library must notice.
    let refused = unsafe {
        let x = world.x;
        [
            stw_exchange_load(x, null(), 5, buf.as_ptr(), 0),
            stw_exchange_policy_hash(x, null_mut()),
            stw_exchange_set_trunk_address(x, 0, null()),
            stw_exchange_device(x, null(), 1, null_mut()),
            stw_exchange_device(x, buf.as_ptr(), 1, null_mut()),
            stw_exchange_trunk(x, null(), 1, &mut 0),
            stw_exchange_setup(x, 0, 1, 0, null(), 3, MaybeUninit::uninit().as_mut_ptr()),
            stw_exchange_setup(x, 0, 1, 0, b"202".as_ptr(), 3, null_mut()),
            stw_exchange_setup(x, 0, 1, 0, b"202".as_ptr(), usize::MAX, MaybeUninit::uninit().as_mut_ptr()),
            stw_exchange_setup(x, 0, 9, 0, b"202".as_ptr(), 3, MaybeUninit::uninit().as_mut_ptr()),
            stw_exchange_receive(x, 0, null(), buf.as_ptr(), 1),
            stw_exchange_receive(x, 0, &address(), null(), 1),
            stw_exchange_receive(x, 0, &stw_address { family: 0, ..address() }, buf.as_ptr(), 1),
            stw_exchange_receive(x, 0, &stw_address { transport: 3, ..address() }, buf.as_ptr(), 1),
            stw_exchange_listen(x, null()),
            stw_exchange_listen(x, &stw_address { transport: 3, ..address() }),
            stw_exchange_lost(x, 0, null()),
            stw_exchange_lost(x, 0, &stw_address { family: 0, ..address() }),
            stw_exchange_poll(x, null_mut(), buf.as_mut_ptr(), 8, null_mut()),
            stw_exchange_poll(x, MaybeUninit::uninit().as_mut_ptr(), null_mut(), 8, null_mut()),
            stw_exchange_statistics(x, null_mut()),
            stw_exchange_set_mode(x, 3),
            stw_exchange_set_clock(x, 0, 0, 1441),
            stw_exchange_set_clock(x, 0, 0, i32::MIN),
            stw_exchange_release(x, 0, 1, 200),
            stw_exchange_release(x, 0, 1, 700),
            stw_exchange_release(x, 0, 1, u32::MAX),
        ]
    };
    assert!(refused.into_iter().all(|refused| refused == status(STW_ERR_ARGUMENT)), "{refused:?}");
    assert!(world.kinds().is_empty());
    let mut statistics = MaybeUninit::<stw_statistics>::uninit();
    // SAFETY: live pointers, and written because it returns 0.
    let counted = unsafe {
        assert_eq!(stw_exchange_statistics(world.x, statistics.as_mut_ptr()), 0);
        statistics.assume_init()
    };
    assert_eq!((counted.received, counted.permitted, counted.denied, counted.calls), (0, 0, 0, 0));
}

#[test]
fn a_caught_defect_poisons_the_exchange_and_only_deinit_works() {
    let world = World::loaded();
    // SAFETY: a live exchange.
    let caught = unsafe { guard::exchange(world.x, |_| panic!("a defect, on purpose")) };
    assert_eq!(caught, status(STW_ERR_POISONED));
    assert!(every_call(world.x).into_iter().all(|refused| refused == status(STW_ERR_POISONED)));
    assert_eq!(guard::value(5, || panic!("on purpose")), 5);
    // World's Drop checks that deinit wipes.
}

#[test]
fn a_policy_is_loaded_whole_or_not_at_all() {
    let compiled = strowger_tools::compile_str(POLICY, "policy.toml").unwrap();
    let other = strowger_tools::compile_str(&POLICY.replace("office", "other"), "policy.toml").unwrap();
    let world = World::new(&config());
    let mut hash = [0; 32];
    assert_eq!(world.load(b"", &compiled.keyring), status(STW_ERR_IMAGE_FORMAT));
    assert_eq!(world.load(&compiled.keyring, &compiled.image), status(STW_ERR_IMAGE_FORMAT));
    assert_eq!(world.load(&compiled.image[..1000], &compiled.keyring), status(STW_ERR_IMAGE_DAMAGED));
    assert_eq!(world.load(&compiled.image, b""), status(STW_ERR_KEYRING_FORMAT));
    assert_eq!(world.load(&compiled.image, &compiled.keyring[..100]), status(STW_ERR_KEYRING_DAMAGED));
    assert_eq!(world.load(&compiled.image, &other.keyring), status(STW_ERR_KEYRING_OTHER));
    let mut bent = compiled.image.clone();
    *bent.last_mut().unwrap() ^= 1;
    assert_eq!(world.load(&bent, &compiled.keyring), status(STW_ERR_IMAGE_DAMAGED));
    // SAFETY: live pointers.
    assert_eq!(unsafe { stw_exchange_policy_hash(world.x, hash.as_mut_ptr()) }, status(STW_EMPTY));
    assert_eq!(world.setup(1, 0, b"202").0, status(STW_DENIED), "without policy");

    let small = World::new(&stw_exchange_config { devices: 2, ..config() });
    assert_eq!(small.load(&compiled.image, &compiled.keyring), status(STW_ERR_TOO_MANY));
    assert_eq!(world.load(&compiled.image, &compiled.keyring), 0);
    assert_eq!(world.load(&compiled.image, &compiled.keyring), status(STW_ERR_BUSY));
    // SAFETY: live pointers.
    assert_eq!(unsafe { stw_exchange_policy_hash(world.x, hash.as_mut_ptr()) }, 0);
    assert_eq!(hash[..], compiled.image[16..48]);
}

#[test]
fn a_denial_carries_what_an_administrator_needs() {
    let world = World::loaded();
    let (denied, decision) = world.setup(1, 0, b"9011441234567");
    let decision = decision.unwrap();
    assert_eq!((denied, decision.verdict, decision.rule), (status(STW_DENIED), 2, 21));
    assert_eq!((decision.cos, decision.cor, decision.mode, decision.leg), (1, 1, 0, 0));
    assert_eq!((decision.row, decision.route, decision.cor_group), (2, 2, 2));
    assert_eq!((decision.sip_status, decision.q850), (403, 21));
    let line = POLICY.lines().nth(decision.line as usize - 1).unwrap();
    assert_eq!(line, "[[ars]]");
    assert_eq!(
        (decision.from, text(&decision.dialed)),
        (stw_party { kind: 1, row: 0, user: 0 }, "9011441234567")
    );
    assert_eq!(world.kinds(), [8, 9]);
    let (_, decision) = world.setup(1, 0, b"2o2");
    assert_eq!((decision.unwrap().rule, text(&decision.unwrap().dialed)), (52, ""));
}

#[test]
fn a_set_up_tells_of_codes_what_the_polled_decision_tells() {
    let codes = "[features]\naccount_code = \"*33\"\n[[account_code]]\ncode = \"43219\"\nkind = \"verified\"\ncos = 1\ncor = 1\n";
    let features = "\"smdr-internal\", \"verified-account-code\", \"forced-non-verified-account-code\"";
    let policy = POLICY.replacen("\"smdr-internal\"", features, 1) + codes;
    let compiled = strowger_tools::compile_str(&policy, "policy.toml").unwrap();
    let mut world = World::new(&config());
    assert_eq!(world.load(&compiled.image, &compiled.keyring), 0);
    world.policy = Some((compiled.image, compiled.keyring));
    let polled = |world: &World| {
        let decided =
            core::iter::from_fn(|| world.poll(&mut [0; 2048])).find(|output| output.kind == 8).unwrap();
        // SAFETY: of this kind.
        unsafe { decided.body.decision }
    };
    // Asked for a code: that verdict, at both places.
    let (asked, decision) = world.setup(1, 0, b"95551234");
    let decision = decision.unwrap();
    assert_eq!((asked, decision.verdict, decision.rule), (status(STW_NEEDS_CODE), 3, 101));
    assert!(decision.leg != 0 && text(&decision.dialed) == "95551234");
    // SAFETY: an exchange of ours.
    assert_eq!(unsafe { stw_exchange_release(world.x, 2, decision.leg, 0) }, 0);
    let noted = polled(&world);
    assert_eq!((noted.verdict, text(&noted.dialed)), (3, "95551234"));
    // R53: the code is never in what was dialed.
    let (allowed, decision) = world.setup(1, 0, b"*3343219#95551234");
    let decision = decision.unwrap();
    assert_eq!((allowed, text(&decision.dialed), text(&polled(&world).dialed)), (0, "95551234", "95551234"));
    let (refused, decision) = world.setup(1, 0, b"*3343219#9011441234567");
    let decision = decision.unwrap();
    assert_eq!((refused, text(&decision.dialed)), (status(STW_DENIED), "9011441234567"));
    assert_eq!(text(&polled(&world).dialed), "9011441234567");
}

#[test]
fn a_neutral_call_goes_through() {
    let world = World::loaded();
    let (x, mut row) = (world.x, 9);
    // SAFETY: live pointers throughout.
    unsafe {
        assert_eq!(stw_exchange_trunk(x, b"line".as_ptr(), 4, &mut row), 0);
        assert_eq!(row, 0);
        assert_eq!(stw_exchange_set_trunk_address(x, row, &address()), 0);
        assert_eq!(stw_exchange_set_trunk_address(x, 9, &address()), status(STW_ERR_UNKNOWN));
        assert_eq!(stw_exchange_trunk(x, b"lime".as_ptr(), 4, &mut row), status(STW_ERR_UNKNOWN));
        assert_eq!(stw_exchange_device(x, b"209".as_ptr(), 3, &mut row), 0);
        assert_eq!(row, 2);
        let (allowed, decision) = world.setup(1, 1, b"95551234");
        let decision = decision.unwrap();
        assert_eq!((allowed, decision.verdict, decision.rule, decision.route), (0, 1, 2, 1));
        assert_eq!(
            (decision.to, text(&decision.outpulsed)),
            (stw_party { kind: 2, row: 0, user: 0 }, "5551234")
        );
        let offered =
            core::iter::from_fn(|| world.poll(&mut [0; 2048])).find(|output| output.kind == 2).unwrap();
        let called = offered.body.setup.leg;
        assert_eq!(text(&offered.body.setup.digits), "5551234");
        assert_ne!(stw_exchange_deadline(x), u64::MAX, "ringing ends some day");
        assert_eq!(stw_exchange_alerting(x, 2000, called), 0);
        assert_eq!(stw_exchange_answer(x, 3000, called), 0);
        assert_eq!(world.kinds(), [3, 4]);
        let stranger = World::new(&stw_exchange_config { instance: 8, ..config() });
        assert_eq!(stw_exchange_release(stranger.x, 4000, called, 0), status(STW_ERR_UNKNOWN));
        assert_eq!(stw_exchange_release(x, 9000, called, 486), 0);
        let mut buf = [0; 16];
        let outputs: Vec<_> = core::iter::from_fn(|| world.poll(&mut buf)).collect();
        assert_eq!(outputs.iter().map(|output| output.kind).collect::<Vec<_>>(), [9, 5]);
        let smdr = outputs[0].body.smdr;
        assert_eq!((smdr.duration_s, smdr.rule, smdr.route, smdr.completion), (6, 2, 1, u32::from(b'A')));
        assert_eq!((text(&smdr.calling), text(&smdr.called)), ("202", "T001"));
        assert_eq!((outputs[1].body.leg.leg, outputs[1].body.leg.sip_status), (decision.leg, 486));
        assert_eq!(stw_exchange_answer(x, 9000, called), status(STW_ERR_UNKNOWN), "gone");
        assert_eq!(stw_exchange_deadline(x), u64::MAX);
        assert_eq!(stw_exchange_tick(x, 10_000), 0);
        assert_eq!(stw_exchange_clear(x, 10_000), 0);
    }
}

#[test]
fn rows_that_are_not_there_call_nobody() {
    let world = World::loaded();
    for (kind, row) in [(1, 3), (1, u32::MAX), (2, 1), (2, 65_536), (2, u32::MAX)] {
        assert_eq!(world.setup(kind, row, b"202").0, status(STW_ERR_UNKNOWN), "{kind} {row}");
    }
    let (denied, decision) = world.setup(0, 0, b"202");
    assert_eq!((denied, decision.unwrap().rule), (status(STW_DENIED), 10), "somebody unknown");
    assert_eq!(world.setup(0, 0, b"911").0, 0, "emergency for everybody");
}

#[test]
fn outputs_not_polled_stop_inputs_and_nothing_is_lost() {
    let world = World::loaded();
    let mut denied = 0;
    while world.setup(1, 0, b"999").0 == status(STW_DENIED) {
        denied += 1;
        assert!(denied < 100);
    }
    assert_eq!(world.setup(1, 0, b"202").0, status(STW_ERR_DRAIN_FIRST));
    // SAFETY: a live exchange.
    assert_eq!(unsafe { stw_exchange_tick(world.x, 5000) }, status(STW_ERR_DRAIN_FIRST));
    assert_eq!(world.kinds().len(), denied);
    assert_eq!(world.setup(1, 0, b"202").0, 0);
}

#[test]
fn a_datagram_is_answered_and_a_short_buffer_loses_nothing() {
    let world = World::loaded();
    let options = b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1\r\n\
        From: <sip:a@x>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\
        Content-Length: 0\r\n\r\n";
    let (mut out, mut needed, mut buf) = (MaybeUninit::<stw_output>::uninit(), 0, [0u8; 2048]);
    // SAFETY: live pointers; the output is read after it was written.
    unsafe {
        assert_eq!(stw_exchange_receive(world.x, 0, &address(), options.as_ptr(), options.len()), 0);
        assert_eq!(
            stw_exchange_receive(world.x, 0, &address(), b"\0\xff".as_ptr(), 2),
            0,
            "noise is no error"
        );
        let short = stw_exchange_poll(world.x, out.as_mut_ptr(), null_mut(), 0, &mut needed);
        assert_eq!(short, status(STW_ERR_BUFFER));
        assert!(needed > 100);
        assert_eq!(stw_exchange_poll(world.x, out.as_mut_ptr(), buf.as_mut_ptr(), needed, null_mut()), 0);
        let out = out.assume_init();
        assert_eq!((out.kind, out.body.send.length as usize, out.body.send.to), (1, needed, address()));
        assert!(buf.starts_with(b"SIP/2.0 200 "));
    }
    assert!(world.kinds().is_empty());
}

/// What comes over a connection is answered over it; a connection that is lost unregisters nobody who was never there.
#[test]
fn a_message_of_a_stream_is_answered_over_it() {
    let transports: BTreeMap<_, _> = Transport::ALL
        .iter()
        .map(|transport| (transport.name().to_owned(), i64::from(transport.number())))
        .collect();
    assert_eq!(enumerators("STW_TRANSPORT_"), transports);
    let world = World::loaded();
    let peer = stw_address { transport: 1, ..address() };
    let options = b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1:5062;branch=z9hG4bK1\r\n\
        From: <sip:a@x>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    let (mut out, mut buf) = (MaybeUninit::<stw_output>::uninit(), [0u8; 2048]);
    // SAFETY: live pointers; the output is read after it was written.
    unsafe {
        assert_eq!(stw_exchange_listen(world.x, &stw_address { port: 5060, ..peer }), 0);
        assert_eq!(stw_exchange_receive(world.x, 0, &peer, options.as_ptr(), options.len()), 0);
        assert_eq!(stw_exchange_lost(world.x, 0, &peer), 0, "before the outputs are polled: nothing follows");
        assert_eq!(stw_exchange_poll(world.x, out.as_mut_ptr(), buf.as_mut_ptr(), buf.len(), null_mut()), 0);
        assert_eq!(out.assume_init().body.send.to, peer);
    }
    assert!(world.kinds().is_empty());
}

#[test]
fn both_providers_agree_with_each_other_and_never_repeat_themselves() {
    let (mut ours, mut soft) = (Provider::new(&[3; 32]).unwrap(), Soft::new(&[3; 32]));
    for algorithm in [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512_256] {
        if !ours.knows(algorithm) {
            assert!(cfg!(not(feature = "hosted")) && algorithm == Algorithm::Sha512_256);
            continue;
        }
        let parts: [&[u8]; 3] = [b"alice:", b"", b"example:secret"];
        assert_eq!(ours.digest(algorithm, &parts), soft.digest(algorithm, &parts));
    }
    assert_eq!(ours.mac(&[b"ab", b"c"]), ours.mac(&[b"a", b"bc"]));
    assert_ne!(ours.mac(&[b"abc"]), ours.mac(&[b"abd"]));
    let drawn: BTreeSet<u64> = (0..1000).map(|_| ours.random_u64()).collect();
    assert_eq!(drawn.len(), 1000);
    #[cfg(not(feature = "hosted"))]
    assert!(Provider::new(&[0; 32]).is_none(), "a seed that nobody filled");
}

/// The enumerators of the header with this beginning.
fn enumerators(prefix: &str) -> BTreeMap<String, i64> {
    let lines = HEADER.lines().filter_map(|line| line.trim().strip_prefix(prefix)?.split_once(" = "));
    lines.map(|(name, number)| (name.into(), number.trim_end_matches(',').parse().unwrap())).collect()
}

#[test]
fn the_header_has_every_rule_and_no_other() {
    let expected: BTreeMap<_, _> = Rule::ALL
        .iter()
        .map(|rule| (rule.name().to_uppercase().replace(['.', '-'], "_"), i64::from(rule.number())))
        .collect();
    assert_eq!(enumerators("STW_RULE_"), expected);
    let alarms: BTreeSet<i64> = enumerators("STW_ALARM_").into_values().collect();
    assert_eq!(alarms, (1..=7).collect(), "every cause has its number there");
    for rule in Rule::ALL {
        // SAFETY: static text.
        let name = unsafe { CStr::from_ptr(stw_rule_name(rule.number())) };
        assert_eq!(name.to_str().unwrap(), rule.name());
        assert_eq!(names::rule_named(rule.name()), u32::from(rule.number()));
    }
    // SAFETY: static text.
    assert_eq!(unsafe { CStr::from_ptr(stw_rule_name(9999)) }, c"unknown");
}

#[test]
fn every_status_has_a_name_of_its_own() {
    let numbers: Vec<i64> = enumerators("STW_ERR_").into_values().chain(0..=4).collect();
    assert_eq!(numbers.len(), 22);
    let names: BTreeSet<_> =
        // SAFETY: static text.
        numbers.iter().map(|number| unsafe { CStr::from_ptr(stw_status_name(*number as i32)) }).collect();
    assert_eq!(names.len(), numbers.len());
    assert!(!names.contains(c"?"));
    // SAFETY: static text.
    assert_eq!(unsafe { CStr::from_ptr(stw_status_name(-1000)) }, c"?");
    assert_eq!(stw_abi_version(), STW_ABI_VERSION);
}

#[test]
fn a_party_dials_key_by_key_and_hears_tones() {
    let world = World::loaded();
    let mut leg = 0;
    // SAFETY: an exchange of ours, and a place for a leg.
    assert_eq!(unsafe { stw_exchange_off_hook(world.x, 1, 1, 0, &raw mut leg) }, 0);
    let tones = |world: &World| {
        core::iter::from_fn(|| world.poll(&mut [0; 2048]))
            .filter(|output| output.kind == 12)
            // SAFETY: of this kind.
            .map(|output| unsafe { (output.body.tone.leg, output.body.tone.tone) })
            .collect::<Vec<_>>()
    };
    assert_eq!(tones(&world), [(leg, 1)], "dial tone");
    // SAFETY: an exchange of ours.
    let digit = |key: u8| unsafe { stw_exchange_digit(world.x, 2, leg, u32::from(key)) };
    assert_eq!(digit(b'x'), status(STW_ERR_ARGUMENT));
    assert_eq!([digit(b'2'), digit(b'0')], [0, 0]);
    assert_eq!(tones(&world), [(leg, 0), (leg, 0)], "silence");
    assert_eq!(digit(b'2'), 0);
    assert_eq!(world.kinds(), [8, 2], "a decision, and somebody is called");
    // SAFETY: an exchange of ours.
    unsafe {
        assert_eq!(stw_exchange_release(world.x, 3, leg, 0), 0);
        assert_eq!(stw_exchange_digit(world.x, 3, leg, u32::from(b'1')), status(STW_ERR_UNKNOWN));
        assert_eq!(stw_exchange_off_hook(world.x, 3, 1, 99, &raw mut leg), status(STW_ERR_UNKNOWN));
        assert_eq!(stw_exchange_off_hook(world.x, 3, 1, 0, null_mut()), status(STW_ERR_ARGUMENT));
    }
}

#[test]
fn an_emergency_block_serves_where_there_is_no_policy() {
    let policy = POLICY.to_owned();
    let compiled = strowger_tools::compile_str(&policy, "policy.toml").unwrap();
    let world = World::new(&config());
    let mut damaged = compiled.image.clone();
    damaged[50] ^= 1;
    assert_eq!(world.load(&damaged, &compiled.keyring), status(STW_ERR_IMAGE_DAMAGED));
    // SAFETY: an exchange of ours; the octets stay until it ends.
    let load = |octets: &[u8]| unsafe { stw_exchange_load_emergency(world.x, octets.as_ptr(), octets.len()) };
    assert_eq!(load(b"no block at all"), status(STW_ERR_IMAGE_FORMAT));
    let kept = Vec::leak(damaged);
    assert_eq!(load(kept), 0);
    assert_eq!(load(kept), status(STW_ERR_BUSY));
    assert_eq!(world.setup(0, 0, b"911").0, 0);
    assert_eq!(world.setup(0, 0, b"202").0, status(STW_DENIED));
}
