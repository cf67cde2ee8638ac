//! A telephone as C uses it: pointers good and bad, refusals that change nothing, and whole calls between two telephones and an exchange,
//! every octet by the ABI.

use crate::exports::*;
use crate::guard::{stw_exchange, stw_phone};
use crate::memory::phone::{STW_BYTES_LINE, STW_BYTES_PHONE};
use crate::status::stw_status_number::{self, *};
use crate::types::stw_phone_output_kind::*;
use crate::types::*;
use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};
use std::collections::VecDeque;
use strowger::media::Codec;
use strowger::policy::Rule;

const POLICY: &str = include_str!("../../examples/c/policy.toml");
const CANARY: u64 = 0xC0DE_C0DE_C0DE_C0DE;

fn status(number: stw_status_number) -> i32 {
    number as i32
}

fn at(last: u8, port: u16) -> stw_address {
    let mut octets = [0; 16];
    octets[..4].copy_from_slice(&[192, 0, 2, last]);
    stw_address { octets, scope: 0, port, family: 4, transport: 0 }
}

fn text<const N: usize>(text: &str) -> [core::ffi::c_char; N] {
    let mut out = [0; N];
    out.iter_mut().zip(text.bytes()).for_each(|(slot, c)| *slot = core::ffi::c_char::from_ne_bytes([c]));
    out
}

fn read(text: &[core::ffi::c_char]) -> String {
    text.iter().take_while(|c| **c != 0).map(|c| char::from(c.to_ne_bytes()[0])).collect()
}

fn config(number: &str, last: u8) -> stw_phone_config {
    stw_phone_config {
        struct_size: size_of::<stw_phone_config>() as u32,
        abi_version: STW_ABI_VERSION,
        instance: u32::from(last),
        lines: 3,
        transactions: 0,
        pages: 0,
        sound_port: 16_384,
        srtp: stw_srtp::STW_SRTP_BEST_EFFORT as u32,
        codecs: [stw_codec::STW_CODEC_G722 as u8, stw_codec::STW_CODEC_PCMA as u8, 0, 0, 0, 0, 0, 0],
        heartbeat_s: 0,
        missed: 0,
        return_s: 0,
        server_count: 1,
        servers: [at(1, 5060), stw_address::default()],
        address: at(last, 5060),
        number: stw_digits { text: text(number) },
        username: [0; 64],
        password: [0; 64],
        realm: [0; 64],
        domain: [0; 64],
        random_seed: [last; 32],
        reserved: [0; 4],
    }
}

/// A telephone in a block that is a few words longer than it needs.
struct Handset {
    block: Vec<u64>,
    size: usize,
    p: *mut stw_phone,
    /// What it has told, but for datagrams.
    told: Vec<stw_phone_output>,
}

impl Handset {
    fn new(config: &stw_phone_config) -> Self {
        let mut size = 0;
        // SAFETY: as C would, with pointers to live values.
        assert_eq!(unsafe { stw_phone_size(config, &mut size) }, 0);
        let mut handset = Self { block: vec![CANARY; size / 8 + 4], size, p: null_mut(), told: Vec::new() };
        let memory = handset.block.as_mut_ptr().cast();
        // SAFETY: the block outlives the telephone: `Drop` ends it.
        assert_eq!(unsafe { stw_phone_init(memory, size, config, &mut handset.p) }, 0);
        handset
    }

    fn kinds(&mut self) -> Vec<u32> {
        self.told.drain(..).map(|output| output.kind).collect()
    }

    fn dial(&self, now: u64, number: &str) -> (i32, u64, u32) {
        let (mut line, mut rule) = (0, 0);
        // SAFETY: live pointers.
        let status =
            unsafe { stw_phone_dial(self.p, now, number.as_ptr(), number.len(), &mut line, &mut rule) };
        (status, line, rule)
    }

    fn line(&self, line: u64) -> Option<stw_line_info> {
        let mut out = MaybeUninit::uninit();
        // SAFETY: live pointers; written for OK.
        unsafe { (stw_phone_line(self.p, line, out.as_mut_ptr()) == 0).then(|| out.assume_init()) }
    }

    fn sound(&self, line: u64) -> Option<stw_sound> {
        let mut out = MaybeUninit::uninit();
        // SAFETY: live pointers; written for OK.
        unsafe { (stw_phone_sound(self.p, line, out.as_mut_ptr()) == 0).then(|| out.assume_init()) }
    }
}

