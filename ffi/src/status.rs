//! Status numbers: 0 done, positive information, negative refused and nothing changed. Never reused.

use core::ffi::{CStr, c_char};
use strowger::base::Full;
use strowger::exchange::NotTaken;
use strowger::policy::{BadImage, BadKeyring};

/// What every function that can be refused returns: one of `stw_status_number`.
pub type stw_status = i32;

macro_rules! statuses {
    ($( $variant:ident = $name:literal; )+) => {
        /// The name of a status, without its prefix.
        pub(crate) const fn name(status: stw_status) -> *const c_char {
            $( if status == stw_status_number::$variant as stw_status {
                const NAME: &CStr = $name;
                return NAME.as_ptr();
            } )+
            c"?".as_ptr()
        }
    };
}

/// The numbers of `stw_status`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum stw_status_number {
    /// Done.
    STW_OK = 0,
    /// There is no output.
    STW_EMPTY = 1,
    /// Done in part: poll the outputs and call again.
    STW_MORE = 2,
    /// Policy refused the call, or every way is busy; the decision says why.
    STW_DENIED = 3,
    /// There is no room for one more call, or no policy is loaded.
    STW_CONGESTED = 4,
    /// Not without an account code, which is asked for on the leg: give its digits by stw_exchange_digit.
    STW_NEEDS_CODE = 5,
    /// The datagram waits for the media relay, and nothing has changed: keep it, and give it again after the next
    /// stw_exchange_relayed; or drop it, its sender sends it again.
    STW_HELD = 6,
    /// Not at this moment: the parties do not talk, or something else is under way. Nothing has changed.
    STW_NOT_NOW = 7,
    /// A null or misaligned pointer, a length or number out of range, or not an exchange (never set up, deinitialised, moved).
    STW_ERR_ARGUMENT = -1,
    /// The memory is smaller than stw_exchange_size says.
    STW_ERR_MEMORY = -2,
    /// Outputs must be polled first; then give the same input again.
    STW_ERR_DRAIN_FIRST = -3,
    /// No such leg, device or trunk.
    STW_ERR_UNKNOWN = -4,
    /// The buffer is too small; the output stays for the next poll.
    STW_ERR_BUFFER = -5,
    /// Header and library do not fit: abi_version or struct_size.
    STW_ERR_ABI = -6,
    /// A defect was caught in an earlier call (hosted builds): only stw_exchange_deinit works now.
    STW_ERR_POISONED = -7,
    /// A policy is in force already.
    STW_ERR_BUSY = -8,
    /// The policy has more devices or trunks than the exchange was set up for.
    STW_ERR_TOO_MANY = -9,
    /// Not a policy image, or of another format.
    STW_ERR_IMAGE_FORMAT = -10,
    /// The policy image is damaged: length or checksum.
    STW_ERR_IMAGE_DAMAGED = -11,
    /// The policy image contradicts itself.
    STW_ERR_IMAGE_CONTENT = -12,
    /// Not a keyring, or of another format.
    STW_ERR_KEYRING_FORMAT = -13,
    /// The keyring is damaged: length or checksum.
    STW_ERR_KEYRING_DAMAGED = -14,
    /// The keyring was made with another policy image.
    STW_ERR_KEYRING_OTHER = -15,
    /// The keyring contradicts itself.
    STW_ERR_KEYRING_CONTENT = -16,
    /// There is no randomness: the operating system refuses it, or random_seed is all zero.
    STW_ERR_RANDOM = -17,
}

statuses! {
    STW_OK = c"ok";
    STW_EMPTY = c"empty";
    STW_MORE = c"more";
    STW_DENIED = c"denied";
    STW_CONGESTED = c"congested";
    STW_NEEDS_CODE = c"needs code";
    STW_HELD = c"held";
    STW_NOT_NOW = c"not now";
    STW_ERR_ARGUMENT = c"argument";
    STW_ERR_MEMORY = c"memory";
    STW_ERR_DRAIN_FIRST = c"drain first";
    STW_ERR_UNKNOWN = c"unknown";
    STW_ERR_BUFFER = c"buffer";
    STW_ERR_ABI = c"abi";
    STW_ERR_POISONED = c"poisoned";
    STW_ERR_BUSY = c"busy";
    STW_ERR_TOO_MANY = c"too many";
    STW_ERR_IMAGE_FORMAT = c"image format";
    STW_ERR_IMAGE_DAMAGED = c"image damaged";
    STW_ERR_IMAGE_CONTENT = c"image content";
    STW_ERR_KEYRING_FORMAT = c"keyring format";
    STW_ERR_KEYRING_DAMAGED = c"keyring damaged";
    STW_ERR_KEYRING_OTHER = c"keyring other";
    STW_ERR_KEYRING_CONTENT = c"keyring content";
    STW_ERR_RANDOM = c"random";
}

/// What an export's body ends with; an error is a status too.
pub(crate) type Outcome = Result<stw_status_number, stw_status_number>;

impl From<Full> for stw_status_number {
    fn from(_: Full) -> Self {
        Self::STW_ERR_DRAIN_FIRST
    }
}

impl From<NotTaken> for stw_status_number {
    fn from(why: NotTaken) -> Self {
        match why {
            NotTaken::TooManyDevices | NotTaken::TooManyTrunks => Self::STW_ERR_TOO_MANY,
            NotTaken::Busy => Self::STW_ERR_BUSY,
        }
    }
}

impl From<strowger::phone::NotTaken> for stw_status_number {
    fn from(why: strowger::phone::NotTaken) -> Self {
        match why {
            strowger::phone::NotTaken::Stranger => Self::STW_ERR_UNKNOWN,
            strowger::phone::NotTaken::Busy => Self::STW_ERR_BUSY,
        }
    }
}

impl From<BadImage> for stw_status_number {
    fn from(why: BadImage) -> Self {
        match why {
            BadImage::NotAnImage | BadImage::Format => Self::STW_ERR_IMAGE_FORMAT,
            BadImage::Length | BadImage::Checksum => Self::STW_ERR_IMAGE_DAMAGED,
            BadImage::Section(_) | BadImage::Row(_, _) => Self::STW_ERR_IMAGE_CONTENT,
        }
    }
}

impl From<BadKeyring> for stw_status_number {
    fn from(why: BadKeyring) -> Self {
        match why {
            BadKeyring::NotAKeyring | BadKeyring::Format => Self::STW_ERR_KEYRING_FORMAT,
            BadKeyring::Length | BadKeyring::Checksum => Self::STW_ERR_KEYRING_DAMAGED,
            BadKeyring::OtherImage => Self::STW_ERR_KEYRING_OTHER,
            BadKeyring::Row => Self::STW_ERR_KEYRING_CONTENT,
        }
    }
}
