//! The rules an answer can rest on, and the ways in which the oracle can be broken.

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
];

/// Ways in which the answers to questions on somebody's behalf can be made wrong, each in exactly one rule.
pub const BREAKAGES_ON_BEHALF: &[&str] = &[
    // An open rule of the policy is not read.
    "r24",
    "r26",
    "r33",
    "r36",
    // No emergency call for who may not transfer.
    "transfer.emergency",
    // Everybody may transfer.
    "transfer.feature",
    // The station's COS counts, whatever code was given.
    "transfer.feature.code",
    // A transferee that is a device has its COR looked at too.
    "transfer.cor.device",
    // A transferee's COR does not count: if it is none, for the most digits, on Leading Digits, on the route, for classes.
    "transfer.cor.none",
    "transfer.max-digits",
    "transfer.leading",
    "transfer.route",
    "transfer.class",
    // A class that is denied to the transferee is named as the transferor's.
    "transfer.class.name",
    // To the transferor itself, and to the transferee itself.
    "transfer.self.by",
    "transfer.self.of",
    // The transferor's Interconnect Number is From.
    "transfer.interconnect",
    // Nobody overrides Interconnect Restriction.
    "transfer.override",
    // The override waives public-to-public too.
    "transfer.override.public",
    // The transferor's trunk is looked at.
    "transfer.public-to-public",
    // A diversion to an emergency number makes an emergency call.
    "forward.emergency",
    // A code is asked for, of nobody.
    "forward.code",
    // Only a caller from outside has its COR looked at.
    "forward.cor.device",
    // The caller's COR does not count: if it is none, for the most digits, on Leading Digits, on the route, for classes.
    "forward.cor.none",
    "forward.max-digits",
    "forward.leading",
    "forward.route",
    "forward.class",
    // A class that is denied to the caller is named as the diverter's.
    "forward.class.name",
    // Everybody may divert inside.
    "forward.internal",
    // The administrator's diversion needs the user's feature.
    "forward.internal.administrator",
    // Itself before the feature.
    "forward.internal.order",
    // Everybody may divert outside.
    "forward.external",
    // The administrator's diversion needs no feature.
    "forward.external.administrator",
    // The caller needs no feature (R24).
    "forward.external.caller",
    // The feature before Leading Digits and the ARS row.
    "forward.external.early",
    // The feature after the route plan.
    "forward.external.late",
    // To the diverter itself, and to the caller itself.
    "forward.self.by",
    "forward.self.of",
    // The diverter's Interconnect Number is From.
    "forward.interconnect",
    // The override for transfers counts.
    "forward.override",
    "forward.sets",
    // The diverter's trunk is looked at.
    "forward.public-to-public",
    // Help is joined like anybody else.
    "attended.emergency",
    // The mode is ignored: it is always day.
    "attended.mode",
    "attended.cos.none",
    "attended.feature",
    "attended.self",
    // Two calls over the same trunk are taken for calls with the same party.
    "attended.self.trunk",
    // A transferee that is a device has its COR looked at too.
    "attended.cor.device",
    "attended.cor.none",
    "attended.route",
    "attended.class",
    // Private trunks have number classes too.
    "attended.class.private",
    // What was dialed is looked at, not what was sent.
    "attended.class.dialed",
    // The transferor's Interconnect Number is From.
    "attended.interconnect",
    // From and To exchanged.
    "attended.interconnect.direction",
    "attended.override",
    // The override waives public-to-public too.
    "attended.override.public",
    // One trunk's consent is enough.
    "attended.public-to-public",
    // A caller from outside is named like one inside.
    "attended.caller",
    // The mode is ignored: it is always day.
    "fetch.mode",
    "fetch.cos.none",
    "fetch.cor.none",
    // Everybody may take calls.
    "fetch.feature",
    // Who may retrieve may pick up, and who may pick up may retrieve.
    "fetch.pickup",
    "fetch.retrieve",
    // The forced verified code is not asked for.
    "fetch.code",
    // It is asked for before the feature.
    "fetch.code.early",
    // Somebody could still give it.
    "fetch.code.asked",
    // A trunk needs none.
    "fetch.code.trunk",
    // A forced code of any kind is asked for.
    "fetch.code.other",
    // Who waits needs classes too.
    "fetch.of.classes",
    "fetch.self",
    // Two calls over the same trunk are taken for calls with the same party.
    "fetch.self.trunk",
    // Itself before the classes.
    "fetch.self.early",
    // From who waits to who answers nothing is restricted.
    "fetch.interconnect",
    // From and To exchanged.
    "fetch.interconnect.direction",
    // Who was called is taken for who called.
    "fetch.called",
    // Both ways are looked at, whoever called.
    "fetch.called.always",
    // The open rule leaves neither way restricted.
    "fetch.open",
    // The override for transfers counts.
    "fetch.override",
    "fetch.public-to-public",
    // One trunk's consent is enough.
    "fetch.public-to-public.one",
    // Private trunks are taken for public ones.
    "fetch.public-to-public.private",
    // A trunk that answers is named like a device.
    "fetch.route",
    // Who waits is named as who is reached.
    "fetch.to",
];
