//! The automaton against a plain reading of the rules: every row tried, the leftmost difference decides.

mod common;

use common::crypto;
use proptest::prelude::*;
use std::fmt::Write as _;
use strowger::policy::Image;
use strowger::policy::trie::{End, analyse};
use strowger_tools::compile_str;

#[derive(Clone, Debug, Eq, PartialEq)]
struct Row {
    pattern: String,
    follow: Option<usize>,
}

/// How specifically a row matches, key by key; smaller is better. `None`: it does not.
fn rank(row: &Row, dialed: &str) -> Option<Vec<u8>> {
    let least = row.pattern.len() + row.follow.unwrap_or(0);
    let fits = if row.follow.is_some() { dialed.len() == least } else { dialed.len() >= least };
    let mut ranks = Vec::new();
    for (at, key) in dialed.bytes().enumerate() {
        ranks.push(match row.pattern.as_bytes().get(at) {
            Some(b'N') if (b'2'..=b'9').contains(&key) => 1,
            Some(b'X') if key.is_ascii_digit() => 2,
            Some(b'Y') => 3,
            Some(exact) if *exact == key => 0,
            Some(_) => return None,
            None if row.follow.is_some() => 4,
            None => 5,
        });
    }
    fits.then_some(ranks)
}

/// What the rules say: emergency on its last digit, then a device, then the best row; its index.
fn oracle(rows: &[Row], devices: &[String], emergency: &[String], dialed: &str) -> Option<(char, usize)> {
    if let Some(first) =
        (1..=dialed.len()).find_map(|len| emergency.iter().position(|number| *number == dialed[..len]))
    {
        return Some(('e', first));
    }
    if let Some(device) = devices.iter().position(|dn| dn == dialed) {
        return Some(('d', device));
    }
    let matches = rows.iter().enumerate().filter_map(|(index, row)| Some((rank(row, dialed)?, index)));
    matches.min().map(|(_, index)| ('a', index))
}

fn row() -> impl Strategy<Value = Row> {
    let follow = prop_oneof![4 => Just(Some(0)), 2 => (1usize..4).prop_map(Some), 1 => Just(None)];
    ("[124*NXY]{1,4}", follow).prop_map(|(pattern, follow)| Row { pattern, follow })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_automaton_agrees_with_the_rules(
        mut rows in prop::collection::vec(row(), 1..9),
        mut devices in prop::collection::vec("[1245]{1,3}", 0..4),
        mut emergency in prop::collection::vec("[12]{2,3}", 0..3),
        numbers in prop::collection::vec("[1245*#]{1,6}", 40),
    ) {
        // What the compiler refuses is not the question here.
        let begins = |text: &str| emergency.iter().any(|number| text.starts_with(number.as_str()));
        rows.retain(|row| !begins(&row.pattern));
        devices.retain(|dn| !begins(dn));
        let mut seen = Vec::new();
        rows.retain(|row| {
            let key = (row.pattern.clone(), row.follow.unwrap_or(0));
            let new = !seen.contains(&key);
            seen.push(key);
            new
        });
        devices.sort();
        devices.dedup();
        emergency.sort();
        emergency.dedup();

        let mut text = String::from(
            "[system]\nrealm = \"r\"\nprofile = \"mivb\"\n[[cos]]\nid = 1\n[[trunk]]\nname = \"t\"\nhost = \"t\"\n\
             [[route]]\nid = 1\ntrunk = \"t\"\n[[route]]\nid = 2\ntrunk = \"t\"\nemergency = true\n",
        );
        for Row { pattern, follow } in &rows {
            let follow = follow.map_or("\"unknown\"".into(), |follow| follow.to_string());
            let _ = writeln!(text, "[[ars]]\ndigits = \"{pattern}\"\nfollow = {follow}\nuse = {{ route = 1 }}");
        }
        for number in &emergency {
            let _ = writeln!(text, "[[ars]]\ndigits = \"{number}\"\nemergency = true\nuse = {{ route = 2 }}");
        }
        for dn in &devices {
            let _ = writeln!(text, "[[device]]\ndn = \"{dn}\"\nusername = \"user-{dn}\"\npassword = \"a-fine-old-barge\"\ndigest = [\"md5\"]\ncos = 1\ncor = 1");
        }
        let compiled = compile_str(&text, "p.toml").unwrap_or_else(|findings| panic!("{}\n{text}", common::list(&findings)));
        let image = Image::load(&compiled.image, &mut crypto()).unwrap();
        let rows_in_image = u32::try_from(rows.len()).unwrap();
        for dialed in &numbers {
            let found = match analyse(&image, dialed.as_bytes(), |_| false).end() {
                End::Emergency(row) => Some(('e', (row - rows_in_image) as usize)),
                End::Device(device) => Some(('d', device as usize)),
                End::Ars(row) => Some(('a', row as usize)),
                End::Incomplete | End::Vacant | End::Invalid | End::Feature(..) | End::Inbound(_) => None,
            };
            prop_assert_eq!(found, oracle(&rows, &devices, &emergency, dialed), "{} in\n{}", dialed, text);
        }
    }
}
