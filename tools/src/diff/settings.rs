//! What an engine acts on and no verdict shows: limits, the calendar, who is called back, where calls of trunks go.

use super::callers::{Callers, Sort};
use super::dialing::{Dialing, End};
use super::hours::days;
use super::pairs::called;
use super::text::counted;
use super::zones::{notified, range, zones};
use super::{Most, TooLarge};
use std::collections::BTreeMap;
use strowger::base::Transport;
use strowger::media::Srtp;
use strowger::policy::calendar::WEEK;
use strowger::policy::emergency::{callback, location};
use strowger::policy::rows::{CosRow, Features, REGISTERS, TrunkRow};
use strowger::policy::{Condition, Image, Mode, Party};

/// One line for each difference.
pub(super) fn settings(
    old: &mut Dialing<'_>,
    new: &mut Dialing<'_>,
    callers: &Callers,
    most: &Most,
) -> Result<Vec<String>, TooLarge> {
    let images = [old.image, new.image];
    let mut lines = Lines(Vec::new());
    system(images, &mut lines);
    calendar(images, &mut lines);
    classes(images, &mut lines);
    codes(images, &mut lines);
    super::codes::codes(old, new, &mut lines);
    super::hunting::hunting([old.image, new.image], &mut lines);
    super::desk::users([old.image, new.image], &mut lines);
    emergencies(images, callers, &mut lines);
    notified(images, &mut lines);
    zones(images, &mut lines);
    trunks(old, new, callers, most, &mut lines)?;
    Ok(lines.0)
}

pub(super) struct Lines(Vec<String>);

impl Lines {
    /// `what is new, before: old`, where they differ.
    pub(super) fn text(&mut self, what: &str, old: &str, new: &str) {
        if old != new {
            let shown = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
            self.0.push(format!("{what}: {}, before: {}", shown(new), shown(old)));
        }
    }

    /// The same of a number where 0 is none.
    fn number(&mut self, what: &str, old: impl Into<u32>, new: impl Into<u32>) {
        let shown = |number: u32| if number == 0 { String::new() } else { number.to_string() };
        self.text(what, &shown(old.into()), &shown(new.into()));
    }
}

