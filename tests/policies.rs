//! Policies and images without an exchange, or with one that `strowger` drives: decisions, differences, proofs, traces; and what the sources look
//! like. One program, as `exchange`.

mod engine;
mod recorded;

mod decisions;
mod differences;
mod floors;
mod headers;
mod images;
mod prove;
mod replay;
