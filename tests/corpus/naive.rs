//! What is wrong with a message, found as naively as possible: by lines and words, without any code of the engine's. It finds what
//! can be found so, and says nothing of the grammar of values.

use std::collections::BTreeSet;

/// A fault, as the engine words it.
pub(crate) type Fault = &'static str;

/// Start line, header lines without their ends, and the body, if the head has an end.
struct Parts {
    lines: Vec<Vec<u8>>,
    body: Option<Vec<u8>>,
}

fn parts(text: &[u8]) -> Parts {
    let mut text = text;
    while let [b'\r' | b'\n', rest @ ..] = text {
        text = rest;
    }
    let end = text.windows(4).position(|four| four == b"\r\n\r\n");
    let head = &text[..end.unwrap_or(text.len())];
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut from = 0;
    for at in 0..=head.len() {
        if at == head.len() || head[at..].starts_with(b"\r\n") {
            let line = head.get(from..at).unwrap_or_default().to_vec();
            match lines.len() {
                // A line that goes on the one before.
                2.. if line.starts_with(b" ") || line.starts_with(b"\t") => {
                    lines.last_mut().expect("there are two").extend(line);
                }
                _ => lines.push(line),
            }
            from = at + 2;
        }
    }
    Parts { lines, body: end.map(|end| text[end + 4..].to_vec()) }
}

/// A header by its long name, lower case.
fn long(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
    match name.as_str() {
        "v" => "via",
        "f" => "from",
        "t" => "to",
        "i" => "call-id",
        "l" => "content-length",
        "c" => "content-type",
        "x" => "session-expires",
        "r" => "refer-to",
        "b" => "referred-by",
        "o" => "event",
        other => other,
    }
    .to_owned()
}

fn headers(lines: &[Vec<u8>]) -> Vec<(String, String)> {
    let split = |line: &Vec<u8>| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        Some((long(&line[..colon]), String::from_utf8_lossy(&line[colon + 1..]).trim().to_owned()))
    };
    lines.iter().skip(1).filter_map(split).collect()
}

const NEEDED: [(&str, Fault); 5] = [
    ("via", "Via missing"),
    ("from", "From missing"),
    ("to", "To missing"),
    ("call-id", "Call-ID missing"),
    ("cseq", "CSeq missing"),
];
const OTHER: Fault = "two different values of a header that stands once";
const ONCE: [(&str, Fault); 19] = [
    ("from", "two different From"),
    ("to", "two different To"),
    ("call-id", "two different Call-ID"),
    ("cseq", "two different CSeq"),
    ("max-forwards", "two different Max-Forwards"),
    ("content-length", "two different Content-Length"),
    ("content-type", OTHER),
    ("expires", OTHER),
    ("min-expires", OTHER),
    ("retry-after", OTHER),
    ("session-expires", OTHER),
    ("min-se", OTHER),
    ("rack", OTHER),
    ("rseq", OTHER),
    ("refer-to", OTHER),
    ("referred-by", OTHER),
    ("replaces", OTHER),
    ("event", OTHER),
    ("subscription-state", OTHER),
];

/// Everything that is wrong with a datagram.
pub(crate) fn faults(text: &[u8]) -> BTreeSet<Fault> {
    let mut faults = BTreeSet::new();
    let Parts { lines, body } = parts(text);
    if body.is_none() {
        faults.insert("header lines without end");
    }
    if lines.iter().flatten().any(|byte| *byte < b' ' && *byte != b'\t') {
        faults.insert("control character in a header line");
    }
    let start = String::from_utf8_lossy(lines.first().map_or(b"", Vec::as_slice)).into_owned();
    // The version may be written in any case (RFC 3261 7.1).
    let start = match start.to_ascii_uppercase() {
        upper if upper.starts_with("SIP/") => upper,
        upper => match start.len().checked_sub(7).and_then(|at| start.split_at_checked(at)) {
            Some((rest, _)) => format!("{rest}{}", &upper[rest.len()..]),
            None => start,
        },
    };
    let words: Vec<&str> = start.split(' ').collect();
    let number = |word: &&str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
    match words.as_slice() {
        ["SIP/2.0", code, ..] if number(code) => {}
        [method, _, "SIP/2.0"] if !method.is_empty() => {}
        [_, _, version] if version.starts_with("SIP/") => {
            faults.insert("SIP version other than 2.0");
        }
        _ => {
            faults.insert("malformed start line");
        }
    }
    if let [_, uri, _] = words.as_slice()
        && uri.to_ascii_lowercase().starts_with("sip")
        && uri.rsplit('@').next().is_some_and(|host| host.contains('?'))
    {
        faults.insert("headers in the Request-URI");
    }
    for line in lines.iter().skip(1) {
        match line.iter().position(|byte| *byte == b':') {
            None | Some(0) => faults.insert("header line without a name"),
            Some(colon) if line[..colon].ends_with(b" ") || line[..colon].ends_with(b"\t") => {
                faults.insert("white space before the colon")
            }
            Some(_) => false,
        };
    }
    let headers = headers(&lines);
    let values = |name: &str| {
        headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    faults.extend(NEEDED.iter().filter(|(name, _)| values(name).is_empty()).map(|(_, fault)| *fault));
    faults.extend(
        ONCE.iter()
            .filter(|(name, _)| values(name).windows(2).any(|two| two[0] != two[1]))
            .map(|(_, fault)| *fault),
    );
    if values("call-id").contains(&"") {
        faults.insert("malformed Call-ID");
    }
    let is_number = |value: &&str| !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    for (name, fault) in
        [("max-forwards", "malformed Max-Forwards"), ("content-length", "malformed Content-Length")]
    {
        if !values(name).iter().all(is_number) {
            faults.insert(fault);
        }
    }
    let beyond = |value: &&str| {
        value.parse::<u64>().is_ok_and(|length| length > body.as_ref().map_or(0, Vec::len) as u64)
    };
    if body.is_some() && values("content-length").iter().any(beyond) {
        faults.insert("Content-Length beyond the datagram");
    }
    if !start.starts_with("SIP/")
        && let (Some(method), Some(cseq)) = (words.first(), values("cseq").first())
        && let Some((number, other)) = cseq.split_once(|c: char| c.is_ascii_whitespace())
    {
        if !is_number(&number) {
            faults.insert("malformed CSeq");
        } else if other.trim() != *method {
            faults.insert("CSeq of another method");
        }
    }
    faults
}
