//! What an image must hold before it is in force: each rule broken by itself is refused, with the row, and what is just within is taken.

use strowger::base::Soft;
use strowger::policy::Image;
use strowger::policy::class::NumberClass;
use strowger::policy::image::{BadImage, DIRECTORY, DIRECTORY_ENTRY};
use strowger::policy::row::{Row, Run, Str};
use strowger::policy::rows::{
    AccountCodeRow, ArsRow, CellRow, ChoiceRow, ClassEdgeRow, ClassStateRow, CorGroupRow, CosRow, DeviceRow,
    DeviceTextRow, DigitModificationRow, EdgeRow, ForwardRow, HolidayRow, HuntMemberRow, HuntRow, InboundRow,
    InterceptRow, LeadingRow, MediaPathRow, NodeRow, NotifyRow, OffsetRow, OwnChainRow, OwnClassRow,
    PickupRow, PlanRow, REGISTERS, RouteListRow, RouteRow, ScheduleRow, SpeedCallRow, SubnetRow, SystemRow,
    TrunkRow, TrustedRow, USE_PLAN, UserRow, UsernameRow, UsernameSeedRow, ZoneRow,
};

const WEEK: u16 = 7 * 1_440;
/// Nowhere in the texts.
const BEYOND: Str = Str { at: u32::MAX, len: 1 };

/// One of everything, two of what must be in order.
fn policy() -> String {
    let mut text = include_str!("office/policy.toml").to_owned();
    for (old, new) in [
        ("profile = \"strict\"", "profile = \"strict\"\ntimezone = \"America/Toronto\""),
        ("name = \"Reception\"", "name = \"The \\\"desk\\\"\""),
        ("dn = \"202\"\n", "dn = \"202\"\nalways_to = \"203\"\n"),
        ("dn = \"203\"\n", "dn = \"203\"\nbusy_to = \"204\"\n"),
        ("dn = \"205\"\n", "dn = \"205\"\nzone = \"home\"\n"),
        (
            "host = \"10.0.9.1:5060\"\n",
            "host = \"10.0.9.1:5060\"\ntrusted = [\"10.0.9.1/32\"]\ninbound = [ { did = \"61355501XX\", to = \"2XX\" } ]\n",
        ),
        ("digits = \"NXXXXXX\"\nuse = { route = 1 }", "digits = \"NXXXXXX\"\nuse = { plan = 1 }"),
        ("[[ars]]\nleading = \"9\"\n", "[[ars]]\nleading = \"9\"\ncor_group = 1\n[[ars]]\nleading = \"9\"\n"),
    ] {
        text = text.replacen(old, new, if old.starts_with("[[ars]]") { 1 } else { usize::MAX });
    }
    text + include_str!("images/more.toml")
}

struct Whole {
    image: Vec<u8>,
}

impl Whole {
    fn new() -> Self {
        let compiled = strowger_tools::compile_str(&policy(), "policy.toml").unwrap_or_else(|findings| {
            panic!("{}", findings.iter().map(|finding| format!("{finding}\n")).collect::<String>())
        });
        let whole = Self { image: compiled.image };
        whole.load(&whole.image).expect("it is good as it is");
        whole
    }

    fn load(&self, image: &[u8]) -> Result<(), BadImage> {
        Image::load(image, &mut Soft::new(&[0; 32])).map(|_| ())
    }

    /// Where the rows of a section stand, and how many there are.
    fn section<R: Row>(&self) -> (usize, u32) {
        let sections = usize::from(u16::from_le_bytes([self.image[6], self.image[7]]));
        let mut at = DIRECTORY + sections * DIRECTORY_ENTRY;
        for entry in self.image[DIRECTORY..at].chunks_exact(DIRECTORY_ENTRY) {
            let rows = u32::from_le_bytes([entry[2], entry[3], entry[4], entry[5]]);
            if u16::from(entry[0]) == R::SECTION {
                assert_eq!(usize::from(entry[1]), R::SIZE);
                return (at, rows);
            }
            at += usize::from(entry[1]) * usize::try_from(rows).expect("few");
        }
        panic!("there is no section {}", R::SECTION)
    }

    fn len<R: Row>(&self) -> u32 {
        self.section::<R>().1
    }

    fn row<R: Row>(&self, row: u32) -> R {
        let (at, rows) = self.section::<R>();
        assert!(row < rows, "section {} has {rows} rows", R::SECTION);
        R::take(&mut &self.image[at + R::SIZE * row as usize..])
    }

