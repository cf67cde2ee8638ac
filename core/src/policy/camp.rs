//! Camp-on: who has called a busy device waits, and is joined with it when it is idle.
//!
//! The call was permitted when it was dialed, and its authority stays in force. When the device is idle the matrix is asked once more,
//! at that moment (R36): modes change, users log in and out, while somebody waits.

use super::Mode;
use super::hunt::may_ring;
use super::image::Image;
use super::verdict::{Authority, Party, Verdict};

/// Who is to ring for who has waited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Camp {
    /// The row of the device table that was called.
    pub on: u32,
    /// Who is at its phone.
    pub to: Party,
    /// Who has waited.
    pub of: Party,
    /// Whose classes have allowed the call: they stay in force.
    pub authority: Authority,
    /// The service mode.
    pub mode: Mode,
}

/// Decides whether the device may ring now. Constant work.
#[must_use]
pub fn camped(image: &Image<'_>, camp: &Camp) -> Verdict {
    let Camp { on, to, of, authority, mode } = *camp;
    let row = Some(on).filter(|on| image.is_phone(*on) && to.phone() == Some(*on));
    may_ring(image, (of, to), row, authority, mode)
}
