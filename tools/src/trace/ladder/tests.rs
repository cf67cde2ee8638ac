use super::*;
use crate::trace::format::Over;

fn small() -> Ladder {
    let mut drawing = Drawing {
        ladder: Ladder::default(),
        names: [("192.0.2.1:5060".parse().unwrap(), "201".to_owned())].into(),
        legs: HashMap::new(),
    };
    let invite = "INVITE sip:202@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:201@192.0.2.9>;tag=1\r\nTo: <sip:202@192.0.2.9>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n";
    let receive = InputText::Receive {
        from: "192.0.2.1:5060".parse().unwrap(),
        over: Over::Udp,
        datagram: Datagram::Text(invite.to_owned()),
    };
    drawing.input(0, &receive, "done");
    drawing.note(0, "201 -> 202: <deny>, rule \"x\" & ; # \u{1b}[31m".to_owned());
    let send = OutputText::Send {
        to: "192.0.2.2:5060".parse().unwrap(),
        over: Over::Udp,
        datagram: Datagram::Base64("AAEC".to_owned()),
    };
    drawing.output(1_020, &send);
    drawing.ladder
}

#[test]
fn text_reads_from_left_to_right_and_downwards() {
    let expected = [
        "              201            gateway         192.0.2.2:5060",
        "       0.000   |-- INVITE 202 ->|                   |",
        "       0.000   |                | [201 -> 202: <deny>, rule \"x\" & ; # ?[31m]",
        "       1.020   |                |-- (3 octets) ---->|",
    ];
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace('-', "");
    let drawn = small().to_text();
    assert_eq!(squeezed(&drawn), squeezed(&expected.join("\n")), "\n{drawn}");
}

#[test]
fn mermaid_is_told_nothing_it_could_take_for_its_own() {
    let expected = "sequenceDiagram\n    participant p0 as 201\n    participant p1 as gateway\n    participant p2 as 192.0.2.2#58;5060\n    p0->>p1: INVITE 202\n    Note over p1: 201 -#62; 202#58; #60;deny#62;, rule #34;x#34; #38; #59; #35; ?#91;31m\n    p1->>p2: (3 octets)\n";
    assert_eq!(small().to_mermaid(), expected);
}

#[test]
fn svg_holds_text_as_text() {
    let svg = small().to_svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains(">201 -&gt; 202: &lt;deny&gt;, rule &quot;x&quot; &amp; ; # ?[31m</text>"), "{svg}");
    assert_eq!(svg.matches("marker-end").count(), 2);
    assert_eq!(svg, small().to_svg());
    for tag in ["<svg", "<defs", "<marker", "<text"] {
        let close = format!("</{}", &tag[1..]);
        assert_eq!(svg.matches(tag).count(), svg.matches(close.as_str()).count(), "{tag}");
    }
}
