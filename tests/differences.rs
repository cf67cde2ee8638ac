//! `diff` against everything that can be dialed: it reports a change for a caller, a number's row and a mode exactly
//! when some attempt shows one.
//!
//! `STROWGER_DIFFS` sets how many random pairs of policies are compared, `STROWGER_SEED` where they begin.

use std::collections::{BTreeMap, BTreeSet};

use strowger::base::Soft;
use strowger::policy::decide::class_of;
use strowger::policy::rows::{Features, USE_PLAN};
use strowger::policy::trie::{End, analyse};
use strowger::policy::{self, Attempt, Code, Image, Mode, Party, Rule, Verdict, decide};
use strowger_testkit::model::{Follow, Model, Use};
use strowger_testkit::strategies::{Seeded, models, smaller};
use strowger_tools::diff::{Change, Difference, Target, diff};

const PAIRS: usize = 20;
/// No number of the policies below is longer; with `+`, the access code 8 and a prefix stand in front.
const LONGEST: usize = 5;
const KEYS: &[u8; 12] = b"0123456789*#";
const MODES: [Mode; 3] = [Mode::Day, Mode::Night1, Mode::Night2];

/// What was asked: caller, mode, kind of code, what the number is in both policies, dialed with `+`, and the verdicts.
type Asked = (String, &'static str, &'static str, String, String, bool, &'static str, &'static str);

fn number_from(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

/// A policy in which everything that can be told apart is told apart by five digits.
fn short(mut model: Model, throw: u8) -> Option<Model> {
    const INSERTS: [&str; 8] = ["", "1613", "613555012", "1900555", "01144", "16135550", "011882", "41"];
    for (at, change) in (0..).zip(&mut model.modifications) {
        change.insert = INSERTS[(at + usize::from(throw)) % INSERTS.len()].into();
        change.absorb = change.absorb.min(2);
    }
    for row in &mut model.ars {
        if row.follow == Follow::Unknown {
            row.follow = Follow::Exactly(1);
        }
    }
    let length = |row: &strowger_testkit::model::ArsRow| match row.follow {
        Follow::Exactly(n) => row.pattern().len() + usize::from(n),
        Follow::Unknown => usize::MAX,
    };
    model.ars.retain(|row| length(row) <= LONGEST);
    for (_, digits) in &mut model.max_digits {
        *digits = 2 + *digits % 4;
    }
    strowger_tools::compile_str(&model.to_toml(), "model.toml").is_ok().then_some(model)
}

/// A policy like the other, changed in a few ways; not always one that compiles.
fn changed(model: &Model, other: &Model, throws: &[u8]) -> Model {
    let mut new = model.clone();
    for throw in throws {
        let n = usize::from(*throw);
        match n % 18 {
            0 => new.cor_groups = other.cor_groups.clone(),
            1 => new.restricted = other.restricted.clone(),
            2 => new.own_classes = other.own_classes.clone(),
            3 => new.class_defaults = other.class_defaults.clone(),
            4 => new.max_digits = other.max_digits.clone(),
            5 => new.area_code = other.area_code,
            6 => new.plus_access = other.plus_access,
            7 => new.profile = other.profile,
            8 => new.ars.reverse(),
            9 => new.ars.extend(other.ars.iter().filter(|row| matches!(row.to, Use::Route(_))).cloned()),
            10 => new.devices.iter_mut().for_each(|device| device.interconnect = 1 + device.interconnect % 4),
            11 => new.modifications.rotate_left(1),
            12 => new.cos.iter_mut().zip(&other.cos).for_each(|(a, b)| a.features = b.features.clone()),
            13 => new.leading = other.leading.clone(),
            14 => new.trunks.iter_mut().for_each(|trunk| trunk.public = !trunk.public),
            15 if !new.emergency.is_empty() => drop(new.emergency.remove(n % new.emergency.len())),
            16 => new.zones.iter_mut().for_each(|zone| zone.emergency = None),
            _ => {
                let less = smaller(&new);
                new = less[n * 7 % less.len()].clone();
            }
        }
    }
    for (at, change) in (1..).zip(&mut new.modifications) {
        change.id = if change.id == 800 { 800 } else { at };
    }
    new
}

struct Side<'i> {
    image: Image<'i>,
    callers: BTreeMap<String, Party>,
    rows: Vec<u32>,
}

