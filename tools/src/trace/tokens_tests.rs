use super::*;

const POLICY: &str = r##"
[system]
name = "Codes"
country = "CA"
area_code = "613"
realm = "codes.example"
timezone = "America/Toronto"
[[cos]]
id = 1
name = "Staff"
features = ["verified-account-code"]
account_code_length = 6
[[device]]
dn = "201"
name = "One"
kind = "sip"
cos = 1
cor = 1
password = "Red-kettle-by-the-window-7"
"##;

fn tokens() -> Secrets {
    Secrets::tokens(&[7; 32])
}

fn view<'a>(image: Option<&'a Image<'a>>) -> View<'a> {
    View { image, mode: Mode::Day, peer: [192, 0, 2, 1].into(), typed: &[] }
}

fn told(text: &str) -> String {
    String::from_utf8(tokens().datagram(&view(None), text.as_bytes())).unwrap()
}

#[test]
fn keys_become_keys_of_the_same_length_and_equal_ones_the_same() {
    let key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
    let line = |key: &str| format!("v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}|2^20|1:4\r\n");
    let one = told(&line(key));
    assert_eq!(one.len(), line(key).len());
    assert!(!one.contains(key) && one.ends_with("|2^20|1:4\r\n"), "{one}");
    assert_eq!(one, told(&line(key)));
    // The engine knows a key again by its first 16 characters, so they have a token of their own.
    let other = told(&line(&format!("{}AAAA", &key[..36])));
    let at = one.find("inline:").unwrap() + 7;
    assert_eq!(one[at..at + 16], other[at..at + 16]);
    assert_ne!(one[at + 16..], other[at + 16..]);
    assert_ne!(told(&line(&format!("AAAA{}", &key[4..])))[at..at + 16], one[at..at + 16]);
}

#[test]
fn other_keys_and_passwords() {
    for (text, secret) in [
        ("v=0\r\nk=base64:c2VjcmV0c2VjcmV0\r\ns=-", "c2VjcmV0c2VjcmV0"),
        ("v=0\r\na=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyO\r\n", "AQAFgM0XflABAAAAAAAAAAAAAAsAyO"),
        ("a=ice-pwd:asd88fgpdd777uzjYhagZg\r\n", "asd88fgpdd777uzjYhagZg"),
        (
            "Authorization: Digest username=\"201\", response=\"6629fae49393a05397450978507c4ef1\"\r\n",
            "6629fae49393a05397450978507c4ef1",
        ),
        ("authorization:Digest Response = 00ff00ff00ff00ff,nc=1\r\n", "00ff00ff00ff00ff"),
        ("Proxy-Authorization: Basic MjAxOlJlZC1rZXR0bGU=\r\n", "MjAxOlJlZC1rZXR0bGU"),
        ("INVITE sip:201:Red-kettle-7@192.0.2.1 SIP/2.0\r\n", "Red-kettle-7"),
    ] {
        let one = told(text);
        assert!(!one.contains(secret), "{one}");
        assert_eq!((one.len(), told(text)), (text.len(), one.clone()));
        let same = |at: usize| text.as_bytes()[at] == one.as_bytes()[at];
        let from = text.find(secret).unwrap();
        assert!((0..from).chain(from + secret.len()..text.len()).all(same), "{one}");
    }
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"00\", qop=\"auth\"\r\n",
        "INVITE sip:202@192.0.2.1 SIP/2.0\r\nFrom: <sip:201@192.0.2.1:5060>\r\n",
        "\r\n\r\n",
        "",
        "\0\u{1}sip:",
    ] {
        assert_eq!(told(text), text);
    }
}

#[test]
fn account_codes_become_other_codes_of_the_same_length() {
    let code = POLICY.to_owned()
        + "\n[[account_code]]\ncode = \"482913\"\nkind = \"verified\"\ncos = 1\ncor = 1\n[features]\naccount_code = \"*77\"\n";
    let compiled = match crate::compile_str(&code, "codes.toml") {
        Ok(compiled) => compiled,
        Err(findings) => panic!("{findings:?}"),
    };
    let image = Image::load(&compiled.image, &mut crate::write::soft()).unwrap();
    let secrets = tokens();
    let image = Some(&image);
    let token = secrets.code(image, b"482913");
    assert_eq!(token.len(), 6);
    assert_ne!(token, b"482913");
    let one_by_one: Vec<u8> =
        (0..6).map(|at| secrets.digit(image, &b"482913"[..at], b"482913"[at])).collect();
    assert_eq!(token, one_by_one);
    let number = secrets.dialed(&view(image), Party::Device(0), b"*77482913202");
    assert_eq!(number, [b"*77", &token[..], b"202"].concat());
    let invite = "INVITE sip:*77482913202@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\nFrom: <sip:201@192.0.2.1>;tag=1\r\nTo: \"*77482913202\" <sip:*77%3482913202@192.0.2.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n";
    let told = String::from_utf8(secrets.datagram(&view(image), invite.as_bytes())).unwrap();
    assert_eq!(told.len(), invite.len());
    assert!(!told.contains("82913"), "{told}");
    let token = String::from_utf8(token).unwrap();
    assert!(told.starts_with(&format!("INVITE sip:*77{token}202@")), "{told}");
    assert!(told.contains(&format!("\"*77{token}202\" <sip:*77%3{token}202@")), "{told}");
}

/// A PIN stands behind a user's number; of a number that is nobody's, all of it may be a PIN.
#[test]
fn pins_become_other_digits_and_numbers_stay() {
    let desks =
        "[features]\nhot_desk_login = \"*50\"\n[[user]]\ndn = \"401\"\npin = \"864205\"\ncos = 1\ncor = 1\n";
    let compiled = crate::compile_str(&format!("{POLICY}{desks}"), "policy.toml").unwrap();
    let image = Image::load(&compiled.image, &mut crate::write::soft()).unwrap();
    let secrets = tokens();
    let dialed = |digits: &[u8]| {
        let token = secrets.dialed(&view(Some(&image)), Party::Device(0), digits);
        assert_eq!(token.len(), digits.len());
        token
    };
    for pin in [&b"864205"[..], b"864205#", b"1234"] {
        let token = dialed(&[b"*50401", pin].concat());
        assert!(token.starts_with(b"*50401") && !token.ends_with(pin), "{token:?}");
    }
    assert_eq!(dialed(b"*50401"), b"*50401");
    for nobody in [&b"*50499864205"[..], b"*50864205", b"*5040"] {
        let token = dialed(nobody);
        assert!(token.starts_with(b"*50") && !token.ends_with(&nobody[3..]), "{token:?}");
        assert!(matches!(log_in(&image, &token), Some((_, None))), "{token:?}");
    }
}
