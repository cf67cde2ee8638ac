//! Session timers (RFC 4028): who refreshes, who is asked, and that a party which has vanished does not keep a call alive.

use crate::office;

use office::Office;
use strowger_testkit::phone::{Ask, Behaviour, PhoneEvent};

const HOUR_MS: u64 = 3_600_000;

/// 201 calls 202, with these lines in its INVITE and in the other's 2xx.
fn talking(seed: u64, asks: &str, accepts: &str) -> Office {
    let mut office = Office::registered(seed);
    let (a, b) = (office.phone("201"), office.phone("202"));
    asks.clone_into(&mut office.sim.phone(a).config.asks);
    accepts.clone_into(&mut office.sim.phone(b).config.accepts);
    office.sim.keep_sent = true;
    office.call("201", "202");
    office.until_talks("202");
    office.sim.run_ms(1_000);
    office
}

/// The datagrams to a phone that begin so, since the beginning.
fn sent_to(office: &Office, dn: usize, begin: &str) -> Vec<String> {
    let to = office::phone_address(dn);
    let texts = office.sim.sent.iter().filter(|datagram| datagram.to == to);
    texts
        .map(|datagram| String::from_utf8_lossy(&datagram.bytes).into_owned())
        .filter(|text| text.starts_with(begin))
        .collect()
}

fn line<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

/// What the caller was told of its timer, and whether it must process it.
fn agreed(office: &Office) -> (Option<String>, bool) {
    let answers = sent_to(office, 0, "SIP/2.0 200");
    let answer = answers.iter().find(|text| text.contains(" INVITE\r\n")).expect("it was answered");
    (line(answer, "Session-Expires:").map(str::to_owned), line(answer, "Require:") == Some("timer"))
}

fn is_up(office: &mut Office) -> bool {
    office.sim.exchange(0).calls_in_use() == 1
}

/// Runs until the call is over, and says after how many seconds.
fn lasted_s(office: &mut Office) -> u64 {
    let begin = office.sim.now;
    while is_up(office) && office.sim.now < begin.plus_ms(10 * HOUR_MS) {
        office.sim.run_ms(1_000);
    }
    (office.sim.now.since_ms(begin)) / 1_000
}

fn nothing_left(office: &mut Office) {
    for dn in ["201", "202"] {
        office.behaves(dn, Behaviour::Answer { after_ms: 100 });
        office.hang_up(dn);
    }
    office.assert_nothing_left();
}

/// Section 9, table 2, and what is agreed on where a side knows nothing of it.
#[test]
fn the_caller_is_told_who_refreshes() {
    let rows = [
        ("", None),
        ("Supported: timer\r\n", Some("1800;refresher=uac")),
        ("Supported: timer\r\nSession-Expires: 240\r\n", Some("240;refresher=uac")),
        ("Require: timer\r\nSession-Expires: 240;refresher=uac\r\n", Some("240;refresher=uac")),
        (
            "Supported: timer\r\nSession-Expires: 240;refresher=uas\r\nAllow: UPDATE\r\n",
            Some("240;refresher=uas"),
        ),
        ("Supported: timer\r\nSession-Expires: 240;refresher=uas\r\n", None),
        ("Supported: timer\r\nMin-SE: 4000\r\n", Some("4000;refresher=uac")),
        // A proxy has put it in.
        ("Session-Expires: 240\r\n", None),
    ];
    for (asks, told) in rows {
        let mut office = talking(1, asks, "");
        assert_eq!(agreed(&office), (told.map(str::to_owned), told.is_some()), "{asks}");
        let invite = sent_to(&office, 1, "INVITE").pop().expect("it was called");
        assert_eq!(line(&invite, "Session-Expires:"), Some("1800;refresher=uas"));
        assert_eq!(line(&invite, "Supported:"), Some("timer"));
        nothing_left(&mut office);
    }
}

/// Section 5: under 90 seconds is too short; but not for help (law 4).
#[test]
fn a_session_that_is_too_short_is_refused() {
    let mut office = Office::registered(2);
    let id = office.phone("201");
    "Supported: timer\r\nSession-Expires: 60\r\n".clone_into(&mut office.sim.phone(id).config.asks);
    office.sim.keep_sent = true;
    assert_eq!(office.refused("201", "202").0, 422);
    let refusal = sent_to(&office, 0, "SIP/2.0 422").pop().expect("it was told");
    assert_eq!(line(&refusal, "Min-SE:"), Some("90"));
    office.sim.events.clear();
    office.call("201", "911");
    office.until_talks("201");
    office.hang_up("201");
    office.assert_nothing_left();
}