impl<'i> Side<'i> {
    fn new(octets: &'i [u8]) -> Self {
        let image = Image::load(octets, &mut Soft::new(&[1; 32])).unwrap();
        let mut callers = BTreeMap::new();
        // No phone of these policies takes guests: nobody calls as a user.
        for (row, texts) in (0..).zip(image.device_texts().iter().take(image.phones())) {
            callers.insert(format!("device {}", image.text(texts.dn)), Party::Device(row));
        }
        for (row, trunk) in (0..).zip(image.trunks().iter()) {
            callers.insert(format!("trunk {}", image.text(trunk.name)), Party::Trunk(row));
        }
        callers.insert("unknown".into(), Party::Unknown);
        let rows = image.ars().iter().map(|row| row.ordinal).collect();
        Self { image, callers, rows }
    }

    /// What a number is: read off the engine's own analysis.
    fn end(&self, dialed: &str) -> String {
        let plus = dialed.starts_with('+');
        // What a `+` number becomes is the engine's affair: a caller who may do everything does not exist in every policy,
        // so the row is read off any verdict that names one.
        if plus {
            let rows = self.callers.values().flat_map(|from| MODES.map(|mode| (from, mode)));
            for (from, mode) in rows {
                let attempt = Attempt { mode, ..Attempt::new(*from, dialed.as_bytes()) };
                match decide(&self.image, &attempt, |_: u16| true, &mut ()) {
                    Verdict::Allow(policy::Choice { to: Party::Device(device), .. }) => {
                        return self.device(device);
                    }
                    Verdict::Allow(policy::Choice { row: policy::RowRef::Ars(row), .. })
                    | Verdict::Deny(policy::Denial { row: policy::RowRef::Ars(row), .. })
                    | Verdict::NeedsCode(policy::Denial { row: policy::RowRef::Ars(row), .. }) => {
                        return format!("row {}", self.rows[row as usize]);
                    }
                    _ => {}
                }
            }
            return "?".into();
        }
        match analyse(&self.image, dialed.as_bytes(), |_| false).end() {
            End::Device(device) => self.device(device),
            End::Ars(row) => format!("row {}", self.rows[row as usize]),
            End::Emergency(row) => format!("emergency {}", self.rows[row as usize]),
            _ => "-".into(),
        }
    }

    fn device(&self, device: u32) -> String {
        let texts = self.image.device_texts().get(device as usize).unwrap();
        format!("device {}", self.image.text(texts.dn))
    }

    fn code(&self, from: Party, mode: Mode, kind: &str) -> Code {
        let class = class_of(&self.image, from, mode).unwrap_or_default();
        let features = Features::from_bits_truncate(class.features);
        let other = Features::NON_VERIFIED_ACCOUNT_CODE | Features::FORCED_NON_VERIFIED_ACCOUNT_CODE;
        let verified = Features::VERIFIED_ACCOUNT_CODE | Features::FORCED_VERIFIED_ACCOUNT_CODE;
        let row = self.image.account_codes().iter().position(|row| row.kind == 0);
        match (kind, row) {
            ("none", _) => Code::None,
            ("verified", Some(row)) if features.intersects(verified) => {
                Code::Verified(row.try_into().unwrap())
            }
            _ if features.intersects(other) => Code::NonVerified(None),
            // Where no such code is permitted, nobody dials one.
            _ => Code::None,
        }
    }
}

/// The verdict's word, and the way of a permitted call.
fn ask(
    side: &Side<'_>,
    who: &str,
    dialed: &str,
    mode: Mode,
    minute: Option<u16>,
    kind: &str,
) -> (&'static str, String) {
    let Some(from) = side.callers.get(who).copied() else { return ("absent", String::new()) };
    let code = side.code(from, mode, kind);
    let attempt =
        Attempt { from, dialed: dialed.as_bytes(), mode, minute, code, behalf: None, exempt: false };
    let trunk = |row: u16| side.image.text(side.image.trunks().get(row.into()).unwrap().name).to_owned();
    match decide(&side.image, &attempt, |_: u16| true, &mut ()) {
        Verdict::Deny(_) => ("deny", String::new()),
        Verdict::NeedsCode(_) => ("account-code", String::new()),
        Verdict::Allow(choice) => {
            let word = if choice.rule == Rule::Emergency { "emergency" } else { "allow" };
            let to = match choice.to {
                Party::Trunk(row) => trunk(row),
                Party::Device(_) | Party::User { .. } | Party::Conference | Party::Unknown => String::new(),
            };
            (word, format!("{to} {} {} {}", choice.outpulsed.as_str(), choice.watched, choice.warning))
        }
    }
}