impl Drop for Handset {
    fn drop(&mut self) {
        if self.p.is_null() {
            return;
        }
        // SAFETY: the telephone of `new`.
        assert_eq!(unsafe { stw_phone_deinit(self.p) }, 0);
        let words = self.size / 8;
        assert!(self.block[..words].iter().all(|word| *word == 0), "all of it is wiped");
        assert!(self.block[words..].iter().all(|word| *word == CANARY), "and nothing behind it touched");
    }
}

/// Two telephones and an exchange, whose datagrams arrive at once.
struct Town {
    exchange: Vec<u64>,
    x: *mut stw_exchange,
    phones: [Handset; 2],
    policy: Vec<Vec<u8>>,
    now: u64,
}

impl Town {
    fn new() -> Self {
        let compiled = strowger_tools::compile_str(POLICY, "policy.toml").unwrap();
        let of = |dn: &str| strowger_tools::keyring_for(&compiled, dn).unwrap();
        let policy = vec![compiled.image.clone(), compiled.keyring.clone(), of("201"), of("202")];
        let x_config = stw_exchange_config {
            struct_size: size_of::<stw_exchange_config>() as u32,
            abi_version: STW_ABI_VERSION,
            instance: 1,
            devices: 8,
            trunks: 1,
            calls: 4,
            reserved_calls: 0,
            transactions: 0,
            pages: 0,
            reserved: 0,
            address: at(1, 5060),
            random_seed: [1; 32],
        };
        let mut size = 0;
        // SAFETY: live pointers; the block outlives the exchange, which `Drop` ends.
        let (exchange, x) = unsafe {
            assert_eq!(stw_exchange_size(&x_config, &mut size), 0);
            let mut block = vec![0u64; size / 8 + 1];
            let mut x = null_mut();
            assert_eq!(stw_exchange_init(block.as_mut_ptr().cast(), size, &x_config, &mut x), 0);
            let [image, keys] = [&policy[0], &policy[1]];
            assert_eq!(stw_exchange_load(x, image.as_ptr(), image.len(), keys.as_ptr(), keys.len()), 0);
            (block, x)
        };
        let phones = [("201", 11, 2), ("202", 12, 3)].map(|(number, last, keys)| {
            let handset = Handset::new(&config(number, last));
            let (image, keys) = (&policy[0], &policy[keys]);
            // SAFETY: the policy outlives the telephones (fields are dropped in order, and they are ended before it).
            let loaded =
                unsafe { stw_phone_load(handset.p, image.as_ptr(), image.len(), keys.as_ptr(), keys.len()) };
            assert_eq!(loaded, 0);
            handset
        });
        Self { exchange, x, phones, policy, now: 1_000 }
    }

    /// Delivers datagrams until there are none.
    fn settle(&mut self) {
        let mut under_way: VecDeque<(u8, u8, Vec<u8>)> = VecDeque::new();
        loop {
            let mut buf = [0; 8192];
            for (phone, last) in self.phones.iter_mut().zip([11, 12]) {
                let mut out = MaybeUninit::uninit();
                loop {
                    // SAFETY: live pointers; written for OK.
                    let output = unsafe {
                        match stw_phone_poll(
                            phone.p,
                            out.as_mut_ptr(),
                            buf.as_mut_ptr(),
                            buf.len(),
                            null_mut(),
                        ) {
                            0 => out.assume_init(),
                            other => break assert_eq!(other, status(STW_EMPTY)),
                        }
                    };
                    if output.kind == STW_PHONE_SEND as u32 {
                        under_way.push_back((
                            last,
                            output.to.octets[3],
                            buf[..output.length as usize].to_vec(),
                        ));
                    } else {
                        phone.told.push(output);
                    }
                }
            }
            let mut out = MaybeUninit::<stw_output>::uninit();
            loop {
                // SAFETY: live pointers; written for OK.
                let output = unsafe {
                    match stw_exchange_poll(self.x, out.as_mut_ptr(), buf.as_mut_ptr(), buf.len(), null_mut())
                    {
                        0 => out.assume_init(),
                        other => break assert_eq!(other, status(STW_EMPTY)),
                    }
                };
                if output.kind == stw_output_kind::STW_OUTPUT_SEND as u32 {
                    // SAFETY: of that kind.
                    let send = unsafe { output.body.send };
                    under_way.push_back((1, send.to.octets[3], buf[..send.length as usize].to_vec()));
                }
            }
            let Some((from, to, datagram)) = under_way.pop_front() else { break };
            self.now += 1;
            // SAFETY: live pointers.
            let taken = unsafe {
                match to {
                    1 => {
                        let source = at(from, 5060);
                        stw_exchange_receive(self.x, self.now, &source, datagram.as_ptr(), datagram.len())
                    }
                    last => {
                        assert_eq!(from, 1, "telephones talk to their gateway only");
                        let phone = self.phones.iter().zip([11, 12]).find(|(_, own)| *own == last).unwrap().0;
                        stw_phone_receive(phone.p, self.now, &at(1, 5060), datagram.as_ptr(), datagram.len())
                    }
                }
            };
            assert_eq!(taken, 0);
        }
    }

