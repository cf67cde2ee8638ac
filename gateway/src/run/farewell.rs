//! The end of the daemon: calls are cleared, records written, and what is still to be said is said.

use super::{BATCH, Daemon, FAREWELL, Media};
use std::time::{Duration, Instant as Clock};
use strowger::call::leg::CLEARING_MS;
use strowger::exchange::Ticked;
use strowger_tools::trace::{Input, Took};

/// How long sets are let take their leave.
const LEAVE: Duration = Duration::from_millis(500);

impl Daemon {
    /// Tells every set that we stop.
    async fn let_sets_go(&mut self) {
        self.sets.stop();
        let end = tokio::time::Instant::now() + LEAVE;
        while !self.sets.live.is_empty() {
            tokio::select! {
                ask = self.sets.asked() => self.answer_set(ask),
                heard = self.streams.heard() => self.take_messages(heard, BATCH),
                () = tokio::time::sleep_until(end) => return,
            }
        }
    }

    /// Clears every call, writes its record, and waits a moment for the answers.
    pub(super) async fn farewell(&mut self) {
        let calls = self.engine.calls_in_use();
        tracing::info!("stopping: {calls} calls to clear");
        let end = Clock::now() + FAREWELL;
        while self.engine.input(self.now(), &Input::ClearCalls) != Ok(Took::Cleared(false)) {
            self.drain();
        }
        self.drain();
        self.hang_up_preserved();
        while self.engine.calls_in_use() > 0 && Clock::now() < end {
            tokio::select! {
                _ = self.socket.readable() => self.take_datagrams(BATCH),
                heard = self.streams.heard() => self.take_messages(heard, BATCH),
                ask = self.sets.asked() => self.answer_set(ask),
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
            self.tick();
        }
        // Who has not answered by now is not waited for: its record is written all the same.
        let late = self.now().plus_ms(CLEARING_MS);
        while self.engine.calls_in_use() > 0
            && self.engine.input(late, &Input::Tick) == Ok(Took::Ticked(Ticked::More))
        {
            self.drain();
        }
        self.drain();
        self.let_sets_go().await;
        self.streams.finish(FAREWELL).await;
        self.keep_record();
        if let Err(why) = self.engine.finish() {
            tracing::error!("the trace has no end: {why}");
        }
        self.media = Media::default();
        let counted = self.engine.statistics();
        tracing::info!(
            "stopped: {} datagrams, {} malformed, {} dropped, {} unsent, {} calls permitted, {} denied",
            counted.received,
            counted.malformed,
            counted.dropped,
            self.unsent,
            counted.permitted,
            counted.denied
        );
    }
}
