//! Another policy while calls are up: nobody is disturbed whom it still has, and what is asked from then on it judges.

use crate::office;

use office::{Office, assert_talk, changed_policy, columns, dials, last_denial, neutral, records};
use strowger::base::{Digit, Handle, Instant, Soft};
use strowger::call::Cause;
use strowger::exchange::{NotReloaded, Output, Room, Signal, Taken};
use strowger::policy::{Image, Keyring, Party, Rule, Verdict};
use strowger::wire::write::Buffer;
use strowger_testkit::phone::{Ask, Behaviour};
use strowger_testkit::sim::{Dice, ExchangeBox, Sizes, build_exchange};
use strowger_tools::trace::Reserve;

/// Everybody has every feature, there is a group to hunt and a user to log in.
const BUSY: [(&str, &str); 3] = [
    (
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"transfer\", \"conference\", \"camp-on\", \"park\", \"pickup\", \"forward-internal\", \"do-not-disturb\", \"redial\", \"hot-desk-accept\", \"smdr-external\", \"smdr-internal\"]",
    ),
    ("profile = \"strict\"", "profile = \"mivb\""),
    (
        "",
        r#"
[features]
forward_always = "*72"
forward_cancel = "*73"
do_not_disturb = "*60"
park = "*68"
park_retrieve = "*69"
pickup = "*8"
camp_on = "*41"
hot_desk_login = "*50"
hot_desk_logout = "*51"
[[cos]]
id = 3
name = "Guests"
features = ["hot-desk-login", "transfer", "hold", "smdr-external", "smdr-internal"]
[[user]]
dn = "401"
pin = "864205"
cos = 3
cor = 1
[[pickup_group]]
id = 1
members = ["201", "202", "203"]
[[hunt_group]]
dn = "300"
kind = "circular"
members = ["202", "203", "207"]
member_timeout_s = 10
[[hunt_group]]
dn = "301"
kind = "ring-all"
members = ["203", "207"]
member_timeout_s = 10
"#,
    ),
];

/// The same for everybody who is there already, and everything in another row.
const SHIFTED: [(&str, &str); 6] = [
    (
        "[[device]]\ndn = \"201\"",
        "[[device]]\ndn = \"150\"\nkind = \"sip\"\ntemplate = \"desk\"\npassword = \"N3wcomer-in-the-hall-1\"\ncos = 1\ncor = 1\n[[device]]\ndn = \"201\"",
    ),
    (
        "[[device]]\ndn = \"204\"",
        "[[device]]\ndn = \"208\"\nkind = \"sip\"\ntemplate = \"desk\"\npassword = \"N3wcomer-in-the-hall-2\"\ncos = 1\ncor = 1\n[[device]]\ndn = \"204\"",
    ),
    (
        "[[user]]\ndn = \"401\"",
        "[[user]]\ndn = \"400\"\npin = \"529174\"\ncos = 3\ncor = 1\n[[user]]\ndn = \"401\"",
    ),
    (
        "[[hunt_group]]\ndn = \"300\"",
        "[[hunt_group]]\ndn = \"299\"\nkind = \"linear\"\nmembers = [\"201\"]\n[[hunt_group]]\ndn = \"300\"",
    ),
    (
        "[[cor_group]]\nid = 1",
        "[[cor_group]]\nid = 7\nname = \"None\"\nmembers = \"90\"\n[[cor_group]]\nid = 1",
    ),
    ("[[route]]\nid = 9\ntrunk", "[[route]]\nid = 7\ntrunk = \"carrier\"\n[[route]]\nid = 9\ntrunk"),
];

/// Room for its devices.
const SIZES: Sizes = Sizes::for_calls(10, 2, 8);

/// A trunk in front of the others.
const TRUNK: (&str, &str) = (
    "[[trunk]]\nname = \"carrier\"",
    "[[trunk]]\nname = \"another\"\nkind = \"sip\"\nhost = \"10.0.9.9:5060\"\npublic = true\nchannels = 2\ncos = 50\ncor = 30\ninterconnect = 4\n[[trunk]]\nname = \"carrier\"",
);

fn all<'a>(one: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    one.iter().chain(more).copied().collect()
}

fn room(devices: usize, trunks: usize) -> Room<'static> {
    Box::leak(Box::new(Reserve::new(devices, trunks))).room()
}

