//! How parties and rows are called.

use strowger::policy::{Image, Party, RowRef};

/// A device's number, that of the user who is logged in there, or a trunk's name.
pub(crate) fn party_name(image: &Image<'_>, party: Party) -> String {
    match party {
        Party::Device(_) | Party::User { .. } => {
            let row = image.row_of(party).and_then(|row| image.device_texts().get(row as usize));
            row.map_or_else(String::new, |row| image.text(row.dn).into())
        }
        Party::Trunk(trunk) => {
            image.trunks().get(usize::from(trunk)).map_or_else(String::new, |row| image.text(row.name).into())
        }
        Party::Conference => "conference".into(),
        Party::Unknown => String::new(),
    }
}

/// How a party is called in a sentence.
pub(super) fn caller(image: &Image<'_>, party: Party) -> String {
    let name = party_name(image, party);
    match party {
        Party::Device(device) => {
            let row = image.device_texts().get(device as usize).unwrap_or_default();
            let person = image.text(row.name);
            let what = match (image.hunt_group(device), image.user(device)) {
                (Some(_), _) => "Hunt group",
                (None, Some(_)) => "User",
                (None, None) => "Device",
            };
            if person.is_empty() { format!("{what} {name}") } else { format!("{what} {name} ({person})") }
        }
        Party::User { user, at } => {
            let user = caller(image, Party::Device(image.user_row(user).unwrap_or(u32::MAX)));
            format!("{user}, logged in at device {},", party_name(image, Party::Device(at)))
        }
        Party::Trunk(_) => format!("A call from trunk {name}"),
        Party::Conference => "The conference resource".into(),
        Party::Unknown => "Somebody unknown".into(),
    }
}

pub(super) fn row_text(image: &Image<'_>, row: RowRef) -> Option<String> {
    let (ordinal, line) = match row {
        RowRef::None => return None,
        RowRef::Leading(row) => image.leadings().get(row as usize).map(|row| (row.ordinal, row.line))?,
        RowRef::Ars(row) => image.ars().get(row as usize).map(|row| (row.ordinal, row.line))?,
    };
    Some(format!("ars {ordinal} (line {line})"))
}

pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
