//! A question, and what it means in this policy: whose classes, which moment, what a code or called number stands for.

use strowger::account;
use strowger::base::Soft;
use strowger::policy::calendar::{Moment, WEEK, scheduled};
use strowger::policy::decide::class_of;
use strowger::policy::inbound::{Inbound, inbound};
use strowger::policy::rows::{
    FEATURE_ACCOUNT_CODE, FEATURE_FORWARD_ALWAYS, FEATURE_FORWARD_BUSY, FEATURE_FORWARD_NO_ANSWER,
    FEATURE_FORWARD_OUT_OF_SERVICE,
};
use strowger::policy::trie::{End, analyse};
use strowger::policy::{
    Attempt, Authority, Behalf, Code, Denial, Feature, Image, Keyring, Mode, Party, RowRef, Rule,
};

/// The features whose codes a number follows that calls are to go to.
const FORWARDS: [u32; 4] =
    [FEATURE_FORWARD_ALWAYS, FEATURE_FORWARD_BUSY, FEATURE_FORWARD_NO_ANSWER, FEATURE_FORWARD_OUT_OF_SERVICE];

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Who dials.
    pub from: Party,
    /// What is dialed; of a trunk with `did`, what it calls.
    pub dialed: &'q str,
    /// What a trunk calls is looked up in its `inbound` rows first, as a call does.
    pub did: bool,
    /// The service mode; absent: that of `at`, or day.
    pub mode: Option<Mode>,
    /// Local time in minutes since 1970-01-01 00:00; absent: a time when the schedule has the mode.
    pub at: Option<u64>,
    /// The account code dialed first.
    pub code: Option<&'q str>,
    /// Who dials for `from`, and why: a device that transfers it, or diverts its call; or that takes it, and nothing is dialed.
    pub acting: Option<(Feature, Party)>,
    /// Who is taken back had been called by who parked it.
    pub called: bool,
}

impl<'q> Question<'q> {
    /// Somebody asks, by day.
    #[must_use]
    pub const fn new(from: Party, dialed: &'q str) -> Self {
        Self { from, dialed, did: false, mode: None, at: None, code: None, acting: None, called: false }
    }

    /// A device asks; `None` if no device has this number.
    #[must_use]
    pub fn of_device(image: &Image<'_>, dn: &str, dialed: &'q str) -> Option<Self> {
        Some(Self::new(Party::Device(image.phone_by_dn(dn.as_bytes())?), dialed))
    }

    /// A hot-desk user asks, who is logged in at a device; `None` if there is no such user, or no such device.
    #[must_use]
    pub fn of_user(image: &Image<'_>, dn: &str, at: &str, dialed: &'q str) -> Option<Self> {
        let user = image.user(image.device_by_dn(dn.as_bytes())?)?;
        Some(Self::new(Party::User { user, at: image.phone_by_dn(at.as_bytes())? }, dialed))
    }

    /// A call comes in over a trunk; `None` if no trunk has this name.
    #[must_use]
    pub fn of_trunk(image: &Image<'_>, name: &str, dialed: &'q str) -> Option<Self> {
        let trunk = image.trunks().iter().position(|row| image.text(row.name) == name)?;
        Some(Self::new(Party::Trunk(u16::try_from(trunk).ok()?), dialed))
    }
}

/// A question in the policy's terms.
pub(super) struct Asked {
    from: Party,
    number: Result<String, Rule>,
    pub(super) mode: Mode,
    minute: u16,
    code: Code,
    pub(super) behalf: Option<Behalf>,
    /// See [`Attempt::exempt`].
    exempt: bool,
}

