//! The policy as the lints ask it: who may use which public route, by class and mode.

use crate::finding::Row;
use crate::schema::Policy;
use crate::schema::dialing::{Ars, Route, Use};
use crate::schema::parties::{Device, Template};
use crate::schema::system::{Cos, Profile};
use crate::schema::types::{ByMode, Follow, Int, Ref};
use std::collections::{BTreeMap, HashMap};
use strowger::policy::rows::Features;

/// COS and COR by mode, and the Interconnect Number: all that decides where somebody may call.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Class {
    pub(super) cos: [u8; 3],
    pub(super) cor: [u8; 3],
    pub(super) interconnect: u8,
}

/// A device with what it takes from its template.
pub(super) struct Phone<'p> {
    pub(super) row: &'p Row<Device>,
    pub(super) template: Option<&'p Row<Template>>,
    pub(super) class: Class,
}

/// A route.
pub(super) struct Way<'p> {
    pub(super) row: &'p Row<Route>,
    pub(super) id: u16,
    pub(super) trunk: Option<usize>,
    pub(super) public: bool,
    pub(super) emergency: bool,
    /// Whether it has a COR group.
    pub(super) labelled: bool,
    /// Bit n: COR n is blocked by the group, or by having none in the strict profile.
    pub(super) blocked: u128,
    /// Bit n: COR n gets here through some ARS row, and nothing blocks it.
    pub(super) open: u128,
}

/// What ARS rows lead to: routes in order, for each cell of a plan.
pub(super) struct Target {
    pub(super) cells: Vec<Vec<usize>>,
    /// Bit n: some row that leads here is behind no Leading Digits that block COR n.
    pub(super) open: u128,
}

pub(super) struct Model<'p> {
    pub(super) policy: &'p Policy,
    pub(super) strict: bool,
    pub(super) country: Option<&'p str>,
    /// Whether some trunk belongs to the public network.
    pub(super) public: bool,
    pub(super) cos: BTreeMap<u8, (Features, &'p Row<Cos>)>,
    cos_names: BTreeMap<&'p str, u8>,
    groups: BTreeMap<u16, u128>,
    group_names: BTreeMap<&'p str, u16>,
    pub(super) routes: Vec<Way<'p>>,
    pub(super) targets: Vec<Target>,
    pub(super) phones: Vec<Phone<'p>>,
    pub(super) trunks: Vec<Class>,
    restricted: [u64; 65],
}

/// A device's key, or its template's.
macro_rules! own {
    ($phone:expr, $key:ident) => {
        $phone.row.keys.$key.as_ref().or($phone.template.and_then(|template| template.keys.$key.as_ref()))
    };
}
pub(super) use own;

/// The modes, as texts name them.
pub(super) const MODES: [&str; 3] = ["day", "night 1", "night 2"];

