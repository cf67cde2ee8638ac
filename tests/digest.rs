//! Digest authentication: what others have computed, and phones that prove by each algorithm who they are (RFC 7616, RFC 8760).

use crate::office;

use office::{Office, exchange_address, phone_address};
use std::net::SocketAddr;
use strowger::base::{Algorithm, Crypto, Soft};
use strowger::registration::digest::{Request, response};
use strowger::wire::sip::Credentials;
use strowger_testkit::corpus::samples;
use strowger_testkit::sim::{Datagram, Fate};

/// A table of the corpus, row by row, its escapes undone; nothing without shared test data.
fn table(file: &str) -> Vec<Vec<String>> {
    let lists = samples("digest").unwrap_or_default();
    let Some(list) = lists.iter().find(|list| list.name.ends_with(file)) else { return Vec::new() };
    let plain = |cell: &str| cell.replace("\\r", "\r").replace("\\n", "\n").replace("\\\\", "\\");
    let text = String::from_utf8_lossy(&list.text).into_owned();
    text.lines().skip(1).map(|row| row.split('\t').map(plain).collect()).collect()
}

/// Whether the response in these credentials is the one that this user's would be; `None` if we take no such credentials.
fn is_right(user: [&str; 3], method: &str, body: &str, credentials: &str) -> Option<bool> {
    let credentials = Credentials::parse(credentials.as_bytes(), false).ok()??;
    let algorithm = Algorithm::named(credentials.algorithm)?;
    let mut crypto = Soft::new(&[0; 32]);
    let ha1 = crypto.digest(algorithm, &[user.join(":").as_bytes()]);
    let request =
        Request { peer: phone_address(0).ip(), method: method.as_bytes(), body: &[body.as_bytes()] };
    if credentials.qop.is_empty() {
        return None;
    }
    let (hex, len) = response(&mut crypto, algorithm, ha1.as_bytes(), &credentials, &request).hex();
    Some(credentials.response == &hex[..len])
}

#[test]
fn responses_are_those_of_other_programs() {
    let mut checked = 0;
    for row in table("verified-vectors.tsv") {
        let [
            _,
            algorithm,
            username,
            realm,
            password,
            method,
            uri,
            nonce,
            nc,
            cnonce,
            qop,
            opaque,
            body,
            response,
            ..,
        ] = row.as_slice()
        else {
            panic!("a row of fourteen columns: {row:?}")
        };
        let credentials = format!(
            "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", \
             algorithm={}, qop={qop}, nc={nc}, cnonce=\"{cnonce}\", opaque=\"{opaque}\"",
            algorithm.trim_matches(['(', ')']).replace("absent=", "")
        );
        // The user of RFC 7616 section 3.9.2, whose name is sent hashed, or as `username*`.
        let user = if username.is_empty() || username.len() == 64 { "J\u{e4}s\u{f8}n Doe" } else { username };
        let right = is_right([user, realm, password], method, body, &credentials);
        let taken = !qop.is_empty() && !algorithm.ends_with("-sess");
        assert_eq!(right, taken.then_some(true), "{row:?}");
        checked += usize::from(taken);
    }
    assert!(samples("digest").is_none() || checked == 9, "{checked} were checked");
}

#[test]
fn what_other_clients_send_is_taken_if_it_is_right() {
    let (mut right, mut wrong) = (0, 0);
    for row in table("peer-generated.tsv") {
        let [_, _, method, username, password, sent, verdict, ..] = row.as_slice() else {
            panic!("seven columns: {row:?}")
        };
        // The realm as the challenge has it; in the credentials its quote is escaped.
        let realm =
            sent.split("realm=\"").nth(1).and_then(|rest| rest.split("\", nonce").next()).unwrap_or_default();
        let user = [username.as_str(), &realm.replace("\\\"", "\""), password.as_str()];
        match is_right(user, method, "", sent) {
            Some(is) => {
                assert_eq!(is, verdict.starts_with("ok"), "{row:?}");
                *if is { &mut right } else { &mut wrong } += 1;
            }
            None => {
                let other = sent.is_empty() || sent.contains("-sess") || !sent.contains("qop=");
                assert!(other, "{row:?}");
            }
        }
    }
    assert!(samples("digest").is_none() || (right, wrong) == (11, 2), "{right} right, {wrong} wrong");
}

fn offers(office: &mut Office, user: &str) -> Vec<String> {
    let request = format!(
        "REGISTER sip:elm.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.1.1:5060;branch=z9hG4bK{user}\r\nFrom: <sip:{user}@elm.example>;tag=1\r\n\
         To: <sip:{user}@elm.example>\r\nCall-ID: {user}\r\nCSeq: 1 REGISTER\r\nContact: <sip:{user}@10.0.1.1:5060>\r\n\r\n"
    );
    office.sim.keep_sent = true;
    office.sim.sent.clear();
    office.sim.inject(phone_address(0), exchange_address(), request.as_bytes());
    let answer = String::from_utf8_lossy(&office.sim.sent[0].bytes).into_owned();
    answer.lines().filter_map(|line| line.strip_prefix("WWW-Authenticate: ")).map(str::to_owned).collect()
}