/// Whether a kind of code says more than the others: one that nobody may use, or that counts as another, does not.
fn counts(sides: &[Side<'_>; 2], who: &str, mode: Mode, kind: &str) -> bool {
    let codes = sides.iter().filter_map(|side| Some(side.code(side.callers.get(who).copied()?, mode, kind)));
    let mut codes = codes.filter(|_| kind == "none" || who.starts_with("device"));
    match kind {
        "verified" => codes.any(|code| matches!(code, Code::Verified(_))),
        "other" => codes.any(|code| matches!(code, Code::NonVerified(_))),
        _ => true,
    }
}

/// Every string of keys up to a length that is a number in one of the policies.
fn numbers(sides: &[Side<'_>; 2], longest: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut last = vec![String::new()];
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|begun| KEYS.iter().map(move |key| format!("{begun}{}", char::from(*key))))
            .collect();
        // What is no number yet, and cannot become one, needs no further digits.
        let open = |digits: &String| {
            sides.iter().any(|side| {
                let end = analyse(&side.image, digits.as_bytes(), |_| false).end();
                !matches!(end, End::Vacant | End::Feature(..) | End::Invalid)
            })
        };
        last.retain(open);
        found.extend(last.iter().filter(|digits| sides.iter().any(|side| side.end(digits) != "-")).cloned());
    }
    found
}

fn with_plus(longest: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut last = vec!["+".to_owned()];
    for _ in 0..longest {
        last = last.iter().flat_map(|begun| (0..10).map(move |digit| format!("{begun}{digit}"))).collect();
        found.extend_from_slice(&last);
    }
    found
}

