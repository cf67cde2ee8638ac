//! What a table may hold: the range of every class, timer, code, list and modification, from both sides of its bounds.

mod common;

use common::{OFFICE, compiled, remarks};
use strowger_tools::Level;

/// The office with one more piece of text has an error with these words, or with none given it has none.
fn holds(added: &str, expected: Option<&str>) {
    let errors = remarks(&format!("{OFFICE}{added}"), Level::Error);
    match expected {
        Some(words) => assert!(errors.contains(words) && errors.lines().count() == 1, "{added}\n{errors}"),
        None => assert_eq!(errors, "", "{added}"),
    }
}

fn device(cos: &str, cor: &str) -> String {
    format!(
        "[[device]]\ndn = \"203\"\npassword = \"paint-the-hull-red\"\ndigest = [\"sha-256\"]\ncos = {cos}\ncor = {cor}\n"
    )
}

#[test]
fn r2_class_numbers_have_their_range() {
    holds("[[cos]]\nid = 110\n", None);
    for id in ["0", "111"] {
        holds(&format!("[[cos]]\nid = {id}\n"), Some("whole number from 1 to 110"));
    }
    holds(&device("1", "96"), None);
    holds(&device("1", "97"), Some("from 0 to 96"));
    holds(&device("111", "1"), Some("from 0 to 110"));
    // Number 0 is no class: it loads, and denies everything but emergency (policy language).
    holds(&device("0", "0"), None);
    let office = compiled(&format!("{OFFICE}{}", device("0", "0")));
    assert_eq!(common::dial(&office, "203", "201").0, "cos.none");
    assert_eq!(common::dial(&office, "203", "911").0, "emergency");
}

#[test]
fn r8_a_timer_outside_its_range_is_refused() {
    for (key, low, high) in [
        ("first_digit", 5, 60),
        ("inter_digit", 3, 60),
        ("dialing_conflict", 2, 5),
        ("ringing", 60, 300),
        ("busy_tone", 1, 120),
    ] {
        let cos = |value: i32| format!("[[cos]]\nid = 2\n[cos.timers]\n{key} = {value}\n");
        holds(&cos(low), None);
        holds(&cos(high), None);
        let words = format!("expected a whole number from {low} to {high}");
        holds(&cos(low - 1), Some(&words));
        holds(&cos(high + 1), Some(&words));
    }
}

#[test]
fn r16_cor_groups_list_numbers_and_ranges_in_any_order() {
    for members in ["", "1", "96", "1-10,16-64", "16-64,1-10", "3,3,1-3"] {
        holds(&format!("[[cor_group]]\nid = 3\nmembers = \"{members}\"\n"), None);
    }
    for members in ["0", "97", "10-1", "1-97", "1;2", "a"] {
        holds(
            &format!("[[cor_group]]\nid = 3\nmembers = \"{members}\"\n"),
            Some("expected COR numbers from 1 to 96"),
        );
    }
    // Both ends of a range are members.
    for (cor, rule) in [(15, "route"), (16, "cor.route"), (20, "cor.route"), (64, "cor.route"), (65, "route")]
    {
        let text = OFFICE.replace("members = \"\"", "members = \"16-64,16-20\"");
        assert_ne!(text, OFFICE);
        let office = compiled(&format!("{text}{}", device("1", &cor.to_string())));
        assert_eq!(common::dial(&office, "203", "95550123").0, rule, "COR {cor}");
    }
}

#[test]
fn r43_account_codes_have_2_to_12_digits() {
    let code = |code: &str| {
        format!("[[account_code]]\ncode = \"{code}\"\nkind = \"non-verified\"\nname = \"Client\"\n")
    };
    for good in ["73", "739182645013"] {
        holds(&code(good), None);
    }
    for bad in ["7", "7391826450132", "12a4", "12#4", ""] {
        holds(&code(bad), Some("2 to 12 digits"));
    }
    holds("[[cos]]\nid = 2\naccount_code_length = 12\n", None);
    for bad in ["1", "13"] {
        holds(&format!("[[cos]]\nid = 2\naccount_code_length = {bad}\n"), Some("from 2 to 12"));
    }
}