    fn registered(mut self) -> Self {
        for n in 0..2 {
            // SAFETY: a live telephone.
            assert_eq!(unsafe { stw_phone_register(self.phones[n].p, self.now) }, 0);
            self.settle();
            let told = self.phones[n].told.pop().unwrap();
            assert_eq!(told.kind, STW_PHONE_STANDING as u32);
            assert_eq!(told.standing, stw_standing::STW_STANDING_REGISTERED as u32);
            assert!(told.value > 60, "{}", told.value);
        }
        self
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        // SAFETY: the exchange of `new`.
        assert_eq!(unsafe { stw_exchange_deinit(self.x) }, 0);
        assert!(!self.exchange.is_empty() && !self.policy.is_empty());
    }
}

#[test]
fn two_telephones_and_an_exchange_talk_through_the_abi() {
    let mut town = Town::new().registered();
    let (code, line, _) = town.phones[0].dial(town.now, "202");
    assert_eq!(code, 0);
    assert_eq!(town.phones[0].line(line).unwrap().state, stw_line_state::STW_LINE_CALLING as u32);
    town.settle();
    let rings = town.phones[1].told.pop().unwrap();
    assert_eq!(rings.kind, STW_PHONE_INCOMING as u32);
    let info = town.phones[1].line(rings.line).unwrap();
    assert_eq!((info.state, read(&info.number)), (stw_line_state::STW_LINE_RINGING as u32, "201".to_owned()));
    assert_eq!(town.phones[0].kinds(), [STW_PHONE_ALERTED as u32]);
    assert!(town.phones[1].sound(rings.line).is_some(), "what was offered is known");
    // SAFETY: a live telephone.
    assert_eq!(unsafe { stw_phone_answer(town.phones[1].p, town.now, rings.line) }, 0);
    town.settle();
    assert_eq!(town.phones[0].kinds(), [STW_PHONE_UP as u32, STW_PHONE_SOUND as u32]);
    let (own, theirs) = (town.phones[0].sound(line).unwrap(), town.phones[1].sound(rings.line).unwrap());
    assert_eq!((own.codec, own.encrypted), (stw_codec::STW_CODEC_G722 as u32, 1));
    assert!(own.our_key == theirs.their_key && own.their_key == theirs.our_key && own.our_key != [0; 30]);
    assert!(own.to == theirs.at && own.at == theirs.to);
    // Hold, and what the other hears of it.
    town.phones[1].told.clear();
    // SAFETY: a live telephone.
    assert_eq!(unsafe { stw_phone_hold(town.phones[0].p, town.now, line, 1) }, 0);
    town.settle();
    let changed = town.phones[0].told.iter().find(|told| told.kind == STW_PHONE_CHANGED as u32).unwrap();
    assert_eq!(changed.value, 200);
    let held = town.phones[1].told.iter().find(|told| told.kind == STW_PHONE_HELD as u32).unwrap();
    assert_eq!((held.line, held.value), (rings.line, 1));
    let sound = town.phones[1].sound(rings.line).unwrap();
    assert_eq!(sound.direction, stw_direction::STW_DIRECTION_RECEIVE as u32);
    // One hangs up, both hear it, and the handles are stale.
    town.phones[0].told.clear();
    town.phones[1].told.clear();
    // SAFETY: a live telephone.
    assert_eq!(unsafe { stw_phone_hang_up(town.phones[1].p, town.now, rings.line) }, 0);
    town.settle();
    let over = town.phones[0].told.pop().unwrap();
    assert_eq!((over.kind, over.value, over.rule), (STW_PHONE_OVER as u32, 200, 0));
    assert!(town.phones[0].line(line).is_none() && town.phones[1].line(rings.line).is_none());
    // SAFETY: a live telephone.
    assert_eq!(unsafe { stw_phone_hang_up(town.phones[0].p, town.now, line) }, status(STW_ERR_UNKNOWN));
}

