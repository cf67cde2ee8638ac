//! The rules an answer can rest on, and the ways in which the oracle can be broken about ordinary attempts.

/// Names of the rules that an answer can rest on in this version.
pub const RULES_IN_FORCE: &[&str] = &[
    "internal",
    "route",
    "emergency",
    "cos.none",
    "cor.none",
    "cor.leading",
    "cor.route",
    "cor.unlabelled",
    "interconnect",
    "public-to-public",
    "call.self",
    "number.vacant",
    "number.incomplete",
    "number.invalid",
    "digit-modification",
    "route.emergency-only",
    "trunk.busy",
    "account-code.forced-verified",
    "account-code.forced",
    "account-code.wrong",
    "account-code.locked",
    "max-digits",
    "route-plan.closed",
    "class.denied",
    "limit.rate",
    "limit.calls",
    "lockout",
    "cos.feature",
    "forward.emergency",
];

/// Those of [`RULES_IN_FORCE`] that only a question on somebody's behalf meets.
pub const RULES_ON_BEHALF: &[&str] = &["cos.feature", "forward.emergency"];

/// Ways in which [`decide`](super::decide) can be made wrong about ordinary attempts, each in exactly one rule.
pub const BREAKAGES: &[&str] = &[
    // No emergency for who has no Class of Service.
    "emergency",
    // No emergency for who has no Class of Restriction.
    "emergency.cor",
    // No emergency for who is not known.
    "emergency.unknown",
    // Only the bare string, with no digit behind it.
    "emergency.later-digits",
    // Emergency calls go through digit modification.
    "emergency.modification",
    // The longest emergency string that begins the digits instead of the shortest.
    "emergency.shortest",
    // A zone's own emergency routes are ignored.
    "emergency.zone",
    // A busy emergency route is used although another one is free.
    "emergency.free",
    // Everything that was dialed is sent.
    "emergency.outpulse",
    "cos.none",
    "cor.none",
    "cor.leading",
    // The least specific of several Leading rows of the same length counts.
    "cor.leading.specificity",
    // The denial of a Leading row cuts off somebody who is dialing an emergency number.
    "cor.leading.deferral",
    "cor.route",
    "cor.unlabelled",
    // An empty group is taken for none.
    "cor.unlabelled.empty",
    // From and To exchanged, for trunks.
    "interconnect",
    // From and To exchanged, for devices.
    "interconnect.internal",
    // One trunk's consent is enough.
    "public-to-public",
    "call.self",
    "number.vacant",
    "number.incomplete",
    "number.invalid",
    // Too few digits to absorb, or too many to send, are let through.
    "digit-modification",
    "route.emergency-only",
    // A busy choice counts as a denial.
    "trunk.busy",
    // The mode is ignored: it is always day.
    "mode",
    // The last choice that fits instead of the first.
    "list.order",
    // A denied choice ends the search.
    "list.skip",
    // The last reason instead of the first.
    "list.reason",
    // The first row in the file wins.
    "ars.specificity",
    // The row with the longest pattern wins, wildcards or not.
    "ars.length",
    // One digit of `follow` may be missing.
    "ars.follow",
    // An unknown length is at least one digit.
    "ars.unknown",
    // N takes 1.
    "wildcard.n",
    // X takes *.
    "wildcard.x",
    // Y does not take *.
    "wildcard.y",
    // No choice has a warning tone.
    "list.warning",
    // Nothing is absorbed.
    "outpulse",
    // <Ann> is left out.
    "outpulse.marker",
    // What records do not show is not sent.
    "outpulse.hidden",
    // Trunks send what digit modification leaves.
    "number-format",
    // National and E.164 exchanged.
    "number-format.e164",
    // A trunk's called number is dialed as it is.
    "inbound",
    // Strict lets trunks dial that have no inbound rows.
    "inbound.strict",
    // An X of `did` beats an exact digit.
    "inbound.specificity",
    // No match: the called number is dialed.
    "inbound.vacant",
    // No inbound row leads to an emergency number.
    "inbound.emergency",
    // The called number keeps its + or trunk prefix.
    "inbound.national",
    // The digits of X are taken from the left.
    "inbound.right",
    "lockout",
    // Somebody locked out cannot even call for help.
    "lockout.emergency",
    // A verified code gives its COR, but not its COS.
    "code.cos",
    // Leading Digits are checked with the station's COR, whatever code was given.
    "code.leading",
    // A forced code is not permitted.
    "code.forced-permits",
    // Forced verified codes come before emergency.
    "code.emergency",
    // A code is asked for at the far end of a trunk.
    "code.trunk",
    // Codes need not be digits.
    "code.digits",
    // A verified code gives its COS, but not its COR.
    "code.cor",
    // A verified code lifts what a number class denies the station.
    "code.class",
    // A code is taken whatever its length.
    "code.length",
    // A code that nobody may use is let through.
    "code.wrong",
    "code.locked",
    // The station's forced verified code is not asked for.
    "code.forced-verified",
    // No code is asked for on any route.
    "code.forced",
    // Every route asks for a code.
    "code.exempt",
    // A code is asked for although the limits deny the call.
    "code.limits",
    "max-digits",
    // The station's COR counts, whatever code was given.
    "max-digits.code",
    // One digit less may be dialed.
    "max-digits.count",
    // Emergency calls count too.
    "max-digits.emergency",
    "schedule",
    // Holidays are days like others.
    "holiday",
    // What lies after midnight belongs to the next day.
    "midnight",
    // The first zone of a plan always counts.
    "route-plan",
    "class.denied",
    // No own class counts.
    "class.own",
    // The shortest prefix counts.
    "class.longest",
    // Own classes count for every COR.
    "class.cor",
    // Strict denies no class.
    "class.strict",
    // [class_defaults] is not read.
    "class.defaults",
    // Own prefixes are compared with what is outpulsed as they are written.
    "class.normalised",
    // Countries of own classes are not read.
    "class.countries",
    // A `#` and what follows is part of the number.
    "class.hash",
    // Watched classes are allowed in silence.
    "class.watch",
    // Private trunks have number classes too.
    "class.private",
    "limit.rate",
    "limit.calls",
    // Strict has no limits of its own.
    "limit.strict",
    // Calls over private trunks count too.
    "limit.private",
    // A number with + is dialed as it is.
    "plus",
    // Numbers of the own country are dialed with the international prefix.
    "plus.home",
    // Numbers of the North American plan may have any length.
    "plus.ten-digits",
    // A code stands for nothing.
    "speed",
    // Trunks may dial codes.
    "speed.trunk",
    // Digits behind a code are ignored.
    "speed.more",
    // What begins a code is vacant.
    "speed.incomplete",
    // A code that cannot be dialed is vacant before Leading Digits are checked.
    "speed.vacant.early",
    // Exempt is not read.
    "speed.exempt",
    // Restricted is taken for exempt.
    "speed.restricted",
    // The digits of the code count, not those of the number.
    "speed.counts.max-digits",
    "speed.counts.leading",
    // The COR of who dials counts although it is exempt.
    "speed.asks.max-digits",
    "speed.asks.leading",
    "speed.asks.route",
    // Exempt from COR is exempt from this as well.
    "speed.lifts.lockout",
    "speed.lifts.cos.none",
    "speed.lifts.cor.none",
    "speed.lifts.cor.unlabelled",
    "speed.lifts.class",
    // Own classes that are meant for some CORs only.
    "speed.lifts.class.group",
    "speed.lifts.interconnect",
    "speed.lifts.account-code",
    "speed.lifts.limits",
    "speed.lifts.route-plan",
    // A user's number is nobody's.
    "user.number",
    // A user who has no class is not reached.
    "user.number.classes",
    // What begins a user's number is vacant.
    "user.incomplete",
    // The classes of the phone where a user is logged in count, not his own.
    "user.cos",
    "user.cor",
    // A user brings no Interconnect Number and no zone, and takes none from the phone.
    "user.interconnect",
    "user.zone",
    // No account code is taken from a user.
    "user.code",
    // Number classes that are denied to the phone's COR are denied to the user.
    "user.class",
    // A user dials no codes of speed calls.
    "user.speed",
    // A user's number is not his own, nor is that of the phone.
    "call.self.user",
    "call.self.phone",
];
