//! From typed rows to the tables of an image: references resolved, rules checked, secrets split off.

mod account;
mod automaton;
mod block;
mod classes;
mod conflicts;
mod forwards;
mod help;
mod hunting;
mod inbound;
mod intercept;
mod judged;
mod media;
mod numbering;
mod numbers;
mod parties;
mod pickup;
mod routing;
mod sets;
mod speed;
mod time;
mod tree;
mod trie;
mod users;

use crate::finding::{Finding, Place, Report};
use crate::keyring::{Kept, keyring};
use crate::read::{read_file, read_str};
use crate::schema::Policy;
use crate::schema::system::{Layout, Profile, Reading};
use crate::write::Tables;
use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

/// A compiled policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Compiled {
    /// The image: no secrets in it.
    pub image: Vec<u8>,
    /// The keyring: one row for each device. Keep it where nobody else reads.
    pub keyring: Vec<u8>,
    /// Warnings and infos, in order of place.
    pub findings: Vec<Finding>,
}

/// Compiles one text; `file_name` is what findings call it. It cannot include other files.
///
/// # Errors
/// All findings, at least one of them an error.
pub fn compile_str(text: &str, file_name: &str) -> Result<Compiled, Vec<Finding>> {
    let mut report = Report::default();
    let policy = read_str(text, file_name, &mut report);
    compile(&policy, report)
}

/// Compiles a file and what it includes.
///
/// # Errors
/// All findings, at least one of them an error.
pub fn compile_file(path: &Path) -> Result<Compiled, Vec<Finding>> {
    let mut report = Report::default();
    match read_file(path, &mut report) {
        Ok(policy) => compile(&policy, report),
        Err(why) => Err(vec![Finding::of_file(
            path.display().to_string(),
            "unreadable",
            format!("cannot be read: {why}"),
        )]),
    }
}

fn compile(policy: &Policy, mut report: Report) -> Result<Compiled, Vec<Finding>> {
    if report.unreadable() {
        return Err(report.finish());
    }
    crate::lint::accept::prepare(policy, &mut report);
    let mut tables = Tables::default();
    system(policy, &mut tables, &mut report);
    let classes = classes::build(policy, &mut tables, &mut report);
    media::build(policy, &classes, &mut tables, &mut report);
    judged::build(policy, &classes, &mut tables, &mut report);
    let codes = account::build(policy, &classes, &mut tables, &mut report);
    let mut routing = routing::build(policy, &classes, &mut tables, &mut report);
    time::build(policy, &routing, &mut tables, &mut report);
    let treatments = intercept::Treatments::new(policy, &mut report);
    let mut secrets = parties::devices(policy, (&classes, &treatments), &mut tables, &mut report);
    let mut pins = users::build(policy, (&classes, &treatments), &mut tables, &mut report);
    pins.extend(sets::pins(policy, &tables));
    sets::secrets(&tables, &codes, &pins, &mut secrets);
    hunting::build(policy, &classes, &mut tables, &mut report);
    intercept::build(policy, &mut tables, &mut report);
    numbers::build(policy, &classes, &mut routing, &mut tables, &mut report);
    help::build(policy, &mut tables, &mut report);
    pickup::build(policy, &mut tables, &mut report);
    speed::build(policy, &mut tables);
    if !report.failed() {
        crate::lint::run(policy, &tables, &mut report);
    }
    if report.failed() {
        return Err(report.finish());
    }
    tables.block = block::build(&tables);
    let Some(image) = tables.image() else {
        report.error(
            Place::default(),
            "too-large",
            "the image would be longer than 4 GiB, or its usernames all collide",
        );
        return Err(report.finish());
    };
    // What the engine would refuse must never leave the compiler.
    let hash = match strowger::policy::Image::load(&image, &mut crate::write::soft()) {
        Ok(image) => {
            forwards::denied(&image, &tables, &mut report);
            speed::vacant(&image, &tables, &mut report);
            *image.hash()
        }
        Err(bad) => {
            report.error(
                Place::default(),
                "internal",
                format!("the compiled image does not load ({bad:?}); please report this"),
            );
            return Err(report.finish());
        }
    };
    let alarm = policy.alarm.as_ref().map(|row| &row.keys);
    let webhook = alarm.and_then(|alarm| alarm.webhook.as_ref()).map_or("", |webhook| &webhook.0.0);
    let alarms = (alarm.and_then(|alarm| alarm.syslog) == Some(true), webhook);
    let keyring = keyring(
        &hash,
        &Kept { devices: &secrets, trunks: &tables.trunk_passwords, alarms, codes: &codes, pins: &pins },
    );
    Ok(Compiled { image, keyring, findings: report.finish() })
}

