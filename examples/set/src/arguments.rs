//! What stands on the command line.

use std::path::PathBuf;

use strowger_set::frames::Code;
use strowger_set::options::mac;
use strowger_set::{Options, Tls};

/// The usage, for people.
pub(crate) const HELP: &str = "\
A simulated set for the set protocol (docs/set-protocol.md).

strowger-set --controller ADDR [--tls-ca FILE --tls-name NAME] --mac MAC --type TYPE
             --number DN --pin PIN [--register CODE | --replace CODE]
             [--rows 3] [--columns 24] [--lines 2] [--sound IP] [--script FILE|-]

  --controller ADDR   host:port; in clear, or by TLS with both of:
  --tls-ca FILE       certificates (PEM) the controller's certificate comes from
  --tls-name NAME     the name it is for
  --mac MAC           00:1a:2b:3c:4d:5e
  --number DN         without it the set stays unregistered, and can call for help
  --pin PIN           or SET_PIN in the environment, which no list of processes shows
  --register CODE     the registration code: the number has no MAC yet
  --replace CODE      the replacement code: the number has another MAC
  --sound IP          where sound is received; else where the controller sees the set
  --script FILE       commands from FILE, or from standard input with -

Exit status: 0 done, 1 not met or not reached, 2 usage.

Commands, one a line:";

/// What is wished.
#[derive(Debug)]
pub(crate) enum Wish {
    /// To read the usage.
    Help,
    /// A set.
    Run(Box<Arguments>),
}

/// A set, and who leads it.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) options: Options,
    /// None: a user.
    pub(crate) script: Option<String>,
}

/// Reads arguments, and the PIN of the environment.
pub(crate) fn read(mut given: impl Iterator<Item = String>, pin: Option<String>) -> Result<Wish, String> {
    let mut options = Options { pin: pin.unwrap_or_default().into(), ..Options::default() };
    let (mut script, mut mac_given) = (None, false);
    let (mut ca, mut name) = (None, None);
    while let Some(flag) = given.next() {
        if matches!(flag.as_str(), "--help" | "-h") {
            return Ok(Wish::Help);
        }
        let (flag, joined) = match flag.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (flag, None),
        };
        let known = [
            "--controller",
            "--tls-ca",
            "--tls-name",
            "--mac",
            "--type",
            "--number",
            "--pin",
            "--register",
            "--replace",
            "--rows",
            "--columns",
            "--lines",
            "--sound",
            "--script",
        ];
        if !known.contains(&flag.as_str()) {
            return Err(format!("{flag} is not known"));
        }
        let value = joined.or_else(|| given.next()).ok_or_else(|| format!("{flag} needs a value"))?;
        let small = || value.parse::<u8>().map_err(|_| format!("{flag}: {value} is no number"));
        match flag.as_str() {
            "--controller" => options.controller = value,
            "--tls-ca" => ca = Some(PathBuf::from(value)),
            "--tls-name" => name = Some(value),
            "--mac" => {
                options.mac = mac(&value)?;
                mac_given = true;
            }
            "--type" => options.set_type = value,
            "--number" => options.number = value,
            "--pin" => options.pin = value.into(),
            "--register" | "--replace" if options.code != Code::None => {
                return Err("there is one code, of registration or of replacement".into());
            }
            "--register" => options.code = Code::Registration(value.into()),
            "--replace" => options.code = Code::Replacement(value.into()),
            "--rows" => options.rows = small()?,
            "--columns" => options.columns = small()?,
            "--lines" => options.lines = small()?,
            "--sound" => options.sound = Some(value.parse().map_err(|_| format!("{value} is no address"))?),
            _ => script = Some(value),
        }
    }
    options.tls = match (ca, name) {
        (Some(ca), Some(name)) => Some(Tls { ca, name }),
        (None, None) => None,
        // Never in clear because half of it was forgotten.
        _ => return Err("--tls-ca and --tls-name go together".into()),
    };
    if options.controller.is_empty() || !mac_given || options.set_type.is_empty() {
        return Err("--controller, --mac and --type are needed".into());
    }
    options.check().map_err(|error| error.to_string())?;
    Ok(Wish::Run(Box::new(Arguments { options, script })))
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Wish, read};
    use strowger_set::frames::Code;

    fn run(line: &str, pin: Option<&str>) -> Result<Arguments, String> {
        match read(line.split_whitespace().map(Into::into), pin.map(Into::into))? {
            Wish::Run(arguments) => Ok(*arguments),
            Wish::Help => Err("help".into()),
        }
    }

    const LEAST: &str = "--controller 127.0.0.1:6800 --mac 001a2b3c4d5e --type desk --number 2001";

    #[test]
    fn arguments_make_a_set() {
        let least = run(LEAST, Some("4711")).expect("a set");
        assert_eq!(
            (least.options.pin.reveal(), least.script, &least.options.code),
            ("4711", None, &Code::None)
        );
        assert_eq!((least.options.rows, least.options.columns, least.options.lines), (3, 24, 2));
        let more = "--pin=1 --register 99 --rows 4 --columns 40 --lines 1 --sound ::1 --script -";
        let tls = "--tls-ca ca.pem --tls-name gateway.example";
        let all = run(&format!("{LEAST} {more} {tls}"), Some("4711")).expect("a set");
        assert_eq!((all.options.pin.reveal(), all.script.as_deref()), ("1", Some("-")));
        assert_eq!(all.options.code, Code::Registration("99".into()));
        assert_eq!(all.options.tls.map(|tls| tls.name).as_deref(), Some("gateway.example"));
    }

    #[test]
    fn what_makes_none_is_refused() {
        for line in [
            "",
            "--controller 127.0.0.1:6800 --type desk",
            &format!("{LEAST} --rows 5"),
            &format!("{LEAST} --columns x"),
            &format!("{LEAST} --loud 1"),
            &format!("{LEAST} --script"),
            &format!("{LEAST} --tls-ca ca.pem"),
            &format!("{LEAST} --register 1 --replace 2"),
            &format!("{LEAST} --mac 1"),
            &format!("{LEAST} --pin 123456789"),
        ] {
            assert!(run(line, None).is_err_and(|error| error != "help"), "{line}");
        }
        assert_eq!(run(&format!("{LEAST} --help"), None).err().as_deref(), Some("help"));
    }
}
