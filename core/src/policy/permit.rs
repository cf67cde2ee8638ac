//! The one gate: a [`Permit`] is the only thing that connects two parties, and only this file makes one.

use super::behalf::{Attended, Recall, attended, recalled};
use super::camp::{Camp, camped};
use super::conference::{Conference, conferred};
use super::decide::{decide, next_emergency};
use super::desk::{Desk, seated};
use super::emergency::Tried;
use super::fetch::{Fetch, fetched};
use super::hunt::{Hunt, hunted};
use super::intercept::{Intercept, intercepted};
use super::overrides::{Override, overridden};
use super::verdict::{Attempt, Choice, Denial, Party, Verdict, World};
use super::{Image, Mode};
use core::marker::PhantomData;

/// Leave to connect two parties, once.
///
/// Neither `Clone` nor `Copy`, with private fields; it borrows the question that it answers or the image it was decided
/// on, so it cannot outlive the event or be kept in an engine:
///
/// ```compile_fail
/// fn twice(permit: strowger::policy::Permit<'_>) -> (strowger::policy::Permit<'_>, strowger::policy::Permit<'_>) {
///     (permit, permit)
/// }
/// ```
/// ```compile_fail
/// fn forged(choice: strowger::policy::Choice) -> strowger::policy::Permit<'static> {
///     strowger::policy::Permit { from: strowger::policy::Party::Unknown, choice, event: core::marker::PhantomData }
/// }
/// ```
/// ```compile_fail
/// struct Keeper { permit: Option<strowger::policy::Permit<'static>> }
/// fn kept(keeper: &mut Keeper, permit: strowger::policy::Permit<'_>) {
///     keeper.permit = Some(permit);
/// }
/// ```
#[derive(Debug)]
#[must_use = "a permit that is not spent connects nobody"]
pub struct Permit<'e> {
    from: Party,
    choice: Choice,
    event: PhantomData<&'e ()>,
}

/// A refused request for a permit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// Policy forbids it, or every way is busy.
    Denied(Denial),
    /// Not without an account code.
    NeedsCode(Denial),
}

impl<'e> Permit<'e> {
    /// Asks the policy for one call.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it, asks for an account code, or every way is busy.
    pub fn request(image: &Image<'_>, attempt: &'e Attempt<'_>, world: impl World) -> Result<Self, Refusal> {
        // Who acts for another is not connected itself.
        let from = attempt.behalf.map_or(attempt.from, |behalf| behalf.party);
        Self::from_verdict(from, decide(image, attempt, world, &mut ()))
    }

    /// Asks whether the peers of two calls may be joined.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it.
    pub fn attended(image: &'e Image<'_>, question: &Attended<'_>) -> Result<Self, Refusal> {
        Self::from_verdict(question.of, attended(image, question))
    }

    /// Asks whether a party that has been left alone may be joined again with who has left it.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it.
    pub fn recall(image: &'e Image<'_>, question: &Recall) -> Result<Self, Refusal> {
        Self::from_verdict(question.of, recalled(image, question))
    }

    /// Asks whether a party may take the call of another that rings elsewhere, or waits.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it.
    pub fn fetch(image: &'e Image<'_>, fetch: &Fetch) -> Result<Self, Refusal> {
        Self::from_verdict(fetch.of, fetched(image, fetch))
    }

    /// Asks whether a member of a hunt group may ring for who has called that.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it.
    pub fn hunt(image: &'e Image<'_>, hunt: &Hunt) -> Result<Self, Refusal> {
        Self::from_verdict(hunt.of, hunted(image, hunt))
    }

    /// Asks whether the phone of a hot-desk user may ring for who has called him.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it.
    pub fn desk(image: &'e Image<'_>, desk: &Desk) -> Result<Self, Refusal> {
        Self::from_verdict(desk.of, seated(image, desk))
    }

    /// Asks whether a device that is idle now may ring for who has waited for that.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it.
    pub fn camp(image: &'e Image<'_>, camp: &Camp) -> Result<Self, Refusal> {
        Self::from_verdict(camp.of, camped(image, camp))
    }

    /// Asks whether a party may come into a conference, or open one.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it.
    pub fn conference(image: &'e Image<'_>, question: &Conference<'_>) -> Result<Self, Refusal> {
        Self::from_verdict(question.of, conferred(image, question))
    }

    /// Asks whether a party may come into the call of others, or one of those may move for it.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids it.
    pub fn override_busy(image: &'e Image<'_>, question: &Override<'_>) -> Result<Self, Refusal> {
        Self::from_verdict(question.of, overridden(image, question))
    }

    /// Asks whether who was refused may be joined with whom its intercept treatment names.
    ///
    /// # Errors
    /// The [`Refusal`], when policy forbids that too, or names nobody.
    pub fn intercept(image: &'e Image<'_>, question: &Intercept) -> Result<Self, Refusal> {
        Self::from_verdict(question.of, intercepted(image, question))
    }

    /// Asks for the next way of an emergency call of `by` whose earlier ways failed, to connect `from`: the same, unless `by`
    /// transfers it. The ways are those of who has dialed, on every try.
    ///
    /// # Errors
    /// The [`Refusal`], when no way is left.
    pub fn next_emergency(
        image: &'e Image<'_>,
        (from, by): (Party, Party),
        mode: Mode,
        row: u32,
        tried: Tried,
        world: impl World,
    ) -> Result<Self, Refusal> {
        Self::from_verdict(from, next_emergency(image, by, mode, row, tried, world))
    }

    fn from_verdict(from: Party, verdict: Verdict) -> Result<Self, Refusal> {
        match verdict {
            Verdict::Allow(choice) => Ok(Self { from, choice, event: PhantomData }),
            Verdict::Deny(denial) => Err(Refusal::Denied(denial)),
            Verdict::NeedsCode(denial) => Err(Refusal::NeedsCode(denial)),
        }
    }

    /// Who asked.
    #[must_use]
    pub const fn from(&self) -> Party {
        self.from
    }

    /// The way that was permitted.
    #[must_use]
    pub const fn choice(&self) -> &Choice {
        &self.choice
    }
}
