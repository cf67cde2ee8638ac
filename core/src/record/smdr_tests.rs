//! The layouts of a record.

use super::*;
use crate::wire::write::Buffer;

fn record() -> Smdr {
    Smdr {
        start: WallTime { unix_s: 1_795_327_200, offset_min: -300 },
        duration_s: 65,
        calling: Station::Dn(Digits::dialed(b"201").unwrap()),
        time_to_answer_s: Some(4),
        dialed: Digits::dialed(b"95551234").unwrap(),
        completion: Completion::Answered,
        called: Station::PublicTrunk(1),
        system_id: 1,
        route: 3,
        classes: (1, 2, "day"),
        rule: "route",
        cause: 16,
        call: 1042,
        account: Typed::new(b"4321"),
        third: Station::Unknown,
        forwarded: false,
        speed: false,
        joined: b' ',
    }
}

#[test]
fn r88_a_transfer_shows_the_third_party_and_how_it_was_joined() {
    let dn = Station::Dn(Digits::dialed(b"203").unwrap());
    let transferred = Smdr { third: dn, joined: b'X', ..record() };
    let standard = transferred.standard();
    assert_eq!(
        (&standard[66..67], &standard[68..72], &standard[73..77]),
        (&b"X"[..], &b"203 "[..], &b"4321"[..])
    );
    let extended = transferred.extended();
    assert_eq!((&extended[72..73], &extended[74..81]), (&b"X"[..], &b"203    "[..]));
    let mut text = [0; 300];
    let mut out = Buffer::new(&mut text);
    transferred.csv(&mut out);
    let len = out.finish().unwrap();
    assert!(text[..len].ends_with(b",4321,A0011042,X,203,,\r\n"));
}

#[test]
fn a_forwarded_call_has_its_letter_behind_the_completion() {
    let dn = Station::Dn(Digits::dialed(b"202").unwrap());
    let forwarded = Smdr { third: dn, forwarded: true, ..record() };
    assert_eq!(&forwarded.standard()[60..72], b"AFT001  202 ");
    assert_eq!(&forwarded.extended()[63..81], b"AFT001     202    ");
    let mut text = [0; 300];
    let mut out = Buffer::new(&mut text);
    forwarded.csv(&mut out);
    let len = out.finish().unwrap();
    assert!(text[..len].ends_with(b",A0011042,,202,F,\r\n"));
    let speed = Smdr { speed: true, ..record() };
    assert_eq!(&speed.standard()[60..66], b"AST001");
    // Whoever has it go on counts more.
    assert_eq!(&Smdr { speed: true, ..forwarded }.standard()[60..62], b"AF");
    let mut out = Buffer::new(&mut text);
    speed.csv(&mut out);
    let len = out.finish().unwrap();
    assert!(text[..len].ends_with(b",A0011042,,,,S\r\n"));
}

#[test]
fn the_standard_layout_has_its_fields_in_their_columns() {
    let line = record().standard();
    let text = core::str::from_utf8(&line).unwrap();
    assert_eq!(&text[0..12], " 11/22 01:00");
    assert_eq!(&text[15..23], "00:01:05");
    assert_eq!(&text[24..28], "201 ");
    assert_eq!(&text[34..60], "95551234                  ");
    assert_eq!(&text[60..61], "A");
    assert_eq!(&text[62..66], "T001");
    assert_eq!(&text[73..85], "4321        ");
    assert_eq!(&text[86..89], "001");
}

#[test]
fn the_extended_layout_has_its_fields_in_their_columns() {
    let dn = Station::Dn(Digits::dialed(b"2011234").unwrap());
    let line = Smdr { calling: dn, duration_s: 360_000, ..record() }.extended();
    let text = core::str::from_utf8(&line).unwrap();
    assert_eq!((&text[0..12], &text[15..25]), ("+11/22 01:00", "0100:00:00"));
    assert_eq!((&text[26..33], &text[39..63]), ("2011234", "95551234                "));
    assert_eq!((&text[63..64], &text[65..72]), ("A", "T001   "));
    assert_eq!((&text[82..94], &text[95..98]), ("4321        ", "001"));
    assert_eq!(&Smdr { duration_s: u32::MAX, ..record() }.extended()[15..25], b"9999:99:99");
}

#[test]
fn r86_a_call_between_trunks_is_tagged_where_the_account_code_would_be() {
    let line = Smdr { calling: Station::PrivateTrunk(2), account: Typed::NONE, ..record() }.standard();
    assert_eq!((&line[24..28], &line[73..85]), (&b"X002"[..], &b"A0011042    "[..]));
}

#[test]
fn r87_long_calls_are_marked_and_the_longest_capped() {
    let at = |duration_s| {
        let line = Smdr { duration_s, ..record() }.standard();
        (line[0], std::string::String::from_utf8(line[15..23].to_vec()).unwrap())
    };
    assert_eq!(at(299), (b' ', "00:04:59".into()));
    assert_eq!(at(300), (b'-', "00:05:00".into()));
    assert_eq!(at(600), (b'%', "00:10:00".into()));
    assert_eq!(at(1800), (b'+', "00:30:00".into()));
    assert_eq!(at(359_999), (b'+', "99:59:59".into()));
    assert_eq!(at(360_000), (b'+', "99:99:99".into()));
}

#[test]
fn csv_has_as_many_fields_as_its_header() {
    let mut buf = [0; 300];
    let mut out = Buffer::new(&mut buf);
    Smdr { dialed: Digits::dialed(b"*33").unwrap(), ..record() }.csv(&mut out);
    let len = out.finish().unwrap();
    let text = core::str::from_utf8(&buf[..len]).unwrap();
    assert_eq!(text, "2026-11-22,01:00:00,65,201,4,'*33,A,T001,3,1,2,day,route,16,001,4321,A0011042,,,,\r\n");
    assert_eq!(text.split(',').count(), CSV_HEADER.split(',').count());
}
