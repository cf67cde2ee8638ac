//! What is written is on the disk soon: a thread of its own sees to it, for a disk can take longer than a call may wait.

use crate::alarms::{Alarms, Kind};
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Written and not yet on the disk, for so long at most, and for as long as the disk takes: what a power failure can lose. A process that is
/// killed loses nothing.
const GROUP: Duration = Duration::from_millis(50);
/// What the disk did not take is tried again after this.
const AGAIN: Duration = Duration::from_secs(1);

/// What stands in another file once this one is on the disk: the head of a chain must not be there before its lines.
type Then = Option<(Arc<File>, String)>;

#[derive(Default)]
struct Due {
    files: Vec<(Arc<File>, Then)>,
    end: bool,
}

/// The thread, and what it is to do.
pub(super) struct Syncer {
    shared: Arc<(Mutex<Due>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    pub(super) fn start(alarms: Alarms) -> Result<Self, String> {
        let shared = Arc::new((Mutex::new(Due::default()), Condvar::new()));
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("sync".to_owned()).spawn(move || work(&own, &alarms));
        let thread = thread.map_err(|why| format!("no thread for the disk: {why}"))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// This file was written to.
    pub(super) fn mark(&self, file: &Arc<File>, then: Then) {
        let (due, wake) = &*self.shared;
        let mut due = due.lock().unwrap_or_else(PoisonError::into_inner);
        match due.files.iter_mut().find(|(one, _)| Arc::ptr_eq(one, file)) {
            Some((_, stands)) => *stands = then,
            None => {
                due.files.push((Arc::clone(file), then));
                wake.notify_one();
            }
        }
    }
}

impl Drop for Syncer {
    /// Everything is on the disk before this returns.
    fn drop(&mut self) {
        let (due, wake) = &*self.shared;
        due.lock().unwrap_or_else(PoisonError::into_inner).end = true;
        wake.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work((due, wake): &(Mutex<Due>, Condvar), alarms: &Alarms) {
    let mut failing = false;
    loop {
        let idle = |due: &mut Due| due.files.is_empty() && !due.end;
        let begun = due.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = wake.wait_while(begun, idle).unwrap_or_else(PoisonError::into_inner);
        let end = begun.end;
        drop(begun);
        if !end {
            std::thread::sleep(GROUP);
        }
        let files = std::mem::take(&mut due.lock().unwrap_or_else(PoisonError::into_inner).files);
        let mut synced = Ok(());
        for (file, then) in files {
            let done = file.sync_data().and_then(|()| match &then {
                Some((head, text)) => head.write_all_at(text.as_bytes(), 0),
                None => Ok(()),
            });
            if let Err(why) = done {
                // It is tried again, with what is written meanwhile.
                let mut due = due.lock().unwrap_or_else(PoisonError::into_inner);
                if !due.files.iter().any(|(one, _)| Arc::ptr_eq(one, &file)) {
                    due.files.push((file, then));
                }
                synced = Err(why);
            }
        }
        match &synced {
            Err(why) if !failing => {
                alarms.raise(Kind::Records, &format!("what is written does not reach the disk: {why}"));
            }
            Ok(()) if failing => tracing::warn!("what is written reaches the disk again"),
            Ok(()) | Err(_) => {}
        }
        failing = synced.is_err();
        if end {
            return;
        }
        if failing {
            std::thread::sleep(AGAIN);
        }
    }
}
