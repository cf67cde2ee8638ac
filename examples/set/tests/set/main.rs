//! A set and a controller that is played, over TCP on the loopback.

mod calls;
mod controller;
mod losing;
mod program;
mod registering;