impl<'p> Model<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        let system = policy.system.as_ref().map(|row| &row.keys);
        let mut model = Self {
            policy,
            strict: system.is_none_or(|system| system.profile != Some(Profile::Mivb)),
            country: system
                .and_then(|system| system.country.as_ref())
                .map(|country| country.get_ref().0.0.as_str()),
            public: policy.trunk.iter().any(|row| row.keys.public.unwrap_or(true)),
            cos: BTreeMap::new(),
            cos_names: BTreeMap::new(),
            groups: BTreeMap::new(),
            group_names: BTreeMap::new(),
            routes: Vec::new(),
            targets: Vec::new(),
            phones: Vec::new(),
            trunks: Vec::new(),
            restricted: [0; 65],
        };
        for row in &policy.cos {
            let id: u8 = row.keys.id.get_ref().get();
            let named = row.keys.features.iter().flatten().filter_map(|name| Features::named(name.get_ref()));
            model.cos.insert(id, (named.collect(), row));
            if let Some(name) = &row.keys.name {
                model.cos_names.insert(name.get_ref(), id);
            }
        }
        for row in &policy.cor_group {
            let id = row.keys.id.get_ref().get();
            model.groups.insert(id, row.keys.members.0.0);
            if let Some(name) = &row.keys.name {
                model.group_names.insert(name.get_ref(), id);
            }
        }
        for pair in policy.interconnect.iter().flat_map(|row| row.keys.restricted.iter().flatten()) {
            let (from, to): (usize, u32) = (pair.from.get(), pair.to.get());
            model.restricted[from] |= 1 << (to - 1);
        }
        for row in &policy.trunk {
            let class = model.class(
                row.keys.cos.as_ref().map(|c| c.get_ref()),
                row.keys.cor.as_ref().map(|c| c.get_ref()),
                row.keys.interconnect,
            );
            model.trunks.push(class);
        }
        model.ways();
        model.people();
        model
    }

    /// Classes as numbers; 0 where there is none.
    pub(super) fn class(
        &self,
        cos: Option<&ByMode<110>>,
        cor: Option<&ByMode<96>>,
        interconnect: Option<Int<1, 64>>,
    ) -> Class {
        Class {
            cos: cos.map_or([0; 3], |modes| modes.0.clone().map(|one| self.cos_id(&one))),
            cor: cor.map_or([0; 3], |modes| {
                modes
                    .0
                    .clone()
                    .map(|one| if let Ref::Number(cor) = one { u8::try_from(cor).unwrap_or(0) } else { 0 })
            }),
            interconnect: interconnect.map_or(1, |number| number.get()),
        }
    }

    pub(super) fn cos_id(&self, cos: &Ref<110>) -> u8 {
        match cos {
            Ref::Number(id) => u8::try_from(*id).unwrap_or(0),
            Ref::Name(name) => self.cos_names.get(name.as_str()).copied().unwrap_or(0),
        }
    }

    /// A COR group's number; 0 is none.
    pub(super) fn group_id(&self, group: &Ref<96>) -> u16 {
        match group {
            Ref::Number(id) => *id,
            Ref::Name(name) => self.group_names.get(name.as_str()).copied().unwrap_or(0),
        }
    }

    pub(super) fn features(&self, cos: u8) -> Features {
        self.cos.get(&cos).map_or_else(Features::empty, |(features, _)| *features)
    }

    pub(super) const fn restricted(&self, from: u8, to: u8) -> bool {
        self.restricted[from as usize % 65] >> (to - 1) & 1 != 0
    }

    fn ways(&mut self) {
        let trunks: HashMap<&str, usize> = self
            .policy
            .trunk
            .iter()
            .enumerate()
            .map(|(index, row)| (row.keys.name.get_ref().as_str(), index))
            .collect();
        for row in &self.policy.route {
            let trunk = trunks.get(row.keys.trunk.get_ref().as_str()).copied();
            let public = trunk.is_some_and(|trunk| self.policy.trunk[trunk].keys.public.unwrap_or(true));
            let group = row.keys.cor_group.as_ref().map_or(0, |group| self.group_id(group.get_ref()));
            let members = self.groups.get(&group).copied();
            let silence = if public && self.strict { !0 } else { 0 };
            self.routes.push(Way {
                row,
                id: row.keys.id.get_ref().get(),
                trunk,
                public,
                emergency: row.keys.emergency.unwrap_or(false),
                labelled: members.is_some(),
                blocked: members.unwrap_or(silence),
                open: 0,
            });
        }
        self.targets = self.reached();
        for target in &self.targets {
            for route in target.cells.iter().flatten() {
                let way = &mut self.routes[*route];
                if !way.emergency {
                    way.open |= target.open & !way.blocked;
                }
            }
        }
    }

    /// What ARS rows lead to, and which CORs the Leading Digits let through.
    fn reached(&self) -> Vec<Target> {
        let routes: HashMap<u16, usize> =
            self.routes.iter().enumerate().map(|(index, way)| (way.id, index)).collect();
        let lists: HashMap<u16, Vec<usize>> = self
            .policy
            .route_list
            .iter()
            .map(|row| {
                let choices =
                    row.keys.choices.get_ref().iter().map(|choice| choice.get_ref().route.get::<u16>());
                (row.keys.id.get_ref().get(), choices.filter_map(|id| routes.get(&id).copied()).collect())
            })
            .collect();
        let plain = |leads: &Use| match (leads.route, leads.list) {
            (Some(route), _) => routes.get(&route.get()).copied().into_iter().collect(),
            (_, Some(list)) => lists.get(&list.get()).cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        let plans: HashMap<u16, Vec<Vec<usize>>> = self
            .policy
            .route_plan
            .iter()
            .map(|row| {
                let cells = row.keys.zones.iter().map(|cell| plain(&cell.get_ref().leads));
                (row.keys.id.get_ref().get(), cells.collect())
            })
            .collect();
        let leading = Leading::new(self);
        let mut targets: BTreeMap<Led, Target> = BTreeMap::new();
        for row in self.policy.ars.iter().filter(|row| row.keys.digits.is_some()) {
            let Some(leads) = row.keys.leads.as_ref().map(|leads| leads.get_ref()) else { continue };
            if row.keys.emergency.as_ref().is_some_and(|emergency| *emergency.get_ref()) {
                continue;
            }
            let target = targets.entry(led(leads)).or_insert_with(|| Target {
                cells: leads.plan.map_or_else(
                    || vec![plain(leads)],
                    |plan| plans.get(&plan.get()).cloned().unwrap_or_default(),
                ),
                open: 0,
            });
            let pattern = pattern(row);
            let least = pattern.len() + following(row);
            let blocked = if leading.is_empty() { 0 } else { leading.blocked(&pattern) };
            target.open |= !blocked & self.may_dial(least);
        }
        targets.into_values().collect()
    }

    /// Bit n: COR n may dial so many digits.
    fn may_dial(&self, least: usize) -> u128 {
        let capped = self.policy.max_digits.iter().filter(|row| row.keys.digits.get::<usize>() < least);
        capped.fold(!0, |may, row| may & !(1 << row.keys.cor.get_ref().get::<u32>()))
    }

    fn people(&mut self) {
        let templates: HashMap<&str, &Row<Template>> =
            self.policy.template.iter().map(|row| (row.keys.name.get_ref().as_str(), row)).collect();
        let mut phones = Vec::with_capacity(self.policy.device.len());
        for row in &self.policy.device {
            let template =
                row.keys.template.as_ref().and_then(|name| templates.get(name.get_ref().as_str()).copied());
            let mut phone =
                Phone { row, template, class: Class { cos: [0; 3], cor: [0; 3], interconnect: 1 } };
            phone.class = self.class(
                own!(phone, cos).map(|cos| cos.get_ref()),
                own!(phone, cor).map(|cor| cor.get_ref()),
                own!(phone, interconnect).copied(),
            );
            phones.push(phone);
        }
        self.phones = phones;
    }

    /// Whether a class gets a call out over a route in a mode, as far as COS 0, COR and interconnect decide.
    pub(super) fn may(&self, class: &Class, mode: usize, way: &Way<'_>) -> bool {
        let (cos, cor) = (class.cos[mode], class.cor[mode]);
        cos != 0 && cor != 0 && way.open >> cor & 1 != 0 && !self.bars(class.interconnect, way)
    }

    /// Whether the interconnect matrix bars this number from the route's trunk.
    pub(super) fn bars(&self, interconnect: u8, way: &Way<'_>) -> bool {
        way.trunk.is_some_and(|trunk| self.restricted(interconnect, self.trunks[trunk].interconnect))
    }

    /// The first public route that a class may use in some mode.
    pub(super) fn way_out(&self, class: &Class) -> Option<(&Way<'p>, usize)> {
        let public = || self.routes.iter().filter(|way| way.public);
        (0..3).find_map(|mode| Some((public().find(|way| self.may(class, mode, way))?, mode)))
    }

    /// The phones of each class.
    pub(super) fn by_class(&self) -> BTreeMap<Class, Vec<&Phone<'p>>> {
        let mut classes: BTreeMap<Class, Vec<&Phone<'p>>> = BTreeMap::new();
        for phone in &self.phones {
            classes.entry(phone.class).or_default().push(phone);
        }
        classes
    }
}

