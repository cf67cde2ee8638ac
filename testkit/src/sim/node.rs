//! An exchange in the world, and its clock.

use super::build::ExchangeBox;
use super::clock::{Clock, Jump};
use std::net::SocketAddr;
use strowger::base::{Instant, WallTime};

/// It.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    pub(super) exchange: ExchangeBox,
    pub(super) clock: Clock,
    /// How many it has put out.
    pub(super) decisions: u64,
}

impl Node {
    /// By everybody's clock.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.exchange.next_deadline().map(|due| self.clock.wakes_at(due))
    }

    /// Its clock jumps.
    pub(super) fn jump(&mut self, now: Instant, jump: Jump) {
        match jump {
            Jump::Monotone(ms) => self.clock.jump(ms),
            Jump::Glitch(ms) => self.clock.glitch(ms),
            Jump::Wall(seconds) => {
                let wall = WallTime { unix_s: seconds, offset_min: 0 };
                self.exchange.set_wall(self.clock.read(now), wall);
            }
        }
    }
}
