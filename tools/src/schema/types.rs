//! The values of the policy language: each type refuses what it cannot mean and says what it expected.

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// A whole number of a range.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Int<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Int<MIN, MAX> {
    pub(crate) fn get<T: TryFrom<i64> + Default>(self) -> T {
        T::try_from(self.0).unwrap_or_default()
    }
}

struct Whole<const MIN: i64, const MAX: i64>;

impl<const MIN: i64, const MAX: i64> Visitor<'_> for Whole<MIN, MAX> {
    type Value = Int<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
        if (MIN..=MAX).contains(&v) {
            Ok(Int(v))
        } else {
            Err(E::invalid_value(Unexpected::Signed(v), &self))
        }
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Int<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole)
    }
}

/// What can be written as a text of a certain form.
pub(crate) trait Text: Sized {
    /// What is expected, for the error.
    const EXPECTED: &'static str;
    /// The value, if the text has the form.
    fn read(text: &str) -> Option<Self>;
}

/// A text of a certain form.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Of<T>(pub(crate) T);

struct Reads<T>(PhantomData<T>);

impl<T: Text> Visitor<'_> for Reads<T> {
    type Value = Of<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
        T::read(v).map(Of).ok_or_else(|| E::invalid_value(Unexpected::Str(v), &self))
    }
}

impl<'de, T: Text> Deserialize<'de> for Of<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reads(PhantomData))
    }
}

/// Like [`Of`], but errors do not repeat what was written.
#[derive(Clone)]
pub(crate) struct Hidden<T>(pub(crate) T);

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

struct Hides<T>(PhantomData<T>);

impl<T: Text> Hides<T> {
    fn refuse<E: de::Error>() -> E {
        E::custom(format_args!("invalid value, expected {} in quotes", T::EXPECTED))
    }
}

impl<T: Text> Visitor<'_> for Hides<T> {
    type Value = Hidden<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
        T::read(v).map(Hidden).ok_or_else(Self::refuse)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(Self::refuse())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(Self::refuse())
    }
}

impl<'de, T: Text> Deserialize<'de> for Hidden<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Hides(PhantomData))
    }
}

/// A reference by number, or by name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Ref<const MAX: i64> {
    Number(u16),
    Name(String),
}

struct Refers<const MAX: i64>;

impl<const MAX: i64> Visitor<'_> for Refers<MAX> {
    type Value = Ref<MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 0 to {MAX}, or a name")
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
        let number = u16::try_from(v).ok().filter(|n| i64::from(*n) <= MAX);
        number.map(Ref::Number).ok_or_else(|| E::invalid_value(Unexpected::Signed(v), &self))
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Ref::Name(v.into()))
    }
}

impl<'de, const MAX: i64> Deserialize<'de> for Ref<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Refers)
    }
}

/// A class for each service mode: one for all, or `{ day, night1, night2 }` where a missing one is day's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ByMode<const MAX: i64>(pub(crate) [Ref<MAX>; 3]);

struct Modes<const MAX: i64>;

impl<const MAX: i64> ByMode<MAX> {
    fn same(class: Ref<MAX>) -> Self {
        Self([class.clone(), class.clone(), class])
    }
}

impl<'de, const MAX: i64> Visitor<'de> for Modes<MAX> {
    type Value = ByMode<MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 0 to {MAX}, a name, or {{ day = …, night1 = …, night2 = … }}")
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
        let class = Refers.visit_i64(v).map_err(|_: E| E::invalid_value(Unexpected::Signed(v), &self))?;
        Ok(ByMode::same(class))
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
        Ok(ByMode::same(Ref::Name(v.into())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let ModeTable { day, night1, night2 } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        Ok(ByMode([day.clone(), night1.unwrap_or_else(|| day.clone()), night2.unwrap_or(day)]))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeTable<const MAX: i64> {
    day: Ref<MAX>,
    night1: Option<Ref<MAX>>,
    night2: Option<Ref<MAX>>,
}

impl<'de, const MAX: i64> Deserialize<'de> for ByMode<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Modes)
    }
}

/// How many digits follow a pattern.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Follow {
    /// Exactly so many.
    Digits(u8),
    /// Any number of them.
    Unknown,
}

struct Follows;

impl Visitor<'_> for Follows {
    type Value = Follow;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0 to 25, or \"unknown\"")
    }

    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Follow, E> {
        let count = u8::try_from(v).ok().filter(|n| *n <= 25);
        count.map(Follow::Digits).ok_or_else(|| E::invalid_value(Unexpected::Signed(v), &self))
    }

    fn visit_str<E: de::Error>(self, v: &str) -> Result<Follow, E> {
        if v == "unknown" { Ok(Follow::Unknown) } else { Err(E::invalid_value(Unexpected::Str(v), &self)) }
    }
}

impl<'de> Deserialize<'de> for Follow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Follows)
    }
}
