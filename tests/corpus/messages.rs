//! Every SIP message of the shared corpus. What else is in it is read by `descriptions.rs`, `srtp.rs` and `headers.rs`.

use strowger_testkit::corpus::{Sample, literal, samples};

/// In the manifest's order, those that share a file one by one; `None` without shared test data.
pub(crate) fn messages() -> Option<Vec<Sample>> {
    let mut all = Vec::new();
    for folder in ["attacks", "call-flows", "fuzz-corpora", "sip-messages", "sip-torture", "traces"] {
        for sample in samples(folder)? {
            let name = &sample.name;
            let other =
                ["srtp", "-sdp", "sdp/", "sdes", "gortsplib", ".tsv", ".pcap", "torture_sdps", "sip_dict"];
            if other.iter().any(|other| name.contains(other)) {
                continue;
            }
            if name.contains("torture_msgs") {
                let text = String::from_utf8_lossy(&sample.text).into_owned();
                let lines: Vec<&str> = text.split_inclusive('\n').collect();
                for (n, one) in lines.split(|line| line.trim() == "|").enumerate() {
                    all.push(Sample {
                        name: format!("{name}#{n}"),
                        text: one.concat().into_bytes(),
                        ..sample.clone()
                    });
                }
            } else if name.contains("crashers") {
                all.push(Sample { text: literal(&sample.text), ..sample });
            } else {
                all.push(sample);
            }
        }
    }
    Some(all)
}
