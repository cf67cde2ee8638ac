//! Rows of the image in words, for log lines, records and the demo.

use serde_json::{Value, json};
use strowger::policy::{Authority, ClassRef, Denial, Feature, Image, Party, RowRef, Verdict, emergency};
use strowger::record::alarm::Cause;
use strowger::record::{Alarm, Decision, EmergencyNotice};
use strowger::registration::client::Standing;
use strowger::station::{Settings, When};

/// `201`, `trunk carrier`, `unknown`.
pub(crate) fn party(image: &Image<'_>, party: Party) -> String {
    match party {
        Party::Device(_) | Party::User { .. } => {
            let row = image.row_of(party).and_then(|row| image.device_texts().get(row as usize));
            image.text(row.unwrap_or_default().dn).to_owned()
        }
        Party::Trunk(trunk) => {
            let row = image.trunks().get(usize::from(trunk)).unwrap_or_default();
            format!("trunk {}", image.text(row.name))
        }
        Party::Conference => "conference".to_owned(),
        Party::Unknown => "unknown".to_owned(),
    }
}

/// `ars 4 (line 311)`.
pub(crate) fn row(image: &Image<'_>, row: RowRef) -> Option<String> {
    let (ordinal, line) = match row {
        RowRef::None => return None,
        RowRef::Leading(row) => image.leadings().get(row as usize).map(|row| (row.ordinal, row.line))?,
        RowRef::Ars(row) => image.ars().get(row as usize).map(|row| (row.ordinal, row.line))?,
    };
    Some(format!("ars {ordinal} (line {line})"))
}

/// How we stand at the carrier of a trunk.
pub(crate) fn standing(image: &Image<'_>, trunk: u16, standing: Standing) -> String {
    let of = party(image, Party::Trunk(trunk));
    match standing {
        Standing::Registered { expires_s } => format!("{of}: registered at the carrier for {expires_s} s"),
        Standing::Refused { status: status @ (401 | 407) } => {
            format!(
                "{of}: the carrier does not take its username and password ({status}); it is asked again later"
            )
        }
        Standing::Refused { status } => {
            format!("{of}: the carrier refuses to register it ({status}); it is asked again later")
        }
        Standing::Unanswered => {
            format!("{of}: the carrier does not answer REGISTER; it is asked again later")
        }
        Standing::Lapsed => {
            format!("{of}: not registered at the carrier any more: calls from there do not come")
        }
        Standing::Lost => format!("{of}: the connection to the carrier is closed; it is asked again soon"),
    }
}

/// What is set at a device, and who is logged in there, by row of the device table.
pub(crate) fn settings(image: &Image<'_>, device: u32, settings: &Settings, guest: Option<u32>) -> String {
    let words = |when| match when {
        When::Always => "always",
        When::Busy => "when busy",
        When::NoAnswer => "on no answer",
        When::OutOfService => "when out of service",
    };
    let forwards = When::ALL.iter().filter_map(|when| {
        settings.forward(*when).map(|number| format!("forwarded {} to {}", words(*when), number.as_str()))
    });
    let quiet = settings.do_not_disturb().then(|| "do not disturb".to_owned());
    let guest = guest.map(|guest| format!("{} is logged in", party(image, Party::Device(guest))));
    let all: Vec<String> = forwards.chain(quiet).chain(guest).collect();
    let all = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
    format!("set at {}: {all}", party(image, Party::Device(device)))
}

/// One sentence about a decision.
pub(crate) fn decision(image: &Image<'_>, decision: &Decision) -> String {
    let mut from = party(image, decision.from);
    if let Some(behalf) = decision.behalf {
        from += &format!(" ({} of {})", feature(behalf.feature), party(image, behalf.party));
    }
    let dialed = decision.dialed.as_str();
    match &decision.verdict {
        Verdict::Allow(choice) => {
            let route = choice.route.and_then(|route| image.routes().get(usize::from(route)));
            let by = match (route, row(image, choice.row)) {
                (Some(route), Some(row)) => format!(" by route {}, {row}", route.id),
                _ => String::new(),
            };
            format!(
                "{from} -> {dialed}: allowed, rule {}, to {}{by} ({})",
                choice.rule.name(),
                party(image, choice.to),
                classes(&choice.authority)
            )
        }
        Verdict::Deny(denial) | Verdict::NeedsCode(denial) => {
            let denied = if matches!(decision.verdict, Verdict::Deny(_)) {
                "denied"
            } else {
                "asked for an account code"
            };
            let mut place = String::new();
            if let Some(row) = row(image, denial.row) {
                place = format!(", {row}");
            }
            if let Some(route) = denial.route.and_then(|route| image.routes().get(usize::from(route))) {
                place += &format!(", route {}", route.id);
            }
            if let Some(group) = denial.cor_group.and_then(|group| image.cor_groups().get(usize::from(group)))
            {
                place += &format!(", COR group {}", group.id);
            }
            if let Some(class) = denial.class {
                place += &format!(", number class {}", number_class(image, class));
            }
            if let Some((from, to)) = denial.interconnect {
                place += &format!(", interconnect {from} to {to}");
            }
            format!(
                "{from} -> {dialed}: {denied}, rule {}{place} ({}): {}",
                denial.rule.name(),
                classes(&denial.authority),
                denial.rule.text()
            )
        }
    }
}

