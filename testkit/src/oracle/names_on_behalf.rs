//! The ways in which the oracle can be broken about what is done on somebody's behalf.

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
    // A code stands for nothing: on a transfer, on a diversion by the user or the administrator, where one is set (R22).
    "speed.transfer",
    "speed.forward.user",
    "speed.forward.administrator",
    "speed.forward.sets",
    // A trunk that transfers or diverts may dial codes.
    "speed.trunk",
    // Exempt is not read, or restricted is taken for exempt.
    "speed.exempt",
    "speed.restricted",
    // The other party's COR counts although it is exempt.
    "speed.other.max-digits",
    "speed.other.leading",
    "speed.other.route",
    // The other party's COR counts no more where it is not exempt.
    "speed.other.cor.none",
    "speed.other.class",
    // Exempt from COR is exempt from this as well.
    "speed.lifts.forward.external",
    "speed.lifts.interconnect",
    "speed.lifts.public-to-public",
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
    // The COR of the route's group counts although the number is exempt.
    "attended.speed.route",
    // Exempt from COR is exempt from this as well.
    "attended.speed.cor.none",
    "attended.speed.class",
    // The class is that of the code.
    "attended.speed.number",
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
    // The classes of the phone where a user is logged in count, not his own.
    "user.cos",
    "user.cor",
    // A user takes no Interconnect Number from the phone.
    "user.interconnect",
    // A user dials no codes of speed calls.
    "user.speed",
    // A user's number is nobody's.
    "user.number",
    // The classes of a user's number count for nothing when it diverts.
    "user.number.cos",
    "user.number.cor",
    // A user's number is not his own, nor is that of the phone where he is logged in.
    "transfer.self.user",
    "transfer.self.phone",
    "forward.self.user",
    "forward.self.phone",
    "attended.self.user",
    "attended.self.phone",
    // A user may take calls of his own.
    "fetch.self.user",
];
