//! `[[station_file]]`: devices from CSV, with the places of the CSV.

mod common;

use common::{OFFICE, dial, list};
use strowger_tools::{Compiled, Finding, Level, compile_file, compile_str};

const TABLE: &str = "[[station_file]]\npath = \"phones/stations.csv\"\ntemplate = \"desk\"\n[[template]]\nname = \"desk\"\ncos = 1\ncor = 1\ndigest = [\"md5\"]\n";

fn compile_with(csv: Option<&[u8]>, table: &str) -> Result<Compiled, Vec<Finding>> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("phones")).unwrap();
    if let Some(csv) = csv {
        std::fs::write(folder.path().join("phones/stations.csv"), csv).unwrap();
    }
    std::fs::write(folder.path().join("office.toml"), format!("{OFFICE}{table}")).unwrap();
    compile_file(&folder.path().join("office.toml"))
}

fn compiled(csv: &str) -> Compiled {
    compile_with(Some(csv.as_bytes()), TABLE).unwrap_or_else(|findings| panic!("{}", list(&findings)))
}

/// The errors, each as `line:col code text`.
fn errors(csv: &str) -> Vec<String> {
    let findings = compile_with(Some(csv.as_bytes()), TABLE).expect_err("has errors");
    let errors = findings.iter().filter(|finding| finding.level == Level::Error);
    errors
        .map(|finding| {
            assert!(finding.file.ends_with("phones/stations.csv"), "{finding}");
            format!("{}:{} {} {}", finding.line, finding.col, finding.code, finding.text)
        })
        .collect()
}

#[test]
fn devices_come_from_a_file_beside_the_policy() {
    let office =
        compiled("dn,name,password,cor\n301,\"Hold, upper\",mast-and-anchor-8,1\n302,,kettle-on-the-hob,2\n");
    assert_eq!(dial(&office, "201", "301").0, "internal");
    assert_eq!(dial(&office, "301", "916135550123").1, Some(2));
    assert_eq!(dial(&office, "302", "916135550123").0, "cor.route");
}

#[test]
fn bom_crlf_quotes_and_empty_lines_are_fine() {
    let csv = "\u{feff}\"dn\", password ,name\r\n\r\n301,\"mast \"\"and\"\" anchor\",\"two\r\nlines\"\r\n302,kettle-on-the-hob,\r\n";
    let office = compiled(csv);
    assert_eq!(dial(&office, "302", "301").0, "internal");
    // The last line needs no end.
    assert_eq!(dial(&compiled("dn,password\n301,mast-and-anchor-8"), "201", "301").0, "internal");
}

#[test]
fn classes_are_numbers_or_names_for_all_modes_or_each() {
    let office = compiled(
        "dn,password,cos,cor_day,cor_night1,cor_night2,digest\n301,mast-and-anchor-8,Staff,01,2,,sha-256 md5\n",
    );
    use strowger::policy::Mode;
    for (mode, rule) in [(Mode::Day, "route"), (Mode::Night1, "cor.route"), (Mode::Night2, "route")] {
        assert_eq!(common::dial_in(&office, "301", "916135550123", mode).0, rule);
    }
}

#[test]
fn an_own_template_wins() {
    let table = format!("{TABLE}[[template]]\nname = \"closed\"\ncos = 1\ncor = 2\ndigest = [\"md5\"]\n");
    let csv = b"dn,password,template\n301,mast-and-anchor-8,\n302,kettle-on-the-hob,closed\n";
    let office = compile_with(Some(csv), &table).unwrap();
    assert_eq!(dial(&office, "301", "916135550123").0, "route");
    assert_eq!(dial(&office, "302", "916135550123").0, "cor.route");
}

#[test]
fn findings_name_the_place_in_the_file() {
    let one = |csv: &str, expected: &str| {
        let all = errors(csv);
        assert!(
            all.iter().any(|error| error.starts_with(expected)),
            "{csv}\nexpected: {expected}\nfound: {all:#?}"
        );
    };
    one("dn,colour\n301,red\n", "1:4 station-file unknown column \"colour\", expected one of dn, name, ");
    one("dn;name\n301;a\n", "1:1 station-file \"dn;name\" is no column: fields are separated by commas");
    one("dn,name,dn\n301,a,302\n", "1:9 station-file the column \"dn\" is there already");
    one("dn,cos,cos_day\n301,1,1\n", "1:8 station-file \"cos_day\" and \"cos\": either one");
    one("dn,cor_night1\n301,1\n", "1:1 station-file no column is named \"cor_day\"");
    one("name\nBar\n", "1:1 station-file no column is named \"dn\"");
    one("", "1:1 station-file the file is empty");
    one("dn,password\n301,mast-and-anchor-8\n\n302\n", "4:1 station-file 1 fields, but the header names 2");
    one("dn,password\n301,mast-and-anchor-8,more\n", "2:1 station-file 3 fields");
    one("dn,password,zone\n301,mast-and-anchor-8,moon\n", "2:23 dangling there is no zone named \"moon\"");
    one("dn,password\n201,mast-and-anchor-8\n", "2:1 duplicate the number 201 already belongs to device 201");
    one("name,dn,password\n\"a, b\",301,short\n", "2:12 weak-secret device 301");
    one("dn,password,interconnect\n301,mast-and-anchor-8,65\n", "2:23 bad-value device: invalid value");
    one("dn,password,interconnect\n301,mast-and-anchor-8,two\n", "2:23 wrong-type device: invalid type");
    one("dn,password,cos\n301,mast-and-anchor-8,7\n", "2:23 dangling there is no COS 7");
    one("dn,password\n,mast-and-anchor-8\n", "2:1 missing-key device: missing key `dn`");
    // Whatever is wrong with a secret, it is not repeated.
    for error in errors("dn,pin,password\n301,47x11,mast-and-anchor-8\n") {
        assert!(error.starts_with("2:5 ") && !error.contains("47x11"), "{error}");
    }
}

#[test]
fn a_missing_file_is_an_error_unless_it_is_optional() {
    let found = compile_with(None, TABLE).unwrap_err();
    assert_eq!(
        (found.len(), found[0].code, found[0].level),
        (1, "station-file", Level::Error),
        "{}",
        list(&found)
    );
    let optional = TABLE.replace("[[template]]", "optional = true\n[[template]]");
    assert!(compile_with(None, &optional).is_ok());
    // Not readable is not the same as not there.
    assert!(compile_with(Some(b"dn,name\n301,\xff\n"), &optional).is_err());
    // A text that is no file has nothing beside it.
    assert!(compile_str(&format!("{OFFICE}{optional}"), "office.toml").is_ok());
    assert!(compile_str(&format!("{OFFICE}{TABLE}"), "office.toml").is_err());
}
