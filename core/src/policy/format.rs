//! The form in which a trunk wants numbers (`number_format`).

use super::class::NumberClass;
use super::image::Image;
use super::rows::E164;
use crate::base::Digits;

/// A number of the public plan in the trunk's form; one that the plan does not place stays as it is.
pub(super) fn number(image: &Image<'_>, form: u8, class: NumberClass, outpulsed: &Digits) -> Digits {
    let placed = match class {
        NumberClass::Local
        | NumberClass::National
        | NumberClass::Mobile
        | NumberClass::FixedOrMobile
        | NumberClass::TollFree
        | NumberClass::Premium
        | NumberClass::SharedCost
        | NumberClass::International => true,
        NumberClass::Unknown
        | NumberClass::DirectoryAssistance
        | NumberClass::Operator
        | NumberClass::CarrierAccess
        | NumberClass::Emergency => false,
    };
    // Behind `#` stands what is no number.
    let formed = if placed && !outpulsed.as_bytes().contains(&b'#') {
        formed(image, form, outpulsed.as_bytes())
    } else {
        None
    };
    formed.unwrap_or(*outpulsed)
}

fn formed(image: &Image<'_>, form: u8, outpulsed: &[u8]) -> Option<Digits> {
    let system = image.system();
    let code = image.octets(system.calling_code);
    let trunk = image.octets(system.trunk_prefix);
    let international = image.octets(system.international_prefix);
    let mut whole = Digits::EMPTY;
    if let Some(number) = outpulsed.strip_prefix(b"+").or_else(|| outpulsed.strip_prefix(international)) {
        join(&mut whole, &[number])?;
    } else if let Some(number) = outpulsed.strip_prefix(trunk).filter(|_| !trunk.is_empty()) {
        join(&mut whole, &[code, number])?;
    } else if code == b"1" && outpulsed.len() == 10 {
        join(&mut whole, &[code, outpulsed])?;
    } else {
        join(&mut whole, &[code, image.octets(system.area_code), outpulsed])?;
    }
    let mut out = Digits::EMPTY;
    match whole.as_bytes().strip_prefix(code) {
        _ if form == E164 => join(&mut out, &[b"+", whole.as_bytes()])?,
        Some(national) => join(&mut out, &[trunk, national])?,
        None => join(&mut out, &[international, whole.as_bytes()])?,
    }
    Some(out)
}

fn join(out: &mut Digits, parts: &[&[u8]]) -> Option<()> {
    parts.iter().try_for_each(|part| part.iter().try_for_each(|c| out.push(*c))).ok()
}