fn system(images: [&Image<'_>; 2], lines: &mut Lines) {
    let [old, new] = images.map(Image::system);
    let profile = |image: &Image<'_>| if image.strict() { "strict" } else { "mivb" };
    lines.text("profile", profile(images[0]), profile(images[1]));
    lines.number("limit of public calls in a minute", old.calls_per_minute, new.calls_per_minute);
    lines.number("limit of public calls at once", old.calls_at_once, new.calls_at_once);
    lines.number("minutes of a public call at most", old.trunk_call_min, new.trunk_call_min);
    lines.number("failed log-ins that lock out", old.login_failures, new.login_failures);
    lines.number("seconds in which failed log-ins count", old.login_window_s, new.login_window_s);
    lines.number("seconds of a lock-out", old.login_lockout_s, new.login_lockout_s);
    let keys = |denied: u8| if denied == 0 { "allowed" } else { "denied" };
    lines.text("SRTP keys over clear signalling", keys(old.sdes_denied), keys(new.sdes_denied));
    let video = |refused: u8| if refused == 0 { "passed" } else { "refused" };
    lines.text("video", video(old.video_refused), video(new.video_refused));
    let relays = images.map(|image| image.text(image.system().relay));
    lines.text("media relay", relays[0], relays[1]);
    let resources = images.map(|image| image.text(image.system().conference));
    lines.text("conference resource", resources[0], resources[1]);
    media_paths(images, lines);
    let most = |image: &Image<'_>, cor: usize| image.max_digits().get(cor).map_or(0, |row| row.digits);
    for cor in 0..images[0].max_digits().len().max(images[1].max_digits().len()) {
        lines.number(
            &format!("most digits that COR {cor} may dial"),
            most(images[0], cor),
            most(images[1], cor),
        );
    }
}

/// Which way media takes between zones, by their names.
fn media_paths(images: [&Image<'_>; 2], lines: &mut Lines) {
    let mut listed: BTreeMap<[&str; 2], [&str; 2]> = BTreeMap::new();
    for (side, image) in images.into_iter().enumerate() {
        let name = |zone: u8| match usize::from(zone).checked_sub(1).and_then(|row| image.zones().get(row)) {
            Some(row) => image.text(row.name),
            None => "default",
        };
        for row in image.media_paths().iter() {
            let mut zones = [name(row.a), name(row.b)];
            zones.sort_unstable();
            listed.entry(zones).or_insert(["not listed"; 2])[side] = match row.path {
                1 => "direct",
                2 => "anchored",
                _ => "none",
            };
        }
    }
    for ([one, other], paths) in listed {
        lines.text(&format!("media between zones {one} and {other}"), paths[0], paths[1]);
    }
}

fn calendar(images: [&Image<'_>; 2], lines: &mut Lines) {
    let mode_at = |image: &Image<'_>, minute: u16| {
        let row = image.schedule().iter().find(|row| row.from <= minute && minute < row.to);
        Mode::from_number(row.map_or(0, |row| row.mode)).unwrap_or_default()
    };
    let mut cuts: Vec<u16> = [0, WEEK].to_vec();
    for image in images {
        cuts.extend(image.schedule().iter().flat_map(|row| [row.from, row.to]));
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut changed: BTreeMap<[usize; 2], Vec<(u16, u16)>> = BTreeMap::new();
    for pair in cuts.windows(2) {
        let modes = images.map(|image| mode_at(image, pair[0]).index());
        if modes[0] == modes[1] {
            continue;
        }
        let spans = changed.entry(modes).or_default();
        match spans.last_mut() {
            Some(last) if last.1 == pair[0] => last.1 = pair[1],
            _ => spans.push((pair[0], pair[1])),
        }
    }
    let name = |mode: usize| u8::try_from(mode).ok().and_then(Mode::from_number).unwrap_or_default().name();
    for (modes, spans) in changed {
        lines.text(&format!("service mode {}", days(&spans)), name(modes[0]), name(modes[1]));
    }
    let mut holidays: BTreeMap<u32, [&str; 2]> = BTreeMap::new();
    for (side, image) in images.into_iter().enumerate() {
        for row in image.holidays().iter() {
            holidays.entry(row.day).or_insert(["by schedule"; 2])[side] = name(usize::from(row.mode));
        }
    }
    for (day, modes) in holidays {
        lines.text(&format!("service mode of the holiday {}", date(day)), modes[0], modes[1]);
    }
    let zones = images.map(|image| image.text(image.system().timezone));
    lines.text("time zone", zones[0], zones[1]);
    if zones[0] == zones[1] && images[0].offsets().iter().ne(images[1].offsets().iter()) {
        lines.0.push(format!("the clock changes of time zone {} are others", zones[1]));
    }
}

fn date(day: u32) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    let span = jiff::Span::new().try_days(i64::from(day));
    span.and_then(|span| epoch.checked_add(span))
        .map_or_else(|_| format!("on day {day}"), |date| date.to_string())
}

fn classes(images: [&Image<'_>; 2], lines: &mut Lines) {
    let mut rows: BTreeMap<u8, [Option<CosRow>; 2]> = BTreeMap::new();
    for (side, image) in images.into_iter().enumerate() {
        for row in image.classes().iter() {
            rows.entry(row.id).or_default()[side] = Some(row);
        }
    }
    let features = |row: &CosRow| {
        let names = Features::from_bits_truncate(row.features);
        let names = names.iter_names().map(|(name, _)| name.to_ascii_lowercase().replace('_', "-"));
        names.collect::<Vec<_>>().join(", ")
    };
    // A COS that nobody has, or that is new, shows in its bearers.
    for (id, rows) in rows {
        let [Some(old), Some(new)] = rows else { continue };
        lines.text(&format!("features of COS {id}"), &features(&old), &features(&new));
        lines.number(&format!("digits of an account code of COS {id}"), old.code_length, new.code_length);
        for (what, old, new) in [
            ("before the first digit", old.first_digit_s, new.first_digit_s),
            ("between digits", old.inter_digit_s, new.inter_digit_s),
            ("of a dialing conflict", old.dialing_conflict_s, new.dialing_conflict_s),
            ("of busy tone", old.busy_tone_s, new.busy_tone_s),
            ("of ringing before a call goes on", old.no_answer_s, new.no_answer_s),
        ] {
            lines.number(&format!("seconds {what} of COS {id}"), old, new);
        }
        lines.number(&format!("seconds of ringing of COS {id}"), old.ringing_s, new.ringing_s);
        lines.number(
            &format!("minutes of a call of COS {id} at most"),
            old.call_duration_min,
            new.call_duration_min,
        );
    }
}

fn codes(images: [&Image<'_>; 2], lines: &mut Lines) {
    let mut rows: BTreeMap<String, [Vec<String>; 2]> = BTreeMap::new();
    for (side, image) in images.into_iter().enumerate() {
        for row in image.account_codes().iter() {
            let cos = row.cos.checked_sub(1).and_then(|cos| image.classes().get(usize::from(cos)));
            let what = match row.kind {
                0 => format!("verified, COS {}, COR {}", cos.map_or(0, |cos| cos.id), row.cor),
                _ => "non-verified".into(),
            };
            let name = Some(image.text(row.name)).filter(|name| !name.is_empty()).unwrap_or("without a name");
            rows.entry(name.into()).or_default()[side].push(what);
        }
    }
    for (name, sides) in rows {
        let [old, new] = sides.map(|mut kinds| {
            kinds.sort_unstable();
            kinds.join("; ")
        });
        lines.text(&format!("account code {name}"), &old, &new);
    }
}

/// What policy says of a party's media.
fn encryption(image: &Image<'_>, party: Party) -> &'static str {
    let number = match party {
        Party::Device(device) | Party::User { at: device, .. } => {
            image.devices().get(device as usize).map_or(0, |row| row.srtp)
        }
        Party::Trunk(trunk) => image.trunks().get(usize::from(trunk)).map_or(0, |row| row.srtp),
        Party::Conference | Party::Unknown => 0,
    };
    match Srtp::from_number(number) {
        Srtp::Off => "off",
        Srtp::BestEffort => "best-effort",
        Srtp::Required => "required",
    }
}

/// What [`forwards`] are called.
pub(super) const FORWARDS: [&str; 4] = [
    "where calls go always",
    "where calls go on busy",
    "where calls go on no answer",
    "where calls go when out of service",
];

/// Where the administrator has calls to a party go: always, busy, no answer, out of service.
pub(super) fn forwards(image: &Image<'_>, party: Party) -> [String; 4] {
    let row = image.row_of(party).and_then(|row| image.forwards_of(row)).unwrap_or_default();
    [row.always, row.busy, row.no_answer, row.out_of_service].map(|number| image.text(number).to_owned())
}

/// What [`intercepts`] are called.
pub(super) const INTERCEPTS: &str = "numbers that ring when a call is refused";

/// Where a party is put through to when it is refused, by the keys of the policy language.
pub(super) fn intercepts(image: &Image<'_>, party: Party) -> String {
    let told = Condition::ALL.into_iter().filter_map(|condition| {
        let to = image.intercepts_to(party, condition)?;
        Some(format!("{} {}", condition.name(), String::from_utf8_lossy(image.number(to))))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The pickup groups of a party.
fn pickup_groups(image: &Image<'_>, party: Party) -> String {
    let Party::Device(device) = party else { return String::new() };
    image.pickup_groups(device).map(|group| group.to_string()).collect::<Vec<_>>().join(", ")
}

/// The transports that a device may use.
fn transports(image: &Image<'_>, party: Party) -> String {
    let row = party.phone().and_then(|device| image.devices().get(device as usize)).unwrap_or_default();
    let used = Transport::ALL.into_iter().filter(|transport| row.may_use(*transport));
    used.map(Transport::name).collect::<Vec<_>>().join(", ")
}

/// What kind of set it is, and which; nothing of a SIP phone.
fn set(image: &Image<'_>, party: Party) -> String {
    let Some((_, row)) = image.row_of(party).and_then(|row| image.set_of(row)) else { return String::new() };
    let mac = if row.mac == [0; 6] {
        "any MAC".to_owned()
    } else {
        row.mac.map(|octet| format!("{octet:02x}")).join(":")
    };
    let homes = row.homes.into_iter().filter_map(|home| {
        let element = image.elements().get(usize::from(home.checked_sub(1)?))?;
        Some(format!(", {}", image.text(element.name)))
    });
    format!("{}, {mac}{}", image.text(row.set_type), homes.collect::<String>())
}

/// What helpers are told of each caller, how its media is encrypted, and where calls to it go instead.
fn emergencies(images: [&Image<'_>; 2], callers: &Callers, lines: &mut Lines) {
    let mut changed: BTreeMap<(&str, [String; 2]), Vec<String>> = BTreeMap::new();
    for caller in callers.all.iter().filter(|caller| caller.sort != Sort::Trunk) {
        let [Some(old), Some(new)] = caller.parties else { continue };
        let parties = [old, new];
        let numbers = [0, 1].map(|side| callback(images[side], parties[side]).as_str().to_owned());
        let places = [0, 1].map(|side| location(images[side], parties[side], 0).to_owned());
        let srtp = [0, 1].map(|side| encryption(images[side], parties[side]).to_owned());
        let forwards = [0, 1].map(|side| forwards(images[side], parties[side]));
        let forward = |at: usize| [0, 1].map(|side: usize| forwards[side][at].clone());
        let all = [
            ("emergency call-back number", numbers),
            ("emergency location", places),
            ("encryption of media", srtp),
            ("set", [0, 1].map(|side| set(images[side], parties[side]))),
            ("transports", [0, 1].map(|side| transports(images[side], parties[side]))),
            (FORWARDS[0], forward(0)),
            (FORWARDS[1], forward(1)),
            (FORWARDS[2], forward(2)),
            (FORWARDS[3], forward(3)),
            ("pickup groups", [0, 1].map(|side| pickup_groups(images[side], parties[side]))),
            (INTERCEPTS, [0, 1].map(|side| intercepts(images[side], parties[side]))),
        ];
        for (what, both) in all {
            if both[0] != both[1] {
                let named = if caller.sort == Sort::Device {
                    format!("device {}", caller.name)
                } else {
                    caller.name.clone()
                };
                changed.entry((what, both)).or_default().push(named);
            }
        }
    }
    for ((what, both), who) in changed {
        let devices: Vec<String> =
            who.iter().filter_map(|name| name.strip_prefix("device ")).map(Into::into).collect();
        let mut parts: Vec<String> =
            who.iter().filter(|name| !name.starts_with("device ")).cloned().collect();
        match devices.as_slice() {
            [] => {}
            [one] => parts.insert(0, format!("device {one}")),
            many => parts.insert(0, counted(many, "devices", false)),
        }
        lines.text(&format!("{what} of {}", parts.join(" and ")), &both[0], &both[1]);
    }
}

fn trunks(
    old: &mut Dialing<'_>,
    new: &mut Dialing<'_>,
    callers: &Callers,
    most: &Most,
    lines: &mut Lines,
) -> Result<(), TooLarge> {
    let images = [old.image, new.image];
    for caller in callers.all.iter().filter(|caller| caller.sort == Sort::Trunk) {
        let [Some(Party::Trunk(was)), Some(Party::Trunk(is))] = caller.parties else { continue };
        let rows = [was, is];
        let [row_old, row_new] =
            [0, 1].map(|side| images[side].trunks().get(usize::from(rows[side])).unwrap_or_default());
        let name = &caller.name;
        lines.number(&format!("channels of trunk {name}"), row_old.channels, row_new.channels);
        let srtp = [Party::Trunk(was), Party::Trunk(is)];
        let srtp = [0, 1].map(|side| encryption(images[side], srtp[side]));
        lines.text(&format!("encryption of media of trunk {name}"), srtp[0], srtp[1]);
        let said = |row: &TrunkRow| row.transport().map_or("as DNS says", |transport| transport.name());
        lines.text(&format!("transport of trunk {name}"), said(&row_old), said(&row_new));
        let registers = |row: &TrunkRow| if row.flags & REGISTERS == 0 { "no" } else { "yes" };
        let registers = [registers(&row_old), registers(&row_new)];
        lines.text(&format!("registration at the carrier of trunk {name}"), registers[0], registers[1]);
        let texts = [
            (row_old.host, row_new.host, "host"),
            (row_old.caller_id, row_new.caller_id, "caller ID"),
            (row_old.username, row_new.username, "username"),
        ];
        for (old, new, what) in texts {
            lines.text(&format!("{what} of trunk {name}"), images[0].text(old), images[1].text(new));
        }
        let trusted = [0, 1].map(|side| trusted(images[side], rows[side]));
        lines.text(&format!("addresses of trunk {name}"), &trusted[0], &trusted[1]);
        let roots = (row_old.inbound.checked_sub(1), row_new.inbound.checked_sub(1));
        let open = |image: &Image<'_>, root: Option<u32>| match (root, image.strict()) {
            (None, false) => "as called",
            (None, true) => "nowhere",
            (Some(_), _) => "as listed",
        };
        let what = format!("numbers called over trunk {name}");
        lines.text(&what, open(images[0], roots.0), open(images[1], roots.1));
        for (from, to, example) in called(old, new, roots, most)? {
            let leads = |image: &Image<'_>, end: End| match end {
                End::Inbound(row) => {
                    let row = image.inbound_rows().get(row as usize).unwrap_or_default();
                    format!("{} to {}", image.text(row.did), image.text(row.to))
                }
                _ => String::new(),
            };
            let both = [leads(images[0], from), leads(images[1], to)];
            lines.text(&format!("{what}, such as {example}"), &both[0], &both[1]);
        }
    }
    Ok(())
}

/// The address ranges from which a trunk's calls come.
fn trusted(image: &Image<'_>, trunk: u16) -> String {
    let rows = image.trusted().iter().filter(|row| row.trunk == trunk);
    let mut ranges: Vec<String> = rows.map(|row| range(row.address, row.prefix)).collect();
    ranges.sort_unstable();
    ranges.join(", ")
}
