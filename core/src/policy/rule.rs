//! The rules a decision can rest on: a stable name for people and tools, a stable number for C.

macro_rules! rules {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $number:literal, $name:literal, $text:literal; )+) => {
        /// Why a call was allowed or refused. Numbers and names are an interface: never reused.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[repr(u16)]
        pub enum Rule { $( $(#[doc = $doc])+ $variant = $number, )+ }

        impl Rule {
            /// Every rule, in order of number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The dotted name, as `explain` and records show it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The number, as C sees it.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// One sentence for an administrator.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

rules! {
    /// A call to a directory number of this exchange.
    Internal = 1, "internal", "an internal call, and nothing restricts it";
    /// A call over a route of the ARS.
    Route = 2, "route", "a call over a route that the caller may use";
    /// An emergency number: exempt from every restriction (R66).
    Emergency = 3, "emergency", "an emergency call: no restriction applies";
    /// The party has COS 0 in this mode: nothing but emergency.
    CosNone = 10, "cos.none", "the caller has no Class of Service in this mode: only emergency calls are allowed";
    /// The party has COR 0 in this mode: nothing but emergency.
    CorNone = 11, "cor.none", "the caller has no Class of Restriction in this mode: only emergency calls are allowed";
    /// The COS does not have the feature that is asked for (R3).
    CosFeature = 12, "cos.feature", "the Class of Service does not have the feature that this needs";
    /// The COR group of the Leading Digits lists the caller's COR (R12).
    CorLeading = 20, "cor.leading", "the COR group of these Leading Digits blocks the caller's COR";
    /// The COR group of the route lists the caller's COR (R10).
    CorRoute = 21, "cor.route", "the COR group of the route blocks the caller's COR";
    /// A public route without a COR group, in the strict profile (R11).
    CorUnlabelled = 22, "cor.unlabelled", "the public route has no COR group, and the strict profile denies such routes";
    /// The number class of what would be outpulsed is denied.
    ClassDenied = 23, "class.denied", "the number class of what would be sent is denied";
    /// The interconnect matrix restricts caller to called (R38).
    Interconnect = 30, "interconnect", "Interconnect Restriction forbids joining these two";
    /// Public trunk to public trunk without the feature on both (R25).
    PublicToPublic = 31, "public-to-public", "two public trunks may be joined only if the COS of both has public-to-public";
    /// A device dialed its own number.
    CallSelf = 40, "call.self", "a device cannot call itself";
    /// No directory number and no ARS row matches (R59).
    NumberVacant = 50, "number.vacant", "no directory number and no ARS row matches these digits";
    /// More digits are needed for a match.
    NumberIncomplete = 51, "number.incomplete", "these digits are only the beginning of a number";
    /// Something other than telephone digits was dialed.
    NumberInvalid = 52, "number.invalid", "only the digits 0-9, * and # can be dialed";
    /// The digits after modification cannot be outpulsed (R62).
    DigitModification = 53, "digit-modification", "the route's digit modification does not fit these digits";
    /// The matched row uses a route that carries emergency calls only.
    RouteEmergencyOnly = 54, "route.emergency-only", "the route carries emergency calls only";
    /// More digits than the caller's COR may dial (R20).
    MaxDigits = 55, "max-digits", "the caller's COR may not dial so many digits";
    /// No zone of the route plan covers this time (R60).
    RoutePlanClosed = 56, "route-plan.closed", "the route plan allows no calls at this time";
    /// Every route that the caller may use is busy (R14); not a denial of right.
    TrunkBusy = 60, "trunk.busy", "every route that the caller may use is busy";
    /// No emergency route could be found.
    EmergencyNoRoute = 61, "emergency.no-route", "the emergency number has no route";
    /// The authenticated user does not own the identity it claims (R81).
    IdentityMismatch = 70, "identity.mismatch", "the authenticated user does not own the identity it claims";
    /// The device has come over a transport that it may not use.
    Transport = 71, "identity.transport", "the device may not register or call over this transport";
    /// No policy is loaded.
    PolicyNone = 80, "policy.none", "no policy is loaded: every call is denied";
    /// Too many public calls begun in a minute.
    LimitRate = 90, "limit.rate", "the caller has begun as many public calls in this minute as the limits allow";
    /// Too many public calls at once.
    LimitCalls = 91, "limit.calls", "the caller has as many public calls as the limits allow";
    /// The caller is locked out after failed log-ins.
    Lockout = 92, "lockout", "the caller is locked out after failed log-ins: only emergency calls are allowed";
    /// A call has lasted as long as the limits or the COS allow.
    LimitDuration = 93, "limit.duration", "the call has lasted as long as the limits allow";
    /// The COS wants a verified account code before anything else (R44).
    CodeForcedVerified = 100, "account-code.forced-verified", "the Class of Service asks for a verified account code first";
    /// The COS wants an account code for this route (R45).
    CodeForced = 101, "account-code.forced", "the Class of Service asks for an account code on this route";
    /// The account code is not one that the caller may use (R48).
    CodeWrong = 102, "account-code.wrong", "the account code is none that the caller may use";
    /// Account codes are refused for a while (R49).
    CodeLocked = 103, "account-code.locked", "account codes are refused for a while after too many wrong ones";
    /// No hot-desk user has this number and this PIN.
    PinWrong = 104, "pin.wrong", "no hot-desk user has this number and this PIN";
    /// Log-ins are refused for a while after wrong PINs (R75).
    PinLocked = 105, "pin.locked", "log-ins are refused for a while after too many wrong PINs";
    /// A hot-desk user is in a call, or the phone is: log in or out when both are idle (R82).
    DeskBusy = 106, "hot-desk.busy", "the phone, or the user elsewhere, is in a call: log in when it has ended";
    /// A call is diverted to an emergency number: help is called by who needs it.
    ForwardEmergency = 110, "forward.emergency", "no call can be diverted to an emergency number";
    /// A conference has as many parties as it can have.
    ConferenceFull = 111, "conference.full", "a conference has eight parties at most";
    /// A party of the call has the feature `busy-override-security` (R5).
    BusyOverrideSecurity = 112, "busy-override.security", "a party of the call is secured against Executive Busy Override";
    /// A party of the call has the feature `call-privacy` (R6).
    CallPrivacy = 113, "call.privacy", "a party of the call has Call Privacy: nobody comes into its calls";
}

impl Rule {
    /// Whether it is about one route, and the next of a list can fare better (R14).
    #[must_use]
    pub const fn is_of_route(self) -> bool {
        matches!(
            self,
            Self::RouteEmergencyOnly
                | Self::CorUnlabelled
                | Self::CorRoute
                | Self::DigitModification
                | Self::ClassDenied
                | Self::Interconnect
                | Self::PublicToPublic
                | Self::TrunkBusy
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_unique() {
        for (i, a) in Rule::ALL.iter().enumerate() {
            for b in &Rule::ALL[i + 1..] {
                assert!(a.name() != b.name() && a.number() < b.number(), "{} {}", a.name(), b.name());
            }
        }
    }
}
