//! What a wrong password costs, for a user who is there and for one who is not: by time nobody is to tell them apart (R81).

use crate::calls::{Memory, engine, gateway, policy, talk};
use std::net::SocketAddr;
use strowger::base::Instant;
use strowger_testkit::phone::{Phone, PhoneConfig, PhoneEvent};

/// Who is guessed at: a phone of the policy, and one that looks like it.
pub const USERS: [(&str, &str); 2] = [("known", "201"), ("unknown", "209")];

/// What the engine is given when somebody guesses this user's password so often, each time from elsewhere and an hour later: no
/// lock-out is in the way. With the same seed the engine gives the same nonces again.
///
/// # Panics
/// If a guess is not refused.
#[must_use]
pub fn record(dn: &str, times: usize) -> Vec<(Instant, SocketAddr, Vec<u8>)> {
    let compiled = policy();
    let mut memory = Box::new(Memory::new());
    let mut engine = engine(&mut memory, &compiled);
    let mut inputs = Vec::new();
    for n in 0..times {
        let now = Instant(0).plus_s(3600 * u64::try_from(n + 1).expect("few"));
        let place = u8::try_from(n + 1).expect("few");
        let own = SocketAddr::from(([10, 0, 0, place], 5060));
        let mut phone = Phone::new(PhoneConfig::new(dn, "guessed-a-hundred-times", own, gateway()));
        phone.register(now, 600);
        talk(&mut engine, &mut phone, (now, own), &mut inputs);
        assert_eq!(phone.poll_event(), Some(PhoneEvent::RegisterFailed(401)), "{dn}");
    }
    inputs
}
