//! What an administrator would have to change for a denied call to be allowed.

use super::words::party_name;
use strowger::policy::class::NumberClass;
use strowger::policy::{Behalf, ClassRef, Denial, Feature, Image, Party, RowRef, Rule};

/// The smallest change that lifts this denial; another rule may deny the call after it. `None` where there is none.
pub(super) fn advice(image: &Image<'_>, denial: &Denial, behalf: Option<Behalf>) -> Option<String> {
    let name = party_name(image, denial.authority.party);
    let who = described(image, denial.authority.party, &name);
    let mode = denial.authority.mode.name();
    let cor = denial.authority.cor;
    let route = denial.route.and_then(|route| image.routes().get(usize::from(route)));
    let trunk = route.and_then(|route| image.trunks().get(usize::from(route.trunk)));
    Some(match denial.rule {
        Rule::CosNone => format!(
            "give {who} a Class of Service for {mode} (key `cos`)."
        ),
        Rule::CosFeature => {
            let feature = match (behalf?.feature, denial.row) {
                (Feature::Transfer, _) => "transfer",
                (Feature::Forward { .. }, RowRef::Ars(_)) => "forward-external",
                (Feature::Forward { .. }, RowRef::Leading(_) | RowRef::None) => "forward-internal",
                (Feature::Pickup, _) => "pickup",
                (Feature::Park | Feature::Retrieve, _) => "park",
                (Feature::Conference, _) => "conference",
                // No feature is asked for: the administrator has put the member where it is.
                (Feature::Hunt | Feature::Desk | Feature::Hold, _) => return None,
            };
            let cos = denial.authority.cos;
            format!("give COS {cos} the feature {feature}, or {who} a COS that has it.")
        }
        Rule::ConferenceFull => "let somebody leave the conference first.".into(),
        Rule::ForwardEmergency => "let callers dial the emergency number themselves.".into(),
        Rule::CorNone => format!(
            "give {who} a Class of Restriction for {mode} (key `cor`)."
        ),
        Rule::CorLeading | Rule::CorRoute => {
            let group = denial.cor_group.and_then(|group| image.cor_groups().get(usize::from(group)))?;
            let title = Some(image.text(group.name)).filter(|t| !t.is_empty()).map_or_else(String::new, |t| format!(" ({t})"));
            let at = match (denial.row, route) {
                (RowRef::Leading(row), _) => {
                    format!("the Leading row in line {}", image.leadings().get(row as usize).map_or(0, |row| row.line))
                }
                (_, Some(route)) => format!("route {} in line {}", route.id, route.line),
                (_, None) => "the row".into(),
            };
            format!(
                "COR group {}{title} of {at} lists COR {cor}: take {cor} out of its members, or give {who} a COR for {mode} that is not among them.",
                group.id
            )
        }
        Rule::CorUnlabelled => {
            let route = route?;
            format!(
                "give route {} in line {} a `cor_group`; one with members = \"\" opens it to everybody.",
                route.id, route.line
            )
        }
        Rule::Interconnect => {
            let (from, to) = denial.interconnect?;
            format!("take {{ from = {from}, to = {to} }} out of `restricted` in [interconnect], or give one of the two another Interconnect Number.")
        }
        Rule::PublicToPublic => {
            let to = trunk.map_or("the other trunk", |trunk| image.text(trunk.name));
            format!("give the COS of both trunks ({name} and {to}) the feature public-to-public; think of toll fraud first.")
        }
        Rule::NumberVacant => "add a device with this number, or an [[ars]] row whose pattern fits.".into(),
        Rule::NumberIncomplete => "dial the whole number.".into(),
        Rule::NumberInvalid => "dial only the digits 0-9, * and #, without separators.".into(),
        Rule::DigitModification => {
            let route = route?;
            format!("the digit modification of route {} in line {} does not fit the digits: correct its `absorb` or `insert`.", route.id, route.line)
        }
        Rule::RouteEmergencyOnly => "let the [[ars]] row use a route without `emergency = true`.".into(),
        Rule::EmergencyNoRoute => "give the emergency row, or the zone, a route whose trunk exists.".into(),
        Rule::TrunkBusy => "give the trunk more `channels`, or add a choice to the route list.".into(),
        Rule::ClassDenied => {
            let class = super::class_name(image, denial.class?);
            match denial.class? {
                ClassRef::Own(row) => {
                    let line = image.own_classes().get(usize::from(row)).map_or(0, |row| row.line);
                    format!("the [[number_class]] {class} in line {line} denies this; an own class with a longer prefix and action = \"allow\" would beat it. No account code lifts it.")
                }
                ClassRef::Plan(NumberClass::Unknown) => "the numbering plan does not place what would be sent: set [system] `country` and `area_code`, correct the digit modification, or give these numbers a [[number_class]] of their own.".into(),
                ClassRef::Plan(_) => format!("allow {class} in [class_defaults], or these numbers alone by a [[number_class]] with action = \"allow\". No account code lifts it."),
            }
        }
        Rule::MaxDigits => format!("raise `digits` of [[max_digits]] for COR {cor}, or give {who} another COR for {mode}."),
        Rule::RoutePlanClosed => "add a zone for this time to the route plan.".into(),
        Rule::LimitRate => "wait a minute, or raise `public_calls_per_minute` in [limits].".into(),
        Rule::LimitCalls => "end a public call, or raise `public_calls_at_once` in [limits].".into(),
        Rule::LimitDuration => "raise `trunk_call_minutes` in [limits], or `call_duration_min` of the COS.".into(),
        Rule::Lockout => "wait until the lock-out has passed (`login_lockout_s` in [limits]).".into(),
        Rule::CodeForcedVerified => "dial the account code feature code, a verified account code, and the number (--code in this command).".into(),
        Rule::CodeForced => "dial the account code feature code, an account code, and the number (--code in this command); a route with account_code = false asks for none.".into(),
        Rule::CodeWrong => format!("dial another code, or give the COS of {who} the feature that permits codes of this kind."),
        Rule::BusyOverrideSecurity => "take busy-override-security out of the COS of both who talk; it is there so that nobody hears them.".into(),
        Rule::CallPrivacy => "take call-privacy out of the COS of both who talk; it is there so that nobody hears them.".into(),
        Rule::PinWrong | Rule::PinLocked | Rule::DeskBusy => return None,
        Rule::CodeLocked => "wait until the lock-out has passed (`login_lockout_s` in [limits]).".into(),
        Rule::Internal | Rule::Route | Rule::Emergency | Rule::CallSelf | Rule::IdentityMismatch | Rule::Transport | Rule::PolicyNone => {
            return None;
        }
    })
}

fn described(image: &Image<'_>, party: Party, name: &str) -> String {
    match party {
        Party::Device(device) => {
            let line = image.device_texts().get(device as usize).map_or(0, |row| row.line);
            let what = match (image.hunt_group(device), image.user(device)) {
                (Some(_), _) => "hunt group",
                (None, Some(_)) => "user",
                (None, None) => "device",
            };
            format!("{what} {name} in line {line}")
        }
        Party::User { user, .. } => {
            let row = image.user_row(user).and_then(|row| image.device_texts().get(row as usize));
            format!("user {name} in line {}", row.map_or(0, |row| row.line))
        }
        Party::Trunk(trunk) => {
            let line = image.trunks().get(usize::from(trunk)).map_or(0, |row| row.line);
            format!("trunk {name} in line {line}")
        }
        Party::Conference => "the conference resource".into(),
        Party::Unknown => "the caller".into(),
    }
}
