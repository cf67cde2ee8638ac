//! Events into transactions, and what they ask for.

use super::{Machine, Outgoing, Sip, TimedOut, Transaction};
use crate::base::{Flow, Handle, Instant};
use crate::signalling::Dialog;
use crate::signalling::transaction::{Action, Actions, client, invite_client, invite_server, server};
use crate::table::{Text, Timers};
use crate::wire::sip::Message;

impl Sip<'_> {
    /// Feeds an INVITE server transaction.
    pub fn invite_server_event(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        event: invite_server::Event,
    ) {
        let Some(transaction) = self.transactions.get_mut(handle) else { return };
        if let Machine::InviteServer(state) = &mut transaction.machine {
            let actions = state.handle(now, transaction.peer.transport, event);
            self.perform(timers, handle, &actions);
        }
    }

    /// Feeds another server transaction.
    pub fn server_event(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        event: server::Event,
    ) {
        let Some(transaction) = self.transactions.get_mut(handle) else { return };
        if let Machine::Server(state) = &mut transaction.machine {
            let actions = state.handle(now, transaction.peer.transport, event);
            self.perform(timers, handle, &actions);
        }
    }

    /// Feeds a response to a client transaction. True if it is to be handed up.
    pub fn response(
        &mut self,
        now: Instant,
        timers: &mut Timers<'_>,
        handle: Handle,
        message: &Message<'_>,
    ) -> bool {
        let code = message.code().unwrap_or(0);
        let Some(transaction) = self.transactions.get_mut(handle) else { return false };
        let transport = transaction.peer.transport;
        let actions = match &mut transaction.machine {
            Machine::InviteClient(state) => {
                let event = match code {
                    ..=199 => invite_client::Event::Provisional,
                    200..=299 => invite_client::Event::Success,
                    300.. => invite_client::Event::Failure,
                };
                state.handle(now, transport, event)
            }
            Machine::Client(state) => {
                let event = if code < 200 { client::Event::Provisional } else { client::Event::Final };
                state.handle(now, transport, event)
            }
            Machine::InviteServer(_) | Machine::Server(_) => return false,
        };
        if actions.contains(&Action::Acknowledge) {
            self.acknowledge_refusal(handle, message);
        }
        self.perform(timers, handle, &actions);
        actions.contains(&Action::Deliver)
    }

    /// Lets time pass for one transaction.
    pub fn tick(&mut self, now: Instant, timers: &mut Timers<'_>, slot: u32) -> Option<TimedOut> {
        let handle = self.transactions.handle_at(slot)?;
        let transaction = self.transactions.get_mut(handle)?;
        let transport = transaction.peer.transport;
        let actions = match &mut transaction.machine {
            Machine::InviteServer(state) => state.handle(now, transport, invite_server::Event::Tick),
            Machine::InviteClient(state) => state.handle(now, transport, invite_client::Event::Tick),
            Machine::Server(state) => state.handle(now, transport, server::Event::Tick),
            Machine::Client(state) => state.handle(now, transport, client::Event::Tick),
        };
        let told = TimedOut { leg: transaction.leg, machine: transaction.machine };
        self.perform(timers, handle, &actions);
        let given_up = [Action::TimedOut, Action::Unacknowledged];
        given_up.iter().any(|action| actions.contains(action)).then_some(told)
    }

    /// What was sent over a connection that is closed now, and has not been heard of, is as good as timed out. Linear in the
    /// transactions.
    pub fn lost(&mut self, now: Instant, timers: &mut Timers<'_>, flow: Flow) {
        for slot in 0..self.transactions.capacity() {
            let Some(handle) = self.transactions.handle_at(slot) else { continue };
            let Some(transaction) = self.transactions.get_mut(handle).filter(|one| one.peer == flow) else {
                continue;
            };
            let actions = match &mut transaction.machine {
                Machine::InviteClient(state) => {
                    state.handle(now, flow.transport, invite_client::Event::Unsent)
                }
                Machine::Client(state) => state.handle(now, flow.transport, client::Event::Unsent),
                // Whoever asked will ask again over another connection, or has gone.
                Machine::InviteServer(_) | Machine::Server(_) => continue,
            };
            self.perform(timers, handle, &actions);
        }
    }

    fn perform(&mut self, timers: &mut Timers<'_>, handle: Handle, actions: &Actions) {
        for action in actions {
            match action {
                Action::Send => self.send_again(handle),
                Action::Terminated => self.drop_transaction(timers, handle),
                Action::Acknowledge | Action::Deliver | Action::TimedOut | Action::Unacknowledged => {}
            }
        }
        self.release_texts(handle);
        self.watch(timers, handle);
    }

    /// Gives back what will not be sent again: transactions linger for up to 32 seconds, their texts need not.
    fn release_texts(&mut self, handle: Handle) {
        let Some(transaction) = self.transactions.get_mut(handle) else { return };
        let (text, echo) = match transaction.machine {
            Machine::InviteServer(
                invite_server::State::Accepted { retry: None, .. } | invite_server::State::Confirmed { .. },
            ) => (true, true),
            // Only the final response is still sent, and it holds what was echoed.
            Machine::InviteServer(
                invite_server::State::Accepted { retry: Some(_), .. }
                | invite_server::State::Completed { .. },
            )
            | Machine::Server(server::State::Completed { .. }) => (false, true),
            // It is not sent again, but may go out with credentials.
            Machine::InviteClient(invite_client::State::Proceeding) => (!transaction.is_kept(), false),
            Machine::InviteClient(
                invite_client::State::Completed { .. } | invite_client::State::Accepted { .. },
            )
            | Machine::Client(client::State::Completed { .. }) => (true, false),
            Machine::InviteServer(
                invite_server::State::Proceeding
                | invite_server::State::Unacknowledged { .. }
                | invite_server::State::Terminated,
            )
            | Machine::InviteClient(
                invite_client::State::Calling { .. } | invite_client::State::Terminated,
            )
            | Machine::Client(
                client::State::Trying { .. } | client::State::Proceeding { .. } | client::State::Terminated,
            )
            | Machine::Server(server::State::Trying | server::State::Terminated) => (false, false),
        };
        let take = |wanted, text: &mut Text| {
            if wanted { core::mem::replace(text, Text::EMPTY) } else { Text::EMPTY }
        };
        let gone = [take(text, &mut transaction.text), take(echo, &mut transaction.echo)];
        gone.into_iter().for_each(|text| self.pages.release(text));
    }

    /// While no transaction is free, or fewer pages than that, ends one that only absorbs what comes again: whoever sends that once more
    /// is not answered, and no call is the worse for it. Quadratic in the transactions, of which a telephone has few.
    pub fn make_room(&mut self, timers: &mut Timers<'_>, pages: usize) {
        while self.transactions.free() == 0 || self.pages.free() < pages {
            let lingers = |(handle, one): (Handle, &Transaction)| self.lingers(one).then_some(handle);
            let Some(handle) = self.transactions.iter().find_map(lingers) else { return };
            self.drop_transaction(timers, handle);
        }
    }

    fn lingers(&self, one: &Transaction) -> bool {
        match one.machine {
            Machine::Client(client::State::Completed { .. })
            | Machine::InviteClient(invite_client::State::Completed { .. })
            | Machine::Server(server::State::Completed { .. })
            | Machine::InviteServer(
                invite_server::State::Confirmed { .. } | invite_server::State::Accepted { retry: None, .. },
            ) => true,
            // As long as the call is there its 2xx may come again, and must be acknowledged.
            Machine::InviteClient(invite_client::State::Accepted { .. }) => self.dialog(one.leg).is_none(),
            Machine::Client(_) | Machine::InviteClient(_) | Machine::Server(_) | Machine::InviteServer(_) => {
                false
            }
        }
    }

    /// Ends a transaction without a word.
    pub fn drop_transaction(&mut self, timers: &mut Timers<'_>, handle: Handle) {
        let Some(transaction) = self.transactions.remove(handle) else { return };
        match transaction.machine {
            Machine::InviteServer(_) | Machine::Server(_) => {
                self.index.remove(transaction.hash, handle.index())
            }
            Machine::InviteClient(_) => {
                // Its 2xx is not known again from now on: nor is its ACK wanted.
                let dialog = self.dialog_mut(transaction.leg).filter(|dialog| dialog.invite == handle);
                let ack = dialog.map(|dialog| core::mem::replace(&mut dialog.ack, Text::EMPTY));
                self.pages.release(ack.unwrap_or(Text::EMPTY));
            }
            Machine::Client(_) => {}
        }
        self.pages.release(transaction.text);
        self.pages.release(transaction.echo);
        timers.set(handle.index(), None);
    }

    pub(super) fn watch(&self, timers: &mut Timers<'_>, handle: Handle) {
        let Some(transaction) = self.transactions.get(handle) else { return };
        timers.set(handle.index(), transaction.machine.next_deadline());
    }

    pub(super) fn send_again(&mut self, handle: Handle) {
        let Some(transaction) = self.transactions.get(handle).copied() else { return };
        if !transaction.text.is_empty() {
            self.pages.share(transaction.text);
            self.send_once(transaction.text, transaction.peer);
        }
    }

    /// Queues a text; the queue is its (further) user.
    pub(super) fn send_once(&mut self, text: Text, to: Flow) {
        if text.len() > usize::from(self.longest) {
            self.oversized = self.oversized.wrapping_add(1);
            return self.pages.release(text);
        }
        match self.outgoing.reserve(1) {
            Ok(mut room) => room.push(Outgoing { text, to }),
            Err(_) => self.pages.release(text),
        }
    }

    /// Lets go of everything that a leg's dialog holds.
    pub fn drop_dialog(&mut self, now: Instant, timers: &mut Timers<'_>, leg: Handle) {
        let Some(slot) = self.dialog_mut(leg) else { return };
        let dialog = core::mem::replace(slot, Dialog::EMPTY);
        for text in [dialog.fixed, dialog.far.text, dialog.offer, dialog.ack, dialog.proof] {
            self.pages.release(text);
        }
        match self.transactions.get(dialog.invite).map(|transaction| transaction.machine) {
            // Its final answer found no room: it is not answered, and nothing may wait for that.
            Some(Machine::InviteServer(
                invite_server::State::Proceeding | invite_server::State::Unacknowledged { .. },
            )) => self.drop_transaction(timers, dialog.invite),
            // Nobody is left who would hear an ACK: the 2xx need not be sent again.
            Some(Machine::InviteServer(_)) => {
                self.invite_server_event(now, timers, dialog.invite, invite_server::Event::AckSuccess);
            }
            // Never answered finally: nothing that still comes could be used.
            Some(
                Machine::InviteClient(
                    invite_client::State::Calling { .. } | invite_client::State::Proceeding,
                )
                | Machine::Server(server::State::Trying),
            ) => self.drop_transaction(timers, dialog.invite),
            Some(Machine::InviteClient(_) | Machine::Server(_) | Machine::Client(_)) | None => {}
        }
    }
}