    /// What comes of the image with one row changed.
    fn changed<R: Row>(&self, row: u32, change: impl FnOnce(&mut R)) -> Result<(), BadImage> {
        let mut other: R = self.row(row);
        change(&mut other);
        let mut image = self.image.clone();
        let mut at = self.section::<R>().0 + R::SIZE * row as usize;
        other.write(&mut |octets| {
            image[at..at + octets.len()].copy_from_slice(octets);
            at += octets.len();
        });
        strowger_tools::seal(&mut image);
        self.load(&image)
    }

    #[track_caller]
    fn refused<R: Row>(&self, row: u32, change: impl FnOnce(&mut R)) {
        assert_eq!(self.changed(row, change), Err(BadImage::Row(R::SECTION, row)));
    }

    #[track_caller]
    fn taken<R: Row>(&self, row: u32, change: impl FnOnce(&mut R)) {
        assert_eq!(self.changed(row, change), Ok(()));
    }

    /// Refused for each of these texts when it lies outside.
    #[track_caller]
    fn texts<R: Row>(&self, texts: &[fn(&mut R) -> &mut Str]) {
        for text in texts {
            self.refused(0, |row: &mut R| *text(row) = BEYOND);
        }
    }
}

#[test]
fn classes_and_groups() {
    let whole = Whole::new();
    let groups = u8::try_from(whole.len::<CorGroupRow>()).expect("few");
    let classes = u8::try_from(whole.len::<CosRow>()).expect("few");
    whole.refused(0, |r: &mut CosRow| r.id = 0);
    whole.refused(1, |r: &mut CosRow| r.id = 111);
    whole.taken(1, |r: &mut CosRow| r.id = 110);
    whole.texts::<CosRow>(&[|r| &mut r.name]);
    whole.refused(0, |r: &mut CorGroupRow| r.id = 0);
    whole.refused(0, |r: &mut CorGroupRow| r.id = 97);
    whole.taken(0, |r: &mut CorGroupRow| r.id = 96);
    whole.texts::<CorGroupRow>(&[|r| &mut r.name]);
    whole.refused(0, |r: &mut AccountCodeRow| r.kind = 2);
    whole.taken(0, |r: &mut AccountCodeRow| r.kind = 1);
    whole.refused(0, |r: &mut AccountCodeRow| r.cos = classes + 1);
    whole.taken(0, |r: &mut AccountCodeRow| r.cos = classes);
    whole.refused(0, |r: &mut AccountCodeRow| r.cor = 97);
    whole.taken(0, |r: &mut AccountCodeRow| r.cor = 96);
    whole.texts::<AccountCodeRow>(&[|r| &mut r.name]);
    whole.refused(0, |r: &mut OwnClassRow| r.action = 3);
    whole.refused(0, |r: &mut OwnClassRow| r.cor_group = groups + 1);
    whole.taken(0, |r: &mut OwnClassRow| r.cor_group = groups);
    whole.texts::<OwnClassRow>(&[|r| &mut r.name]);
    let own = u8::try_from(whole.len::<OwnClassRow>()).expect("few");
    let chains = u8::try_from(whole.len::<OwnChainRow>()).expect("few");
    whole.refused(0, |r: &mut OwnChainRow| r.own = own);
    whole.refused(0, |r: &mut OwnChainRow| r.next = 1);
    whole.refused(0, |r: &mut OwnChainRow| r.next = chains + 1);
}

