//! A registered phone's REGISTER with credentials that are good at once, its cryptography apart: what is hashed and drawn is written down
//! in a first run, and read off in the one that is measured.

use crate::calls::{Memory, engine_by, gateway, play_measured, policy, talk};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use strowger::base::{Algorithm, Crypto, Hashed, Instant, Soft};
use strowger_testkit::phone::{Phone, PhoneConfig, PhoneEvent};

/// What came of one piece of cryptography.
#[derive(Clone, Copy)]
enum Came {
    Digest(Hashed),
    Mac([u8; 32]),
    Random([u8; 64]),
}

thread_local! {
    static CAME: RefCell<VecDeque<Came>> = const { RefCell::new(VecDeque::new()) };
}

/// With [`Soft`] it writes down, without it reads off.
struct Apart(Option<Soft>);

impl Apart {
    fn came(&mut self, make: impl FnOnce(&mut Soft) -> Came) -> Came {
        match &mut self.0 {
            Some(soft) => {
                let came = make(soft);
                CAME.with_borrow_mut(|all| all.push_back(came));
                came
            }
            None => CAME.with_borrow_mut(VecDeque::pop_front).expect("the same is asked for"),
        }
    }
}

impl Crypto for Apart {
    fn digest(&mut self, algorithm: Algorithm, parts: &[&[u8]]) -> Hashed {
        match self.came(|soft| Came::Digest(soft.digest(algorithm, parts))) {
            Came::Digest(hashed) => hashed,
            Came::Mac(_) | Came::Random(_) => panic!("something else is asked for"),
        }
    }

    fn mac(&mut self, parts: &[&[u8]]) -> [u8; 32] {
        match self.came(|soft| Came::Mac(soft.mac(parts))) {
            Came::Mac(mac) => mac,
            Came::Digest(_) | Came::Random(_) => panic!("something else is asked for"),
        }
    }

    fn random(&mut self, out: &mut [u8]) {
        let mut all = [0; 64];
        let came = self.came(|soft| {
            soft.random(&mut all);
            Came::Random(all)
        });
        let Came::Random(all) = came else { panic!("something else is asked for") };
        out.copy_from_slice(&all[..out.len()]);
    }

    fn equal(&self, a: &[u8], b: &[u8]) -> bool {
        a == b
    }
}

/// Lets 201 register, and then so many times again, ten seconds apart; all but the first registration measured. Octets that were sent.
///
/// # Panics
/// If a REGISTER is refused.
#[must_use]
pub fn refreshes(times: usize) -> usize {
    let compiled = policy();
    let inputs = {
        let mut memory = Box::new(Memory::new());
        let mut engine = engine_by(&mut memory, &compiled, Apart(Some(Soft::new(&[5; 32]))));
        let own = SocketAddr::from(([127, 0, 0, 1], 5071));
        let mut phone = Phone::new(PhoneConfig::new("201", "Copper-beech-lane-3", own, gateway()));
        let mut inputs = Vec::new();
        for n in 0..=times {
            let now = Instant(1_000).plus_s(10 * u64::try_from(n).expect("few"));
            phone.register(now, 3600);
            talk(&mut engine, &mut phone, (now, own), &mut inputs);
            assert_eq!(phone.poll_event(), Some(PhoneEvent::Registered));
        }
        // The first was asked for credentials.
        assert_eq!(inputs.len(), times + 2);
        inputs
    };
    let mut memory = Box::new(Memory::new());
    let mut engine = engine_by(&mut memory, &compiled, Apart(None));
    let (first, refreshes) = inputs.split_at(2);
    let mut buffer = [0; 4096];
    for (now, source, bytes) in first {
        engine.receive(*now, *source, bytes).expect("drained");
        while let Ok(Some(_)) = engine.poll(&mut buffer) {}
    }
    play_measured(&mut engine, refreshes)
}