#[test]
fn its_own_policy_refuses_and_says_by_which_rule() {
    let town = Town::new().registered();
    let (code, line, rule) = town.phones[0].dial(town.now, "7");
    assert_eq!((code, line, rule), (status(STW_DENIED), 0, u32::from(Rule::NumberVacant.number())));
    // SAFETY: live pointers; the rule is not wanted.
    let code = unsafe { stw_phone_dial(town.phones[0].p, town.now, b"7".as_ptr(), 1, &mut 0, null_mut()) };
    assert_eq!(code, status(STW_DENIED));
    let mut counted = MaybeUninit::uninit();
    // SAFETY: live pointers; written for OK.
    let counted = unsafe {
        assert_eq!(stw_phone_count(town.phones[0].p, counted.as_mut_ptr()), 0);
        counted.assume_init()
    };
    assert_eq!(counted.denied, 2);
}

/// A handle of one telephone means nothing to another, nor to an exchange; and what is no telephone is refused.
#[test]
fn telephones_are_strangers_to_each_other() {
    let mut town = Town::new().registered();
    let (_, line, _) = town.phones[0].dial(town.now, "202");
    town.settle();
    // SAFETY: live telephones and exchange; the pointers of other kinds point to readable memory.
    unsafe {
        let other = town.phones[1].p;
        assert_eq!(stw_phone_hang_up(other, town.now, line), status(STW_ERR_UNKNOWN));
        assert_eq!(stw_phone_tick(town.x.cast(), town.now), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_exchange_tick(other.cast(), town.now), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_deadline(town.x.cast()), u64::MAX);
    }
}