fn reload(exchange: &mut ExchangeBox, changes: &[(&str, &str)]) -> Result<(), NotReloaded> {
    reload_to(exchange, changed_policy(changes))
}

fn reload_to(
    exchange: &mut ExchangeBox,
    (image, keyring): &'static (Vec<u8>, Vec<u8>),
) -> Result<(), NotReloaded> {
    let mut crypto = Soft::new(&[7; 32]);
    let image = Image::load(image, &mut crypto).expect("a good image");
    let keyring = Keyring::load(keyring, &image, &mut crypto).expect("its keyring");
    exchange.reload(image, keyring, room(20, 4)).map(|_| ()).map_err(|(why, _)| why)
}

/// What an exchange puts out, by names instead of rows.
fn told(exchange: &mut ExchangeBox, legs: &mut Vec<Handle>) -> Vec<String> {
    let (mut all, mut buffer) = (Vec::new(), vec![0; 4096]);
    while let Some(output) = exchange.poll(&mut buffer).expect("long enough") {
        let image = *exchange.image().expect("a policy");
        let name = |party: Party| match party {
            Party::Device(_) | Party::User { .. } => {
                let row = image.row_of(party).and_then(|row| image.device_texts().get(row as usize));
                let at = party.phone().and_then(|row| image.device_texts().get(row as usize));
                [row, at].map(|row| row.map_or("", |row| image.text(row.dn))).join("@")
            }
            Party::Trunk(row) => {
                image.text(image.trunks().get(usize::from(row)).unwrap_or_default().name).to_owned()
            }
            Party::Conference | Party::Unknown => format!("{party:?}"),
        };
        all.push(match output {
            Output::Setup { leg, to, digits } => {
                legs.push(leg);
                format!("setup {leg:?} {} {}", name(to), digits.as_str())
            }
            Output::Decision(decision) => {
                let verdict = match decision.verdict {
                    Verdict::Allow(choice) => format!("{} {}", choice.rule.name(), name(choice.to)),
                    Verdict::Deny(denial) => {
                        format!("no: {} {}", denial.rule.name(), name(denial.authority.party))
                    }
                    Verdict::NeedsCode(denial) => format!("code: {}", denial.rule.name()),
                };
                format!("{} dials {}: {verdict}", name(decision.from), decision.dialed.as_str())
            }
            Output::Smdr(record) => {
                let mut text = [0; 512];
                let mut out = Buffer::new(&mut text);
                record.csv(&mut out);
                let len = out.finish().expect("a short line");
                format!(
                    "{} {}",
                    String::from_utf8_lossy(&record.standard()),
                    String::from_utf8_lossy(&text[..len])
                )
            }
            Output::Emergency(notice) => {
                format!(
                    "help for {} from {}, call back {}",
                    notice.dialed.as_str(),
                    name(notice.from),
                    notice.callback.as_str()
                )
            }
            Output::Alarm(alarm) => {
                format!("alarm {:?} of {} {}", alarm.cause, name(alarm.party), alarm.dialed.as_str())
            }
            Output::Set { device } => format!("set at {}", name(Party::Device(device))),
            Output::Forwarded { leg, by } => format!("forwarded {leg:?} by {}", name(by)),
            other => format!("{other:?}"),
        });
    }
    all
}

