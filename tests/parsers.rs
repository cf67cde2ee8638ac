//! Our reading of the shared corpus beside that of another parser, osip (Debian's `libosip2-dev`): every difference has its reason.
//! `./ci.sh parsers` runs it, with `--nocapture` it prints each difference.

#[path = "corpus/mending.rs"]
mod mending;
#[path = "corpus/messages.rs"]
mod messages;

use mending::mended;
use messages::messages;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use strowger::wire::sip::{Host, Message, Name, Scheme, Start};

/// What both tell of a message, field by field.
const FIELDS: [&str; 16] = [
    "method or status",
    "user of the Request-URI",
    "host of the Request-URI",
    "user of From",
    "host of From",
    "tag of From",
    "user of To",
    "host of To",
    "tag of To",
    "Call-ID",
    "number of CSeq",
    "method of CSeq",
    "host of the top Via",
    "branch",
    "number of Vias",
    "number of Contacts",
];

/// A text as `osip.c` prints it.
fn printed(text: &[u8]) -> String {
    let octet = |byte: &u8| match byte {
        b'!'..=b'[' | b']'..=b'~' => char::from(*byte).to_string(),
        other => format!("\\x{other:02x}"),
    };
    text.iter().map(octet).collect()
}

fn host(host: &Host<'_>) -> String {
    match host {
        Host::None => String::new(),
        Host::Name(name) => printed(name),
        Host::V4(ip) => ip.to_string(),
        Host::V6(ip) => ip.to_string(),
    }
}

/// How we read a message: its fields and the length of its body, and whether it names a party by a URI that is not SIP's.
struct Reading {
    fields: Vec<String>,
    body: usize,
    foreign: bool,
}

fn ours(text: &[u8]) -> Result<Reading, &'static str> {
    let mut message = Message::new();
    message.parse(text).map_err(|malformed| malformed.reason)?;
    let mut fields = Vec::new();
    let sips = |scheme| matches!(scheme, Scheme::Sip | Scheme::Sips);
    let mut foreign = false;
    match message.start {
        Start::Request { method_text, uri, .. } => {
            foreign |= !sips(uri.scheme);
            fields.extend([printed(method_text), printed(uri.user), host(&uri.host)]);
        }
        Start::Response { code, .. } => fields.extend([code.to_string(), String::new(), String::new()]),
    }
    for address in [message.from, message.to].into_iter().flatten() {
        foreign |= !sips(address.uri.scheme);
        let tag = address.tag().map_or_else(|| "-".to_owned(), printed);
        fields.extend([printed(address.uri.user), host(&address.uri.host), tag]);
    }
    fields.push(printed(message.call_id));
    fields.extend(
        message.cseq.map(|cseq| [cseq.number.to_string(), printed(cseq.method_text)]).into_iter().flatten(),
    );
    fields.extend(
        message
            .via
            .map(|via| [host(&via.host), via.branch.map_or_else(String::new, printed)])
            .into_iter()
            .flatten(),
    );
    fields.push(message.items(Name::Via).count().to_string());
    let contacts =
        message.contact.list.len() + usize::from(message.contact.more) + usize::from(message.contact.star);
    fields.push(contacts.to_string());
    Ok(Reading { fields, body: message.body.len(), foreign })
}

/// The other program, compiled.
fn other() -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("osip");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("parsers/osip.c");
    let made = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-O1", "-o"])
        .arg(&program)
        .arg(source)
        .arg("-losipparser2")
        .status();
    assert!(made.is_ok_and(|status| status.success()), "it compiles: is libosip2-dev there?");
    program
}

/// How the other one reads each of them: a line for each.
fn theirs<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut input = Vec::new();
    for text in texts {
        input.extend(u32::try_from(text.len()).expect("no message is that long").to_be_bytes());
        input.extend(text);
    }
    let child = Command::new(other()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("it runs");
    let mut stdin = child.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it does not panic").expect("it reads everything");
    String::from_utf8(output.stdout).expect("it prints ASCII").lines().map(str::to_owned).collect()
}

/// A text with its escapes undone, up to the first NUL: what a program makes of it that keeps texts with a NUL at their end.
fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let escaped =
            tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        (rest, _) = match escaped.filter(|_| *byte == b'%') {
            Some(0) => break,
            Some(octet) => (&tail[2..], out.push(octet)),
            None => (tail, out.push(*byte)),
        };
    }
    printed(&out)
}

const ESCAPES: &str =
    "we keep escapes as written; the other undoes them, and takes %00 for the end of the text";
const FOREIGN: &str = "we read tel: and other URIs; the other keeps them as a text";
const BODY: &str = "we count what is there, or what Content-Length says; the other wants Content-Type and Content-Length, and takes a \
    multipart body apart";

fn why_differs(reading: &Reading, field: usize, ours: &str, theirs: &str) -> Option<&'static str> {
    let is_user = FIELDS[field].starts_with("user of");
    match () {
        () if is_user && unescaped(ours) == theirs => Some(ESCAPES),
        () if reading.foreign && theirs.is_empty() && (is_user || FIELDS[field].starts_with("host of")) => {
            Some(FOREIGN)
        }
        () => None,
    }
}

