//! A random policy made fit for a real daemon: far ends on loopback, a feature code for account codes, numbers from
//! outside, brakes that are out of the way or known, and the times of the week turned so that one drawn beforehand is now.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};
use strowger_testkit::model::{Mode, Model, Times};

/// What a model does not say.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Hours that the policy's time zone is east of UTC.
    pub(crate) east: i64,
    /// Days since 1970, and the mode.
    pub(crate) holidays: Vec<(i64, Mode)>,
    /// Where the trunks' far ends are.
    pub(crate) far_ends: Vec<SocketAddr>,
    /// The feature code in front of an account code.
    pub(crate) code: Option<&'static str>,
    /// Numbers from outside: the trunk's name, the called number, the number here.
    pub(crate) inbound: Vec<(String, String, String)>,
    /// Public calls a minute; then three wrong codes lock, too. Absent: brakes that nothing here can reach.
    pub(crate) brakes: Option<u16>,
}

/// A policy as text and compiled.
pub(crate) struct Policy {
    pub(crate) model: Model,
    pub(crate) setting: Setting,
    pub(crate) toml: String,
    pub(crate) image: Vec<u8>,
    pub(crate) keyring: Vec<u8>,
}

/// Feature codes to choose from: which of them is free depends on the policy.
const CODES: [&str; 6] = ["*33", "#33", "*0", "#1", "**", "##5"];

impl Policy {
    /// Compiles; the findings if it cannot be.
    pub(crate) fn new(model: &Model, setting: &Setting) -> Result<Self, String> {
        let toml = text(model, setting);
        let compiled = strowger_tools::compile_str(&toml, "policy.toml").map_err(|findings| {
            findings.iter().map(|finding| format!("{finding}\n")).collect::<String>() + &toml
        })?;
        let (image, keyring) = (compiled.image, compiled.keyring);
        Ok(Self { model: model.clone(), setting: setting.clone(), toml, image, keyring })
    }

    /// Turns the model's times so that hour `hour` of its weekday `weekday` (Monday is 0) is now, and finds a feature code.
    pub(crate) fn adapt(
        mut model: Model,
        (weekday, hour): (i64, i64),
        far_ends: &[SocketAddr],
        brakes: Option<u16>,
    ) -> (Model, Setting) {
        let now = unix_s().div_euclid(3600);
        // From -11 to 12: every hour of the day is the hour of some zone now.
        let east = (hour - now.rem_euclid(24) + 11).rem_euclid(24) - 11;
        let today = (now + east).div_euclid(24);
        // 1970-01-01 was a Thursday.
        let turn = ((today + 3) - weekday).rem_euclid(7);
        let times = model.schedule.iter_mut().map(|(times, _)| times);
        let plans = model.plans.iter_mut().flat_map(|plan| &mut plan.zones).map(|(times, _)| times);
        times.chain(plans).for_each(|times: &mut Times| times.days = turned(times.days, turn));
        // Of the model's two holidays, the first is yesterday, and the second is today if the drawn weekday is a Friday.
        let holidays = model.holidays.drain(..).zip([-1, if weekday == 4 { 0 } else { 1 }]);
        let holidays = holidays.map(|((_, mode), day)| (today + day, mode)).collect();
        model.limits = (None, None);
        model.trunks.iter_mut().for_each(|trunk| trunk.inbound.clear());
        let far_ends = far_ends.to_vec();
        let mut setting = Setting { east, holidays, far_ends, code: None, inbound: Vec::new(), brakes };
        setting.code = CODES.into_iter().find(|code| {
            let with = Setting { code: Some(code), ..setting.clone() };
            Self::new(&model, &with).is_ok()
        });
        (model, setting)
    }

    /// Minutes of the policy's local clock since 1970.
    pub(crate) fn local_minutes(&self) -> i64 {
        unix_s().div_euclid(60) + self.setting.east * 60
    }

    /// The name of an own class by its place in the file.
    pub(crate) fn own_class(&self, place: usize) -> &str {
        self.model.own_classes.get(place).map_or("?", |class| &class.name)
    }
}

/// Seconds since 1970.
pub(crate) fn unix_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    since.as_secs().try_into().expect("and before the end of time")
}

/// The name of a mode in the policy language and on command lines.
pub(crate) const fn mode_name(mode: Option<Mode>) -> &'static str {
    match mode {
        None => "schedule",
        Some(Mode::Day) => "day",
        Some(Mode::Night1) => "night1",
        Some(Mode::Night2) => "night2",
    }
}

fn turned(days: u8, by: i64) -> u8 {
    (0..7).filter(|day| days >> day & 1 != 0).fold(0, |turned, day| turned | 1 << ((day + by) % 7))
}

fn text(model: &Model, setting: &Setting) -> String {
    let mut toml = model.to_toml();
    let mut replace = |from: &str, to: &str| {
        assert!(toml.contains(from), "the model writes {from}");
        toml = toml.replacen(from, to, 1);
    };
    // The sign of these names is west of UTC.
    let zone = if setting.east == 0 { "UTC".to_owned() } else { format!("Etc/GMT{:+}", -setting.east) };
    replace("[system]\n", &format!("[system]\ntimezone = \"{zone}\"\n"));
    for (i, (trunk, far_end)) in model.trunks.iter().zip(&setting.far_ends).enumerate() {
        replace(&format!("\"10.99.{}.1:5060\"", i + 1), &format!("\"{far_end}\""));
        replace(&format!("\"10.99.{}.1/32\"", i + 1), &format!("\"{}/32\"", far_end.ip()));
        let rows = setting.inbound.iter().filter(|(name, ..)| *name == trunk.name);
        let rows: String =
            rows.map(|(_, did, to)| format!("{{ did = \"{did}\", to = \"{to}\" }}, ")).collect();
        // Without a caller's number a far end could not be told who calls.
        let mut keys = "caller_id = \"6135550199\"\n".to_owned();
        if !rows.is_empty() {
            keys += &format!("inbound = [{rows}]\n");
        }
        let name = format!("[[trunk]]\nname = \"{}\"\n", trunk.name);
        replace(&name, &format!("{name}{keys}"));
    }
    for (day, mode) in &setting.holidays {
        toml += &format!("[[holiday]]\ndate = \"{}\"\nmode = \"{}\"\n", date(*day), mode_name(Some(*mode)));
    }
    if let Some(code) = setting.code {
        toml += &format!("[features]\naccount_code = \"{code}\"\n");
    }
    let (rate, failures, lockout) = setting.brakes.map_or((60_000, 255, 1), |rate| (rate, 3, 900));
    toml += &format!(
        "[limits]\npublic_calls_per_minute = {rate}\npublic_calls_at_once = 60000\nlogin_failures = {failures}\n\
         login_window_s = {lockout}\nlogin_lockout_s = {lockout}\n"
    );
    toml
}

/// `2026-11-27` of days since 1970 (proleptic Gregorian calendar, by eras of 400 years).
pub(crate) fn date(days: i64) -> String {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