fn minutes(sides: &[Side<'_>; 2], ends: [&str; 2]) -> Vec<Option<u16>> {
    let mut minutes = BTreeSet::from([Some(0)]);
    for (side, end) in sides.iter().zip(ends) {
        let ordinal = end.strip_prefix("row ").and_then(|ordinal| ordinal.parse().ok());
        let row = side.image.ars().iter().find(|row| Some(row.ordinal) == ordinal);
        if row.is_some_and(|row| row.leads == USE_PLAN) {
            minutes
                .extend(side.image.cells().iter().flat_map(|cell| [Some(cell.from), Some(cell.to % 10_080)]));
            minutes.insert(None);
        }
    }
    minutes.into_iter().collect()
}

/// What all attempts show: changed verdicts, and permitted calls that go another way.
fn shown(sides: &[Side<'_>; 2], kinds: &[&'static str]) -> (BTreeSet<Asked>, BTreeSet<Asked>, usize) {
    let (mut verdicts, mut ways, mut attempts) = (BTreeSet::new(), BTreeSet::new(), 0);
    let who: BTreeSet<&String> = sides.iter().flat_map(|side| side.callers.keys()).collect();
    let mut strings = numbers(sides, LONGEST);
    // A `+` number of these policies is access code, international prefix and at most one digit more.
    strings.extend(with_plus(2));
    for dialed in strings {
        let ends = [sides[0].end(&dialed), sides[1].end(&dialed)];
        for minute in minutes(sides, [&ends[0], &ends[1]]) {
            for (who, mode) in who.iter().flat_map(|who| MODES.map(|mode| (who, mode))) {
                for kind in kinds.iter().filter(|kind| counts(sides, who, mode, kind)) {
                    // A call to oneself is never put through; only what it is told may differ.
                    if ends.contains(who) {
                        continue;
                    }
                    // Where there is no number in either policy, a forced code is asked for all the same.
                    if ends == ["?", "?"] {
                        continue;
                    }
                    let old = ask(&sides[0], who, &dialed, mode, minute, kind);
                    let new = ask(&sides[1], who, &dialed, mode, minute, kind);
                    attempts += 2;
                    if old == new || matches!((old.0, new.0), ("absent", "deny") | ("deny", "absent")) {
                        continue;
                    }
                    let (from, to) = (ends[0].clone(), ends[1].clone());
                    let asked =
                        ((*who).clone(), mode.name(), *kind, from, to, dialed.starts_with('+'), old.0, new.0);
                    if old.0 == new.0 {
                        ways.insert(asked)
                    } else {
                        verdicts.insert(asked)
                    };
                }
            }
        }
    }
    (verdicts, ways, attempts)
}

fn number(of: &Option<strowger_tools::diff::Number>) -> String {
    match of {
        None => "-".into(),
        Some(number) if number.kind == "device" => format!("device {}", number.number),
        Some(number) => format!("{} {}", number.kind, number.row.unwrap()),
    }
}

/// What `diff` says, one entry for each caller, mode, code and number.
fn told<'c>(changes: impl IntoIterator<Item = &'c Change>, kinds: &[&'static str]) -> BTreeSet<Asked> {
    let mut all = BTreeSet::new();
    for change in changes {
        let devices = change.devices.iter().map(|dn| format!("device {dn}"));
        let trunks = change.trunks.iter().map(|name| format!("trunk {name}"));
        let who: Vec<String> =
            devices.chain(trunks).chain(change.unknown.then(|| "unknown".into())).collect();
        for (who, mode) in who.iter().flat_map(|who| change.modes.iter().map(move |mode| (who, *mode))) {
            for code in &change.codes {
                let kind = match code.as_deref() {
                    None => "none",
                    Some("(not verified)") => "other",
                    Some("no. 1 without a name") => "verified",
                    Some(_) => continue,
                };
                for Target { old, new, plus, .. } in &change.to {
                    let words = (change.before.verdict, change.after.verdict);
                    // A device of a group that calls a device of the same group is not calling itself.
                    if number(old) == *who || number(new) == *who {
                        continue;
                    }
                    all.insert((who.clone(), mode, kind, number(old), number(new), *plus, words.0, words.1));
                }
            }
        }
    }
    all.retain(|asked| kinds.contains(&asked.2));
    all
}

/// Both sets without the entries of `+` numbers that say what those without `+` say already.
fn plain(set: &BTreeSet<Asked>) -> BTreeSet<Asked> {
    set.iter().filter(|asked| !asked.5).cloned().collect()
}

fn verdicts(difference: &Difference) -> impl Iterator<Item = &Change> {
    let Difference { newly_allowed, no_longer_allowed, account_codes, .. } = difference;
    [newly_allowed, no_longer_allowed, account_codes].into_iter().flatten()
}

/// A `+` number's change must be told, for its caller, mode and verdicts, with or without the `+`.
fn covered(asked: &Asked, told: &BTreeSet<Asked>) -> bool {
    told.iter().any(|other| {
        (&asked.0, asked.1, asked.2, asked.6, asked.7) == (&other.0, other.1, other.2, other.6, other.7)
    })
}

#[test]
fn diff_reports_a_change_exactly_when_an_attempt_shows_one() {
    let pairs = number_from("STROWGER_DIFFS", PAIRS);
    let mut seeded = Seeded::new(number_from("STROWGER_SEED", 1891) as u64);
    let (mut done, mut asked, mut changes, mut ways) = (0, 0, 0, 0);
    let mut kinds_seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    while done < pairs {
        let throws = seeded.draw(&proptest::collection::vec(proptest::arbitrary::any::<u8>(), 2..6));
        let (model, other) = (seeded.draw(&models()), seeded.draw(&models()));
        let Some(old) = short(model, throws[0]) else { continue };
        let Some(new) =
            short(changed(&old, &other, &throws[1..]), throws[0] + u8::from(throws[1].is_multiple_of(5)))
        else {
            continue;
        };
        let made = [&old, &new]
            .map(|model| strowger_tools::compile_str(&model.to_toml(), "model.toml").unwrap().image);
        let sides = [Side::new(&made[0]), Side::new(&made[1])];
        let difference = diff(&sides[0].image, &sides[1].image).expect("they are small");
        // Codes without names are told apart by their order: where it is the same, they can be compared.
        let kinds: &[&str] =
            if old.codes == new.codes { &["none", "other", "verified"] } else { &["none", "other"] };
        let (shown_verdicts, shown_ways, attempts) = shown(&sides, kinds);
        let told_verdicts = told(verdicts(&difference), kinds);
        let told_ways = told(&difference.other_way, kinds);
        let say = |what: &str, asked: &Asked| {
            panic!(
                "{what}: {asked:?}\n--- old\n{}\n--- new\n{}\n--- diff\n{}",
                old.to_toml(),
                new.to_toml(),
                difference.to_text()
            )
        };
        let (shown_plain, told_plain) = (plain(&shown_verdicts), plain(&told_verdicts));
        shown_plain
            .difference(&told_plain)
            .for_each(|asked| say("an attempt shows it, diff does not", asked));
        told_plain.difference(&shown_plain).for_each(|asked| say("diff says it, no attempt shows it", asked));
        for asked in shown_verdicts.iter().filter(|asked| asked.5) {
            if !covered(asked, &told_verdicts) {
                say("a + attempt shows it, diff does not", asked);
            }
        }
        for asked in plain(&shown_ways).difference(&plain(&told_ways)) {
            say("an attempt goes another way, diff does not say it", asked);
        }
        for asked in &shown_plain {
            *kinds_seen.entry((asked.6, asked.7)).or_default() += 1;
        }
        done += 1;
        asked += attempts;
        changes += shown_plain.len();
        ways += shown_ways.len();
    }
    println!("{done} pairs of policies, {asked} attempts, {changes} changed verdicts, {ways} other ways");
    println!("{kinds_seen:?}");
    assert!(pairs < PAIRS || changes > 300);
}
