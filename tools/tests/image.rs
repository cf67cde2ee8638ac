//! Damaged and hostile images: refused, or valid and harmless.

mod common;

use common::{OFFICE, compiled, crypto};
use proptest::prelude::*;
use strowger::policy::{Attempt, Image, Keyring, Mode, Party, decide};
use strowger_tools::seal;

/// Fifty numbers: everything the office knows, and some that nobody does.
fn numbers() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        "201",
        "202",
        "911",
        "9911",
        "91",
        "95550123",
        "916135550123",
        "+16135550123",
        "*#",
        "a",
        "9955501234567",
    ]
    .map(str::to_owned)
    .into();
    all.extend((0..38u64).map(|n| (n * 7_919 * 10u64.pow(u32::try_from(n % 9).unwrap())).to_string()));
    assert_eq!(all.len(), 50);
    all
}

/// Loads the image; if it is accepted, asks it everything. True if it was.
fn survives(image: &[u8], numbers: &[String]) -> bool {
    let Ok(image) = Image::load(image, &mut crypto()) else { return false };
    for from in [Party::Device(0), Party::Device(1), Party::Device(u32::MAX), Party::Trunk(0), Party::Unknown]
    {
        for (number, mode) in numbers.iter().zip([Mode::Day, Mode::Night1, Mode::Night2].into_iter().cycle())
        {
            let attempt = Attempt { mode, ..Attempt::new(from, number.as_bytes()) };
            let _ = decide(&image, &attempt, |trunk| trunk % 2 == 0, &mut ());
        }
    }
    let _ = image.device_by_dn(b"201");
    let _ = image.trunk_by_source("192.0.2.1".parse().unwrap());
    true
}

#[test]
fn every_flipped_byte_is_noticed() {
    let numbers = numbers();
    let image = compiled(OFFICE).image;
    assert!(survives(&image, &numbers));
    for at in 0..image.len() {
        let mut altered = image.clone();
        altered[at] ^= 1 << (at % 8);
        // Zero octets of the header are covered by the checksum too.
        assert!(!survives(&altered, &numbers), "octet {at}");
    }
}

#[test]
fn every_octet_changed_and_sealed_again_is_refused_or_harmless() {
    let numbers = numbers();
    let image = compiled(OFFICE).image;
    let (mut accepted, mut refused) = (0, 0);
    for at in 0..image.len() {
        for value in [image[at] ^ 1, !image[at], 0, 255] {
            let mut altered = image.clone();
            altered[at] = value;
            seal(&mut altered);
            if survives(&altered, &numbers) { accepted += 1 } else { refused += 1 }
        }
    }
    assert!(accepted > 0 && refused > 0);
}

#[test]
fn every_truncation_is_refused() {
    let image = compiled(OFFICE).image;
    for len in 0..image.len() {
        assert!(Image::load(&image[..len], &mut crypto()).is_err());
    }
}

#[test]
fn a_keyring_fits_its_own_image_only() {
    let (office, other) = (compiled(OFFICE), compiled(&OFFICE.replace("cor = 9", "cor = 8")));
    let image = Image::load(&office.image, &mut crypto()).unwrap();
    assert!(Keyring::load(&office.keyring, &image, &mut crypto()).is_ok());
    assert!(Keyring::load(&other.keyring, &image, &mut crypto()).is_err());
    for at in 0..office.keyring.len() {
        let mut altered = office.keyring.clone();
        altered[at] ^= 1;
        assert!(Keyring::load(&altered, &image, &mut crypto()).is_err(), "octet {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_octets_sealed_again_are_refused_or_harmless(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut image = compiled(OFFICE).image;
        for (at, value) in changes {
            let at = at.index(image.len());
            image[at] = value;
        }
        seal(&mut image);
        survives(&image, &numbers());
    }
}

/// What firmware carries: eight devices and thirty rows, without number classes, in less than 4 KiB.
#[test]
fn a_small_policy_is_a_small_image() {
    let mut text = String::from(
        r#"
system = { name = "Eight", realm = "eight.test", profile = "mivb", default_cesid = "6135550100" }
cos = [{ id = 1, name = "Staff", features = ["smdr-external"] }]
cor_group = [{ id = 1, members = "2" }]
trunk = [{ name = "carrier", host = "192.0.2.1:5060", cos = 1, cor = 1 }]
digit_modification = [{ id = 1, absorb = 1 }]
route = [
  { id = 1, trunk = "carrier", digit_modification = 1, cor_group = 1 },
  { id = 9, trunk = "carrier", emergency = true },
]
ars = [
  { digits = "911", emergency = true, use = { route = 9 } },
  { leading = "9", digits = "NXXXXXX", use = { route = 1 } },
  { leading = "9", digits = "011", follow = "unknown", use = { route = 1 } },
"#,
    );
    for n in 0..27 {
        let area = 204 + n * 29;
        text +=
            &format!("  {{ leading = \"9\", digits = \"1{area}\", follow = 7, use = {{ route = 1 }} }},\n");
    }
    text += "]\ndevice = [\n";
    for n in 0..8 {
        text += &format!(
            "  {{ dn = \"20{n}\", name = \"Room {n}\", digest = [\"sha-256\"], password = \"Kettle-window-{n}-oak\", cos = 1, cor = 1 }},\n"
        );
    }
    let image = compiled(&(text + "]\n")).image;
    println!("{} octets", image.len());
    let loaded = Image::load(&image, &mut crypto()).expect("it is valid");
    assert_eq!((loaded.devices().len(), loaded.ars().len()), (8, 30));
    assert!(image.len() < 4 << 10, "{} octets", image.len());
}
