//! How a message that came into a file is mended before it is read.

/// The message with what the manifest says is to be mended before it is read, or is the way in which it came into a file: line ends
/// that are no CRLF, a head without its end, a Content-Length beyond what is there, a note in front of it.
pub(crate) fn mended(text: &[u8]) -> Vec<u8> {
    let text = match text.strip_prefix(b"expected_error:") {
        Some(rest) => &rest[rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1)..],
        None => text,
    };
    let blank =
        (0..text.len()).find(|at| text[*at..].starts_with(b"\n\n") || text[*at..].starts_with(b"\r\n\r\n"));
    let (head, body) = match blank {
        Some(at) if text[at] == b'\n' => (&text[..at], &text[at + 2..]),
        Some(at) => (&text[..at], &text[at + 4..]),
        None => (text, &[][..]),
    };
    let mut out = Vec::new();
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let words = String::from_utf8_lossy(line).into_owned();
        match words.split_once(':') {
            Some((name, value))
                if ["content-length", "l"].contains(&name.trim().to_ascii_lowercase().as_str())
                    && value.trim().parse::<usize>().is_ok_and(|length| length > body.len()) =>
            {
                out.extend(format!("Content-Length: {}", body.len()).into_bytes());
            }
            _ => out.extend(line),
        }
        out.extend(b"\r\n");
    }
    out.extend(b"\r\n");
    out.extend(body);
    out
}