/// What we refuse and the other reads, by our reason: how often, and why we do.
const STRICTER: [(&str, usize, &str); 26] = [
    ("CSeq missing", 30, MISSING),
    ("Call-ID missing", 40, MISSING),
    ("From missing", 44, MISSING),
    ("To missing", 3, MISSING),
    ("Via missing", 50, MISSING),
    ("CSeq of another method", 11, "RFC 3261 8.1.1.5"),
    ("Content-Length beyond the datagram", 4, "RFC 3261 18.3"),
    ("Request-URI too long", 2, "fixed memory (docs/deviations.md)"),
    ("message too long", 2, "fixed memory (docs/deviations.md)"),
    ("SIP version other than 2.0", 3, "RFC 3261 21.5.6"),
    ("control character in a header line", 107, "LF alone, or another control character: smuggling"),
    ("header lines without end", 13, "RFC 3261 7: there is an empty line, else something was lost"),
    ("headers in the Request-URI", 3, "RFC 3261 19.1.1, table 1"),
    ("white space before the colon", 17, "smuggling (docs/deviations.md)"),
    ("malformed CSeq", 4, "RFC 3261 8.1.1.5: below 2^31"),
    ("malformed Call-ID", 7, "empty"),
    ("malformed Contact", 1, "a blank in the URI"),
    ("malformed Content-Length", 6, "no number"),
    ("malformed Content-Type", 2, "empty"),
    ("malformed From", 3, "an empty tag; 00.000.00.0"),
    ("malformed Max-Forwards", 6, "no number"),
    ("malformed To", 10, "two tags, an empty one, a blank, letters beyond ASCII, a host of digits"),
    ("malformed Via", 5, "an empty branch or parameter, `&` in a port"),
    ("malformed challenge", 1, "no comma"),
    ("malformed credentials", 5, "no comma, a quote that is not closed, apostrophes"),
    ("malformed start line", 3, "an IPv6 address without brackets"),
];
const MISSING: &str = "RFC 3261 8.1.1: every message has it";

/// What we read and the other refuses.
const LAXER: [(&str, &str); 4] = [
    (
        "call-flows/rfc3428/s10_003_msg.sip",
        "two semicolons in a Via that is not the top one: that is somebody else's",
    ),
    ("sip-messages/ersip/ersip_parser_test_L00254.sip", "twice the same Content-Length, once mended"),
    ("sip-torture/rfc4475/novelsc.dat", "a URI of another scheme is refused with 416, not by the codec"),
    ("traces/sngrep-ipv6frag/022.sip", "twice the same Content-Type"),
];

/// Files whose bodies the other one counts otherwise.
const DIFFERENT_BODIES: [&str; 5] = [
    "sip-messages/kamailio/repl1.sip",
    "fuzz-corpora/osip/sip85",
    "fuzz-corpora/pjsip-sip/multipart_alternative.sip",
    "fuzz-corpora/pjsip-sip/multipart_basic.sip",
    "sip-messages/sipsorcery/SIPMessageUnitTest_L00209.sip",
];

#[test]
#[ignore = "needs libosip2-dev: ./ci.sh parsers"]
fn every_difference_from_another_parser_has_its_reason() {
    let all = messages().expect("the shared test data");
    let texts: Vec<(&str, Vec<u8>)> = all
        .iter()
        .flat_map(|sample| {
            [(sample.name.as_str(), sample.text.clone()), (sample.name.as_str(), mended(&sample.text))]
        })
        .collect();
    let lines = theirs(texts.iter().map(|(_, text)| text.as_slice()));
    assert_eq!(lines.len(), texts.len());
    let mut stricter: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut alike, mut refused) = (0, 0);
    for ((name, text), line) in texts.iter().zip(&lines) {
        let mut words = line.split('\t');
        match (ours(text), words.next()) {
            (Err(_), Some("refused")) => refused += 1,
            (Err(reason), Some(other)) => {
                let why = STRICTER.iter().find(|(own, ..)| *own == reason).map(|(.., why)| *why);
                println!("{name}: refused, {reason}; the other: {other}: {why:?}");
                *stricter.entry(reason).or_default() += 1;
            }
            (Ok(reading), Some("read")) => {
                let body = words.next_back().unwrap_or_default();
                if body != reading.body.to_string() {
                    println!("{name}: a body of {}; the other: {body}: {BODY}", reading.body);
                    assert!(DIFFERENT_BODIES.contains(name), "{name}: {body} for {}", reading.body);
                }
                let fields: Vec<&str> = words.collect();
                assert_eq!(fields.len(), reading.fields.len());
                for (field, (ours, theirs)) in reading.fields.iter().zip(fields).enumerate() {
                    let theirs =
                        theirs.parse::<Ipv6Addr>().map_or_else(|_| theirs.to_owned(), |ip| ip.to_string());
                    if *ours != theirs {
                        let why = why_differs(&reading, field, ours, &theirs);
                        println!("{name}: {}: {ours}; the other: {theirs}: {why:?}", FIELDS[field]);
                        assert!(why.is_some(), "{name}: {}: {ours}, but the other: {theirs}", FIELDS[field]);
                    }
                }
                alike += 1;
            }
            (Ok(_), other) => {
                let why = LAXER.iter().find(|(file, _)| file == name).map(|(_, why)| *why);
                println!("{name}: read; the other: {other:?}: {why:?}");
                assert!(why.is_some(), "{name} was read, the other: {other:?}");
            }
            (Err(reason), None) => panic!("{name}: refused, {reason}; the other says nothing"),
        }
    }
    println!("{alike} were read by both, {refused} refused by both");
    let listed: BTreeMap<&str, usize> = STRICTER.iter().map(|(reason, count, _)| (*reason, *count)).collect();
    assert_eq!(stricter, listed, "refused by us alone");
    assert!(alike > 900 && refused > 300, "{alike} were read by both, {refused} refused");
}
