//! What two parties' SRTP policies say of an offer and of its answer (domain of RFC 4568 and RFC 8643; R91, R93, R95, R96).
//!
//! ```text
//!              None          Best effort        Required       the other party
//!  None        clear         clear              refused
//!  Best effort clear         SRTP if both can   SRTP
//!  Required    refused       SRTP               SRTP
//! ```

use super::srtp::Srtp;
use super::summary::{Protection, Stream, Summary};

/// Why a description is refused. The names stand in a `Warning`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Refused {
    /// One party's media is never encrypted, the other's always.
    Mismatch,
    /// SRTP is required and not offered, or not answered.
    Clear,
    /// SRTP is required, and only keys by DTLS are offered: nobody between could tell that they are used.
    Dtls,
    /// SRTP is offered, and the other party's media is never encrypted.
    Off,
    /// No `a=crypto` line can be used.
    Unusable,
    /// More streams than are looked at, where one of them could be what policy does not want.
    Streams,
    /// Keys may not go over signalling in clear, and SRTP is required.
    KeysInClear,
    /// The answer is none to this offer: other streams, or a crypto line that was not offered.
    Answer,
    /// A stream is answered without a codec that was offered.
    Codec,
    /// Media must not go between the zones of the parties.
    NoPath,
    /// Media would have to go over a relay, and there is none.
    NoRelay,
    /// The relay did not take the media.
    Relay,
    /// Media would have to go over the relay, and where it is awaited cannot be told: a name, or too many addresses.
    Address,
    /// SRTP is required, and the key is one that another party was told before (R94).
    OldKey,
    /// The session of a call that was up had to be negotiated anew, and could not be.
    Lost,
}

impl Refused {
    /// Whether a phone has answered what nobody offered, rather than what policy does not want.
    #[must_use]
    pub const fn is_mistake(self) -> bool {
        matches!(self, Self::Answer | Self::Codec)
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mismatch => "srtp.mismatch",
            Self::Clear => "srtp.required",
            Self::Dtls => "srtp.sdes-required",
            Self::Off => "srtp.off",
            Self::Unusable => "srtp.no-usable-key",
            Self::Streams => "media.streams",
            Self::KeysInClear => "srtp.keys-in-clear",
            Self::Answer => "media.answer",
            Self::Codec => "media.no-codec",
            Self::NoPath => "media.no-path",
            Self::NoRelay => "media.no-relay",
            Self::Relay => "media.relay",
            Self::Address => "media.address",
            Self::OldKey => "srtp.old-key",
            Self::Lost => "media.lost",
        }
    }
}

/// The policies of both parties of a call, and whether keys may pass here.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Terms {
    /// Of the one who offers, and the one who answers; which is which does not matter.
    pub parties: [Srtp; 2],
    /// Keys may go over signalling that is not protected.
    pub keys_in_clear: bool,
}

/// How an offer is passed on.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Pass {
    /// As it is, less the crypto lines that nobody could use.
    #[default]
    WithKeys,
    /// Without SDES keys: they may not go over signalling in clear.
    WithoutSdes,
    /// Without keys of any kind: the other party's media is never encrypted.
    Clear,
}

impl Terms {
    const fn has(self, one: Srtp) -> bool {
        let [a, b] = self.parties;
        a as u8 == one as u8 || b as u8 == one as u8
    }

    /// Judges an offer.
    ///
    /// # Errors
    /// [`Refused`] says why it cannot be passed on: 488.
    pub fn offer(self, offer: &Summary) -> Result<Pass, Refused> {
        let required = self.has(Srtp::Required);
        let off = self.has(Srtp::Off);
        if required && off {
            return Err(Refused::Mismatch);
        }
        if required && !self.keys_in_clear {
            return Err(Refused::KeysInClear);
        }
        let pass = match (off, self.keys_in_clear) {
            (true, _) => Pass::Clear,
            (false, false) => Pass::WithoutSdes,
            (false, true) => Pass::WithKeys,
        };
        // What is not looked at could be anything.
        if offer.extra != 0 && (required || pass != Pass::WithKeys) {
            return Err(Refused::Streams);
        }
        for stream in offer.streams() {
            match (stream.protection, pass) {
                (Protection::None, _) => {}
                (Protection::Clear, _) if required && stream.other_keys => return Err(Refused::Dtls),
                (Protection::Clear | Protection::Foreign, _) if required => return Err(Refused::Clear),
                (Protection::Dtls, _) if required => return Err(Refused::Dtls),
                (Protection::Dtls, _) if off => return Err(Refused::Off),
                (
                    Protection::Clear | Protection::Foreign | Protection::Dtls | Protection::Opportunistic,
                    _,
                ) => {}
                // It is refused alone, if there is another (R95).
                (Protection::Unusable, _) if !required && offer.streams().iter().any(Stream::is_usable) => {}
                (Protection::Unusable, _) => return Err(Refused::Unusable),
                (Protection::Sdes, Pass::WithKeys) => {}
                (Protection::Sdes, Pass::Clear) => return Err(Refused::Off),
                (Protection::Sdes, Pass::WithoutSdes) => return Err(Refused::KeysInClear),
            }
        }
        Ok(pass)
    }

    /// Judges the answer to an offer that was passed on.
    ///
    /// # Errors
    /// [`Refused`] says why it must not be used: what was agreed would not be what policy wants, or nothing was.
    pub fn answer(self, offer: &Summary, pass: Pass, answer: &Summary) -> Result<(), Refused> {
        let (offered, answered) = (offer.streams(), answer.streams());
        if offered.len() != answered.len() || offer.extra != answer.extra {
            return Err(Refused::Answer);
        }
        offered.iter().zip(answered).try_for_each(|(offer, answer)| self.answered(offer, pass, answer))
    }

    fn answered(self, offer: &Stream, pass: Pass, answer: &Stream) -> Result<(), Refused> {
        // What is refused carries nothing, whatever it says.
        if answer.protection == Protection::None {
            return Ok(());
        }
        if offer.protection == Protection::None || !answer.fits(offer) {
            return Err(Refused::Answer);
        }
        let mut chosen = answer.lines();
        let encrypted = match (answer.written, chosen.next()) {
            (0, _) => false,
            // Exactly one line, with a tag and suite that were offered (section 5.1.2).
            (1, Some(line)) if pass == Pass::WithKeys && offer.lines().any(|one| one == line) => true,
            (_, _) => return Err(Refused::Answer),
        };
        match offer.protection {
            Protection::Sdes if !encrypted => Err(Refused::Answer),
            Protection::Clear | Protection::Foreign | Protection::Opportunistic
                if !encrypted && self.has(Srtp::Required) =>
            {
                Err(Refused::Clear)
            }
            _ if !answer.codecs.answer(offer.codecs) => Err(Refused::Codec),
            Protection::None
            | Protection::Clear
            | Protection::Foreign
            | Protection::Opportunistic
            | Protection::Sdes
            | Protection::Unusable
            | Protection::Dtls => Ok(()),
        }
    }
}
