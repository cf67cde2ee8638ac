//! What a denial says of its reason, what an account code lifts, and what an emergency call passes.

mod common;

use common::{OFFICE, compiled, crypto, dial};
use strowger::policy::{Attempt, Authority, Code, Denial, Image, Mode, Party, RowRef, Rule, Verdict, decide};
use strowger_tools::Compiled;

/// The denial of a device's attempt, by day, with a code.
fn denied(compiled: &Compiled, device: u32, dialed: &str, mode: Mode, code: Code) -> Option<Denial> {
    let image = Image::load(&compiled.image, &mut crypto()).unwrap();
    let attempt = Attempt { mode, code, ..Attempt::new(Party::Device(device), dialed.as_bytes()) };
    match decide(&image, &attempt, |_| true, &mut ()) {
        Verdict::Deny(denial) | Verdict::NeedsCode(denial) => Some(denial),
        Verdict::Allow(_) => None,
    }
}

#[test]
fn r9_r10_a_cor_group_closes_its_route_and_the_denial_says_what_where_and_whose() {
    let office = compiled(OFFICE);
    let denial = denied(&office, 1, "916135550123", Mode::Night1, Code::None).unwrap();
    let authority = Authority { party: Party::Device(1), cos: 1, cor: 2, mode: Mode::Night1, code: None };
    assert_eq!((denial.rule, denial.authority), (Rule::CorRoute, authority));
    // The second ARS row with digits, the second route, the second group; nothing was compared that did not deny.
    assert_eq!((denial.row, denial.route, denial.cor_group), (RowRef::Ars(1), Some(1), Some(1)));
    assert_eq!((denial.class, denial.interconnect), (None, None));
    let text = format!("{OFFICE}interconnect = 3\n[interconnect]\nrestricted = [ {{ from = 1, to = 4 }} ]\n");
    let denial = denied(&compiled(&text), 0, "95550123", Mode::Day, Code::None).unwrap();
    assert_eq!((denial.rule, denial.route, denial.interconnect), (Rule::Interconnect, Some(0), Some((1, 4))));
    assert_eq!((denial.authority.cos, denial.authority.cor), (1, 1));
}

#[test]
fn r52_a_code_lifts_a_cor_and_nothing_that_is_denied_outright() {
    let code =
        "[[account_code]]\ncode = \"739182\"\nkind = \"verified\"\nname = \"Legal\"\ncos = 1\ncor = 1\n";
    let with = |more: &str| {
        let text =
            OFFICE.replace("name = \"Staff\"", "name = \"Staff\"\nfeatures = [\"verified-account-code\"]");
        compiled(&format!("{text}{more}{code}"))
    };
    let rule = |office: &Compiled, code| {
        denied(office, 1, "916135550123", Mode::Day, code).map(|denial| denial.rule)
    };
    let plain = with("");
    assert_eq!(rule(&plain, Code::None), Some(Rule::CorRoute));
    assert_eq!(rule(&plain, Code::Verified(0)), None);
    let class = with(
        "[[number_class]]\nname = \"mine\"\nprefixes = [\"613555\"]\naction = \"deny\"\ncor_group = 2\n",
    );
    assert_eq!(rule(&class, Code::Verified(0)), Some(Rule::ClassDenied), "the station's COR still counts");
    let apart = with("interconnect = 3\n[interconnect]\nrestricted = [ { from = 3, to = 4 } ]\n");
    assert_eq!(rule(&apart, Code::Verified(0)), Some(Rule::Interconnect));
}

#[test]
fn r67_an_emergency_number_ends_on_its_last_digit_with_and_without_the_access_code() {
    let office = compiled(OFFICE);
    for dialed in ["911", "9911", "9115", "99110", "911911", "9911#"] {
        assert_eq!(dial(&office, "202", dialed), ("emergency", Some(9), "911".into()), "{dialed}");
    }
    for dialed in ["91", "99", "991"] {
        assert_eq!(dial(&office, "202", dialed).0, "number.incomplete", "{dialed}");
    }
}