/// The same happens to two exchanges, and one of them has its policy put in another order in the middle, again and again: nobody can tell.
/// Whatever feature is under way then.
#[test]
fn nobody_notices_that_every_row_is_another_one() {
    let attempts = std::env::var("STROWGER_ATTEMPTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_500);
    let (plain, shifted) = (all(&BUSY, &[]), all(&BUSY, &SHIFTED));
    let [plain, shifted] = [plain, shifted].map(|changes| changed_policy(&changes));
    let numbers = [
        "201",
        "202",
        "203",
        "204",
        "207",
        "300",
        "301",
        "401",
        "95550123",
        "911",
        "*72204",
        "*73",
        "*60",
        "*68",
        "*69201",
        "*8",
        "*41202",
        "*50401864205",
        "*51",
        "999",
    ];
    let mut reloads = 0;
    for seed in 0..attempts {
        let mut dice = Dice::new(seed);
        let mut below = |n: u64| dice.below(n) as usize;
        let (image, keyring) = plain;
        let build = || build_exchange(image, keyring, &SIZES, office::exchange_address(), 1);
        let mut pair = [build(), build()];
        let mut legs: [Vec<Handle>; 2] = [Vec::new(), Vec::new()];
        let (mut now, mut moved) = (Instant(1_000), false);
        for exchange in &mut pair {
            for trunk in 0..2 {
                exchange.set_trunk_address(trunk, ([10, 0, 9, 1 + trunk as u8], 5060).into());
            }
        }
        for step in 0..60 {
            now = now.plus_ms([0, 0, 500, 3_000, 12_000][below(5)]);
            let (from, dialed) = (below(5), numbers[below(numbers.len() as u64)]);
            let (kind, one, other) = (below(14), below(64), below(64));
            let mut outcomes = Vec::new();
            for (exchange, legs) in pair.iter_mut().zip(&mut legs) {
                let mut out = vec![format!("{:?}", exchange.tick(now))];
                let dn = ["201", "202", "203", "204", "205", "206", "207"][from];
                let image = *exchange.image().expect("a policy");
                let row = image.device_by_dn(dn.as_bytes()).expect("a device");
                let last = |at: usize| legs.iter().rev().nth(at % 8).copied().unwrap_or(Handle::NONE);
                let signal = match kind {
                    0..=3 => Signal::Setup { from: Party::Device(row), dialed: dialed.as_bytes() },
                    4 | 5 => Signal::Answer(last(one)),
                    6 => Signal::Release(
                        last(one),
                        [Cause::Normal, Cause::Status(486), Cause::Status(480)][other % 3],
                    ),
                    7 => Signal::Hold(last(one)),
                    8 => Signal::Retrieve(last(one)),
                    9 => Signal::Transfer(last(one), dialed.as_bytes()),
                    10 => Signal::Join(last(one), last(other)),
                    11 => Signal::OnHook(last(one)),
                    12 => Signal::Digit(
                        last(one),
                        Digit::from_ascii(b"0123456789*#"[other % 12]).expect("a key"),
                    ),
                    _ => Signal::Alerting(last(one)),
                };
                let taken = exchange.signal(now, &signal);
                out.push(match taken {
                    Ok(Taken::SetUp { leg } | Taken::OffHook { leg } | Taken::NeedsCode { leg, .. }) => {
                        legs.push(leg);
                        format!("made {leg:?}")
                    }
                    Ok(Taken::Denied(decision)) => {
                        format!("{:?}", decision.denial().map(|denial| denial.rule))
                    }
                    other => format!("{other:?}"),
                });
                out.extend(told(exchange, legs));
                outcomes.push(out);
            }
            assert_eq!(outcomes[0], outcomes[1], "seed {seed}, step {step}, after {reloads} reloads");
            if below(6) == 0 {
                match reload_to(&mut pair[1], if moved { plain } else { shifted }) {
                    Ok(()) => (moved, reloads) = (!moved, reloads + 1),
                    Err(NotReloaded::Help) => {}
                    Err(why) => panic!("seed {seed}, step {step}: {why:?}"),
                }
            }
        }
    }
    assert!(reloads > attempts * 4, "{reloads} reloads in {attempts} attempts");
}

/// Phones on our own SIP: a call over a trunk that has another row afterwards goes on, is held and taken back, and has its record.
#[test]
fn a_call_goes_on_under_the_new_policy_and_has_its_record() {
    let mut office = Office::changed(1, &[]);
    office.call("201", "95550123");
    office.until_talks("201");
    office.call("204", "202");
    office.until_talks("204");
    office.sim.run_ms(1_000);
    assert_eq!(reload(office.sim.exchange(0), &[SHIFTED[0], SHIFTED[1], TRUNK]), Ok(()));
    office.ask("201", Ask::Hold);
    office.sim.run_ms(1_000);
    office.ask("201", Ask::Resume);
    office.sim.run_ms(5_000);
    assert_eq!(office.sim.exchange(0).channels_in_use(1), 1, "the carrier has another row");
    assert_eq!(office.sim.exchange(0).channels_in_use(0), 0);
    assert_talk(&mut office, "204", "202");
    office.ends("204");
    office.ends("201");
    assert_eq!(records(&office), ["204,202,I,202,,", "201,95550123,A,T002,,"]);
    // Who was registered is, and where trunks are reached is known.
    office.talks_and_ends("203", "201");
    office.talks_and_ends("202", "95550199");
    office.assert_nothing_left();
}

/// R64: who waits for a busy device waits for it wherever its row is.
#[test]
fn r64_who_waits_for_a_busy_device_waits_on() {
    let mut office = Office::with_sizes(6, &SIZES, &BUSY);
    office.register();
    office.call("201", "202");
    office.until_talks("201");
    office.behaves("202", Behaviour::Busy);
    office.call("203", "*41202");
    office.sim.run_ms(500);
    office.behaves("202", Behaviour::Answer { after_ms: 1_000 });
    assert_eq!(reload(office.sim.exchange(0), &all(&BUSY, &SHIFTED)), Ok(()));
    office.sim.run_ms(5_000);
    office.hang_up("201");
    office.until_talks("203");
    assert_talk(&mut office, "203", "202");
    office.hang_up("203");
    office.assert_nothing_left();
}

/// Law 2: what a call was permitted with stays; whatever is asked of it from then on is judged by the new tables.
#[test]
fn law2_the_new_policy_judges_what_is_asked_from_then_on() {
    let transfers = (
        "features = [\"hold\", \"smdr-external\", \"smdr-internal\"]",
        "features = [\"hold\", \"transfer\", \"smdr-external\", \"smdr-internal\"]",
    );
    let closed = ("[[ars]]\nleading = \"9\"\ndigits = \"NXXXXXX\"\nuse = { route = 1 }\n", "");
    let mut office = Office::changed(2, &[transfers]);
    office.call("201", "95550123");
    office.until_talks("201");
    assert_eq!(reload(office.sim.exchange(0), &[transfers, closed]), Ok(()));
    office.sim.run_ms(10_000);
    assert_eq!(office.sim.exchange(0).calls_in_use(), 1, "what was permitted goes on");
    let (status, _) = office.refused("202", "95550123");
    assert_eq!((status, last_denial(&office).map(|(rule, ..)| rule)), (404, Some(Rule::NumberVacant)));
    office.ends("201");
    assert_eq!(records(&office).len(), 1);
}

/// Whoever is in a call must be there in the new policy: otherwise nothing changes, and afterwards it fits.
#[test]
fn a_policy_without_a_party_of_a_call_is_refused_and_nothing_has_changed() {
    let gone = (
        "[[device]]\ndn = \"207\"\nkind = \"sip\"\ntemplate = \"desk\"\npassword = \"Cl3ar-ocean-Rope-3\"\ncos = 1\ncor = 1\n",
        "",
    );
    let mut office = Office::changed(3, &[]);
    let seventh = office.phone("207");
    office.sim.with(seventh, |phone, now| phone.register(now, 3600));
    office.sim.run_ms(2_000);
    office.call("207", "201");
    office.until_talks("207");
    let before = hash(office.sim.exchange(0));
    assert_eq!(reload(office.sim.exchange(0), &[gone]), Err(NotReloaded::InCall(Party::Device(6))));
    assert_eq!(
        reload(office.sim.exchange(0), &[gone]),
        Err(NotReloaded::InCall(Party::Device(6))),
        "and again"
    );
    assert_eq!(hash(office.sim.exchange(0)), before);
    assert_talk(&mut office, "207", "201");
    office.ends("207");
    assert_eq!(reload(office.sim.exchange(0), &[gone]), Ok(()));
    assert_eq!(office.refused("201", "207").0, 404);
    office.talks_and_ends("201", "202");
}

fn hash(exchange: &ExchangeBox) -> (u64, [u8; 32], u32) {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    exchange.canonical(
        Instant(0),
        |party| if let Party::Device(row) = party { row } else { 99 },
        &mut hasher,
    );
    (hasher.finish(), *exchange.image().expect("a policy").hash(), exchange.calls_in_use())
}

/// Law 4: a call for help is not disturbed while it is set up, and goes on once it is answered.
#[test]
fn law4_a_call_for_help_is_set_up_before_anything_changes() {
    let mut office = Office::changed(4, &[]);
    office.call("201", "911");
    office.sim.run_ms(500);
    assert_eq!(reload(office.sim.exchange(0), &[TRUNK]), Err(NotReloaded::Help));
    office.until_talks("201");
    assert_eq!(reload(office.sim.exchange(0), &[TRUNK]), Ok(()));
    office.sim.run_ms(5_000);
    assert_eq!(office.sim.exchange(0).calls_in_use(), 1);
    office.ends("201");
    office.talks_and_ends("202", "911");
}

/// What does not fit the memory, what was not polled, and an emergency block are refused, and the memory comes back.
#[test]
fn what_does_not_fit_is_refused_and_gives_the_memory_back() {
    let (octets, keys) = changed_policy(&[]);
    let mut crypto = Soft::new(&[7; 32]);
    let image = Image::load(octets, &mut crypto).unwrap();
    let keyring = Keyring::load(keys, &image, &mut crypto).unwrap();
    let mut exchange = neutral(&[]);
    for (devices, trunks, why) in [(6, 2, NotReloaded::TooManyDevices), (7, 1, NotReloaded::TooManyTrunks)] {
        let (refused, back) = exchange.reload(image, keyring, room(devices, trunks)).unwrap_err();
        assert_eq!((refused, back.devices.len(), back.trunks.len()), (why, devices, trunks));
    }
    let block = Image::emergency(octets, &mut crypto).unwrap();
    assert_eq!(exchange.reload(block, Keyring::EMPTY, room(9, 2)).unwrap_err().0, NotReloaded::NoPolicy);
    exchange.signal(Instant(0), &Signal::Setup { from: Party::Device(0), dialed: b"202" }).unwrap();
    assert_eq!(exchange.reload(image, keyring, room(9, 2)).unwrap_err().0, NotReloaded::Unpolled);
    told(&mut exchange, &mut Vec::new());
    // What comes back is what it had.
    let old = exchange.reload(image, keyring, room(30, 5)).unwrap();
    assert_eq!((old.devices.len(), old.trunks.len()), (9, 2));
}

/// What users have set and who is logged in stays with the number, wherever its row is; a phone that may not use its transport any more is gone.
#[test]
fn r41_settings_and_log_ins_stay_with_the_number() {
    let mut office = Office::with_sizes(5, &SIZES, &BUSY);
    office.register();
    assert_eq!(dials(&mut office, "203", "*72204"), 200);
    assert_eq!(dials(&mut office, "204", "*50401864205"), 200);
    assert_eq!(reload(office.sim.exchange(0), &all(&BUSY, &SHIFTED)), Ok(()));
    let now = office.sim.now;
    let exchange = office.sim.exchange(0);
    let image = *exchange.image().unwrap();
    let row = |dn: &str| image.device_by_dn(dn.as_bytes()).unwrap();
    assert_eq!(exchange.user_at(now, row("204")), Some(row("401")));
    assert_eq!(exchange.user_at(now, row("208")), None);
    assert!(
        exchange.is_registered(row("204"))
            && !exchange.is_registered(row("208"))
            && !exchange.is_registered(row("150"))
    );
    office.behaves("204", Behaviour::Answer { after_ms: 500 });
    office.call("201", "203");
    office.until_talks("201");
    assert_talk(&mut office, "201", "204");
    office.ends("201");
    assert_eq!(columns(&office, &[24..28, 62..66]).last().unwrap(), "201,401", "whoever is logged in there");
    // The template asks for TLS from now on.
    let tls = ("name = \"desk\"", "name = \"desk\"\ntransport = [\"tls\"]");
    assert_eq!(reload(office.sim.exchange(0), &all(&BUSY, &[tls])), Ok(()));
    let exchange = office.sim.exchange(0);
    assert_eq!([0, 1, 2].map(|row| exchange.is_registered(row)), [false, true, false], "202 has no template");
}

/// R41, R82: who may not be logged in there any more is not; and who has another password has to register again.
#[test]
fn r82_who_may_not_be_there_any_more_leaves() {
    let mut office = Office::with_sizes(7, &SIZES, &BUSY);
    office.register();
    assert_eq!(dials(&mut office, "204", "*50401864205"), 200);
    office.call("204", "202");
    office.until_talks("204");
    let no_log_in = ("features = [\"hot-desk-login\", \"transfer\"", "features = [\"transfer\"");
    let password = ("W1nter-apple-Boat-7", "Summ3r-pear-Boat-7");
    assert_eq!(reload(office.sim.exchange(0), &all(&BUSY, &[no_log_in, password])), Ok(()));
    let now = office.sim.now;
    let exchange = office.sim.exchange(0);
    assert_eq!([1, 2, 3].map(|row| exchange.is_registered(row)), [true, false, true]);
    assert_eq!(exchange.user_at(now, 3), Some(7), "until his call has ended");
    office.ends("204");
    let now = office.sim.now;
    assert_eq!(office.sim.exchange(0).user_at(now, 3), None);
}

/// What counts as a public call is counted anew: none is counted for ever, and none twice.
#[test]
fn public_calls_are_counted_under_the_new_policy() {
    let private = (
        "transport = \"udp\"\npublic = true\nchannels = 2\ncaller_id = \"6135550100\"\ncos = 50\ncor = 30\ninterconnect = 4\n[[trunk]]\nname = \"other\"",
        "transport = \"udp\"\npublic = false\nchannels = 2\ncaller_id = \"6135550100\"\ncos = 50\ncor = 30\ninterconnect = 4\n[[trunk]]\nname = \"other\"",
    );
    let many = ("channels = 2", "channels = 9");
    let private = (
        private.0.replace("channels = 2", "channels = 9"),
        private.1.replace("channels = 2", "channels = 9"),
    );
    let private = (private.0.as_str(), private.1.as_str());
    let mut exchange = neutral(&[many]);
    exchange.set_trunk_address(0, ([10, 0, 9, 1], 5060).into());
    let call = |exchange: &mut ExchangeBox| {
        let taken =
            exchange.signal(Instant(0), &Signal::Setup { from: Party::Device(0), dialed: b"95550123" });
        told(exchange, &mut Vec::new());
        match taken.unwrap() {
            Taken::SetUp { leg } => Ok(leg),
            Taken::Denied(decision) => Err(decision.denial().map(|denial| denial.rule)),
            other => panic!("{other:?}"),
        }
    };
    let first = call(&mut exchange).unwrap();
    assert_eq!(reload(&mut exchange, &[many, private]), Ok(()));
    exchange.signal(Instant(0), &Signal::Release(first, Cause::Normal)).unwrap();
    told(&mut exchange, &mut Vec::new());
    let under_private = call(&mut exchange).unwrap();
    assert_eq!(reload(&mut exchange, &[many]), Ok(()));
    // That one counts now: one more is allowed, and no third.
    let second = call(&mut exchange).unwrap();
    assert_eq!(call(&mut exchange), Err(Some(Rule::LimitCalls)));
    for leg in [under_private, second] {
        exchange.signal(Instant(0), &Signal::Release(leg, Cause::Normal)).unwrap();
        told(&mut exchange, &mut Vec::new());
    }
    assert!(call(&mut exchange).is_ok() && call(&mut exchange).is_ok(), "nothing is counted for ever");
}

/// A record names its payer: who has forwarded a call that is up must be there in the new policy too, though nobody talks to him.
#[test]
fn who_pays_for_a_call_is_a_party_of_it() {
    let forwarder = "[[device]]\ndn = \"203\"\nkind = \"sip\"\ntemplate = \"desk\"\npassword = \"W1nter-apple-Boat-7\"\ncos = 1\ncor = 2\n";
    let mut office =
        Office::with_sizes(8, &SIZES, &[BUSY[0], BUSY[1], ("", "[features]\nforward_always = \"*72\"\n")]);
    office.register();
    assert_eq!(dials(&mut office, "203", "*72204"), 200);
    office.call("201", "203");
    office.until_talks("201");
    let without = [BUSY[0], BUSY[1], ("", "[features]\nforward_always = \"*72\"\n"), (forwarder, "")];
    assert_eq!(reload(office.sim.exchange(0), &without), Err(NotReloaded::InCall(Party::Device(2))));
    office.ends("201");
    assert_eq!(reload(office.sim.exchange(0), &without), Ok(()));
}

/// Law 4: a trunk that knows us by another name from now on is where it was, and help is called over it at once.
#[test]
fn law4_a_trunk_with_another_name_for_us_is_where_it_was() {
    let named = (
        "name = \"carrier\"\nkind = \"sip\"\n",
        "name = \"carrier\"\nkind = \"sip\"\nusername = \"elm\"\npassword = \"Gr8-elm-by-the-lake\"\n",
    );
    let mut office = Office::changed(9, &[]);
    assert_eq!(reload(office.sim.exchange(0), &[named]), Ok(()));
    office.talks_and_ends("201", "911");
    let moved = ("host = \"10.0.9.1:5060\"", "host = \"10.0.9.7:5060\"");
    assert_eq!(reload(office.sim.exchange(0), &[named, moved]), Ok(()));
    // Over the other one: where this one is nobody has told yet.
    office.talks_and_ends("201", "911");
    assert_eq!(office.sim.exchange(0).channels_in_use(0), 0);
}