/// The rules that can be read openly.
const OPEN_RULES: [u8; 5] = [24, 26, 30, 33, 36];

fn system(policy: &Policy, tables: &mut Tables, report: &mut Report) {
    let texts = &mut tables.texts;
    let row = &mut tables.system;
    if let Some(system) = policy.system.as_ref().map(|row| &row.keys) {
        row.profile = u8::from(system.profile == Some(Profile::Mivb));
        row.name = texts.option(system.name.as_deref());
        row.realm = texts.option(system.realm.as_ref().map(|realm| realm.get_ref().0.0.as_str()));
        row.default_cesid = texts.option(system.default_cesid.as_ref().map(|cesid| cesid.0.0.as_str()));
        row.default_location = texts.option(system.default_location.as_deref());
    }
    let timezone = policy.system.as_ref().and_then(|row| row.keys.timezone.as_ref());
    let rules = policy.system.as_ref().and_then(|row| Some((row, row.keys.rules.as_ref()?)));
    for (place, (rule, reading)) in rules.into_iter().flat_map(|(system, rules)| {
        let place = system.at(rules.span());
        rules.get_ref().iter().map(move |rule| (place, rule))
    }) {
        row.open_rules |= u16::from(*reading == Reading::Open) << (rule.0.number() - 22);
        if let (Reading::Open, false) = (reading, OPEN_RULES.contains(&rule.0.number())) {
            let text = "of the open rules, this version reads r24, r26, r30, r33 and r36 openly where that is asked for; the others are strict, or concern what is not in force";
            report.group(place, crate::read::NOT_IN_FORCE, text.into());
        }
    }
    row.timezone = texts.add(timezone.map_or("UTC", |zone| &zone.0.0));
    let smdr = policy.smdr.as_ref().map(|row| &row.keys);
    let bit = |given: Option<bool>, default: bool, bit: u8| u8::from(given.unwrap_or(default)) << bit;
    row.smdr = bit(smdr.and_then(|smdr| smdr.external), true, 0)
        | bit(smdr.and_then(|smdr| smdr.internal), false, 1)
        | bit(smdr.and_then(|smdr| smdr.report_account_codes), true, 2)
        | match smdr.and_then(|smdr| smdr.layout.as_ref()).map(|layout| *layout.get_ref()) {
            None | Some(Layout::Standard) => 0,
            Some(Layout::Csv) => 1 << 3,
            Some(Layout::Extended) => 1 << 4,
        };
    limits(policy, row);
    row.system_id = smdr.and_then(|smdr| smdr.system_id.as_ref()).map_or(1, |id| id.0.0);
}

/// The brakes: in strict there are some unless the policy says otherwise.
fn limits(policy: &Policy, row: &mut strowger::policy::rows::SystemRow) {
    let strict = row.profile == 0;
    let given = policy.limits.as_ref().map(|row| &row.keys);
    let number = |given: Option<u16>, default: u16| given.unwrap_or(if strict { default } else { 0 });
    row.calls_per_minute = number(given.and_then(|l| l.public_calls_per_minute).map(|n| n.get()), 6);
    row.calls_at_once = number(given.and_then(|l| l.public_calls_at_once).map(|n| n.get()), 2);
    row.trunk_call_min = number(given.and_then(|l| l.trunk_call_minutes).map(|n| n.get()), 120);
    row.login_failures =
        u8::try_from(number(given.and_then(|l| l.login_failures).map(|n| n.get()), 3)).unwrap_or(u8::MAX);
    row.login_window_s = given.and_then(|l| l.login_window_s).map_or(300, |n| n.get());
    row.login_lockout_s = given.and_then(|l| l.login_lockout_s).map_or(900, |n| n.get());
}

/// Rows by what names them; a second of the same name is an error that names both places.
pub(crate) struct Index<K> {
    what: &'static str,
    rows: HashMap<K, (usize, Place)>,
}

impl<K: Eq + Hash> Index<K> {
    fn new(what: &'static str) -> Self {
        Self { what, rows: HashMap::new() }
    }

    /// Names row `row`; false and an error if the name is taken.
    fn add(&mut self, key: K, shown: &str, row: usize, place: Place, report: &mut Report) -> bool {
        match self.rows.entry(key) {
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert((row, place));
                true
            }
            std::collections::hash_map::Entry::Occupied(taken) => {
                let first = report.at(taken.get().1);
                report.error(place, "duplicate", format!("{} {shown} already exists: {first}", self.what));
                false
            }
        }
    }

    fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.rows.get(key).map(|(row, _)| *row)
    }
}