/// An option that is not known is refused by its name, and only that.
#[test]
fn what_is_required_and_not_known_is_named() {
    let mut office = Office::registered(3);
    let id = office.phone("201");
    "Require: timer, precondition\r\n".clone_into(&mut office.sim.phone(id).config.asks);
    office.sim.keep_sent = true;
    assert_eq!(office.refused("201", "202").0, 420);
    let refusal = sent_to(&office, 0, "SIP/2.0 420").pop().expect("it was told");
    assert_eq!(line(&refusal, "Unsupported:"), Some("precondition"));
}

/// Somebody who pulls the plug: asked after half the interval, and cleared when 32 seconds bring no answer.
#[test]
fn a_party_that_has_vanished_ends_the_call() {
    for who in ["201", "202"] {
        let mut office = talking(4, "", "");
        office.behaves(who, Behaviour::Silent);
        let seconds = lasted_s(&mut office);
        assert!((930..=1_000).contains(&seconds), "{who}: {seconds} s");
        assert_eq!(office.sim.records.len(), 1);
        assert_eq!(office.sim.pinholes.iter().count(), 0);
        nothing_left(&mut office);
    }
}

/// One that has lost the call (a restart) says so at once when asked.
#[test]
fn a_party_that_does_not_know_the_call_ends_it() {
    let mut office = talking(5, "", "");
    let id = office.phone("202");
    office.sim.phone(id).restart();
    let seconds = lasted_s(&mut office);
    assert!((895..=905).contains(&seconds), "{seconds} s");
    nothing_left(&mut office);
}

/// Ten hours of talk: both are asked and both are there.
#[test]
fn whoever_answers_is_left_alone() {
    for accepts in ["", "Require: timer\r\nSession-Expires: 1800;refresher=uac\r\nAllow: UPDATE\r\n"] {
        let mut office = talking(6, "", accepts);
        office.sim.run_ms(10 * HOUR_MS);
        assert!(is_up(&mut office));
        let method = if accepts.is_empty() { "OPTIONS" } else { "UPDATE" };
        let asked = sent_to(&office, 1, method);
        assert!((38..=40).contains(&asked.len()), "{} times", asked.len());
        if !accepts.is_empty() {
            assert_eq!(line(&asked[0], "Session-Expires:"), Some("1800;refresher=uac"));
        }
        nothing_left(&mut office);
    }
}

/// Sections 9 and 10: who has agreed to refresh and does not is gone a margin before the interval ends.
#[test]
fn who_was_to_refresh_and_does_not_is_gone() {
    let ours = "Supported: timer\r\nSession-Expires: 240\r\n";
    let theirs = "Require: timer\r\nSession-Expires: 90;refresher=uas\r\n";
    for (asks, accepts, after_s) in [(ours, "", 240 - 32), ("", theirs, 90 - 30), (ours, theirs, 60)] {
        let mut office = talking(7, asks, accepts);
        let seconds = lasted_s(&mut office);
        assert!((after_s - 4..=after_s + 1).contains(&seconds), "{seconds} s");
        nothing_left(&mut office);
    }
}

/// A refresh by re-INVITE passes to the other side, and both sessions go on.
#[test]
fn who_refreshes_by_invite_keeps_the_call() {
    let mut office = talking(
        8,
        "Supported: timer\r\nSession-Expires: 240\r\n",
        "Require: timer\r\nSession-Expires: 600;refresher=uas\r\n",
    );
    for _ in 0..30 {
        office.sim.run_ms(120_000);
        let id = office.phone("201");
        office.sim.with(id, |phone, now| phone.reinvite(now, Ask::Same));
    }
    assert!(is_up(&mut office), "{}", office.sim.ladder.render());
    office.sim.run_ms(1_000);
    let passed = sent_to(&office, 1, "INVITE").pop().expect("it was passed on");
    assert_eq!(line(&passed, "Session-Expires:"), Some("600;refresher=uas"));
    assert_eq!(agreed(&office).0.as_deref(), Some("240;refresher=uac"));
    let seconds = lasted_s(&mut office);
    assert!((200..=210).contains(&seconds), "{seconds} s");
    nothing_left(&mut office);
}