impl Phone<'_> {
    pub(super) fn dn(&self) -> &str {
        &self.row.keys.dn.get_ref().0.0
    }
}

/// A `use`, to compare.
pub(super) type Led = [u16; 3];

pub(super) fn led(leads: &Use) -> Led {
    [leads.route.map_or(0, |n| n.get()), leads.list.map_or(0, |n| n.get()), leads.plan.map_or(0, |n| n.get())]
}

/// A row's whole pattern, without what only follows.
pub(super) fn pattern(row: &Row<Ars>) -> String {
    let part = |part: &Option<toml::Spanned<crate::schema::types::Of<crate::schema::texts::Pattern>>>| {
        part.as_ref().map_or_else(String::new, |part| part.get_ref().0.0.clone())
    };
    part(&row.keys.leading) + &part(&row.keys.digits)
}

/// The fewest digits that follow a row's pattern.
fn following(row: &Row<Ars>) -> usize {
    match row.keys.follow.as_ref().map(|follow| *follow.get_ref()) {
        Some(Follow::Digits(count)) => usize::from(count),
        Some(Follow::Unknown) | None => 0,
    }
}

/// How wide a symbol is: a digit, N, X, Y. Each is inside the next or has nothing in common with it.
pub(super) const fn width(symbol: u8) -> u8 {
    match symbol {
        b'N' => 1,
        b'X' => 2,
        b'Y' => 3,
        _ => 0,
    }
}

