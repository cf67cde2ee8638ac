//! Offices where flows take place.

use crate::office::Office;
use strowger::base::Instant;
use strowger_testkit::phone::Asks;
use strowger_testkit::sim::Sizes;

/// Which office a flow needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Where {
    /// Everything is allowed and set up.
    Busy,
    /// The carrier asks who we are, and we are registered there.
    Known,
}

/// Everything is in force that the flows use.
const BUSY: &[(&str, &str)] = &[
    (
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"transfer\", \"conference\", \"pickup\", \"park\", \"camp-on\", \"executive-busy-override\", \"redial\", \"forward-internal\", \"forward-external\", \"do-not-disturb\", \"non-verified-account-code\", \"hot-desk-login\", \"smdr-external\", \"smdr-internal\"]\naccount_code_length = 3",
    ),
    ("ringing = 60\n", "ringing = 60\nno_answer = 5\nhold_recall = 15\n"),
    ("password = \"Bl4ck-button-Mile-5\"\ncos = 0", "password = \"Bl4ck-button-Mile-5\"\ncos = 2"),
    ("dn = \"203\"", "dn = \"203\"\nsrtp = \"best-effort\""),
    ("dn = \"204\"", "dn = \"204\"\nsrtp = \"best-effort\""),
    ("dn = \"205\"", "dn = \"205\"\nzone = \"home\""),
    INBOUND,
    (
        "",
        r#"
[features]
account_code = "*33"
redial = "*66"
forward_always = "*72"
forward_busy = "*74"
forward_no_answer = "*75"
forward_cancel = "*73"
do_not_disturb = "*60"
pickup = "*8"
directed_pickup = "*9"
park = "*70"
park_retrieve = "*71"
camp_on = "*61"
busy_override = "*62"
hot_desk_login = "*50"
hot_desk_logout = "*51"
[[cos]]
id = 2
name = "Desks"
features = ["hot-desk-accept", "smdr-external", "smdr-internal"]
[[user]]
dn = "401"
name = "Visitor"
pin = "864205"
cos = 1
cor = 1
logout_after_min = 60
[[pickup_group]]
id = 1
members = ["202", "203"]
[[hunt_group]]
dn = "600"
kind = "linear"
members = ["203", "204"]
[[hunt_group]]
dn = "601"
kind = "ring-all"
members = ["203", "204"]
[[speed_call]]
code = "*03"
number = "202"
[[intercept]]
id = 1
vacant = { dn = "202" }
[[zone]]
name = "home"
[[media_path]]
between = ["default", "home"]
path = "anchored"
[media]
conference = "sip:mixer@10.0.8.1:5066"
rtpengine = "127.0.0.1:2223"
"#,
    ),
];
const INBOUND: (&str, &str) = (
    "interconnect = 4\n[[trunk]]\nname = \"other\"",
    "interconnect = 4\ntrusted = [\"10.0.9.1/32\"]\ninbound = [ { did = \"61355501XX\", to = \"2XX\" } ]\n[[trunk]]\nname = \"other\"",
);
const PASSWORD: &str = "Carrier-secret-2026";
const REGISTERS: (&str, &str) = (
    "name = \"carrier\"\nkind = \"sip\"",
    "name = \"carrier\"\nkind = \"sip\"\nusername = \"elm\"\npassword = \"Carrier-secret-2026\"\nregister = true",
);

/// Six phones, one hot-desk user, two hunt groups; three calls, one of them kept for emergency.
pub(crate) const SIZES: Sizes = Sizes::for_calls(10, 2, 6);

/// An office for flows, where nobody is registered yet.
pub(crate) fn office(at: Where, seed: u64, sizes: &Sizes) -> Office {
    // So late that a clock may go back often.
    let late = Instant(1 << 40);
    match at {
        Where::Busy => {
            let mut office = Office::with_sizes(seed, sizes, BUSY);
            office.sim.now = late;
            office.add_mixer(seed);
            office
        }
        Where::Known => {
            let mut office = Office::with_sizes(seed, sizes, &[INBOUND, REGISTERS]);
            office.sim.now = late;
            let carrier = office.carrier;
            office.sim.phone(carrier).config.challenges =
                Some(Asks { most_s: 120, ..Asks::new("elm", PASSWORD) });
            office
        }
    }
}
