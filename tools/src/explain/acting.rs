//! Who acts for the party that a question is about, as the command line says it.

use strowger::policy::{Feature, Image, Party};

/// Who transfers, diverts, hunts for or takes the party; and whether that had been called by who parked it. `via` is what
/// `--via` says, `by` who transfers, `dialed` what is dialed or called, `at` where a hot-desk user is logged in who acts.
///
/// # Errors
/// What is wrong with it, in words.
pub fn acting(
    image: &Image<'_>,
    via: Option<&str>,
    by: Option<&str>,
    dialed: Option<&str>,
    at: Option<&str>,
) -> Result<(Option<(Feature, Party)>, bool), String> {
    let (feature, dn, called) = match (via, by) {
        (None, None) => return Ok((None, false)),
        (None, Some(dn)) => (Feature::Transfer, dn, false),
        (Some(via), _) => match via.split_once(':') {
            Some(("forward", dn)) => (Feature::Forward { user: true }, dn, false),
            Some(("pickup", dn)) => (Feature::Pickup, dn, false),
            Some(("user", dn)) => return called_user(image, dn, dialed).map(|user| (Some(user), false)),
            Some(("hunt", dn)) => return hunting(image, dn, dialed).map(|group| (Some(group), false)),
            Some(("retrieve", dn)) => (Feature::Retrieve, dn, false),
            Some(("retrieve-called", dn)) => (Feature::Retrieve, dn, true),
            _ => {
                return Err(format!(
                    "--via {via}: expected forward:DN, such as forward:202, hunt:DN, user:DN, pickup:DN, retrieve:DN or retrieve-called:DN"
                ));
            }
        },
    };
    let takes = matches!(feature, Feature::Pickup | Feature::Retrieve);
    match (takes, dialed.is_some()) {
        (true, true) => return Err("--via: nothing is dialed there: leave --dial out".into()),
        (false, false) => return Err("what is dialed? --dial DIGITS".into()),
        (true, false) | (false, true) => {}
    }
    let device = image.device_by_dn(dn.as_bytes()).ok_or_else(|| format!("there is no device {dn}"))?;
    // A group has no user: where its calls go the administrator has said.
    let feature = match (feature, image.hunt_group(device)) {
        (Feature::Forward { .. }, Some(_)) => Feature::Forward { user: false },
        (_, Some(_)) => return Err(format!("{dn} is a hunt group, and has no phone")),
        (feature @ Feature::Forward { .. }, None) => feature,
        (feature, None) => feature,
    };
    let party = match (feature, image.user(device)) {
        // His number diverts, wherever he is.
        (Feature::Forward { .. }, _) | (_, None) => Party::Device(device),
        (_, Some(user)) => Party::User { user, at: phone(image, at, dn)? },
    };
    Ok((Some((feature, party)), called))
}

/// The phone where a user is logged in.
fn phone(image: &Image<'_>, at: Option<&str>, user: &str) -> Result<u32, String> {
    let at = at.ok_or_else(|| format!("{user} is a hot-desk user: at which phone? --at-device DN"))?;
    image.phone_by_dn(at.as_bytes()).ok_or_else(|| format!("there is no device {at}"))
}

/// A hot-desk user is called, and the question is whether the phone may ring where he is logged in.
fn called_user(image: &Image<'_>, dn: &str, phone: Option<&str>) -> Result<(Feature, Party), String> {
    let device = image.device_by_dn(dn.as_bytes()).filter(|device| image.user(*device).is_some());
    let device = device.ok_or_else(|| format!("there is no user {dn}"))?;
    let phone = phone.ok_or("at which phone is he logged in? --dial DN")?;
    match image.phone_by_dn(phone.as_bytes()) {
        Some(_) => Ok((Feature::Desk, Party::Device(device))),
        None => Err(format!("there is no device {phone}")),
    }
}

/// A hunt group is called, and the question is whether this member may ring.
fn hunting(image: &Image<'_>, dn: &str, member: Option<&str>) -> Result<(Feature, Party), String> {
    let device = image.device_by_dn(dn.as_bytes());
    let group = device.filter(|device| image.hunt_group(*device).is_some());
    let group = group.ok_or_else(|| format!("there is no hunt group {dn}"))?;
    let member = member.ok_or("which member? --dial DN")?;
    match image.device_by_dn(member.as_bytes()) {
        Some(device) if image.hunts_for(device, group) => Ok((Feature::Hunt, Party::Device(group))),
        Some(_) | None => Err(format!("{member} is no member of the hunt group {dn}")),
    }
}