/// Whether two symbols share a digit.
pub(super) fn meet(a: u8, b: u8) -> bool {
    let (narrow, wide) = if width(a) <= width(b) { (a, b) } else { (b, a) };
    match wide {
        b'Y' => true,
        b'X' => !matches!(narrow, b'*' | b'#'),
        b'N' => narrow == b'N' || (b'2'..=b'9').contains(&narrow),
        _ => narrow == wide,
    }
}

/// Leading rows with a COR group.
struct Leading {
    exact: HashMap<String, u128>,
    wild: Vec<(String, u128)>,
}

impl Leading {
    fn new(model: &Model<'_>) -> Self {
        let mut all = Self { exact: HashMap::new(), wild: Vec::new() };
        for row in model.policy.ars.iter().filter(|row| row.keys.digits.is_none()) {
            let group = row.keys.cor_group.as_ref().map_or(0, |group| model.group_id(group.get_ref()));
            let Some(members) = model.groups.get(&group).copied().filter(|members| *members != 0) else {
                continue;
            };
            let pattern = pattern(row);
            if pattern.bytes().all(|symbol| width(symbol) == 0) {
                *all.exact.entry(pattern).or_default() |= members;
            } else {
                all.wild.push((pattern, members));
            }
        }
        all
    }

    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wild.is_empty()
    }

    /// The CORs that no number of this pattern gets past.
    fn blocked(&self, pattern: &str) -> u128 {
        let exact = (1..=pattern.len()).filter_map(|len| self.exact.get(&pattern[..len]));
        let covers = |leading: &str| {
            leading.len() <= pattern.len()
                && leading.bytes().zip(pattern.bytes()).all(|(a, b)| meet(a, b) && width(a) >= width(b))
        };
        let wild = self.wild.iter().filter(|(leading, _)| covers(leading)).map(|(_, members)| members);
        exact.chain(wild).fold(0, |blocked, members| blocked | members)
    }
}