impl Asked {
    pub(super) fn of(image: &Image<'_>, keyring: Option<&Keyring<'_>>, question: &Question<'_>) -> Self {
        let moment = question.at.map(Moment::local);
        let by_clock = moment.map(|moment| scheduled(image, moment));
        let mode = question.mode.or(by_clock).unwrap_or_default();
        let minute = moment.map_or_else(|| typical(image, mode), |moment| moment.minute);
        let dials = question.acting.map_or(question.from, |(_, party)| party);
        let mut behalf = question.acting.map(|(feature, _)| Behalf { feature, party: question.from });
        let class = class_of(image, dials, mode).unwrap_or_default();
        let check = |typed: &str| match keyring {
            Some(keyring) => {
                account::check(image, keyring, &class, typed.as_bytes(), &mut Soft::new(&[0; 32]))
            }
            None => Code::Wrong,
        };
        let mut code = question.code.map_or(Code::None, check);
        let end = analyse(image, question.dialed.as_bytes(), |_| false).end();
        let number = match (dials, end) {
            (Party::Trunk(trunk), end) if question.did && !matches!(end, End::Emergency(_)) => {
                match inbound(image, trunk, question.dialed.as_bytes()) {
                    Inbound::To(number, _) => Ok(number.as_str().to_owned()),
                    Inbound::AsCalled => Ok(question.dialed.to_owned()),
                    Inbound::Vacant => Err(Rule::NumberVacant),
                }
            }
            // One code comes before a number; behind a code that was given apart, no second one is looked for.
            // A number that calls are to go to: whether the user may set it (R22).
            (Party::Device(_) | Party::User { .. }, End::Feature(feature, digits))
                if FORWARDS.contains(&feature) && question.acting.is_none() =>
            {
                behalf = Some(Behalf { feature: Feature::Forward { user: true }, party: question.from });
                let behind = question.dialed.get(usize::from(digits)..).unwrap_or("");
                if behind.is_empty() { Err(Rule::NumberIncomplete) } else { Ok(behind.to_owned()) }
            }
            (Party::Device(_) | Party::User { .. }, End::Feature(FEATURE_ACCOUNT_CODE, digits))
                if question.code.is_none() =>
            {
                let behind = question.dialed.as_bytes().get(usize::from(digits)..).unwrap_or(&[]);
                match account::split(behind, account::Length::of(&class)) {
                    Some((typed, number)) if !number.is_empty() => {
                        code = check(&String::from_utf8_lossy(typed));
                        Ok(String::from_utf8_lossy(number).into_owned())
                    }
                    _ => Err(Rule::NumberIncomplete),
                }
            }
            _ => Ok(question.dialed.to_owned()),
        };
        // A device that dials the code of a speed call asks for the number behind it (R27).
        let device = dials.phone().is_some();
        let speed =
            number.as_ref().ok().filter(|_| device).and_then(|number| image.speed_number(number.as_bytes()));
        let exempt = speed.is_some_and(|(_, exempt)| exempt);
        let number = speed.map_or(number, |(number, _)| Ok(String::from_utf8_lossy(number).into_owned()));
        Self { from: dials, number, mode, minute, code, behalf, exempt }
    }

    /// The attempt, or the denial before any.
    pub(super) fn attempt(&self) -> Result<Attempt<'_>, Denial> {
        let authority = Authority { party: self.from, cos: 0, cor: 0, mode: self.mode, code: None };
        let number = self.number.as_ref().map_err(|rule| Denial::new(*rule, authority, RowRef::None))?;
        let (mode, minute) = (self.mode, Some(self.minute));
        Ok(Attempt {
            from: self.from,
            dialed: number.as_bytes(),
            mode,
            minute,
            code: self.code,
            behalf: self.behalf,
            exempt: self.exempt,
        })
    }

    /// The minute of the week, for people.
    pub(super) fn when(&self) -> String {
        let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let (day, minute) = (usize::from(self.minute / 1440), self.minute % 1440);
        format!("{} {:02}:{:02}", days.get(day).unwrap_or(&""), minute / 60, minute % 60)
    }
}

/// The first minute from Monday noon on when the schedule has this mode; Monday noon if it never has.
fn typical(image: &Image<'_>, mode: Mode) -> u16 {
    let noon = 720;
    // A week without holidays, far in the past.
    let monday = 4 * 1440;
    let minutes = (0..WEEK).map(|n| (noon + n) % WEEK);
    let has = |minute: &u16| scheduled(image, Moment::local(monday + u64::from(*minute))) == mode;
    minutes.into_iter().find(has).unwrap_or(noon)
}
