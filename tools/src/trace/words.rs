//! Names of parties, causes and the like, from and to a trace.

use strowger::call::Cause;
use strowger::media::Refused;
use strowger::policy::{ClassRef, Image, Mode, Party, RowRef, Rule};
use strowger::registration::client::Standing;

/// `201`, `401 at 201`, `trunk carrier`, `conference`, `unknown`; by row where it has no name of its own: `device 3`, `trunk 0`.
pub(super) fn party(image: Option<&Image<'_>>, who: Party) -> String {
    match who {
        Party::User { user, at } => {
            let user = image.and_then(|image| image.user_row(user)).unwrap_or(u32::MAX);
            format!("{} at {}", party(image, Party::Device(user)), party(image, Party::Device(at)))
        }
        Party::Device(row) => {
            let name = image.and_then(|image| Some(image.text(image.device_texts().get(row as usize)?.dn)));
            let own = |name: &&str| image.and_then(|image| image.device_by_dn(name.as_bytes())) == Some(row);
            name.filter(own).map_or_else(|| format!("device {row}"), str::to_owned)
        }
        Party::Trunk(row) => {
            let name = image.and_then(|image| Some(image.text(image.trunks().get(row.into())?.name)));
            let own = |name: &&str| trunk_named(image, name) == Some(row);
            name.filter(own).map_or_else(|| format!("trunk {row}"), |name| format!("trunk {name}"))
        }
        Party::Conference => "conference".to_owned(),
        Party::Unknown => "unknown".to_owned(),
    }
}

/// The party of that name.
pub(super) fn unparty(image: Option<&Image<'_>>, text: &str) -> Option<Party> {
    match text {
        "unknown" => return Some(Party::Unknown),
        "conference" => return Some(Party::Conference),
        _ => {}
    }
    if let Some((user, at)) = text.split_once(" at ").filter(|_| !text.starts_with("trunk ")) {
        let row = unparty(image, user)?.phone()?;
        return Some(Party::User { user: image?.user(row)?, at: unparty(image, at)?.phone()? });
    }
    if let Some(name) = text.strip_prefix("trunk ") {
        return trunk_named(image, name).or_else(|| name.parse().ok()).map(Party::Trunk);
    }
    if let Some(row) = text.strip_prefix("device ") {
        return row.parse().ok().map(Party::Device);
    }
    image?.device_by_dn(text.as_bytes()).map(Party::Device)
}

fn trunk_named(image: Option<&Image<'_>>, name: &str) -> Option<u16> {
    let image = image?;
    (0..).zip(image.trunks().iter()).find(|(_, row)| image.text(row.name) == name).map(|(row, _)| row)
}

/// `registered`, `unanswered`.
pub(super) const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Registered { .. } => "registered",
        Standing::Refused { .. } => "refused",
        Standing::Unanswered => "unanswered",
        Standing::Lapsed => "lapsed",
        Standing::Lost => "lost",
    }
}

/// `normal`, `486`, `denied cor.route`.
pub(super) fn cause(cause: Cause) -> String {
    match cause {
        Cause::Normal => "normal".to_owned(),
        Cause::Preempted => "preempted".to_owned(),
        Cause::Denied(rule) => format!("denied {}", rule.name()),
        Cause::Media(refused) => format!("media {}", refused.name()),
        Cause::Status(status) => status.to_string(),
    }
}

pub(super) fn uncause(text: &str) -> Option<Cause> {
    Some(match text.split_once(' ') {
        None if text == "normal" => Cause::Normal,
        None if text == "preempted" => Cause::Preempted,
        None => Cause::Status(text.parse().ok()?),
        Some(("denied", name)) => Cause::Denied(*Rule::ALL.iter().find(|rule| rule.name() == name)?),
        Some(("media", name)) => Cause::Media(*REFUSED.iter().find(|refused| refused.name() == name)?),
        Some(_) => return None,
    })
}

const REFUSED: [Refused; 15] = [
    Refused::Mismatch,
    Refused::Clear,
    Refused::Dtls,
    Refused::Off,
    Refused::Unusable,
    Refused::Streams,
    Refused::KeysInClear,
    Refused::Answer,
    Refused::Codec,
    Refused::NoPath,
    Refused::NoRelay,
    Refused::Relay,
    Refused::Address,
    Refused::OldKey,
    Refused::Lost,
];

/// The mode of that name.
pub(super) fn mode(name: &str) -> Option<Mode> {
    [Mode::Day, Mode::Night1, Mode::Night2].into_iter().find(|mode| mode.name() == name)
}

/// `ars 4 (line 311)`.
pub(super) fn row(image: Option<&Image<'_>>, row: RowRef) -> Option<String> {
    let (ordinal, line) = match row {
        RowRef::None => return None,
        RowRef::Leading(row) => image?.leadings().get(row as usize).map(|row| (row.ordinal, row.line))?,
        RowRef::Ars(row) => image?.ars().get(row as usize).map(|row| (row.ordinal, row.line))?,
    };
    Some(format!("ars {ordinal} (line {line})"))
}

/// The number of a route, which is not its row.
pub(super) fn route(image: Option<&Image<'_>>, row: u16) -> u16 {
    image.and_then(|image| image.routes().get(row.into())).map_or(row, |route| route.id)
}

/// The number of a COR group, which is not its row.
pub(super) fn cor_group(image: Option<&Image<'_>>, row: u8) -> u8 {
    image.and_then(|image| image.cor_groups().get(row.into())).map_or(row, |group| group.id)
}

/// The name of a number class.
pub(super) fn class(image: Option<&Image<'_>>, class: ClassRef) -> String {
    match class {
        ClassRef::Plan(class) => class.name().to_owned(),
        ClassRef::Own(row) => {
            let own = image.and_then(|image| Some(image.text(image.own_classes().get(row.into())?.name)));
            own.map_or_else(|| format!("own {row}"), str::to_owned)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_reads_as_it_was_written() {
        let media = REFUSED.into_iter().map(Cause::Media);
        let denied = Rule::ALL.iter().map(|rule| Cause::Denied(*rule));
        let others = [Cause::Normal, Cause::Preempted, Cause::BUSY, Cause::Status(699)];
        for one in media.chain(denied).chain(others) {
            assert_eq!(uncause(&cause(one)), Some(one));
        }
        for bad in ["", "denied", "denied x", "media x", "later", "-1", "99999"] {
            assert_eq!(uncause(bad), None, "{bad}");
        }
    }
}