#[test]
fn devices() {
    let whole = Whole::new();
    let classes = u8::try_from(whole.len::<CosRow>()).expect("few");
    let zones = u8::try_from(whole.len::<ZoneRow>()).expect("few");
    let devices = whole.len::<DeviceRow>();
    for mode in 0..3 {
        whole.refused(0, |r: &mut DeviceRow| r.cos[mode] = classes + 1);
        whole.taken(0, |r: &mut DeviceRow| r.cos[mode] = classes);
        whole.refused(1, |r: &mut DeviceRow| r.cor[mode] = 97);
        whole.taken(1, |r: &mut DeviceRow| r.cor[mode] = 96);
    }
    whole.refused(0, |r: &mut DeviceRow| r.interconnect = 0);
    whole.refused(0, |r: &mut DeviceRow| r.interconnect = 65);
    whole.taken(0, |r: &mut DeviceRow| r.interconnect = 64);
    whole.refused(0, |r: &mut DeviceRow| r.zone = zones + 1);
    whole.taken(0, |r: &mut DeviceRow| r.zone = zones);
    whole.refused(0, |r: &mut DeviceRow| r.srtp = 3);
    whole.taken(0, |r: &mut DeviceRow| r.srtp = 2);
    whole.refused(0, |r: &mut DeviceRow| r.transports = 8);
    whole.taken(0, |r: &mut DeviceRow| r.transports = 7);
    whole.texts::<DeviceTextRow>(&[
        |r| &mut r.dn,
        |r| &mut r.name,
        |r| &mut r.username,
        |r| &mut r.public_number,
        |r| &mut r.cesid,
        |r| &mut r.location,
        |r| &mut r.account_code,
    ]);
    let name = whole.row::<DeviceTextRow>(0).name;
    whole.refused(0, |r: &mut DeviceTextRow| r.dn = name);
    let intercepts = u8::try_from(whole.len::<InterceptRow>()).expect("few");
    whole.refused(0, |r: &mut DeviceTextRow| r.intercept = intercepts + 1);
    whole.taken(0, |r: &mut DeviceTextRow| r.intercept = intercepts);
    whole.refused(0, |r: &mut InterceptRow| r.id = 0);
    whole.refused(1, |r: &mut InterceptRow| r.id = 1);
    whole.refused(1, |r: &mut InterceptRow| r.id = 65);
    whole.taken(1, |r: &mut InterceptRow| r.id = 64);
    whole.refused(0, |r: &mut InterceptRow| r.to[5] = devices + 1);
    whole.taken(0, |r: &mut InterceptRow| r.to[5] = devices);
    whole.refused(0, |r: &mut UsernameRow| r.device = devices + 1);
    whole.refused(0, |r: &mut UsernameSeedRow| r.longest_probe = u32::MAX);
    whole.refused(1, |r: &mut ForwardRow| r.device = 1);
    whole.refused(1, |r: &mut ForwardRow| r.device = devices);
    whole.texts::<ForwardRow>(&[
        |r| &mut r.always,
        |r| &mut r.busy,
        |r| &mut r.no_answer,
        |r| &mut r.out_of_service,
    ]);
    whole.refused(0, |r: &mut ForwardRow| r.busy = name);
    let before = whole.row::<PickupRow>(0);
    whole.refused(1, |r: &mut PickupRow| *r = before);
    whole.refused(1, |r: &mut PickupRow| r.device = devices);
}

#[test]
fn users_and_hunt_groups() {
    let whole = Whole::new();
    let [user, group] = [whole.row::<UserRow>(0).device, whole.row::<HuntRow>(0).device];
    whole.refused(0, |r: &mut UserRow| r.device += 1);
    whole.refused(0, |r: &mut HuntRow| r.device -= 1);
    // They have no Interconnect Number: what has one is a phone.
    assert_eq!(
        whole.changed(user, |r: &mut DeviceRow| r.interconnect = 1),
        Err(BadImage::Row(UserRow::SECTION, 0))
    );
    assert_eq!(
        whole.changed(group, |r: &mut DeviceRow| r.interconnect = 1),
        Err(BadImage::Row(HuntRow::SECTION, 0))
    );
    whole.refused(0, |r: &mut HuntRow| r.kind = 0);
    whole.refused(0, |r: &mut HuntRow| r.kind = 4);
    whole.taken(0, |r: &mut HuntRow| r.kind = 3);
    whole.refused(0, |r: &mut HuntRow| r.member_s = 0);
    whole.refused(0, |r: &mut HuntRow| r.members.count += 1);
    whole.refused(0, |r: &mut HuntRow| r.members = Run { first: u32::MAX, count: 1 });
    whole.refused(1, |r: &mut HuntMemberRow| r.device = user);
    whole.refused(0, |r: &mut NotifyRow| r.device = group);
    whole.refused(0, |r: &mut NotifyRow| r.always = 2);
    whole.taken(0, |r: &mut NotifyRow| r.always = 1);
}