/// Null, misaligned, too short, too old, out of range: a status, and nothing is written.
#[test]
fn misuse_is_refused() {
    let good = config("201", 11);
    let mut size = 0;
    let mut p = null_mut();
    let mut block = vec![CANARY; (STW_BYTES_PHONE + 3 * STW_BYTES_LINE) / 8];
    let memory: *mut u8 = block.as_mut_ptr().cast();
    let all = block.len() * 8;
    // SAFETY: pointers that are null or live.
    unsafe {
        assert_eq!(stw_phone_size(null(), &mut size), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_size(&good, null_mut()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_size(&good, &mut size), 0);
        assert!(size <= all, "{size} of {all}");
        assert_eq!(stw_phone_init(null_mut(), all, &good, &mut p), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_init(memory.add(4), all - 8, &good, &mut p), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_init(memory, size - 1, &good, &mut p), status(STW_ERR_MEMORY));
        assert_eq!(stw_phone_init(memory, all, &good, null_mut()), status(STW_ERR_ARGUMENT));
        type Broken = (&'static str, fn(&mut stw_phone_config), stw_status_number);
        let broken: [Broken; 15] = [
            ("sound", |c| c.sound_port = 65_534, STW_ERR_ARGUMENT),
            ("size", |c| c.struct_size -= 1, STW_ERR_ABI),
            ("version", |c| c.abi_version = 0x0002_0000, STW_ERR_ABI),
            ("newer", |c| c.abi_version = STW_ABI_VERSION + 1, STW_ERR_ABI),
            ("lines", |c| c.lines = 1, STW_ERR_ARGUMENT),
            ("pages", |c| c.pages = 3, STW_ERR_ARGUMENT),
            ("instance", |c| c.instance = 0, STW_ERR_ARGUMENT),
            ("srtp", |c| c.srtp = 3, STW_ERR_ARGUMENT),
            ("codec", |c| c.codecs[0] = 77, STW_ERR_ARGUMENT),
            ("codecs", |c| c.codecs[0] = 0, STW_ERR_ARGUMENT),
            ("servers", |c| c.server_count = 0, STW_ERR_ARGUMENT),
            ("server", |c| c.servers[0].family = 5, STW_ERR_ARGUMENT),
            ("address", |c| c.address.family = 0, STW_ERR_ARGUMENT),
            ("number", |c| c.number.text[0] = 0, STW_ERR_ARGUMENT),
            ("endless", |c| c.password = [65; 64], STW_ERR_ARGUMENT),
        ];
        for (what, change, expected) in broken {
            let mut bad = good;
            change(&mut bad);
            assert_eq!(stw_phone_init(memory, all, &bad, &mut p), status(expected), "{what}");
            assert!(p.is_null() && block.iter().all(|word| *word == CANARY), "{what}");
        }
        assert_eq!(stw_phone_init(memory, all, &good, &mut p), 0);
        let mut out = MaybeUninit::<stw_phone_output>::uninit();
        let mut buf = [0u8; 2048];
        let source = at(1, 5060);
        let mut line = 0;
        assert_eq!(stw_phone_register(p, 1), 0);
        // Buffers of every length from 0: it stays until it fits.
        let mut needed = 0;
        for len in 0..2048 {
            let got = stw_phone_poll(p, out.as_mut_ptr(), buf.as_mut_ptr(), len, &mut needed);
            if got == 0 {
                assert_eq!(len, needed);
                break;
            }
            assert_eq!(got, status(STW_ERR_BUFFER));
            assert!(needed > len && buf[len..].iter().all(|octet| *octet == 0));
        }
        assert!(buf.starts_with(b"REGISTER sip:192.0.2.1:5060 SIP/2.0\r\n"));
        assert_eq!(stw_phone_poll(p, out.as_mut_ptr(), null_mut(), 0, null_mut()), status(STW_EMPTY));
        assert_eq!(
            stw_phone_poll(p, null_mut(), buf.as_mut_ptr(), buf.len(), null_mut()),
            status(STW_ERR_ARGUMENT)
        );
        assert_eq!(stw_phone_receive(p, 2, null(), buf.as_ptr(), 1), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_receive(p, 2, &source, null(), 1), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_receive(p, 2, &source, null(), 0), 0, "nothing is nothing");
        assert_eq!(stw_phone_dial(p, 3, null(), 1, &mut line, null_mut()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_dial(p, 3, b"2".as_ptr(), 1, null_mut(), null_mut()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_press(p, 3, 1, u32::from(b'x')), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_press(p, 3, 1, u32::from(b'5')), status(STW_ERR_UNKNOWN));
        assert_eq!(stw_phone_set_mode(p, 99), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_set_clock(p, 3, 0, 2_000), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_listen(p, null()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_lost(p, 3, null()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_load(p, b"nonsense".as_ptr(), 8, null(), 0), status(STW_ERR_IMAGE_FORMAT));
        assert_eq!(stw_phone_load_emergency(p, b"nonsense".as_ptr(), 8), status(STW_ERR_IMAGE_FORMAT));
        assert_eq!(stw_phone_line(p, 0, null_mut()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_sound(p, 0, null_mut()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_count(p, null_mut()), status(STW_ERR_ARGUMENT));
        assert_eq!(stw_phone_deinit(p), 0);
        assert_eq!(stw_phone_deinit(p), status(STW_ERR_ARGUMENT), "once");
        assert_eq!(stw_phone_tick(p, 4), status(STW_ERR_ARGUMENT), "and it is gone");
        assert_eq!(stw_phone_tick(null_mut(), 4), status(STW_ERR_ARGUMENT));
    }
}

/// A policy that does not have its number is refused, one that is loaded stays in force (law 3).
#[test]
fn law_3_a_strangers_policy_is_refused() {
    let compiled = strowger_tools::compile_str(POLICY, "policy.toml").unwrap();
    let handset = Handset::new(&config("555", 11));
    let image = &compiled.image;
    // SAFETY: the image outlives the telephone's use of it: it is not taken.
    let loaded = unsafe { stw_phone_load(handset.p, image.as_ptr(), image.len(), null(), 0) };
    assert_eq!(loaded, status(STW_ERR_UNKNOWN));
    assert_eq!(handset.dial(5, "911").0, status(STW_DENIED), "it has not even a block");
    // SAFETY: the same; a block is for everybody, and it is used until the end of this test.
    assert_eq!(unsafe { stw_phone_load_emergency(handset.p, image.as_ptr(), image.len()) }, 0);
    assert_eq!(handset.dial(5, "201").0, status(STW_DENIED));
    assert_eq!(handset.dial(5, "911").0, 0);
    drop(handset);
}

#[test]
fn codecs_have_the_numbers_of_the_engine() {
    let numbers = [
        (stw_codec::STW_CODEC_PCMU, Codec::Pcmu),
        (stw_codec::STW_CODEC_PCMA, Codec::Pcma),
        (stw_codec::STW_CODEC_G722, Codec::G722),
        (stw_codec::STW_CODEC_G729, Codec::G729),
        (stw_codec::STW_CODEC_OPUS, Codec::Opus),
    ];
    assert_eq!(numbers.len(), Codec::ALL.len());
    for (number, codec) in numbers {
        assert_eq!(Codec::ALL[number as usize - 1], codec);
    }
    assert_eq!(stw_codec::STW_CODEC_NONE as u32, 0);
}