#[test]
fn r61_a_route_list_has_up_to_20_different_routes() {
    let routes = |count: u32| {
        (0..count)
            .map(|n| format!("[[route]]\nid = {}\ntrunk = \"harbour\"\ncor_group = 1\n", 100 + n))
            .collect::<String>()
    };
    let list = |count: u32| {
        let choices: Vec<_> = (0..count).map(|n| format!("{{ route = {} }}", 100 + n)).collect();
        format!("{}[[route_list]]\nid = 5\nchoices = [ {} ]\n", routes(count), choices.join(", "))
    };
    holds(&list(20), None);
    holds(&list(21), Some("a route list has 1 to 20 choices, not 21"));
    holds(
        "[[route_list]]\nid = 5\nchoices = [ { route = 1 }, { route = 1 } ]\n",
        Some("route 1 is in this list already"),
    );
    holds("[[route_list]]\nid = 5\nchoices = [ { route = 55 } ]\n", Some("there is no route 55"));
}

#[test]
fn r62_a_modification_absorbs_what_there_is_and_inserts_36_places() {
    let modification = |keys: &str| {
        format!(
            "[[system_account_code]]\nid = 7\ncode = \"990001\"\n[[digit_modification]]\nid = 5\n{keys}\n"
        )
    };
    let insert = |text: &str| modification(&format!("insert = \"{text}\""));
    holds(&insert(&"1".repeat(36)), None);
    holds(&insert(&"1".repeat(37)), Some("37 places, at most 36"));
    holds(&insert(&format!("{}<A07>", "1".repeat(33))), None);
    holds(&insert(&format!("{}<A07>", "1".repeat(34))), Some("at most 36 (a marker counts 3)"));
    holds(&insert("{1{2}}"), Some("braces cannot be nested"));
    let used = |absorb: u32, digits: &str| {
        let row = format!("[[ars]]\ndigits = \"{digits}\"\nuse = {{ route = 3 }}\n");
        let route = "[[route]]\nid = 3\ntrunk = \"harbour\"\ncor_group = 1\ndigit_modification = 5\n";
        format!("{}{route}{row}", modification(&format!("absorb = {absorb}")))
    };
    holds(&used(2, "88"), None);
    holds(&used(3, "88"), Some("absorbs 3 digits of 2"));
}

#[test]
fn r60_r65_a_plan_is_closed_where_no_zone_covers_the_time_and_zones_cannot_overlap() {
    let plan = |second: &str| {
        let text = OFFICE
            .replace("digits = \"NXXXXXX\"\nuse = { route = 1 }", "digits = \"NXXXXXX\"\nuse = { plan = 1 }");
        format!(
            "{text}[[route_plan]]\nid = 1\nzones = [ {{ days = \"mon-fri\", from = \"08:00\", to = \"18:00\", use = {{ route = 1 }} }}{second} ]\n"
        )
    };
    let saturday = ", { days = \"sat\", from = \"10:00\", to = \"12:00\", use = { route = 1 } }";
    let office = compiled(&plan(saturday));
    let at = |day: u16, hour: u16| day * 1_440 + hour * 60;
    for (day, hour, rule) in [
        (0, 7, "route-plan.closed"),
        (0, 8, "route"),
        (4, 17, "route"),
        (4, 18, "route-plan.closed"),
        (5, 9, "route-plan.closed"),
        (5, 10, "route"),
        (6, 10, "route-plan.closed"),
    ] {
        assert_eq!(common::dial_at(&office, "201", "95550123", at(day, hour)).0, rule, "day {day} at {hour}");
        assert_eq!(common::dial_at(&office, "201", "911", at(day, hour)).0, "emergency");
    }
    let errors = remarks(
        &plan(", { days = \"fri\", from = \"17:00\", to = \"19:00\", use = { route = 1 } }"),
        Level::Error,
    );
    assert!(
        errors.contains("error[overlapping-times]")
            && errors.contains("two zones of the plan cover the same time"),
        "{errors}"
    );
}