/// An UPDATE without a description is a refresh; one that is too short is refused, and so is one that is broken.
#[test]
fn an_update_refreshes() {
    let mut office = talking(9, "Supported: timer\r\nSession-Expires: 240\r\n", "");
    let (exchange, phone) = (office::exchange_address(), office::phone_address(0));
    let id = office.phone("201");
    let dialog = String::from_utf8(office.sim.phone(id).last_response().to_vec()).expect("text");
    let head =
        |name: &str| dialog.lines().find(|line| line.starts_with(name)).expect("it has one").to_owned();
    let (from, to, call_id) = (head("From: "), head("To: "), head("Call-ID: "));
    let update = |cseq: u32, timer: &str, body: &str| {
        format!(
            "UPDATE sip:{exchange} SIP/2.0\r\nVia: SIP/2.0/UDP {phone};rport;branch=z9hG4bKu{cseq}\r\n{from}\r\n{to}\r\n{call_id}\r\nCSeq: {cseq} UPDATE\r\nMax-Forwards: 70\r\nContact: <sip:201@{phone}>\r\nSupported: timer\r\n{timer}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    for round in 0..20 {
        office.sim.run_ms(120_000);
        office.sim.sent.clear();
        let text = update(100 + round, "Session-Expires: 300;refresher=uac\r\n", "");
        office.sim.inject(phone, exchange, text.as_bytes());
        office.sim.run_ms(100);
        let answer = sent_to(&office, 0, "SIP/2.0 200").pop().expect("it was answered");
        assert_eq!(line(&answer, "Session-Expires:"), Some("300;refresher=uac"));
    }
    assert!(is_up(&mut office));
    for (cseq, timer, body, status) in
        [(200, "Session-Expires: 10\r\n", "", "422"), (201, "", "v=1\r\n", "400")]
    {
        office.sim.sent.clear();
        office.sim.inject(phone, exchange, update(cseq, timer, body).as_bytes());
        office.sim.run_ms(100);
        assert_eq!(sent_to(&office, 0, &format!("SIP/2.0 {status}")).len(), 1);
    }
    assert!((260..=270).contains(&lasted_s(&mut office)));
    nothing_left(&mut office);
}

/// Whoever does not confirm that a call is over is not billed for the 32 seconds until nobody waits for that any more.
#[test]
fn a_call_ends_when_its_parties_are_told() {
    let mut office = talking(40, "", "");
    office.sim.run_ms(20_000);
    for dn in ["201", "202"] {
        office.behaves(dn, Behaviour::Silent);
    }
    let now = office.sim.now;
    while office.sim.exchange(0).clear_calls(now) != Ok(false) {}
    office.assert_nothing_left();
    assert_eq!(office.sim.records.len(), 1);
    assert_eq!(office.sim.records[0].duration_s, 22, "two seconds of ringing are none of it");
}

/// Section 7.3: a shorter session than the called side wants is asked for again without.
#[test]
fn a_422_is_followed_by_an_invite_without_a_timer() {
    let mut office = Office::registered(10);
    office.behaves("202", Behaviour::Reject(422));
    office.sim.keep_sent = true;
    assert_eq!(office.refused("201", "202").0, 422);
    let invites = sent_to(&office, 1, "INVITE");
    let asked: Vec<_> = invites.iter().map(|invite| line(invite, "Session-Expires:")).collect();
    assert_eq!(asked, [Some("1800;refresher=uas"), None]);
    office.assert_nothing_left();
}

/// Law 4: a call for help is not ended because signalling is silent.
#[test]
fn an_emergency_call_is_not_ended_for_silence() {
    let mut office = Office::registered(11);
    office.call("201", "911");
    office.until_talks("201");
    office.behaves("201", Behaviour::Silent);
    let id = office.carrier;
    office.sim.phone(id).config.behaviour = Behaviour::Silent;
    office.sim.run_ms(10 * HOUR_MS);
    assert!(is_up(&mut office));
    let over = |event: &PhoneEvent| matches!(event, PhoneEvent::Ended { .. });
    assert!(!office.sim.told(office.phone("201")).iter().any(over));
}
