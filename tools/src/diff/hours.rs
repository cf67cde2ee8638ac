//! Times of the week as sets of minutes.

use strowger::policy::calendar::WEEK;

/// A part of the week. The time of which no clock tells is a part of its own.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Hours {
    /// From and to, in order, apart from each other.
    spans: Vec<(u16, u16)>,
    without_clock: bool,
}

impl Hours {
    /// The whole week, with and without a clock.
    pub(super) fn always() -> Self {
        Self { spans: vec![(0, WEEK)], without_clock: true }
    }

    /// The parts of the week between these minutes, each with a minute in it. Without borders one part: always.
    pub(super) fn cut(borders: &Option<Vec<u16>>) -> Vec<(Option<u16>, Self)> {
        let Some(borders) = borders else { return vec![(Some(0), Self::always())] };
        let mut cuts: Vec<u16> = [0, WEEK].into_iter().chain(borders.iter().copied()).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let part = |pair: &[u16]| Self { spans: vec![(pair[0], pair[1])], without_clock: false };
        let clocked = cuts.windows(2).map(|pair| (Some(pair[0]), part(pair)));
        clocked.chain([(None, Self { spans: Vec::new(), without_clock: true })]).collect()
    }

    pub(super) fn add(&mut self, other: &Self) {
        let mut spans = [self.spans.as_slice(), other.spans.as_slice()].concat();
        spans.sort_unstable();
        self.spans.clear();
        for (from, to) in spans {
            match self.spans.last_mut() {
                Some(last) if last.1 >= from => last.1 = last.1.max(to),
                _ => self.spans.push((from, to)),
            }
        }
        self.without_clock |= other.without_clock;
    }

    /// `mon-fri 08:00-18:00, sat 00:00-24:00`; `None` if it is the whole week.
    pub(super) fn text(&self) -> Option<String> {
        if self.spans == [(0, WEEK)] {
            return None;
        }
        if self.spans.is_empty() {
            return Some("while no clock is told".into());
        }
        Some(days(&self.spans))
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Spans of minutes of the week by days; days with the same times stand together.
pub(super) fn days(spans: &[(u16, u16)]) -> String {
    let mut of_day: Vec<Vec<(u16, u16)>> = vec![Vec::new(); DAYS.len()];
    for (day, times) in (0u16..).zip(&mut of_day) {
        let (begin, end) = (day * 1440, (day + 1) * 1440);
        let parts =
            spans.iter().map(|(from, to)| (from.max(&begin) - begin, (*to.min(&end)).max(begin) - begin));
        times.extend(parts.filter(|(from, to)| from < to));
    }
    let mut texts = Vec::new();
    let mut day = 0;
    while day < DAYS.len() {
        let last = (day..DAYS.len()).take_while(|other| of_day[*other] == of_day[day]).last().unwrap_or(day);
        if !of_day[day].is_empty() {
            let name =
                if last == day { DAYS[day].to_owned() } else { format!("{}-{}", DAYS[day], DAYS[last]) };
            let times: Vec<String> =
                of_day[day].iter().map(|(from, to)| format!("{}-{}", clock(*from), clock(*to))).collect();
            texts.push(format!("{name} {}", times.join(" and ")));
        }
        day = last + 1;
    }
    texts.join(", ")
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_told_by_days() {
        let mut some = Hours::cut(&Some(vec![480, 1080])).swap_remove(1).1;
        assert_eq!(some.text().as_deref(), Some("mon 08:00-18:00"));
        for day in 1..5 {
            some.add(&Hours { spans: vec![(day * 1440 + 480, day * 1440 + 1080)], without_clock: false });
        }
        some.add(&Hours { spans: vec![(5 * 1440, WEEK)], without_clock: true });
        assert_eq!(some.text().as_deref(), Some("mon-fri 08:00-18:00, sat-sun 00:00-24:00"));
        some.add(&Hours::always());
        assert_eq!(some, Hours::always());
        assert_eq!(Hours::cut(&None).len(), 1);
    }
}
