//! ARS and Leading rows that can stand beside what a policy has already.

use super::pick;
use super::raw::{RawLeading, RawPattern, RawRow};
use crate::model::{ArsRow, Follow, LeadingRow, Model, Profile, RouteList, Use};
use crate::oracle::LONGEST;

pub(super) fn pattern(raw: RawPattern, earlier: &[ArsRow]) -> Vec<char> {
    match raw {
        RawPattern::Fresh(pattern) => pattern,
        RawPattern::Variant { with, more, .. } if earlier.is_empty() => [vec![with], more].concat(),
        RawPattern::Variant { of, at, with, more } => {
            let mut pattern: Vec<char> = pick(of, earlier).pattern().chars().collect();
            let at = usize::from(at) % pattern.len();
            pattern[at] = with;
            pattern.extend(more);
            pattern
        }
    }
}

/// Whether a row of this pattern and `follow` more digits can stand beside what the policy has already.
pub(super) fn fits(model: &Model, pattern: &str, follow: usize, unknown: bool) -> bool {
    let follows =
        if unknown { Follow::Unknown } else { Follow::Exactly(follow.try_into().expect("few digits")) };
    let same = |row: &ArsRow| row.follow == follows || unknown || row.follow == Follow::Unknown;
    !model.ars.iter().any(|row| row.pattern() == pattern && same(row))
        && model.leading.iter().all(|row| row.leading != pattern)
        && model.emergency.iter().all(|row| !pattern.starts_with(&row.string()))
        && (model.profile == Profile::Mivb
            || !model.devices.iter().any(|device| begun_by(pattern, follows, &device.dn)))
}

/// Whether what such a row matches can begin with this number.
pub(super) fn begun_by(pattern: &str, follow: Follow, dn: &str) -> bool {
    let more = match follow {
        Follow::Exactly(n) => n.into(),
        Follow::Unknown => dn.len(),
    };
    let places = pattern.chars().chain(std::iter::repeat_n('Y', more));
    dn.len() <= pattern.len() + more && dn.chars().zip(places).all(|(digit, place)| takes(place, digit))
}

pub(super) fn takes(place: char, digit: char) -> bool {
    match place {
        'N' => matches!(digit, '2'..='9'),
        'X' => digit.is_ascii_digit(),
        'Y' => true,
        exact => exact == digit,
    }
}

pub(super) fn add_rows(model: &mut Model, rows: Vec<RawRow>) {
    for raw in rows {
        let chars = pattern(raw.pattern, &model.ars);
        let whole: String = chars.iter().collect();
        let (follow, unknown) = match raw.follow {
            Follow::Exactly(n) => (n.into(), false),
            Follow::Unknown => (0, true),
        };
        if !fits(model, &whole, follow, unknown) {
            continue;
        }
        let (emergency, lists) = model.route_lists.split_last().expect("the emergency list comes last");
        let routes = &model.routes[..model.routes.len() - emergency.choices.len()];
        let to =
            if raw.list { Use::List(pick(raw.to, lists).id) } else { Use::Route(pick(raw.to, routes).id) };
        keep_one_ordinary_choice(model, to);
        if !unknown {
            keep_modifications_that_fit(model, to, chars.len() + follow);
        }
        let split = usize::from(raw.split) % chars.len();
        let (leading, digits) = (chars[..split].iter().collect(), chars[split..].iter().collect());
        model.ars.push(ArsRow { leading, digits, follow: raw.follow, to });
    }
}

/// An ordinary row whose choices all carry emergency calls only is an error: then the first does not.
pub(super) fn keep_one_ordinary_choice(model: &mut Model, to: Use) {
    let used = used_routes(&model.route_lists, to);
    let mut routes: Vec<_> = model.routes.iter_mut().filter(|route| used.contains(&route.id)).collect();
    if routes.iter().all(|route| route.emergency) {
        routes[0].emergency = false;
    }
}

pub(super) fn used_routes(lists: &[RouteList], to: Use) -> Vec<u16> {
    match to {
        Use::Route(id) => vec![id],
        Use::Plan(_) => Vec::new(),
        Use::List(id) => lists
            .iter()
            .filter(|list| list.id == id)
            .flat_map(|list| &list.choices)
            .map(|c| c.route)
            .collect(),
    }
}

/// A modification that can never fit a number of this length is an error of the policy: such a route goes without.
/// Behind a row of unknown length it stays, and is refused when it does not fit.
pub(super) fn keep_modifications_that_fit(model: &mut Model, to: Use, length: usize) {
    let used = used_routes(&model.route_lists, to);
    let Model { routes, modifications, .. } = model;
    for route in routes.iter_mut().filter(|route| used.contains(&route.id)) {
        let modification = modifications.iter().find(|m| Some(m.id) == route.modification);
        if modification.is_some_and(|m| {
            let absorb = usize::from(m.absorb);
            absorb > length || length - absorb + digits(&m.insert) > LONGEST
        }) {
            route.modification = None;
        }
    }
}

/// How many digits an insertion sends: `<A03>` stands for six, `<A07>` for four.
fn digits(insert: &str) -> usize {
    insert.replace("<A03>", "990001").replace("<A07>", "4711").replace(['{', '}'], "").len()
}

pub(super) fn add_leading(model: &mut Model, rows: Vec<RawLeading>) {
    for raw in rows {
        let leading: String = pattern(raw.pattern, &model.ars).into_iter().take(raw.length.into()).collect();
        if fits(model, &leading, 0, false) {
            let cor_group = raw.group.map_or(0, |group| pick(group, &model.cor_groups).id);
            model.leading.push(LeadingRow { leading, cor_group });
        }
    }
}
