//! What has a number in the protocol: keys, lamp modes, tones, rings, codecs, and reasons.

use std::fmt;
use std::str::FromStr;

/// A key of a set (section "From the set", Keys).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u8);

impl Key {
    /// Holds the party that is talked to.
    pub const HOLD: Self = Self(0x10);
    /// Holds the other party and takes another line; once more joins the two.
    pub const TRANSFER: Self = Self(0x11);
    /// Gives up what is being dialed, refuses what rings, or clears the call.
    pub const CANCEL: Self = Self(0x12);
    /// Dials the last number again.
    pub const REDIAL: Self = Self(0x13);

    /// One of `0`-`9`, `*` and `#`.
    #[must_use]
    pub fn digit(digit: char) -> Option<Self> {
        u8::try_from(digit).ok().and_then(Self::from_number).filter(|key| key.as_digit().is_some())
    }

    /// A line key, from 1 to 4.
    #[must_use]
    pub fn line(line: u8) -> Option<Self> {
        (1..=4).contains(&line).then_some(Self(line))
    }

    /// The key with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        matches!(number, b'0'..=b'9' | b'*' | b'#' | 1..=4 | 0x10..=0x13).then_some(Self(number))
    }

    /// Its number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// Its digit, when it is a digit key.
    #[must_use]
    pub fn as_digit(self) -> Option<char> {
        matches!(self.0, b'0'..=b'9' | b'*' | b'#').then_some(char::from(self.0))
    }

    /// Its line, when it is a line key.
    #[must_use]
    pub fn as_line(self) -> Option<u8> {
        (1..=4).contains(&self.0).then_some(self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::HOLD => f.write_str("hold"),
            Self::TRANSFER => f.write_str("transfer"),
            Self::CANCEL => f.write_str("cancel"),
            Self::REDIAL => f.write_str("redial"),
            Self(line @ 1..=4) => write!(f, "l{line}"),
            Self(digit) => write!(f, "{}", char::from(digit)),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut letters = text.chars();
        let key = match (text, letters.next(), letters.next(), letters.next()) {
            ("hold", ..) => Some(Self::HOLD),
            ("transfer", ..) => Some(Self::TRANSFER),
            ("cancel", ..) => Some(Self::CANCEL),
            ("redial", ..) => Some(Self::REDIAL),
            (_, Some('l'), Some(line), None) => {
                line.to_digit(10).and_then(|line| u8::try_from(line).ok()).and_then(Self::line)
            }
            (_, Some(digit), None, None) => Self::digit(digit),
            _ => None,
        };
        key.ok_or_else(|| format!("{text} is no key"))
    }
}

/// An enumeration whose variants have a number on the wire and a name for people.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $number:literal $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$of])* $variant = $number,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one with this number, if there is one.
            #[must_use]
            pub fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// Its number on the wire.
            #[must_use]
            pub fn number(self) -> u8 {
                self as u8
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$variant => $word,)* })
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(format!("{text} is none of {}", [$($word),*].join(", "))),
                }
            }
        }
    };
}

numbered! {
    /// What a lamp does.
    Lamp {
        /// Dark.
        Off = 0 "off",
        /// Lit.
        On = 1 "on",
        /// Its call is held.
        Wink = 2 "wink",
        /// It rings.
        Flash = 3 "flash",
        /// Its call is held for a transfer.
        Blink = 4 "blink",
    }
}

numbered! {
    /// What the user hears when it is not the other party.
    Tone {
        /// Nothing.
        Silence = 0 "silence",
        /// Dial.
        Dial = 1 "dial",
        /// Dial once more.
        SecondDial = 2 "second-dial",
        /// It rings there.
        RingBack = 3 "ring-back",
        /// Busy.
        Busy = 4 "busy",
        /// It cannot be done.
        Reorder = 5 "reorder",
        /// An account code is wanted.
        AccountCode = 6 "account-code",
        /// It is done.
        Confirmation = 7 "confirmation",
        /// The route is a dear one.
        Warning = 8 "warning",
        /// Somebody camps on.
        CampOn = 9 "camp-on",
        /// Somebody else is in the call.
        Intrusion = 10 "intrusion",
        /// The user is held.
        OnHold = 11 "on-hold",
    }
}

numbered! {
    /// How it rings.
    Ring {
        /// Not at all.
        Silent = 0 "silent",
        /// A call from inside.
        Inside = 1 "inside",
        /// A call from outside.
        Outside = 2 "outside",
    }
}