#[test]
fn trunks_and_routes() {
    let whole = Whole::new();
    let zones = u8::try_from(whole.len::<ZoneRow>()).expect("few");
    let [trunks, routes] =
        [whole.len::<TrunkRow>(), whole.len::<RouteRow>()].map(|n| u16::try_from(n).expect("few"));
    let groups = u8::try_from(whole.len::<CorGroupRow>()).expect("few");
    whole.refused(0, |r: &mut TrunkRow| r.cos[2] = 200);
    whole.refused(0, |r: &mut TrunkRow| r.cor[2] = 97);
    whole.refused(0, |r: &mut TrunkRow| r.interconnect = 65);
    whole.refused(0, |r: &mut TrunkRow| r.zone = zones + 1);
    whole.refused(0, |r: &mut TrunkRow| r.srtp = 3);
    whole.refused(0, |r: &mut TrunkRow| r.transport = 4);
    whole.taken(0, |r: &mut TrunkRow| r.transport = 3);
    whole.refused(0, |r: &mut TrunkRow| r.flags |= REGISTERS);
    whole.refused(0, |r: &mut TrunkRow| r.inbound = u32::MAX);
    whole.texts::<TrunkRow>(&[|r| &mut r.name, |r| &mut r.host, |r| &mut r.caller_id, |r| &mut r.username]);
    whole.refused(0, |r: &mut TrustedRow| r.trunk = trunks);
    whole.refused(0, |r: &mut TrustedRow| r.prefix = 129);
    whole.taken(0, |r: &mut TrustedRow| r.prefix = 128);
    whole.texts::<InboundRow>(&[|r| &mut r.did, |r| &mut r.to]);
    let name = whole.row::<TrunkRow>(0).name;
    whole.texts::<DigitModificationRow>(&[|r| &mut r.insert]);
    whole.refused(0, |r: &mut DigitModificationRow| r.insert = name);
    // What a route has of its trunk and modification is theirs.
    whole.refused(0, |r: &mut RouteRow| r.trunk_flags ^= 1);
    whole.refused(0, |r: &mut RouteRow| r.interconnect += 1);
    whole.refused(0, |r: &mut RouteRow| r.absorb += 1);
    whole.refused(0, |r: &mut RouteRow| r.insert = Str::default());
    whole.refused(0, |r: &mut RouteRow| r.trunk = trunks);
    whole.refused(0, |r: &mut RouteRow| r.modification = u16::MAX);
    whole.refused(0, |r: &mut RouteRow| r.cor_group = groups + 1);
    whole.taken(0, |r: &mut RouteRow| r.cor_group = groups);
    whole.refused(0, |r: &mut RouteListRow| r.choices.count = 0);
    whole.refused(0, |r: &mut RouteListRow| r.choices.count += 1);
    whole.refused(0, |r: &mut RouteListRow| r.choices.first = u32::MAX);
    whole.refused(0, |r: &mut ChoiceRow| r.route = routes);
    whole.taken(0, |r: &mut ChoiceRow| r.route = routes - 1);
    whole.refused(0, |r: &mut LeadingRow| r.cor_group = groups + 1);
    whole.taken(0, |r: &mut LeadingRow| r.cor_group = groups);
    let help = (0..whole.len::<ArsRow>()).find(|row| whole.row::<ArsRow>(*row).flags & 1 != 0).expect("help");
    whole.refused(0, |r: &mut ArsRow| r.leads = 3);
    whole.refused(0, |r: &mut ArsRow| r.index = u16::MAX);
    whole.refused(help, |r: &mut ArsRow| r.leads = USE_PLAN);
    whole.texts::<ArsRow>(&[|r| &mut r.outpulse]);
    whole.refused(0, |r: &mut ZoneRow| r.emergency_leads = 4);
    whole.refused(0, |r: &mut ZoneRow| r.emergency_index = u16::MAX);
    whole.texts::<ZoneRow>(&[|r| &mut r.name, |r| &mut r.cesid, |r| &mut r.location]);
    whole.refused(0, |r: &mut SubnetRow| r.zone = 0);
    whole.refused(0, |r: &mut SubnetRow| r.zone = zones + 1);
    whole.refused(0, |r: &mut SubnetRow| r.prefix = 129);
    whole.taken(0, |r: &mut SubnetRow| r.prefix = 128);
    let before = whole.row::<MediaPathRow>(0);
    whole.refused(1, |r: &mut MediaPathRow| *r = before);
    whole.refused(1, |r: &mut MediaPathRow| (r.a, r.b) = (2, 1));
    whole.refused(1, |r: &mut MediaPathRow| r.b = zones + 1);
    whole.refused(0, |r: &mut MediaPathRow| r.path = 0);
    whole.refused(0, |r: &mut MediaPathRow| r.path = 4);
    whole.taken(0, |r: &mut MediaPathRow| r.path = 3);
}

