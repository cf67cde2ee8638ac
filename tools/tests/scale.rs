//! How long a very large policy takes. Run with `cargo test --release -- --ignored --nocapture`.

use std::fmt::Write as _;
use std::time::Instant;
use strowger::base::Soft;
use strowger::policy::{Attempt, Image, Keyring, Party, Verdict, decide};

/// A policy with so many devices (five digits from 10000) and ARS rows (leading 9, area and office code, four more).
fn policy(devices: u32, rows: u32) -> String {
    let mut text = String::from(
        "[system]\nname = \"large\"\ncountry = \"CA\"\narea_code = \"613\"\nprofile = \"mivb\"\nrealm = \"large.example\"\n[[cos]]\nid = 1\n[[template]]\nname = \"desk\"\n\
         digest = [\"sha-256\", \"md5\"]\ncos = 1\ncor = 1\n[[trunk]]\nname = \"carrier\"\nhost = \"192.0.2.1\"\ncos = 1\ncor = 1\n\
         [[cor_group]]\nid = 1\nmembers = \"\"\n[[route]]\nid = 1\ntrunk = \"carrier\"\ncor_group = 1\n\
         [[ars]]\ndigits = \"91NXXNXXXXXX\"\nuse = { route = 1 }\n\
         [[ars]]\nleading = \"9\"\ndigits = \"011\"\nfollow = \"unknown\"\nuse = { route = 1 }\n",
    );
    for device in 0..devices {
        let _ = write!(
            text,
            "[[device]]\ndn = \"{}\"\nname = \"Phone {device}\"\nkind = \"sip\"\ntemplate = \"desk\"\npassword = \"Wide-{:08x}-Lane\"\n",
            10_000 + device,
            device.wrapping_mul(0x9E37_79B1)
        );
    }
    for row in 0..rows {
        let _ = write!(
            text,
            "[[ars]]\nleading = \"9\"\ndigits = \"1{:03}{:03}\"\nfollow = 4\nuse = {{ route = 1 }}\n",
            200 + row / 800,
            200 + row % 800
        );
    }
    text
}

#[test]
#[ignore = "measures time; run in release"]
fn a_hundred_thousand_rows_and_sixty_five_thousand_devices() {
    let text = policy(65_000, 100_000);
    let start = Instant::now();
    let compiled = strowger_tools::compile_str(&text, "large.toml").unwrap();
    let compile = start.elapsed();
    let mut crypto = Soft::new(&[0; 32]);
    let start = Instant::now();
    let image = Image::load(&compiled.image, &mut crypto).unwrap();
    let load = start.elapsed();
    Keyring::load(&compiled.keyring, &image, &mut crypto).unwrap();
    println!(
        "{} MiB of TOML: compiled, lints included, in {compile:?}; image {} KiB, loaded in {load:?}; keyring {} KiB",
        text.len() >> 20,
        compiled.image.len() >> 10,
        compiled.keyring.len() >> 10
    );
    let start = Instant::now();
    let calls = 1_000_000u32;
    for call in 0..calls {
        let dialed = format!("91{:03}{:03}1234", 200 + call % 125, 200 + call % 800);
        let attempt = Attempt::new(Party::Device(call % 65_000), dialed.as_bytes());
        assert!(matches!(decide(&image, &attempt, |_| true, &mut ()), Verdict::Allow(_)));
    }
    println!("one decision: {:?} with formatting the number", start.elapsed() / calls);
}

#[test]
#[ignore = "measures time; run in release"]
fn two_such_policies_that_differ_in_a_cor_group() {
    let policy = policy(65_000, 100_000);
    let closed = policy.replace("members = \"\"", "members = \"1\"");
    let made = [policy, closed].map(|text| strowger_tools::compile_str(&text, "large.toml").unwrap().image);
    let [old, new] = made.each_ref().map(|image| Image::load(image, &mut Soft::new(&[0; 32])).unwrap());
    let start = Instant::now();
    let difference = strowger_tools::diff::diff(&old, &new).unwrap();
    let compared = start.elapsed();
    let text = difference.to_text();
    println!("{text}\ncompared in {compared:?}, told in {:?}", start.elapsed() - compared);
    assert!(text.contains("65000 devices (10000-74999)"));
}

#[test]
fn every_device_is_found_by_number_and_by_username() {
    let compiled = strowger_tools::compile_str(&policy(3_000, 50), "medium.toml").unwrap();
    let image = Image::load(&compiled.image, &mut Soft::new(&[0; 32])).unwrap();
    for device in 0..3_000u32 {
        let dn = (10_000 + device).to_string();
        assert_eq!(image.device_by_dn(dn.as_bytes()), Some(device));
        assert_eq!(image.device_by_username(dn.as_bytes()), Some(device));
    }
    for stranger in ["", "9999", "13000", "100000", "alice"] {
        assert_eq!(image.device_by_username(stranger.as_bytes()), None);
        assert_eq!(image.device_by_dn(stranger.as_bytes()), None);
    }
}
