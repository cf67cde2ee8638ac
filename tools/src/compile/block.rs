//! The emergency block: an image of its own with nothing in it but what an emergency call needs.
//!
//! It is made from the compiled tables, so that it says what they say: the same emergency numbers over the same routes.

use super::automaton;
use super::routing::{Leads, choices};
use super::tree::{Owner, Terminal, Tree};
use super::trie::Trie;
use crate::finding::Place;
use crate::write::Tables;
use std::collections::{BTreeMap, BTreeSet};
use strowger::policy::row::{Run, Str};
use strowger::policy::rows::{
    ArsRow, ChoiceRow, DeviceRow, DeviceTextRow, RouteListRow, RouteRow, SystemRow, TrunkRow, USE_LIST,
    USE_ROUTE, ZoneRow,
};

/// The block of these tables; empty if they have no emergency number.
pub(crate) fn build(tables: &Tables) -> Vec<u8> {
    if tables.emergency.is_empty() {
        return Vec::new();
    }
    let mut block =
        Block { from: tables, to: Tables::default(), routes: BTreeMap::new(), trunks: BTreeMap::new() };
    block.system();
    block.trunks();
    block.zones();
    let mut tree = Tree::new();
    for (number, row) in &tables.emergency {
        let Some(row) = block.ars(*row) else { continue };
        let owner = Owner { terminal: Terminal::Emergency(row), place: Place::default(), label: "".into() };
        tree.add_pattern(number, Some(0), owner);
    }
    block.devices(&mut tree);
    // So few numbers are never entangled.
    let Ok((states, edges)) = automaton::build(&tree) else { return Vec::new() };
    let mut trie = Trie::default();
    trie.add(states, edges);
    trie.pack(&mut block.to);
    block.to.emergency_block().unwrap_or_default()
}

struct Block<'t> {
    from: &'t Tables,
    to: Tables,
    /// New rows of old routes and trunks.
    routes: BTreeMap<u16, u16>,
    trunks: BTreeMap<u16, u16>,
}