#[test]
fn time() {
    let whole = Whole::new();
    whole.refused(0, |r: &mut ScheduleRow| r.from = r.to);
    whole.refused(0, |r: &mut ScheduleRow| r.mode = 3);
    let last = whole.len::<ScheduleRow>() - 1;
    whole.refused(last, |r: &mut ScheduleRow| r.to = WEEK + 1);
    whole.taken(last, |r: &mut ScheduleRow| r.to = WEEK);
    let before = whole.row::<ScheduleRow>(0);
    whole.refused(1, |r: &mut ScheduleRow| r.from = before.to - 1);
    whole.taken(1, |r: &mut ScheduleRow| r.from = before.to);
    let day = whole.row::<HolidayRow>(0).day;
    whole.refused(0, |r: &mut HolidayRow| r.mode = 3);
    whole.refused(1, |r: &mut HolidayRow| r.day = day);
    whole.taken(1, |r: &mut HolidayRow| r.day = day + 9);
    let since = whole.row::<OffsetRow>(0).since;
    whole.refused(1, |r: &mut OffsetRow| r.since = since);
    whole.refused(1, |r: &mut OffsetRow| r.east_min = 2_881);
    whole.taken(1, |r: &mut OffsetRow| r.east_min = 2_880);
    whole.refused(0, |r: &mut PlanRow| r.cells.count += 1);
    whole.refused(0, |r: &mut CellRow| r.from = r.to);
    whole.refused(1, |r: &mut CellRow| r.to = WEEK + 1);
    whole.taken(1, |r: &mut CellRow| r.to = WEEK);
    whole.refused(0, |r: &mut CellRow| r.leads = USE_PLAN);
    whole.refused(0, |r: &mut CellRow| r.index = u16::MAX);
    let before = whole.row::<CellRow>(0);
    let overlaps = whole.changed(1, |r: &mut CellRow| r.from = before.to - 1);
    assert_eq!(overlaps, Err(BadImage::Row(PlanRow::SECTION, 0)));
}

#[test]
fn digits_and_number_classes() {
    let whole = Whole::new();
    whole.refused(0, |r: &mut EdgeRow| r.node = u32::MAX);
    whole.refused(0, |r: &mut NodeRow| r.edges = u32::MAX);
    whole.texts::<SpeedCallRow>(&[|r| &mut r.number]);
    whole.refused(0, |r: &mut SpeedCallRow| r.flags = 2);
    whole.taken(0, |r: &mut SpeedCallRow| r.flags = 1);
    // Neither what is no number, nor one for help.
    let (name, help) = (
        whole.row::<TrunkRow>(0).name,
        (0..whole.len::<ArsRow>()).map(|row| whole.row::<ArsRow>(row).outpulse).find(|text| text.len == 3),
    );
    whole.refused(0, |r: &mut SpeedCallRow| r.number = name);
    whole.refused(0, |r: &mut SpeedCallRow| r.number = help.expect("911 is outpulsed"));
    let states = u16::try_from(whole.len::<ClassStateRow>()).expect("few");
    let chains = u8::try_from(whole.len::<OwnChainRow>()).expect("few");
    whole.refused(0, |r: &mut ClassStateRow| r.own = chains + 1);
    whole.refused(0, |r: &mut ClassStateRow| r.class |= 15);
    let edge = (0..whole.len::<ClassEdgeRow>()).find(|row| whole.row::<ClassEdgeRow>(*row).edge >> 12 <= 12);
    whole.refused(edge.expect("there is an edge"), |r: &mut ClassEdgeRow| r.edge = states);
}

#[test]
fn what_holds_for_everybody() {
    let whole = Whole::new();
    whole.texts::<SystemRow>(&[
        |r| &mut r.name,
        |r| &mut r.realm,
        |r| &mut r.timezone,
        |r| &mut r.default_cesid,
        |r| &mut r.default_location,
        |r| &mut r.country,
        |r| &mut r.area_code,
        |r| &mut r.plus_access,
        |r| &mut r.calling_code,
        |r| &mut r.trunk_prefix,
        |r| &mut r.international_prefix,
        |r| &mut r.relay,
        |r| &mut r.conference,
    ]);
    // A quote in a realm.
    let quoted = whole.row::<DeviceTextRow>(0).name;
    whole.refused(0, |r: &mut SystemRow| r.realm = quoted);
    let emergency = 1 << NumberClass::Emergency.number();
    whole.refused(0, |r: &mut SystemRow| r.denied_classes |= emergency);
    whole.refused(0, |r: &mut SystemRow| r.watched_classes |= emergency);
    whole.refused(0, |r: &mut SystemRow| r.sdes_denied = 2);
    whole.refused(0, |r: &mut SystemRow| r.video_refused = 2);
    whole.refused(0, |r: &mut SystemRow| r.system_id = 1_000);
    whole.taken(0, |r: &mut SystemRow| r.system_id = 999);
}