/// The name of a number class.
pub(crate) fn number_class(image: &Image<'_>, class: ClassRef) -> String {
    match class {
        ClassRef::Plan(class) => class.name().to_owned(),
        ClassRef::Own(row) => {
            image.text(image.own_classes().get(usize::from(row)).unwrap_or_default().name).to_owned()
        }
    }
}

/// One sentence about an alarm.
pub(crate) fn alarm(image: &Image<'_>, alarm: &Alarm) -> String {
    let who = party(image, alarm.party);
    let dialed = alarm.dialed.as_str();
    match alarm.cause {
        Cause::Limit(rule) => format!("{who} -> {dialed}: {}: {}", rule.name(), rule.text()),
        Cause::Lockout => format!("{who} is locked out after failed log-ins"),
        Cause::Source(ip) => format!(
            "log-ins from {ip} are not looked at after too many wrong ones; phones that are registered there go on"
        ),
        Cause::CodeLockout => format!("account codes of {who} are refused after too many wrong ones"),
        Cause::Watched(class) => {
            format!("{who} -> {dialed}: a call to the watched number class {}", number_class(image, class))
        }
        Cause::Preempted => format!("{who} -> {dialed}: cleared to make way for an emergency call"),
        Cause::NoCallback => format!("{who} -> {dialed}: an emergency call without a call-back number"),
    }
}

/// One sentence about an emergency call: who, where, and the number to call back.
pub(crate) fn emergency(image: &Image<'_>, notice: &EmergencyNotice) -> String {
    let (who, where_) = (party(image, notice.from), emergency::location(image, notice.from, notice.zone));
    let name = match notice.from {
        Party::Device(_) | Party::User { .. } => {
            let row = image.row_of(notice.from).and_then(|row| image.device_texts().get(row as usize));
            image.text(row.unwrap_or_default().name)
        }
        Party::Trunk(_) | Party::Conference | Party::Unknown => "",
    };
    let known = |text: &str| if text.is_empty() { "unknown".to_owned() } else { text.to_owned() };
    format!(
        "emergency call: {who}{}{name} dialed {}, location {}, call back {}",
        if name.is_empty() { "" } else { ", " },
        notice.dialed.as_str(),
        known(where_),
        known(notice.callback.as_str())
    )
}

fn classes(authority: &Authority) -> String {
    format!("COS {}, COR {}, {}", authority.cos, authority.cor, authority.mode.name())
}

/// A denied attempt as one JSON object (R9).
pub(crate) fn denied_record(image: &Image<'_>, decision: &Decision, denial: &Denial) -> Value {
    let route = denial.route.and_then(|route| image.routes().get(usize::from(route))).map(|route| route.id);
    let group =
        denial.cor_group.and_then(|group| image.cor_groups().get(usize::from(group))).map(|group| group.id);
    let at = jiff::Timestamp::from_second(decision.at.unix_s).unwrap_or_default();
    // The same rule asks a device for an account code and denies a trunk.
    let verdict = if matches!(decision.verdict, Verdict::NeedsCode(_)) { "account-code" } else { "deny" };
    let mut record = json!({
        "time": at.to_string(),
        "verdict": verdict,
        "rule": denial.rule.name(),
        "text": denial.rule.text(),
        "from": party(image, decision.from),
        "dialed": decision.dialed.as_str(),
        "row": row(image, denial.row),
        "route": route,
        "cor_group": group,
        "class": denial.class.map(|class| number_class(image, class)),
        "interconnect": denial.interconnect.map(|(from, to)| [from, to]),
        "cos": denial.authority.cos,
        "cor": denial.authority.cor,
        "mode": denial.authority.mode.name(),
    });
    // Who acted for another has two more keys.
    if let (Some(behalf), Some(record)) = (decision.behalf, record.as_object_mut()) {
        record.insert("feature".to_owned(), feature(behalf.feature).into());
        record.insert("of".to_owned(), party(image, behalf.party).into());
    }
    record
}

const fn feature(feature: Feature) -> &'static str {
    match feature {
        Feature::Transfer => "transfer",
        Feature::Forward { .. } => "forward",
        Feature::Pickup => "pickup",
        Feature::Park => "park",
        Feature::Retrieve => "park-retrieve",
        Feature::Hunt => "hunt",
        Feature::Desk => "hot-desk",
        Feature::Hold => "hold",
        Feature::Conference => "conference",
    }
}
