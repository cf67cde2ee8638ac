//! A simulated set in the demo: a program that knows nothing of this one but docs/set-protocol.md, in a thread of its own.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use strowger_set::script::{Command, Runner};
use strowger_set::{Options, Set};

/// What it is, as the embedded policy has it.
const MAC: [u8; 6] = [0x08, 0x00, 0x0f, 0x12, 0x34, 0x56];
const PIN: &str = "471193";

/// A set that does what a script says, at a controller there: what it showed, or why not everything came about.
pub(super) fn play(controller: SocketAddr, script: &'static str) -> JoinHandle<Result<String, String>> {
    std::thread::spawn(move || {
        let options = Options {
            controller: controller.to_string(),
            mac: MAC,
            set_type: "console-8".to_owned(),
            number: "301".to_owned(),
            pin: PIN.to_owned().into(),
            ..Options::default()
        };
        let set = Set::connect(options).map_err(|why| why.to_string())?;
        let mut shown = Vec::new();
        let mut runner = Runner::new(set, &mut shown);
        let done = script.lines().try_for_each(|line| {
            let command: Command = line.parse()?;
            runner.run(command).map(|_| ())
        });
        runner.leave();
        let shown = String::from_utf8_lossy(&shown).into_owned();
        done.map_err(|why| format!("{shown}\n{why}")).map(|()| shown)
    })
}