numbered! {
    /// How sound is coded.
    Codec {
        /// G.711 mu-law.
        Pcmu = 0 "PCMU",
        /// G.711 A-law.
        Pcma = 1 "PCMA",
        /// G.722.
        G722 = 2 "G.722",
        /// G.729.
        G729 = 3 "G.729",
        /// Opus.
        Opus = 4 "Opus",
    }
}

numbered! {
    /// How a set came to its number.
    How {
        /// Its MAC is that of the number.
        Known = 0 "known",
        /// The number had no MAC, and has this one now.
        Bound = 1 "bound",
        /// The number had another MAC.
        Replaced = 2 "replaced",
        /// It said the token of a connection that was lost.
        Resumed = 3 "resumed",
    }
}

numbered! {
    /// Why a set was not registered.
    Reason {
        /// Code or PIN is wrong.
        BadPin = 1 "BadPin",
        /// No set has this number.
        UnknownDn = 2 "UnknownDn",
        /// The number belongs to another MAC.
        DnInUse = 3 "DnInUse",
        /// This MAC belongs to another number.
        MacInUse = 4 "MacInUse",
        /// The policy has another type for this number.
        SetTypeMismatch = 5 "SetTypeMismatch",
        /// Too many wrong attempts.
        LockedOut = 6 "LockedOut",
        /// The set belongs to another element.
        NotHere = 7 "NotHere",
        /// The policy has this device come another way.
        Transport = 8 "Transport",
        /// There is no policy or no room.
        NotNow = 9 "NotNow",
    }
}

/// Why a connection ends, as numbers.
pub mod bye {
    /// As wished.
    pub const WISHED: u8 = 0;
    /// No version in common.
    pub const VERSION: u8 = 1;
    /// A frame that cannot be read.
    pub const UNREADABLE: u8 = 2;
    /// Sequence.
    pub const SEQUENCE: u8 = 3;
    /// Silence.
    pub const SILENCE: u8 = 4;
    /// Another connection of the same set is here now, or its number has been given to another set.
    pub const ANOTHER: u8 = 5;
    /// The controller stops.
    pub const STOPS: u8 = 6;
    /// The number is not in the policy any more.
    pub const GONE: u8 = 7;
    /// Too slow.
    pub const SLOW: u8 = 8;

    /// Whether the document has this reason.
    #[must_use]
    pub fn known(reason: u8) -> bool {
        reason <= SLOW
    }

    /// Whether only a controller says it.
    #[must_use]
    pub fn of_controller(reason: u8) -> bool {
        (ANOTHER..=GONE).contains(&reason)
    }

    /// The reason in words.
    #[must_use]
    pub fn words(reason: u8) -> &'static str {
        match reason {
            WISHED => "as wished",
            VERSION => "no version in common",
            UNREADABLE => "a frame that cannot be read",
            SEQUENCE => "sequence",
            SILENCE => "silence",
            ANOTHER => "another connection or another set has the number",
            STOPS => "the controller stops",
            GONE => "the number is not in the policy any more",
            SLOW => "too slow",
            _ => "a reason without a name",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Codec, How, Key, Lamp, Reason, Ring, Tone};

    #[test]
    fn keys_have_the_numbers_of_the_document() {
        let mut keys = 0;
        for number in 0..=u8::MAX {
            if let Some(key) = Key::from_number(number) {
                keys += 1;
                assert_eq!(key.number(), number);
                assert_eq!(key.to_string().parse(), Ok(key));
            }
        }
        assert_eq!(keys, 12 + 4 + 4);
        assert_eq!(Key::digit('#').map(Key::number), Some(0x23));
        assert_eq!(
            (Key::line(0), Key::line(5), Key::digit('\u{1}'), Key::digit('a')),
            (None, None, None, None)
        );
        for nonsense in ["", "l", "l0", "l5", "l11", "11", "x", "é"] {
            assert!(nonsense.parse::<Key>().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn numbers_and_names_lead_back() {
        macro_rules! there_and_back {
            ($($name:ident $many:literal)*) => {$(
                assert_eq!($name::ALL.len(), $many);
                for one in $name::ALL {
                    assert_eq!($name::from_number(one.number()), Some(*one));
                    assert_eq!(one.to_string().parse(), Ok(*one));
                }
                assert_eq!($name::from_number(200), None);
            )*};
        }
        there_and_back!(Lamp 5 Tone 12 Ring 3 Codec 5 How 4 Reason 9);
        assert_eq!((Reason::from_number(0), Reason::from_number(10)), (None, None));
    }
}