impl Block<'_> {
    fn text(&mut self, at: Str) -> Str {
        self.to.texts.add(self.from.texts.get(at))
    }

    fn system(&mut self) {
        let system = &self.from.system;
        self.to.system = SystemRow {
            profile: system.profile,
            system_id: system.system_id,
            default_cesid: self.text(system.default_cesid),
            default_location: self.text(system.default_location),
            ..SystemRow::default()
        };
    }

    /// The trunks that emergency calls can use, in their order.
    fn trunks(&mut self) {
        let rows = self.from.emergency.iter().filter_map(|(_, row)| self.from.ars.get(*row as usize));
        let zones = self.from.zones.iter().filter_map(|zone| {
            Some(Leads { kind: zone.emergency_leads.checked_sub(1)?, index: zone.emergency_index })
        });
        let leads = rows.map(|row| Leads { kind: row.leads, index: row.index }).chain(zones);
        let routes = leads.flat_map(|leads| choices(self.from, leads));
        let used: BTreeSet<u16> =
            routes.filter_map(|route| self.from.routes.get(route)).map(|route| route.trunk).collect();
        for trunk in used {
            self.trunk(trunk);
        }
    }

    /// Zones keep their rows: devices, trunks and subnets name them.
    fn zones(&mut self) {
        let speaks = |zone: &ZoneRow| zone.emergency_leads != 0 || zone.location.len > 0;
        if !self.from.zones.iter().any(speaks) {
            return;
        }
        for zone in &self.from.zones {
            let row = ZoneRow { location: self.text(zone.location), ..self.leads_of(zone) };
            self.to.zones.push(row);
        }
        self.to.subnets = self.from.subnets.clone();
    }

    fn leads_of(&mut self, zone: &ZoneRow) -> ZoneRow {
        let to = zone.emergency_leads.checked_sub(1).and_then(|kind| self.leads(kind, zone.emergency_index));
        match to {
            Some((kind, index)) => {
                ZoneRow { emergency_leads: kind + 1, emergency_index: index, ..ZoneRow::default() }
            }
            None => ZoneRow::default(),
        }
    }

    fn ars(&mut self, row: u32) -> Option<u32> {
        let row = *self.from.ars.get(row as usize)?;
        let (leads, index) = self.leads(row.leads, row.index)?;
        let outpulse = self.text(row.outpulse);
        self.to.ars.push(ArsRow { leads, index, outpulse, ..row });
        u32::try_from(self.to.ars.len() - 1).ok()
    }

    /// A route or list of the tables, with all that it needs, as one of the block.
    fn leads(&mut self, kind: u8, index: u16) -> Option<(u8, u16)> {
        if kind == USE_ROUTE {
            return Some((USE_ROUTE, self.route(index)?));
        }
        let list = *self.from.lists.get(usize::from(index))?;
        if let Some(known) = self.to.lists.iter().position(|known| known.id == list.id) {
            return Some((USE_LIST, u16::try_from(known).ok()?));
        }
        let first = u32::try_from(self.to.choices.len()).ok()?;
        let from = list.choices.first as usize;
        for choice in self.from.choices.get(from..from + usize::from(list.choices.count))? {
            let route = self.route(choice.route)?;
            self.to.choices.push(ChoiceRow { route, flags: choice.flags });
        }
        self.to.lists.push(RouteListRow { choices: Run { first, count: list.choices.count }, ..list });
        Some((USE_LIST, u16::try_from(self.to.lists.len() - 1).ok()?))
    }

    fn route(&mut self, index: u16) -> Option<u16> {
        if let Some(known) = self.routes.get(&index) {
            return Some(*known);
        }
        let route = *self.from.routes.get(usize::from(index))?;
        let trunk = self.trunk(route.trunk)?;
        // What is sent is the bare number: no modification, and no class is asked.
        self.to.routes.push(RouteRow {
            trunk,
            modification: 0,
            cor_group: 0,
            absorb: 0,
            insert: Str::default(),
            ..route
        });
        let new = u16::try_from(self.to.routes.len() - 1).ok()?;
        self.routes.insert(index, new);
        Some(new)
    }

    fn trunk(&mut self, index: u16) -> Option<u16> {
        if let Some(known) = self.trunks.get(&index) {
            return Some(*known);
        }
        let trunk = *self.from.trunks.get(usize::from(index))?;
        let row = TrunkRow {
            name: self.text(trunk.name),
            host: self.text(trunk.host),
            caller_id: self.text(trunk.caller_id),
            // A block has no keyring: it registers nowhere.
            username: Str::default(),
            cos: [0; 3],
            cor: [0; 3],
            zone: 0,
            inbound: 0,
            ..trunk
        };
        self.to.trunks.push(row);
        let new = u16::try_from(self.to.trunks.len() - 1).ok()?;
        self.trunks.insert(index, new);
        Some(new)
    }

    /// The devices of which more is known than the defaults: their numbers, so that they can be called back and found.
    fn devices(&mut self, tree: &mut Tree) {
        let from = self.from;
        for (device, texts) in from.devices.iter().zip(&from.device_texts).take(from.phones()) {
            let zone = if self.to.zones.is_empty() { 0 } else { device.zone };
            if texts.cesid.len == 0 && texts.location.len == 0 && zone == 0 {
                continue;
            }
            let row = u32::try_from(self.to.devices.len()).unwrap_or(u32::MAX);
            let owner = Owner { terminal: Terminal::Device(row), place: Place::default(), label: "".into() };
            tree.add_number(from.texts.get(texts.dn), owner);
            self.to.devices.push(DeviceRow { interconnect: 1, zone, ..DeviceRow::default() });
            let dn = self.text(texts.dn);
            let row = DeviceTextRow {
                dn,
                username: dn,
                name: self.text(texts.name),
                cesid: self.text(texts.cesid),
                location: self.text(texts.location),
                line: texts.line,
                ..DeviceTextRow::default()
            };
            self.to.device_texts.push(row);
        }
    }
}