#[test]
fn algorithms_are_offered_in_the_order_of_policy() {
    let changes = [("digest = [\"sha-256\", \"md5\"]", "digest = [\"sha-512-256\", \"sha-256\", \"md5\"]")];
    let mut office = Office::changed(1, &changes);
    let offered = offers(&mut office, "203");
    let names = ["SHA-512-256", "SHA-256", "MD5"];
    assert_eq!(offered.len(), names.len(), "one challenge for each (RFC 8760 section 2.3)");
    for (line, name) in offered.iter().zip(names) {
        assert!(line.contains(&format!("algorithm={name}, qop=\"auth,auth-int\"")), "{line}");
    }
    assert_eq!(offers(&mut office, "202").len(), 1, "it knows MD5 alone");
}

/// 203 registers and calls 201 by this algorithm.
fn proves_itself(algorithm: Algorithm, auth_int: bool) -> Office {
    let changes = [("digest = [\"sha-256\", \"md5\"]", "digest = [\"sha-512-256\", \"sha-256\", \"md5\"]")];
    let mut office = Office::with(1, &changes);
    let id = office.phone("203");
    let config = &mut office.sim.phone(id).config;
    (config.prefer, config.auth_int) = (algorithm, auth_int);
    office.register();
    assert!(office.sim.exchange(0).is_registered(2));
    office
}

#[test]
fn phones_prove_themselves_by_every_algorithm() {
    for algorithm in [Algorithm::Sha512_256, Algorithm::Sha256, Algorithm::Md5] {
        for auth_int in [false, true] {
            let mut office = proves_itself(algorithm, auth_int);
            office.sim.keep_sent = true;
            office.call("203", "201");
            office.until_talks("201");
            let has = |part: &str| {
                office.sim.sent.iter().any(|datagram| String::from_utf8_lossy(&datagram.bytes).contains(part))
            };
            let word = if auth_int { "auth-int" } else { "auth" };
            assert!(
                has(&format!("algorithm={}, qop={word}, nc=", algorithm.name())),
                "{algorithm:?}, {word}"
            );
            office.hang_up("203");
            office.until_over("201");
            office.assert_nothing_left();
        }
    }
}

#[test]
fn with_auth_int_a_changed_body_is_refused() {
    for auth_int in [false, true] {
        let mut office = proves_itself(Algorithm::Sha512_256, auth_int);
        // Whoever is between keeps it back, and writes another address for the media.
        office.sim.keep_sent = true;
        let proven = |datagram: &Datagram| {
            let text = String::from_utf8_lossy(&datagram.bytes).into_owned();
            (text.starts_with("INVITE") && text.contains("Authorization")).then_some(text)
        };
        office
            .sim
            .decide_fates(move |datagram| if proven(datagram).is_some() { Fate::Lost } else { Fate::Sent });
        office.call("203", "201");
        office.sim.run_ms(200);
        let text = office.sim.sent.iter().find_map(proven).expect("it was sent");
        office.sim.deliver_all();
        let changed = text.replace("c=IN IP4 10.0.1.3", "c=IN IP4 10.6.6.6");
        assert_ne!(text, changed);
        office.sim.sent.clear();
        office.sim.inject(phone_address(2), exchange_address(), changed.as_bytes());
        let status = String::from_utf8_lossy(&office.sim.sent[0].bytes)[8..11].to_owned();
        assert_eq!(status, if auth_int { "401" } else { "100" });
    }
}

#[test]
fn r78_an_answer_that_was_overheard_is_of_use_to_nobody_else() {
    let mut office = Office::new(1);
    office.sim.keep_sent = true;
    let proven = |datagram: &Datagram| {
        let text = String::from_utf8_lossy(&datagram.bytes).into_owned();
        (text.starts_with("REGISTER") && text.contains("Authorization")).then_some(text)
    };
    office.sim.decide_fates(move |datagram| if proven(datagram).is_some() { Fate::Lost } else { Fate::Sent });
    let id = office.phone("201");
    office.sim.with(id, |phone, now| phone.register(now, 600));
    office.sim.run_ms(200);
    let answer = office.sim.sent.iter().find_map(proven).expect("it was sent");
    office.sim.deliver_all();
    // Who has it uses it first, and to be called in the phone's place; the nonce was given to another address.
    let stolen = answer.replace("@10.0.1.1:5060>", "@10.6.6.6:5060>");
    let thief = SocketAddr::from(([10, 6, 6, 6], 5060));
    office.sim.sent.clear();
    office.sim.inject(thief, exchange_address(), stolen.as_bytes());
    let refused = String::from_utf8_lossy(&office.sim.sent[0].bytes).into_owned();
    assert!(refused.starts_with("SIP/2.0 401") && refused.contains("stale=true"), "{refused}");
    assert!(!office.sim.exchange(0).is_registered(0));
    // The phone's own is as good as before, and it counts for no guess.
    office.sim.sent.clear();
    office.sim.inject(phone_address(0), exchange_address(), answer.as_bytes());
    assert!(office.sim.sent[0].bytes.starts_with(b"SIP/2.0 200"));
    assert!(office.sim.exchange(0).is_registered(0));
    assert_eq!(office.sim.exchange(0).statistics().unauthorised, 0);
}
