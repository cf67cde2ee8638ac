//! The judge's reading of forwarding (R23-R26, R51): what who has a call go on must be allowed, and its caller; and of who is put
//! through to another instead of being refused.

use super::abstraction::{Abstraction, Number, Target};
use super::judge::{Classes, Reading};
use super::numbers::ways;
use super::story::Story;
use strowger::policy::Party;
use strowger::policy::rows::Features;

impl Abstraction {
    /// Whether a party may have been put through to this number: one that its own row of treatments names, for whatever case.
    pub(super) fn may_intercept(
        &self,
        of: &Classes,
        number: Option<&Number>,
        (a, b): (Party, Party),
    ) -> Result<(), &'static str> {
        let Some(Number { target: Target::Device(named), .. }) = number else { return Err("number") };
        let own = match a {
            Party::Device(device) => device,
            Party::User { user, .. } => self.image.users().get(user.into()).unwrap_or_default().device,
            Party::Trunk(_) | Party::Conference | Party::Unknown => return Err("intercept"),
        };
        let row = self.image.device_texts().get(own as usize).unwrap_or_default().intercept;
        let row = usize::from(row).checked_sub(1).and_then(|row| self.image.intercept_rows().get(row));
        if !row.is_some_and(|row| row.to.contains(&(named + 1))) || !self.leads_to(*named, b) {
            return Err("intercept");
        }
        if of.cos == 0 || of.cor == 0 {
            return Err("cos");
        }
        if a.phone() == b.phone() { Err("self") } else { Ok(()) }
    }

    /// Whether a call may have gone on to this number, which must stand in the device's own row.
    pub(super) fn may_forward(
        &self,
        reading: &Reading<'_>,
        story: &Story,
        number: Option<&Number>,
        (a, b): (Party, Party),
    ) -> Result<(), &'static str> {
        let Some(Number { target, meant: digits, exempt, .. }) = number else { return Err("number") };
        let (target, exempt) = (*target, *exempt);
        let Party::Device(device) = story.by else { return Err("number") };
        let row = self.image.forwards_of(device).unwrap_or_default();
        let set = [row.always, row.busy, row.no_answer, row.out_of_service];
        let behind = |to: &[u8]| self.image.speed_number(to).is_some_and(|(number, _)| number == *digits);
        if !set.iter().map(|to| self.image.octets(*to)).any(|to| to == *digits || behind(to)) {
            return Err("number");
        }
        let (by, from) = (reading.classes(story.by, story.mode), reading.classes(a, story.mode));
        if by.cos == 0 || by.cor == 0 {
            return Err("cos");
        }
        let open = |rule: u32| self.image.system().open_rules >> (rule - 22) & 1 == 1;
        let cors: Vec<u8> = if open(26) { vec![by.cor] } else { vec![by.cor, from.cor] };
        let most = |cor: &u8| self.image.max_digits().get(usize::from(*cor)).map_or(0, |row| row.digits);
        if !exempt && cors.iter().any(|cor| most(cor) != 0 && digits.len() > usize::from(most(cor))) {
            return Err("max-digits");
        }
        if by.has(Features::FORCED_VERIFIED_ACCOUNT_CODE) {
            return Err("forced-code");
        }
        match (target, b) {
            (Target::Device(named), Party::Device(_) | Party::User { .. }) if self.leads_to(named, b) => {
                // As a member of a group it rings for that group.
                if a == b || named == device { Err("self") } else { Ok(()) }
            }
            (Target::Row(row), Party::Trunk(trunk)) => {
                let caller = open(24) || from.has(Features::FORWARD_EXTERNAL);
                if !by.has(Features::FORWARD_EXTERNAL) || !caller {
                    return Err("cos");
                }
                let row = self.image.ars().get(row as usize).unwrap_or_default();
                let exempt = ways(&self.image, &row).first().is_some_and(|(_, route)| route.flags & 2 != 0);
                // Nobody is there who could enter one.
                if by.has(Features::FORCED_NON_VERIFIED_ACCOUNT_CODE) && !exempt {
                    return Err("forced-code");
                }
                let groups = reading.leadings(digits);
                if !exempt && groups.iter().any(|group| cors.iter().any(|cor| reading.lists(*group, *cor))) {
                    return Err("cor");
                }
                reading.way((target, exempt), digits, trunk, &cors)
            }
            _ => Err("number"),
        }
    }
}
