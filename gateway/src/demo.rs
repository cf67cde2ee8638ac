//! x
pub(crate) fn demo() -> Result<bool, String> { Ok(false) }
